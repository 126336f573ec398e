//! What people are told of pages: on them, and before they are written.

use super::counted;
use crate::media::paper::{About, DOTS_PER_INCH, Paper, Sheet};
use crate::outline::Outline;
use crate::send::Summary;
use crate::text::thousands;
use std::time::SystemTime;

/// What goes on pages beside the frames of a file that was `changed` then.
pub(super) fn paper(
    sheet: &Sheet,
    instructions: bool,
    outline: &Outline,
    summary: &Summary,
    changed: Option<SystemTime>,
) -> Paper {
    let about = About {
        name: outline.name.clone(),
        bytes: Some(outline.bytes),
        changed,
        digest: summary.digest,
        pages: outline.frames,
        spare: summary.spare_frames.unwrap_or(0),
    };
    Paper { sheet: sheet.clone(), about, instructions }
}

/// How much paper a file takes, in a sentence, and what is good to know before it is printed.
pub(super) fn announcement(paper: &Paper, summary: &Summary) -> Vec<String> {
    let About { pages, spare, .. } = paper.about;
    let needed = pages.saturating_sub(spare);
    let losses = match spare {
        _ if pages == 1 => String::new(),
        0 => " (every one is needed)".to_owned(),
        1 => format!(" ({} needed; any one may be lost)", thousands(needed)),
        spare => format!(" ({} needed; any {} may be lost)", thousands(needed), thousands(spare)),
    };
    let bytes = counted(paper.about.bytes.unwrap_or(0), "byte");
    let each = summary.sent_bytes.div_ceil(needed.max(1));
    let first = format!(
        "{} of {}{losses}, {DOTS_PER_INCH} dots an inch, for {bytes} ({} as sent, {} a page)",
        counted(pages, "page"),
        paper.sheet.name(),
        thousands(summary.sent_bytes),
        thousands(each),
    );
    let alone = (pages == 1).then(|| {
        "print it twice, or give --redundancy 1page: a second page then makes up for the first"
            .to_owned()
    });
    std::iter::once(first).chain(alone).collect()
}
