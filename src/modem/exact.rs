//! Undistorted frames: each tile has exactly one of the palette's colours.

use super::pilot_symbols;
use crate::frame::Layout;
use crate::ldpc::quantise;

/// Share of the pilots that must have exactly their colours for a frame to count as undistorted.
const MIN_EXACT: f64 = 0.98;
/// Soft value of a bit that was seen as it was drawn.
const CERTAIN: f32 = 12.0;
/// How far a channel may be from full or off: screenshots through a colour profile.
const TOLERANCE: u8 = 40;

/// LLRs of the data bits, quantised, if `colours` (one for each tile in scan order) are those of an
/// undistorted frame; `None` if the pilots say that it is not.
pub(crate) fn exact_llrs(layout: &Layout, colours: &[[u8; 3]]) -> Option<Vec<i8>> {
    let palette = layout.geometry().palette;
    let exact = |&(&tile, expected): &(&u32, u8)| symbol(colours[tile as usize]) == Some(expected);
    let pilots = layout.pilots();
    let right = pilots.iter().zip(pilot_symbols(layout)).filter(exact).count();
    if (right as f64) < MIN_EXACT * pilots.len() as f64 {
        return None;
    }
    let level: [f32; 256] = std::array::from_fn(|value| match bright(value as u8) {
        Some(true) => -CERTAIN,
        Some(false) => CERTAIN,
        None => 0.0,
    });
    let mut llrs = Vec::with_capacity(layout.data().len() * palette.bits_per_tile());
    for &tile in layout.data() {
        let channels = colours[tile as usize].map(|value| level[usize::from(value)]);
        llrs.extend(palette.bit_values(channels).map(quantise));
    }
    Some(llrs)
}

/// The symbol of a colour of the palette.
fn symbol(colour: [u8; 3]) -> Option<u8> {
    colour.iter().try_fold(0, |symbol, &value| Some(symbol << 1 | u8::from(bright(value)?)))
}

/// Whether a channel is full or off; `None` in between.
fn bright(value: u8) -> Option<bool> {
    (value <= TOLERANCE || value >= 255 - TOLERANCE).then_some(value > TOLERANCE)
}
