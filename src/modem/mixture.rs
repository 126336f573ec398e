//! Pictures that show two frames: what their tiles say of each.
//!
//! A tile's score is the sum of what both frames have there, each by its share. Pilots are the same in
//! all frames, so that the equaliser learns as it always does, and the seam is found by them
//! ([`Seam`]). As long as nothing is known of the other frame, four sums are possible; once
//! its bit is known, it is taken out.

use super::seam::{Observation, Seam, boost};
use super::{Demodulator, Scores, SoftBits};
use crate::dsp::Plane;
use crate::frame::Layout;
use crate::ldpc::{LLR_SCALE, quantise};
use serde::{Deserialize, Serialize};

/// Where a frame has at least so much of a tile, the other one is not asked; with no more than what
/// is left the tile says nothing of it.
const ALONE: f32 = 0.97;
/// A tile's bit of one frame adds at most this to its soft value: such as decoders take.
const MAX_STRENGTH: f32 = 7.0;
/// Share of noise in a score at least.
const LEAST_NOISE: f32 = 0.02;

/// Which of two frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one of the first copy of the header.
    First,
    /// The one of the second copy.
    Second,
}

/// The tiles of a picture that shows two frames.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mixture {
    seam: Seam,
    /// Soft values of all data bits, quantised, as if a tile were of one frame alone.
    soft: Vec<i8>,
    /// What one bit of a frame adds to a soft value where the frame is alone, by the bit's number in
    /// the tile.
    strengths: [f32; 3],
}

impl Demodulator {
    /// The tiles of a picture whose headers say that it shows two frames.
    pub(crate) fn mixture(&self, scores: &Scores, soft: &SoftBits) -> Mixture {
        let layout = self.layout();
        let columns = layout.columns();
        let scaled: Vec<Plane> =
            scores.planes.iter().map(|plane| self.by_power_around(plane)).collect();
        let pilots: Vec<Vec<f32>> = scaled
            .iter()
            .zip(&self.known)
            .map(|(scaled, known)| {
                let tiles = layout.pilots().iter().map(|&tile| tile as usize);
                tiles.map(|tile| scaled.tile(tile) * known.tile(tile)).collect()
            })
            .collect();
        let observed = observations(&pilots, layout.pilots(), columns);
        let seam = Seam::find(&observed, (columns, layout.rows()), layout.header_middle());
        let boosts: Vec<f32> =
            observed.iter().map(|one| boost(seam.share(one.column, one.row))).collect();
        let levels: Vec<Level> = pilots.iter().map(|pilots| Level::of(pilots, &boosts)).collect();
        let strength = |output: usize| levels.get(output).map_or(0.0, Level::strength);
        let mut mixture =
            Mixture { seam, soft: Vec::new(), strengths: std::array::from_fn(strength) };
        let alone = soft.data.chunks_exact(self.outputs());
        for (&tile, alone) in layout.data().iter().zip(alone) {
            let share = mixture.share(tile, columns);
            for (output, llr) in alone.iter().enumerate() {
                let mixed = (1.0 - ALONE..=ALONE).contains(&share);
                let value = match (levels.get(output), scaled.get(output)) {
                    (Some(level), Some(scaled)) if mixed => {
                        let size = level.size * boost(share).sqrt();
                        -scaled.tile(tile as usize) / size * mixture.strength(output, share)
                    }
                    _ => *llr,
                };
                mixture.soft.push(quantise(value));
            }
        }
        mixture
    }

    /// Scores in units of those of the data around each tile.
    fn by_power_around(&self, scores: &Plane) -> Plane {
        let power = self.regional_mean(scores, |score| score * score);
        let mut scaled = Plane::new(scores.columns(), scores.rows());
        for row in 0..scores.rows() {
            let line = scaled.row_mut(row);
            power.row(row, line);
            for (value, score) in line.iter_mut().zip(scores.row(row)) {
                *value = score / value.max(1e-6).sqrt();
            }
        }
        scaled
    }
}

impl Mixture {
    /// LLRs of one frame's data bits. `other` has what each bit of the other frame is, -1 for 0 and 1
    /// for 1, or NaN where that is not known.
    pub(crate) fn llrs(&self, layout: &Layout, side: Side, other: &[f32]) -> Vec<f32> {
        let (columns, outputs) = (layout.columns(), layout.geometry().palette.bits_per_tile());
        let mut llrs = Vec::with_capacity(self.soft.len());
        let tiles = layout.data().iter().zip(self.soft.chunks_exact(outputs));
        for ((tile, soft), other) in tiles.zip(other.chunks_exact(outputs)) {
            let first = self.share(*tile, columns);
            let share = if side == Side::First { first } else { 1.0 - first };
            for (output, (soft, other)) in soft.iter().zip(other).enumerate() {
                let value = f32::from(*soft) / LLR_SCALE;
                llrs.push(if share > ALONE {
                    value
                } else if share < 1.0 - ALONE {
                    0.0
                } else {
                    unmixed(value, share, self.strength(output, share), *other)
                });
            }
        }
        llrs
    }

    /// A picture of which nothing can be told.
    #[cfg(test)]
    pub(crate) fn silent(bits: usize) -> Self {
        let seam = Seam::find(&[], (100, 100), [10.0, 3.0]);
        Self { seam, soft: vec![0; bits], strengths: [0.0; 3] }
    }

