//! Frames in the form that an output wants: always bytes, made on the threads that draw.

use super::png::{Effort, encode_png, encode_printed};
use super::{gif, y4m};
use crate::frame::Cells;
use crate::raster::IndexedFrame;
use std::sync::Arc;

/// The form in which an output takes frames.
#[derive(Clone, Debug)]
pub enum Form {
    /// A PNG file each.
    Png(Effort),
    /// A PNG file each, for a printer: this many pixels for a pixel, at each side.
    Printed(usize),
    /// Frames of a Y4M stream.
    Y4m,
    /// 3 bytes a pixel.
    Rgb,
    /// Pixels as GIF compresses them.
    Gif,
    /// The symbols in these squares alone.
    Cells(Arc<Cells>),
}

impl Form {
    /// A frame in this form.
    ///
    /// # Errors
    /// If the PNG encoder fails.
    pub fn render(&self, frame: &IndexedFrame) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Png(effort) => encode_png(frame, *effort),
            Self::Printed(scale) => encode_printed(frame, *scale),
            Self::Y4m => Ok(y4m::frame_bytes(frame)),
            Self::Rgb => Ok(frame.to_rgb()),
            Self::Gif => Ok(gif::compressed(frame)),
            Self::Cells(cells) => Ok(cells.pack(frame)),
        }
    }
}
