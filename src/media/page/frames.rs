//! The player's page, read back: its frames as pictures, one after the other.
//!
//! Only what this program writes is understood: elements of one line each, as [`super::Page`] has them.

use super::{ABOUT, BASE, END, FRAME, FRAME_DATA};
use crate::frame::MAX_SIDE;
use crate::media::picture::room;
use crate::media::read::load_picture;
use crate::media::{Loaded, PictureError};
use crate::raster::{IndexedFrame, Picture};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::io::{BufRead, Read};
use std::sync::Arc;

/// Bytes of a line: the largest frame as a PNG file, in base64.
const MAX_LINE: u64 = 32 << 20;

/// Where the symbols of frames are drawn, as the head says.
#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    runs: Vec<usize>,
    #[serde(default)]
    bits: usize,
}

/// How frames are drawn from their symbols.
struct Drawing {
    base: Picture,
    /// Left, top, side and count of squares side by side, all of them inside the base.
    runs: Vec<[usize; 4]>,
    bits: usize,
}

/// The frames of a page, as they come.
pub(in crate::media) struct PageFrames<R> {
    source: R,
    places: Option<Places>,
    drawing: Option<Arc<Drawing>>,
    found: bool,
}

/// A frame that is not a picture yet.
pub(in crate::media) struct PageFrame {
    bytes: Vec<u8>,
    drawing: Option<Arc<Drawing>>,
}

impl<R: BufRead> PageFrames<R> {
    /// The frames of the page in `source`.
    pub(in crate::media) fn new(source: R) -> Self {
        Self { source, places: None, drawing: None, found: false }
    }

    /// The next frame; `None` at the end.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or there is not a single frame.
    pub(in crate::media) fn next(&mut self) -> Result<Option<PageFrame>, PictureError> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.source.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
                return if self.found { Ok(None) } else { Err(PictureError::Unknown) };
            }
            // Whatever is no text has none of these elements.
            let text = std::str::from_utf8(&line).unwrap_or_default();
            let Some(text) = text.trim_end().strip_suffix(END) else { continue };
            if let Some(about) = text.strip_prefix(ABOUT) {
                self.places = serde_json::from_str(about).ok();
            } else if let Some(base) = text.strip_prefix(BASE) {
                let base = load_picture(&decoded(base)?)?.into_picture();
                let places = self.places.take().ok_or(PictureError::Page)?;
                self.drawing =
                    Some(Arc::new(Drawing::new(base, &places).ok_or(PictureError::Page)?));
            } else if let Some((_, data)) =
                text.strip_prefix(FRAME).and_then(|frame| frame.split_once(FRAME_DATA))
            {
                self.found = true;
                let drawing = self.drawing.clone();
                return Ok(Some(PageFrame { bytes: decoded(data)?, drawing }));
            }
        }
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, PictureError> {
    STANDARD.decode(text).map_err(|_| PictureError::Page)
}

impl PageFrame {
    /// The frame as a picture.
    ///
    /// # Errors
    /// If it is damaged.
    pub(in crate::media) fn load(self) -> Result<Loaded, PictureError> {
        let Some(drawing) = self.drawing else { return load_picture(&self.bytes) };
        let size = (drawing.base.width() as u32, drawing.base.height() as u32);
        let permit = room(size, 0, self.bytes.len() as u64)?;
        Ok(Loaded::new(drawing.draw(&self.bytes).ok_or(PictureError::Page)?, permit))
    }
}

impl Drawing {
    /// `None` if a square is outside of the base, or they are more than it has room for twice.
    fn new(base: Picture, places: &Places) -> Option<Self> {
        let (width, height) = (base.width(), base.height());
        let runs: Vec<[usize; 4]> =
            places.runs.chunks_exact(4).filter_map(|run| run.try_into().ok()).collect();
        let mut area = 0usize;
        for [left, top, side, count] in &runs {
            let across = side.checked_mul(*count)?;
            let fits = *side > 0
                && left.checked_add(across)? <= width
                && top.checked_add(*side)? <= height;
            area = area.checked_add(across.checked_mul(*side)?)?;
            if !fits || area > 2 * width * height {
                return None;
            }
        }
        let is_known = matches!(places.bits, 1 | 3) && width.max(height) <= MAX_SIDE;
        is_known.then_some(Self { base, runs, bits: places.bits })
    }

    /// The frame with these symbols; `None` if they are too few.
    fn draw(&self, symbols: &[u8]) -> Option<Picture> {
        let width = self.base.width();
        let mut rgb = self.base.rgb().to_vec();
        let mut bits = Bits { bytes: symbols, at: 0 };
        for &[left, top, side, count] in &self.runs {
            for cell in 0..count {
                let symbol = bits.take(self.bits)?;
                // In black and white the one bit is all of them.
                let colour = if self.bits == 1 { symbol * IndexedFrame::WHITE } else { symbol };
                let colour = IndexedFrame::rgb(colour);
                for row in top..top + side {
                    let start = (row * width + left + cell * side) * 3;
                    let pixels = rgb.get_mut(start..start + side * 3)?;
                    pixels.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
                }
            }
        }
        Picture::from_rgb(width, self.base.height(), rgb)
    }
}

/// Bits of bytes, most significant first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u8> {
        let mut value = 0;
        for at in self.at..self.at + count {
            value = value << 1 | self.bytes.get(at / 8)? >> (7 - at % 8) & 1;
        }
        self.at += count;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn frames(page: &str) -> Vec<Result<Picture, &'static str>> {
        let mut frames = PageFrames::new(Cursor::new(page.to_owned()));
        let next = || {
            let frame = frames.next().and_then(|frame| frame.map(PageFrame::load).transpose());
            frame
                .map(|frame| frame.map(Loaded::into_picture))
                .map_err(|error| error.code())
                .transpose()
        };
        std::iter::from_fn(next).take(3).collect()
    }

    #[test]
    fn what_is_no_page_of_ours_is_an_error() {
        assert_eq!(frames("<!doctype html>\n<p>hello")[..1], [Err("not-a-picture")]);
        let broken = format!("{FRAME}1{FRAME_DATA}%%%{END}\n");
        assert_eq!(frames(&broken)[..1], [Err("damaged-picture")]);
    }

    #[test]
    fn squares_outside_of_the_base_are_refused() {
        let base = || Picture::from_rgb(4, 4, vec![0; 48]).unwrap();
        let drawing =
            |runs: &[usize], bits| Drawing::new(base(), &Places { runs: runs.to_vec(), bits });
        let good = drawing(&[0, 0, 2, 2], 1).unwrap();
        let drawn = good.draw(&[0b0100_0000]).unwrap();
        assert_eq!((drawn.pixel(1, 1), drawn.pixel(2, 1)), (Some([0; 3]), Some([255; 3])));
        assert!(good.draw(&[]).is_none());
        for runs in [
            [0, 0, 2, 3],
            [3, 0, 2, 1],
            [0, 3, 2, 1],
            [0, 0, 0, 1],
            [usize::MAX, 0, 2, 2],
            [0, 0, usize::MAX, 2],
        ] {
            assert!(drawing(&runs, 1).is_none(), "{runs:?}");
        }
        assert!(drawing(&[0, 0, 4, 1, 0, 0, 4, 1, 0, 0, 4, 1], 3).is_none());
        assert!(drawing(&[0, 0, 2, 2], 2).is_none());
    }
}
