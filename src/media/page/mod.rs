//! A page that plays frames: one self-contained HTML file.
//!
//! `player.html` and `player.js` are its fixed parts; between them come `script` elements that are
//! data: `about` (JSON: name, sizes, speed, and the runs of squares that symbols are drawn in),
//! `base` (PNG, base64: what all frames have in common), and one of class `frame` for each frame,
//! with its number from 1: its symbols as [`crate::frame::Cells::pack`] packs them, or a PNG file,
//! in base64. An element a frame, so that the player never holds more than one of them decoded.

mod address;
mod frames;

pub use address::Address;
#[cfg(any(test, fuzzing))]
pub(super) use frames::PageFrame;
pub(super) use frames::PageFrames;

use crate::media::framing::Framing;
use crate::media::png::{Effort, encode_png};
use crate::outline::Outline;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::io::{Result, Write};

const HTML: &str = include_str!("player.html");
const SCRIPT: &str = include_str!("player.js");
/// Where the data and the script go.
const DATA_PLACE: &str = "<!--data-->\n";
const SCRIPT_PLACE: &str = "/*player*/\n";

/// Around what the page holds, each in a line of its own: the head, what all frames have in common, and
/// each frame with its number.
const ABOUT: &str = "<script id=\"about\" type=\"application/json\">";
const BASE: &str = "<script id=\"base\" type=\"text/plain\">";
const FRAME: &str = "<script class=\"frame\" data-n=\"";
const FRAME_DATA: &str = "\" type=\"text/plain\">";
const END: &str = "</script>";

/// The head as the script reads it.
#[derive(Serialize)]
struct About<'a> {
    name: &'a str,
    bytes: u64,
    frames: u64,
    size: [usize; 2],
    fps: u32,
    plays: u32,
    /// Four numbers a run: x, y, side, count.
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bits: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiver: Option<&'a Address>,
}

/// A page around the frames of a transfer, some or all of them: packed symbols if these can be
/// drawn, PNG files otherwise.
pub(super) struct Page {
    outline: Outline,
    fps: u32,
    plays: u32,
    receiver: Option<Address>,
}

impl Page {
    /// A page that plays frames `fps` a second at first, `plays` times (0: for ever).
    /// Before that it shows where the `receiver` is found.
    pub(super) fn new(outline: Outline, fps: u32, plays: u32, receiver: Option<Address>) -> Self {
        Self { outline, fps, plays, receiver }
    }

    fn about(&self) -> Result<String> {
        let Outline { name, bytes, frames, size: (width, height), cells, .. } = &self.outline;
        let cells = cells.as_ref();
        let runs = cells.map(|cells| cells.runs.iter());
        let runs = runs.map(|runs| runs.flat_map(|run| [run.x, run.y, run.side, run.count]));
        let about = serde_json::to_string(&About {
            name,
            bytes: *bytes,
            frames: *frames,
            size: [*width, *height],
            fps: self.fps,
            plays: self.plays,
            runs: runs.map(Iterator::collect),
            bits: cells.map(|cells| cells.palette.bits_per_tile()),
            receiver: self.receiver.as_ref(),
        })?;
        // No name may end the element that it is in.
        Ok(about.replace('<', "\\u003c"))
    }
}

impl Framing for Page {
    fn begin(&mut self, target: &mut dyn Write) -> Result<()> {
        let (front, _) = parts();
        target.write_all(front.as_bytes())?;
        let about = self.about()?;
        writeln!(target, "{ABOUT}{about}{END}")?;
        if let Some(cells) = &self.outline.cells {
            let base = STANDARD.encode(encode_png(&cells.base, Effort::Small)?);
            writeln!(target, "{BASE}{base}{END}")?;
        }
        Ok(())
    }

    fn frame(&mut self, number: u64, bytes: &[u8], target: &mut dyn Write) -> Result<()> {
        let (number, text) = (number + 1, STANDARD.encode(bytes));
        writeln!(target, "{FRAME}{number}{FRAME_DATA}{text}{END}")
    }

    fn end(&mut self, target: &mut dyn Write) -> Result<()> {
        let (_, back) = parts();
        let (before, after) = back.split_once(SCRIPT_PLACE).unwrap_or((back, ""));
        [before, SCRIPT, after].iter().try_for_each(|part| target.write_all(part.as_bytes()))
    }
}

/// The fixed page before and after the data.
fn parts() -> (&'static str, &'static str) {
    HTML.split_once(DATA_PLACE).unwrap_or((HTML, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str, receiver: Option<Address>) -> String {
        let (name, bytes, frames) = (name.to_owned(), 9, 2);
        let outline =
            Outline { name, bytes, frames, size: (4, 4), tile: 1, border: 0, cells: None };
        let mut page = Page::new(outline, 15, 0, receiver);
        let mut bytes = Vec::new();
        page.begin(&mut bytes).unwrap();
        page.frame(0, b"one", &mut bytes).unwrap();
        page.frame(1, b"two", &mut bytes).unwrap();
        page.end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn everything_is_in_its_place() {
        let page = page("a.txt", None);
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
        let order =
            ["<canvas", "id=\"about\"", "data-n=\"1\"", "data-n=\"2\"", "'use strict'", "</html>"];
        assert!(order.map(place).is_sorted());
        assert!(!page.contains(DATA_PLACE) && !page.contains(SCRIPT_PLACE));
        assert!(page.contains(&STANDARD.encode("two")));
        assert!(!page.contains("http:") && !page.contains("https:"), "needs no network");
    }

    #[test]
    fn names_cannot_leave_their_element() {
        let evil = "</script><script>alert(1)</script>\u{2028}";
        let page = page(evil, Address::new(evil));
        assert!(page.contains("alert(1)") && !page.contains("alert(1)</script>"));
    }
}
