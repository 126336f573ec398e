//! The order of a large transfer that is shown in a loop, and what ties its blocks together.
//!
//! A show is joined anywhere, and frames get lost by themselves: what counts is the time until the
//! last block is complete. So each frame holds one packet of each block of a *group*, as many blocks
//! as a frame has packets, and groups take turns: a block has as many chances as any other at any
//! time. What is left is that of many groups one is unlucky. Against that every
//! [`CROSS_PERIOD`]-th frame is a *cross frame*: its packets are sums over all groups of a *set*, and
//! each makes up for one packet of whichever block lacks it ([`super::cross`]).

use super::field::exp;
use super::parts::Parts;
use super::shape::MAX_BLOCKS;
use super::{PacketId, Shape};

/// A set has at most this many groups (spec §3.4): as many different factors there are.
const MAX_SET_GROUPS: u32 = 255;
/// Frames before each cross frame (spec §3.4).
const CROSS_PERIOD: u64 = 32;
/// Kinds of cross packets, by their factors (spec §3.4): as many as there are cross frames in one turn
/// of the groups of a set.
pub(super) const CROSS_ROWS: u32 = 8;

/// The order of a show of more than one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Show {
    shape: Shape,
    /// Blocks of a group, packets of a frame.
    lanes: u32,
    /// Groups, in sets.
    sets: Parts,
}

/// What a frame of a show holds.
enum Content {
    /// The packets with this index of all blocks of a group.
    Group { group: u32, index: u8 },
    /// Cross packets: the number of the set, and which of its cross frames it is.
    Cross { set: u32, number: u64 },
}

impl Show {
    /// The order of a valid `shape`; `None` if it is not for such a show.
    pub(super) fn new(shape: Shape, per_frame: usize) -> Option<Self> {
        let lanes = u32::try_from(per_frame).ok().filter(|lanes| *lanes >= 1)?;
        let groups = shape.blocks / lanes;
        let is_whole = shape.blocks == groups * lanes && groups > 1;
        let sets = Parts::new(groups, groups.div_ceil(MAX_SET_GROUPS));
        let cross_blocks = u64::from(CROSS_ROWS) * u64::from(sets.count()) * u64::from(lanes);
        let has_room = u64::from(shape.blocks) + cross_blocks <= u64::from(MAX_BLOCKS);
        (shape.is_looped() && is_whole && has_room).then_some(Self { shape, lanes, sets })
    }

    /// Sets of groups.
    pub(super) fn sets(&self) -> u32 {
        self.sets.count()
    }

    /// The blocks of a block's set.
    pub(super) fn blocks_with(&self, block: u32) -> std::ops::Range<u32> {
        let groups = self.sets.range(self.sets.of(block / self.lanes));
        groups.start * self.lanes..groups.end * self.lanes
    }

    /// The set and the lane of a block.
    pub(super) fn place(&self, block: u32) -> (u32, u32) {
        (self.sets.of(block / self.lanes), block % self.lanes)
    }

    /// Cross frames of a set with `groups` groups; none at its end.
    fn cross_frames(&self, groups: u32) -> u64 {
        self.group_frames(groups).saturating_sub(1) / CROSS_PERIOD
    }

    /// The row and the index of the packets of a cross frame: the index that is half a show away. Who
    /// has joined lately has none of those packets, so that they tell him something.
    fn cross_packet(&self, number: u64, groups: u32) -> (u32, u8) {
        let packets = self.shape.packets() as u64;
        let now = (number + 1) * CROSS_PERIOD / u64::from(groups.max(1));
        ((number % u64::from(CROSS_ROWS)) as u32, ((now + packets / 2) % packets) as u8)
    }

    /// The cross frame that has packets of this row and index.
    fn cross_number(&self, row: u32, index: u8, groups: u32) -> Option<u64> {
        let packets = self.shape.packets() as u64;
        let now = (u64::from(index) + packets - packets / 2) % packets;
        let first = (now * u64::from(groups) / CROSS_PERIOD).saturating_sub(1);
        let mut near = first..(first + u64::from(CROSS_ROWS) + 2).min(self.cross_frames(groups));
        near.find(|number| self.cross_packet(*number, groups) == (row, index))
    }

    fn group_frames(&self, groups: u32) -> u64 {
        u64::from(groups) * self.shape.packets() as u64
    }

