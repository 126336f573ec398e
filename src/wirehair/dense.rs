//! The dense rows. Half of the peel columns are in each of them, drawn in such a way that two rows
//! that follow each other differ in two columns: so a running sum makes all of them by some 2.5
//! additions a column, whatever their number.

use super::params::Params;
use super::random::Pcg;
use super::tables::SQUARE_SEEDS;

/// One step of the running sum.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A new group of columns: the sum is nothing.
    Restart,
    /// Adds a column to the sum, or takes it out.
    Flip(u16),
    /// Adds the sum to a dense row.
    Give(u16),
}

/// What is summed: masks, or blocks.
pub(super) trait Sums {
    /// Takes a step.
    fn take(&mut self, step: Step);
}

/// Goes through all steps of the dense rows' part on the peel columns.
pub(super) fn sum(params: &Params, sums: &mut impl Sums) {
    let dense = params.dense;
    let mut random = Pcg::new(params.dense_seed.into(), 0);
    let (mut rows, mut bits) = (vec![0; dense], vec![0; dense]);
    let half = dense.div_ceil(2);
    for base in (0..params.n).step_by(dense) {
        let columns = (params.n - base).min(dense);
        // Columns beyond the last one are left out; what is drawn for them stays the same.
        let flip = |sums: &mut _, column: u16| {
            if usize::from(column) < columns {
                Sums::take(sums, Step::Flip(base as u16 + column));
            }
        };
        random.shuffle(&mut rows);
        random.shuffle(&mut bits);
        let mut rows = rows.iter().copied();
        sums.take(Step::Restart);
        bits[..half].iter().for_each(|column| flip(sums, *column));
        rows.by_ref().take(1).for_each(|row| sums.take(Step::Give(row)));
        for count in [dense / 2, half - 1] {
            random.shuffle(&mut bits);
            let pairs = bits.iter().zip(&bits[half..]);
            for ((a, b), row) in pairs.zip(rows.by_ref().take(count)) {
                flip(sums, *a);
                flip(sums, *b);
                sums.take(Step::Give(row));
            }
        }
    }
}

/// The rows of the dense rows' part on the dense mixing columns, as words, the first column in the
/// lowest bit.
pub(super) fn square(params: &Params) -> Vec<Vec<u64>> {
    let seed = SQUARE_SEEDS.get(params.dense).copied().unwrap_or_default();
    let mut random = Pcg::new(seed.into(), 0);
    let row = |_| {
        let mut row: Vec<u64> = (0..params.dense.div_ceil(64)).map(|_| random.next_u64()).collect();
        if let Some(last) = row.last_mut() {
            *last &= u64::MAX >> (64 * params.dense.div_ceil(64) - params.dense);
        }
        row
    };
    (0..params.dense).map(row).collect()
}
