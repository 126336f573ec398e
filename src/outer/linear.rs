//! Linear algebra over GF(2^8): which rows are independent, and what solves them.

use super::field::{div, mul_slice_xor};

/// Rows that are independent, each with a one where those after it have zeros.
#[derive(Debug, Default)]
pub(super) struct Echelon {
    /// Where each row begins, and the row from there on: before it are zeros.
    rows: Vec<(usize, Vec<u8>)>,
    bytes: usize,
    /// Products that it took.
    work: u64,
}

impl Echelon {
    /// Takes from a row its part in the span of the others; the products that it takes.
    fn reduce(&self, row: &mut [u8]) -> u64 {
        let mut work = 0;
        for (pivot, known) in &self.rows {
            let Some(rest) = row.get_mut(*pivot..) else { continue };
            let factor = rest.first().copied().unwrap_or(0);
            if factor != 0 && rest.len() == known.len() {
                mul_slice_xor(factor, known, rest);
                work += rest.len() as u64;
            }
        }
        work
    }

    /// Whether a row is in the span of the others.
    pub(super) fn contains(&self, row: &[u8]) -> bool {
        let mut rest = row.to_vec();
        self.reduce(&mut rest);
        rest.iter().all(|value| *value == 0)
    }

    /// Rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes that the rows take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Products that all its rows took, those that it did not keep as well.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// Adds a row; false if it is in the span of the others.
    pub(super) fn add(&mut self, mut row: Vec<u8>) -> bool {
        self.work += self.reduce(&mut row) + row.len() as u64;
        let Some(pivot) = row.iter().position(|value| *value != 0) else { return false };
        let mut rest = row.split_off(pivot);
        let leading = rest.first().copied().unwrap_or(1);
        rest.iter_mut().for_each(|value| *value = div(*value, leading));
        self.bytes += rest.len();
        self.rows.push((pivot, rest));
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
        // Columns before this one are done.
        let known = pivot.get(column..).unwrap_or_default();
        for row in rows.iter_mut() {
            let factor = value(row);
            let rest = row.get_mut(column..).unwrap_or_default();
            if factor != 0 && rest.len() == known.len() {
                mul_slice_xor(factor, known, rest);
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
    use crate::outer::field::mul;
    use crate::prng::SplitMix64;
    use proptest::prelude::*;

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
