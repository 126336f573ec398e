//! Any picture to RGB, within limits.

use super::heic;
use super::kind::{FOREIGN, FRONT_BYTES, Kind};
use super::pdf;
use super::picture::{Loaded, PictureError, check_size, finish, limits, room};
use super::tiff::{self, Page};
use crate::raster::Picture;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::io::{BufRead, Cursor, Read, Seek};
use std::path::Path;

/// What can be done with an AVIF file.
const AVIF_ADVICE: &str = "export it as JPEG or PNG, for example: ffmpeg -i in.avif out.png";
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
        Kind::Pdf => {
            let page = pdf::pages(&mut source, length)?.into_iter().next();
            page.ok_or(PictureError::Unknown)?.load(&mut source, length)
        }
        Kind::Avif => Err(PictureError::Foreign("an AVIF picture", AVIF_ADVICE)),
        Kind::Tiff => {
            let pages = tiff::pages(&mut source);
            load_page(source, pages.first().ok_or(PictureError::Unknown)?, length)
        }
        _ => decode(&mut source, length),
    }
}

/// A page of a TIFF file of `length` bytes.
pub(super) fn load_page(
    mut source: impl BufRead + Seek,
    page: &Page,
    length: u64,
) -> Result<Loaded, PictureError> {
    if page.is_facsimile() {
        return page.facsimile.load(&mut source, page.big_endian, length);
    }
    if !page.has_palette() {
        return decode(&mut std::io::BufReader::new(page.of(source)?), length);
    }
    let size = tiff::size(&mut source, page)?;
    let permit = room(size, 4, length)?;
    finish(DynamicImage::from(tiff::read_palette(source, page)?), permit)
}

/// What a picture is read from. One kind for all, so that decoders are compiled once.
trait Source: BufRead + Seek {}

impl<T: BufRead + Seek> Source for T {}

/// A picture of a kind that `image` reads.
fn decode(source: &mut dyn Source, length: u64) -> Result<Loaded, PictureError> {
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
        let zip = decode_picture(b"PK\x03\x04 and more").unwrap_err();
        assert!(zip.to_string().contains("which this program cannot read: unpack"), "{zip}");
        assert!(matches!(decode_picture(b"what is this"), Err(PictureError::Unknown)));
    }
}
