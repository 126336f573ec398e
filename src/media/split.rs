//! A stream of pictures, one after the other, cut into pictures: PNG, JPEG and PNM, as
//! `ffmpeg -f image2pipe`, `cat` and this program write them.

use super::read::{MAX_PIXELS, PictureError, check_size};
use std::io::{BufRead, Error, ErrorKind, Read};

/// What each PNG begins with.
const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// A picture of a stream is at most this long, in bytes.
const MAX_BYTES: u64 = MAX_PIXELS;
/// A PNM header, with its comments, is at most this long.
const MAX_PNM_HEADER: usize = 4096;

/// The next picture of a stream: its bytes; `None` at the end.
///
/// # Errors
/// [`PictureError::Unknown`] where no picture begins, [`PictureError::Io`] if the stream fails or
/// ends inside a picture.
pub(crate) fn split_stream(stream: &mut impl BufRead) -> Result<Option<Vec<u8>>, PictureError> {
    let first = stream.fill_buf()?.first().copied();
    let mut picture = Vec::new();
    match first {
        None => return Ok(None),
        Some(0x89) => png(stream, &mut picture)?,
        Some(0xFF) => jpeg(stream, &mut picture)?,
        Some(b'P') => pnm(stream, &mut picture)?,
        Some(_) => return Err(PictureError::Unknown),
    }
    Ok(Some(picture))
}

/// Moves `length` bytes to the picture; read in steps, so that a lying length costs no memory.
fn copy(stream: &mut impl BufRead, length: u64, picture: &mut Vec<u8>) -> Result<(), PictureError> {
    let start = picture.len();
    if start as u64 + length > MAX_BYTES {
        return Err(PictureError::Unknown);
    }
    stream.take(length).read_to_end(picture)?;
    match (picture.len() - start) as u64 == length {
        true => Ok(()),
        false => Err(Error::from(ErrorKind::UnexpectedEof).into()),
    }
}

/// The last `N` bytes of what there is of a picture.
fn tail<const N: usize>(picture: &[u8]) -> Result<[u8; N], PictureError> {
    picture.last_chunk().copied().ok_or(PictureError::Unknown)
}

fn png(stream: &mut impl BufRead, picture: &mut Vec<u8>) -> Result<(), PictureError> {
    copy(stream, PNG.len() as u64, picture)?;
    if *picture != PNG {
        return Err(PictureError::Unknown);
    }
    loop {
        copy(stream, 8, picture)?;
        let [l0, l1, l2, l3, kind @ ..] = tail::<8>(picture)?;
        // The chunk's data and its CRC.
        copy(stream, u64::from(u32::from_be_bytes([l0, l1, l2, l3])) + 4, picture)?;
        if &kind == b"IEND" {
            return Ok(());
        }
    }
}

/// Marker segments up to the end of the image (ITU-T T.81, annex B).
fn jpeg(stream: &mut impl BufRead, picture: &mut Vec<u8>) -> Result<(), PictureError> {
    const START: u8 = 0xD8;
    const END: u8 = 0xD9;
    const SCAN: u8 = 0xDA;
    copy(stream, 2, picture)?;
    if tail(picture)? != [0xFF, START] {
        return Err(PictureError::Unknown);
    }
    copy(stream, 2, picture)?;
    loop {
        let [0xFF, marker] = tail(picture)? else { return Err(PictureError::Unknown) };
        match marker {
            END => return Ok(()),
            // Fill bytes, and markers without data.
            0xFF => copy(stream, 1, picture)?,
            0x01 | 0xD0..=0xD7 => copy(stream, 2, picture)?,
            _ => {
                copy(stream, 2, picture)?;
                let length = u16::from_be_bytes(tail(picture)?);
                copy(stream, u64::from(length.max(2)) - 2, picture)?;
                if marker == SCAN {
                    entropy_coded(stream, picture)?;
                } else {
                    copy(stream, 2, picture)?;
                }
            }
        }
    }
}

