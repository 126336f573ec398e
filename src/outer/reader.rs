//! The stream out of the packets that have arrived.

use super::OuterError;
use super::assemble::Assembler;
use super::store::PacketStore;
use std::io::Read;

impl Assembler {
    /// The stream from its start; meaningful once the transfer is complete.
    pub fn reader<'a>(&'a self, store: &'a mut dyn PacketStore) -> impl Read + 'a {
        SourceReader { assembler: self, store, block: 0, pending: Vec::new(), used: 0 }
    }

    /// The packets from which a block is restored.
    pub(super) fn chosen_packets(
        &self,
        number: u32,
        store: &mut dyn PacketStore,
    ) -> Result<Vec<(u8, Vec<u8>)>, OuterError> {
        let chosen = self.chosen(number).into_iter();
        chosen.map(|version| Ok((version.index(), self.read(version.place(), store)?))).collect()
    }

    /// The source bytes of a block; of an incomplete one those from its start that are there.
    fn source_bytes(
        &self,
        number: u32,
        store: &mut dyn PacketStore,
    ) -> Result<Vec<u8>, OuterError> {
        let source = usize::from(self.shape.source);
        // Behind the last block there are only those of cross packets.
        if number >= self.shape.blocks {
            return Ok(Vec::new());
        }
        let mut packets = self.parity().placed(self.chosen_packets(number, store)?);
        let lacking = packets.iter().take(source).any(Option::is_none);
        if lacking && self.distinct(number) >= source {
            self.parity().restore(number, &mut packets)?;
        }
        Ok(packets.into_iter().take(source).map_while(|packet| packet).flatten().collect())
    }
}

/// Reads the stream out of an [`Assembler`]; it ends early where a block is not complete.
struct SourceReader<'a> {
    assembler: &'a Assembler,
    store: &'a mut dyn PacketStore,
    block: u32,
    pending: Vec<u8>,
    used: usize,
}

impl Read for SourceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.used == self.pending.len() {
            if self.block > 0 && self.used < self.assembler.shape.block_bytes() {
                return Ok(0);
            }
            (self.pending, self.used) = (self.assembler.source_bytes(self.block, self.store)?, 0);
            self.block += 1;
        }
        let count = buffer.len().min(self.pending.len() - self.used);
        buffer[..count].copy_from_slice(&self.pending[self.used..][..count]);
        self.used += count;
        Ok(count)
    }
}
