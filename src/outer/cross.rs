//! Blocks that lack packets, completed by what ties them to the others of their lane.
//!
//! A cross packet is the sum of one packet of each block of its lane in a set, each times a
//! factor (spec §3.4). A block that has K - d packets is known but for d of those it lacks, whichever
//! these are: each of its packets is what was received makes of it, and shares of those d. So each
//! cross packet is an equation in what all blocks of a lane lack together, and as many equations as
//! that give everything. What was worked out goes to the store like a packet that arrived; it is
//! withdrawn if the file is not what was sent, since one wrong packet spoils a lane.

use super::assemble::{Assembler, PacketStore};
use super::field::{mul_slice, mul_slice_xor};
use super::linear::{Echelon, eliminate};
use super::show::{CROSS_ROWS, Show};
use super::{OuterError, Packet, PacketId, Schedule};
use std::collections::BTreeMap;

/// Packets that are worked out together at most; an honest set lacks a few hundred.
const MAX_UNKNOWN: usize = 1024;

/// The payload of a cross packet: the sum of what `read` gives for each block, times its factor.
///
/// # Errors
/// As `read`.
pub fn cross_payload<E>(
    schedule: &Schedule,
    block: u32,
    mut read: impl FnMut(u32) -> Result<Vec<u8>, E>,
) -> Result<Vec<u8>, E> {
    let mut payload = vec![0; schedule.shape().payload];
    for (block, factor) in schedule.show().map(|show| show.terms_of(block)).unwrap_or_default() {
        mul_slice_xor(factor, &read(block)?, &mut payload);
    }
    Ok(payload)
}

/// All packets of a block.
type Payloads = Vec<Vec<u8>>;

/// A lane of a set.
struct Lane<'a> {
    show: &'a Show,
    set: u32,
    lane: u32,
    /// What its incomplete blocks lack: block, and the indices of d packets.
    unknown: Vec<(u32, Vec<u8>)>,
}

/// One equation: shares of what is unknown, then the payload.
struct Equation {
    row: u32,
    index: u8,
    values: Vec<u8>,
}

impl Assembler {
    /// Completes blocks by cross packets, as soon as these suffice for all that lack anything.
    ///
    /// # Errors
    /// If the store fails.
    pub fn cross(
        &mut self,
        schedule: &Schedule,
        store: &mut dyn PacketStore,
    ) -> Result<(), OuterError> {
        let missing = self.missing_packets();
        if missing == 0 || self.is_withdrawn || self.cross_packets() < missing {
            return Ok(());
        }
        let Some(show) = schedule.show().filter(|_| schedule.shape() == self.shape) else {
            return Ok(());
        };
        for lane in self.lacking_lanes(show).unwrap_or_default() {
            let Some(equations) = self.independent(&lane)? else { continue };
            let payloads = self.solve(&lane, equations, store)?;
            let unknown = lane.unknown.iter();
            let ids =
                unknown.flat_map(|(block, indices)| indices.iter().map(|index| (*block, *index)));
            for ((block, index), payload) in ids.zip(payloads) {
                let id = PacketId { transfer: self.transfer, block, index };
                self.restored(&Packet { id, shape: self.shape, payload }, store)?;
            }
        }
        Ok(())
    }

