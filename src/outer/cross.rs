//! Blocks that lack packets, completed by what ties them to the others of their lane.
//!
//! A cross packet is the sum of one packet of each block of its lane in a set, each times a
//! factor (spec §3.4). A block that has K - d packets is known but for d of those it lacks, whichever
//! these are: each of its packets is what was received makes of it, and shares of those d. So each
//! cross packet is an equation in what all blocks of a lane lack together, and as many equations as
//! that give everything. What was worked out goes to the store like a packet that arrived; it is
//! withdrawn if the file is not what was sent, since one wrong packet spoils a lane.
//!
//! Each packet is worked in once ([`super::lanes`]). What that takes grows with the packets of a lane
//! and the square of what it lacks, which is little where a show is honest; who forges one could make
//! it lack a lot, so there is a bound for each packet that arrived.

use super::assemble::Assembler;
use super::block::Version;
use super::equations::{Equations, Lacking};
use super::field::mul_slice_xor;
use super::lanes::{Lanes, Place};
use super::show::{CROSS_ROWS, Show};
use super::store::PacketStore;
use super::{OuterError, Packet, PacketId, Schedule};

/// Products that working out may take, for each packet that arrived and for each of its bytes. A lane
/// of the largest set has 30,000 packets, and lacks 900 in the end: that takes less than half of this.
const MOST_PRODUCTS: u64 = 1 << 16;
const MOST_PRODUCTS_OF_A_BYTE: u64 = 64;

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
        if self.is_spent() {
            return Ok(());
        }
        let known = self.lanes.take().filter(|lanes| lanes.show() == show);
        let mut lanes = known.unwrap_or_else(|| self.begin_lanes(show));
        while !self.is_spent()
            && let Some((place, known)) = lanes.next()
        {
            let equations = self.equations(show, place, known);
            if equations.wanted() == 0 && self.can_pay(&equations) {
                self.work_out(show, place, &equations, store)?;
                lanes.done(place);
                continue;
            }
            let is_spent = equations.wanted() == 0 || equations.is_pending();
            lanes.keep(place, equations);
            if is_spent {
                lanes.reopen(place);
                break;
            }
        }
        self.lanes = Some(lanes);
        Ok(())
    }

    /// Products that working out may take, as far as packets have arrived.
    pub(super) fn most_work(&self) -> u64 {
        let each = MOST_PRODUCTS + MOST_PRODUCTS_OF_A_BYTE * self.shape.payload as u64;
        self.kept_packets().saturating_mul(each)
    }

    fn is_spent(&self) -> bool {
        self.work >= self.most_work()
    }

    /// Whether the payloads of what is lacking can be worked out; it counts as done then.
    fn can_pay(&mut self, equations: &Equations) -> bool {
        let width = equations.width() as u64;
        let work = self.work + width * width * (width / 2 + self.shape.payload as u64);
        let can_pay = work <= self.most_work();
        if can_pay {
            self.work = work;
        }
        can_pay
    }

    fn begin_lanes(&mut self, show: &Show) -> Lanes {
        let source = usize::from(self.shape.source);
        self.work += u64::from(self.shape.blocks);
        let lacking = |block| (block, source - self.received(block));
        let crossing = |(set, lane)| self.crossing(show, set, lane);
        Lanes::new(*show, self.incomplete_blocks().map(lacking), crossing)
    }

    /// Cross packets of a lane of a set that can be used.
    pub(super) fn crossing(&self, show: &Show, set: u32, lane: u32) -> u64 {
        let blocks = (0..CROSS_ROWS).map(|row| show.cross_block(set, row, lane));
        blocks.map(|block| self.distinct(block) as u64).sum()
    }

    /// What is known of a lane, all its packets worked in as far as that may be. Where that is
    /// everything, it is about what is lacking now.
    fn equations(
        &mut self,
        show: &Show,
        place: Place,
        known: Option<Box<Equations>>,
    ) -> Box<Equations> {
        let mut equations = known.unwrap_or_else(|| self.begin(show, place));
        self.work += equations.work_in(show, self.most_work().saturating_sub(self.work));
        if equations.wanted() == 0 && equations.has_aged() {
            equations = self.begin(show, place);
            self.work += equations.work_in(show, self.most_work().saturating_sub(self.work));
        }
        equations
    }

    /// What a lane lacks, and its cross packets.
    fn begin(&mut self, show: &Show, (set, lane): Place) -> Box<Equations> {
        let (source, packets) = (usize::from(self.shape.source), self.shape.packets());
        let mut lacking = Vec::new();
        for block in show.blocks_of(set, lane) {
            if self.received(block) >= source {
                continue;
            }
            let all = (0..packets).map(|index| index as u8);
            let (mut basis, mut indices): (Vec<u8>, Vec<u8>) =
                all.partition(|index| self.has(block, *index));
            indices.truncate(source - basis.len());
            basis.extend(&indices);
            let shares = self.parity().shares(&basis, &indices);
            self.work += ((packets + indices.len()) * source + shares.len()) as u64;
            lacking.push(Lacking { block, indices, shares });
        }
        let rows = (0..CROSS_ROWS).map(|row| show.cross_block(set, row, lane));
        let held = rows.filter_map(|block| Some((block, self.blocks.get(&block)?)));
        let crosses = held.flat_map(|(block, held)| {
            let first = move |versions: Vec<Version>| Some((block, versions.first()?.index()));
            held.packets(&self.suspects).filter_map(first)
        });
        Box::new(Equations::new(lacking, crosses.collect()))
    }

    /// Works out what a lane lacks, and keeps it.
    fn work_out(
        &mut self,
        show: &Show,
        place: Place,
        equations: &Equations,
        store: &mut dyn PacketStore,
    ) -> Result<(), OuterError> {
        let payloads = self.solve(show, place, equations, store)?;
        let lacking = equations.lacking().iter();
        let ids = lacking.flat_map(|one| one.indices.iter().map(|index| (one.block, *index)));
        for ((block, index), payload) in ids.zip(payloads) {
            let id = PacketId { transfer: self.transfer, block, index };
            self.restored(&Packet { id, shape: self.shape, payload }, store)?;
        }
        Ok(())
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
            // What is honest is far from being given up.
            prop_assert!(assembler.work < assembler.most_work() / 4);
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
