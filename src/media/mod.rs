//! Everything that touches files, streams and other programs: inputs to pictures ([`sources`]),
//! frames to where they go ([`sinks`]), folders to archives and back ([`archive`]).
//!
//! Beside the data path, at both of its ends: frames come drawn, pictures leave as pixels, and
//! nothing here knows what is in them. Output is there whole or not at all ([`output`]); compressed
//! video is the work of the user's own [`ffmpeg`].

mod animation;
mod apng;
pub mod archive;
mod bilevel;
mod canvas;
pub mod device;
mod facsimile;
pub mod ffmpeg;
mod form;
mod framing;
mod gif;
mod heic;
mod kind;
pub mod live;
pub mod output;
mod page;
pub mod paper;
mod patient;
mod pdf;
mod picture;
mod png;
mod read;
mod room;
pub mod sinks;
pub mod sources;
mod split;
pub mod storage;
mod tiff;
mod y4m;

pub use form::Form;
use kind::FRONT_BYTES;
pub use kind::Kind;
pub use patient::{Stop, open_input, standard_input};
pub use picture::{Loaded, PictureError};
pub(crate) use png::encode_rgb_png;
pub use png::{Effort, encode_png};
pub use read::decode_picture;
pub use y4m::{Y4mReader, YuvFrame};

/// What is fuzzed behind the interface.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    use super::animation::{AnimationFrame, is_apng, read_apng, read_gif};
    pub(crate) use super::kind::FRONT_BYTES;
    use super::page::{PageFrame, PageFrames};
    pub(crate) use super::picture::MAX_PIXELS;
    pub(crate) use super::split::Splitter;
    use super::{Loaded, PictureError, tiff};
    use crate::raster::Picture;
    use std::io::Cursor;

    /// The frames of a GIF file.
    pub(crate) fn gif(bytes: &[u8]) -> impl Iterator<Item = Result<Picture, PictureError>> {
        read_gif(Cursor::new(bytes.to_vec()), bytes.len() as u64).map(picture)
    }

    /// The frames of a PNG file, if it is an animation.
    pub(crate) fn apng(bytes: &[u8]) -> impl Iterator<Item = Result<Picture, PictureError>> {
        let moving = is_apng(Cursor::new(bytes));
        let read = || read_apng(Cursor::new(bytes.to_vec()), bytes.len() as u64);
        moving.then(read).into_iter().flatten().map(picture)
    }

    fn picture(frame: Result<AnimationFrame, PictureError>) -> Result<Picture, PictureError> {
        frame.and_then(AnimationFrame::into_picture).map(Loaded::into_picture)
    }

    /// The frames of a player's page.
    pub(crate) fn page(bytes: &[u8]) -> impl Iterator<Item = Result<Picture, PictureError>> {
        let mut frames = PageFrames::new(bytes);
        let next = move || frames.next().transpose();
        let load = |frame: Result<PageFrame, _>| frame.and_then(PageFrame::load);
        std::iter::from_fn(next).map(load).map(|frame| frame.map(Loaded::into_picture))
    }

    /// The pages of a PDF file.
    pub(crate) fn pdf_pages(bytes: &[u8]) -> impl Iterator<Item = Result<Picture, PictureError>> {
        let length = bytes.len() as u64;
        let pages = super::pdf::pages(&mut Cursor::new(bytes), length).unwrap_or_default();
        let load = move |page: super::pdf::Page| page.load(&mut Cursor::new(bytes), length);
        pages.into_iter().map(load).map(|page| page.map(Loaded::into_picture))
    }

    /// The pages of a TIFF file.
    pub(crate) fn pages(bytes: &[u8]) -> impl Iterator<Item = Result<Picture, PictureError>> {
        let length = bytes.len() as u64;
        let pages = tiff::pages(&mut Cursor::new(bytes)).into_iter();
        let load = move |page| super::read::load_page(Cursor::new(bytes), &page, length);
        pages.map(load).map(|page| page.map(Loaded::into_picture))
    }
}
