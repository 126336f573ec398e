//! Collecting packets until every block can be restored.
//!
//! Packets go to a [`PacketStore`], in order of arrival; only their places are kept in memory. So
//! neither a large transfer nor a lying header makes memory grow beyond a few bytes a packet that
//! really arrived.

use super::packet::PACKET_HEADER_BYTES;
use super::{OuterError, Packet, PacketId, Parity, Shape};
use std::collections::HashMap;
use std::io::Read;
use std::num::NonZeroU64;

/// Where packets are kept while their blocks are incomplete, and until the file is written.
pub trait PacketStore {
    /// Keeps a packet's bytes, and gives the place of the first.
    ///
    /// # Errors
    /// If there is no room.
    fn keep(&mut self, packet: &[u8]) -> std::io::Result<u64>;

    /// Reads `length` bytes at a place.
    ///
    /// # Errors
    /// If there are no such bytes.
    fn read(&mut self, place: u64, length: usize) -> std::io::Result<Vec<u8>>;
}

impl PacketStore for Vec<u8> {
    fn keep(&mut self, packet: &[u8]) -> std::io::Result<u64> {
        self.extend_from_slice(packet);
        Ok((self.len() - packet.len()) as u64)
    }

    fn read(&mut self, place: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let bytes = usize::try_from(place).ok().and_then(|place| self.get(place..)?.get(..length));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The packet was new.
    New,
    /// The packet, or all of its block, was known already.
    Known,
    /// The packet belongs to another transfer or contradicts this one's shape.
    Foreign,
}

/// The packets of one transfer.
#[derive(Debug)]
pub struct Assembler {
    transfer: u32,
    parity: Parity,
    shape: Shape,
    blocks: HashMap<u32, Block>,
    complete: u32,
}

/// Where the payloads of a block lie in the store.
#[derive(Debug)]
struct Block {
    places: Vec<Option<NonZeroU64>>,
    received: usize,
    complete: bool,
}

impl Assembler {
    /// An empty assembler for transfer `transfer` of a valid `shape`.
    pub fn new(transfer: u32, shape: Shape) -> Self {
        let parity = Parity::new(shape);
        Self { transfer, parity, shape, blocks: HashMap::new(), complete: 0 }
    }

    /// The transfer's shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Takes one packet into `store`, and restores its block if it was the last one needed.
    ///
    /// # Errors
    /// If the store fails.
    pub fn accept(
        &mut self,
        packet: &Packet,
        store: &mut dyn PacketStore,
    ) -> Result<Accepted, OuterError> {
        if self.is_known(packet) {
            return Ok(Accepted::Known);
        }
        if !self.is_ours(packet) {
            return Ok(Accepted::Foreign);
        }
        let place = put(packet, store)?;
        if self.note(packet.id, place) == usize::from(self.shape.source) {
            self.restore(packet.id.block, store)?;
        }
        Ok(Accepted::New)
    }

    /// Takes a packet that is in the store already, its body at `place`. Blocks are only restored by
    /// [`Assembler::settle`], when all such packets have been seen.
    pub(crate) fn recall(&mut self, packet: &Packet, place: u64) {
        if self.is_ours(packet) && !self.is_known(packet) {
            self.note(packet.id, NonZeroU64::new(place + PACKET_HEADER_BYTES as u64));
        }
    }

    /// Restores the blocks that recalled packets are enough for.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn settle(&mut self, store: &mut dyn PacketStore) -> Result<(), OuterError> {
        let source = usize::from(self.shape.source);
        let ready = |(number, block): (&u32, &Block)| {
            (!block.complete && block.received >= source).then_some(*number)
        };
        let ready: Vec<u32> = self.blocks.iter().filter_map(ready).collect();
        ready.into_iter().try_for_each(|block| self.restore(block, store))
    }

    fn is_ours(&self, packet: &Packet) -> bool {
        packet.id.transfer == self.transfer && packet.shape == self.shape
    }

    fn is_known(&self, packet: &Packet) -> bool {
        let PacketId { block, index, .. } = packet.id;
        let complete = self.blocks.get(&block).is_some_and(|block| block.complete);
        self.is_ours(packet) && (complete || self.has(block, index))
    }

