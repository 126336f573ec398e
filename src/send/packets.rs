//! The packets of each frame of a transfer. Source packets are read from the stream; repair packets
//! are made block by block, when a first one of the block is asked for, and wait beside the stream.
//! So only one block is in memory, in whatever order blocks take turns.

use super::{SendError, Stream};
use crate::outer::{Packet, PacketId, Parity, Schedule, cross_payload};

/// Gives the packets of any frame; those that follow each other cost least.
pub(super) struct FramePackets<'a> {
    stream: &'a mut Stream,
    schedule: Schedule,
    parity: Parity,
    transfer: u32,
    /// Which block's repair packets lie in each place beside the stream: there is one for each
    /// block of those that are sent together.
    coded: Vec<Option<u32>>,
}

impl<'a> FramePackets<'a> {
    pub(super) fn new(stream: &'a mut Stream, schedule: Schedule, transfer: u32) -> Self {
        let parity = Parity::new(schedule.shape());
        Self { stream, schedule, parity, transfer, coded: Vec::new() }
    }

    /// The packets of frame `number`, from 0.
    pub(super) fn frame(&mut self, number: u64) -> Result<Vec<Packet>, SendError> {
        let (transfer, shape) = (self.transfer, self.schedule.shape());
        let packets = self.schedule.packets_of(number).into_iter().map(|(block, index)| {
            let id = PacketId { transfer, block, index };
            Ok(Packet { id, shape, payload: self.payload(id)? })
        });
        packets.collect()
    }

    fn payload(&mut self, id: PacketId) -> Result<Vec<u8>, SendError> {
        let shape = self.schedule.shape();
        let PacketId { block, index, .. } = id;
        if id.is_cross(&shape) {
            let schedule = self.schedule;
            return cross_payload(&schedule, block, |block| self.payload(PacketId { block, ..id }));
        }
        match index.checked_sub(shape.source) {
            None => self.source(block, index),
            Some(repair) => self.repair(block, repair),
        }
    }

    fn source(&mut self, block: u32, index: u8) -> Result<Vec<u8>, SendError> {
        let shape = self.schedule.shape();
        let from =
            u64::from(block) * shape.block_bytes() as u64 + u64::from(index) * shape.payload as u64;
        let mut payload = self.stream.read(from, shape.payload).map_err(SendError::Storage)?;
        payload.resize(shape.payload, 0);
        Ok(payload)
    }

    /// Repair packet `number` of a block, from 0.
    fn repair(&mut self, block: u32, number: u8) -> Result<Vec<u8>, SendError> {
        let shape = self.schedule.shape();
        let place = (block - self.schedule.blocks_with(block).start) as usize;
        let at = (place * usize::from(shape.repair)) as u64 * shape.payload as u64;
        if self.coded.get(place) != Some(&Some(block)) {
            let repair = self.code(block)?;
            self.stream.write_beside(at, &repair.concat()).map_err(SendError::Storage)?;
            self.coded.resize(self.coded.len().max(place + 1), None);
            if let Some(coded) = self.coded.get_mut(place) {
                *coded = Some(block);
            }
        }
        let at = at + u64::from(number) * shape.payload as u64;
        self.stream.read_beside(at, shape.payload).map_err(SendError::Storage)
    }

    /// The repair packets of a block.
    fn code(&mut self, block: u32) -> Result<Vec<Vec<u8>>, SendError> {
        let shape = self.schedule.shape();
        let from = u64::from(block) * shape.block_bytes() as u64;
        let bytes = self.stream.read(from, shape.block_bytes()).map_err(SendError::Storage)?;
        Ok(self.parity.encode(block, &bytes)?.split_off(shape.source.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outer::Shape;
    use crate::prng::SplitMix64;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn frames_hold_the_same_packets_in_whatever_order_they_are_asked_for(
            blocks in 1u32..20, source in 1u8..5, repair in 0u8..9, per_frame in 1usize..12, seed: u64,
        ) {
            let mut prng = SplitMix64::new(seed);
            let file: Vec<u8> = (0..blocks as usize * usize::from(source) * 3)
                .map(|_| prng.next_u64() as u8)
                .collect();
            let mut stream = Stream::in_memory(&file, None).unwrap();
            let payload = (stream.length() as usize).div_ceil(blocks as usize * usize::from(source));
            let shape = Shape { blocks, source, repair, payload };
            let schedule = Schedule::new(shape, per_frame);
            let mut packets = FramePackets::new(&mut stream, schedule, 7);
            let frames = schedule.frames();
            let forward: Vec<_> = (0..frames).map(|n| packets.frame(n).unwrap()).collect();
            for (number, frame) in forward.iter().enumerate() {
                prop_assert_eq!(frame.len(), per_frame);
                for packet in frame {
                    prop_assert!(schedule.holds(number as u64, packet.id));
                }
            }
            let mut fresh = FramePackets::new(&mut stream, schedule, 7);
            for number in (0..frames).rev() {
                prop_assert_eq!(&fresh.frame(number).unwrap(), &forward[number as usize]);
            }
        }
    }
}
