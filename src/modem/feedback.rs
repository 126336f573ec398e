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

/// Regularisation where all inputs are used, in units of one observation at full contrast.
const DETAIL_RIDGE: f64 = 20.0;
/// Tiles that a filter needs for each of its unknowns: with fewer it learns their noise by heart.
const TILES_A_WEIGHT: usize = 8;
/// Tiles that it learns from at most.
const TRAINING_TILES: usize = 12_000;

impl Demodulator {
    /// Whether a frame has pilots enough for what is equalised with a [`Detail`].
    pub(crate) fn has_use_of_detail(&self) -> bool {
        self.has_pilots_for(Detail::PLANES)
    }

    /// Whether its pilots can teach a filter over so many planes of samples, and over beliefs.
    fn has_pilots_for(&self, samples: usize) -> bool {
        let unknowns = 9 * (samples + self.outputs()) + 1;
        self.layout().pilots().len() >= TILES_A_WEIGHT * unknowns
    }

    /// Equalises again. `expected` has what each data bit is expected to be, in the order of the
    /// LLRs, -1 to 1, -1 or 1 only where it is certain; where it is NaN, `soft` has to do.
    pub(crate) fn feed_back(&self, detail: &Detail, soft: &SoftBits, expected: &[f32]) -> Scores {
        self.fed_back(&detail.planes, DETAIL_RIDGE, &self.beliefs(soft, expected))
    }

    /// The same from one sample a tile and soft values alone; `None` if the frame has too few pilots.
    pub(crate) fn feed_back_soft(&self, signal: &Signal, soft: &SoftBits) -> Option<Scores> {
        let planes = &signal.colours;
        let enough = self.has_pilots_for(planes.len());
        enough.then(|| self.fed_back(planes, RIDGE, &self.beliefs(soft, &[])))
    }

    /// Scores by a filter over samples and beliefs that the pilots have taught.
    fn fed_back(&self, samples: &[Plane], ridge: f64, beliefs: &[Plane]) -> Scores {
        let outputs = self.outputs();
        let inputs: Vec<&Plane> = samples.iter().chain(beliefs).collect();
        let (count, all) = (samples.len(), inputs.len());
        let mut taps: Vec<_> = square(0..count, 1, true).collect();
        taps.extend(square(count..all, 1, false));
        // What is believed of a bit itself is no input, what is of the tile's others is one.
        let own: Vec<usize> = (taps.len()..).take(outputs).collect();
        taps.extend(square(count..all, 0, true));
        let pilots = self.layout().pilots().iter().map(|&tile| tile as usize);
        let target = |tile: usize| values(&self.known, tile);
        let filter = Filter::train_without(&inputs, taps, &own, pilots, target, outputs, ridge);
        self.taught_scores(&filter, &inputs, self.layout().pilots().len())
    }

    /// The same from one sample a tile, taught by what is certain: all there is to know where that are
    /// most of the tiles. `None` if there are too few.
    pub(crate) fn feed_back_certain(
        &self,
        signal: &Signal,
        soft: &SoftBits,
        expected: &[f32],
    ) -> Option<Scores> {
        let beliefs = self.beliefs(soft, expected);
        let inputs: Vec<&Plane> = signal.colours.iter().chain(&beliefs).collect();
        let mut taps: Vec<_> = square(0..3, 1, true).collect();
        taps.extend(square(3..inputs.len(), 1, false));
        let tiles = self.certain_tiles(expected);
        if tiles.len() < TILES_A_WEIGHT * (taps.len() + 1) {
            return None;
        }
        let pilot_or_data = |known: f32, said: f32| if known == 0.0 { said } else { known };
        let target = |tile: usize| {
            let (known, said) = (values(&self.known, tile), values(&beliefs, tile));
            std::array::from_fn(|i| pilot_or_data(known[i], said[i]))
        };
        let (count, outputs) = (tiles.len(), self.outputs());
        let filter = Filter::train(&inputs, taps, tiles.into_iter(), target, outputs, RIDGE);
        Some(self.taught_scores(&filter, &inputs, count))
    }

    /// The pilots, and data tiles of which every bit is certain, as many as a filter learns from.
    fn certain_tiles(&self, expected: &[f32]) -> Vec<usize> {
        let data = self.layout().data().iter().zip(expected.chunks_exact(self.outputs()));
        let is_certain = |bits: &[f32]| bits.iter().all(|bit| bit.abs() == 1.0);
        let certain = data.filter(|(_, bits)| is_certain(bits)).map(|(tile, _)| tile);
        let tiles: Vec<&u32> = self.layout().pilots().iter().chain(certain).collect();
        let step = tiles.len().div_ceil(TRAINING_TILES).max(1);
        tiles.into_iter().step_by(step).map(|&tile| tile as usize).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Geometry, Layout, Palette, Samples};
    use crate::modem::modulate;
    use crate::prng::SplitMix64;
    use std::sync::Arc;

    /// What a tile gets of each neighbour, from the one above to the left on.
    const BLUR: [[f32; 3]; 3] = [[0.1, 0.3, 0.1], [0.3, 1.0, 0.25], [0.1, 0.35, 0.05]];
    /// What each channel of the camera gets of red, green and blue.
    const MIXING: [[f32; 3]; 3] = [[0.8, 0.3, 0.1], [0.2, 0.9, 0.2], [0.05, 0.4, 0.7]];

    /// A frame seen through a noisy linear channel, and its bits.
    struct Seen {
        demodulator: Demodulator,
        bits: Vec<u8>,
        signal: Signal,
        detail: Detail,
    }

