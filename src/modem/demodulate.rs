//! Samples of all tiles to LLRs of all data bits, better with everything that becomes known.
//!
//! [`Signal`] holds the normalised samples of one capture. [`Demodulator::equalise`] trains a
//! linear equaliser over 3x3 tiles and three colours on the pilots; its decisions
//! give the registration error of the mesh ([`Demodulator::registration`]), and once codewords are
//! decoded, [`Demodulator::feed_back`] uses their bits, and soft decisions for all others, as
//! known neighbours (decision feedback; with a soft decoder in the loop, turbo equalisation).

use super::signal::levels;
use super::{Signal, pilot_symbols};
use crate::dsp::{Filter, Plane, square};
use crate::frame::{KnownTile, Layout, Palette, TileKind};
use std::sync::Arc;

/// Tiles that the channel's model for registration is trained on: with 28 unknowns three times as
/// many change the mutual information by less than 0.0005 a bit on any capture.
const MODEL_TILES: usize = 4_000;
/// Regularisation, in units of one observation at full contrast.
pub(super) const RIDGE: f64 = 0.5;
/// Largest share that a filter is taken to have in what it says of its own observations: where there
/// are hardly more of them than unknowns, scores tell nothing anyway.
const MAX_SHARE: f32 = 0.5;

/// How the samples differ from the model that the decided symbols give.
#[derive(Clone, Debug)]
pub struct Registration {
    /// By how much each tile's sample exceeds the prediction, in grey levels of the sum of
    /// colours: see [`crate::frame::Mesh::nudge`].
    pub errors: Plane,
    /// Change of the prediction in x and y, a picture pixel: of that of the samples a part is noise.
    pub gradient: [Plane; 2],
    /// Share of a sample that is the tile's own: 1 without blur; below about 0.4 the neighbours
    /// prevail.
    pub sharpness: f32,
}

/// Scores of all tiles, about ±1: positive means 1.
#[derive(Clone, Debug)]
pub struct Scores {
    pub(super) planes: Vec<Plane>,
}

/// Everything that is fixed for the frames of one layout.
#[derive(Clone, Debug)]
pub struct Demodulator {
    layout: Arc<Layout>,
    /// For each bit of a tile what it is known to be beforehand, -1 or 1; 0 where nothing is.
    pub(super) known: Vec<Plane>,
    /// 1 for data tiles, 0 for others: as a plane, and in scan order.
    free: Plane,
    pub(super) weights: Vec<f32>,
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

    pub(super) fn outputs(&self) -> usize {
        self.palette().bits_per_tile()
    }

    /// Trains the linear equaliser on the pilots and applies it.
    pub(crate) fn equalise(&self, signal: &Signal) -> Scores {
        let inputs: Vec<&Plane> = signal.colours.iter().collect();
        let pilots = self.layout.pilots().iter().map(|&tile| tile as usize);
        let taps = square(0..3, 1, true).collect();
        let target = |tile: usize| values(&self.known, tile);
        let filter = Filter::train(&inputs, taps, pilots, target, self.outputs(), RIDGE);
        self.taught_scores(&filter, &inputs, self.layout.pilots().len())
    }

    /// Applies a filter that has learned from `tiles` tiles, pilots among them. It knows their noise by
    /// heart, too: the pilots' own scores are made what a filter taught by all others would give them.
    pub(super) fn taught_scores(&self, filter: &Filter, inputs: &[&Plane], tiles: usize) -> Scores {
        let mut planes = filter.apply(inputs);
        // A tile's share in what the filter says of it, the same for all of them.
        let share = (filter.unknowns() as f32 / tiles.max(1) as f32).min(MAX_SHARE);
        for (plane, known) in planes.iter_mut().zip(&self.known) {
            for tile in self.layout.pilots().iter().map(|&tile| tile as usize) {
                let (score, known) = (plane.tile(tile), known.tile(tile));
                plane.set(tile, (score - share * known) / (1.0 - share));
            }
        }
        Scores { planes }
    }

    /// Compares the samples with what the decided symbols predict; `gradient` has the picture's at a
    /// tile.
    pub(crate) fn registration(
        &self,
        signal: &Signal,
        scores: &Scores,
        gradient: impl Fn(usize) -> [f32; 2],
    ) -> Registration {
        let decided = self.decisions(scores, f32::signum);
        let inputs: Vec<&Plane> = decided.iter().collect();
        let taps = square(0..self.outputs(), 1, true).collect();
        let contrast = signal.contrasts();
        let target = |tile: usize| {
            let [x, y] = gradient(tile).map(|slope| slope / contrast.tile(tile));
            [signal.sum.tile(tile), x, y]
        };
        let model =
            Filter::train(&inputs, taps, self.training_tiles(MODEL_TILES), target, 3, RIDGE);
        let mut planes = model.apply(&inputs).into_iter();
        let mut next = || planes.next().unwrap_or_else(|| contrast.clone());
        let (mut errors, mut gradient) = (next(), [next(), next()]);
        for row in 0..errors.rows() {
            let scales = contrast.row(row);
            let seen = signal.sum.row(row).iter().zip(scales);
            for (error, (seen, scale)) in errors.row_mut(row).iter_mut().zip(seen) {
                *error = (seen - *error) * scale;
            }
            for plane in &mut gradient {
                plane
                    .row_mut(row)
                    .iter_mut()
                    .zip(scales)
                    .for_each(|(slope, scale)| *slope *= scale);
            }
        }
        Registration { errors, gradient, sharpness: model.centre_share() }
    }

    /// The pilots, as a mesh is laid by them: see [`crate::frame::Mesh::follow_known`].
    pub(crate) fn known_tiles(&self, signal: &Signal) -> Vec<KnownTile> {
        let fields = signal.samples().colours.each_ref().map(levels);
        let columns = self.layout.columns();
        let of_pilot = |&tile: &u32| {
            let tile = tile as usize;
            let (column, row) = (tile % columns, tile / columns);
            // A frame in black and white has the same bit in every channel.
            let sign = |c: usize| self.known[c.min(self.known.len() - 1)].tile(tile);
            let weights = |c: usize| sign(c) / fields[c].1.at(column, row);
            KnownTile {
                tile,
                weights: std::array::from_fn(weights),
                levels: std::array::from_fn(|c| fields[c].0.at(column, row)),
            }
        };
        self.layout.pilots().iter().map(of_pilot).collect()
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
}

/// -1 or 1.
fn sign(bit: u8) -> f32 {
    if bit == 1 { 1.0 } else { -1.0 }
}

/// The values of up to three planes at a tile.
pub(super) fn values(planes: &[Plane], tile: usize) -> [f32; 3] {
    std::array::from_fn(|i| planes.get(i).map_or(0.0, |plane| plane.tile(tile)))
}
