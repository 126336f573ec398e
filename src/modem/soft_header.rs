//! A header as a camera sees it: the colours of its cells to the LLRs of its coded bits, and those,
//! of one copy or of several, to the [`FrameHeader`].
//!
//! The columns of known cells teach how this camera mixes colours; how well they can be taught tells
//! a header from anything else, before anything is decoded.

use super::header::{
    CODED_BITS, Cell, FRAME_HEADER_BYTES, FrameHeader, HEADER_SEED, HeaderError, PLANE_BITS, cells,
    code,
};
use crate::bits;
use crate::dsp::{LeastSquares, explained};
use crate::frame::{HEADER_COLUMNS, HEADER_ROWS, Palette};
use crate::ldpc::{Decoder, quantise};
use crate::prng::SplitMix64;
use crate::raster::IndexedFrame;

/// Iterations of the code's decoder: a header is short, and without it there is nothing.
const ITERATIONS: usize = 50;
/// Soft values are kept within this: a finger over a few columns gives certain and wrong ones. With 6
/// of 27 columns hidden 4 % of headers are lost, with 7 columns 26 %; without a bound 6 and 32 %, with
/// one of 6 nats 2 and 35 %.
const MAX_LLR: f32 = 8.0;

/// The LLRs of a header's coded bits, from one copy or several added up.
#[derive(Clone, Debug)]
pub struct SoftHeader(Vec<f32>);

impl SoftHeader {
    /// How well the known cells of a header look like themselves: the share of their samples'
    /// variance that a linear mixing of colours explains, up to 1. Wrong places give about 0.2.
    ///
    /// `sample` gives the colour of the cell at (column, row).
    pub(crate) fn fit(palette: Palette, sample: impl Fn(usize, usize) -> [f32; 3]) -> f32 {
        explained(
            known_cells(palette).map(|(column, row, symbol)| {
                (Unmix::features(sample(column, row)), targets(symbol))
            }),
        )
    }

    /// Brightness and symbol of the known cells of a header, where brightness alone is seen.
    pub(crate) fn known_greys(
        palette: Palette,
        sample: impl Fn(usize, usize) -> f32,
    ) -> Vec<(f32, u8)> {
        known_cells(palette).map(|(column, row, symbol)| (sample(column, row), symbol)).collect()
    }

    /// How well the colours that known cells have explain their brightness, up to 1: whether they
    /// are a header's of which brightness alone is seen.
    pub(crate) fn grey_fit(known: &[(f32, u8)]) -> f32 {
        let mean = known.iter().map(|(grey, _)| grey).sum::<f32>() / known.len().max(1) as f32;
        let variance = known.iter().map(|(grey, _)| (grey - mean) * (grey - mean)).sum::<f32>();
        // All the same is no header.
        if variance < known.len() as f32 {
            return 0.0;
        }
        explained(known.iter().map(|(grey, symbol)| {
            let [r, g, b] = targets(*symbol);
            ([r, g, b, 1.0], [(grey - mean) / 128.0])
        }))
    }

    /// LLRs from the samples of all cells.
    ///
    /// # Panics
    /// If `samples` is not one colour for each cell of a header of this palette.
    pub fn from_samples(samples: &[[f32; 3]], palette: Palette) -> Self {
        assert_eq!(samples.len(), cells(palette).count(), "a sample for each cell");
        let known = samples.iter().zip(cells(palette)).filter_map(|(rgb, cell)| match cell {
            Cell::Known(symbol) => Some((*rgb, symbol)),
            _ => None,
        });
        let first = Unmix::train(known);
        // Once more, with all cells, as the first attempt decides them.
        let decided = samples.iter().zip(cells(palette)).map(|(rgb, cell)| match cell {
            Cell::Known(symbol) => (*rgb, symbol),
            _ => (*rgb, decide(first.apply(*rgb), palette)),
        });
        let unmix = Unmix::train(decided);
        let scores: Vec<[f32; 3]> = samples.iter().map(|rgb| unmix.apply(*rgb)).collect();
        let mut noise = 0.05;
        for score in scores.iter().flatten() {
            noise += (score.abs() - 1.0).powi(2) / (scores.len() * 3) as f32;
        }
        let mut llrs = vec![0.0; CODED_BITS];
        for (score, cell) in scores.iter().zip(cells(palette)) {
            let Cell::Bits(first) = cell else { continue };
            let bits = llrs.iter_mut().skip(first).step_by(PLANE_BITS);
            for (llr, value) in bits.zip(palette.bit_values(*score)) {
                *llr = -2.0 * value / noise;
            }
        }
        Self(llrs)
    }

