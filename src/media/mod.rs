//! Everything that touches files, streams and other programs: inputs to pictures ([`sources`]),
//! frames to where they go ([`sinks`]).
//!
//! Beside the data path, at both of its ends: frames come drawn, pictures leave as pixels, and
//! nothing here knows what is in them. Output is there whole or not at all ([`output`]); compressed
//! video is the work of the user's own [`ffmpeg`].

mod animation;
mod apng;
pub mod ffmpeg;
mod form;
mod framing;
mod gif;
mod kind;
pub mod output;
mod page;
mod png;
mod read;
pub mod sinks;
pub mod sources;
mod split;
pub mod storage;
mod y4m;

pub use form::Form;
pub(crate) use kind::FRONT_BYTES;
pub use kind::Kind;
pub(crate) use png::encode_rgb_png;
pub use png::{Effort, encode_png};
pub(crate) use read::{MAX_PIXELS, read_picture};
pub use read::{PictureError, decode_picture};
pub use y4m::{Y4mReader, YuvFrame};

/// What is fuzzed behind the interface.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    use super::PictureError;
    use super::animation::{AnimationFrame, is_apng, read_apng, read_gif};
    pub(crate) use super::split::split_stream;
    use crate::raster::Picture;
    use std::io::Cursor;

    /// The frames of a GIF file.
    pub(crate) fn gif(bytes: &[u8]) -> impl Iterator<Item = Result<Picture, PictureError>> {
        let frames = read_gif(Cursor::new(bytes.to_vec()));
        frames.map(|frame| frame.and_then(AnimationFrame::into_picture))
    }

    /// The frames of a PNG file, if it is an animation.
    pub(crate) fn apng(bytes: &[u8]) -> impl Iterator<Item = Result<Picture, PictureError>> {
        let moving = is_apng(Cursor::new(bytes));
        let frames = moving.then(|| read_apng(Cursor::new(bytes.to_vec())));
        frames.into_iter().flatten().map(|frame| frame.and_then(AnimationFrame::into_picture))
    }
}
