//! Collecting packets until every block can be restored.
//!
//! Packets go to a [`PacketStore`], in order of arrival; only their places are kept in memory. So
//! neither a large transfer nor a lying header makes memory grow beyond a few bytes a packet that
//! really arrived; what the lanes of a show take beyond is bounded ([`super::lanes`]). Blocks are
//! restored when they are read.

use super::block::{Block, Preference, Suspects, Version};
use super::lanes::Lanes;
use super::packet::PACKET_HEADER_BYTES;
use super::store::PacketStore;
use super::{OuterError, Packet, PacketId, Parity, Shape};
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

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
    pub(super) transfer: u32,
    pub(super) shape: Shape,
    /// Made when the first block is restored: many transfers never come that far.
    parity: OnceLock<Parity>,
    pub(super) blocks: HashMap<u32, Block>,
    /// Payloads that contradict the others.
    pub(super) suspects: Suspects,
    pub(super) preference: Preference,
    /// Blocks that can be restored.
    complete: u32,
    /// Packets that can be used and are needed.
    received: u64,
    /// All payloads that were kept, whatever became of them.
    kept: u64,
    /// Cross packets that can be used.
    crosses: u64,
    /// Payloads that were worked out by cross packets, by their places, and the block of each.
    pub(super) restored: BTreeMap<u64, u32>,
    /// Something that was worked out was wrong: nothing is, any more.
    pub(super) is_withdrawn: bool,
    /// How far the lanes of a show are, once cross packets can be enough.
    pub(super) lanes: Option<Lanes>,
    /// Products that working out took.
    pub(super) work: u64,
}

impl Assembler {
    /// An empty assembler for transfer `transfer` of a valid `shape`.
    pub fn new(transfer: u32, shape: Shape) -> Self {
        Self {
            transfer,
            shape,
            parity: OnceLock::new(),
            blocks: HashMap::new(),
            suspects: Suspects::new(),
            preference: Preference::default(),
            complete: 0,
            received: 0,
            kept: 0,
            crosses: 0,
            restored: BTreeMap::new(),
            is_withdrawn: false,
            lanes: None,
            work: 0,
        }
    }

