//! Linear algebra over GF(2^8): which rows are independent, and what solves them.

use super::field::{div, mul_slice_xor};

/// Rows that are independent, each with a one where those after it have zeros.
#[derive(Default)]
pub(super) struct Echelon(Vec<(usize, Vec<u8>)>);

impl Echelon {
    /// What is left of a row without its part in the span of the others.
    fn rest(&self, mut row: Vec<u8>) -> Vec<u8> {
        for (pivot, known) in &self.0 {
            let factor = row.get(*pivot).copied().unwrap_or(0);
            if factor != 0 {
                mul_slice_xor(factor, known, &mut row);
            }
        }
        row
    }

    /// Whether a row is in the span of the others.
    pub(super) fn contains(&self, row: &[u8]) -> bool {
        self.rest(row.to_vec()).iter().all(|value| *value == 0)
    }

    /// Rows.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a row; false if it is in the span of the others.
    pub(super) fn add(&mut self, row: Vec<u8>) -> bool {
        let mut rest = self.rest(row);
        let Some(pivot) = rest.iter().position(|value| *value != 0) else { return false };
        let leading = rest.get(pivot).copied().unwrap_or(1);
        rest.iter_mut().for_each(|value| *value = div(*value, leading));
        self.0.push((pivot, rest));
        true
    }
}

/// Makes the first `width` columns of as many independent rows those of the unit matrix.
pub(super) fn eliminate(rows: &mut [Vec<u8>], width: usize) {
    for column in 0..width {
        let value = |row: &Vec<u8>| row.get(column).copied().unwrap_or(0);
        let Some(at) = rows.iter().skip(column).position(|row| value(row) != 0) else { return };
        rows.swap(column, column + at);
        let Some(mut pivot) = rows.get_mut(column).map(std::mem::take) else { return };
        let leading = value(&pivot);
        pivot.iter_mut().for_each(|byte| *byte = div(*byte, leading));
        for row in rows.iter_mut() {
            let factor = value(row);
            if factor != 0 && row.len() == pivot.len() {
                mul_slice_xor(factor, &pivot, row);
            }
        }
        if let Some(row) = rows.get_mut(column) {
            *row = pivot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prng::SplitMix64;
    use proptest::prelude::*;
    use reed_solomon_erasure::galois_8::mul;

    proptest! {
        #[test]
        fn what_is_independent_is_solved(width in 1usize..20, more in 0usize..5, seed: u64) {
            let mut prng = SplitMix64::new(seed);
            let mut byte = || prng.next_u64() as u8;
            let wanted: Vec<u8> = (0..width).map(|_| byte()).collect();
            let (mut echelon, mut rows) = (Echelon::default(), Vec::new());
            // Small values, so that some rows are like others.
            for _ in 0..4 * (width + more) {
                let row: Vec<u8> = (0..width).map(|_| byte() & 1).collect();
                let sum = row.iter().zip(&wanted).fold(0, |sum, (a, b)| sum ^ mul(*a, *b));
                let is_known = echelon.contains(&row);
                prop_assert_eq!(echelon.add(row.clone()), !is_known);
                if !is_known {
                    rows.push([row, vec![sum]].concat());
                }
            }
            prop_assert_eq!(rows.len(), echelon.len());
            if rows.len() == width {
                eliminate(&mut rows, width);
                let found: Vec<u8> = rows.iter().map(|row| row[width]).collect();
                prop_assert_eq!(found, wanted);
            }
        }
    }
}
