//! Bits to the symbols of tiles: data bits as they come, pilots as receivers know them (spec §5.5).

use crate::frame::{Layout, TileKind};
use crate::prng::SplitMix64;

/// Seed of the pilots' symbols (spec §5.5).
const PILOT_SEED: u64 = 0x7069_6C6F_7473_2E31;

/// The symbols of a layout's pilots, in scan order.
pub fn pilot_symbols(layout: &Layout) -> Vec<u8> {
    let palette = layout.geometry().palette;
    let width = palette.bits_per_tile();
    let bits = SplitMix64::new(PILOT_SEED).bits(layout.pilots().len() * width);
    bits.chunks_exact(width).map(|bits| palette.symbol(bits)).collect()
}

/// The symbols of all tiles: `bits` on the data tiles in scan order, pilots, 0 elsewhere.
///
/// # Panics
/// If there are not [`crate::frame::Palette::bits_per_tile`] bits for each data tile.
pub fn modulate(layout: &Layout, bits: &[u8]) -> Vec<u8> {
    let palette = layout.geometry().palette;
    let width = palette.bits_per_tile();
    assert_eq!(bits.len(), layout.data().len() * width, "bits of a frame");
    let mut data = bits.chunks_exact(width);
    let mut pilots = pilot_symbols(layout).into_iter();
    layout
        .kinds()
        .iter()
        .map(|kind| match kind {
            TileKind::Data => data.next().map_or(0, |bits| palette.symbol(bits)),
            TileKind::Pilot => pilots.next().unwrap_or(0),
            _ => 0,
        })
        .collect()
}
