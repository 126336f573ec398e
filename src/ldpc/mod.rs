//! The soft-decision code that everything in a frame is protected with: 5G NR LDPC, base graph 1
//! (3GPP TS 38.212 §5.3.2), with the first two column groups punctured and parity columns left
//! out from the end to reach the rate that is asked for.
//!
//! A leaf of the layer table: it knows bits and LLRs, not what they mean. [`crate::inner`] sends
//! packets through it, [`crate::modem`] the frame header.
//!
//! Notation: `Z` is the lifting size; a *column* is a group of `Z` bits; `k = 22 Z` information
//! bits; `n = (20 + parity) Z` coded bits, where `parity` is the number of parity columns, 4 to
//! 46. The coded bits are columns 2, 3, .. `21 + parity` in this order. Bits are bytes of value 0
//! or 1; LLRs are positive where 0 is the likelier bit.

mod decode;
mod encode;
mod tables;

pub use decode::Decoder;
pub(crate) use decode::{LLR_SCALE, quantise};
pub(crate) use tables::LIFTING_SIZES;

use tables::{BASE_GRAPH_1, SET_FACTORS};

/// Information columns of base graph 1.
pub(crate) const INFO_COLUMNS: usize = 22;
/// Columns at the front that are never sent (§5.4.2.1: the circular buffer starts at 2Z).
pub(crate) const PUNCTURED_COLUMNS: usize = 2;
/// Fewest parity columns: the core of the graph, rate 22/24.
pub(crate) const MIN_PARITY: u8 = 4;
/// Most parity columns: the whole graph, rate 1/3.
pub(crate) const MAX_PARITY: u8 = 46;

/// A non-zero entry of the base graph after lifting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    /// Column of the base graph.
    column: usize,
    /// Cyclic shift: row `r` of the circulant has its one in column `(r + shift) mod Z`.
    shift: usize,
}

/// One code: a lifting size and a number of parity columns.
#[derive(Clone, Debug)]
pub struct Code {
    lifting: usize,
    parity: usize,
    /// Rows of the lifted base graph, each a list of edges.
    rows: Vec<Vec<Edge>>,
}

impl Code {
    /// The code with lifting size `lifting` (one of [`LIFTING_SIZES`]) and `parity` columns
    /// ([`MIN_PARITY`] to [`MAX_PARITY`]); `None` for anything else.
    pub fn new(lifting: u16, parity: u8) -> Option<Self> {
        if !LIFTING_SIZES.contains(&lifting) || !(MIN_PARITY..=MAX_PARITY).contains(&parity) {
            return None;
        }
        let set = SET_FACTORS.iter().position(|&factor| {
            lifting.is_multiple_of(factor) && (lifting / factor).is_power_of_two()
        })?;
        let lift = |row: &tables::BaseRow| {
            row.iter()
                .map(|(column, shifts)| Edge {
                    column: usize::from(*column),
                    shift: usize::from(shifts[set] % lifting),
                })
                .collect()
        };
        let rows = BASE_GRAPH_1.iter().take(usize::from(parity)).map(lift).collect();
        Some(Self { lifting: usize::from(lifting), parity: usize::from(parity), rows })
    }

    /// Information bits, `k = 22 Z`.
    pub fn info_bits(&self) -> usize {
        INFO_COLUMNS * self.lifting
    }

    /// Coded bits that are sent, `n = (20 + parity) Z`.
    pub(crate) fn coded_bits(&self) -> usize {
        (INFO_COLUMNS - PUNCTURED_COLUMNS + self.parity) * self.lifting
    }

    /// Columns with the punctured ones.
    fn columns(&self) -> usize {
        INFO_COLUMNS + self.parity
    }
}

/// The number of parity columns whose rate `22 / (20 + columns)` is nearest to `rate`.
pub(crate) fn parity_for_rate(rate: f64) -> u8 {
    let columns = (INFO_COLUMNS as f64 / rate - 20.0).round();
    columns.clamp(f64::from(MIN_PARITY), f64::from(MAX_PARITY)) as u8
}

/// The rate `22 / (20 + parity)`.
pub fn rate_of_parity(parity: u8) -> f64 {
    INFO_COLUMNS as f64 / (20.0 + f64::from(parity))
}

#[cfg(test)]
mod tests;
