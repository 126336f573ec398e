//! Samples of all tiles to LLRs of all data bits, better with everything that becomes known.
//!
//! [`Signal`] holds the normalised samples of one capture. [`Demodulator::equalise`] trains a
//! linear equaliser over 3x3 tiles and three colours on the pilots; its decisions
//! give the registration error of the mesh ([`Demodulator::registration`]), and once codewords are
//! decoded, [`Demodulator::feed_back`] uses their bits, and soft decisions for all others, as
//! known neighbours (decision feedback; with a soft decoder in the loop, turbo equalisation).

use super::{Signal, pilot_symbols};
use crate::dsp::{Field, Filter, Plane, square};
use crate::frame::{Layout, Palette, TileKind};
use std::sync::Arc;

/// Blocks that noise is measured in, in tiles a side.
const BLOCK: usize = 8;
/// Tiles that the equaliser is trained on at most when all tiles can serve.
const TRAINING_TILES: usize = 12_000;
/// Tiles that the channel's model for registration is trained on: with 28 unknowns three times as
/// many change the mutual information by less than 0.0005 a bit on any capture.
const MODEL_TILES: usize = 4_000;
/// Regularisation, in units of one observation at full contrast.
const RIDGE: f64 = 0.5;
/// Soft values are kept within this: what regional noise estimates can be trusted with.
const MAX_LLR: f32 = 12.0;

/// How the samples differ from the model that the decided symbols give.
#[derive(Clone, Debug)]
pub struct Registration {
    /// By how much each tile's sample exceeds the prediction, in grey levels of the sum of
    /// colours: see [`crate::frame::Mesh::nudge`].
    pub errors: Plane,
    /// Share of a sample that is the tile's own: 1 without blur; below about 0.4 the neighbours
    /// prevail.
    pub sharpness: f32,
}

/// Scores of all tiles, about ±1: positive means 1.
#[derive(Clone, Debug)]
pub struct Scores {
    planes: Vec<Plane>,
}

/// Everything that is fixed for the frames of one layout.
#[derive(Clone, Debug)]
pub struct Demodulator {
    layout: Arc<Layout>,
    /// For each bit of a tile what it is known to be beforehand, -1 or 1; 0 where nothing is.
    known: Vec<Plane>,
    /// 1 for data tiles, 0 for others: as a plane, and in scan order.
    free: Plane,
    weights: Vec<f32>,
}

impl Demodulator {
    /// A demodulator for frames of this layout.
    pub fn new(layout: Arc<Layout>) -> Self {
        let palette = layout.geometry().palette;
        let (columns, rows) = (layout.columns(), layout.rows());
        let mut known = vec![Plane::new(columns, rows); palette.bits_per_tile()];
        for (&tile, symbol) in layout.pilots().iter().zip(pilot_symbols(&layout)) {
            for (bit, plane) in known.iter_mut().enumerate() {
                plane.set(tile as usize, sign(palette.bit(symbol, bit)));
            }
        }
        for (tile, bright) in layout.mark_tiles() {
            for plane in &mut known {
                plane.set(tile, sign(bright.into()));
            }
        }
        let weight = |kind: &TileKind| if *kind == TileKind::Data { 1.0 } else { 0.0 };
        let weights: Vec<f32> = layout.kinds().iter().map(weight).collect();
        let mut free = Plane::new(columns, rows);
        for (row, weights) in weights.chunks_exact(columns).enumerate() {
            free.row_mut(row).copy_from_slice(weights);
        }
        Self { layout, known, free, weights }
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The palette of the frames.
    pub fn palette(&self) -> Palette {
        self.layout.geometry().palette
    }

    fn outputs(&self) -> usize {
        self.palette().bits_per_tile()
    }

    /// Trains the linear equaliser on the pilots and applies it.
    pub(crate) fn equalise(&self, signal: &Signal) -> Scores {
        let inputs: Vec<&Plane> = signal.colours.iter().collect();
        let pilots = self.layout.pilots().iter().map(|&tile| tile as usize);
        let taps = square(0..3, 1, true).collect();
        let target = |tile: usize| values(&self.known, tile);
        let filter = Filter::train(&inputs, taps, pilots, target, self.outputs(), RIDGE);
        Scores { planes: filter.apply(&inputs) }
    }

    /// Compares the samples with what the decided symbols predict.
    pub(crate) fn registration(&self, signal: &Signal, scores: &Scores) -> Registration {
        let decided = self.decisions(scores, f32::signum);
        let inputs: Vec<&Plane> = decided.iter().collect();
        let taps = square(0..self.outputs(), 1, true).collect();
        let target = |tile: usize| [signal.sum.tile(tile), 0.0, 0.0];
        let model =
            Filter::train(&inputs, taps, self.training_tiles(MODEL_TILES), target, 1, RIDGE);
        let mut errors = model.apply(&inputs).remove(0);
        let mut contrast = vec![0.0; errors.columns()];
        for row in 0..errors.rows() {
            signal.contrast.row(row, &mut contrast);
            let seen = signal.sum.row(row).iter().zip(&contrast);
            for (error, (seen, contrast)) in errors.row_mut(row).iter_mut().zip(seen) {
                *error = (seen - *error) * contrast;
            }
        }
        Registration { errors, sharpness: model.centre_share() }
    }

    /// Equalises again with the neighbours' symbols as further inputs: certain where `bits` says
    /// what a data bit is (`Some(0)` or `Some(1)`, in the order of the LLRs), soft elsewhere.
    pub(crate) fn feed_back(
        &self,
        signal: &Signal,
        scores: &Scores,
        bits: &[Option<u8>],
    ) -> Scores {
        let outputs = self.outputs();
        let mut soft = self.decisions(scores, soft_decision);
        let mut certain: Vec<bool> = self.known[0].tiles().map(|value| value != 0.0).collect();
        for (&tile, bits) in self.layout.data().iter().zip(bits.chunks_exact(outputs)) {
            let tile = tile as usize;
            for (plane, bit) in soft.iter_mut().zip(bits) {
                if let Some(bit) = bit {
                    plane.set(tile, sign(*bit));
                    certain[tile] = true;
                }
            }
        }
        let inputs: Vec<&Plane> = signal.colours.iter().chain(&soft).collect();
        let taps: Vec<_> = square(0..3, 1, true).chain(square(3..3 + outputs, 1, false)).collect();
        let target = |tile: usize| values(&soft, tile).map(f32::signum);
        // Decoded tiles teach without errors; if there are few, pilots and decisions have to do.
        let certain: Vec<usize> = (0..certain.len()).filter(|&tile| certain[tile]).collect();
        let tiles: Vec<usize> = if certain.len() > TRAINING_TILES / 3 {
            let step = certain.len().div_ceil(TRAINING_TILES);
            certain.into_iter().step_by(step).collect()
        } else {
            self.training_tiles(TRAINING_TILES).collect()
        };
        let filter = Filter::train(&inputs, taps, tiles.into_iter(), target, outputs, RIDGE);
        Scores { planes: filter.apply(&inputs) }
    }

    /// At most `count` tiles spread over the frame that carry symbols.
    fn training_tiles(&self, count: usize) -> impl Iterator<Item = usize> + '_ {
        let kinds = self.layout.kinds();
        let step = kinds.len().div_ceil(count);
        // A step that shares no factor with the row length visits all columns.
        let step = (step..)
            .find(|step| !self.layout.columns().is_multiple_of(*step) || *step == 1)
            .unwrap_or(1);
        (0..kinds.len())
            .step_by(step)
            .filter(|&tile| !matches!(kinds[tile], TileKind::Finder | TileKind::Header))
    }

