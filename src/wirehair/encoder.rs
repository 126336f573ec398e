//! A message to blocks.

use super::heavy::Heavy;
use super::params::Params;
use super::peel::peel;
use super::rows::Rows;
use super::solve::Solver;
use super::store::{Store, add};
use super::system::System;

/// The blocks of a message. It keeps the columns alone: the blocks of the message are sums of them
/// as the others are.
#[derive(Debug)]
pub(crate) struct Encoder {
    params: Params,
    columns: Store,
}

impl Encoder {
    /// Solves the system of a message in blocks of `block_bytes`; `None` if there is none for so
    /// many blocks.
    pub(crate) fn new(message: &[u8], block_bytes: usize) -> Option<Self> {
        let params = Params::of(message.len(), block_bytes)?;
        let blocks = Store::of(message, block_bytes);
        let mut rows = Rows::new(&params);
        (0..params.n).for_each(|id| rows.push(&params, id as u16));
        let peeling = peel(&rows, params.n, params.n)?;
        let mut system = System::new(&params, &rows, peeling);
        let heavy = Heavy::new(&params, &system)?;
        system.close();
        let solver = Solver {
            params: &params,
            rows: &rows,
            blocks: &blocks,
            system: &system,
            heavy: &heavy,
        };
        let columns = solver.columns().ok()?;
        Some(Self { params, columns })
    }

    /// Block number `id`: below N a piece of the message, the last one filled up with zeros.
    pub(crate) fn block(&self, id: u16) -> Vec<u8> {
        let mut block = self.columns.scratch();
        make(&self.params, &self.columns, id, &mut Vec::new(), &mut block);
        block.truncate(self.columns.block_bytes());
        block
    }
}

/// Makes a block out of the columns; `peel` is for its row.
pub(super) fn make(
    params: &Params,
    columns: &Store,
    id: u16,
    peel: &mut Vec<u16>,
    block: &mut [u8],
) {
    peel.clear();
    let mixing = params.row(id, peel).map(|column| params.n + usize::from(column));
    let all = peel.iter().map(|column| usize::from(*column)).chain(mixing);
    block.fill(0);
    add(block, all.map(|column| columns.get(column)));
}
