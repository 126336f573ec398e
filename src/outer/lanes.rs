//! How far the lanes of a show are that lack packets, from one capture to the next.
//!
//! A look at a lane costs time, and most captures change nothing that matters. So what is known of a
//! lane stays ([`Equations`]), and it is looked at again when so many more packets of it came as
//! equations are lacking. It is begun when all lanes have as many cross packets as they lack: before,
//! most would complete by themselves.
//!
//! Memory: a few words for each lane that lacks packets, of which there are no more than cross packets
//! arrived; and the equations of lanes that wait for some yet, up to a bound for all of them.

use super::PacketId;
use super::equations::Equations;
use super::show::Show;
use std::collections::{BTreeMap, BTreeSet};

/// Packets of a lane that are worked out together at most; an honest set lacks a few hundred.
const MAX_UNKNOWN: u64 = 1024;
/// Bytes of equations that stay in memory, which is more than a show of a gigabyte takes; those of
/// further lanes are begun anew each time, which counts as work.
const MAX_KEPT: usize = 16 << 20;

/// Set and lane.
pub(super) type Place = (u32, u32);

/// The lanes that lack packets.
#[derive(Debug)]
pub(super) struct Lanes {
    show: Show,
    lanes: BTreeMap<Place, Lane>,
    /// Lanes that have too few cross packets.
    short: usize,
    /// Lanes that are worth a look.
    open: BTreeSet<Place>,
    /// Bytes of all equations.
    kept: usize,
}

/// One of them.
#[derive(Debug, Default)]
struct Lane {
    lacking: u64,
    /// Cross packets.
    crossing: u64,
    /// Further packets that it takes until another look is worth it.
    wanted: usize,
    equations: Option<Box<Equations>>,
}

impl Lane {
    fn is_short(&self) -> bool {
        self.lacking > self.crossing.min(MAX_UNKNOWN)
    }

    fn bytes(&self) -> usize {
        self.equations.as_ref().map_or(0, |equations| equations.bytes())
    }
}

impl Lanes {
    /// All lanes of a show: `incomplete` are the blocks that lack packets, and how many; `crossing`
    /// tells the cross packets of a lane.
    pub(super) fn new(
        show: Show,
        incomplete: impl Iterator<Item = (u32, usize)>,
        crossing: impl Fn(Place) -> u64,
    ) -> Self {
        let mut lanes: BTreeMap<Place, Lane> = BTreeMap::new();
        for (block, lacking) in incomplete {
            lanes.entry(show.place(block)).or_default().lacking += lacking as u64;
        }
        for (place, lane) in &mut lanes {
            lane.crossing = crossing(*place);
        }
        let short = lanes.values().filter(|lane| lane.is_short()).count();
        let open = lanes.keys().copied().collect();
        Self { show, lanes, short, open, kept: 0 }
    }

    pub(super) fn show(&self) -> &Show {
        &self.show
    }

    /// A packet came that is new, and that its block lacked or that is a cross packet.
    pub(super) fn heard(&mut self, id: PacketId) {
        let Some(place) = self.show.lane_of(id.block) else { return };
        let Some(lane) = self.lanes.get_mut(&place) else { return };
        let (was_short, is_cross) = (lane.is_short(), self.show.row_of(id.block).is_some());
        match is_cross {
            true => lane.crossing += 1,
            false => lane.lacking = lane.lacking.saturating_sub(1),
        }
        self.short -= usize::from(was_short && !lane.is_short());
        lane.wanted = lane.wanted.saturating_sub(1);
        if lane.wanted == 0 {
            self.open.insert(place);
        }
        let before = lane.bytes();
        if let Some(equations) = &mut lane.equations {
            equations.heard(id, is_cross);
        }
        self.kept = self.kept + lane.bytes() - before;
        if lane.lacking == 0 {
            self.done(place);
        }
    }

    /// The next lane that is worth a look, and what is known of it; none before all can be.
    pub(super) fn next(&mut self) -> Option<(Place, Option<Box<Equations>>)> {
        if self.short > 0 {
            return None;
        }
        let place = self.open.pop_first()?;
        let lane = self.lanes.get_mut(&place)?;
        self.kept -= lane.bytes();
        Some((place, lane.equations.take()))
    }

    /// Nothing is lacking of a lane any more.
    pub(super) fn done(&mut self, place: Place) {
        self.open.remove(&place);
        if let Some(lane) = self.lanes.remove(&place) {
            self.kept -= lane.bytes();
        }
    }

