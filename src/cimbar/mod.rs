//! libcimbar's format, both ways: modes B, Bm, Bu and 4C.
//!
//! Beside our own format, on the same foundations: [`crate::frame`] finds the frame and follows
//! its distortion, [`crate::pipeline`] drives both. A frame is a grid of cells, each one of sixteen
//! 8x8 [`tiles`] in one of four colours; Reed-Solomon blocks ([`reed_solomon`], [`coding`]) carry
//! chunks of a wirehair fountain ([`fountain`]) over a zstd [`container`]. [`read_frame`] is the
//! receiver: what tile and colour each cell shows, and how certain that is.
//!
//! The format has no version, no frame numbers and no digest; what is restored is as sure as its
//! Reed-Solomon blocks and zstd frames are.

mod align;
mod clusters;
pub mod coding;
mod colours;
pub mod container;
pub mod fountain;
mod mode;
mod patches;
mod receive;
pub mod reed_solomon;
mod shapes;
pub mod tiles;

pub use mode::{COLOURS, Mode, Parameters};
pub use receive::{Codings, Reading, read_frame};
