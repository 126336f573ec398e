//! What one picture gave: the seam between what reads pictures ([`crate::capture`]) and what makes
//! files of them ([`crate::receive`]). Neither knows more of the other than this.
//!
//! [`Reading`] is the one list of symbologies that are received.

mod outcome;
#[cfg(feature = "receiver")]
mod wire;

pub use outcome::{Cause, Outcome, Part};

use crate::cimbar;
use crate::modem::{FrameHeader, Mixture};
use crate::outer::Packet;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What one picture gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Capture {
    /// How the capture went.
    pub outcome: Outcome,
    /// What was read of a frame, if there was one.
    pub reading: Option<Reading>,
    /// What the picture was like.
    pub measures: Measures,
}

impl Capture {
    /// A picture that gave nothing.
    pub fn nothing(outcome: Outcome) -> Self {
        Self { outcome, reading: None, measures: Measures::default() }
    }
}

/// Numbers about a picture, as far as it was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Where the frame is: the centres of its finders, in picture pixels (x, y); top left, top right,
    /// bottom right, bottom left of the frame as it was drawn.
    pub corners: Option<[[f64; 2]; 4]>,
    /// Picture pixels a tile.
    pub pixels_per_tile: Option<f64>,
    /// How far the last step of registration moved the tiles, rms, in tiles.
    pub registration_error: Option<f64>,
    /// Share of the alignment marks that were found.
    pub marks_found: Option<f64>,
    /// Share of a tile's sample that is its own, 0 to 1: low when blurred.
    pub sharpness: Option<f64>,
    /// Information that the soft values carry, in bits for each coded bit, before any feedback.
    pub information: Option<f64>,
}

/// What was read of a frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Reading {
    /// A reading of a frame of our own.
    Own(OwnReading),
    /// A reading of a frame of libcimbar's.
    Cimbar(cimbar::Reading),
}

/// What was read of a frame of our own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnReading {
    /// The frame's header.
    pub header: FrameHeader,
    /// Codewords that the frame has.
    pub codewords: usize,
    /// The packets that were decoded.
    pub packets: Vec<Packet>,
    /// Their numbers among the frame's codewords.
    pub numbers: Vec<usize>,
    /// The codewords that were not, where they can still become more together with others.
    pub unsure: Vec<Unsure>,
    /// What the picture says of two frames, if it shows parts of both and codewords are lost.
    pub mixed: Option<Arc<Mixed>>,
}

/// A picture of two frames.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mixed {
    /// The header of either, that of its first copy first.
    pub headers: [FrameHeader; 2],
    /// What the tiles say of both.
    pub mixture: Mixture,
}

/// A codeword that did not decode.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unsure {
    /// Its number in the frame.
    pub index: usize,
    /// Its soft values, positive where 0 is likelier, as [`crate::inner::FrameCode::gather`] gives
    /// them.
    pub soft: Vec<i8>,
}

impl Reading {
    /// The symbology's name.
    pub fn symbology(&self) -> &'static str {
        match self {
            Self::Own(_) => "tilecast",
            Self::Cimbar(_) => "cimbar",
        }
    }

    /// The mode, where the symbology has several.
    pub fn mode(&self) -> Option<&'static str> {
        match self {
            Self::Own(_) => None,
            Self::Cimbar(reading) => Some(reading.mode.parameters().name),
        }
    }

    /// The frame's header, if it is a frame of our own.
    pub fn header(&self) -> Option<&FrameHeader> {
        match self {
            Self::Own(reading) => Some(&reading.header),
            Self::Cimbar(_) => None,
        }
    }

    /// Codewords, or Reed-Solomon blocks, that were decoded, and those that the frame has.
    pub fn codewords(&self) -> (usize, usize) {
        match self {
            Self::Own(reading) => (reading.packets.len(), reading.codewords),
            Self::Cimbar(reading) => (reading.decoded(), reading.blocks.len()),
        }
    }
}