    impl Seen {
        fn new(side: usize, noise: f32) -> Self {
            let geometry = Geometry::new(side, side, 2, Palette::Colour).unwrap();
            let layout = Arc::new(Layout::new(geometry));
            let (bits, mut prng) =
                (SplitMix64::new(7).bits(layout.data().len() * 3), SplitMix64::new(8));
            let symbols = modulate(&layout, &bits);
            let drawn: [Plane; 3] = std::array::from_fn(|bit| {
                let mut plane = Plane::new(layout.columns(), layout.rows());
                for (tile, &symbol) in symbols.iter().enumerate() {
                    plane.set(tile, f32::from(Palette::Colour.bit(symbol, bit)) * 2.0 - 1.0);
                }
                plane
            });
            // The sum of twelve even numbers is close to Gaussian.
            let mut gaussian = || {
                (0..12).map(|_| (prng.next_u64() >> 40) as f32 / 16_777_216.0).sum::<f32>() - 6.0
            };
            let mut photo = |blur: &[[f32; 3]; 3]| {
                MIXING.map(|mixing| {
                    let mut plane = Plane::new(layout.columns(), layout.rows());
                    for tile in 0..layout.kinds().len() {
                        let light =
                            mixing.iter().zip(&drawn).map(|(m, p)| m * blurred(p, tile, blur));
                        plane.set(tile, 128.0 + 25.0 * (light.sum::<f32>() + noise * gaussian()));
                    }
                    plane
                })
            };
            let colours = photo(&BLUR);
            let detail = Detail::of((0..4).flat_map(|_| photo(&BLUR)));
            let signal = Signal::new(Samples { colours });
            Self { demodulator: Demodulator::new(layout), bits, signal, detail }
        }

        /// What the LLRs carry in truth, and what they say that they carry.
        fn information(&self, soft: &SoftBits) -> (f64, f64) {
            let (mut loss, mut said) = (0.0, 0.0);
            for (llr, bit) in soft.data.iter().zip(&self.bits) {
                let right = f64::from(if *bit == 1 { -llr } else { *llr });
                loss += (1.0 + (-right).exp()).log2();
                let wrong = 1.0 / (1.0 + f64::from(llr.abs()).exp());
                said -= wrong * wrong.log2() + (1.0 - wrong) * (1.0 - wrong).log2();
            }
            let count = self.bits.len() as f64;
            (1.0 - loss / count, 1.0 - said / count)
        }
    }

    fn blurred(plane: &Plane, tile: usize, blur: &[[f32; 3]; 3]) -> f32 {
        let around = (0..9).map(|i| {
            let step = plane.step(i % 3 - 1, i / 3 - 1);
            plane.values()[plane.index(tile).wrapping_add_signed(step)]
        });
        blur.as_flattened().iter().zip(around).map(|(weight, value)| weight * value).sum()
    }

    #[test]
    fn soft_values_tell_their_own_reliability_in_every_round() {
        for noise in [0.3, 0.6, 0.9] {
            let seen = Seen::new(640, noise);
            let demodulator = &seen.demodulator;
            let mut soft = demodulator.soft_bits(&demodulator.equalise(&seen.signal));
            let (before, said) = seen.information(&soft);
            assert!((said - before).abs() < 0.03, "noise {noise}: {said}, in truth {before}");
            let nothing = vec![f32::NAN; seen.bits.len()];
            for round in 0..4 {
                let scores = demodulator.feed_back(&seen.detail, &soft, &nothing);
                soft = demodulator.soft_bits(&scores);
                let (truth, said) = seen.information(&soft);
                assert!((said - truth).abs() < 0.03, "round {round}: {said}, in truth {truth}");
                assert!(truth > before + 0.1, "round {round}: {truth} after {before}");
            }
        }
    }

    #[test]
    fn what_the_code_knows_of_neighbours_helps_with_the_others() {
        let seen = Seen::new(640, 0.9);
        let demodulator = &seen.demodulator;
        let soft = demodulator.soft_bits(&demodulator.equalise(&seen.signal));
        let with = |share: usize| {
            let known = |(i, bit): (usize, &u8)| match i * 7 % 16 < share {
                true => f32::from(*bit) * 2.0 - 1.0,
                false => f32::NAN,
            };
            let expected: Vec<f32> = seen.bits.iter().enumerate().map(known).collect();
            let scores = demodulator.feed_back(&seen.detail, &soft, &expected);
            seen.information(&demodulator.soft_bits(&scores)).0
        };
        let [none, half, all] = [0, 8, 16].map(with);
        assert!(half > none + 0.03 && all > half + 0.03, "{none} {half} {all}");
    }

    #[test]
    fn frames_with_few_pilots_learn_from_what_is_decoded_alone() {
        let seen = Seen::new(320, 0.5);
        let demodulator = &seen.demodulator;
        let soft = demodulator.soft_bits(&demodulator.equalise(&seen.signal));
        let (before, _) = seen.information(&soft);
        let fed_back =
            |expected: &[f32]| demodulator.feed_back_certain(&seen.signal, &soft, expected);
        let mut expected = vec![f32::NAN; seen.bits.len()];
        assert!(!demodulator.has_use_of_detail());
        assert!(fed_back(&expected).is_none(), "nothing to learn from");
        let half = expected.len() / 2;
        for (expected, bit) in expected.iter_mut().zip(&seen.bits).take(half) {
            *expected = f32::from(*bit) * 2.0 - 1.0;
        }
        let (truth, said) = seen.information(&demodulator.soft_bits(&fed_back(&expected).unwrap()));
        assert!(truth > before + 0.1 && said < truth + 0.03, "{said}, {truth} after {before}");
    }
}
