//! Equalising again, with what is believed of all bits as further inputs: the decisions of the
//! neighbours, and of the tile's own other colours, as the code makes them out (turbo equalisation).
//!
//! The filter learns from the pilots, and has to learn how far beliefs can be trusted. So nothing may
//! be better known around a pilot than around a data tile, and pilots are hidden: what their
//! neighbours are told of them is their own soft decision. Trained on decisions instead, a filter
//! learns to repeat them, and calls that certainty.

use super::demodulate::{RIDGE, Scores, values};
use super::{Demodulator, Detail, Signal, SoftBits};
use crate::dsp::{Filter, Plane, square};
use crate::frame::TileKind;

/// Regularisation, in units of one observation at full contrast: with 137 unknowns more of it.
const DETAIL_RIDGE: f64 = 20.0;
/// Pilots that a filter needs for each of its unknowns.
const PILOTS_A_WEIGHT: usize = 8;
/// Tiles that teach by their decisions where a frame has too few pilots.
const TRAINING_TILES: usize = 12_000;

impl Demodulator {
    /// Equalises again. `expected` has what each data bit is expected to be, in the order of the
    /// LLRs, -1 to 1; where it is NaN, `soft` has to do.
    pub(crate) fn feed_back(
        &self,
        signal: &Signal,
        detail: &Detail,
        soft: &SoftBits,
        expected: &[f32],
    ) -> Scores {
        let (outputs, pilots) = (self.outputs(), self.layout().pilots().len());
        let beliefs = self.beliefs(soft, expected);
        let unknowns = |samples: usize| 9 * samples + 9 * outputs + 1;
        let detailed = pilots >= PILOTS_A_WEIGHT * unknowns(detail.planes.len());
        let samples = if detailed { &detail.planes[..] } else { &signal.colours[..] };
        let inputs: Vec<&Plane> = samples.iter().chain(&beliefs).collect();
        let (count, all) = (samples.len(), inputs.len());
        let mut taps: Vec<_> = square(0..count, 1, true).collect();
        taps.extend(square(count..all, 1, false));
        // What is believed of a bit itself is no input, that of the tile's others is.
        let own: Vec<usize> = (taps.len()..).take(outputs).collect();
        taps.extend(square(count..all, 0, true));
        let ridge = if detailed { DETAIL_RIDGE } else { RIDGE };
        let train = |tiles: &mut dyn Iterator<Item = usize>| {
            let target = |tile: usize| {
                let (known, believed) = (values(&self.known, tile), values(&beliefs, tile));
                std::array::from_fn(
                    |i| if known[i] == 0.0 { believed[i].signum() } else { known[i] },
                )
            };
            Filter::train_without(&inputs, taps.clone(), &own, tiles, target, outputs, ridge)
        };
        if pilots >= PILOTS_A_WEIGHT * unknowns(count) {
            let filter = train(&mut self.layout().pilots().iter().map(|&tile| tile as usize));
            return self.pilot_scores(&filter, &inputs);
        }
        let filter = train(&mut self.training_tiles(TRAINING_TILES));
        Scores { planes: filter.apply(&inputs) }
    }

    /// What each bit of each tile is believed to be, -1 to 1: one plane for each bit of a tile.
    fn beliefs(&self, soft: &SoftBits, expected: &[f32]) -> Vec<Plane> {
        let outputs = self.outputs();
        let mut planes = self.known.clone();
        for (output, (plane, llrs)) in planes.iter_mut().zip(&soft.planes).enumerate() {
            let mut expected = expected.iter().skip(output).step_by(outputs);
            let kinds = self.layout().kinds().chunks_exact(llrs.columns());
            for (row, (llrs, kinds)) in llrs.lines().zip(kinds).enumerate() {
                for ((value, &llr), kind) in plane.row_mut(row).iter_mut().zip(llrs).zip(kinds) {
                    *value = match kind {
                        TileKind::Pilot => expectation(llr),
                        TileKind::Data => match expected.next() {
                            Some(said) if !said.is_nan() => *said,
                            _ => expectation(llr),
                        },
                        _ => continue,
                    };
                }
            }
        }
        planes
    }
}

/// What a bit with this LLR is expected to be, -1 to 1: minus the hyperbolic tangent of half of it, by
/// its Padé approximant of order 3 and 2, which is 1 at 3.
fn expectation(llr: f32) -> f32 {
    let x = (-0.5 * llr).clamp(-3.0, 3.0);
    let square = x * x;
    x * (27.0 + square) / (27.0 + 9.0 * square)
}
