//! Profiles: the choices that fit a channel, under one name.

use super::density::Density;
use super::parameters::Parameters;
use super::screen::size_on_screen;
use super::{FrameFormat, FrameTables};
use crate::frame::{Geometry, GeometryError, Layout, Palette};
use crate::inner::{FrameCode, MAX_BANDS};
use crate::ldpc::parity_for_rate;
use crate::outer::PACKET_HEADER_BYTES;

/// Width and height, in pixels, of videos for hosts: the largest that all of them take as they are.
pub const HOST_SCREEN: (usize, usize) = (1920, 1080);

/// A named choice of tile, code rate, colours, bands and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Distance, poor light, webcams.
    Robust,
    /// Videos by whatever camera.
    Standard,
    /// Videos by a steady phone.
    Video,
    /// Photos.
    Dense,
    /// Sharp photos.
    Ultra,
    /// Photos of 8 megapixels and more.
    Photo,
    /// Screenshots, remote desktops, copied files.
    Lossless,
    /// Videos that somebody else encodes again: hosts, messengers.
    Host,
    /// Paper.
    Print,
}

impl Profile {
    /// All profiles: for videos, for photos, for what loses nothing, for files that are
    /// encoded again, for paper; the most robust first.
    pub const ALL: [Self; 9] = [
        Self::Robust,
        Self::Standard,
        Self::Video,
        Self::Dense,
        Self::Ultra,
        Self::Photo,
        Self::Lossless,
        Self::Host,
        Self::Print,
    ];

    /// The name that people choose it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Robust => "robust",
            Self::Standard => "standard",
            Self::Video => "video",
            Self::Dense => "dense",
            Self::Ultra => "ultra",
            Self::Photo => "photo",
            Self::Lossless => "lossless",
            Self::Host => "host",
            Self::Print => "print",
        }
    }

    /// What it stands for. Rates are 22 / (20 + parity).
    pub fn parameters(self) -> Parameters {
        let usual = Parameters {
            tile: 4,
            parity: 7,
            palette: Palette::Colour,
            bands: 1,
            size: (1024, 1024),
        };
        match self {
            Self::Robust => Parameters { tile: 6, parity: 24, ..usual },
            Self::Standard => usual,
            Self::Video => Parameters { tile: 3, parity: 17, bands: 4, ..usual },
            Self::Dense => Parameters { tile: 3, parity: 6, ..usual },
            Self::Ultra => Parameters { tile: 2, parity: 11, ..usual },
            Self::Photo => Parameters { tile: 2, parity: 9, size: (1448, 1448), ..usual },
            Self::Lossless => Parameters { tile: 1, parity: 4, ..usual },
            Self::Host => Parameters {
                tile: 4,
                parity: 9,
                palette: Palette::BlackWhite,
                bands: 1,
                size: size_on_screen(HOST_SCREEN, false),
            },
            Self::Print => Density::default().parameters(),
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
    /// Colours.
    pub palette: Option<Palette>,
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
        let bands = profile.parameters().bands;
        Self { profile, size, tile: None, rate: None, palette: None, bands }
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
        let Parameters { tile, parity, palette, .. } = self.profile.parameters();
        let tile = self.tile.unwrap_or(tile);
        let parity = self.rate.map_or(parity, parity_for_rate);
        let palette = self.palette.unwrap_or(palette);
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
