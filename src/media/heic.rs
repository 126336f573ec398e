//! HEIC, what iPhones make of photos, by `heifer`.

use super::picture::{Loaded, MAX_PIXELS, PictureError, finish, room};
use heifer::heifer_isobmff::HeifFile;
use heifer::{Options, decode_rgba8};
use image::{DynamicImage, RgbImage};
use std::io::Read;

/// Bytes a pixel while a picture is decoded: its tiles' planes, then four channels, then three.
const DECODING_BYTES: u64 = 12;

/// The main picture of a file of `length` bytes, turned as it says.
///
/// # Errors
/// [`PictureError::Heic`], [`PictureError::TooLarge`].
pub(super) fn load(source: impl Read, length: u64) -> Result<Loaded, PictureError> {
    let mut bytes = Vec::new();
    source.take(MAX_PIXELS).read_to_end(&mut bytes)?;
    let failed = |error: heifer::Error| PictureError::Heic(error.to_string());
    let file = HeifFile::parse(&bytes).map_err(|error| failed(error.into()))?;
    let size = file.image_size(file.primary_id).map_err(|error| failed(error.into()))?;
    let size = size.ok_or_else(|| PictureError::Heic("it has no size".to_owned()))?;
    drop(file);
    let permit = room(size, DECODING_BYTES, length)?;
    // No picture within may be larger than the one that there is room for.
    let max_pixels = u64::from(size.0) * u64::from(size.1);
    // Threads read pictures beside each other already.
    let options = Options { max_threads: 1, max_pixels: max_pixels.max(512 * 512) };
    let image = decode_rgba8(&bytes, &options).map_err(failed)?;
    let (width, height) = (image.width, image.height);
    let rgb = RgbImage::from_raw(width, height, image.into_rgb8());
    let rgb = rgb.ok_or(PictureError::TooLarge { width, height })?;
    finish(DynamicImage::from(rgb), permit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heic() -> Vec<u8> {
        let rgb: Vec<u8> = (0..64u32 * 48).flat_map(|i| [i as u8, 90, (i / 64) as u8]).collect();
        heifer::encode_rgb8(64, 48, &rgb, &heifer::EncodeOptions::default()).unwrap()
    }

    #[test]
    fn pictures_are_read_in_their_colours() {
        let picture = load(heic().as_slice(), 1000).unwrap().into_picture();
        assert_eq!((picture.width(), picture.height()), (64, 48));
        let [red, green, blue] = picture.pixel(40, 30).unwrap();
        assert!(green.abs_diff(90) < 12 && blue.abs_diff(30) < 30, "{red} {green} {blue}");
    }

    #[test]
    fn sizes_beyond_all_room_are_refused_at_once() {
        let mut bytes = heic();
        let at = bytes.windows(4).position(|window| window == b"ispe").unwrap() + 8;
        bytes[at..at + 8].copy_from_slice(&[0, 0, 0x30, 0, 0, 0, 0x20, 0]);
        let error = load(bytes.as_slice(), bytes.len() as u64).unwrap_err();
        assert!(matches!(error, PictureError::TooLarge { width: 12288, .. }), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn damaged_files_are_errors_or_pictures(at: prop::sample::Index, by in 1u8..) {
            let mut bytes = heic();
            let at = at.index(bytes.len());
            bytes[at] = bytes[at].wrapping_add(by);
            let _ = load(bytes.as_slice(), bytes.len() as u64);
        }
    }
}
