//! Which colour a cell has, decided from the cells themselves.
//!
//! Cameras blur colours more than brightness, so those of the neighbours are taken out first by a
//! trained filter ([`equalised`]). The contrast of a tile's coloured pixels against its dark ones, in
//! red, green and blue, falls into four clouds, wherever light and camera have put them. They are
//! told apart by a mixture of four Gaussians of one covariance, started from the palette; their
//! means follow the light over the frame.

use super::clusters::start;
use super::contrasts::{
    Contrast, Precision, cluster_means, covariance, inverse, share, squared_distance,
};
use super::mode::Parameters;
use crate::dsp::{Field, Filter, Plane, square};

/// Rounds of assigning cells and moving the clouds.
const ROUNDS: usize = 4;
/// Side of the blocks that local means are measured in, in cells.
const BLOCK: usize = 8;
/// Regularisation of the filter, in units of one cell.
const FILTER_RIDGE: f64 = 0.5;

/// The four clouds.
pub(super) struct Clouds {
    means: [Contrast; 4],
    /// Inverse of the covariance within the clouds.
    precision: Precision,
    /// The means around each cell.
    local: Vec<[Contrast; 4]>,
}

impl Clouds {
    /// Learns the clouds of contrasts of which nothing is known but those colours that are certain;
    /// in another way for each `attempt`.
    pub(super) fn learn(
        parameters: &Parameters,
        contrasts: &[Contrast],
        known: &[Option<u8>],
        attempt: usize,
    ) -> Self {
        Self::learn_from(start(contrasts, attempt), parameters, contrasts, known)
    }

    /// Learns the clouds of contrasts that have been equalised: they lie around the palette.
    pub(super) fn learn_equalised(
        parameters: &Parameters,
        contrasts: &[Contrast],
        known: &[Option<u8>],
    ) -> Self {
        let palette = std::array::from_fn(|k| std::array::from_fn(|c| share(k, c)));
        let unit = std::array::from_fn(|r| std::array::from_fn(|c| if r == c { 1.0 } else { 0.0 }));
        Self::learn_from((palette, unit), parameters, contrasts, known)
    }

    fn learn_from(
        (means, precision): ([Contrast; 4], Precision),
        parameters: &Parameters,
        contrasts: &[Contrast],
        known: &[Option<u8>],
    ) -> Self {
        let local = vec![means; contrasts.len()];
        let mut clouds = Self { means, precision, local };
        for round in 0..ROUNDS {
            let labels: Vec<usize> = contrasts
                .iter()
                .zip(known)
                .enumerate()
                .map(|(i, (c, known))| known.map_or_else(|| clouds.nearest(i, c).0, usize::from))
                .collect();
            clouds.move_to(contrasts, &labels);
            if round + 2 >= ROUNDS {
                clouds.follow_light(parameters, contrasts, &labels);
            }
        }
        clouds
    }

    /// Half the squared distance of a contrast from each cloud's local mean, in deviations.
    pub(super) fn distances(&self, cell: usize, contrast: &Contrast) -> [f32; 4] {
        self.local[cell].map(|mean| 0.5 * squared_distance(&self.precision, contrast, &mean))
    }

    /// The nearest cloud, and by how much the second is farther.
    pub(super) fn nearest(&self, cell: usize, contrast: &Contrast) -> (usize, f32) {
        let distances = self.distances(cell, contrast);
        let best = (0..4).min_by(|&a, &b| distances[a].total_cmp(&distances[b])).unwrap_or(0);
        let others = (0..4).filter(|&k| k != best).map(|k| distances[k]);
        (best, others.fold(f32::MAX, f32::min) - distances[best])
    }

    /// Where the clouds are around a cell.
    pub(super) fn means(&self, cell: usize) -> &[Contrast; 4] {
        &self.local[cell]
    }

    fn move_to(&mut self, contrasts: &[Contrast], labels: &[usize]) {
        let old = self.means;
        cluster_means(contrasts, labels, &mut self.means);
        for local in &mut self.local {
            for (local, (new, old)) in local.iter_mut().zip(self.means.iter().zip(&old)) {
                (0..3).for_each(|c| local[c] += new[c] - old[c]);
            }
        }
        let within = labels.iter().enumerate().map(|(i, &label)| self.local[i][label]);
        self.precision = inverse(covariance(contrasts, within)).0;
    }

    /// Lets the means follow the light: those of the cells around.
    fn follow_light(&mut self, parameters: &Parameters, contrasts: &[Contrast], labels: &[usize]) {
        let tiles = parameters.tiles();
        for (k, c) in (0..4).flat_map(|k| (0..3).map(move |c| (k, c))) {
            let value = |cell: usize| (labels[cell] == k).then_some(contrasts[cell][c]);
            let means = means_around(parameters.grid, &tiles, value);
            for (local, mean) in self.local.iter_mut().zip(means) {
                local[k][c] = mean;
            }
        }
    }
}

/// The mean around each cell of what `value` gives for the cells (nothing for those that do not
/// count); `tiles` are their positions in the grid.
fn means_around(
    grid: (usize, usize),
    tiles: &[usize],
    value: impl Fn(usize) -> Option<f32>,
) -> Vec<f32> {
    let (columns, rows) = grid;
    let (mut values, mut weights) = (vec![0f32; columns * rows], vec![0f32; columns * rows]);
    for (cell, &tile) in tiles.iter().enumerate() {
        if let Some(value) = value(cell) {
            (values[tile], weights[tile]) = (value, 1.0);
        }
    }
    let field = Field::means(grid, BLOCK, Some(&weights), |row, line| {
        line.copy_from_slice(&values[row * columns..][..columns]);
    })
    .smoothed(1);
    for (row, line) in values.chunks_exact_mut(columns).enumerate() {
        field.row(row, line);
    }
    tiles.iter().map(|&tile| values[tile]).collect()
}

/// Contrasts with what the neighbours add to them taken out: a filter over 3x3 cells of
/// contrasts, mean colours and decided colours, trained to give `colours` back.
pub(super) fn equalised(
    parameters: &Parameters,
    contrasts: &[Contrast],
    means: &[Contrast],
    colours: &[u8],
) -> Vec<Contrast> {
    let (columns, rows) = parameters.grid;
    let tiles = parameters.tiles();
    let mut planes = vec![Plane::new(columns, rows); 9];
    for (i, &tile) in tiles.iter().enumerate() {
        for c in 0..3 {
            planes[c].set(tile, contrasts[i][c]);
            planes[3 + c].set(tile, means[i][c]);
            planes[6 + c].set(tile, share(colours[i].into(), c) - 0.5);
        }
    }
    let mut numbers = vec![0; columns * rows];
    tiles.iter().zip(colours).for_each(|(&tile, &colour)| numbers[tile] = usize::from(colour));
    let inputs: Vec<&Plane> = planes.iter().collect();
    let taps = square(0..6, 1, true).chain(square(6..9, 1, false)).collect();
    let target = |tile: usize| std::array::from_fn(|c| share(numbers[tile], c));
    let filter = Filter::train(&inputs, taps, tiles.iter().copied(), target, 3, FILTER_RIDGE);
    let outputs = filter.apply(&inputs);
    tiles.iter().map(|&tile| std::array::from_fn(|c| outputs[c].tile(tile))).collect()
}

/// The mean contrast around each cell.
pub(super) fn brightness_around(parameters: &Parameters, contrasts: &[Contrast]) -> Vec<f32> {
    let sum = |cell: usize| Some(contrasts[cell].iter().sum());
    let means = means_around(parameters.grid, &parameters.tiles(), sum);
    means.into_iter().map(|mean| mean.max(1e-3)).collect()
}
