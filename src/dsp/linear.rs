//! Least squares with a few dozen unknowns, by the normal equations and Cholesky's decomposition.

/// Sums of a regularised least-squares problem with several right-hand sides.
#[derive(Clone, Debug)]
pub(crate) struct LeastSquares {
    unknowns: usize,
    targets: usize,
    /// Upper triangle of the Gram matrix, in full rows.
    gram: Vec<f32>,
    /// `targets` right-hand sides, one after the other.
    right: Vec<f32>,
    /// Sums of rows not yet added to the ones below, in single precision.
    total_gram: Vec<f64>,
    total_right: Vec<f64>,
    pending: usize,
}

/// Rows that are summed in single precision before they go to the double-precision totals.
const BATCH: usize = 256;

impl LeastSquares {
    /// A problem with `unknowns` coefficients for each of `targets` quantities.
    pub(crate) fn new(unknowns: usize, targets: usize) -> Self {
        let (square, sides) = (unknowns * unknowns, unknowns * targets);
        Self {
            unknowns,
            targets,
            gram: vec![0.0; square],
            right: vec![0.0; sides],
            total_gram: vec![0.0; square],
            total_right: vec![0.0; sides],
            pending: 0,
        }
    }

    /// Adds an observation: `features` (one for each unknown) and what they should give.
    pub(crate) fn add(&mut self, features: &[f32], targets: &[f32]) {
        let n = self.unknowns;
        for (i, &feature) in features.iter().enumerate().take(n) {
            let row = &mut self.gram[i * n + i..(i + 1) * n];
            for (sum, &other) in row.iter_mut().zip(&features[i..]) {
                *sum += feature * other;
            }
        }
        for (&target, right) in targets.iter().zip(self.right.chunks_exact_mut(n)) {
            for (sum, &feature) in right.iter_mut().zip(features) {
                *sum += feature * target;
            }
        }
        self.pending += 1;
        if self.pending == BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let sums = self.gram.iter_mut().chain(&mut self.right);
        let totals = self.total_gram.iter_mut().chain(&mut self.total_right);
        for (total, sum) in totals.zip(sums) {
            *total += f64::from(std::mem::take(sum));
        }
        self.pending = 0;
    }

    /// The coefficients, `unknowns` for each target, with `ridge` times their squared length added
    /// to the squared error. Unknowns that nothing tells about come out zero.
    pub(crate) fn solve(mut self, ridge: f64) -> Vec<f32> {
        self.flush();
        let n = self.unknowns;
        let lower = cholesky(&self.total_gram, n, ridge);
        let mut solution = Vec::with_capacity(n * self.targets);
        for right in self.total_right.chunks_exact(n) {
            let mut x = right.to_vec();
            for i in 0..n {
                let known: f64 = (0..i).map(|j| lower[i * n + j] * x[j]).sum();
                x[i] = (x[i] - known) / lower[i * n + i];
            }
            for i in (0..n).rev() {
                let known: f64 = (i + 1..n).map(|j| lower[j * n + i] * x[j]).sum();
                x[i] = (x[i] - known) / lower[i * n + i];
            }
            solution.extend(x.into_iter().map(|value| value as f32));
        }
        solution
    }
}