    /// The lanes that lack anything; `None` unless each has as many cross packets.
    fn lacking_lanes<'a>(&self, show: &'a Show) -> Option<Vec<Lane<'a>>> {
        let source = usize::from(self.shape.source);
        let mut lanes: BTreeMap<(u32, u32), Lane<'a>> = BTreeMap::new();
        for block in self.incomplete_blocks() {
            let (set, lane) = show.place(block);
            let entry = lanes.entry((set, lane));
            let lane = entry.or_insert(Lane { show, set, lane, unknown: Vec::new() });
            let lacking = source - self.received(block);
            let indices = (0..self.shape.packets()).map(|index| index as u8);
            let indices = indices.filter(|index| !self.has(block, *index)).take(lacking);
            lane.unknown.push((block, indices.collect()));
        }
        let suffices = |lane: &Lane<'_>| {
            let unknown = lane.width();
            unknown <= MAX_UNKNOWN && self.crossing(show, lane.set, lane.lane) >= unknown as u64
        };
        lanes.values().all(suffices).then(|| lanes.into_values().collect())
    }

    /// Cross packets of a lane of a set that can be used.
    pub(super) fn crossing(&self, show: &Show, set: u32, lane: u32) -> u64 {
        let blocks = (0..CROSS_ROWS).map(|row| show.cross_block(set, row, lane));
        blocks.map(|block| self.distinct(block) as u64).sum()
    }

    /// As many equations, without their payloads, as there are unknown packets; `None` if those that
    /// are there say the same more than once.
    fn independent(&self, lane: &Lane<'_>) -> Result<Option<Vec<Equation>>, OuterError> {
        let width = lane.width();
        let shares = self.shares(lane)?;
        let (mut echelon, mut chosen) = (Echelon::default(), Vec::with_capacity(width));
        for row in 0..CROSS_ROWS {
            let block = lane.show.cross_block(lane.set, row, lane.lane);
            let Some(held) = self.blocks.get(&block) else { continue };
            let factors: BTreeMap<u32, u8> = lane.show.terms(lane.set, row, lane.lane).collect();
            for index in held.packets(&self.suspects).filter_map(|all| Some(all.first()?.index())) {
                let mut values = Vec::with_capacity(width);
                for (block, shares) in &shares {
                    let share = shares.get(usize::from(index)).map_or(&[][..], Vec::as_slice);
                    let mut part = vec![0; share.len()];
                    mul_slice(factors.get(block).copied().unwrap_or(0), share, &mut part);
                    values.extend(part);
                }
                if chosen.len() < width && echelon.add(values.clone()) {
                    chosen.push(Equation { row, index, values });
                }
            }
        }
        Ok((chosen.len() == width).then_some(chosen))
    }

    /// What each packet of each incomplete block has of those that are unknown of it.
    fn shares(&self, lane: &Lane<'_>) -> Result<Vec<(u32, Payloads)>, OuterError> {
        let mut all = Vec::with_capacity(lane.unknown.len());
        for (number, indices) in &lane.unknown {
            let mut packets = vec![None; self.shape.packets()];
            for version in self.chosen(*number) {
                if let Some(packet) = packets.get_mut(usize::from(version.index())) {
                    *packet = Some(vec![0; indices.len()]);
                }
            }
            for (at, index) in indices.iter().enumerate() {
                if let Some(packet) = packets.get_mut(usize::from(*index)) {
                    *packet = Some((0..indices.len()).map(|i| u8::from(i == at)).collect());
                }
            }
            self.parity().complete(*number, &mut packets)?;
            all.push((*number, packets.into_iter().map(Option::unwrap_or_default).collect()));
        }
        Ok(all)
    }

    /// The payloads that solve these equations.
    fn solve(
        &self,
        lane: &Lane<'_>,
        mut equations: Vec<Equation>,
        store: &mut dyn PacketStore,
    ) -> Result<Vec<Vec<u8>>, OuterError> {
        let width = lane.width();
        for Equation { row, index, values } in &mut equations {
            let block = lane.show.cross_block(lane.set, *row, lane.lane);
            let version = self.usable(block, *index);
            values.extend(match version {
                Some(version) => self.read(version.place(), store)?,
                None => vec![0; self.shape.payload],
            });
        }
        // What is known goes to the other side.
        for (row, sums) in (0..).zip(self.known(lane, store)?) {
            for Equation { index, values, .. } in equations.iter_mut().filter(|e| e.row == row) {
                let known = sums.get(usize::from(*index)).map_or(&[][..], Vec::as_slice);
                let payload = values.get_mut(width..).unwrap_or_default();
                payload.iter_mut().zip(known).for_each(|(byte, known)| *byte ^= known);
            }
        }
        let mut rows: Vec<Vec<u8>> =
            equations.into_iter().map(|equation| equation.values).collect();
        eliminate(&mut rows, width);
        Ok(rows.into_iter().map(|mut values| values.split_off(width.min(values.len()))).collect())
    }

    /// What is known of all packets of each row: the rows' sums, with zero for what is unknown. It is
    /// the sums of source packets that are coded, once a row, not each block.
    fn known(
        &self,
        lane: &Lane<'_>,
        store: &mut dyn PacketStore,
    ) -> Result<Vec<Payloads>, OuterError> {
        let unknown: BTreeMap<u32, &[u8]> =
            lane.unknown.iter().map(|(block, indices)| (*block, indices.as_slice())).collect();
        let mut sums = vec![vec![0; self.shape.block_bytes()]; CROSS_ROWS as usize];
        for (number, _) in lane.show.terms(lane.set, 0, lane.lane) {
            let zeros = unknown.get(&number).copied().unwrap_or_default();
            let source = self.source_with(number, zeros, store)?;
            for (row, sum) in (0..).zip(&mut sums) {
                if source.len() == sum.len() {
                    mul_slice_xor(lane.factor(row, number), &source, sum);
                }
            }
        }
        sums.iter().map(|sum| self.parity().encode(0, sum)).collect()
    }

    /// The source bytes of a block, its packets at `zeros` taken for zero.
    fn source_with(
        &self,
        number: u32,
        zeros: &[u8],
        store: &mut dyn PacketStore,
    ) -> Result<Vec<u8>, OuterError> {
        let mut packets = vec![None; self.shape.packets()];
        for version in self.chosen(number) {
            if let Some(packet) = packets.get_mut(usize::from(version.index())) {
                *packet = Some(self.read(version.place(), store)?);
            }
        }
        for index in zeros {
            if let Some(packet) = packets.get_mut(usize::from(*index)) {
                *packet = Some(vec![0; self.shape.payload]);
            }
        }
        self.parity().restore(number, &mut packets)?;
        let source = packets.into_iter().take(self.shape.source.into()).flatten();
        Ok(source.flatten().collect())
    }
}

