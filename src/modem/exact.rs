//! Undistorted frames: each tile has exactly one of the palette's colours.

use super::{Palette, pilot_symbols};
use crate::frame::Layout;

/// Share of the pilots that must have exactly their colours for a frame to count as undistorted.
const MIN_EXACT: f64 = 0.98;
/// Soft value of a bit that was seen as it was drawn.
const CERTAIN: f32 = 12.0;
/// How far a channel may be from full or off: screenshots through a colour profile.
const TOLERANCE: u8 = 40;

/// LLRs of the data bits if `colours` (one for each tile in scan order) are those of an
/// undistorted frame; `None` if the pilots say that it is not.
pub fn exact_llrs(layout: &Layout, palette: Palette, colours: &[[u8; 3]]) -> Option<Vec<f32>> {
    let exact = |&(&tile, expected): &(&u32, u8)| symbol(colours[tile as usize]) == Some(expected);
    let pilots = layout.pilots();
    let right = pilots.iter().zip(pilot_symbols(layout, palette)).filter(exact).count();
    if (right as f64) < MIN_EXACT * pilots.len() as f64 {
        return None;
    }
    let bits = palette.bits_per_tile();
    let mut llrs = Vec::with_capacity(layout.data().len() * bits);
    for &tile in layout.data() {
        let symbol = symbol(colours[tile as usize]);
        llrs.extend((0..bits).map(|bit| match symbol.map(|symbol| palette.bit(symbol, bit)) {
            Some(1) => -CERTAIN,
            Some(_) => CERTAIN,
            None => 0.0,
        }));
    }
    Some(llrs)
}

fn symbol(colour: [u8; 3]) -> Option<u8> {
    colour.iter().try_fold(0, |symbol, &value| match value {
        v if v <= TOLERANCE => Some(symbol << 1),
        v if v >= 255 - TOLERANCE => Some(symbol << 1 | 1),
        _ => None,
    })
}
