//! libcimbar's format, both ways: modes B, Bm, Bu and 4C.
//!
//! Beside our own format, on the same foundations: [`crate::frame`] finds the frame and follows its
//! distortion; the stages [`crate::send`], [`crate::capture`] and [`crate::receive`] drive both. A
//! frame is a grid of cells, each one of sixteen 8x8 [`tiles`] in one of four colours; Reed-Solomon
//! blocks ([`Coding`]) carry chunks of a wirehair fountain ([`Encoder`], [`Blocks`]) over a zstd
//! [`container`]. [`read_frame`] is the receiver: what tile and colour each cell shows, and how
//! certain that is. In a video most frames are read at a glance ([`Look`]), and those that are known
//! already are told by their codewords ([`KnownFrames`]).
//!
//! The format has no version, no frame numbers and no digest; what is restored is as sure as its
//! Reed-Solomon blocks and zstd frames are.

mod align;
mod clusters;
mod coding;
mod colours;
pub mod container;
mod contrasts;
mod decide;
mod fountain;
mod look;
mod mode;
mod patches;
mod read;
mod reed_solomon;
mod shapes;
pub mod tiles;
mod whole;

pub use coding::Coding;
pub use fountain::{Blocks, ChunkHeader, Encoder, FountainError, block_ids};
pub use mode::{Mode, Parameters};
pub use read::{Codings, Reading};

/// What is fuzzed behind the interface.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::coding::Cell;
    pub(crate) use super::reed_solomon::ReedSolomon;
}
pub(crate) use look::{Glance, Look};
pub(crate) use read::{Effort, FrameRead, read_at, read_frame};
pub(crate) use whole::{KnownFrames, WholeFrame};