impl Lane<'_> {
    /// Packets that are unknown.
    fn width(&self) -> usize {
        self.unknown.iter().map(|(_, indices)| indices.len()).sum()
    }

    /// The factor of a block in a row of cross packets.
    fn factor(&self, row: u32, block: u32) -> u8 {
        let mut terms = self.show.terms(self.set, row, self.lane);
        terms.find(|(of, _)| *of == block).map_or(0, |(_, factor)| factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outer::{Accepted, Parity, Shape};
    use crate::prng::SplitMix64;
    use proptest::prelude::*;
    use std::convert::Infallible;
    use std::io::Read;

    /// A show, its stream, and all packets frame by frame.
    fn sent(shape: Shape, lanes: usize, seed: u64) -> (Schedule, Vec<u8>, Vec<Vec<Packet>>) {
        let mut prng = SplitMix64::new(seed);
        let length = shape.blocks as usize * shape.block_bytes();
        let stream: Vec<u8> = (0..length).map(|_| prng.next_u64() as u8).collect();
        let (schedule, parity) = (Schedule::new(shape, lanes), Parity::new(shape));
        let blocks = stream.chunks(shape.block_bytes()).enumerate();
        let coded: Vec<Vec<Vec<u8>>> =
            blocks.map(|(block, bytes)| parity.encode(block as u32, bytes).unwrap()).collect();
        let packet = |(block, index): (u32, u8)| {
            let read = |block: u32| Ok(coded[block as usize][usize::from(index)].clone());
            let payload = match block < shape.blocks {
                true => read(block),
                false => cross_payload::<Infallible>(&schedule, block, read),
            };
            let id = PacketId { transfer: 5, block, index };
            Packet { id, shape, payload: payload.unwrap() }
        };
        let frames = (0..schedule.frames())
            .map(|frame| schedule.packets_of(frame).into_iter().map(packet).collect());
        (schedule, stream, frames.collect())
    }

    fn stream(assembler: &Assembler, store: &mut Vec<u8>) -> Vec<u8> {
        let mut stream = Vec::new();
        assembler.reader(store).read_to_end(&mut stream).unwrap();
        stream
    }

    fn take(
        assembler: &mut Assembler,
        packets: &[Packet],
        schedule: &Schedule,
        store: &mut Vec<u8>,
    ) {
        for packet in packets {
            assembler.accept(packet, store).unwrap();
        }
        assembler.cross(schedule, store).unwrap();
    }

    fn shapes() -> impl Strategy<Value = (Shape, usize)> {
        (prop_oneof![2u32..12, 256u32..300], 1usize..4, 4u8..12, 0u8..8).prop_map(
            |(groups, lanes, source, more)| {
                let (blocks, repair) = (groups * lanes as u32, source + more);
                (Shape { blocks, source, repair, payload: 6 }, lanes)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_is_worked_out_is_what_was_sent(
            (shape, lanes) in shapes(), seed: u64, some in 0.3..0.9f64,
        ) {
            let (schedule, sent, mut frames) = sent(shape, lanes, seed);
            let mut prng = SplitMix64::new(seed);
            let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
            frames.sort_by_cached_key(|_| prng.next_u64());
            for frame in &frames {
                // Parts of frames get lost as well.
                let held: Vec<Packet> = frame.iter()
                    .filter(|_| (prng.next_u64() % 1000) as f64 > 50.0 * some)
                    .cloned().collect();
                take(&mut assembler, &held, &schedule, &mut store);
                prop_assert_eq!(assembler.is_complete(), assembler.missing_packets() == 0);
                if assembler.is_complete() { break; }
            }
            if assembler.is_complete() {
                prop_assert!(stream(&assembler, &mut store) == sent);
            }
            // All of the frames are enough in any case.
            for frame in &frames {
                take(&mut assembler, frame, &schedule, &mut store);
            }
            prop_assert!(assembler.is_complete());
            prop_assert!(stream(&assembler, &mut store) == sent);
        }
    }

    /// Takes all frames but the last `lacking` that hold packets of the first group.
    fn all_but(lacking: usize, shape: Shape, forged: bool) -> (Assembler, Vec<u8>, Vec<u8>) {
        let (schedule, sent, frames) = sent(shape, 2, 7);
        let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
        let mut left = usize::from(shape.source) - lacking;
        for mut packets in frames {
            if packets.iter().any(|packet| packet.id.block == 0) {
                if left == 0 {
                    continue;
                }
                left -= 1;
            }
            if forged && packets[0].id.is_cross(&shape) {
                packets[0].payload.fill(9);
            }
            take(&mut assembler, &packets, &schedule, &mut store);
        }
        (assembler, store, sent)
    }

    #[test]
    fn cross_frames_make_up_for_as_many_frames_and_no_more() {
        // 8 groups of 40 packets have 9 cross frames; of these, five are about packets that are not
        // among the first 15.
        let shape = Shape { blocks: 16, source: 20, repair: 20, payload: 6 };
        let (assembler, mut store, sent) = all_but(5, shape, false);
        assert!(assembler.is_complete());
        assert!(stream(&assembler, &mut store) == sent);
        let (assembler, ..) = all_but(7, shape, false);
        assert_eq!(assembler.missing_packets(), 14);
    }

    #[test]
    fn what_a_forged_packet_spoiled_is_withdrawn() {
        let shape = Shape { blocks: 16, source: 20, repair: 20, payload: 6 };
        let (mut assembler, mut store, sent) = all_but(5, shape, true);
        assert!(assembler.is_complete());
        assert!(stream(&assembler, &mut store) != sent);
        assert!(assembler.reconsider(&[0], &mut store).unwrap());
        assert_eq!(assembler.missing_packets(), 10);
        // The blocks complete by themselves, and nothing is worked out any more.
        let (schedule, _, frames) = super::tests::sent(shape, 2, 7);
        for packets in frames.iter().filter(|packets| packets[0].id.block < 2).rev() {
            take(&mut assembler, packets, &schedule, &mut store);
        }
        assert!(assembler.is_complete());
        assert!(stream(&assembler, &mut store) == sent);
    }

    #[test]
    fn cross_packets_of_no_show_change_nothing() {
        let shape = Shape { blocks: 3, source: 4, repair: 4, payload: 6 };
        let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
        let schedule = Schedule::new(shape, 2);
        for block in 3..40 {
            let id = PacketId { transfer: 5, block, index: 1 };
            let packet = Packet { id, shape, payload: vec![1; 6] };
            assert_eq!(assembler.accept(&packet, &mut store).unwrap(), Accepted::New);
            assembler.cross(&schedule, &mut store).unwrap();
        }
        assert_eq!((assembler.missing_packets(), assembler.received_packets()), (12, 0));
    }
}
