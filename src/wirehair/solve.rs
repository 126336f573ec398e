//! The blocks' way through a system that is solved: only here are blocks added.

use super::dense::{self, Step, Sums};
use super::gf256::combine;
use super::heavy::{Coefficients, Heavy};
use super::params::Params;
use super::rows::Rows;
use super::store::{Store, add};
use super::system::System;

/// Blocks contradict each other: at least one of them is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contradiction;

/// A system that is solved, and the blocks of its rows.
pub(super) struct Solver<'a> {
    pub(super) params: &'a Params,
    pub(super) rows: &'a Rows,
    pub(super) blocks: &'a Store,
    pub(super) system: &'a System,
    pub(super) heavy: &'a Heavy,
}

impl Solver<'_> {
    /// All columns.
    pub(super) fn columns(&self) -> Result<Store, Contradiction> {
        let mut columns = Store::zeros(self.params.columns(), self.blocks.block_bytes());
        self.forward(&mut columns);
        let sides = self.right_sides(&columns);
        let values = self.through_record(&sides);
        drop(sides);
        self.check(&values)?;
        self.unknowns(&values, &mut columns);
        self.backward(&mut columns);
        Ok(columns)
    }

    /// The settled columns, as they would be if all unknowns were zero.
    fn forward(&self, columns: &mut Store) {
        for (row, column) in &self.system.peeling.settled {
            let first = self.blocks.get((*row).into());
            columns.set((*column).into(), first, self.others(*row, *column));
        }
    }

    /// The settled columns, now that the unknowns are known.
    fn backward(&self, columns: &mut Store) {
        for (row, column) in &self.system.peeling.settled {
            let mixing = self.rows.mixing((*row).into()).into_iter();
            let mixing = mixing.map(|column| self.params.n + usize::from(column));
            let all = self.others(*row, *column).chain(mixing);
            columns.set((*column).into(), self.blocks.get((*row).into()), all);
        }
    }

    /// The peel columns of a row without the one that it settles.
    fn others(&self, row: u16, settled: u16) -> impl Iterator<Item = usize> {
        let columns = self.rows.peel(row.into()).iter();
        columns.filter(move |column| **column != settled).map(|column| usize::from(*column))
    }

    /// What the equations' masks of unknowns are equal to.
    fn right_sides(&self, columns: &Store) -> Store {
        let mut sides = Store::zeros(self.system.len(), self.blocks.block_bytes());
        let (run, pending) = (sides.scratch(), Vec::new());
        dense::sum(self.params, &mut BlockSums { columns, run, pending, sides: &mut sides });
        for (row, side) in self.system.block_rows.iter().zip(self.params.dense..) {
            let side = sides.get_mut(side);
            side.copy_from_slice(self.blocks.get((*row).into()));
            add(side, self.rows.peel((*row).into()).iter().map(|at| columns.get((*at).into())));
        }
        sides
    }

    /// The right sides of the solved equations: sums of the others, some at a time, of which all
    /// sums are made first ("the method of the four Russians").
    fn through_record(&self, sides: &Store) -> Store {
        let count = sides.len();
        let window = (1..=8).min_by_key(|bits| ((1 << bits) + count) * 840 / bits).unwrap_or(1);
        let mut values = Store::zeros(count, self.blocks.block_bytes());
        let mut sums = Store::zeros(1 << window, self.blocks.block_bytes());
        for first in (0..count).step_by(window) {
            let width = window.min(count - first);
            for at in 1..1usize << width {
                let last = first + at.trailing_zeros() as usize;
                sums.set_sum(at, at & (at - 1), sides.get(last));
            }
            for equation in 0..count {
                match self.system.record(equation, first, width) {
                    0 => {}
                    at => add(values.get_mut(equation), std::iter::once(sums.get(at))),
                }
            }
        }
        values
    }

    /// Whether what has to be zero is.
    fn check(&self, values: &Store) -> Result<(), Contradiction> {
        let zero = |block: &[u8]| block.iter().all(|byte| *byte == 0);
        let mut sum = values.scratch();
        let binary = self.system.checks.iter().all(|at| zero(values.get((*at).into())));
        let heavy = self.heavy.checks.iter().all(|check| {
            self.weigh(&mut sum, check, values);
            zero(&sum)
        });
        if binary && heavy { Ok(()) } else { Err(Contradiction) }
    }

    /// A sum of the last mixing columns.
    fn weigh(&self, sum: &mut [u8], coefficients: &Coefficients, values: &Store) {
        let terms = self.heavy.equations.iter().zip(coefficients);
        let terms = terms.filter_map(|(at, factor)| Some((*factor, values.get((*at)?.into()))));
        combine(sum, &terms.collect::<Vec<_>>());
    }

    /// The unknowns: the free ones first, then those that depend on them.
    fn unknowns(&self, values: &Store, columns: &mut Store) {
        let inactive = &self.system.peeling.inactive;
        let column = |unknown: usize| match inactive.get(unknown) {
            Some(column) => usize::from(*column),
            None => self.params.n + unknown - inactive.len(),
        };
        let mut sum = columns.scratch();
        for (unknown, coefficients) in &self.heavy.free {
            self.weigh(&mut sum, coefficients, values);
            columns.get_mut(column(*unknown)).copy_from_slice(&sum);
        }
        for (unknown, pivot) in self.system.pivots().iter().enumerate() {
            let Some(pivot) = *pivot else { continue };
            sum.copy_from_slice(values.get(pivot.into()));
            let free = self.heavy.free.iter().map(|(free, _)| *free);
            let held = free.filter(|free| self.system.has(pivot, *free));
            add(&mut sum, held.map(|free| columns.get(column(free))));
            columns.get_mut(column(unknown)).copy_from_slice(&sum);
        }
    }
}

/// The dense rows' blocks.
struct BlockSums<'a> {
    columns: &'a Store,
    run: Vec<u8>,
    /// Columns that are still to be added to the running sum.
    pending: Vec<u16>,
    sides: &'a mut Store,
}

impl Sums for BlockSums<'_> {
    fn take(&mut self, step: Step) {
        match step {
            Step::Restart => self.run.fill(0),
            Step::Flip(column) => self.pending.push(column),
            Step::Give(row) => {
                let columns = self.pending.drain(..).map(|at| self.columns.get(at.into()));
                add(&mut self.run, columns);
                add(self.sides.get_mut(row.into()), std::iter::once(self.run.as_slice()));
            }
        }
    }
}
