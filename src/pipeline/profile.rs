//! Profiles: the choices that fit a channel, under one name.

use crate::frame::{Geometry, GeometryError, Layout};
use crate::inner::{FrameCode, MAX_BANDS};
use crate::ldpc::parity_for_rate;
use crate::modem::Palette;
use crate::outer::{HEADER_BYTES, MAX_PACKETS};

/// A named choice of tile, code rate and colours; the words are those of `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// distance, poor light, webcams: 6-pixel tiles
    Robust,
    /// video of a screen at 1080p: 4-pixel tiles
    Standard,
    /// steady photos: 3-pixel tiles
    Dense,
    /// photos of 8 megapixels and more: 2-pixel tiles
    Ultra,
    /// screenshots, remote desktops, copied files: 1-pixel tiles
    Lossless,
    /// paper: 8-pixel tiles, black and white
    Print,
}

impl Profile {
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

/// Everything that is the same for all frames of a transfer.
#[derive(Clone, Debug)]
pub struct FrameFormat {
    /// Where everything lies.
    pub layout: Layout,
    /// Colours.
    pub palette: Palette,
    /// Parity columns.
    pub parity: u8,
    /// Lifting size.
    pub lifting: u16,
    /// Bands.
    pub bands: u8,
    /// How data bits carry packets.
    pub code: FrameCode,
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

impl FrameFormat {
    /// The format for a choice, bands aside: as many as serve an animation, which small frames
    /// have no room for.
    ///
    /// # Errors
    /// See [`FormatError`].
    pub fn animated(choice: &FormatChoice) -> Result<Self, FormatError> {
        let whole = Self::new(&FormatChoice { bands: 1, ..*choice })?;
        let enough = whole.capacity() as f64 * (1.0 - BAND_COST);
        let with = |bands| Self::new(&FormatChoice { bands, ..*choice }).ok();
        let mut fitting = ANIMATION_BANDS.into_iter().filter_map(with);
        Ok(fitting.find(|format| format.capacity() as f64 >= enough).unwrap_or(whole))
    }

    /// Payload bytes of a frame.
    fn capacity(&self) -> usize {
        self.packets() * self.payload()
    }

    /// The format for a choice.
    ///
    /// # Errors
    /// See [`FormatError`].
    pub fn new(choice: &FormatChoice) -> Result<Self, FormatError> {
        let (tile, parity, palette) = choice.profile.parameters();
        let tile = choice.tile.unwrap_or(tile);
        let parity = choice.rate.map_or(parity, parity_for_rate);
        if !(1..=MAX_BANDS).contains(&choice.bands) {
            return Err(FormatError::Bands { got: choice.bands });
        }
        let (width, height) = choice.size;
        let geometry = Geometry::new(width, height, tile, palette == Palette::Colour)?;
        let layout = Layout::new(geometry);
        let (tiles, bits) = (layout.data().len(), palette.bits_per_tile());
        let lifting = FrameCode::best_lifting(tiles, bits, choice.bands, parity, HEADER_BYTES)
            .ok_or(FormatError::Capacity)?;
        let code = FrameCode::new(tiles, bits, choice.bands, lifting, parity)
            .ok_or(FormatError::Capacity)?;
        Ok(Self { layout, palette, parity, lifting, bands: choice.bands, code })
    }

    /// Packets a frame.
    pub fn packets(&self) -> usize {
        self.code.codewords()
    }

    /// The longest stream that fits one frame: its packets have to make equally large blocks.
    pub fn frame_bytes(&self) -> usize {
        let blocks = self.packets().div_ceil(MAX_PACKETS);
        self.packets() / blocks * blocks * self.payload()
    }

    /// Payload bytes of a packet.
    pub fn payload(&self) -> usize {
        self.code.packet_bytes() - HEADER_BYTES
    }
}
