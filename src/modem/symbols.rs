//! Symbols: how many bits a tile carries, and as which colour (spec §5.5).

use crate::frame::{Layout, TileKind};
use crate::prng::SplitMix64;

/// Seed of the pilots' symbols (spec §5.5).
pub const PILOT_SEED: u64 = 0x7069_6C6F_7473_2E31;

/// The colours that tiles have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Palette {
    /// The eight corners of the RGB cube: a bit for each of red, green, blue; 1 is bright.
    Colour,
    /// One bit a tile: 1 is white.
    BlackWhite,
}

impl Palette {
    /// Bits that a tile carries.
    pub fn bits_per_tile(self) -> usize {
        match self {
            Self::Colour => 3,
            Self::BlackWhite => 1,
        }
    }

    /// Header planes that a frame of this palette has.
    pub fn header_planes(self) -> u8 {
        match self {
            Self::Colour => 1,
            Self::BlackWhite => 3,
        }
    }

    /// The symbol that carries `bits` (as many as [`Palette::bits_per_tile`], each 0 or 1).
    pub fn symbol(self, bits: &[u8]) -> u8 {
        match self {
            Self::Colour => bits.iter().fold(0, |symbol, bit| symbol << 1 | bit),
            Self::BlackWhite => bits.first().map_or(0, |bit| bit * 7),
        }
    }

    /// Bit number `index` of a symbol.
    pub fn bit(self, symbol: u8, index: usize) -> u8 {
        match self {
            Self::Colour => symbol >> (2 - index) & 1,
            Self::BlackWhite => symbol & 1,
        }
    }
}

/// The symbols of a layout's pilots, in scan order.
pub fn pilot_symbols(layout: &Layout, palette: Palette) -> Vec<u8> {
    let width = palette.bits_per_tile();
    let bits = SplitMix64::new(PILOT_SEED).bits(layout.pilots().len() * width);
    bits.chunks_exact(width).map(|bits| palette.symbol(bits)).collect()
}

/// The symbols of all tiles: `bits` on the data tiles in scan order, pilots, 0 elsewhere.
///
/// # Panics
/// If there are not [`Palette::bits_per_tile`] bits for each data tile.
pub fn modulate(layout: &Layout, palette: Palette, bits: &[u8]) -> Vec<u8> {
    let width = palette.bits_per_tile();
    assert_eq!(bits.len(), layout.data().len() * width, "bits of a frame");
    let mut data = bits.chunks_exact(width);
    let mut pilots = pilot_symbols(layout, palette).into_iter();
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
