//! Which packet travels in which frame.
//!
//! Blocks are sent in groups. A group sends the first packet of each of its blocks, then the
//! second of each, and so on; frames are filled from this sequence. So a frame holds packets of as
//! many blocks as the group has, and a lost frame costs each of them few. Groups are bounded in
//! bytes, which bounds the sender's memory.

use super::{PacketId, Shape};

/// A group is at most this large, packets of all its blocks together (spec §3.3).
const GROUP_BYTES: usize = 32 << 20;

/// The order of packets in the frames of one transfer, and so which packet is where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    shape: Shape,
    per_frame: usize,
    groups: u32,
}

impl Schedule {
    /// The schedule of a valid `shape` with `per_frame` (at least 1) packets a frame.
    pub fn new(shape: Shape, per_frame: usize) -> Self {
        let block_bytes = shape.packets() * shape.payload;
        let most = (GROUP_BYTES / block_bytes.max(1)).max(1);
        // Each frame then has exactly `share` packets of each block, or one less.
        let share = per_frame.div_ceil(most).max(1);
        let size = per_frame.div_ceil(share).max(1) as u64;
        let groups = u64::from(shape.blocks).div_ceil(size) as u32;
        Self { shape, per_frame, groups }
    }

    /// The shape whose packets are sent.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Packets a frame.
    pub(crate) fn per_frame(&self) -> usize {
        self.per_frame
    }

    /// Frames of the transfer.
    pub fn frames(&self) -> u64 {
        self.shape.total_packets().div_ceil(self.per_frame as u64)
    }

    /// Number of groups.
    pub fn groups(&self) -> u32 {
        self.groups
    }

    /// The blocks of group `group`: sizes differ by at most one, larger groups first.
    pub(crate) fn group_blocks(&self, group: u32) -> std::ops::Range<u32> {
        let (small, larger) = (self.shape.blocks / self.groups, self.shape.blocks % self.groups);
        let start = group * small + group.min(larger);
        start..start + small + u32::from(group < larger)
    }

    /// The packets of group `group` in sending order: (block, index).
    pub fn group_packets(&self, group: u32) -> impl Iterator<Item = (u32, u8)> + use<> {
        let (blocks, packets) = (self.group_blocks(group), self.shape.packets());
        (0..packets).flat_map(move |index| blocks.clone().map(move |block| (block, index as u8)))
    }

    /// The group that holds packet number `position` of all packets in sending order, and the
    /// number of that group's first packet.
    pub(crate) fn group_at(&self, position: u64) -> (u32, u64) {
        let packets = self.shape.packets() as u64;
        let block = (position / packets).min(u64::from(self.shape.blocks) - 1) as u32;
        // Groups are whole blocks one after the other, whatever the order within.
        let group = self.group_of(block);
        (group, u64::from(self.group_blocks(group).start) * packets)
    }

    /// The frame in which a packet travels.
    pub(crate) fn frame_of(&self, id: PacketId) -> u64 {
        let blocks = self.group_blocks(self.group_of(id.block));
        let before = u64::from(blocks.start) * self.shape.packets() as u64;
        let size = u64::from(blocks.end - blocks.start);
        let slot = before + u64::from(id.index) * size + u64::from(id.block - blocks.start);
        slot / self.per_frame as u64
    }

    /// Whether frame `frame` of a transfer holds a packet: the last one is filled up with what the
    /// first one has.
    pub(crate) fn holds(&self, frame: u64, id: PacketId) -> bool {
        let place = self.frame_of(id);
        place == frame || (place == 0 && frame + 1 == self.frames())
    }

    fn group_of(&self, block: u32) -> u32 {
        let (small, larger) = (self.shape.blocks / self.groups, self.shape.blocks % self.groups);
        let in_larger = larger * (small + 1);
        if block < in_larger { block / (small + 1) } else { larger + (block - in_larger) / small }
    }

