//! Which packets are wrong, of a transfer whose file is not the one that was sent.
//!
//! Any K packets of a block determine all the others. So each packet beyond K is a check, and what
//! does not fit can be told apart: [`super::locate`] finds it in one block; what came in the same
//! capture is suspected in blocks that have no checks of their own.

use super::assemble::Assembler;
use super::block::{Preference, Suspects, Version};
use super::locate::misfits;
use super::store::PacketStore;
use super::{OuterError, block::Block};
use std::collections::BTreeSet;

/// Blocks in which wrong packets are located one by one; in the others, by their captures.
const MAX_LOCATED: usize = 256;

/// The payloads of one packet, each with the versions that have it, oldest first.
struct Claims {
    index: u8,
    payloads: Vec<(Vec<u8>, Vec<Version>)>,
}

/// What the blocks that have checks say.
#[derive(Default)]
struct Findings {
    wrong: Vec<Version>,
    right: BTreeSet<Version>,
    /// Blocks in which packets were located.
    located: usize,
}

impl Assembler {
    /// Looks for packets that contradict others, and leaves them out from now on; `captures` are the
    /// places at which captures begin in the store, ascending. True if the file is another one now;
    /// false if there is nothing to be tried any more but further packets.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn reconsider(
        &mut self,
        captures: &[u64],
        store: &mut dyn PacketStore,
    ) -> Result<bool, OuterError> {
        // One wrong packet spoils all that was worked out with it: the blocks have to do without.
        if self.withdraw() {
            return Ok(true);
        }
        let mut findings = Findings::default();
        let own = |number: &u32| *number < self.shape.blocks;
        let mut numbers: Vec<u32> = self.blocks.keys().copied().filter(own).collect();
        numbers.sort_unstable();
        for number in numbers {
            if let Some(block) = self.blocks.get(&number) {
                self.examine(number, block, &mut findings, store)?;
            }
        }
        let suspects = self.suspects_of(&findings, captures);
        if suspects != self.suspects {
            self.suspects = suspects;
            self.recount();
            return Ok(true);
        }
        // Nothing tells which version is right: one can still be tried instead of the other.
        let undecided = |block: &Block| block.packets(&self.suspects).any(|all| all.len() > 1);
        let other = self.preference == Preference::Oldest && self.blocks.values().any(undecided);
        self.preference = if other { Preference::Newest } else { Preference::Oldest };
        Ok(other)
    }

    /// Compares the packets of a block with each other.
    fn examine(
        &self,
        number: u32,
        block: &Block,
        findings: &mut Findings,
        store: &mut dyn PacketStore,
    ) -> Result<(), OuterError> {
        let claims = self.claims(block, store)?;
        if claims.len() < usize::from(self.shape.source) {
            return Ok(());
        }
        for choice in choices(&claims, usize::from(self.shape.source)) {
            let Some(codeword) = self.explain(number, choice, findings)? else { continue };
            for Claims { index, payloads } in &claims {
                for (payload, versions) in payloads {
                    match codeword.get(usize::from(*index)) == Some(payload) {
                        true => findings.right.extend(versions),
                        false => findings.wrong.extend(versions),
                    }
                }
            }
            break;
        }
        Ok(())
    }

    /// All that was said of each packet of a block.
    fn claims(
        &self,
        block: &Block,
        store: &mut dyn PacketStore,
    ) -> Result<Vec<Claims>, OuterError> {
        let mut claims: Vec<Claims> = Vec::new();
        for &version in block.versions() {
            let payload = self.read(version.place(), store)?;
            let index = version.index();
            match claims.last_mut().filter(|last| last.index == index) {
                None => claims.push(Claims { index, payloads: vec![(payload, vec![version])] }),
                Some(last) => match last.payloads.iter_mut().find(|(known, _)| *known == payload) {
                    Some((_, versions)) => versions.push(version),
                    None => last.payloads.push((payload, vec![version])),
                },
            }
        }
        Ok(claims)
    }

    /// All packets of the block that explains these, more than K, but for some of them; `None` if
    /// nothing does.
    fn explain(
        &self,
        number: u32,
        mut chosen: Vec<(u8, &[u8])>,
        findings: &mut Findings,
    ) -> Result<Option<Vec<Vec<u8>>>, OuterError> {
        let source = usize::from(self.shape.source);
        for second in [false, true] {
            let (basis, checks) = chosen.split_at(source.min(chosen.len()));
            if checks.is_empty() {
                return Ok(None);
            }
            let codeword = self.codeword(number, basis)?;
            let fits = |(index, payload): &(u8, &[u8])| {
                codeword.get(usize::from(*index)).is_some_and(|right| right == payload)
            };
            if checks.iter().all(fits) {
                return Ok(Some(codeword));
            }
            if second || findings.located == MAX_LOCATED {
                return Ok(None);
            }
            findings.located += 1;
            let Some(wrong) = misfits(self.parity(), number, basis, checks, &codeword)? else {
                return Ok(None);
            };
            chosen.retain(|(index, _)| !wrong.contains(index));
        }
        Ok(None)
    }

    /// All packets of the block that has these K.
    fn codeword(&self, number: u32, basis: &[(u8, &[u8])]) -> Result<Vec<Vec<u8>>, OuterError> {
        let basis = basis.iter().map(|(index, payload)| (*index, payload.to_vec()));
        let mut packets = self.parity().placed(basis);
        self.parity().complete(number, &mut packets)?;
        Ok(packets.into_iter().flatten().collect())
    }

    /// What is wrong, and what came together with it and is not known to be right.
    fn suspects_of(&self, findings: &Findings, captures: &[u64]) -> Suspects {
        let capture =
            |version: Version| captures.partition_point(|start| *start <= version.place());
        let suspected: BTreeSet<usize> =
            findings.wrong.iter().map(|version| capture(*version)).collect();
        let mut suspects: Suspects = findings.wrong.iter().map(|version| version.place()).collect();
        if suspected.is_empty() {
            return suspects;
        }
        for version in self.blocks.values().flat_map(Block::versions) {
            if suspected.contains(&capture(*version)) && !findings.right.contains(version) {
                suspects.insert(version.place());
            }
        }
        suspects
    }
}

