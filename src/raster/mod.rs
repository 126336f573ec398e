//! Pictures, still and moving: files to pixels ([`read_picture`]) and pixels to files
//! ([`write_frame`]), and the plane geometry that the layers above share.
//!
//! The lowest layer. Coordinates: x to the right, y down, pixel `(i, j)` covers the unit square
//! from `(i, j)`, its centre is at `(i + 0.5, j + 0.5)`.

mod animation;
mod geometry;
mod kind;
mod picture;
mod read;
mod split;
mod write;
mod yuv;

pub use animation::{
    AnimationFrame, AnimationFrames, ApngWriter, GifFrame, GifWriter, gif_frame, is_apng,
    read_apng, read_gif,
};
pub use geometry::{Homography, Point};
pub use kind::{FRONT_BYTES, Kind};
pub use picture::{Grey, Picture};
pub use read::{MAX_PIXELS, PictureError, decode_picture, read_picture};
pub use split::split_stream;
pub use write::{Effort, IndexedFrame, palette_rgb, write_frame};
pub use yuv::{Y4mReader, YuvFrame, write_y4m_header, y4m_frame};
