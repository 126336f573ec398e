//! Rows of blocks, side by side, and the rows of each column.

use super::params::{MIXED, Params};

/// Rows in the order they came in.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    peel: Vec<u16>,
    ends: Vec<u32>,
    mixing: Vec<[u16; MIXED]>,
    /// How many rows hold each peel column.
    holders: Vec<u32>,
    /// Peel columns that are in no row.
    bare: usize,
}

impl Rows {
    /// No rows of this system yet.
    pub(super) fn new(params: &Params) -> Self {
        Self { holders: vec![0; params.n], bare: params.n, ..Self::default() }
    }

    /// Appends the row of a block.
    pub(super) fn push(&mut self, params: &Params, id: u16) {
        let start = self.peel.len();
        self.mixing.push(params.row(id, &mut self.peel));
        self.ends.push(self.peel.len() as u32);
        for column in &self.peel[start..] {
            let holders = &mut self.holders[usize::from(*column)];
            self.bare -= usize::from(*holders == 0);
            *holders += 1;
        }
    }

    /// Removes the last row.
    pub(super) fn pop(&mut self) {
        let Some(row) = self.len().checked_sub(1) else { return };
        let start = self.start(row);
        for column in self.peel.drain(start..) {
            let holders = &mut self.holders[usize::from(column)];
            *holders -= 1;
            self.bare += usize::from(*holders == 0);
        }
        self.ends.pop();
        self.mixing.pop();
    }

    /// Rows that are there.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Peel columns that are in no row.
    pub(super) fn bare(&self) -> usize {
        self.bare
    }

    fn start(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }

    /// The peel columns of a row.
    pub(super) fn peel(&self, row: usize) -> &[u16] {
        &self.peel[self.start(row)..self.ends[row] as usize]
    }

    /// The mixing columns of a row.
    pub(super) fn mixing(&self, row: usize) -> [u16; MIXED] {
        self.mixing[row]
    }

    /// The rows of each peel column.
    pub(super) fn by_column(&self) -> ByColumn {
        let mut ends = vec![0; self.holders.len() + 1];
        let mut total = 0;
        for (end, holders) in ends[1..].iter_mut().zip(&self.holders) {
            *end = total;
            total += holders;
        }
        let mut rows = vec![0; self.peel.len()];
        for row in 0..self.len() {
            for column in self.peel(row) {
                let end = &mut ends[usize::from(*column) + 1];
                rows[*end as usize] = row as u16;
                *end += 1;
            }
        }
        ByColumn { ends, rows }
    }
}

/// The rows of each peel column.
pub(super) struct ByColumn {
    /// Where the rows of the column before end.
    ends: Vec<u32>,
    rows: Vec<u16>,
}

impl ByColumn {
    /// The rows that hold a column.
    pub(super) fn rows(&self, column: u16) -> &[u16] {
        let column = usize::from(column);
        &self.rows[self.ends[column] as usize..self.ends[column + 1] as usize]
    }
}