/// One payload for each packet, in the ways that are worth a try: without the packets of which there
/// are several, if that leaves enough; with the oldest, with the newest of them.
fn choices(claims: &[Claims], source: usize) -> Vec<Vec<(u8, &[u8])>> {
    let clear: Vec<(u8, &[u8])> =
        claims.iter().filter(|c| c.payloads.len() == 1).filter_map(first).collect();
    if clear.len() > source {
        return vec![clear];
    }
    if clear.len() == claims.len() {
        return Vec::new();
    }
    vec![claims.iter().filter_map(first).collect(), claims.iter().filter_map(last).collect()]
}

fn first(claims: &Claims) -> Option<(u8, &[u8])> {
    claims.payloads.first().map(|(payload, _)| (claims.index, payload.as_slice()))
}

fn last(claims: &Claims) -> Option<(u8, &[u8])> {
    claims.payloads.last().map(|(payload, _)| (claims.index, payload.as_slice()))
}

#[cfg(test)]
mod tests {
    use crate::outer::{Accepted, Assembler, Packet, PacketId, Parity, Shape};
    use crate::prng::SplitMix64;
    use proptest::prelude::*;
    use std::io::Read;

    fn packets(shape: Shape, prng: &mut SplitMix64) -> (Vec<u8>, Vec<Packet>) {
        let length = shape.blocks as usize * shape.block_bytes();
        let stream: Vec<u8> = (0..length).map(|_| prng.next_u64() as u8).collect();
        let parity = Parity::new(shape);
        let blocks = stream.chunks(shape.block_bytes()).enumerate();
        let packets = blocks.flat_map(|(block, bytes)| {
            let payloads = parity.encode(block as u32, bytes).unwrap().into_iter().enumerate();
            payloads.map(move |(index, payload)| {
                let id = PacketId { transfer: 5, block: block as u32, index: index as u8 };
                Packet { id, shape, payload }
            })
        });
        let packets = packets.collect();
        (stream, packets)
    }

