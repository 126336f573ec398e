//! Samples of all tiles to LLRs of all data bits, better with everything that becomes known.
//!
//! [`Signal`] holds the normalised samples of one capture. [`Demodulator::equalise`] trains a
//! linear equaliser over 3x3 tiles and three colours on the pilots; its decisions
//! give the registration error of the mesh ([`Demodulator::registration`]), and once codewords are
//! decoded, [`Demodulator::feed_back`] uses their bits, and soft decisions for all others, as
//! known neighbours (decision feedback; with a soft decoder in the loop, turbo equalisation).

use super::equaliser::{Filter, square};
use super::plane::Plane;
use super::{Palette, pilot_symbols};
use crate::field::Field;
use crate::frame::{Layout, MARK, Sample, TileKind};

/// Blocks that level, contrast and noise are measured in, in tiles a side.
const BLOCK: usize = 8;
/// Level and contrast are averaged over `2 * REACH + 1` blocks a side, about 40 tiles.
const REACH: usize = 2;
/// Tiles that a filter is trained on at most when all tiles can serve.
const TRAINING_TILES: usize = 12_000;
/// Regularisation, in units of one observation at full contrast.
const RIDGE: f64 = 0.5;
/// Soft values are kept within this: what regional noise estimates can be trusted with.
const MAX_LLR: f32 = 12.0;

/// What a tile's bits are known to be: -1 or 1 for each; 0 where nothing is known.
type Known = [f32; 3];

/// One capture's samples, level and contrast made equal over the frame.
#[derive(Clone, Debug)]
pub struct Signal {
    colours: Vec<Plane>,
    /// Sum of the colours, normalised likewise, and its contrast by tile.
    sum: Plane,
    contrast: Vec<f32>,
    gradients: Vec<[f32; 2]>,
}

/// How the samples differ from the model that the decided symbols give.
#[derive(Clone, Debug)]
pub struct Registration {
    /// For each tile the picture's gradient, and by how much its sample exceeds the prediction, in
    /// grey levels of the sum of colours: see [`crate::frame::Mesh::nudge`].
    pub errors: Vec<Option<([f32; 2], f32)>>,
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
    layout: Layout,
    palette: Palette,
    /// Symbols of tiles that are known beforehand, as [`Known`], in scan order.
    known: Vec<Known>,
}

impl Signal {
    /// Normalises the samples of all tiles of a layout, in scan order.
    pub fn new(layout: &Layout, samples: &[Sample]) -> Self {
        let (columns, rows) = (layout.columns(), layout.rows());
        let colours = (0..3)
            .map(|c| normalised(columns, rows, &|tile: usize| samples[tile].rgb[c]).0)
            .collect();
        let (sum, contrast) =
            normalised(columns, rows, &|tile: usize| samples[tile].rgb.iter().sum());
        let gradients = samples.iter().map(|sample| sample.gradient).collect();
        Self { colours, sum, contrast, gradients }
    }