/// Moves the data of a scan, and the marker that ends it.
fn entropy_coded(stream: &mut impl BufRead, picture: &mut Vec<u8>) -> Result<(), PictureError> {
    loop {
        let left = MAX_BYTES.saturating_sub(picture.len() as u64);
        stream.take(left).read_until(0xFF, picture)?;
        copy(stream, 1, picture)?;
        match tail(picture)? {
            // A stuffed byte, or a restart marker: the scan goes on.
            [0xFF, 0x00 | 0xD0..=0xD7] => {}
            [0xFF, _] => return Ok(()),
            _ => return Err(PictureError::Unknown),
        }
    }
}

/// Header fields, then samples (netpbm's pgm(5), ppm(5); "raw" kinds only).
fn pnm(stream: &mut impl BufRead, picture: &mut Vec<u8>) -> Result<(), PictureError> {
    copy(stream, 2, picture)?;
    let channels = match tail(picture)? {
        [b'P', b'5'] => 1,
        [b'P', b'6'] => 3,
        _ => return Err(PictureError::Unknown),
    };
    let [width, height, maximum] =
        [number(stream, picture)?, number(stream, picture)?, number(stream, picture)?];
    check_size(width, height)?;
    let bytes = if maximum > 255 { 2 } else { 1 };
    copy(stream, u64::from(width) * u64::from(height) * channels * bytes, picture)
}

/// The next number of a PNM header, and the one byte behind it.
fn number(stream: &mut impl BufRead, picture: &mut Vec<u8>) -> Result<u32, PictureError> {
    let mut number: Option<u32> = None;
    let mut comment = false;
    while picture.len() < MAX_PNM_HEADER {
        copy(stream, 1, picture)?;
        let [byte] = tail(picture)?;
        match (byte, number) {
            (b'\n' | b'\r', None) => comment = false,
            _ if comment => {}
            (b'0'..=b'9', _) => {
                let digit = u32::from(byte - b'0');
                let longer = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit));
                number = Some(longer.ok_or(PictureError::Unknown)?);
            }
            (b'#', None) => comment = true,
            (_, Some(number)) if byte.is_ascii_whitespace() => return Ok(number),
            (_, None) if byte.is_ascii_whitespace() => {}
            _ => return Err(PictureError::Unknown),
        }
    }
    Err(PictureError::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, ImageEncoder};
    use proptest::prelude::*;

    const RGB: [u8; 5 * 4 * 3] = [77; 60];

    fn png_file() -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.write_image(&RGB, 5, 4, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    fn jpeg_file() -> Vec<u8> {
        let mut bytes = Vec::new();
        let rgb: Vec<u8> = (0..64u32 * 64 * 3).map(|i| (i * i % 251) as u8).collect();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 100);
        encoder.write_image(&rgb, 64, 64, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    fn pnm_file() -> Vec<u8> {
        [b"P6\n# a comment 5\n5 4\n255\n".as_slice(), &RGB].concat()
    }

    #[test]
    fn a_stream_is_split_into_its_pictures() {
        let pictures = [png_file(), jpeg_file(), pnm_file(), jpeg_file(), png_file()];
        let joined = pictures.concat();
        let mut stream = joined.as_slice();
        for picture in &pictures {
            assert_eq!(split_stream(&mut stream).unwrap().as_ref(), Some(picture));
        }
        assert_eq!(split_stream(&mut stream).unwrap(), None);
    }

    #[test]
    fn cut_streams_and_other_data_are_errors() {
        for whole in [png_file(), jpeg_file(), pnm_file()] {
            for end in [1, 4, 20, whole.len() - 1] {
                assert!(split_stream(&mut &whole[..end]).is_err(), "{end}");
            }
        }
        for other in [&[7u8; 40][..], b"P5 99999999999 3 255 ", b"P6 9 9 x ", &[0xFF; 40]] {
            assert!(split_stream(&mut &other[..]).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_error_or_a_picture(bytes: Vec<u8>, kind in 0usize..4) {
            let fronts = [&b""[..], &PNG, b"\xFF\xD8\xFF", b"P6 "];
            let _ = split_stream(&mut [fronts[kind], &bytes].concat().as_slice());
        }
    }
}
