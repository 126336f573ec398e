//! Pictures: files to pixels ([`read_picture`]) and pixels to files ([`write_frame`]), and the
//! plane geometry that the layers above share.
//!
//! The lowest layer. Coordinates: x to the right, y down, pixel `(i, j)` covers the unit square
//! from `(i, j)`, its centre is at `(i + 0.5, j + 0.5)`.

mod geometry;
mod picture;
mod read;
mod write;

pub use geometry::{Homography, Point};
pub use picture::{Grey, Picture};
pub use read::{MAX_PIXELS, PictureError, decode_picture, read_picture, split_stream};
pub use write::{IndexedFrame, write_frame};