    fn stream(assembler: &Assembler, store: &mut Vec<u8>) -> Vec<u8> {
        let mut stream = Vec::new();
        assembler.reader(store).read_to_end(&mut stream).unwrap();
        stream
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn wrong_packets_are_found_wherever_there_are_checks(
            blocks in 1u32..4, source in 1u8..30, repair in 3u8..20, wrong in 1usize..18, seed: u64,
            first: bool, both: bool,
        ) {
            let shape = Shape { blocks, source, repair, payload: 40 };
            let mut prng = SplitMix64::new(seed);
            let (sent, mut packets) = packets(shape, &mut prng);
            packets.sort_by_cached_key(|_| prng.next_u64());
            // One capture of another's packets, a few of each block, before or after the right ones;
            // those themselves may be missing.
            let wrong = wrong.min(usize::from(repair) - 2);
            let forged: Vec<Packet> = packets.iter().take(wrong).map(|packet| {
                let payload = (0..40).map(|_| prng.next_u64() as u8).collect();
                Packet { payload, ..packet.clone() }
            }).collect();
            let honest = if both { &packets[..] } else { &packets[wrong..] };
            let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
            let mut captures = Vec::new();
            let order = if first { [&forged[..], honest] } else { [honest, &forged[..]] };
            for capture in order {
                captures.push(store.len() as u64);
                for packet in capture {
                    assembler.accept(packet, &mut store).unwrap();
                }
            }
            for _ in 0..3 {
                if stream(&assembler, &mut store) == sent { break; }
                prop_assert!(assembler.reconsider(&captures, &mut store).unwrap());
            }
            prop_assert!(assembler.is_complete());
            prop_assert!(stream(&assembler, &mut store) == sent);
        }
    }

    #[test]
    fn without_checks_captures_of_what_is_wrong_are_left_out_and_come_again() {
        let shape = Shape { blocks: 2, source: 4, repair: 2, payload: 20 };
        let mut prng = SplitMix64::new(3);
        let (sent, packets) = packets(shape, &mut prng);
        let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
        let forged = |packet: &Packet| Packet { payload: vec![9; 20], ..packet.clone() };
        // Block 0 has two checks, block 1 none; one packet of each is another's.
        assembler.accept(&forged(&packets[0]), &mut store).unwrap();
        assembler.accept(&forged(&packets[6]), &mut store).unwrap();
        let second = store.len() as u64;
        for packet in packets[1..6].iter().chain(&packets[7..10]) {
            assembler.accept(packet, &mut store).unwrap();
        }
        assert!(assembler.is_complete());
        assert!(assembler.reconsider(&[0, second], &mut store).unwrap());
        assert_eq!((assembler.missing_packets(), assembler.suspected_packets()), (1, 2));
        assert_eq!(assembler.incomplete_blocks().collect::<Vec<_>>(), [1]);
        assert_eq!(assembler.accept(&packets[6], &mut store).unwrap(), Accepted::New);
        assert!(stream(&assembler, &mut store) == sent);
    }

    #[test]
    fn where_nothing_tells_both_versions_are_tried() {
        let shape = Shape { blocks: 1, source: 3, repair: 0, payload: 20 };
        let (sent, packets) = packets(shape, &mut SplitMix64::new(4));
        let (mut assembler, mut store) = (Assembler::new(5, shape), Vec::new());
        let forged = Packet { payload: vec![1; 20], ..packets[1].clone() };
        for packet in [&packets[0], &forged, &packets[1], &packets[2]] {
            assembler.accept(packet, &mut store).unwrap();
        }
        assert!(stream(&assembler, &mut store) != sent);
        assert!(assembler.reconsider(&[0], &mut store).unwrap());
        assert!(stream(&assembler, &mut store) == sent);
        assert!(!assembler.reconsider(&[0], &mut store).unwrap());
    }
}
