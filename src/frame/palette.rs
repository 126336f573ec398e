//! Palettes: how many bits a tile carries, and as which colour (spec §5.5). Whatever depends on the
//! colours of a frame asks its [`Palette`].

use crate::raster::IndexedFrame;

/// The colours that tiles have. A *symbol* is the colour's index in an [`IndexedFrame`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Palette {
    /// The eight corners of the RGB cube: a bit for each of red, green, blue; 1 is bright.
    Colour,
    /// One bit a tile: 1 is white.
    BlackWhite,
}

impl Palette {
    /// All palettes; the position of each is its number in a frame's header (spec §4.2).
    pub const ALL: [Self; 2] = [Self::Colour, Self::BlackWhite];
    /// Bits that a tile carries at most.
    pub(crate) const MAX_BITS: usize = 3;

    /// The palette's number in a frame's header.
    pub(crate) fn wire_id(self) -> u8 {
        Self::ALL.iter().position(|palette| *palette == self).unwrap_or(0) as u8
    }

    /// The palette with this number.
    pub(crate) fn from_wire_id(id: u8) -> Option<Self> {
        Self::ALL.get(usize::from(id)).copied()
    }

    /// Bits that a tile carries: one for each channel, first red, or one for all of them.
    pub(crate) fn bits_per_tile(self) -> usize {
        match self {
            Self::Colour => 3,
            Self::BlackWhite => 1,
        }
    }

    /// Planes of cells that a frame's header takes: it has [`Palette::MAX_BITS`] bits a cell of one
    /// plane.
    pub(crate) fn header_planes(self) -> usize {
        Self::MAX_BITS / self.bits_per_tile()
    }

    /// The share of white among tiles with random bits.
    pub(crate) fn white_share(self) -> f64 {
        0.5f64.powi(self.bits_per_tile() as i32)
    }

    /// The symbol that carries `bits` (as many as [`Palette::bits_per_tile`], each 0 or 1).
    pub fn symbol(self, bits: &[u8]) -> u8 {
        match self {
            Self::Colour => bits.iter().fold(0, |symbol, bit| symbol << 1 | bit),
            Self::BlackWhite => bits.first().map_or(0, |bit| bit * IndexedFrame::WHITE),
        }
    }

    /// Bit number `index` of a symbol.
    pub fn bit(self, symbol: u8, index: usize) -> u8 {
        match self {
            Self::Colour => symbol >> (2 - index) & 1,
            Self::BlackWhite => symbol & 1,
        }
    }

    /// What the channels' values tell about each bit: the mean over the channels that it drives.
    pub(crate) fn bit_values(self, values: [f32; 3]) -> impl Iterator<Item = f32> {
        let bits = match self {
            Self::Colour => values,
            Self::BlackWhite => [values.iter().sum::<f32>() / 3.0; 3],
        };
        bits.into_iter().take(self.bits_per_tile())
    }

    /// The symbols that a receiver can count on in row `row` of each of a header's end columns:
    /// every one that the palette has, in turn (spec §4.3).
    pub(crate) fn known_cells(self, row: usize) -> [u8; 2] {
        let first = match self {
            Self::Colour => (row % IndexedFrame::COLOURS) as u8,
            Self::BlackWhite if row.is_multiple_of(2) => IndexedFrame::WHITE,
            Self::BlackWhite => IndexedFrame::BLACK,
        };
        [first, IndexedFrame::WHITE - first]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_bits_agree() {
        for palette in Palette::ALL {
            assert_eq!(Palette::from_wire_id(palette.wire_id()), Some(palette));
            let width = palette.bits_per_tile();
            for value in 0..1u8 << width {
                let bits: Vec<u8> = (0..width).map(|i| value >> (width - 1 - i) & 1).collect();
                let symbol = palette.symbol(&bits);
                assert!((0..width).all(|i| palette.bit(symbol, i) == bits[i]));
                let seen = IndexedFrame::rgb(symbol).map(f32::from);
                let read = palette.bit_values(seen).map(|value| u8::from(value > 128.0));
                assert!(read.eq(bits));
            }
        }
        assert_eq!(Palette::from_wire_id(2), None);
    }

    #[test]
    fn white_is_as_frequent_as_it_is_drawn() {
        assert_eq!(Palette::ALL.map(Palette::white_share), [0.125, 0.5]);
    }
}