    fn set_frames(&self, groups: u32) -> u64 {
        self.group_frames(groups) + self.cross_frames(groups)
    }

    /// Frames of all sets before set `set`.
    fn frames_before(&self, set: u32) -> u64 {
        let (small, larger) = self.sets.sizes();
        let long = set.min(larger);
        u64::from(long) * self.set_frames(small + 1)
            + u64::from(set - long) * self.set_frames(small)
    }

    /// Frames of the show.
    pub(super) fn frames(&self) -> u64 {
        self.frames_before(self.sets())
    }

    /// The set that frame `frame` belongs to.
    fn set_at(&self, frame: u64) -> u32 {
        let (small, larger) = self.sets.sizes();
        let (long, short) = (self.set_frames(small + 1), self.set_frames(small).max(1));
        let set = match frame.checked_sub(u64::from(larger) * long) {
            Some(rest) => u64::from(larger) + rest / short,
            None => frame / long,
        };
        set.min(u64::from(self.sets() - 1)) as u32
    }

    fn content(&self, frame: u64) -> Content {
        let set = self.set_at(frame);
        let (groups, within) = (self.sets.range(set), frame - self.frames_before(set));
        let count = groups.end - groups.start;
        let (period, rest) = (within / (CROSS_PERIOD + 1), within % (CROSS_PERIOD + 1));
        if rest == CROSS_PERIOD && period < self.cross_frames(count) {
            return Content::Cross { set, number: period };
        }
        let slot = within - period.min(self.cross_frames(count));
        let (index, turn) = (slot / u64::from(count), (slot % u64::from(count)) as u32);
        // A turn that begins with another group each time: where every second frame is lost, or
        // every third, no group has lost all of them.
        let group = (turn + (index % u64::from(count)) as u32) % count;
        Content::Group { group: groups.start + group, index: index as u8 }
    }

    /// The packets of frame `frame`: block and index.
    pub(super) fn packets_of(&self, frame: u64) -> Vec<(u32, u8)> {
        match self.content(frame) {
            Content::Group { group, index } => {
                (0..self.lanes).map(|lane| (group * self.lanes + lane, index)).collect()
            }
            Content::Cross { set, number } => {
                let groups = self.sets.range(set).len() as u32;
                let (row, index) = self.cross_packet(number, groups);
                (0..self.lanes).map(|lane| (self.cross_block(set, row, lane), index)).collect()
            }
        }
    }

    /// The frame in which a packet travels, if it is one of the show's.
    pub(super) fn frame_of(&self, id: PacketId) -> Option<u64> {
        if id.block >= self.shape.blocks {
            let (set, row, _) = self.cross_place(id.block)?;
            let number = self.cross_number(row, id.index, self.sets.range(set).len() as u32)?;
            return Some(self.frames_before(set) + number * (CROSS_PERIOD + 1) + CROSS_PERIOD);
        }
        let (group, index) = (id.block / self.lanes, u64::from(id.index));
        let set = self.sets.of(group);
        let groups = self.sets.range(set);
        let count = u64::from(groups.end - groups.start);
        let turn = (u64::from(group - groups.start) + count - index % count) % count;
        let slot = index * count + turn;
        let crossed = (slot / CROSS_PERIOD).min(self.cross_frames(count as u32));
        Some(self.frames_before(set) + slot + crossed)
    }

    /// The number of a block of cross packets: those of row `row`, of one lane of a set.
    pub(super) fn cross_block(&self, set: u32, row: u32, lane: u32) -> u32 {
        self.shape.blocks + (row * self.sets() + set) * self.lanes + lane
    }

    /// Set, row and lane of a block of cross packets.
    fn cross_place(&self, block: u32) -> Option<(u32, u32, u32)> {
        let number = block.checked_sub(self.shape.blocks)?;
        let (rest, lane) = (number / self.lanes, number % self.lanes);
        let (set, row) = (rest % self.sets(), rest / self.sets());
        (row < CROSS_ROWS).then_some((set, row, lane))
    }

    /// The set and the lane of a block, of a block of cross packets as well; `None` of none that the
    /// show has.
    pub(super) fn lane_of(&self, block: u32) -> Option<(u32, u32)> {
        if block < self.shape.blocks {
            return Some(self.place(block));
        }
        self.cross_place(block).map(|(set, _, lane)| (set, lane))
    }

    /// The row of a block of cross packets.
    pub(super) fn row_of(&self, block: u32) -> Option<u32> {
        self.cross_place(block).map(|(_, row, _)| row)
    }

