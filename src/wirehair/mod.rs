//! A fountain code: wirehair, version 2, byte for byte as its other implementations have it. Out of
//! a message of N blocks come as many blocks as anyone wants, and out of any N of them, now and then
//! one or two more, comes the message.
//!
//! A leaf of the layer table: it knows bytes and numbers of blocks. [`crate::cimbar`] sends blocks
//! through frames.
//!
//! # What the rows are
//!
//! Behind the message stand N + D + 6 *columns*, blocks of the same length that nobody sends: N
//! *peel columns*, D *dense* and 6 *heavy mixing columns*; D is 2 to 394, by N ([`params`]). Each
//! block number has a *row*, drawn by a generator that the number starts ([`random`]): 1 to 64 peel
//! columns, 5 or 6 on average, and three mixing columns. **A block is the sum (XOR) of the columns
//! in its row.** What the columns are follows from N + D + 6 equations:
//!
//! - the rows of the numbers 0 to N - 1 give the message, so these blocks *are* the message;
//! - D *dense rows*, with half of the peel columns each and a square of random bits on the dense
//!   mixing columns, give zero ([`dense`]);
//! - 6 *heavy rows* over GF(256), on the last 18 mixing columns, give zero ([`heavy`]).
//!
//! A receiver has the same equations, but with the rows of the blocks that came in place of the
//! first N. The short rows are quick to solve, but random short rows hardly ever have the full rank.
//! The dense rows make up for that, all but a few unknowns, and the heavy ones for these few:
//! random bytes are dependent 256 times as seldom as random bits.
//!
//! # Why the solve cannot change a byte
//!
//! The tables of the format are chosen so that the first system has one solution for every N. Any N or
//! more rows are true equations of the same columns, so once their rank is N + D + 6, their one
//! solution is the same. In what order, with which pivots, by which method: nothing of that is part
//! of the format. All operations work on each byte position by itself, so zeros after the end of
//! blocks stay zeros.
//!
//! # How it is solved
//!
//! 1. [`peel`]: rows with one unknown column settle it; where there is none, a column is put aside,
//!    *inactive*. The order is found without touching a block.
//! 2. [`system`]: each settled column is a sum of *unknowns*, the s inactive and the D + 6 mixing
//!    columns: a mask of W = s + D + 6 bits. So are the dense rows and the rows that settled nothing,
//!    which are the equations to solve. Gauss-Jordan elimination takes them one after the other, and
//!    notes of which ones each result is the sum. A row that comes later is one more.
//! 3. [`heavy`]: at most six unknowns may be free then, and the heavy rows have to determine them.
//!    Here it is known whether the rank is full; if not, nothing was done in vain.
//! 4. [`solve`]: only then blocks are added. Forward, the settled columns as if all unknowns were
//!    zero; the equations' right sides; the unknowns by the notes of step 2; backward, the settled
//!    columns again.
//!
//! Work, in sums of blocks: 5 N forward, 2.5 N for the dense rows, 8 N backward, and about W^2 / 5
//! for the unknowns; in sums of masks: 7 N, and W^2. s is about sqrt(N) + N / 250: 35 for N = 1616,
//! 350 for 48,000. Memory: received blocks and columns, one message each, while solving; then
//! received blocks and the message.
//!
//! # What senders can do
//!
//! Rows depend on numbers alone, and no content of a block steers anything. Numbers can be chosen so
//! that many columns become inactive: beyond what a message of honest numbers needs, the decoder
//! waits for more. Equations that follow from others show contradictions: then some block is wrong,
//! and the message is not given. But with N blocks nothing can be checked, so a message is never
//! verified by this code.

mod ballots;
mod bits;
mod decoder;
mod dense;
mod encoder;
mod gf256;
mod heavy;
mod params;
mod peel;
mod random;
mod rows;
mod solve;
mod store;
mod system;
mod tables;
#[cfg(test)]
mod tests;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;
pub(crate) use params::BLOCKS;
pub(crate) use solve::Contradiction;
