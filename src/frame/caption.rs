//! One line of text under the tiles, for people.

use crate::raster::IndexedFrame;
use font8x8::UnicodeFonts;

/// Rows that a caption adds to a frame.
pub(crate) const CAPTION_HEIGHT: usize = 24;
/// Glyphs are 8x8, drawn at this scale.
const SCALE: usize = 2;
const GLYPH: usize = 8;

/// Adds `text` below the frame, centred, white on black; a text that is too long loses its middle.
pub(crate) fn draw_caption(frame: &mut IndexedFrame, text: &str) {
    let top = frame.height + (CAPTION_HEIGHT - GLYPH * SCALE) / 2;
    frame.height += CAPTION_HEIGHT;
    frame.pixels.resize(frame.width * frame.height, IndexedFrame::BLACK);
    let glyphs = fitted(text, frame.width / (GLYPH * SCALE));
    let left = (frame.width - glyphs.len() * GLYPH * SCALE) / 2;
    for (at, glyph) in glyphs.into_iter().enumerate() {
        for (y, bits) in glyph_rows(glyph).into_iter().enumerate() {
            for x in (0..GLYPH).filter(|x| bits >> x & 1 == 1) {
                for dy in 0..SCALE {
                    let row = (top + y * SCALE + dy) * frame.width;
                    let column = left + (at * GLYPH + x) * SCALE;
                    frame.pixels[row + column..][..SCALE].fill(IndexedFrame::WHITE);
                }
            }
        }
    }
}

fn fitted(text: &str, most: usize) -> Vec<char> {
    let all: Vec<char> = text.chars().collect();
    if all.len() <= most {
        return all;
    }
    // The end has the frame's number, the front the name's beginning.
    let tail = most * 2 / 3;
    let head = most.saturating_sub(tail + 2);
    [&all[..head], &['.', '.'], &all[all.len() - tail..]].concat()
}

fn glyph_rows(c: char) -> [u8; 8] {
    let known = |c: char| font8x8::BASIC_FONTS.get(c).or_else(|| font8x8::LATIN_FONTS.get(c));
    known(c).or_else(|| known('?')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_below_and_the_frame_untouched() {
        for text in ["a.txt  1/3", "", "ünïcode 好", &"long ".repeat(99)] {
            let mut frame = IndexedFrame { width: 256, height: 10, pixels: vec![5; 2560] };
            draw_caption(&mut frame, text);
            assert_eq!((frame.height, frame.pixels.len()), (34, 256 * 34));
            assert!(frame.pixels[..2560].iter().all(|&pixel| pixel == 5));
            let inked = frame.pixels[2560..].contains(&IndexedFrame::WHITE);
            assert_eq!(inked, !text.is_empty());
        }
    }

    #[test]
    fn a_long_text_keeps_both_ends() {
        let text: String = fitted(&format!("{}  12/40", "x".repeat(80)), 20).into_iter().collect();
        assert_eq!(text.len(), 20);
        assert!(text.starts_with("xx") && text.ends_with("  12/40"), "{text}");
    }
}
