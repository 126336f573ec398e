//! Any picture to RGB, within limits.

use super::Picture;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use std::io::{BufRead, Cursor, Read, Seek};
use std::path::Path;

/// Largest picture that is read, in pixels a side.
const MAX_PICTURE_SIDE: u32 = 20_000;
/// Largest picture that is read, in pixels: memory is at most three bytes for each, twice.
pub const MAX_PIXELS: u64 = 120_000_000;
/// Bytes at the front of a picture that tell its kind.
const MAGIC_BYTES: usize = 12;

/// Why something is not a picture that can be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("cannot read the file")]
    Io(#[from] std::io::Error),
    /// Not a picture at all, as far as this program knows.
    #[error("not a picture")]
    Unknown,
    /// The iPhone's default format.
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
}

/// Reads the picture in a file, turned as its EXIF orientation says.
///
/// # Errors
/// See [`PictureError`].
pub fn read_picture(path: &Path) -> Result<Picture, PictureError> {
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

fn decode(mut source: impl BufRead + Seek) -> Result<Picture, PictureError> {
    let mut magic = [0; MAGIC_BYTES];
    let mut filled = 0;
    while filled < magic.len() {
        match source.read(&mut magic[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    source.rewind()?;
    if &magic[4..8] == b"ftyp" && [b"hei", b"hev", b"mif"].iter().any(|kind| magic[8..11] == **kind)
    {
        return Err(PictureError::Heic);
    }
    let reader = ImageReader::new(source).with_guessed_format()?;
    if reader.format().is_none() {
        return Err(PictureError::Unknown);
    }
    let mut decoder = reader.into_decoder().map_err(PictureError::Damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || width.max(height) > MAX_PICTURE_SIDE || pixels == 0 {
        return Err(PictureError::TooLarge { width, height });
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    decoder.set_limits(limits).map_err(PictureError::Damaged)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(PictureError::Damaged)?;
    image.apply_orientation(orientation);
    let rgb = image.into_rgb8();
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    Picture::new(width, height, rgb.into_raw())
        .ok_or(PictureError::TooLarge { width: width as u32, height: height as u32 })
}

/// The next picture of a stream of concatenated PNG files: its bytes; `None` at the end.
///
/// # Errors
/// [`PictureError::Unknown`] where no PNG begins, [`PictureError::Io`] if the stream fails or ends
/// inside a picture.
pub fn split_stream(stream: &mut impl Read) -> Result<Option<Vec<u8>>, PictureError> {
    const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
    let mut picture = vec![0; SIGNATURE.len()];
    match stream.read(&mut picture[..1])? {
        0 => return Ok(None),
        _ => stream.read_exact(&mut picture[1..])?,
    }
    if picture != SIGNATURE {
        return Err(PictureError::Unknown);
    }
    loop {
        let start = picture.len();
        let mut head = [0; 8];
        stream.read_exact(&mut head)?;
        picture.extend(head);
        let [l0, l1, l2, l3, kind @ ..] = head;
        // Chunk data and its CRC; read in steps, so that a lying length costs no memory.
        let length = u64::from(u32::from_be_bytes([l0, l1, l2, l3])) + 4;
        if length > MAX_PIXELS {
            return Err(PictureError::Unknown);
        }
        stream.take(length).read_to_end(&mut picture)?;
        if picture.len() - start - head.len() != length as usize {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        if &kind == b"IEND" {
            return Ok(Some(picture));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{IndexedFrame, write_frame};
    use proptest::prelude::*;

    fn png() -> Vec<u8> {
        let frame = IndexedFrame { width: 5, height: 3, pixels: (0..15).map(|i| i % 8).collect() };
        let mut bytes = Vec::new();
        write_frame(&frame, &mut bytes).unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_error_or_a_picture(bytes: Vec<u8>) {
            let _ = decode_picture(&bytes);
            let _ = split_stream(&mut bytes.as_slice());
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
    fn a_stream_is_split_into_its_pictures() {
        let stream = [png(), png()].concat();
        let mut stream = stream.as_slice();
        assert_eq!(split_stream(&mut stream).unwrap(), Some(png()));
        assert_eq!(split_stream(&mut stream).unwrap(), Some(png()));
        assert_eq!(split_stream(&mut stream).unwrap(), None);
    }

    #[test]
    fn cut_streams_and_other_data_are_errors() {
        let whole = png();
        for end in [4, 20, whole.len() - 1] {
            assert!(split_stream(&mut &whole[..end]).is_err(), "{end}");
        }
        assert!(matches!(split_stream(&mut &[7u8; 40][..]), Err(PictureError::Unknown)));
    }

    #[test]
    fn heic_is_recognised() {
        let bytes = [b"\0\0\0\x18ftypheic".as_slice(), &[0; 40]].concat();
        assert!(matches!(decode_picture(&bytes), Err(PictureError::Heic)));
    }
}
