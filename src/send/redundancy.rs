//! How much more than the file travels, in the words in which people think of it.

use super::{DEFAULT_REDUNDANCY, PAPER_REDUNDANCY};
use crate::outer::{Schedule, Shape, ShapeError};

/// How much more than the file travels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Redundancy {
    /// So many repair packets for each source packet, at least.
    Share(f64),
    /// As many as it takes when any frames of this number are lost.
    Losses(u32),
    /// [`PAPER_REDUNDANCY`] in whole pages; none for what has room on one.
    Paper,
}

impl Default for Redundancy {
    fn default() -> Self {
        Self::Share(DEFAULT_REDUNDANCY)
    }
}

impl From<f64> for Redundancy {
    fn from(share: f64) -> Self {
        Self::Share(share)
    }
}

/// Most pages of which any share can be lost: beyond, blocks are not on all of them.
const MAX_PAGES: f64 = 255.0;

impl Redundancy {
    /// The shape for a stream of `length` bytes, `per_frame` packets of `payload` bytes a frame.
    pub(super) fn shape(
        self,
        length: u64,
        payload: usize,
        per_frame: usize,
    ) -> Result<Shape, ShapeError> {
        match self {
            Self::Share(share) => Shape::new(length, payload, per_frame, share),
            Self::Losses(losses) => Shape::for_losses(length, payload, per_frame, losses),
            Self::Paper => {
                let least = Shape::new(length, payload, per_frame, 0.0)?;
                let pages = Schedule::new(least, per_frame).frames() as f64;
                let spare = (pages * PAPER_REDUNDANCY).ceil();
                match pages {
                    1.0 => Ok(least),
                    _ if pages + spare <= MAX_PAGES => {
                        Shape::for_losses(length, payload, per_frame, spare as u32)
                    }
                    _ => Shape::new(length, payload, per_frame, PAPER_REDUNDANCY),
                }
            }
        }
    }
}