    /// The blocks of one lane of a set.
    pub(super) fn blocks_of(&self, set: u32, lane: u32) -> impl Iterator<Item = u32> {
        let lanes = self.lanes;
        self.sets.range(set).map(move |group| group * lanes + lane)
    }

    /// The factor of a block in row `row` of the cross packets of its lane.
    pub(super) fn factor(&self, block: u32, row: u32) -> u8 {
        let group = block / self.lanes;
        let number = group - self.sets.range(self.sets.of(group)).start;
        exp(2, number as usize * row as usize % 255)
    }

    /// What the packets of a block of cross packets are sums of: blocks, and the factor of each.
    pub(super) fn terms_of(&self, block: u32) -> Vec<(u32, u8)> {
        let Some((set, row, lane)) = self.cross_place(block) else { return Vec::new() };
        self.blocks_of(set, lane).map(|of| (of, self.factor(of, row))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn shows() -> impl Strategy<Value = Show> {
        let groups = prop_oneof![2u32..20, 200u32..600];
        (groups, 1usize..7, 1u8..9, 0u8..9).prop_map(|(groups, lanes, source, more)| {
            let (blocks, repair) = (groups * lanes as u32, source + more);
            Show::new(Shape { blocks, source, repair, payload: 10 }, lanes).unwrap()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_packet_has_its_frame_and_every_frame_its_packets(show in shows()) {
            let mut packets = BTreeSet::new();
            for frame in 0..show.frames() {
                let held = show.packets_of(frame);
                prop_assert_eq!(held.len(), show.lanes as usize);
                for (block, index) in held {
                    let id = PacketId { transfer: 0, block, index };
                    prop_assert_eq!(show.frame_of(id), Some(frame));
                    prop_assert!(packets.insert((block, index)));
                }
            }
            let own = packets.iter().filter(|(block, _)| *block < show.shape.blocks).count();
            prop_assert_eq!(own as u64, show.shape.total_packets());
        }

        #[test]
        fn wherever_it_is_joined_all_blocks_are_served_alike(show in shows(), at: prop::sample::Index) {
            // As many frames as give each block of the set all its source packets, and the cross
            // frames among them.
            let groups = show.sets.range(0).len() as u64;
            let own = groups * u64::from(show.shape.source);
            let from = at.index(show.set_frames(groups as u32) as usize) as u64;
            let last = show.set_frames(groups as u32);
            let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
            let mut taken = 0;
            for frame in (from..last).chain(0..from) {
                let held = show.packets_of(frame);
                if taken == own { break; }
                taken += u64::from(held[0].0 < show.shape.blocks);
                for (block, _) in held {
                    *counts.entry(block).or_default() += 1;
                }
            }
            let mut own = counts.iter().filter(|(block, _)| **block < show.shape.blocks);
            // A turn is cut where it is joined and where it ends.
            prop_assert!(own.all(|(_, count)| count.abs_diff(show.shape.source.into()) <= 2));
        }
    }

    #[test]
    fn where_every_second_frame_is_lost_no_block_goes_without() {
        for groups in 2..13 {
            let shape = Shape { blocks: groups * 3, source: 100, repair: 120, payload: 9 };
            let show = Show::new(shape, 3).unwrap();
            for lost in [0, 1] {
                let mut counts = vec![0; shape.blocks as usize];
                for frame in (0..show.frames()).filter(|frame| frame % 2 != lost) {
                    for (block, _) in show.packets_of(frame) {
                        if let Some(count) = counts.get_mut(block as usize) {
                            *count += 1;
                        }
                    }
                }
                assert!(counts.iter().all(|count| *count >= 100), "{groups} groups: {counts:?}");
            }
        }
    }

    #[test]
    fn only_shapes_for_shows_have_shows() {
        let shape = Shape { blocks: 62, source: 100, repair: 120, payload: 9 };
        assert!(Show::new(shape, 31).is_some());
        assert!(Show::new(Shape { repair: 99, ..shape }, 31).is_none(), "few repair packets");
        assert!(Show::new(Shape { blocks: 63, ..shape }, 31).is_none(), "no whole groups");
        assert!(Show::new(shape, 62).is_none(), "a single group");
        assert!(Show::new(Shape { blocks: MAX_BLOCKS, ..shape }, 32).is_none(), "no numbers left");
    }
}
