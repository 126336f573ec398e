//! Any picture to RGB, within limits.

use super::heic;
use super::kind::{FOREIGN, FRONT_BYTES, Kind};
use super::room::Permit;
use super::tiff::{self, Page};
use crate::raster::Picture;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::{BufRead, Cursor, Read, Seek};
use std::path::Path;

/// Largest picture that is read, in pixels a side.
const MAX_PICTURE_SIDE: u32 = 20_000;
/// What can be done with an AVIF file.
const AVIF_ADVICE: &str = "export it as JPEG or PNG, for example: ffmpeg -i in.avif out.png";
/// Largest picture that is read, in pixels; of small files less, see [`super::room`].
pub(crate) const MAX_PIXELS: u64 = if cfg!(fuzzing) { 2_000_000 } else { 120_000_000 };

/// What decoders say of a file that ends early.
const CUT: [&str; 4] = ["unexpected eof", "unexpected end", "exhausted", "not enough bytes"];

/// Why something is not a picture that can be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("cannot read the file")]
    Io(#[from] std::io::Error),
    /// Not a picture at all, as far as this program knows.
    #[error("not a picture")]
    Unknown,
    /// A format that is known, and not read: what it is, and what to do.
    #[error("{0}, which this program cannot read: {1}")]
    Foreign(&'static str, &'static str),
    /// More pixels than [`MAX_PIXELS`], a side too long, or far larger than its file is.
    #[error("a picture of {width}x{height} pixels is too large")]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A picture whose file ends before it does.
    #[error("the picture's file ends early: copy it again")]
    Cut,
    /// A picture whose data is damaged.
    #[error("a damaged picture")]
    Damaged(#[source] ImageError),
    /// A page of a TIFF file that is damaged, or of a kind that nobody reads.
    #[error("a damaged TIFF picture")]
    Tiff(#[from] ::tiff::TiffError),
    /// A HEIC picture that is damaged, or of a kind that is not read.
    #[error("a HEIC picture that cannot be read: {0}")]
    Heic(String),
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
            Self::Foreign(..) => "other-format",
            Self::TooLarge { .. } => "picture-too-large",
            Self::Cut => "picture-cut",
            Self::Damaged(_) | Self::Tiff(_) | Self::Heic(_) => "damaged-picture",
            Self::Video(_) => "damaged-video",
        }
    }
}

impl From<ImageError> for PictureError {
    fn from(error: ImageError) -> Self {
        // Decoders say so in many words.
        let text = error.to_string().to_lowercase();
        let cut = match &error {
            ImageError::IoError(error) => error.kind() == std::io::ErrorKind::UnexpectedEof,
            _ => CUT.iter().any(|words| text.contains(words)),
        };
        if cut { Self::Cut } else { Self::Damaged(error) }
    }
}

/// A picture, with its part of the room that pictures have.
#[derive(Debug)]
pub struct Loaded {
    picture: Picture,
    _permit: Permit,
}

impl Loaded {
    /// A picture that has its room already.
    pub(super) fn new(picture: Picture, permit: Permit) -> Self {
        Self { picture, _permit: permit }
    }

    /// The picture, whose room others may have now.
    pub(crate) fn into_picture(self) -> Picture {
        self.picture
    }
}

impl AsRef<Picture> for Loaded {
    fn as_ref(&self) -> &Picture {
        &self.picture
    }
}

/// Reads the picture in a file, turned as its EXIF orientation says.
///
/// # Errors
/// See [`PictureError`].
pub(super) fn read_picture(path: &Path) -> Result<Loaded, PictureError> {
    let file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    let kind = Kind::is_raw(path);
    let loaded = load(std::io::BufReader::with_capacity(1 << 16, file), length);
    match loaded {
        Err(PictureError::Damaged(_) | PictureError::Tiff(_)) if kind => {
            Err(PictureError::Foreign("a camera's original", "export it as JPEG or PNG"))
        }
        other => other,
    }
}

/// Reads the picture in `bytes`, turned as its EXIF orientation says.
///
/// # Errors
/// See [`PictureError`].
pub fn decode_picture(bytes: &[u8]) -> Result<Picture, PictureError> {
    load_picture(bytes).map(Loaded::into_picture)
}

