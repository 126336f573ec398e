//! Any picture to RGB, within limits.

use super::kind::{FRONT_BYTES, Kind};
use crate::raster::Picture;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use std::io::{BufRead, Cursor, Read, Seek};
use std::path::Path;

/// Largest picture that is read, in pixels a side.
const MAX_PICTURE_SIDE: u32 = 20_000;
/// Largest picture that is read, in pixels: memory is at most three bytes for each, twice.
pub(crate) const MAX_PIXELS: u64 = if cfg!(fuzzing) { 2_000_000 } else { 120_000_000 };

/// Why something is not a picture that can be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("cannot read the file")]
    Io(#[from] std::io::Error),
    /// Not a picture at all, as far as this program knows.
    #[error("not a picture")]
    Unknown,
    /// A HEIC file, what iPhones make by default.
    #[error("a HEIC picture, which this program cannot read: export it as JPEG")]
    Heic,
    /// More pixels than [`MAX_PIXELS`] or a side too long.
    #[error("a picture of {width}x{height} pixels is too large")]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A picture whose data is damaged or cut.
    #[error("a damaged picture")]
    Damaged(#[source] ImageError),
    /// A video stream that cannot be read: why.
    #[error("not a video stream that can be read: {0}")]
    Video(&'static str),
}

impl PictureError {
    /// The error in one word for programs, the same in all versions.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "unreadable",
            Self::Unknown => "not-a-picture",
            Self::Heic => "heic",
            Self::TooLarge { .. } => "picture-too-large",
            Self::Damaged(_) => "damaged-picture",
            Self::Video(_) => "damaged-video",
        }
    }
}

/// Reads the picture in a file, turned as its EXIF orientation says.
///
/// # Errors
/// See [`PictureError`].
pub(crate) fn read_picture(path: &Path) -> Result<Picture, PictureError> {
    let file = std::fs::File::open(path)?;
    decode(std::io::BufReader::with_capacity(1 << 16, file))
}

/// Reads the picture in `bytes`, as [`read_picture`] does.
///
/// # Errors
/// See [`PictureError`].
pub fn decode_picture(bytes: &[u8]) -> Result<Picture, PictureError> {
    decode(Cursor::new(bytes))
}

/// Whether a picture of this size is read.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || width.max(height) > MAX_PICTURE_SIDE || pixels == 0 {
        return Err(PictureError::TooLarge { width, height });
    }
    Ok(())
}

/// Memory that a decoder may take.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    limits
}

fn decode(mut source: impl BufRead + Seek) -> Result<Picture, PictureError> {
    let mut front = Vec::new();
    source.by_ref().take(FRONT_BYTES).read_to_end(&mut front)?;
    source.rewind()?;
    if Kind::of(&front) == Kind::Heic {
        return Err(PictureError::Heic);
    }
    let reader = ImageReader::new(source).with_guessed_format()?;
    if reader.format().is_none() {
        return Err(PictureError::Unknown);
    }
    let mut decoder = reader.into_decoder().map_err(PictureError::Damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits()).map_err(PictureError::Damaged)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(PictureError::Damaged)?;
    image.apply_orientation(orientation);
    let rgb = image.into_rgb8();
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    Picture::from_rgb(width, height, rgb.into_raw())
        .ok_or(PictureError::TooLarge { width: width as u32, height: height as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Effort, encode_png};
    use crate::raster::IndexedFrame;
    use proptest::prelude::*;

    fn png() -> Vec<u8> {
        let frame = IndexedFrame { width: 5, height: 3, pixels: (0..15).map(|i| i % 8).collect() };
        encode_png(&frame, Effort::Fast).unwrap()
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_error_or_a_picture(bytes: Vec<u8>) {
            let _ = decode_picture(&bytes);
        }

        #[test]
        fn a_damaged_picture_never_panics(at: prop::sample::Index, by in 1u8..) {
            let mut bytes = png();
            let at = at.index(bytes.len());
            bytes[at] = bytes[at].wrapping_add(by);
            let _ = decode_picture(&bytes);
        }
    }

    #[test]
    fn frames_read_back_in_their_colours() {
        let picture = decode_picture(&png()).unwrap();
        assert_eq!(picture.pixel(0, 0), Some([0, 0, 0]));
        assert_eq!(picture.pixel(4, 0), Some([255, 0, 0]));
        assert_eq!(picture.pixel(1, 1), Some([255, 255, 0]));
    }

    #[test]
    fn heic_is_recognised() {
        let bytes = [b"\0\0\0\x18ftypheic".as_slice(), &[0; 40]].concat();
        assert!(matches!(decode_picture(&bytes), Err(PictureError::Heic)));
    }
}
