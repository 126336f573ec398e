//! Densities: how much a page of paper carries, by words that say what it takes to read it.

use super::parameters::Parameters;
use crate::frame::Palette;
use crate::ldpc::parity_for_rate;

/// A frame that fills A4 at 300 dots an inch inside of margins and text.
const PAGE: (usize, usize) = (2242, 3086);

/// How fine the tiles of a page are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// For paper that has a hard life, and poor scans.
    Safe,
    /// For any printer and any scan.
    #[default]
    Normal,
    /// For laser printers and scans at 600 dots an inch.
    Fine,
    /// For colour printers and scans in colour.
    Colour,
}

impl Density {
    /// All densities, the most robust first; colours last.
    pub const ALL: [Self; 4] = [Self::Safe, Self::Normal, Self::Fine, Self::Colour];

    /// The name that people choose it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Normal => "normal",
            Self::Fine => "fine",
            Self::Colour => "colour",
        }
    }

    /// What it stands for: the side of a tile in dots, 300 an inch; the code rate; the colours.
    pub fn parameters(self) -> Parameters {
        let (tile, rate, palette) = match self {
            Self::Safe => (3, 0.67, Palette::BlackWhite),
            Self::Normal => (2, 0.81, Palette::BlackWhite),
            Self::Fine => (1, 0.50, Palette::BlackWhite),
            Self::Colour => (2, 0.60, Palette::Colour),
        };
        Parameters { tile, parity: parity_for_rate(rate), palette, bands: 1, size: PAGE }
    }
}