    /// Median deviation of the sum of colours, in grey levels: at least about 100 in good light.
    pub fn contrast(&self) -> f32 {
        let mut sorted: Vec<f32> = self.contrast.iter().step_by(17).copied().collect();
        sorted.sort_unstable_by(f32::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    }

    fn colour_planes(&self) -> Vec<&Plane> {
        self.colours.iter().collect()
    }
}

/// Values with local mean 0 and local deviation 1, and the deviation that they had.
fn normalised(columns: usize, rows: usize, value: &dyn Fn(usize) -> f32) -> (Plane, Vec<f32>) {
    let mean = Field::means(value, None, columns, rows, BLOCK).smoothed(REACH);
    let square = |tile: usize| value(tile) * value(tile);
    let square = Field::means(square, None, columns, rows, BLOCK).smoothed(REACH);
    let mut plane = Plane::new(columns, rows);
    let mut contrast = Vec::with_capacity(columns * rows);
    let (mut level, mut power) = (vec![0.0; columns], vec![0.0; columns]);
    for row in 0..rows {
        mean.row(row, &mut level);
        square.row(row, &mut power);
        let line = plane.row_mut(row);
        for (column, target) in line.iter_mut().enumerate() {
            // Four grey levels of noise keep flat areas flat.
            let deviation = (power[column] - level[column] * level[column]).max(0.0).sqrt() + 2.0;
            *target = (value(row * columns + column) - level[column]) / deviation;
            contrast.push(deviation);
        }
    }
    (plane, contrast)
}

impl Demodulator {
    /// A demodulator for frames of this layout and palette.
    pub fn new(layout: Layout, palette: Palette) -> Self {
        let mut known = vec![[0.0; 3]; layout.kinds().len()];
        let level = |bit: u8| if bit == 1 { 1.0 } else { -1.0 };
        for (&tile, symbol) in layout.pilots().iter().zip(pilot_symbols(&layout, palette)) {
            known[tile as usize] = std::array::from_fn(|bit| level(palette.bit(symbol, bit)));
        }
        for &(column, row) in layout.marks() {
            for (dy, dx) in (0..MARK * MARK).map(|i| (i / MARK, i % MARK)) {
                let ring = dx.abs_diff(MARK / 2).max(dy.abs_diff(MARK / 2)) == 1;
                let (x, y) = (usize::from(column) + dx - 2, usize::from(row) + dy - 2);
                known[y * layout.columns() + x] = [if ring { 1.0 } else { -1.0 }; 3];
            }
        }
        Self { layout, palette, known }
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The palette.
    pub fn palette(&self) -> Palette {
        self.palette
    }

    fn outputs(&self) -> usize {
        self.palette.bits_per_tile()
    }

    /// Trains the linear equaliser on the pilots and applies it.
    pub fn equalise(&self, signal: &Signal) -> Scores {
        let inputs = signal.colour_planes();
        let pilots = self.layout.pilots().iter().map(|&tile| tile as usize);
        let taps = square(0..3, 1, true).collect();
        let target = |tile: usize| self.known[tile];
        let filter = Filter::train(&inputs, taps, pilots, target, self.outputs(), RIDGE);
        Scores { planes: filter.apply(&inputs) }
    }

    /// Compares the samples with what the decided symbols predict.
    pub fn registration(&self, signal: &Signal, scores: &Scores) -> Registration {
        let decided = self.decisions(scores, &|score| score.signum());
        let inputs: Vec<&Plane> = decided.iter().collect();
        let taps = square(0..self.outputs(), 1, true).collect();
        let target = |tile: usize| [signal.sum.values[signal.sum.index(tile)], 0.0, 0.0];
        let model = Filter::train(&inputs, taps, self.training_tiles(), target, 1, RIDGE);
        let predicted = model.apply(&inputs).remove(0);
        let kinds = self.layout.kinds().iter();
        let errors = kinds
            .zip(signal.sum.tiles().zip(predicted.tiles()))
            .zip(signal.gradients.iter().zip(&signal.contrast))
            .map(|((kind, (seen, predicted)), (gradient, contrast))| {
                let visible = !matches!(kind, TileKind::Finder | TileKind::Header);
                visible.then_some((*gradient, (seen - predicted) * contrast))
            })
            .collect();
        Registration { errors, sharpness: model.centre_share() }
    }

    /// Equalises again with the neighbours' symbols as further inputs: certain where `bits` says
    /// what a data bit is (`Some(0)` or `Some(1)`, in the order of the LLRs), soft elsewhere.
    pub fn feed_back(&self, signal: &Signal, scores: &Scores, bits: &[Option<u8>]) -> Scores {
        let outputs = self.outputs();
        let mut soft = self.decisions(scores, &|score| (2.5 * score).clamp(-10.0, 10.0).tanh());
        let mut sure = vec![false; self.known.len()];
        for (&tile, bits) in self.layout.data().iter().zip(bits.chunks_exact(outputs)) {
            let tile = tile as usize;
            for (plane, bit) in soft.iter_mut().zip(bits) {
                if let Some(bit) = bit {
                    let index = plane.index(tile);
                    plane.values[index] = if *bit == 1 { 1.0 } else { -1.0 };
                    sure[tile] = true;
                }
            }
        }
        let mut inputs = signal.colour_planes();
        inputs.extend(&soft);
        let taps: Vec<_> = square(0..3, 1, true).chain(square(3..3 + outputs, 1, false)).collect();
        let target = |tile: usize| {
            let index = soft[0].index(tile);
            std::array::from_fn(|output| {
                soft.get(output).map_or(0.0, |plane| plane.values[index].signum())
            })
        };
        // Decoded tiles teach without errors; if there are few, pilots and decisions have to do.
        let certain: Vec<usize> =
            (0..sure.len()).filter(|&tile| sure[tile] || self.known[tile][0] != 0.0).collect();
        let tiles: Vec<usize> = if certain.len() > TRAINING_TILES / 3 {
            let step = certain.len().div_ceil(TRAINING_TILES);
            certain.into_iter().step_by(step).collect()
        } else {
            self.training_tiles().collect()
        };
        let filter = Filter::train(&inputs, taps, tiles.into_iter(), target, outputs, RIDGE);
        Scores { planes: filter.apply(&inputs) }
    }

    /// Tiles spread over the frame that carry symbols.
    fn training_tiles(&self) -> impl Iterator<Item = usize> + '_ {
        let kinds = self.layout.kinds();
        let step = kinds.len().div_ceil(TRAINING_TILES);
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
    fn decisions(&self, scores: &Scores, decide: &dyn Fn(f32) -> f32) -> Vec<Plane> {
        let (columns, rows) = (self.layout.columns(), self.layout.rows());
        let decide = |output: usize, plane: &Plane| {
            let mut decided = Plane::new(columns, rows);
            for (tile, score) in plane.tiles().enumerate() {
                let index = decided.index(tile);
                decided.values[index] = match self.layout.kinds()[tile] {
                    TileKind::Finder | TileKind::Header => 0.0,
                    TileKind::Data => decide(score),
                    TileKind::Mark | TileKind::Pilot => self.known[tile][output],
                };
            }
            decided
        };
        scores.planes.iter().enumerate().map(|(output, plane)| decide(output, plane)).collect()
    }

    /// LLRs of the data bits, tile after tile, by the noise around each tile.
    pub fn llrs(&self, scores: &Scores) -> Vec<f32> {
        let (columns, rows) = (self.layout.columns(), self.layout.rows());
        let outputs = self.outputs();
        let weights: Vec<f32> = self
            .layout
            .kinds()
            .iter()
            .map(|kind| if matches!(kind, TileKind::Data) { 1.0 } else { 0.0 })
            .collect();
        let mut llrs = vec![0.0; self.layout.data().len() * outputs];
        let mut gain = vec![0.0; columns];
        for (output, plane) in scores.planes.iter().enumerate() {
            let magnitude = |tile: usize| plane.values[plane.index(tile)].abs();
            let power = |tile: usize| plane.values[plane.index(tile)].powi(2);
            let means = |value: &dyn Fn(usize) -> f32| {
                Field::means(value, Some(&weights), columns, rows, BLOCK).smoothed(1)
            };
            let gains = means(&magnitude).combined(&means(&power), reliability);
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