/// The share of the targets' squares that a linear map from `N` features to `M` targets explains, up
/// to 1. For few observations, of which many sets are held against each other: no memory is taken.
pub(crate) fn explained<const N: usize, const M: usize>(
    observations: impl Iterator<Item = ([f32; N], [f32; M])>,
) -> f32 {
    const RIDGE: f32 = 0.01;
    let (mut gram, mut right, mut total) = ([[0f32; N]; N], [[0f32; N]; M], 0f32);
    for (features, targets) in observations {
        for (i, row) in gram.iter_mut().enumerate() {
            for (sum, other) in row.iter_mut().zip(features).take(i + 1) {
                *sum += features[i] * other;
            }
        }
        for (right, target) in right.iter_mut().zip(targets) {
            total += target * target;
            for (sum, feature) in right.iter_mut().zip(features) {
                *sum += feature * target;
            }
        }
    }
    // Cholesky's factor in place of the lower triangle.
    for i in 0..N {
        gram[i][i] += RIDGE;
        for j in 0..=i {
            let dot: f32 = (0..j).map(|k| gram[i][k] * gram[j][k]).sum();
            let value = gram[i][j] - dot;
            gram[i][j] = if i == j { value.max(RIDGE).sqrt() } else { value / gram[j][j] };
        }
    }
    let mut error = total;
    for mut x in right {
        for i in 0..N {
            let known: f32 = (0..i).map(|j| gram[i][j] * x[j]).sum();
            x[i] = (x[i] - known) / gram[i][i];
            error -= x[i] * x[i];
        }
        for i in (0..N).rev() {
            let known: f32 = (i + 1..N).map(|j| gram[j][i] * x[j]).sum();
            x[i] = (x[i] - known) / gram[i][i];
            error -= RIDGE * x[i] * x[i];
        }
    }
    1.0 - error / total.max(1e-9)
}

/// The lower triangular factor of a symmetric matrix (upper triangle given) plus `ridge` times
/// the identity.
fn cholesky(upper: &[f64], n: usize, ridge: f64) -> Vec<f64> {
    let mut lower = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| lower[i * n + k] * lower[j * n + k]).sum();
            let value = upper[j * n + i] - dot;
            lower[i * n + j] = if i == j {
                // Rounding may leave a pivot at or below zero where unknowns repeat each other.
                (value + ridge).max(ridge.max(1e-12)).sqrt()
            } else {
                value / lower[j * n + j]
            };
        }
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prng::SplitMix64;

    #[test]
    fn exact_relations_are_found() {
        let mut prng = SplitMix64::new(1);
        let mut uniform = || (prng.next_u64() % 2001) as f32 / 1000.0 - 1.0;
        let truth: Vec<f32> = (0..30).map(|_| uniform()).collect();
        let mut problem = LeastSquares::new(15, 2);
        for _ in 0..700 {
            let features: Vec<f32> = (0..15).map(|_| uniform()).collect();
            let dot = |w: &[f32]| w.iter().zip(&features).map(|(w, f)| w * f).sum::<f32>();
            problem.add(&features, &[dot(&truth[..15]), dot(&truth[15..])]);
        }
        for (found, truth) in problem.solve(1e-6).iter().zip(&truth) {
            assert!((found - truth).abs() < 1e-3, "{found} {truth}");
        }
    }

    #[test]
    fn what_is_explained_is_what_the_solution_leaves() {
        let mut prng = SplitMix64::new(2);
        let mut uniform = || (prng.next_u64() % 2001) as f32 / 1000.0 - 1.0;
        for noise in [0.0, 0.3, 30.0] {
            let all: Vec<([f32; 4], [f32; 2])> = (0..40)
                .map(|_| {
                    let f = [uniform(), uniform(), uniform(), 1.0];
                    (f, [f[0] + noise * uniform(), f[1] - f[2] + noise * uniform()])
                })
                .collect();
            let mut problem = LeastSquares::new(4, 2);
            all.iter().for_each(|(features, targets)| problem.add(features, targets));
            let map = problem.solve(0.01);
            let (mut error, mut total) = (0.0, 0.0);
            for (features, targets) in &all {
                for (weights, target) in map.chunks_exact(4).zip(targets) {
                    let said: f32 = weights.iter().zip(features).map(|(w, f)| w * f).sum();
                    error += (target - said) * (target - said);
                    total += target * target;
                }
            }
            let share = explained(all.into_iter());
            assert!((share - (1.0 - error / total)).abs() < 1e-3, "{share} {error} {total}");
        }
    }

    #[test]
    fn an_unknown_without_observations_is_zero() {
        let mut problem = LeastSquares::new(2, 1);
        problem.add(&[1.0, 0.0], &[3.0]);
        let solution = problem.solve(1e-9);
        assert!((solution[0] - 3.0).abs() < 1e-3 && solution[1] == 0.0);
    }
}
