//! 3x3 matrices.

/// A 3x3 matrix, row by row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix3(pub [[f64; 3]; 3]);

impl Matrix3 {
    /// The signed determinant of what is left without row `r` and column `c`.
    fn cofactor(&self, r: usize, c: usize) -> f64 {
        let m = &self.0;
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    }

    /// The determinant.
    pub(crate) fn determinant(&self) -> f64 {
        (0..3).map(|c| self.0[0][c] * self.cofactor(0, c)).sum()
    }

    /// The inverse; `None` if there is none, or the determinant is too small to divide by.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let determinant = self.determinant();
        let usable = determinant.is_finite() && determinant.abs() > f64::MIN_POSITIVE;
        usable.then(|| {
            let entry = |r: usize, c: usize| self.cofactor(c, r) / determinant;
            Self(std::array::from_fn(|r| std::array::from_fn(|c| entry(r, c))))
        })
    }

    /// The product with a matrix on the right.
    pub(crate) fn product(&self, right: &Self) -> Self {
        let entry = |row: &[f64; 3], c: usize| (0..3).map(|k| row[k] * right.0[k][c]).sum();
        Self(self.0.map(|row| std::array::from_fn(|c| entry(&row, c))))
    }

    /// The product with a column on the right.
    pub(crate) fn apply(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        self.0.map(|[a, b, c]| a * x + b * y + c * z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_inverse_undoes(
            rows in prop::array::uniform3(prop::array::uniform3(-2.0..2.0f64)), x: [i8; 3],
        ) {
            let mut matrix = Matrix3(rows);
            (0..3).for_each(|i| matrix.0[i][i] += 7.0);
            let inverse = matrix.inverse().unwrap();
            let x = x.map(f64::from);
            let back = inverse.apply(matrix.apply(x));
            let same = matrix.product(&inverse).apply(x);
            for i in 0..3 {
                prop_assert!((back[i] - x[i]).abs() < 1e-9 && (same[i] - x[i]).abs() < 1e-9);
            }
            prop_assert!((matrix.determinant() * inverse.determinant() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn some_matrices_have_no_inverse() {
        assert!(Matrix3([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 0.0]]).inverse().is_none());
        assert!(Matrix3([[f64::NAN; 3]; 3]).inverse().is_none());
    }
}
