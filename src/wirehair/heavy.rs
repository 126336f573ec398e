//! The heavy rows: six equations over GF(256) for the few unknowns that the binary equations leave
//! free. Random binary equations often lack a few to the full rank; equations over a large field
//! hardly ever do.

use super::gf256::{inverse, multiply};
use super::params::{HEAVY_ROWS, Params};
use super::system::System;
use super::tables::HEAVY;

/// Coefficients of the last mixing columns, so far as binary equations determine these.
pub(super) type Coefficients = [u8; HEAVY[0].len()];

/// The free unknowns, as the heavy rows determine them.
#[derive(Clone, Debug)]
pub(super) struct Heavy {
    /// Free unknowns, and what they are sums of.
    pub(super) free: Vec<(usize, Coefficients)>,
    /// Sums that have to be zero.
    pub(super) checks: Vec<Coefficients>,
    /// The equations that give the last mixing columns their values.
    pub(super) equations: Vec<Option<u16>>,
}

/// A heavy row: coefficients of the free unknowns, and the others.
#[derive(Clone, Copy)]
struct Row {
    free: [u8; HEAVY_ROWS],
    rest: Coefficients,
}

impl Row {
    /// Adds another row, times a factor.
    fn add(&mut self, factor: u8, other: &Self) {
        let to = self.free.iter_mut().chain(&mut self.rest);
        let from = other.free.iter().chain(&other.rest);
        to.zip(from).for_each(|(to, from)| *to ^= multiply(factor, *from));
    }
}

impl Heavy {
    /// `None` if more unknowns are free than the heavy rows determine.
    pub(super) fn new(params: &Params, system: &System) -> Option<Self> {
        let pivots = system.pivots();
        let free: Vec<usize> = (0..pivots.len()).filter(|at| pivots[*at].is_none()).collect();
        if free.len() > HEAVY_ROWS {
            return None;
        }
        let first = pivots.len() - params.heavy_columns();
        let mut rows = HEAVY.map(|heavy| row(system, &free, first, &heavy));
        for at in 0..free.len() {
            let pivot = (at..HEAVY_ROWS).find(|row| rows[*row].free[at] != 0)?;
            rows.swap(at, pivot);
            let factor = inverse(rows[at].free[at]) ^ 1;
            let unscaled = rows[at];
            rows[at].add(factor, &unscaled);
            let scaled = rows[at];
            for other in (0..HEAVY_ROWS).filter(|other| *other != at) {
                let factor = rows[other].free[at];
                rows[other].add(factor, &scaled);
            }
        }
        let (solved, checks) = rows.split_at(free.len());
        let checks = checks.iter().map(|row| row.rest).collect();
        let free = free.into_iter().zip(solved.iter().map(|row| row.rest)).collect();
        Some(Self { free, checks, equations: pivots[first..].to_vec() })
    }
}

/// A heavy row, the determined unknowns replaced by their equations.
fn row(system: &System, free: &[usize], first: usize, heavy: &Coefficients) -> Row {
    let mut row = Row { free: [0; HEAVY_ROWS], rest: [0; HEAVY[0].len()] };
    for (at, (pivot, factor)) in system.pivots()[first..].iter().zip(heavy).enumerate() {
        if pivot.is_some() {
            row.rest[at] = *factor;
        }
        for (sum, unknown) in row.free.iter_mut().zip(free) {
            let held = pivot.map_or(first + at == *unknown, |pivot| system.has(pivot, *unknown));
            *sum ^= if held { *factor } else { 0 };
        }
    }
    row
}
