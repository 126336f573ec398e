//! The system without any block: which equations are left once the settled columns are expressed
//! by the unknowns, inactive and mixing columns, and how these equations are solved.

use super::bits::{Bits, add};
use super::dense::{self, Step, Sums};
use super::params::Params;
use super::peel::Peeling;
use super::rows::Rows;

/// Redundant equations that are kept, to be checked.
const MAX_CHECKS: usize = 64;

/// What an equation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It determines an unknown more.
    Rank,
    /// It follows from others; it may show that blocks contradict each other.
    Check,
    /// It follows from others, and is dropped.
    Nothing,
}

/// The equations over the unknowns, solved as far as they go.
///
/// Row `e` of `equations` belongs to equation `e`: first its mask of unknowns, then the record of
/// the original equations whose sum it is. Equations with a pivot have it to themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct System {
    pub(super) peeling: Peeling,
    /// Unknowns: inactive columns, then mixing columns.
    unknowns: usize,
    /// The unknowns in each peel column.
    masks: Bits,
    equations: Bits,
    mask_words: usize,
    /// The blocks' rows among the equations, after the dense ones.
    pub(super) block_rows: Vec<u16>,
    /// The equation that determines each unknown.
    pivots: Vec<Option<u16>>,
    /// Equations that have come to nothing: so has to come the sum of their blocks.
    pub(super) checks: Vec<u16>,
}

impl System {
    /// The system of these rows.
    pub(super) fn new(params: &Params, rows: &Rows, mut peeling: Peeling) -> Self {
        let unknowns = peeling.inactive.len() + params.mixing;
        let left_over = std::mem::take(&mut peeling.left_over);
        let mask_words = unknowns.div_ceil(64);
        let record_words = (params.dense + left_over.len()).div_ceil(64) + 1;
        let mut new = Self {
            masks: masks(params, rows, &peeling, mask_words),
            equations: Bits::zeros(params.dense, mask_words + record_words),
            pivots: vec![None; unknowns],
            block_rows: Vec::new(),
            checks: Vec::new(),
            peeling,
            unknowns,
            mask_words,
        };
        new.dense_equations(params);
        for row in left_over {
            new.add(rows, row);
        }
        new
    }

    fn dense_equations(&mut self, params: &Params) {
        let run = vec![0; self.mask_words];
        let (masks, equations) = (&self.masks, &mut self.equations);
        dense::sum(params, &mut MaskSums { masks, run, equations });
        let inactive = self.peeling.inactive.len();
        for (row, square) in dense::square(params).iter().enumerate() {
            let columns = (0..params.dense).filter(|bit| square[bit / 64] >> (bit % 64) & 1 == 1);
            columns.for_each(|column| self.equations.flip(row, inactive + column));
            self.equations.flip(row, self.mask_words * 64 + row);
            // A dense row that follows from others says nothing of blocks.
            if self.eliminate(row) == Effect::Check {
                self.checks.push(row as u16);
            }
        }
    }

    /// Adds the equation of a block's row.
    pub(super) fn add(&mut self, rows: &Rows, row: u16) -> Effect {
        let equation = self.equations.len();
        let record = self.mask_words * 64 + equation;
        if record >= self.equations.pitch() * 64 {
            self.equations.widen();
        }
        self.equations.push();
        let mask = self.equations.row_mut(equation);
        for column in rows.peel(row.into()) {
            add(mask, self.masks.row((*column).into()));
        }
        for column in rows.mixing(row.into()) {
            self.equations.flip(equation, self.peeling.inactive.len() + usize::from(column));
        }
        self.equations.flip(equation, record);
        match self.eliminate(equation) {
            Effect::Check if self.checks.len() < MAX_CHECKS => {
                self.checks.push(equation as u16);
                self.block_rows.push(row);
                Effect::Check
            }
            Effect::Rank => {
                self.block_rows.push(row);
                Effect::Rank
            }
            _ => {
                self.equations.pop();
                Effect::Nothing
            }
        }
    }

    /// Takes the pivots out of the last equation, and its own pivot, if it has one, out of all.
    fn eliminate(&mut self, equation: usize) -> Effect {
        for unknown in 0..self.unknowns {
            if let Some(pivot) = self.pivots[unknown]
                && self.equations.get(equation, unknown)
            {
                self.equations.add(equation, pivot.into());
            }
        }
        let Some(own) = (0..self.unknowns).find(|at| self.equations.get(equation, *at)) else {
            return Effect::Check;
        };
        for pivot in self.pivots.iter().flatten() {
            if self.equations.get((*pivot).into(), own) {
                self.equations.add((*pivot).into(), equation);
            }
        }
        self.pivots[own] = Some(equation as u16);
        Effect::Rank
    }

    /// Forgets what only further equations need.
    pub(super) fn close(&mut self) {
        self.masks = Bits::default();
    }

    /// Equations that are there.
    pub(super) fn len(&self) -> usize {
        self.equations.len()
    }

    /// The unknowns, each with the equation that determines it.
    pub(super) fn pivots(&self) -> &[Option<u16>] {
        &self.pivots
    }

    /// Whether the equation has the unknown.
    pub(super) fn has(&self, equation: u16, unknown: usize) -> bool {
        self.equations.get(equation.into(), unknown)
    }

    /// Which of the original equations from `first` on, `count` of them, are in an equation.
    pub(super) fn record(&self, equation: usize, first: usize, count: usize) -> usize {
        self.equations.field(equation, self.mask_words * 64 + first, count)
    }
}

/// The unknowns in each peel column.
fn masks(params: &Params, rows: &Rows, peeling: &Peeling, words: usize) -> Bits {
    let mut masks = Bits::zeros(params.n, words);
    for (unknown, column) in peeling.inactive.iter().enumerate() {
        masks.flip((*column).into(), unknown);
    }
    for (row, settled) in &peeling.settled {
        for column in rows.peel((*row).into()) {
            masks.add((*settled).into(), (*column).into());
        }
        for column in rows.mixing((*row).into()) {
            masks.flip((*settled).into(), peeling.inactive.len() + usize::from(column));
        }
    }
    masks
}

/// The dense rows' masks.
struct MaskSums<'a> {
    masks: &'a Bits,
    run: Vec<u64>,
    equations: &'a mut Bits,
}

impl Sums for MaskSums<'_> {
    fn take(&mut self, step: Step) {
        match step {
            Step::Restart => self.run.fill(0),
            Step::Flip(column) => add(&mut self.run, self.masks.row(column.into())),
            Step::Give(row) => add(self.equations.row_mut(row.into()), &self.run),
        }
    }
}