    /// What is known of a lane that lacks equations yet.
    pub(super) fn keep(&mut self, place: Place, equations: Box<Equations>) {
        let Some(lane) = self.lanes.get_mut(&place) else { return };
        lane.wanted = equations.wanted();
        if self.kept + equations.bytes() <= MAX_KEPT {
            self.kept += equations.bytes();
            lane.equations = Some(equations);
        }
    }

    /// A lane is worth another look, but not now.
    pub(super) fn reopen(&mut self, place: Place) {
        self.open.insert(place);
    }

    /// Bytes of all equations.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.lanes.values().map(Lane::bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outer::{Assembler, Packet, Schedule, Shape};

    /// Packets of a forged show that keep its lanes from being worked out by one equation each: all
    /// their cross packets have indices that the first block of the lane has, so that the one packet
    /// that it lacks is in none of them. The others lack all but one, and have one group too few for
    /// all rows to be independent. First those after which all lanes are worth a look.
    fn forged(shape: Shape, lanes: u32) -> (Vec<PacketId>, Vec<PacketId>) {
        let source = shape.source;
        let id = |block, index| PacketId { transfer: 5, block, index };
        let held = || source..2 * source - 1;
        let own = (0..shape.blocks).flat_map(|block| {
            let held = if block < lanes { held() } else { 2 * source - 1..2 * source };
            held.map(move |index| id(block, index))
        });
        let crosses = held().flat_map(|index| {
            (shape.blocks..shape.blocks + 8 * lanes).map(move |block| id(block, index))
        });
        let mut all: Vec<PacketId> = own.chain(crosses).collect();
        let lacking = u64::from(shape.blocks) * u64::from(source);
        let rest = all.split_off(all.len().min(lacking as usize));
        (all, rest)
    }

    fn take(assembler: &mut Assembler, id: PacketId, store: &mut Vec<u8>) {
        let shape = assembler.shape();
        let payload = vec![id.index ^ id.block as u8; shape.payload];
        assembler.accept(&Packet { id, shape, payload }, store).unwrap();
    }

    #[test]
    fn a_forged_show_is_worked_at_for_each_packet_and_not_for_each_capture() {
        let (source, lanes) = (40, 4);
        let shape = Shape { blocks: 8 * lanes, source, repair: 60, payload: 1 };
        let schedule = Schedule::new(shape, lanes as usize);
        let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
        let (first, rest) = forged(shape, lanes);
        for id in first.into_iter().chain(rest) {
            take(&mut assembler, id, &mut store);
            assembler.cross(&schedule, &mut store).unwrap();
        }
        let width = 7 * (u64::from(source) - 1) + 1;
        assert_eq!(assembler.missing_packets(), u64::from(lanes) * width);
        // Each of the cross packets once against all of those before it.
        let once = 8 * (u64::from(source) - 1) * width * width / 2;
        assert!(assembler.work > u64::from(lanes) * once / 8, "{}", assembler.work);
        assert!(assembler.work < u64::from(lanes) * once, "{}", assembler.work);
        let before = assembler.work;
        for _ in 0..1000 {
            assembler.cross(&schedule, &mut store).unwrap();
        }
        assert_eq!(assembler.work, before);
        // One that says something of what was left out.
        for lane in 0..lanes {
            let id = PacketId { transfer: 5, block: shape.blocks + lane, index: 0 };
            take(&mut assembler, id, &mut store);
        }
        assembler.cross(&schedule, &mut store).unwrap();
        assert!(assembler.is_complete());
    }

    #[test]
    fn a_forged_show_is_given_up_and_takes_little_memory() {
        let (source, lanes) = (127, 36);
        let shape = Shape { blocks: 8 * lanes, source, repair: 127, payload: 1 };
        let schedule = Schedule::new(shape, lanes as usize);
        let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
        let (first, rest) = forged(shape, lanes);
        let mut most = 0;
        for id in first.into_iter().chain(rest) {
            take(&mut assembler, id, &mut store);
            assembler.cross(&schedule, &mut store).unwrap();
            most = most.max(assembler.lanes.as_ref().map_or(0, Lanes::bytes));
        }
        assert!(store.len() < 1 << 20, "{}", store.len());
        // What a lane takes beyond it is what the last row takes.
        assert!(assembler.work < assembler.most_work() + (1 << 20), "{}", assembler.work);
        assert!(assembler.work < 3 << 30, "{}", assembler.work);
        assert!(most <= MAX_KEPT, "{most}");
        // Blocks complete by themselves.
        for block in 0..shape.blocks {
            for index in 0..source {
                let id = PacketId { transfer: 5, block, index };
                take(&mut assembler, id, &mut store);
            }
        }
        assembler.cross(&schedule, &mut store).unwrap();
        assert!(assembler.is_complete());
    }
}