    /// Notes the place of a new packet; gives how many its block has then.
    fn note(&mut self, id: PacketId, place: Option<NonZeroU64>) -> usize {
        let packets = self.shape.packets();
        let block = self.blocks.entry(id.block).or_insert_with(|| Block {
            places: vec![None; packets],
            received: 0,
            complete: false,
        });
        if let Some(slot) = block.places.get_mut(usize::from(id.index)) {
            *slot = place;
            block.received += 1;
        }
        block.received
    }

    /// Whether every block is restored.
    pub fn is_complete(&self) -> bool {
        self.complete == self.shape.blocks
    }

    /// Whether a packet is there.
    pub fn has(&self, block: u32, index: u8) -> bool {
        let places = self.blocks.get(&block).map(|block| &block.places);
        places.is_some_and(|places| places.get(usize::from(index)).is_some_and(Option::is_some))
    }

    /// Packets of a block that are there; K once it is complete.
    pub fn received(&self, block: u32) -> usize {
        self.blocks.get(&block).map_or(0, |block| block.received)
    }

    /// Packets received of those needed, over all blocks.
    pub(crate) fn received_packets(&self) -> u64 {
        self.blocks.values().map(|block| block.received as u64).sum()
    }

    /// Packets that are still needed, over all blocks.
    pub(crate) fn missing_packets(&self) -> u64 {
        u64::from(self.shape.blocks) * u64::from(self.shape.source) - self.received_packets()
    }

    /// Blocks that are not complete.
    pub(crate) fn incomplete_blocks(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.shape.blocks)
            .filter(|block| !self.blocks.get(block).is_some_and(|block| block.complete))
    }

    /// The stream from its start; meaningful once the transfer is complete.
    pub fn reader<'a>(&'a self, store: &'a mut dyn PacketStore) -> impl Read + 'a {
        SourceReader { assembler: self, store, block: 0, index: 0, pending: Vec::new(), used: 0 }
    }

    fn restore(&mut self, number: u32, store: &mut dyn PacketStore) -> Result<(), OuterError> {
        let Some(mut block) = self.blocks.remove(&number) else { return Ok(()) };
        let source = usize::from(self.shape.source);
        if block.places[..source].contains(&None) {
            let mut packets = Vec::with_capacity(block.places.len());
            for place in &block.places {
                packets.push(place.map(|place| self.read(place, store)).transpose()?);
            }
            self.parity.restore(number, &mut packets)?;
            let restored = block.places.iter_mut().zip(packets).take(source).enumerate();
            for (index, (place, payload)) in restored {
                if let (None, Some(payload)) = (*place, payload) {
                    let id =
                        PacketId { transfer: self.transfer, block: number, index: index as u8 };
                    *place = put(&Packet { id, shape: self.shape, payload }, store)?;
                }
            }
        }
        block.places.truncate(source);
        block.places.shrink_to_fit();
        block.received = source;
        block.complete = true;
        self.complete += 1;
        self.blocks.insert(number, block);
        Ok(())
    }

    fn read(&self, place: NonZeroU64, store: &mut dyn PacketStore) -> std::io::Result<Vec<u8>> {
        store.read(place.get(), self.shape.payload)
    }
}

/// Puts a packet into a store; gives the place of its payload.
fn put(packet: &Packet, store: &mut dyn PacketStore) -> Result<Option<NonZeroU64>, OuterError> {
    let place = store.keep(&packet.to_bytes())?;
    Ok(NonZeroU64::new(place + PACKET_HEADER_BYTES as u64))
}

/// Reads the stream out of an [`Assembler`]; it ends early where a block is missing.
struct SourceReader<'a> {
    assembler: &'a Assembler,
    store: &'a mut dyn PacketStore,
    block: u32,
    index: u8,
    pending: Vec<u8>,
    used: usize,
}