    /// Adds what another copy says.
    pub fn add(&mut self, other: &Self) {
        for (sum, llr) in self.0.iter_mut().zip(&other.0) {
            *sum += llr;
        }
    }

    /// What is left once a known header, which has this share of the cells' light, is taken out.
    pub(crate) fn without(&self, known: &FrameHeader, share: f32) -> Self {
        let signs = known.coded_bits().into_iter().map(|bit| 1.0 - 2.0 * f32::from(bit));
        let signs: Vec<f32> = signs.collect();
        // Headers of one transfer have most bits in common, and those are seen in full.
        let mut alike: Vec<f32> = self.0.iter().zip(&signs).map(|(llr, sign)| llr * sign).collect();
        alike.sort_unstable_by(f32::total_cmp);
        let full = alike.get(alike.len() * 7 / 10).copied().unwrap_or(0.0);
        Self(self.0.iter().zip(signs).map(|(llr, sign)| llr - share * full * sign).collect())
    }

    /// Decodes; `None` if this is no header.
    pub fn decode(&self, decoder: &mut Decoder) -> Option<Result<FrameHeader, HeaderError>> {
        let scramble = SplitMix64::new(HEADER_SEED).bits(CODED_BITS);
        let descrambled = |(llr, scramble): (&f32, u8)| {
            let llr = llr.clamp(-MAX_LLR, MAX_LLR);
            if scramble == 1 { -llr } else { llr }
        };
        let quantised: Vec<i8> =
            self.0.iter().zip(scramble).map(descrambled).map(quantise).collect();
        let code = code();
        if !decoder.decode(&code, &quantised, ITERATIONS) {
            return None;
        }
        FrameHeader::parse(&bits::pack(decoder.bits().take(FRAME_HEADER_BYTES * 8)))
    }
}

/// Column, row and symbol of the cells that the receiver knows.
fn known_cells(palette: Palette) -> impl Iterator<Item = (usize, usize, u8)> {
    (0..HEADER_ROWS * palette.header_planes()).flat_map(move |row| {
        let [first, last] = palette.known_cells(row);
        [(0, row, first), (HEADER_COLUMNS - 1, row, last)]
    })
}

/// -1 or 1 for each of red, green, blue.
fn targets(symbol: u8) -> [f32; 3] {
    IndexedFrame::channels(symbol).map(|full| if full { 1.0 } else { -1.0 })
}

/// The symbol that has these scores.
fn decide(score: [f32; 3], palette: Palette) -> u8 {
    let bits: Vec<u8> = palette.bit_values(score).map(|value| u8::from(value > 0.0)).collect();
    palette.symbol(&bits)
}

/// A linear map from camera colours to channel scores of about ±1.
struct Unmix(Vec<f32>);

impl Unmix {
    fn features(rgb: [f32; 3]) -> [f32; 4] {
        let [r, g, b] = rgb.map(|value| value / 128.0 - 1.0);
        [r, g, b, 1.0]
    }

    fn train(known: impl Iterator<Item = ([f32; 3], u8)>) -> Self {
        let mut problem = LeastSquares::new(4, 3);
        for (rgb, symbol) in known {
            problem.add(&Self::features(rgb), &targets(symbol));
        }
        Self(problem.solve(0.01, &[]))
    }

