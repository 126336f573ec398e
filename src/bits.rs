//! Bytes to bits and back. A bit string is one byte a bit, most significant bit of each byte
//! first.

/// The bits of `bytes`, most significant first.
pub(crate) fn unpack(bytes: &[u8]) -> Vec<u8> {
    let mut bits = Vec::with_capacity(bytes.len() * 8);
    for byte in bytes {
        bits.extend((0..8).rev().map(|i| byte >> i & 1));
    }
    bits
}

/// The bytes of a bit string; a last incomplete byte is dropped.
pub(crate) fn pack(bits: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut byte, mut filled) = (0u8, 0);
    for bit in bits {
        byte = byte << 1 | bit & 1;
        filled += 1;
        if filled == 8 {
            bytes.push(byte);
            (byte, filled) = (0, 0);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack};
    use proptest::prelude::*;

    #[test]
    fn the_most_significant_bit_comes_first() {
        assert_eq!(unpack(&[0x81, 0x40]), [1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn an_incomplete_byte_is_dropped() {
        assert_eq!(pack([1; 15]), [0xFF]);
    }

    proptest! {
        #[test]
        fn packing_undoes_unpacking(bytes: Vec<u8>) {
            prop_assert_eq!(pack(unpack(&bytes)), bytes);
        }
    }
}