    /// One plane for each output: known symbols as they are, others as `decide` makes of their
    /// score, nothing under finders and header.
    fn decisions(&self, scores: &Scores, decide: impl Fn(f32) -> f32) -> Vec<Plane> {
        let decided = |(known, scores): (&Plane, &Plane)| {
            let mut decided = known.clone();
            for row in 0..decided.rows() {
                let scores = scores.row(row).iter().zip(self.free.row(row));
                for (value, (&score, free)) in decided.row_mut(row).iter_mut().zip(scores) {
                    *value += free * decide(score);
                }
            }
            decided
        };
        self.known.iter().zip(&scores.planes).map(decided).collect()
    }

    /// LLRs of the data bits, tile after tile, by the noise around each tile.
    pub fn llrs(&self, scores: &Scores) -> Vec<f32> {
        let (columns, rows) = (self.layout.columns(), self.layout.rows());
        let outputs = self.outputs();
        let mut llrs = vec![0.0; self.layout.data().len() * outputs];
        let mut gain = vec![0.0; columns];
        for (output, plane) in scores.planes.iter().enumerate() {
            let means = |f: &dyn Fn(&mut [f32], &[f32])| {
                let fill = |row: usize, line: &mut [f32]| f(line, plane.row(row));
                Field::means((columns, rows), BLOCK, Some(&self.weights), fill).smoothed(1)
            };
            let magnitude = means(&|line, scores| {
                line.iter_mut().zip(scores).for_each(|(value, score)| *value = score.abs());
            });
            let power = means(&|line, scores| {
                line.iter_mut().zip(scores).for_each(|(value, score)| *value = score * score);
            });
            let gains = magnitude.combined(&power, reliability);
            let mut data = self.layout.data().iter().enumerate().peekable();
            for row in 0..rows {
                gains.row(row, &mut gain);
                let line = plane.row(row);
                let end = (row + 1) * columns;
                while let Some((at, tile)) = data.next_if(|(_, tile)| (**tile as usize) < end) {
                    let column = *tile as usize - row * columns;
                    let llr = -gain[column] * line[column];
                    llrs[at * outputs + output] = llr.clamp(-MAX_LLR, MAX_LLR);
                }
            }
        }
        llrs
    }
}

/// -1 or 1.
fn sign(bit: u8) -> f32 {
    if bit == 1 { 1.0 } else { -1.0 }
}

/// The expected symbol for a score: about tanh(2.5 score), by its Padé approximant of order 3 and
/// 2, which vectorises and is 1 at 3.
fn soft_decision(score: f32) -> f32 {
    let x = (2.5 * score).clamp(-3.0, 3.0);
    let square = x * x;
    x * (27.0 + square) / (27.0 + 9.0 * square)
}

/// The values of up to three planes at a tile.
fn values(planes: &[Plane], tile: usize) -> [f32; 3] {
    std::array::from_fn(|i| planes.get(i).map_or(0.0, |plane| plane.tile(tile)))
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
        m = ((magnitude - tail) / erf(ratio).max(0.1)).clamp(0.05, magnitude.max(0.05));
        v = (square - m * m).max(0.01 * square + 1e-4);
    }
    2.0 * m / v
}

/// The error function to 5e-4 (Abramowitz and Stegun, 7.1.27), for arguments from 0.
fn erf(x: f32) -> f32 {
    let p = 1.0 + x * (0.278393 + x * (0.230389 + x * (0.000972 + x * 0.078108)));
    1.0 - 1.0 / p.powi(4)
}