/// As [`decode_picture`], with its part of the room.
pub(super) fn load_picture(bytes: &[u8]) -> Result<Loaded, PictureError> {
    load(Cursor::new(bytes), bytes.len() as u64)
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

/// Room for a picture of this size, of which decoding takes so many bytes a pixel.
pub(super) fn room(
    (width, height): (u32, u32),
    decoding: u64,
    length: u64,
) -> Result<Permit, PictureError> {
    check_size(width, height)?;
    let pixels = u64::from(width) * u64::from(height);
    Permit::for_picture(pixels, pixels * decoding, length)
        .ok_or(PictureError::TooLarge { width, height })
}

/// A picture of a file of `length` bytes, of any kind that is read.
fn load(mut source: impl BufRead + Seek, length: u64) -> Result<Loaded, PictureError> {
    let mut front = Vec::new();
    source.by_ref().take(FRONT_BYTES).read_to_end(&mut front)?;
    source.rewind()?;
    match Kind::of(&front) {
        Kind::Foreign(number) => {
            let (.., what, advice) = FOREIGN.get(number).ok_or(PictureError::Unknown)?;
            Err(PictureError::Foreign(what, advice))
        }
        Kind::Heic => heic::load(source, length),
        Kind::Avif => Err(PictureError::Foreign("an AVIF picture", AVIF_ADVICE)),
        Kind::Tiff => {
            let pages = tiff::pages(&mut source);
            load_page(source, pages.first().ok_or(PictureError::Unknown)?, length)
        }
        _ => decode(source, length),
    }
}

/// A page of a TIFF file of `length` bytes.
pub(super) fn load_page(
    mut source: impl BufRead + Seek,
    page: &Page,
    length: u64,
) -> Result<Loaded, PictureError> {
    if !page.has_palette() {
        return decode(std::io::BufReader::new(page.of(source)?), length);
    }
    let size = tiff::size(&mut source, page)?;
    let permit = room(size, 4, length)?;
    finish(DynamicImage::from(tiff::read_palette(source, page)?), permit)
}

/// A picture of a kind that `image` reads.
fn decode(source: impl BufRead + Seek, length: u64) -> Result<Loaded, PictureError> {
    let reader = ImageReader::new(source).with_guessed_format()?;
    let Some(format) = reader.format() else { return Err(PictureError::Unknown) };
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    // Progressive JPEG keeps all coefficients, WebP a copy in four channels.
    let within = match format {
        ImageFormat::Jpeg | ImageFormat::WebP => 6,
        _ => 0,
    };
    let pixels = u64::from(width) * u64::from(height);
    let sample = decoder.total_bytes().div_ceil(pixels.max(1));
    let as_rgb = if decoder.color_type() == ColorType::Rgb8 { 0 } else { 3 };
    let permit = room((width, height), sample + within.max(as_rgb), length)?;
    decoder.set_limits(limits())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    finish(image, permit)
}

/// A decoded picture in RGB.
pub(super) fn finish(image: DynamicImage, mut permit: Permit) -> Result<Loaded, PictureError> {
    let rgb = image.into_rgb8();
    let (width, height) = rgb.dimensions();
    permit.decoded(u64::from(width) * u64::from(height));
    let picture = Picture::from_rgb(width as usize, height as usize, rgb.into_raw());
    picture
        .map(|picture| Loaded::new(picture, permit))
        .ok_or(PictureError::TooLarge { width, height })
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
    fn what_is_cut_and_what_is_something_else_is_told() {
        let bytes = png();
        let cut = decode_picture(&bytes[..bytes.len() - 20]);
        assert!(matches!(cut, Err(PictureError::Cut)), "{cut:?}");
        let pdf = decode_picture(b"%PDF-1.7 and more").unwrap_err();
        assert!(pdf.to_string().starts_with("a PDF file, which this program cannot read: save"));
        assert!(matches!(decode_picture(b"what is this"), Err(PictureError::Unknown)));
    }
}
