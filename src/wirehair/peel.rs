//! Peeling: the order in which the rows give the peel columns, one column a row.
//!
//! A row with one unknown column settles it, and so may leave other rows with one. Where no row has
//! one, some column is put aside as *inactive*: as if it were known, to be found at the end. Most
//! rows are so short that a few inactive columns, some sqrt(N), are enough.

use super::rows::{ByColumn, Rows};

/// Candidates for an inactive column that are compared.
const COMPARED: usize = 32;

/// The outcome.
#[derive(Clone, Debug, Default)]
pub(super) struct Peeling {
    /// Rows and the columns that they settle, in an order in which that is possible.
    pub(super) settled: Vec<(u16, u16)>,
    /// Columns that were put aside.
    pub(super) inactive: Vec<u16>,
    /// Rows that settle nothing.
    pub(super) left_over: Vec<u16>,
}

/// Peels all of `columns` peel columns; gives up beyond `most` inactive ones.
pub(super) fn peel(rows: &Rows, columns: usize, most: usize) -> Option<Peeling> {
    let mut state = State::new(rows, columns);
    while state.outcome.settled.len() + state.outcome.inactive.len() < columns {
        if let Some(row) = state.ready.pop() {
            let unknown = |column: &&u16| !state.known[usize::from(**column)];
            // The column may have been settled by another row since.
            if let Some(column) = rows.peel(row.into()).iter().find(unknown).copied() {
                state.outcome.settled.push((row, column));
                state.settles[usize::from(row)] = true;
                state.know(column);
            }
        } else {
            let column = state.choose()?;
            state.outcome.inactive.push(column);
            state.know(column);
            if state.outcome.inactive.len() > most {
                return None;
            }
        }
    }
    let State { settles, mut outcome, .. } = state;
    let left_over = settles.iter().enumerate().filter(|(_, settles)| !**settles);
    outcome.left_over = left_over.map(|(row, _)| row as u16).collect();
    Some(outcome)
}

struct State<'a> {
    rows: &'a Rows,
    by_column: ByColumn,
    /// Unknown columns of each row.
    unknown: Vec<u8>,
    settles: Vec<bool>,
    known: Vec<bool>,
    /// How many rows have this column and one other unknown one: each would settle that one.
    pairs: Vec<u16>,
    /// Columns by their pairs; a column that has got more since is in a later list too.
    by_pairs: Vec<Vec<u16>>,
    /// Rows that may settle a column.
    ready: Vec<u16>,
    outcome: Peeling,
}

impl<'a> State<'a> {
    fn new(rows: &'a Rows, columns: usize) -> Self {
        let unknown: Vec<u8> = (0..rows.len()).map(|row| rows.peel(row).len() as u8).collect();
        let mut new = Self {
            rows,
            by_column: rows.by_column(),
            settles: vec![false; rows.len()],
            known: vec![false; columns],
            pairs: vec![0; columns],
            by_pairs: vec![(0..columns as u16).collect()],
            ready: Vec::new(),
            outcome: Peeling::default(),
            unknown,
        };
        (0..rows.len() as u32).for_each(|row| new.look_at(row as u16));
        new
    }

    /// Notes what a row can do now.
    fn look_at(&mut self, row: u16) {
        match self.unknown[usize::from(row)] {
            1 => self.ready.push(row),
            2 => self.count_pair(row),
            _ => {}
        }
    }

    /// Counts a row of two unknown columns for both.
    fn count_pair(&mut self, row: u16) {
        let rows = self.rows;
        for column in rows.peel(row.into()) {
            if self.known[usize::from(*column)] {
                continue;
            }
            let pairs = &mut self.pairs[usize::from(*column)];
            *pairs += 1;
            let pairs = usize::from(*pairs);
            if self.by_pairs.len() <= pairs {
                self.by_pairs.resize(pairs + 1, Vec::new());
            }
            self.by_pairs[pairs].push(*column);
        }
    }

    /// A column is settled, or inactive.
    fn know(&mut self, column: u16) {
        self.known[usize::from(column)] = true;
        for at in 0..self.by_column.rows(column).len() {
            let row = self.by_column.rows(column)[at];
            self.unknown[usize::from(row)] -= 1;
            self.look_at(row);
        }
    }

    /// The unknown column that helps most: one with most pairs, and of some such ones that with
    /// most rows.
    fn choose(&mut self) -> Option<u16> {
        while !self.by_pairs.is_empty() {
            let pairs = self.by_pairs.len() - 1;
            let list = self.by_pairs.last_mut()?;
            let current = |column: &u16| {
                !self.known[usize::from(*column)]
                    && usize::from(self.pairs[usize::from(*column)]) == pairs
            };
            while list.pop_if(|column| !current(column)).is_some() {}
            let from = list.len().saturating_sub(COMPARED);
            let candidates = list[from..].iter().filter(|column| current(column));
            if let Some(best) = candidates.max_by_key(|column| self.by_column.rows(**column).len())
            {
                return Some(*best);
            }
            self.by_pairs.pop();
        }
        None
    }
}
