//! Which packet travels in which frame.
//!
//! Blocks are sent in groups. A group sends the first packet of each of its blocks, then the
//! second of each, and so on; frames are filled from this sequence. So a frame holds packets of as
//! many blocks as the group has, and a lost frame costs each of them few. Groups are bounded in
//! bytes: what is read and written at a time lies close together. What is shown in a loop knows no
//! order in time: its blocks take turns ([`Show`]), or are one group.

use super::parts::Parts;
use super::show::Show;
use super::{PacketId, Shape};

/// A group is at most this large, packets of all its blocks together (spec §3.3).
const GROUP_BYTES: usize = 32 << 20;

/// The order of packets in the frames of one transfer, and so which packet is where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    shape: Shape,
    per_frame: usize,
    groups: Parts,
    show: Option<Show>,
}

impl Schedule {
    /// The schedule of a valid `shape` with `per_frame` (at least 1) packets a frame.
    pub fn new(shape: Shape, per_frame: usize) -> Self {
        let (per_frame, all) = (per_frame.max(1), shape.blocks);
        let is_one = shape.is_looped() && all as usize <= per_frame;
        let groups = if is_one { 1 } else { all.div_ceil(group_size(shape, per_frame)) };
        let (groups, show) = (Parts::new(all, groups), Show::new(shape, per_frame));
        Self { shape, per_frame, groups, show }
    }

    /// The shape whose packets are sent.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How blocks take turns, in a transfer of more than one group that is shown in a loop.
    pub(super) fn show(&self) -> Option<&Show> {
        self.show.as_ref()
    }

    /// Frames of the transfer.
    pub fn frames(&self) -> u64 {
        let frames = || self.shape.total_packets().div_ceil(self.per_frame as u64);
        self.show.as_ref().map_or_else(frames, Show::frames)
    }

    /// Number of groups that are sent one after the other; 1 if there is no such order.
    pub fn groups(&self) -> u32 {
        if self.show.is_some() { 1 } else { self.groups.count() }
    }

    /// The packets of a frame, from 0: block and index. The last frame is filled up with what the
    /// first one has.
    pub fn packets_of(&self, frame: u64) -> Vec<(u32, u8)> {
        let mut packets = match &self.show {
            Some(show) => show.packets_of(frame),
            None => {
                let (total, count) = (self.shape.total_packets(), self.per_frame as u64);
                let position = |at: u64| match at.checked_sub(total) {
                    Some(beyond) => beyond % count.min(total),
                    None => at,
                };
                (frame * count..(frame + 1) * count)
                    .map(|at| self.packet_at(position(at)))
                    .collect()
            }
        };
        if self.shape.is_looped() {
            // Where a part of every frame is lost, that must not be the same blocks each time.
            packets.rotate_left(
                (frame % self.per_frame as u64) as usize * turn(self.per_frame) % self.per_frame,
            );
        }
        packets
    }

    /// The packet with a number among all packets in sending order.
    fn packet_at(&self, position: u64) -> (u32, u8) {
        let packets = self.shape.packets() as u64;
        let block = (position / packets).min(u64::from(self.shape.blocks) - 1) as u32;
        // Groups are whole blocks one after the other, whatever the order within.
        let blocks = self.groups.range(self.groups.of(block));
        let within = position - u64::from(blocks.start) * packets;
        let size = u64::from(blocks.end - blocks.start);
        (blocks.start + (within % size) as u32, (within / size) as u8)
    }

    /// The blocks that are sent together with a block, alternately.
    pub(crate) fn blocks_with(&self, block: u32) -> std::ops::Range<u32> {
        match &self.show {
            Some(show) => show.blocks_with(block),
            None => self.groups.range(self.groups.of(block)),
        }
    }

