//! Least squares with a few dozen unknowns, by the normal equations and Cholesky's decomposition.

use crate::vectors::wide;

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
    /// Observations that are not in the sums yet: features and targets of each.
    waiting: Vec<f32>,
    pending: usize,
}

/// Observations that are added at once: the Gram matrix is too large to go through it for each.
const AT_ONCE: usize = 4;
/// Observations that are summed in single precision before they go to the double-precision totals.
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
            waiting: Vec::with_capacity(AT_ONCE * (unknowns + targets)),
            pending: 0,
        }
    }

    /// Adds an observation: `features` (one for each unknown) and what they should give.
    pub(crate) fn add(&mut self, features: &[f32], targets: &[f32]) {
        self.waiting.extend_from_slice(features);
        self.waiting.extend_from_slice(targets);
        if self.waiting.len() == AT_ONCE * (self.unknowns + self.targets) {
            wide(
                #[inline(always)]
                || self.add_waiting(),
            );
        }
    }

    /// Adds the observations that wait to the sums.
    #[inline(always)]
    fn add_waiting(&mut self) {
        let (n, width) = (self.unknowns, self.unknowns + self.targets);
        // Those that are not there are zeros.
        self.waiting.resize(AT_ONCE * width, 0.0);
        let rows: [&[f32]; AT_ONCE] = std::array::from_fn(|i| &self.waiting[i * width..][..width]);
        for i in 0..n {
            add_products(&mut self.gram[i * n + i..(i + 1) * n], rows, i, i);
        }
        for (target, right) in self.right.chunks_exact_mut(n).enumerate() {
            add_products(right, rows, 0, n + target);
        }
        self.waiting.clear();
        self.pending += AT_ONCE;
        if self.pending >= BATCH {
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
    /// to the squared error. Unknowns that nothing tells about come out zero, and so does for each
    /// target the one that `without`, if there are as many, names.
    pub(crate) fn solve(mut self, ridge: f64, without: &[usize]) -> Vec<f32> {
        self.add_waiting();
        self.flush();
        let n = self.unknowns;
        let lower = cholesky(&self.total_gram, n, ridge);
        let mut solution = Vec::with_capacity(n * self.targets);
        for (target, right) in self.total_right.chunks_exact(n).enumerate() {
            let mut x = right.to_vec();
            substitute(&lower, &mut x);
            if let Some(&absent) = without.get(target) {
                // What holds one unknown at zero is a multiple of the inverse's column.
                let mut column = vec![0.0; n];
                column[absent] = 1.0;
                substitute(&lower, &mut column);
                let share = x[absent] / column[absent];
                x.iter_mut().zip(&column).for_each(|(x, column)| *x -= share * column);
                x[absent] = 0.0;
            }
            solution.extend(x.into_iter().map(|value| value as f32));
        }
        solution
    }
}

/// Adds to `sums` the products of each row, from the place `from` on, with what it has at `with`.
#[inline(always)]
fn add_products(sums: &mut [f32], rows: [&[f32]; AT_ONCE], from: usize, with: usize) {
    let n = sums.len();
    let [a, b, c, d] = rows;
    let factors = [a[with], b[with], c[with], d[with]];
    let (a, b, c, d) = (&a[from..][..n], &b[from..][..n], &c[from..][..n], &d[from..][..n]);
    for (i, sum) in sums.iter_mut().enumerate() {
        *sum += a[i] * factors[0] + b[i] * factors[1] + (c[i] * factors[2] + d[i] * factors[3]);
    }
}

/// Solves with a Cholesky factor, in place.
fn substitute(lower: &[f64], x: &mut [f64]) {
    let n = x.len();
    for i in 0..n {
        let known: f64 = (0..i).map(|j| lower[i * n + j] * x[j]).sum();
        x[i] = (x[i] - known) / lower[i * n + i];
    }
    for i in (0..n).rev() {
        // Row by row: columns of the factor are far apart in memory.
        x[i] /= lower[i * n + i];
        let (rest, last) = x.split_at_mut(i);
        rest.iter_mut().zip(&lower[i * n..]).for_each(|(x, factor)| *x -= factor * last[0]);
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
        for (found, truth) in problem.solve(1e-6, &[]).iter().zip(&truth) {
            assert!((found - truth).abs() < 1e-3, "{found} {truth}");
        }
    }

    #[test]
    fn an_unknown_that_is_left_out_is_as_if_it_were_not_there() {
        let mut prng = SplitMix64::new(3);
        let mut uniform = || (prng.next_u64() % 2001) as f32 / 1000.0 - 1.0;
        let (mut whole, mut parts) =
            (LeastSquares::new(5, 2), [0, 1].map(|_| LeastSquares::new(4, 1)));
        for _ in 0..90 {
            let f: [f32; 5] = std::array::from_fn(|_| uniform());
            let targets = [f[0] + f[3] + 0.2 * uniform(), f[1] - f[4] + 0.2 * uniform()];
            whole.add(&f, &targets);
            parts[0].add(&[f[0], f[1], f[2], f[4]], &targets[..1]);
            parts[1].add(&f[..4], &targets[1..]);
        }
        let whole = whole.solve(0.5, &[3, 4]);
        let [first, second] = parts.map(|part| part.solve(0.5, &[]));
        let expected: Vec<f32> = [&first[..3], &[0.0], &first[3..], &second[..], &[0.0]].concat();
        for (found, expected) in whole.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
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
            let map = problem.solve(0.01, &[]);
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
        let solution = problem.solve(1e-9, &[]);
        assert!((solution[0] - 3.0).abs() < 1e-3 && solution[1] == 0.0);
    }
}