impl Read for SourceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.used == self.pending.len() {
            if self.index == self.assembler.shape.source {
                (self.block, self.index) = (self.block + 1, 0);
            }
            let block = self.assembler.blocks.get(&self.block);
            let place = block.and_then(|block| *block.places.get(usize::from(self.index))?);
            let Some(place) = place else { return Ok(0) };
            let payload = self.assembler.read(place, self.store)?;
            (self.pending, self.used) = (payload, 0);
            self.index += 1;
        }
        let count = buffer.len().min(self.pending.len() - self.used);
        buffer[..count].copy_from_slice(&self.pending[self.used..][..count]);
        self.used += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outer::PacketId;
    use crate::prng::SplitMix64;
    use proptest::prelude::*;

    fn transfer(shape: Shape, seed: u64) -> (Vec<u8>, Vec<Packet>) {
        let mut prng = SplitMix64::new(seed);
        let length = shape.blocks as usize * shape.block_bytes();
        let stream: Vec<u8> = (0..length).map(|_| prng.next_u64() as u8).collect();
        let parity = Parity::new(shape);
        let mut packets = Vec::new();
        for (block, bytes) in stream.chunks(shape.block_bytes()).enumerate() {
            let payloads = parity.encode(block as u32, bytes).unwrap();
            packets.extend(payloads.into_iter().enumerate().map(|(index, payload)| Packet {
                id: PacketId { transfer: 5, block: block as u32, index: index as u8 },
                shape,
                payload,
            }));
        }
        (stream, packets)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_order_with_duplicates_gives_the_stream(
            blocks in 1u32..5, source in 1u8..20, repair in 0u8..10, payload in 1usize..30, seed: u64,
        ) {
            let shape = Shape { blocks, source, repair, payload };
            let (stream, mut packets) = transfer(shape, seed);
            let mut prng = SplitMix64::new(seed);
            packets.sort_by_cached_key(|_| prng.next_u64());
            let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
            for packet in &packets {
                let before = assembler.missing_packets();
                let accepted = assembler.accept(packet, &mut store).unwrap();
                let new = accepted == Accepted::New;
                prop_assert_eq!(before - assembler.missing_packets(), u64::from(new));
                prop_assert_eq!(assembler.accept(packet, &mut store).unwrap(), Accepted::Known);
                prop_assert_eq!(assembler.is_complete(), assembler.missing_packets() == 0);
                if assembler.is_complete() { break; }
            }
            let mut restored = Vec::new();
            assembler.reader(&mut store).read_to_end(&mut restored).unwrap();
            prop_assert_eq!(restored, stream);
        }
    }

    #[test]
    fn packets_of_another_transfer_or_shape_are_foreign() {
        let shape = Shape { blocks: 2, source: 2, repair: 1, payload: 4 };
        let (_, packets) = transfer(shape, 1);
        let accepted = |mut assembler: Assembler| {
            let accepted = assembler.accept(&packets[0], &mut Vec::new()).unwrap();
            (accepted, assembler.incomplete_blocks().count())
        };
        assert_eq!(accepted(Assembler::new(6, shape)), (Accepted::Foreign, 2));
        let other = Shape { blocks: 3, ..shape };
        assert_eq!(accepted(Assembler::new(5, other)), (Accepted::Foreign, 3));
    }

    #[test]
    fn recalled_packets_restore_what_they_can() {
        let shape = Shape { blocks: 3, source: 4, repair: 3, payload: 50 };
        let (stream, packets) = transfer(shape, 9);
        let (mut again, mut store) = (Assembler::new(5, shape), Vec::new());
        // Of the last block, three packets; of the others, all but the first two.
        for packet in packets.iter().filter(|p| p.id.index > 1 + 2 * u8::from(p.id.block == 2)) {
            let place = store.keep(&packet.to_bytes()).unwrap();
            again.recall(packet, place);
        }
        again.settle(&mut store).unwrap();
        assert_eq!(again.incomplete_blocks().collect::<Vec<_>>(), [2]);
        assert_eq!(again.missing_packets(), 1);
        again.accept(&packets[14], &mut store).unwrap();
        let mut restored = Vec::new();
        again.reader(&mut store).read_to_end(&mut restored).unwrap();
        assert_eq!(restored, stream);
    }
}