    /// The transfer's shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) fn parity(&self) -> &Parity {
        self.parity.get_or_init(|| Parity::new(self.shape))
    }

    /// Takes one packet into `store`. One that contradicts what is there is kept as well.
    ///
    /// # Errors
    /// If the store fails.
    pub fn accept(
        &mut self,
        packet: &Packet,
        store: &mut dyn PacketStore,
    ) -> Result<Accepted, OuterError> {
        if !self.is_ours(packet) {
            return Ok(Accepted::Foreign);
        }
        if self.is_known(packet, store)? {
            return Ok(Accepted::Known);
        }
        let place = store.keep(&packet.to_bytes())?;
        self.note(packet.id, place + PACKET_HEADER_BYTES as u64);
        Ok(Accepted::New)
    }

    /// Takes a packet that is in the store already, its body at `place`.
    pub(crate) fn recall(&mut self, packet: &Packet, place: u64) {
        let has_room = |block: &Block| block.has_room(packet.id.index);
        if self.is_ours(packet) && self.blocks.get(&packet.id.block).is_none_or(has_room) {
            self.note(packet.id, place + PACKET_HEADER_BYTES as u64);
        }
    }

    pub(super) fn is_ours(&self, packet: &Packet) -> bool {
        packet.id.transfer == self.transfer && packet.shape == self.shape
    }

    /// Whether a packet is there as it is, or in too many other versions.
    fn is_known(&self, packet: &Packet, store: &mut dyn PacketStore) -> Result<bool, OuterError> {
        let PacketId { block, index, .. } = packet.id;
        let Some(block) = self.blocks.get(&block) else { return Ok(false) };
        for version in block.of(index) {
            // What is suspected gains by coming again, from elsewhere.
            if !self.suspects.contains(&version.place())
                && self.read(version.place(), store)? == packet.payload
            {
                return Ok(true);
            }
        }
        Ok(!block.has_room(index))
    }

    pub(super) fn note(&mut self, id: PacketId, place: u64) {
        let source = usize::from(self.shape.source);
        let block = self.blocks.entry(id.block).or_default();
        let before = block.distinct();
        block.add(id, place, &self.suspects);
        let is_new = block.distinct() > before;
        let is_needed = is_new && before < source;
        self.kept += 1;
        let is_cross = id.is_cross(&self.shape);
        if let Some(lanes) = self.lanes.as_mut().filter(|_| is_needed || is_cross && is_new) {
            lanes.heard(id);
        }
        if is_cross {
            self.crosses += u64::from(is_new);
            return;
        }
        self.received += u64::from(is_needed);
        self.complete += u32::from(is_needed && block.distinct() == source);
    }

    /// Counts again, now that other payloads are suspects.
    pub(super) fn recount(&mut self) {
        let source = usize::from(self.shape.source);
        self.lanes = None;
        (self.complete, self.received, self.crosses) = (0, 0, 0);
        for (number, block) in &mut self.blocks {
            block.recount(&self.suspects);
            if *number >= self.shape.blocks {
                self.crosses += block.distinct() as u64;
                continue;
            }
            self.received += block.distinct().min(source) as u64;
            self.complete += u32::from(block.distinct() >= source);
        }
    }

    /// Whether every block can be restored.
    pub fn is_complete(&self) -> bool {
        self.complete == self.shape.blocks
    }

    /// Whether a packet is there, and nothing speaks against it.
    pub fn has(&self, block: u32, index: u8) -> bool {
        self.usable(block, index).is_some()
    }

    /// Packets of a block that can be used; K once it is complete.
    pub fn received(&self, block: u32) -> usize {
        let source = usize::from(self.shape.source);
        self.blocks.get(&block).map_or(0, |block| block.distinct().min(source))
    }

    /// Packets received of those needed, over all blocks.
    pub(crate) fn received_packets(&self) -> u64 {
        self.received
    }

    /// Packets that are still needed, over all blocks.
    pub(crate) fn missing_packets(&self) -> u64 {
        u64::from(self.shape.blocks) * u64::from(self.shape.source) - self.received
    }

    /// Cross packets that can be used.
    pub(super) fn cross_packets(&self) -> u64 {
        self.crosses
    }

    /// Packets of a block, of a block of cross packets as well, that can be used.
    pub(super) fn distinct(&self, block: u32) -> usize {
        self.blocks.get(&block).map_or(0, Block::distinct)
    }

    /// The usable version of a packet.
    pub(super) fn usable(&self, block: u32, index: u8) -> Option<Version> {
        let mut versions = self.blocks.get(&block)?.of(index).iter();
        versions.find(|version| !self.suspects.contains(&version.place())).copied()
    }

    /// The versions of a block's packets from which it is restored.
    pub(super) fn chosen(&self, block: u32) -> Vec<Version> {
        let source = usize::from(self.shape.source);
        let block = self.blocks.get(&block);
        block.map_or_else(Vec::new, |b| b.choose(source, &self.suspects, self.preference))
    }

    /// Payloads that were kept, all versions: it grows with each that says something new.
    pub(crate) fn kept_packets(&self) -> u64 {
        self.kept
    }

    /// Payloads that are not used since they contradict others.
    pub(crate) fn suspected_packets(&self) -> u64 {
        self.suspects.len() as u64
    }

    /// Blocks that are not complete.
    pub(crate) fn incomplete_blocks(&self) -> impl Iterator<Item = u32> + '_ {
        let source = usize::from(self.shape.source);
        (0..self.shape.blocks).filter(move |block| self.received(*block) < source)
    }

    pub(super) fn read(
        &self,
        place: u64,
        store: &mut dyn PacketStore,
    ) -> Result<Vec<u8>, OuterError> {
        Ok(store.read(place, self.shape.payload)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outer::PacketId;
    use crate::prng::SplitMix64;
    use proptest::prelude::*;
    use std::io::Read;

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
                let (before, block) = (assembler.missing_packets(), packet.id.block);
                let needed = assembler.received(block) < usize::from(source);
                prop_assert_eq!(assembler.accept(packet, &mut store).unwrap(), Accepted::New);
                prop_assert_eq!(before - assembler.missing_packets(), u64::from(needed));
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
        assert_eq!(again.incomplete_blocks().collect::<Vec<_>>(), [2]);
        assert_eq!(again.missing_packets(), 1);
        again.accept(&packets[14], &mut store).unwrap();
        let mut restored = Vec::new();
        again.reader(&mut store).read_to_end(&mut restored).unwrap();
        assert_eq!(restored, stream);
    }
}
