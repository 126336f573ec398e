//! The packets of each frame of a transfer: repair packets are made group by group, as frames ask
//! for them, and only one group is in memory.

use super::{SendError, Stream};
use crate::outer::{Packet, PacketId, Parity, Schedule};
use std::ops::Range;

/// Gives the packets of any frame; those that follow each other cost least.
pub(super) struct FramePackets<'a> {
    stream: &'a mut Stream,
    schedule: Schedule,
    parity: Parity,
    transfer: u32,
    /// The group that was coded last, and the number of its first packet in sending order.
    group: Option<(Range<u64>, Vec<Packet>)>,
    /// The transfer's first packets, once they have been made.
    first: Option<Vec<Packet>>,
}

impl<'a> FramePackets<'a> {
    pub(super) fn new(stream: &'a mut Stream, schedule: Schedule, transfer: u32) -> Self {
        let parity = Parity::new(schedule.shape());
        Self { stream, schedule, parity, transfer, group: None, first: None }
    }

    /// The packets of frame `number`, from 0. What is left of the last frame is filled with the
    /// transfer's first packets.
    pub(super) fn frame(&mut self, number: u64) -> Result<Vec<Packet>, SendError> {
        let (per_frame, total) =
            (self.schedule.per_frame() as u64, self.schedule.shape().total_packets());
        let start = number * per_frame;
        let mut frame = self.range(start..(start + per_frame).min(total))?;
        let spare = per_frame as usize - frame.len();
        if spare > 0 {
            let first = match self.first.take() {
                Some(first) => first,
                None => self.range(0..per_frame.min(total))?,
            };
            frame.extend(first.iter().cycle().take(spare).cloned());
            self.first = Some(first);
        }
        Ok(frame)
    }

    /// Packets by their numbers in sending order.
    fn range(&mut self, wanted: Range<u64>) -> Result<Vec<Packet>, SendError> {
        let mut packets = Vec::with_capacity((wanted.end - wanted.start) as usize);
        let mut at = wanted.start;
        while at < wanted.end {
            let (range, group) = match self.group.take() {
                Some(group) if group.0.contains(&at) => group,
                _ => self.code_group(at)?,
            };
            let end = wanted.end.min(range.end);
            let part = (at - range.start) as usize..(end - range.start) as usize;
            packets.extend_from_slice(&group[part]);
            at = end;
            if range.start == 0 && self.first.is_none() {
                self.first = group.get(..self.schedule.per_frame()).map(<[Packet]>::to_vec);
            }
            self.group = Some((range, group));
        }
        Ok(packets)
    }

    /// Codes the group that holds packet `position`.
    fn code_group(&mut self, position: u64) -> Result<(Range<u64>, Vec<Packet>), SendError> {
        let shape = self.schedule.shape();
        let (group, start) = self.schedule.group_at(position);
        let blocks = self.schedule.group_blocks(group);
        let mut coded = Vec::with_capacity(blocks.len());
        for block in blocks.clone() {
            let from = u64::from(block) * shape.block_bytes() as u64;
            let bytes = self.stream.read(from, shape.block_bytes()).map_err(SendError::Storage)?;
            coded.push(self.parity.encode(block, &bytes)?);
        }
        let packet = |(block, index): (u32, u8)| {
            let payload =
                std::mem::take(&mut coded[(block - blocks.start) as usize][usize::from(index)]);
            Packet { id: PacketId { transfer: self.transfer, block, index }, shape, payload }
        };
        let packets: Vec<Packet> = self.schedule.group_packets(group).map(packet).collect();
        Ok((start..start + packets.len() as u64, packets))
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
            blocks in 1u32..9, source in 1u8..5, repair in 0u8..4, per_frame in 1usize..12, seed: u64,
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
                let own = frame.iter().take(shape.total_packets() as usize - number * per_frame);
                for packet in own {
                    prop_assert_eq!(schedule.frame_of(packet.id), number as u64);
                }
            }
            let mut fresh = FramePackets::new(&mut stream, schedule, 7);
            for number in (0..frames).rev() {
                prop_assert_eq!(&fresh.frame(number).unwrap(), &forward[number as usize]);
            }
        }
    }
}
