//! A linear filter over neighbouring tiles, trained by least squares.
//!
//! The same machine serves wherever neighbours tell something: samples to symbols (the equaliser),
//! decided symbols to samples (the channel's model, for registration), and both to symbols
//! (decision feedback).

use super::{LeastSquares, Plane};
use crate::vectors::wide;

/// One input of the filter: the tile at a distance in one of the planes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tap {
    plane: usize,
    dx: isize,
    dy: isize,
}

/// Taps on all tiles up to `reach` away in `planes`; the tile itself only if `centre`.
pub(crate) fn square(
    planes: std::ops::Range<usize>,
    reach: isize,
    centre: bool,
) -> impl Iterator<Item = Tap> {
    planes.flat_map(move |plane| {
        (-reach..=reach).flat_map(move |dy| {
            (-reach..=reach).filter(move |dx| centre || (*dx, dy) != (0, 0)).map(move |dx| Tap {
                plane,
                dx,
                dy,
            })
        })
    })
}

/// A trained filter.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    taps: Vec<Tap>,
    /// For each output a weight for each tap, and a constant.
    weights: Vec<f32>,
}

impl Filter {
    /// Trains a filter with `taps` on `inputs` (planes of one size) to give at each of `tiles`
    /// (positions in scan order) what `target` says: one value for each of up to three outputs.
    pub(crate) fn train(
        inputs: &[&Plane],
        taps: Vec<Tap>,
        tiles: impl Iterator<Item = usize>,
        target: impl Fn(usize) -> [f32; 3],
        outputs: usize,
        ridge: f64,
    ) -> Self {
        Self::train_without(inputs, taps, &[], tiles, target, outputs, ridge)
    }

    /// The same, without one tap for each output: `without` has its number among `taps`.
    pub(crate) fn train_without(
        inputs: &[&Plane],
        taps: Vec<Tap>,
        without: &[usize],
        tiles: impl Iterator<Item = usize>,
        target: impl Fn(usize) -> [f32; 3],
        outputs: usize,
        ridge: f64,
    ) -> Self {
        let unknowns = taps.len() + 1;
        let mut problem = LeastSquares::new(unknowns, outputs);
        let mut features = vec![1.0; unknowns];
        let steps: Vec<(usize, isize)> =
            taps.iter().map(|tap| (tap.plane, inputs[tap.plane].step(tap.dx, tap.dy))).collect();
        for tile in tiles {
            let index = inputs[0].index(tile);
            for (feature, &(plane, step)) in features.iter_mut().zip(&steps) {
                *feature = inputs[plane].values()[index.wrapping_add_signed(step)];
            }
            problem.add(&features, &target(tile)[..outputs]);
        }
        Self { taps, weights: problem.solve(ridge, without) }
    }

    /// Weights of each output.
    pub(crate) fn unknowns(&self) -> usize {
        self.taps.len() + 1
    }

    /// The share of the tile itself in the sum of all weights' magnitudes.
    pub(crate) fn centre_share(&self) -> f32 {
        let (mut centre, mut all) = (0.0, 1e-9);
        for (tap, weight) in self.taps.iter().zip(&self.weights) {
            all += weight.abs();
            centre += if (tap.dx, tap.dy) == (0, 0) { weight.abs() } else { 0.0 };
        }
        centre / all
    }

    /// Applies the filter to every tile: one plane for each output.
    pub(crate) fn apply(&self, inputs: &[&Plane]) -> Vec<Plane> {
        let (columns, rows) = (inputs[0].columns(), inputs[0].rows());
        let mut outputs = Vec::new();
        for weights in self.weights.chunks_exact(self.unknowns()) {
            let mut output = Plane::new(columns, rows);
            for row in 0..rows {
                wide(
                    #[inline(always)]
                    || self.apply_row(inputs, weights, row, output.row_mut(row)),
                );
            }
            outputs.push(output);
        }
        outputs
    }

    /// One row of an output, by its weights.
    #[inline(always)]
    fn apply_row(&self, inputs: &[&Plane], weights: &[f32], row: usize, line: &mut [f32]) {
        line.fill(weights[self.taps.len()]);
        let columns = line.len();
        #[inline(always)]
        fn shifted<'p>(inputs: &[&'p Plane], tap: &Tap, row: usize, columns: usize) -> &'p [f32] {
            let input = inputs[tap.plane];
            let start = input.start(row).wrapping_add_signed(input.step(tap.dx, tap.dy));
            &input.values()[start..][..columns]
        }
        let shifted = |tap| shifted(inputs, tap, row, columns);
        // Three at once: sums are loaded and stored less often.
        let (threes, rest) = self.taps.as_chunks::<3>();
        let (weights, last) = weights[..self.taps.len()].as_chunks::<3>();
        for (taps, weights) in threes.iter().zip(weights) {
            add_three(line, [shifted(&taps[0]), shifted(&taps[1]), shifted(&taps[2])], *weights);
        }
        for (tap, weight) in rest.iter().zip(last) {
            for (sum, v) in line.iter_mut().zip(shifted(tap)) {
                *sum += weight * v;
            }
        }
    }
}

/// Adds three weighted rows to sums.
#[inline(always)]
fn add_three(sums: &mut [f32], rows: [&[f32]; 3], weights: [f32; 3]) {
    let [a, b, c] = rows;
    let (a, b, c) = (&a[..sums.len()], &b[..sums.len()], &c[..sums.len()]);
    for (i, sum) in sums.iter_mut().enumerate() {
        *sum += (a[i] * weights[0] + b[i] * weights[1]) + c[i] * weights[2];
    }
}
