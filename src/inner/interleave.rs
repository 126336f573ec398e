//! Which data bit carries which coded bit.
//!
//! The data tiles, in scan order, are cut into bands of equal size. Within a band of `N` bits the
//! coded bits of all its codewords, one codeword after the other, go to positions `0, S, 2S, ..`
//! modulo `N`, with `S` the first number from `0.618 N` up that shares no factor with `N`. Such a
//! golden-ratio sequence spreads every stretch of it evenly, so each codeword covers the whole
//! band and all colour channels.

/// One band of a frame: a range of data bits and the codewords in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Band {
    first: usize,
    bits: usize,
    stride: usize,
    pub(super) codewords: usize,
}

/// Cuts `tiles` tiles of `bits_per_tile` bits into `count` bands for codewords of `coded_bits`.
pub(super) fn bands(
    tiles: usize,
    bits_per_tile: usize,
    count: usize,
    coded_bits: usize,
) -> Vec<Band> {
    (0..count)
        .map(|band| {
            let first = band * tiles / count * bits_per_tile;
            let bits = (band + 1) * tiles / count * bits_per_tile - first;
            Band { first, bits, stride: stride(bits), codewords: bits / coded_bits }
        })
        .collect()
}

impl Band {
    /// Positions of the band's coded bits from number `start` on, without end.
    pub(super) fn positions(&self, start: usize) -> impl Iterator<Item = usize> + use<> {
        let Self { first, bits, stride, .. } = *self;
        let mut at = (start as u64 * stride as u64 % bits.max(1) as u64) as usize;
        std::iter::repeat_with(move || {
            let position = first + at;
            at += stride;
            if at >= bits {
                at -= bits;
            }
            position
        })
    }
}

/// The stride of a band of `bits` bits: the first number from 610/987 of it that is coprime.
fn stride(bits: usize) -> usize {
    let start = (bits as u64 * 610 / 987) as usize;
    (start.max(1)..=bits.max(1)).find(|&stride| coprime(stride, bits)).unwrap_or(1)
}

fn coprime(mut a: usize, mut b: usize) -> bool {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_bit_is_used_at_most_once_and_stays_in_its_band(
            tiles in 1usize..3000, bits_per_tile in 1usize..4, count in 1usize..9,
        ) {
            let bands = bands(tiles, bits_per_tile, count, 50);
            let mut used = vec![false; tiles * bits_per_tile];
            for band in &bands {
                for position in band.positions(0).take(band.codewords * 50) {
                    prop_assert!(!std::mem::replace(&mut used[position], true));
                    prop_assert!((band.first..band.first + band.bits).contains(&position));
                }
            }
            prop_assert_eq!(bands.iter().map(|band| band.bits).sum::<usize>(), used.len());
        }

        #[test]
        fn a_later_start_continues_the_same_sequence(bits in 60usize..5000, start in 0usize..5000) {
            let band = bands(bits, 1, 1, 50).remove(0);
            let skipped = band.positions(0).skip(start).take(20);
            prop_assert!(band.positions(start).take(20).eq(skipped));
        }
    }

    #[test]
    fn a_codeword_covers_the_whole_band_and_all_channels() {
        let band = bands(108_000, 3, 1, 10_368).remove(0);
        let mut parts = [[0; 3]; 32];
        for position in band.positions(7 * 10_368).take(10_368) {
            parts[position * 32 / band.bits][position % 3] += 1;
        }
        // 108 bits a part and channel on average.
        assert!(parts.as_flattened().iter().all(|count| (98..=118).contains(count)), "{parts:?}");
    }
}
