//! Scores to LLRs: by the noise around each tile, and in the size that the pilots bear out.
//!
//! How far scores lie apart tells how reliable they are, but only if they scatter evenly around two
//! values; where neighbours shine through, they do not, and feedback that confirms itself would look
//! better and better. So pilots are read as if nobody knew them, and whatever the LLRs claim beyond
//! what they get right is taken back.

use super::Demodulator;
use super::demodulate::Scores;
use crate::dsp::{Field, Plane};
use crate::frame::TileKind;

/// Blocks that noise is measured in, in tiles a side.
const BLOCK: usize = 8;
/// Soft values are kept within this: what regional noise estimates can be trusted with.
const MAX_LLR: f32 = 12.0;
/// The pilots may take the LLRs down by so much, but not up: where a picture shows parts of two frames
/// or noise has the pilots' pitch, they look better than the data do.
const SIZES: std::ops::RangeInclusive<f64> = 0.1..=1.0;
/// Pilots that say that the size is right as it is, which counts where there are few.
const PRIOR: f64 = 10.0;
/// Steps of Newton's method for the size.
const NEWTON_STEPS: usize = 5;

/// LLRs of a frame; positive means 0.
#[derive(Clone, Debug, Default)]
pub struct SoftBits {
    /// Those of the data bits, tile after tile.
    pub data: Vec<f32>,
    /// Those of all tiles, one plane for each bit: pilots as if they were not known.
    pub(super) planes: Vec<Plane>,
}

impl Demodulator {
    /// LLRs of all bits.
    pub fn soft_bits(&self, scores: &Scores) -> SoftBits {
        let outputs = self.outputs();
        let kinds = self.layout().kinds();
        let mut data = vec![0.0; self.layout().data().len() * outputs];
        let mut planes = Vec::with_capacity(outputs);
        for (output, (scores, known)) in scores.planes.iter().zip(&self.known).enumerate() {
            let mut llrs = self.regional_llrs(scores);
            let size = self.size_by_pilots(&llrs, known);
            let mut targets = data.iter_mut().skip(output).step_by(outputs);
            for (row, kinds) in kinds.chunks_exact(llrs.columns()).enumerate() {
                let line = llrs.row_mut(row);
                line.iter_mut().for_each(|llr| *llr = (*llr * size).clamp(-MAX_LLR, MAX_LLR));
                let of_data = line.iter().zip(kinds).filter(|(_, kind)| **kind == TileKind::Data);
                for (llr, _) in of_data {
                    if let Some(target) = targets.next() {
                        *target = *llr;
                    }
                }
            }
            planes.push(llrs);
        }
        SoftBits { data, planes }
    }

    /// The mean over the data around each tile of what `f` makes of their scores.
    pub(super) fn regional_mean(&self, scores: &Plane, f: impl Fn(f32) -> f32) -> Field {
        let fill = |row: usize, line: &mut [f32]| {
            line.iter_mut().zip(scores.row(row)).for_each(|(value, score)| *value = f(*score));
        };
        let size = (scores.columns(), scores.rows());
        Field::means(size, BLOCK, Some(&self.weights), fill).smoothed(1)
    }

    /// LLRs of one bit of all tiles, as far as the scores around each tell.
    fn regional_llrs(&self, scores: &Plane) -> Plane {
        let (columns, rows) = (scores.columns(), scores.rows());
        let magnitude = self.regional_mean(scores, f32::abs);
        let power = self.regional_mean(scores, |score| score * score);
        let gains = magnitude.combined(&power, reliability);
        let mut llrs = Plane::new(columns, rows);
        for row in 0..rows {
            let line = llrs.row_mut(row);
            gains.row(row, line);
            for (llr, score) in line.iter_mut().zip(scores.row(row)) {
                *llr = (-*llr * score).clamp(-MAX_LLR, MAX_LLR);
            }
        }
        llrs
    }

    /// The factor that makes the pilots likeliest: with it, the LLRs claim what they get right.
    fn size_by_pilots(&self, llrs: &Plane, known: &Plane) -> f32 {
        let pilots = self.layout().pilots().iter().map(|&tile| tile as usize);
        // Positive where the sign is right.
        let right: Vec<f64> =
            pilots.map(|pilot| f64::from(-llrs.tile(pilot) * known.tile(pilot))).collect();
        likeliest_size(&right) as f32
    }
}

/// The factor of LLRs, positive where they are right, at which all of them are likeliest.
fn likeliest_size(right: &[f64]) -> f64 {
    let mut size = 1.0;
    // Newton's method; the likelihood of a factor has one peak.
    for _ in 0..NEWTON_STEPS {
        let (mut slope, mut bend) = (PRIOR * (1.0 - size), -PRIOR);
        for llr in right {
            let wrong = 1.0 / (1.0 + (size * llr).exp());
            slope += llr * wrong;
            bend -= llr * llr * wrong * (1.0 - wrong);
        }
        size = (size - slope / bend).clamp(*SIZES.start(), *SIZES.end());
    }
    size
}

/// LLR per unit of score, from the local means of magnitude and square.
///
/// For scores of ±m with Gaussian noise of variance v the LLR is 2 m s / v. With overlapping
/// distributions E|s| exceeds m; the square tells the two apart: m² = E s² - v.
fn reliability(magnitude: f32, square: f32) -> f32 {
    let (mut m, mut v) = (magnitude, (square - magnitude * magnitude).max(1e-4));
    for _ in 0..3 {
        // E|s| = m erf(m / sqrt(2 v)) + sqrt(2 v / pi) exp(-m² / 2 v)
        let ratio = m / (2.0 * v).sqrt();
        let tail = (2.0 * v / std::f32::consts::PI).sqrt() * (-ratio * ratio).exp();
        m = ((magnitude - tail) / erf(ratio).max(0.1)).min(magnitude).max(0.05);
        v = (square - m * m).max(0.01 * square + 1e-4);
    }
    2.0 * m / v
}

/// The error function to 5e-4 (Abramowitz and Stegun, 7.1.27), for arguments from 0.
fn erf(x: f32) -> f32 {
    let p = 1.0 + x * (0.278393 + x * (0.230389 + x * (0.000972 + x * 0.078108)));
    1.0 - 1.0 / p.powi(4)
}
