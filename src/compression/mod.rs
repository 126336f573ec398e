//! zstd (RFC 8878): the C library where C can be compiled, pure Rust on WebAssembly, which reads the
//! same and compresses a little less.
//!
//! A leaf, for [`crate::container`] and [`crate::cimbar`]. Both sides have the same three items:
//! `Compressor`, `decompress`, `frames`.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(any(target_family = "wasm", test))]
mod portable;

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{Compressor, decompress, frames};
#[cfg(target_family = "wasm")]
pub(crate) use portable::{Compressor, decompress, frames};

#[cfg(test)]
mod tests {
    use super::{native, portable};
    use proptest::prelude::*;
    use std::io::Read;

    /// Windows of 32 MiB.
    const WINDOW_LOG: u32 = 25;

    fn all(reader: std::io::Result<Box<dyn Read + '_>>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        reader.ok()?.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Bytes some of which repeat.
    fn input() -> impl Strategy<Value = Vec<u8>> {
        let part = (prop::collection::vec(any::<u8>(), 0..300), 1usize..40);
        let part = part.prop_map(|(bytes, times)| bytes.repeat(times));
        prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_reads_what_the_other_wrote(bytes in input(), level in 1i32..23) {
            let c = native::Compressor::new(level).unwrap().compress(&bytes).unwrap();
            let rust = portable::Compressor::new(level).unwrap().compress(&bytes).unwrap();
            for packed in [&c, &rust] {
                prop_assert_eq!(&native::decompress(packed, bytes.len()).unwrap(), &bytes);
                prop_assert_eq!(&portable::decompress(packed, bytes.len()).unwrap(), &bytes);
            }
            let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &c, &rust].concat();
            let twice = Some(bytes.repeat(2));
            prop_assert_eq!(&all(native::frames(&skipped, WINDOW_LOG)), &twice);
            prop_assert_eq!(&all(portable::frames(&skipped, WINDOW_LOG)), &twice);
        }

        #[test]
        fn longer_data_than_is_expected_is_an_error(bytes in input(), less in 1usize..100) {
            prop_assume!(bytes.len() >= less);
            let packed = native::Compressor::new(3).unwrap().compress(&bytes).unwrap();
            prop_assert!(native::decompress(&packed, bytes.len() - less).is_err());
            prop_assert!(portable::decompress(&packed, bytes.len() - less).is_err());
        }

        #[test]
        fn any_bytes_end(bytes: Vec<u8>, magic: bool) {
            let magic: &[u8] = if magic { &[0x28, 0xB5, 0x2F, 0xFD] } else { &[] };
            let bytes = [magic, &bytes].concat();
            let _ = portable::decompress(&bytes, 1000);
            let _ = all(portable::frames(&bytes, WINDOW_LOG));
        }
    }

    #[test]
    fn cut_frames_are_errors() {
        let packed = native::Compressor::new(3).unwrap().compress(&[7; 5000]).unwrap();
        for end in 1..packed.len() {
            assert_eq!(all(native::frames(&packed[..end], WINDOW_LOG)), None, "{end}");
            assert_eq!(all(portable::frames(&packed[..end], WINDOW_LOG)), None, "{end}");
            assert!(portable::decompress(&packed[..end], 5000).is_err(), "{end}");
        }
    }
}