    /// The frame in which a packet travels; `None` if the transfer has no such packet.
    pub(crate) fn frame_of(&self, id: PacketId) -> Option<u64> {
        if let Some(show) = &self.show {
            return show.frame_of(id);
        }
        let packets = self.shape.packets();
        if id.block >= self.shape.blocks || usize::from(id.index) >= packets {
            return None;
        }
        let blocks = self.groups.range(self.groups.of(id.block));
        let before = u64::from(blocks.start) * packets as u64;
        let size = u64::from(blocks.end - blocks.start);
        let slot = before + u64::from(id.index) * size + u64::from(id.block - blocks.start);
        Some(slot / self.per_frame as u64)
    }

    /// Whether frame `frame` of a transfer holds a packet: the last one is filled up with what the
    /// first one has.
    pub(crate) fn holds(&self, frame: u64, id: PacketId) -> bool {
        let is_filled = self.show.is_none() && frame + 1 == self.frames();
        self.frame_of(id).is_some_and(|place| place == frame || (place == 0 && is_filled))
    }

    /// How many frames can be lost, whichever they are, so that all blocks can still be restored.
    pub fn survivable_losses(&self) -> u64 {
        if self.show.is_some() {
            // No frame holds two packets of a block.
            return self.shape.repair.into();
        }
        let block_losses = |block| {
            let frames = (0..self.shape.packets()).filter_map(|index| {
                self.frame_of(PacketId { transfer: 0, block, index: index as u8 })
            });
            survivable(frames, usize::from(self.shape.repair))
        };
        (0..self.shape.blocks).map(block_losses).min().unwrap_or(0).min(self.frames())
    }
}

/// Blocks of a group, where groups are sent one after the other.
fn group_size(shape: Shape, per_frame: usize) -> u32 {
    let block_bytes = shape.packets() * shape.payload;
    let most = (GROUP_BYTES / block_bytes.max(1)).max(1);
    // Each frame then has exactly `share` packets of each block, or one less.
    let share = per_frame.div_ceil(most).max(1);
    u32::try_from(per_frame.div_ceil(share)).unwrap_or(u32::MAX).max(1)
}

/// By how many places the packets of a frame are turned against those of the frame before: the
/// golden ratio spreads them best.
fn turn(per_frame: usize) -> usize {
    (per_frame * 377 / 987).max(1)
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
    use std::collections::{BTreeMap, BTreeSet};

    fn shapes() -> impl Strategy<Value = (Shape, usize)> {
        (1u32..400, 1u8..60, 0u8..90, 500usize..5000, 1usize..90).prop_map(
            |(blocks, source, repair, payload, per_frame)| {
                (Shape { blocks, source, repair, payload }, per_frame)
            },
        )
    }

    fn frames(layout: &Schedule) -> Vec<Vec<(u32, u8)>> {
        (0..layout.frames()).map(|frame| layout.packets_of(frame)).collect()
    }

    proptest! {
        #[test]
        fn walking_and_asking_agree((shape, per_frame) in shapes()) {
            let layout = Schedule::new(shape, per_frame);
            let mut all = BTreeSet::new();
            for (number, frame) in frames(&layout).iter().enumerate() {
                prop_assert_eq!(frame.len(), per_frame);
                for &(block, index) in frame {
                    let id = PacketId { transfer: 0, block, index };
                    prop_assert!(layout.holds(number as u64, id));
                    all.insert((block, index));
                }
            }
            let own = all.iter().filter(|(block, _)| *block < shape.blocks);
            prop_assert_eq!(own.count() as u64, shape.total_packets());
        }

        #[test]
        fn the_promised_losses_are_survived_and_one_more_is_not((shape, per_frame) in shapes()) {
            let layout = Schedule::new(shape, per_frame);
            let mut shares: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for (number, frame) in frames(&layout).into_iter().enumerate() {
                let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
                let place = |(block, index): &(u32, u8)| {
                    layout.frame_of(PacketId { transfer: 0, block: *block, index: *index })
                };
                let own = frame.into_iter().filter(|packet| place(packet) == Some(number as u64));
                for (block, _) in own.filter(|(block, _)| *block < shape.blocks) {
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
