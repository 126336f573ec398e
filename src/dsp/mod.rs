//! Arithmetic on rasters that several layers share, and that knows nothing of them: slowly varying
//! fields ([`Field`]), one number a tile ([`Plane`]), trained linear filters over neighbours
//! ([`Filter`]), least squares ([`LeastSquares`]), the little algebra of three unknowns, and sorting by a number.

mod field;
mod filter;
mod linear;
mod matrix;
mod order;
mod plane;

pub(crate) use field::Field;
pub(crate) use filter::{Filter, square};
pub(crate) use linear::{LeastSquares, explained};
pub(crate) use matrix::Matrix3;
pub(crate) use order::sort_by_number;
pub(crate) use plane::Plane;

/// Where the parabola through three values at -1, 0 and 1 has its peak, if `best`, in the middle,
/// is the largest: a place between samples, -0.5 to 0.5.
pub(crate) fn peak(before: f64, best: f64, after: f64) -> f64 {
    // A flat top has its peak in the middle.
    0.5 * (before - after) / (before - 2.0 * best + after).min(-1e-9)
}

#[cfg(test)]
mod tests {
    use super::peak;

    #[test]
    fn a_peak_lies_between_samples() {
        let parabola = |x: f64| 3.0 - 2.0 * (x - 0.3) * (x - 0.3);
        let found = peak(parabola(-1.0), parabola(0.0), parabola(1.0));
        assert!((found - 0.3).abs() < 1e-9);
        assert_eq!(peak(1.0, 1.0, 1.0), 0.0);
    }
}
