//! What a frame shows, in a few bits that are the same in every picture of it: whether one patch of
//! tiles is brighter than the one beside it, at places spread over the data.
//!
//! Patches are as large as a mesh laid through the finders alone is certain of. Another payload has
//! half of the bits by chance.

use crate::frame::{Hypothesis, Layout, Mesh};
use crate::prng::SplitMix64;
use crate::raster::{Picture, Point};
use serde::{Deserialize, Serialize};

/// Bits of a signature.
const BITS: usize = 256;
const WORDS: usize = BITS / 64;
/// Bits that have to be the same in two pictures of one frame. By chance that many are in one of
/// 10^14 others.
const ALIKE: u32 = 190;
/// Side of a patch, in tiles.
const PATCH: usize = 3;
/// Samples of a patch, a side.
const SAMPLES: usize = 3;
/// Seed of the places.
const SEED: u64 = 0x7369_6768_7473;

/// A frame's signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Signature([u64; WORDS]);

impl Signature {
    /// The signature of the frame at a hypothesis; `None` if there is no such frame.
    pub(super) fn of(picture: &Picture, hypothesis: &Hypothesis, layout: &Layout) -> Option<Self> {
        let mesh = Mesh::from_hypothesis(layout.geometry(), hypothesis)?;
        let colours = layout.geometry().palette.bits_per_tile();
        let tiles = layout.data();
        let mut prng = SplitMix64::new(SEED);
        let mut words = [0; WORDS];
        for bit in 0..BITS {
            let at = (prng.next_u64() % tiles.len().max(1) as u64) as usize;
            let tile = *tiles.get(at)? as usize;
            let (column, row) = (tile % layout.columns(), tile / layout.columns());
            // The patch beside it, where there is room for one.
            let beside = if column + 2 * PATCH > layout.columns() {
                column.saturating_sub(PATCH)
            } else {
                column + PATCH
            };
            let value = |column: usize| {
                let rgb = patch(picture, &mesh, column, row);
                if colours == 1 { rgb.iter().sum() } else { rgb[bit % 3] }
            };
            if value(column) > value(beside) {
                words[bit / 64] |= 1u64 << (bit % 64);
            }
        }
        Some(Self(words))
    }

    /// Whether two signatures are those of one frame.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let different: u32 = self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum();
        BITS as u32 - different >= ALIKE
    }
}

/// The sum of the samples of a patch of tiles.
fn patch(picture: &Picture, mesh: &Mesh, column: usize, row: usize) -> [f32; 3] {
    let mut sum = [0.0; 3];
    let place =
        |start: usize, i: usize| start as f64 + (i as f64 + 0.5) * PATCH as f64 / SAMPLES as f64;
    for (y, x) in (0..SAMPLES).flat_map(|y| (0..SAMPLES).map(move |x| (y, x))) {
        let Point { x, y } = mesh.place(place(column, x), place(row, y));
        for (sum, value) in sum.iter_mut().zip(picture.sample(x, y)) {
            *sum += value;
        }
    }
    sum
}
