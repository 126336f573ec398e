//! What all layers call a picture: pixels ([`Picture`], [`Grey`], [`IndexedFrame`]), how cameras
//! give them ([`Yuv`]), and the plane geometry of finding something in them.
//!
//! The lowest layer: types and arithmetic, no file formats. Coordinates: x to the right, y down,
//! pixel `(i, j)` covers the unit square from `(i, j)`, its centre is at `(i + 0.5, j + 0.5)`.

mod geometry;
mod indexed;
mod picture;
mod yuv;

pub use geometry::{Homography, Point};
pub use indexed::IndexedFrame;
pub use picture::{Grey, Picture};
pub use yuv::{Chroma, Rows, Subsampling, Yuv};
