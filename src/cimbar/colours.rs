//! Which colour a cell has, decided from the cells themselves.
//!
//! Cameras blur colours more than brightness, so those of the neighbours are taken out first by a
//! trained filter ([`equalised`]). The contrast of a tile's coloured pixels against its dark ones, in red, green and blue, falls
//! into four clouds, wherever light and camera have put them. They are told apart by a mixture of
//! four Gaussians of one covariance, started from the palette; their means follow the light over
//! the frame.

use super::clusters::start;
use super::mode::{COLOURS, Parameters};
use crate::field::Field;
use crate::filter::{Filter, square};
use crate::plane::Plane;

/// Rounds of assigning cells and moving the clouds.
const ROUNDS: usize = 4;
/// Side of the blocks that local means are measured in, in cells.
const BLOCK: usize = 8;
/// Regularisation of the filter, in units of one cell.
const FILTER_RIDGE: f64 = 0.5;
/// Smallest share of a cloud's overall deviation that is believed.
const RIDGE: f64 = 1e-3;

/// A contrast or a mean of contrasts: red, green, blue.
pub(super) type Contrast = [f32; 3];

/// The inverse of a covariance.
pub(super) type Precision = [[f32; 3]; 3];

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
        mode: &Parameters,
        contrasts: &[Contrast],
        known: &[Option<u8>],
        attempt: usize,
    ) -> Self {
        Self::learn_from(start(contrasts, attempt), mode, contrasts, known)
    }

    /// Learns the clouds of contrasts that have been equalised: they lie around the palette.
    pub(super) fn learn_equalised(
        mode: &Parameters,
        contrasts: &[Contrast],
        known: &[Option<u8>],
    ) -> Self {
        let palette = std::array::from_fn(|k| std::array::from_fn(|c| share(k, c)));
        let unit = std::array::from_fn(|r| std::array::from_fn(|c| if r == c { 1.0 } else { 0.0 }));
        Self::learn_from((palette, unit), mode, contrasts, known)
    }

    fn learn_from(
        (means, precision): ([Contrast; 4], Precision),
        mode: &Parameters,
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
                clouds.follow_light(mode, contrasts, &labels);
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
    fn follow_light(&mut self, mode: &Parameters, contrasts: &[Contrast], labels: &[usize]) {
        let tiles = mode.tiles();
        for (k, c) in (0..4).flat_map(|k| (0..3).map(move |c| (k, c))) {
            let value = |cell: usize| (labels[cell] == k).then_some(contrasts[cell][c]);
            let means = means_around(mode.grid, &tiles, value);
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

/// The share of a channel in one of [`COLOURS`], 0 or 1.
pub(super) fn share(colour: usize, channel: usize) -> f32 {
    f32::from(COLOURS[colour][channel]) / 255.0
}

/// Contrasts with what the neighbours add to them taken out: a filter over 3x3 cells of
/// contrasts, mean colours and decided colours, trained to give `colours` back.
pub(super) fn equalised(
    mode: &Parameters,
    contrasts: &[Contrast],
    means: &[Contrast],
    colours: &[u8],
) -> Vec<Contrast> {
    let (columns, rows) = mode.grid;
    let tiles = mode.tiles();
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
pub(super) fn brightness_around(mode: &Parameters, contrasts: &[Contrast]) -> Vec<f32> {
    let sum = |cell: usize| Some(contrasts[cell].iter().sum());
    let means = means_around(mode.grid, &mode.tiles(), sum);
    means.into_iter().map(|mean| mean.max(1e-3)).collect()
}

/// The squared distance of two contrasts, in deviations.
pub(super) fn squared_distance(precision: &Precision, a: &Contrast, b: &Contrast) -> f32 {
    let d: Contrast = std::array::from_fn(|i| a[i] - b[i]);
    let along = |row: &Contrast| row.iter().zip(d).map(|(p, d)| p * d).sum::<f32>();
    precision.iter().zip(d).map(|(row, d)| along(row) * d).sum()
}

/// Moves each mean to those that have its label; one that has nearly none stays where it is.
/// Gives the labels' shares.
pub(super) fn cluster_means(
    contrasts: &[Contrast],
    labels: &[usize],
    means: &mut [Contrast; 4],
) -> [f64; 4] {
    let mut sums = [[0f64; 3]; 4];
    let mut counts = [0f64; 4];
    for (contrast, &label) in contrasts.iter().zip(labels) {
        counts[label] += 1.0;
        for (sum, &value) in sums[label].iter_mut().zip(contrast) {
            *sum += f64::from(value);
        }
    }
    let all = contrasts.len().max(1) as f64;
    for ((mean, sum), count) in means.iter_mut().zip(sums).zip(counts) {
        if count > all / 100.0 {
            *mean = sum.map(|sum| (sum / count) as f32);
        }
    }
    counts.map(|count| count / all)
}

/// The covariance of contrasts around the means given for each.
pub(super) fn covariance(
    contrasts: &[Contrast],
    means: impl Iterator<Item = Contrast>,
) -> [[f64; 3]; 3] {
    let mut covariance = [[0f64; 3]; 3];
    for (contrast, mean) in contrasts.iter().zip(means) {
        let d: [f64; 3] = std::array::from_fn(|c| f64::from(contrast[c] - mean[c]));
        for (row, a) in covariance.iter_mut().zip(d) {
            row.iter_mut().zip(d).for_each(|(sum, b)| *sum += a * b);
        }
    }
    covariance.map(|row| row.map(|sum| sum / contrasts.len().max(1) as f64))
}

/// The inverse of a covariance, a little fattened, and the fattened one's determinant.
pub(super) fn inverse(mut m: [[f64; 3]; 3]) -> (Precision, f64) {
    let trace = m[0][0] + m[1][1] + m[2][2];
    for (i, row) in m.iter_mut().enumerate() {
        row[i] += RIDGE * trace + 1e-9;
    }
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let det: f64 = (0..3).map(|c| m[0][c] * minor(0, c)).sum();
    (std::array::from_fn(|r| std::array::from_fn(|c| (minor(c, r) / det) as f32)), det)
}