    /// Bytes that it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.soft.len()
    }

    fn share(&self, tile: u32, columns: usize) -> f32 {
        let (column, row) = (tile as usize % columns, tile as usize / columns);
        self.seam.share(column as f32, row as f32)
    }

    /// What a frame that had all of a tile would add to its soft values.
    fn strength(&self, output: usize, share: f32) -> f32 {
        let alone = self.strengths.get(output).copied().unwrap_or(0.0);
        (alone * boost(share)).min(MAX_STRENGTH)
    }
}

/// Pilots of one bit of a tile: their size in units of unmixed ones, and the power of their noise.
struct Level {
    size: f32,
    noise: f32,
}

impl Level {
    fn of(pilots: &[f32], boosts: &[f32]) -> Self {
        let pairs = || pilots.iter().zip(boosts).map(|(pilot, boost)| (pilot, boost.sqrt()));
        let power = boosts.iter().sum::<f32>().max(1.0);
        let size = (pairs().map(|(pilot, root)| pilot * root).sum::<f32>() / power).max(0.05);
        let noise = pairs().map(|(pilot, root)| (pilot - size * root).powi(2)).sum::<f32>();
        Self { size, noise: (noise / pilots.len().max(1) as f32).max(LEAST_NOISE) }
    }

    fn strength(&self) -> f32 {
        2.0 * self.size * self.size / self.noise
    }
}

/// What the pilots of all bits of a tile say together, each bit by how much it stands out of its noise.
fn observations(pilots: &[Vec<f32>], tiles: &[u32], columns: usize) -> Vec<Observation> {
    let ones = vec![1.0; tiles.len()];
    let weights: Vec<f32> = pilots
        .iter()
        .map(|pilots| {
            let level = Level::of(pilots, &ones);
            level.size / level.noise
        })
        .collect();
    let of_tile = |(number, &tile): (usize, &u32)| {
        let (column, row) = (tile as usize % columns, tile as usize / columns);
        let sizes = pilots.iter().zip(&weights);
        let size = sizes.map(|(pilots, weight)| pilots[number] * weight).sum();
        Observation { column: column as f32, row: row as f32, size }
    };
    tiles.iter().enumerate().map(of_tile).collect()
}

/// The LLR of a bit of the frame with this share of a tile, from its soft value.
///
/// That is `strength * (share * a + (1 - share) * b)` and noise of the power `2 * strength`, `a` and
/// `b` being the bits of both frames, 1 for 0 and -1 for 1.
fn unmixed(soft: f32, share: f32, strength: f32, other: f32) -> f32 {
    let rest = 1.0 - share;
    if other.is_nan() {
        let cosh = |sign: f32| log_cosh(rest * (soft + sign * strength * share) / 2.0);
        return share * soft + cosh(-1.0) - cosh(1.0);
    }
    share * (soft + other * strength * rest)
}

/// Logarithm of the hyperbolic cosine, less that of 1/2.
fn log_cosh(x: f32) -> f32 {
    x.abs() + (-2.0 * x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prng::SplitMix64;

    /// What LLRs of a bit carry in truth and by what they say, where a frame has this share of a tile;
    /// the other frame's bit is `known`, or not.
    fn information(share: f32, strength: f32, known: bool) -> (f32, f32) {
        const COUNT: usize = 20_000;
        let mut prng = SplitMix64::new(5);
        let mut uniform = move || (prng.next_u64() >> 40) as f32 / (1 << 24) as f32;
        let (mut truth, mut said) = (0.0, 0.0);
        for _ in 0..COUNT {
            let [a, b] = [uniform(), uniform()].map(|value| if value < 0.5 { 1.0 } else { -1.0 });
            let noise = (0..12).map(|_| uniform()).sum::<f32>() - 6.0;
            let soft = strength * (share * a + (1.0 - share) * b) + (2.0 * strength).sqrt() * noise;
            let llr = unmixed(soft, share, strength, if known { -b } else { f32::NAN });
            truth += 1.0 - (-llr * a).exp().ln_1p() / std::f32::consts::LN_2;
            let wrong = 1.0 / (1.0 + llr.abs().exp());
            let loss = wrong * wrong.max(1e-30).log2() + (1.0 - wrong) * (1.0 - wrong).log2();
            said += 1.0 + loss;
        }
        (truth / COUNT as f32, said / COUNT as f32)
    }

    #[test]
    fn a_known_frame_hides_nothing_of_the_other() {
        for strength in [1.5, 4.0, 7.0] {
            let mut before = 0.0;
            for share in [0.1, 0.3, 0.5, 0.7, 0.9] {
                let (unknown, said) = information(share, strength, false);
                assert!((unknown - said).abs() < 0.02, "{share}: {said}, in truth {unknown}");
                let (known, said) = information(share, strength, true);
                assert!((known - said).abs() < 0.02, "{share}: {said}, in truth {known}");
                assert!(known > unknown - 0.005 && known > before, "{share}: {known} {unknown}");
                before = known;
            }
        }
        let [unknown, known] = [false, true].map(|known| information(0.5, 7.0, known).0);
        assert!(known > unknown + 0.1, "{known} after {unknown}");
    }
}
