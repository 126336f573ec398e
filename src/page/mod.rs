//! A page that plays frames: one self-contained HTML file.
//!
//! `player.html` and `player.js` are its fixed parts; between them come `script` elements that are
//! data: `about` (JSON: name, sizes, speed, and the runs of squares that symbols are drawn in),
//! `base` (PNG, base64: what all frames have in common), and one of class `frame` for each frame,
//! with its number from 1: its symbols packed as [`crate::frame::pack_cells`] does, or a PNG file,
//! in base64. An element a frame, so that the player never holds more than one of them decoded.

use crate::frame::CellRun;
use crate::raster::{Effort, IndexedFrame, write_frame};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::io::Write;

const HTML: &str = include_str!("player.html");
const SCRIPT: &str = include_str!("player.js");
/// Where the data and the script go.
const DATA_PLACE: &str = "<!--data-->\n";
const SCRIPT_PLACE: &str = "/*player*/\n";

/// What a page has to know before its first frame.
#[derive(Clone, Copy, Debug)]
pub struct PageHead<'a> {
    /// Name of the file that is sent.
    pub name: &'a str,
    /// Its size.
    pub bytes: u64,
    /// Frames of the transfer, of which the page may hold some.
    pub frames: u64,
    /// Width and height of a frame, in pixels.
    pub size: (usize, usize),
    /// Frames a second at first.
    pub fps: u32,
    /// How often it plays all of them; 0: for ever.
    pub plays: u32,
    /// What frames have in common, where their symbols are, and bits of a symbol (1 or 3); `None`
    /// if frames come as PNG files.
    pub cells: Option<&'a (IndexedFrame, Vec<CellRun>, usize)>,
}

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
}

/// Writes a page.
pub struct PageWriter<W> {
    target: W,
}

impl<W: Write> PageWriter<W> {
    /// Begins a page.
    ///
    /// # Errors
    /// If `target` fails.
    pub fn new(mut target: W, head: &PageHead<'_>) -> std::io::Result<Self> {
        let (front, _) = parts();
        target.write_all(front.as_bytes())?;
        let runs = |runs: &[CellRun]| {
            runs.iter().flat_map(|run| [run.x, run.y, run.side, run.count]).collect()
        };
        let about = serde_json::to_string(&About {
            name: head.name,
            bytes: head.bytes,
            frames: head.frames,
            size: [head.size.0, head.size.1],
            fps: head.fps,
            plays: head.plays,
            runs: head.cells.map(|(_, all, _)| runs(all)),
            bits: head.cells.map(|(_, _, bits)| *bits),
        })?;
        // No name may end the element that it is in.
        let about = about.replace('<', "\\u003c");
        writeln!(target, "<script id=\"about\" type=\"application/json\">{about}</script>")?;
        if let Some((base, _, _)) = head.cells {
            let mut png = Vec::new();
            write_frame(base, Effort::Small, &mut png)?;
            let text = STANDARD.encode(png);
            writeln!(target, "<script id=\"base\" type=\"text/plain\">{text}</script>")?;
        }
        Ok(Self { target })
    }

    /// Adds a frame and its number in the transfer, from 0: its packed symbols, or a PNG file.
    ///
    /// # Errors
    /// If the target fails.
    pub fn add(&mut self, number: u64, data: &[u8]) -> std::io::Result<()> {
        let (number, text) = (number + 1, STANDARD.encode(data));
        writeln!(
            self.target,
            "<script class=\"frame\" data-n=\"{number}\" type=\"text/plain\">{text}</script>"
        )
    }

    /// Ends the page.
    ///
    /// # Errors
    /// If the target fails.
    pub fn finish(mut self) -> std::io::Result<()> {
        let (_, back) = parts();
        let (before, after) = back.split_once(SCRIPT_PLACE).unwrap_or((back, ""));
        for part in [before, SCRIPT, after] {
            self.target.write_all(part.as_bytes())?;
        }
        self.target.flush()
    }
}

/// The fixed page before and after the data.
fn parts() -> (&'static str, &'static str) {
    HTML.split_once(DATA_PLACE).unwrap_or((HTML, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str) -> String {
        let head =
            PageHead { name, bytes: 9, frames: 2, size: (4, 4), fps: 15, plays: 0, cells: None };
        let mut bytes = Vec::new();
        let mut writer = PageWriter::new(&mut bytes, &head).unwrap();
        writer.add(0, b"one").unwrap();
        writer.add(1, b"two").unwrap();
        writer.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn everything_is_in_its_place() {
        let page = page("a.txt");
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
        let page = page("</script><script>alert(1)</script>\u{2028}");
        assert!(!page.contains("alert(1)</script>"));
    }
}
