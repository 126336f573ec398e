//! Where pictures are on a page: matrices of ISO 32000-1, 8.3.3.

/// `x' = a x + c y + e`, `y' = b x + d y + f`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const ONE: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// Of the numbers of an operator.
    pub(super) fn of(numbers: &[f64]) -> Option<Self> {
        let numbers = <[f64; 6]>::try_from(numbers).ok()?;
        numbers.iter().all(|number| number.abs() < 1e9).then_some(Self(numbers))
    }

    /// This one first, then another.
    pub(super) fn then(self, other: Self) -> Self {
        let ([a, b, c, d, e, f], [p, q, r, s, t, u]) = (self.0, other.0);
        Self([
            a * p + b * r,
            a * q + b * s,
            c * p + d * r,
            c * q + d * s,
            e * p + f * r + t,
            e * q + f * s + u,
        ])
    }

    pub(super) fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// What undoes it; `None` if nothing does.
    pub(super) fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f] = self.0;
        let area = self.area();
        let inverse = [d, -b, -c, a, c * f - d * e, b * e - a * f].map(|number| number / area);
        inverse.iter().all(|number| number.is_finite()).then_some(Self(inverse))
    }

    /// The area of what is a square of side 1 before; negative if it is mirrored.
    pub(super) fn area(&self) -> f64 {
        let [a, b, c, d, ..] = self.0;
        a * d - b * c
    }

    /// The lengths of its sides.
    pub(super) fn sides(&self) -> (f64, f64) {
        let [a, b, c, d, ..] = self.0;
        (a.hypot(b), c.hypot(d))
    }

    /// The least and largest coordinates of that square.
    pub(super) fn bounds(&self) -> [f64; 4] {
        let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
        let corners = corners.map(|(x, y)| self.apply(x, y));
        let fold = |of: fn(&(f64, f64)) -> f64, choose: fn(f64, f64) -> f64| {
            corners.iter().map(of).reduce(choose).unwrap_or_default()
        };
        [
            fold(|corner| corner.0, f64::min),
            fold(|corner| corner.1, f64::min),
            fold(|corner| corner.0, f64::max),
            fold(|corner| corner.1, f64::max),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_follow_each_other_and_are_undone() {
        let turn = Matrix([0.0, 2.0, -3.0, 0.0, 5.0, 7.0]);
        let both = Matrix([1.0, 0.0, 0.0, 1.0, 1.0, 0.0]).then(turn);
        assert_eq!(both.apply(1.0, 1.0), turn.apply(2.0, 1.0));
        let undone = both.then(both.inverse().unwrap());
        let (x, y) = undone.apply(0.3, 0.7);
        assert!((x - 0.3).abs() < 1e-12 && (y - 0.7).abs() < 1e-12);
        assert_eq!(turn.area(), 6.0);
        assert_eq!(turn.sides(), (2.0, 3.0));
        assert_eq!(turn.bounds(), [2.0, 7.0, 5.0, 9.0]);
        assert_eq!(Matrix([1.0, 2.0, 2.0, 4.0, 0.0, 0.0]).inverse(), None);
    }
}
