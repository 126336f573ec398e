//! What a transfer still lacks, in frames: what a person is told to show or to take again.

use super::schedule::shares;
use super::show::Show;
use super::{Assembler, PacketId, Schedule};
use std::collections::{BTreeMap, BTreeSet};

/// Incomplete blocks that are looked into, and frames that are named: those of 4 GB at ordinary
/// sizes. A header may promise a thousand times as many.
pub(crate) const MAX_EXAMINED: usize = 20_000;

/// Frames that would help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Frames with packets that incomplete blocks lack, numbered from 0, ascending.
    pub frames: Vec<u64>,
    /// No fewer than this many of them can complete the transfer.
    pub fewest: u64,
}

impl Missing {
    /// What is missing before anything has arrived of a transfer of `frames` frames; `most` of them
    /// are named.
    pub fn everything(frames: u64, most: usize) -> Self {
        Self { frames: (0..frames).take(most).collect(), fewest: frames }
    }
}

impl Assembler {
    /// What is missing of a transfer whose packets travel as `schedule` says, as far as `most` blocks
    /// tell and `most` frames are named.
    pub fn missing(&self, schedule: &Schedule, most: usize) -> Missing {
        let shape = self.shape();
        let mut frames = BTreeSet::new();
        let mut fewest = 0;
        // What the lanes of a show lack, by set and lane.
        let mut lanes: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for block in self.incomplete_blocks().take(most) {
            let indices = (0..shape.packets()).map(|index| index as u8);
            let lacking: Vec<u64> = indices
                .filter(|&index| !self.has(block, index))
                .filter_map(|index| schedule.frame_of(PacketId { transfer: 0, block, index }))
                .collect();
            let needed = u64::from(shape.source).saturating_sub(self.received(block) as u64);
            match schedule.show().filter(|_| !self.is_withdrawn) {
                Some(show) => *lanes.entry(show.place(block)).or_default() += needed,
                None => {
                    fewest = fewest.max(fewest_frames(&shares(lacking.iter().copied()), needed));
                }
            }
            frames.extend(lacking);
        }
        if let Some(show) = schedule.show() {
            fewest = fewest.max(self.fewest_shown(show, &lanes));
        }
        Missing { frames: frames.into_iter().take(most).collect(), fewest }
    }
}

impl Assembler {
    /// How many frames bring what these lanes lack, at best: each of a set brings its lanes one packet,
    /// and a cross packet that is there makes up for one.
    fn fewest_shown(&self, show: &Show, lanes: &BTreeMap<(u32, u32), u64>) -> u64 {
        let mut frames: BTreeMap<u32, u64> = BTreeMap::new();
        for ((set, lane), lacking) in lanes {
            let needed = lacking.saturating_sub(self.crossing(show, *set, *lane)).max(1);
            *frames.entry(*lane).or_default() += needed;
        }
        frames.into_values().max().unwrap_or(0)
    }
}

/// How many frames bring `needed` packets, at best, that hold these `shares`, most first.
fn fewest_frames(shares: &[u64], needed: u64) -> u64 {
    let mut brought = 0;
    let enough = shares.iter().take_while(|share| {
        let more = brought < needed;
        brought += **share;
        more
    });
    enough.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outer::{Packet, Shape};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_that_are_named_complete_it_and_fewer_do_not(
            blocks in 1u32..6, source in 1u8..9, repair in 0u8..6, per_frame in 1usize..20,
            kept: [bool; 64],
        ) {
            let shape = Shape { blocks, source, repair, payload: 1 };
            let schedule = Schedule::new(shape, per_frame);
            let (mut assembler, mut store) = (Assembler::new(0, shape), Vec::new());
            let all = (0..blocks).flat_map(|block| (0..shape.packets()).map(move |i| (block, i as u8)));
            let mut take = |assembler: &mut Assembler, frames: &dyn Fn(u64) -> bool| {
                for (block, index) in all.clone() {
                    let id = PacketId { transfer: 0, block, index };
                    if schedule.frame_of(id).is_some_and(frames) {
                        let packet = Packet { id, shape, payload: vec![0] };
                        assembler.accept(&packet, &mut store).unwrap();
                    }
                }
            };
            take(&mut assembler, &|frame| kept[frame as usize % 64]);
            let missing = assembler.missing(&schedule, MAX_EXAMINED);
            prop_assert_eq!(missing.frames.is_empty(), assembler.is_complete());
            prop_assert!(missing.fewest <= missing.frames.len() as u64);
            // Any frames but one fewer than the fewest are too few.
            if let Some(few) = missing.fewest.checked_sub(1) {
                let named = missing.frames[..few as usize].to_vec();
                take(&mut assembler, &|frame| named.contains(&frame));
                prop_assert!(!assembler.is_complete());
            }
            take(&mut assembler, &|frame| missing.frames.contains(&frame));
            prop_assert!(assembler.is_complete());
        }
    }
}
