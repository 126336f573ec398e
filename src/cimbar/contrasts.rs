//! Contrasts of cells, red, green and blue, and their statistics: means and covariance of those that
//! have one label.

use super::mode::COLOURS;
use crate::dsp::Matrix3;

/// Smallest share of a cloud's overall deviation that is believed.
const RIDGE: f64 = 1e-3;

/// A contrast or a mean of contrasts: red, green, blue.
pub(super) type Contrast = [f32; 3];

/// The inverse of a covariance.
pub(super) type Precision = [[f32; 3]; 3];

/// The share of a channel in one of [`COLOURS`], 0 or 1.
pub(super) fn share(colour: usize, channel: usize) -> f32 {
    f32::from(COLOURS[colour][channel]) / 255.0
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
pub(super) fn covariance(contrasts: &[Contrast], means: impl Iterator<Item = Contrast>) -> Matrix3 {
    let mut covariance = [[0f64; 3]; 3];
    for (contrast, mean) in contrasts.iter().zip(means) {
        let d: [f64; 3] = std::array::from_fn(|c| f64::from(contrast[c] - mean[c]));
        for (row, a) in covariance.iter_mut().zip(d) {
            row.iter_mut().zip(d).for_each(|(sum, b)| *sum += a * b);
        }
    }
    Matrix3(covariance.map(|row| row.map(|sum| sum / contrasts.len().max(1) as f64)))
}

/// The inverse of a covariance, a little fattened, and the fattened one's determinant.
pub(super) fn inverse(Matrix3(mut m): Matrix3) -> (Precision, f64) {
    let trace = m[0][0] + m[1][1] + m[2][2];
    for (i, row) in m.iter_mut().enumerate() {
        row[i] += RIDGE * trace + 1e-9;
    }
    let fattened = Matrix3(m);
    let precision = fattened.inverse().map_or([[0.0; 3]; 3], |Matrix3(rows)| rows);
    (precision.map(|row| row.map(|value| value as f32)), fattened.determinant())
}