    /// How many frames can be lost, whichever they are, so that all blocks can still be restored.
    pub fn survivable_losses(&self) -> u64 {
        let block_losses = |block| {
            let frames = (0..self.shape.packets())
                .map(|index| self.frame_of(PacketId { transfer: 0, block, index: index as u8 }));
            survivable(frames, usize::from(self.shape.repair))
        };
        (0..self.shape.blocks).map(block_losses).min().unwrap_or(0).min(self.frames())
    }
}

/// The most frames a block can lose for certain, given the (ascending) frames of its packets.
fn survivable(frames: impl Iterator<Item = u64>, repair: usize) -> u64 {
    let mut left = repair as u64;
    let mut lost = 0;
    for share in shares(frames) {
        match left.checked_sub(share) {
            Some(rest) => (left, lost) = (rest, lost + 1),
            None => break,
        }
    }
    lost
}

/// How many of some packets each of their (ascending) frames holds, most first.
pub(super) fn shares(frames: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut shares: Vec<(u64, u64)> = Vec::new();
    for frame in frames {
        match shares.last_mut() {
            Some((last, count)) if *last == frame => *count += 1,
            _ => shares.push((frame, 1)),
        }
    }
    let mut shares: Vec<u64> = shares.into_iter().map(|(_, count)| count).collect();
    shares.sort_unstable_by(|a, b| b.cmp(a));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn shapes() -> impl Strategy<Value = (Shape, usize)> {
        (1u32..400, 1u8..60, 0u8..40, 500usize..5000, 1usize..90).prop_map(
            |(blocks, source, repair, payload, per_frame)| {
                (Shape { blocks, source, repair, payload }, per_frame)
            },
        )
    }

    /// The packets of each frame, by walking the groups.
    fn frames(layout: &Schedule) -> Vec<Vec<(u32, u8)>> {
        let all: Vec<_> =
            (0..layout.groups()).flat_map(|group| layout.group_packets(group)).collect();
        all.chunks(layout.per_frame).map(<[_]>::to_vec).collect()
    }

    proptest! {
        #[test]
        fn walking_and_asking_agree((shape, per_frame) in shapes()) {
            let layout = Schedule::new(shape, per_frame);
            let frames = frames(&layout);
            prop_assert_eq!(frames.len() as u64, layout.frames());
            for (number, frame) in frames.iter().enumerate() {
                for &(block, index) in frame {
                    let id = PacketId { transfer: 0, block, index };
                    prop_assert_eq!(layout.frame_of(id), number as u64);
                }
            }
            prop_assert_eq!(frames.concat().len() as u64, shape.total_packets());
        }

        #[test]
        fn the_promised_losses_are_survived_and_one_more_is_not((shape, per_frame) in shapes()) {
            let layout = Schedule::new(shape, per_frame);
            let mut shares: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for frame in frames(&layout) {
                let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
                for (block, _) in frame {
                    *counts.entry(block).or_default() += 1;
                }
                for (block, count) in counts {
                    shares.entry(block).or_default().push(count);
                }
            }
            let promised = layout.survivable_losses() as usize;
            let worst = |losses: usize| {
                shares.values_mut().map(|share| {
                    share.sort_unstable_by(|a, b| b.cmp(a));
                    share.iter().take(losses).sum::<usize>()
                }).max().unwrap_or(0)
            };
            let mut worst = worst;
            prop_assert!(worst(promised) <= usize::from(shape.repair));
            prop_assert!(worst(promised + 1) > usize::from(shape.repair));
        }
    }

    #[test]
    fn a_frame_of_a_large_transfer_holds_each_block_once() {
        let shape = Shape { blocks: 31 * 4, source: 212, repair: 43, payload: 1039 };
        let layout = Schedule::new(shape, 31);
        assert_eq!(layout.survivable_losses(), 43);
        assert_eq!(layout.frames(), 4 * 255);
    }
}
