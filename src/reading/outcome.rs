//! How a capture went: one type for the program, a sentence for people, a code for other programs.

use crate::modem::HeaderError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a capture went. Its `Display` is a sentence for people; [`Outcome::code`] never changes.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub enum Outcome {
    /// Everything in the frame was read.
    #[error("read in full")]
    Read,
    /// A frame of a video that has been read in full before, and was not read again.
    #[error("seen before")]
    Repeat,
    /// The picture is too dark for finders.
    #[error("too dark: nothing is brighter than {brightest} of 255")]
    TooDark {
        /// The brightness that a hundredth of the picture exceeds.
        brightest: u8,
    },
    /// Nothing looks like a corner of a frame.
    #[error("no finder pattern")]
    NoFinder,
    /// No four of the finders are the corners of one frame.
    #[error("{finders} finder patterns found, but no four that are a frame")]
    NoFrame {
        /// Finders that were found.
        finders: usize,
    },
    /// Finders could be a frame, but no header can be read.
    #[error(
        "{finders} finder patterns found, but no readable header in any of {arrangements} arrangements"
    )]
    NoHeader {
        /// Finders that were found.
        finders: usize,
        /// Arrangements of them that were tried.
        arrangements: usize,
    },
    /// Headers were read, but none that a frame at its place can have.
    #[error(
        "{finders} finder patterns found, but no readable header; {misfits} of {arrangements} \
         arrangements had one that does not fit there"
    )]
    DoesNotFit {
        /// Finders that were found.
        finders: usize,
        /// Arrangements of them that were tried.
        arrangements: usize,
        /// Of these, the ones with a header.
        misfits: usize,
    },
    /// A frame in colours, seen in black and white.
    #[error(
        "a frame in colours, but no colour in the picture (take it in colour, or send with -p print)"
    )]
    Colourless,
    /// A header that is intact but cannot be used.
    #[error(transparent)]
    Header(HeaderError),
    /// Codewords of a frame of our own did not decode.
    #[error("{lost} of {total} codewords lost: {cause}")]
    CodewordsLost {
        /// Codewords that did not decode.
        lost: usize,
        /// Codewords of the frame.
        total: usize,
        /// What the loss comes from.
        cause: Cause,
    },
    /// Blocks of a frame of libcimbar's did not decode.
    #[error("{lost} of {total} blocks lost: too noisy or blurred there")]
    BlocksLost {
        /// Blocks that did not decode.
        lost: usize,
        /// Blocks of the frame.
        total: usize,
    },
}

impl Outcome {
    /// The outcome in one word for programs, the same in all versions.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Repeat => "repeat",
            Self::TooDark { .. } => "too-dark",
            Self::NoFinder => "no-finder",
            Self::NoFrame { .. } => "no-frame",
            Self::NoHeader { .. } => "no-header",
            Self::DoesNotFit { .. } => "does-not-fit",
            Self::Colourless => "colourless",
            Self::Header(HeaderError::Version { .. }) => "other-version",
            Self::Header(HeaderError::Contradiction) => "contradictory-header",
            Self::CodewordsLost { cause, .. } => cause.code(),
            Self::BlocksLost { .. } => "blocks-lost",
        }
    }

    /// Whether reading the same picture again could bring nothing more, whatever else arrives.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Read | Self::Repeat)
    }
}

/// Why codewords did not decode: the first cause that applies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cause {
    /// The picture shows parts of two frames.
    ScreenChanged,
    /// Too few alignment marks are where they should be.
    FewMarks {
        /// Share of the marks that were found.
        found: f64,
    },
    /// Tiles are too small in the picture.
    TooSmall {
        /// Picture pixels a tile.
        pixels: f64,
    },
    /// Colours differ too little.
    LowContrast,
    /// Much is at the sensor's limit.
    Overexposed,
    /// Neighbours prevail in a tile's sample.
    Blurred,
    /// A part of the frame is much worse than the rest.
    WeakPart(Part),
    /// Nothing of these: noise.
    Noisy,
}

impl Cause {
    fn code(&self) -> &'static str {
        match self {
            Self::ScreenChanged => "screen-changed",
            Self::FewMarks { .. } => "few-marks",
            Self::TooSmall { .. } => "too-small",
            Self::LowContrast => "low-contrast",
            Self::Overexposed => "overexposed",
            Self::Blurred => "blurred",
            Self::WeakPart(_) => "weak-part",
            Self::Noisy => "noisy",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ScreenChanged => {
                write!(f, "the screen changed meanwhile (fewer frames a second)")
            }
            Self::FewMarks { found } => write!(
                f,
                "only {} % of the alignment marks found (the whole frame, flat, in focus)",
                (100.0 * found).round() as u32
            ),
            Self::TooSmall { pixels } => {
                let tenths = (10.0 * pixels).round() as u64;
                let (whole, tenth) = (tenths / 10, tenths % 10);
                write!(
                    f,
                    "too small, {whole}.{tenth} pixels a tile (go closer, or use larger tiles)"
                )
            }
            Self::LowContrast => {
                write!(f, "too dark or too pale (more exposure, no reflections)")
            }
            Self::Overexposed => write!(f, "overexposed (less exposure)"),
            Self::Blurred => write!(f, "blurred (focus, hold still)"),
            Self::WeakPart(part) => {
                write!(f, "weakest at the {part} (a reflection, or out of focus there)")
            }
            Self::Noisy => {
                write!(f, "too noisy for this code rate (more light, or a lower --rate)")
            }
        }
    }
}

/// A ninth of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Left, middle, right: 0 to 2.
    pub column: usize,
    /// Top, middle, bottom: 0 to 2.
    pub row: usize,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vertical = ["top", "", "bottom"].get(self.row).copied().unwrap_or_default();
        let horizontal = ["left", "", "right"].get(self.column).copied().unwrap_or_default();
        match (vertical, horizontal) {
            ("", "") => f.write_str("middle"),
            ("", one) | (one, "") => f.write_str(one),
            (vertical, horizontal) => write!(f, "{vertical} {horizontal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_names() {
        let name = |column, row| Part { column, row }.to_string();
        assert_eq!(name(0, 0), "top left");
        assert_eq!(name(1, 1), "middle");
        assert_eq!((name(1, 2), name(2, 1)), ("bottom".into(), "right".into()));
    }

    #[test]
    fn sentences_say_how_many_and_why() {
        let cause = Cause::TooSmall { pixels: 1.14 };
        let outcome = Outcome::CodewordsLost { lost: 28, total: 31, cause };
        let text = "28 of 31 codewords lost: too small, 1.1 pixels a tile (go closer, or use larger tiles)";
        assert_eq!((outcome.to_string().as_str(), outcome.code()), (text, "too-small"));
    }
}
