//! Profiles: the choices that fit a channel, under one name.

use super::{FrameFormat, FrameTables};
use crate::frame::{Geometry, GeometryError, Layout, Palette};
use crate::inner::{FrameCode, MAX_BANDS};
use crate::ldpc::parity_for_rate;
use crate::outer::PACKET_HEADER_BYTES;

/// A named choice of tile, code rate and colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Distance, poor light, webcams: 6-pixel tiles.
    Robust,
    /// Video of a screen at 1080p: 4-pixel tiles.
    Standard,
    /// Steady photos: 3-pixel tiles.
    Dense,
    /// Photos of 8 megapixels and more: 2-pixel tiles.
    Ultra,
    /// Screenshots, remote desktops, copied files: 1-pixel tiles.
    Lossless,
    /// Paper: 8-pixel tiles, black and white.
    Print,
}

impl Profile {
    /// All profiles, the most robust on a screen first.
    pub const ALL: [Self; 6] =
        [Self::Robust, Self::Standard, Self::Dense, Self::Ultra, Self::Lossless, Self::Print];

    /// The name that people choose it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Robust => "robust",
            Self::Standard => "standard",
            Self::Dense => "dense",
            Self::Ultra => "ultra",
            Self::Lossless => "lossless",
            Self::Print => "print",
        }
    }

    /// Side of a tile in pixels, parity columns, colours.
    pub fn parameters(self) -> (usize, u8, Palette) {
        match self {
            Self::Robust => (6, 24, Palette::Colour),
            Self::Standard => (4, 7, Palette::Colour),
            Self::Dense => (3, 7, Palette::Colour),
            Self::Ultra => (2, 10, Palette::Colour),
            Self::Lossless => (1, 4, Palette::Colour),
            Self::Print => (8, 24, Palette::BlackWhite),
        }
    }
}

/// What a frame shall be like; single values override the profile's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FormatChoice {
    /// The profile.
    pub profile: Profile,
    /// Width and height of a frame, in pixels.
    pub size: (usize, usize),
    /// Side of a tile, in pixels.
    pub tile: Option<usize>,
    /// Code rate.
    pub rate: Option<f64>,
    /// Bands.
    pub bands: u8,
}

/// Why a choice cannot be had.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// No such frame.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// A number of bands outside of what the format has.
    #[error("a frame has from 1 to {MAX_BANDS} bands, not {got}")]
    Bands {
        /// The number asked for.
        got: u8,
    },
    /// Not one packet fits.
    #[error("not one packet fits a band: use fewer bands, smaller tiles or a larger frame")]
    Capacity,
}

/// Numbers of bands that animations are tried with. A camera catches a screen while it changes:
/// filmed by the replay of a phone at 30 pictures a second, a third of them mixed, frames of 4-pixel
/// tiles shown 15, 20 and 25 times a second carried 1.90, none and 2.00 Mbit/s with one band, 1.88,
/// 1.64 and 2.18 with two, 1.88, 1.74 and 2.35 with four, 1.85, 1.74 and 2.31 with eight.
const ANIMATION_BANDS: [u8; 3] = [4, 2, 1];
/// Share of what a frame carries that bands may cost.
const BAND_COST: f64 = 0.05;

impl FormatChoice {
    /// A profile's frames of this size, as they are.
    pub fn new(profile: Profile, size: (usize, usize)) -> Self {
        Self { profile, size, tile: None, rate: None, bands: 1 }
    }

    /// The choice's format with as many bands as serve an animation, which small frames have no
    /// room for.
    ///
    /// # Errors
    /// See [`FormatError`].
    pub fn animated(&self) -> Result<FrameTables, FormatError> {
        let whole = Self { bands: 1, ..*self }.tables()?;
        let enough = whole.capacity() as f64 * (1.0 - BAND_COST);
        let with = |bands| Self { bands, ..*self }.tables().ok();
        let mut fitting = ANIMATION_BANDS.into_iter().filter_map(with);
        Ok(fitting.find(|tables| tables.capacity() as f64 >= enough).unwrap_or(whole))
    }

    /// The format for the choice, and what follows from it.
    ///
    /// # Errors
    /// See [`FormatError`].
    pub fn tables(&self) -> Result<FrameTables, FormatError> {
        let bands = self.bands;
        let (tile, parity, palette) = self.profile.parameters();
        let tile = self.tile.unwrap_or(tile);
        let parity = self.rate.map_or(parity, parity_for_rate);
        if !(1..=MAX_BANDS).contains(&bands) {
            return Err(FormatError::Bands { got: bands });
        }
        let (width, height) = self.size;
        let geometry = Geometry::new(width, height, tile, palette)?;
        let (tiles, bits) = (Layout::new(geometry).data().len(), palette.bits_per_tile());
        let lifting = FrameCode::best_lifting(tiles, bits, bands, parity, PACKET_HEADER_BYTES)
            .ok_or(FormatError::Capacity)?;
        let format = FrameFormat { geometry, parity, lifting, bands };
        FrameTables::new(format).ok_or(FormatError::Capacity)
    }
}
