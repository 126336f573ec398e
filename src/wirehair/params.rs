//! What the number of blocks decides: the size of the system, its seeds, and so the row of every
//! block.

use super::random::Pcg;
use super::tables::{
    DENSE_POINTS, HEAVY, LARGE_DENSE_SEEDS, LARGE_PEEL_SEEDS, SMALL_DENSE_SEEDS, SMALL_PEEL_SEEDS,
    TINY_DENSE_COUNTS, TINY_DENSE_SEEDS, WEIGHT_LIMITS,
};

/// Fewest and most blocks of a message.
pub(crate) const BLOCKS: std::ops::RangeInclusive<usize> = 2..=64_000;
/// Rows over GF(256).
pub(super) const HEAVY_ROWS: usize = HEAVY.len();
/// Mixing columns of a block's row.
pub(super) const MIXED: usize = 3;
/// Most blocks of a message for which rows of one peel column are drawn apart.
const SINGLES_UP_TO: usize = 2048;
/// Random words below this give rows of one peel column.
const SINGLES: u32 = 33_554_431;

/// The system of a message of `n` blocks.
#[derive(Clone, Debug)]
pub(super) struct Params {
    /// Blocks of the message, which are as many as the peel columns.
    pub(super) n: usize,
    /// Dense rows, and dense mixing columns.
    pub(super) dense: usize,
    /// All mixing columns.
    pub(super) mixing: usize,
    /// Seed of the dense rows.
    pub(super) dense_seed: u16,
    /// Seed of the blocks' rows.
    pub(super) peel_seed: u8,
    peel_cycle: usize,
    mixing_cycle: usize,
}

impl Params {
    /// The system of a message of `size` bytes in blocks of `block` bytes; `None` if there is none.
    pub(super) fn of(size: usize, block: usize) -> Option<Self> {
        if block == 0 { None } else { Self::new(size.div_ceil(block)) }
    }

    /// `None` for a number of blocks that the code does not have.
    pub(super) fn new(n: usize) -> Option<Self> {
        if !BLOCKS.contains(&n) {
            return None;
        }
        let dense = dense_rows(n)?;
        let (dense_seed, peel_seed) = match n {
            0..=64 => (*TINY_DENSE_SEEDS.get(n)?, *SMALL_PEEL_SEEDS.get(n)?),
            65..=2047 => (u16::from(*SMALL_DENSE_SEEDS.get(n)?), *SMALL_PEEL_SEEDS.get(n)?),
            _ => (u16::from(*LARGE_DENSE_SEEDS.get(dense / 4)?), *LARGE_PEEL_SEEDS.get(n % 2048)?),
        };
        let mixing = dense + HEAVY_ROWS;
        let (peel_cycle, mixing_cycle) = (prime_from(n), prime_from(mixing));
        Some(Self { n, dense, mixing, dense_seed, peel_seed, peel_cycle, mixing_cycle })
    }

    /// All columns of the system.
    pub(super) fn columns(&self) -> usize {
        self.n + self.mixing
    }

    /// The last mixing columns, which the heavy rows have.
    pub(super) fn heavy_columns(&self) -> usize {
        self.mixing.min(HEAVY[0].len())
    }

    /// The row of a block: appends its peel columns, and gives its mixing columns.
    pub(super) fn row(&self, id: u16, peel: &mut Vec<u16>) -> [u16; MIXED] {
        let mut random = Pcg::new(id.into(), self.peel_seed.into());
        let weight = self.weight(random.next());
        let walk = Walk::new(random.next(), self.n, self.peel_cycle);
        peel.extend(walk.take(weight));
        let mut mixing = Walk::new(random.next(), self.mixing, self.mixing_cycle);
        std::array::from_fn(|_| mixing.next().unwrap_or_default())
    }

    /// Peel columns of a row: an ideal soliton distribution, cut off.
    fn weight(&self, mut random: u32) -> usize {
        let weight = if self.n <= SINGLES_UP_TO && random < SINGLES {
            1
        } else {
            random -= if self.n <= SINGLES_UP_TO { SINGLES } else { 0 };
            1 + WEIGHT_LIMITS.partition_point(|limit| *limit < random).max(1)
        };
        weight.min(self.n / 2)
    }
}

/// Distinct columns: a walk of equal steps around a cycle of prime length, without the numbers that
/// are no columns.
struct Walk {
    at: usize,
    step: usize,
    columns: usize,
    cycle: usize,
}

impl Walk {
    fn new(random: u32, columns: usize, cycle: usize) -> Self {
        let (high, low, count) = (random >> 16, random & 0xFFFF, columns as u32);
        let (at, step) = ((high % count) as usize, (low % (count - 1)) as usize + 1);
        Self { at, step, columns, cycle }
    }
}

impl Iterator for Walk {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        let column = self.at as u16;
        loop {
            self.at += self.step;
            self.at -= if self.at >= self.cycle { self.cycle } else { 0 };
            if self.at < self.columns {
                return Some(column);
            }
        }
    }
}

/// The smallest prime that is not below `n`.
fn prime_from(n: usize) -> usize {
    let prime = |n: &usize| (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    (n..).find(prime).unwrap_or(n)
}

/// How many dense rows there are: interpolated between measured points.
fn dense_rows(n: usize) -> Option<usize> {
    let ((from, rows), (to, rows_there)) = match n {
        0..=64 => return TINY_DENSE_COUNTS.get(n).map(|count| usize::from(*count)),
        65..=500 => ((64, 26), (500, 35)),
        501..=1000 => ((500, 35), (1000, 48)),
        1001..=2047 => ((1000, 48), (2048, 62)),
        _ => {
            let above = DENSE_POINTS.iter().skip(1).position(|(at, _)| usize::from(*at) >= n)?;
            (*DENSE_POINTS.get(above)?, *DENSE_POINTS.get(above + 1)?)
        }
    };
    // The quotient is cut toward zero, where it is negative too.
    let rise = (n as i32 - i32::from(from)) * (i32::from(rows_there) - i32::from(rows))
        / (i32::from(to) - i32::from(from));
    let rows = usize::try_from(i32::from(rows) + rise).ok()?;
    // Always 2 more than a multiple of 4.
    Some(rows + [2, 1, 0, 3][rows % 4])
}
