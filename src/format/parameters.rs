//! What the words stand for by which people choose frames.

use crate::frame::Palette;
use crate::ldpc::rate_of_parity;

/// What a profile or a density stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Side of a tile in pixels.
    pub tile: usize,
    /// Parity columns of the inner code.
    pub parity: u8,
    /// Colours.
    pub palette: Palette,
    /// Bands of a frame, where these cost little.
    pub bands: u8,
    /// Width and height of a frame in pixels, unless another size is asked for.
    pub size: (usize, usize),
}

impl Parameters {
    /// The code rate.
    pub fn rate(&self) -> f64 {
        rate_of_parity(self.parity)
    }
}