    fn apply(&self, rgb: [f32; 3]) -> [f32; 3] {
        let features = Self::features(rgb);
        std::array::from_fn(|i| {
            self.0[i * 4..(i + 1) * 4].iter().zip(features).map(|(w, f)| w * f).sum()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Geometry;
    use crate::modem::FrameFormat;
    use proptest::prelude::*;

    fn header(geometry: Geometry, parity: u8, [transfer, frame]: [u32; 2]) -> FrameHeader {
        let format = FrameFormat { geometry, parity, lifting: 384, bands: 8 };
        FrameHeader { format, transfer, frame, frames: frame.saturating_add(1) }
    }

    fn headers() -> impl Strategy<Value = FrameHeader> {
        let numbers = prop::array::uniform2(0..u32::MAX);
        (256usize..1500, 256usize..1500, 1usize..5, 0..2u8, numbers, 4u8..=46).prop_filter_map(
            "no such frame",
            |(width, height, tile, palette, numbers, parity)| {
                let palette = Palette::from_wire_id(palette)?;
                Some(header(Geometry::new(width, height, tile, palette).ok()?, parity, numbers))
            },
        )
    }

    /// What a camera with this colour mixing would see of the cells.
    fn seen(cells: &[u8], mixing: [[f32; 3]; 3]) -> Vec<[f32; 3]> {
        let see = |symbol: &u8| {
            let rgb = targets(*symbol).map(|v| v * 0.5 + 0.5);
            mixing.map(|row| 20.0 + row.iter().zip(rgb).map(|(m, v)| m * v * 200.0).sum::<f32>())
        };
        cells.iter().map(see).collect()
    }

    const CAST: [[f32; 3]; 3] = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.2], [0.1, 0.3, 0.4]];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn headers_come_back_through_a_colour_cast(header in headers()) {
            let cells = header.cells();
            let palette = header.format.geometry.palette;
            let samples = seen(&cells, CAST);
            let fit = SoftHeader::fit(palette, |x, y| samples[y * HEADER_COLUMNS + x]);
            prop_assert!(fit > 0.9, "fit {}", fit);
            let soft = SoftHeader::from_samples(&samples, palette);
            prop_assert_eq!(soft.decode(&mut Decoder::default()), Some(Ok(header)));
        }
    }

    #[test]
    fn one_of_two_headers_in_the_same_cells_is_taken_out() {
        let geometry = Geometry::new(1024, 1024, 3, Palette::Colour).unwrap();
        let headers =
            [8, 9].map(|frame| FrameHeader { frames: 40, ..header(geometry, 7, [5, frame]) });
        let cells = headers.map(|header| seen(&header.cells(), CAST));
        for (share, taken) in [(0.5, 0.5), (0.55, 0.6), (0.42, 0.4), (0.65, 0.6)] {
            let mix = |i: usize| {
                std::array::from_fn(|c| share * cells[0][i][c] + (1.0 - share) * cells[1][i][c])
            };
            let samples: Vec<[f32; 3]> = (0..cells[0].len()).map(mix).collect();
            let soft = SoftHeader::from_samples(&samples, Palette::Colour);
            let other = soft.without(&headers[0], taken).decode(&mut Decoder::default());
            assert_eq!(other, Some(Ok(headers[1])), "with {share} of the first");
        }
    }

    #[test]
    fn a_fifth_of_the_cells_may_be_covered() {
        let geometry = Geometry::new(1024, 1024, 3, Palette::Colour).unwrap();
        for frame in 0..40 {
            let header = header(geometry, 7, [0xDEAD_BEEF, frame]);
            let mut samples = seen(&header.cells(), CAST);
            for (i, sample) in samples.iter_mut().enumerate() {
                if (5..10).contains(&(i % HEADER_COLUMNS)) {
                    *sample = [130.0; 3];
                }
            }
            let soft = SoftHeader::from_samples(&samples, Palette::Colour);
            assert_eq!(soft.decode(&mut Decoder::default()), Some(Ok(header)));
        }
    }
}
