//! libcimbar's format, both ways: modes B, Bm, Bu and 4C.
//!
//! Beside our own format, on the same foundations: [`crate::frame`] finds the frame and follows
//! its distortion, [`crate::pipeline`] drives both. A frame is a grid of cells, each one of sixteen
//! 8x8 [`tiles`] in one of four colours; Reed-Solomon blocks ([`reed_solomon`], [`coding`]) carry
//! chunks of a wirehair fountain ([`fountain`]) over a zstd [`container`]. [`read_cells`] is the
//! receiver: what tile and colour each cell shows, and how certain that is.
//!
//! The format has no version, no frame numbers and no digest; what is restored is as sure as its
//! Reed-Solomon blocks and zstd frames are.

pub mod coding;
pub mod container;
pub mod fountain;
mod mode;
pub mod reed_solomon;
pub mod tiles;

pub use mode::{FINDER_INSET, Mode, PITCH, Parameters, TILE};
