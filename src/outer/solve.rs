//! The payloads of packets that a lane lacks, from equations that determine them.

use super::OuterError;
use super::assemble::Assembler;
use super::equations::Equations;
use super::field::mul_slice_xor;
use super::lanes::Place;
use super::linear::eliminate;
use super::show::{CROSS_ROWS, Show};
use super::store::PacketStore;
use std::collections::BTreeMap;

impl Assembler {
    /// The payloads that solve these equations, in the order of what is lacking.
    pub(super) fn solve(
        &self,
        show: &Show,
        place: Place,
        equations: &Equations,
        store: &mut dyn PacketStore,
    ) -> Result<Vec<Vec<u8>>, OuterError> {
        let (width, payload) = (equations.width(), self.shape.payload);
        let known = self.known(show, place, equations, store)?;
        let mut rows = Vec::with_capacity(width);
        for &(block, index) in equations.chosen() {
            let mut sum = match self.usable(block, index) {
                Some(version) => self.read(version.place(), store)?,
                None => vec![0; payload],
            };
            // What is known goes to the other side.
            let known = show.row_of(block).and_then(|row| known.get(row as usize));
            let known = known.and_then(|packets| packets.get(usize::from(index)));
            sum.iter_mut()
                .zip(known.into_iter().flatten())
                .for_each(|(byte, known)| *byte ^= known);
            let mut row = equations.values(show, block, index);
            row.extend(sum);
            rows.push(row);
        }
        eliminate(&mut rows, width);
        Ok(rows.into_iter().map(|mut values| values.split_off(width.min(values.len()))).collect())
    }

    /// What is known of all packets of each row: the rows' sums, with zero for what is unknown. It is
    /// the sums of source packets that are coded, once a row, not each block.
    fn known(
        &self,
        show: &Show,
        (set, lane): Place,
        equations: &Equations,
        store: &mut dyn PacketStore,
    ) -> Result<Vec<Vec<Vec<u8>>>, OuterError> {
        let lacking = equations.lacking().iter();
        let lacking: BTreeMap<u32, &[u8]> =
            lacking.map(|one| (one.block, one.indices.as_slice())).collect();
        let mut sums = vec![vec![0; self.shape.block_bytes()]; CROSS_ROWS as usize];
        for number in show.blocks_of(set, lane) {
            let zeros = lacking.get(&number).copied().unwrap_or_default();
            let source = self.source_with(number, zeros, store)?;
            for (row, sum) in (0..).zip(&mut sums) {
                if source.len() == sum.len() {
                    mul_slice_xor(show.factor(number, row), &source, sum);
                }
            }
        }
        sums.iter().map(|sum| self.parity().encode(0, sum)).collect()
    }

    /// The source bytes of a block, its packets at `zeros` taken for zero.
    fn source_with(
        &self,
        number: u32,
        zeros: &[u8],
        store: &mut dyn PacketStore,
    ) -> Result<Vec<u8>, OuterError> {
        let zeros = zeros.iter().map(|index| (*index, vec![0; self.shape.payload]));
        let known = self.chosen_packets(number, store)?.into_iter();
        let mut packets = self.parity().placed(known.chain(zeros));
        self.parity().restore(number, &mut packets)?;
        Ok(packets.into_iter().take(self.shape.source.into()).flatten().flatten().collect())
    }
}
