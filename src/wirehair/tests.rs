//! The code as a whole: byte for byte what others have, from any blocks, from wrong ones too.

use super::dense::{Step, Sums};
use super::params::Params;
use super::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// The message that the published blocks are of.
fn message(size: usize) -> Vec<u8> {
    (0..size as u64).map(|k| ((k * k + 7 * k) >> 3) as u8).collect()
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A generator for tests.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
        (self.0 >> 33) as usize
    }

    /// All 16-bit numbers, shuffled.
    fn ids(&mut self) -> Vec<u16> {
        let mut ids: Vec<u16> = (0..=u16::MAX).collect();
        (1..ids.len()).rev().for_each(|at| ids.swap(at, self.next() % (at + 1)));
        ids
    }
}

#[test]
fn parameters_are_those_of_others_for_every_n() {
    let mut digest = Sha256::new();
    for n in BLOCKS {
        let params = Params::new(n).unwrap();
        let Params { dense, dense_seed: seed, .. } = params;
        digest.update(format!("{n} {dense} {seed} {}\n", params.peel_seed));
    }
    assert_eq!(hex(digest), "14f1ef42072461f35df2219e2371fc08bc77601dbdaaa5344cd5850a893b182e");
    assert!([0, 1, 64_001, usize::MAX].into_iter().all(|n| Params::new(n).is_none()));
}

#[test]
fn rows_are_those_of_others() {
    for (n, expected) in [
        (2, "6e15bde18c3ef5613a17f07dfcb070eab352c418f3ef77f6c6bf532640991ef8"),
        (3, "faa4da479ae9aacf26c9eb246edbf432422e29b0e252e1a74cfdb016e107d9a0"),
        (21, "d554521c2fd0bd8487000304639ec8c086bb6594d20d82be31e3930746f33289"),
        (100, "0a06beb447419d774b694c6f1b755fac9af90181ff27f5f992a77374cd2214de"),
        (1616, "5da89b7a445ee4baeff88f58a7ea3d9eb68c6050fded76125d2111a5968ef619"),
        (2048, "e81456e595e981524c50b52c810e6306144f26758d61c9d580b368e3a83368b3"),
        (2049, "06a7124f41652f8cb2f919d089c3919df2fae506b9fccef11abba972506fa3e8"),
        (54_208, "29c4b93411eeb5ac9011e35256d4ff2abf5b49604322f2d5fa69d5cca2d495a6"),
    ] {
        let (params, mut digest) = (Params::new(n).unwrap(), Sha256::new());
        for id in 0..3000 {
            let mut peel = Vec::new();
            let mixing = params.row(id, &mut peel);
            let words =
                |columns: &[u16]| columns.iter().map(u16::to_string).collect::<Vec<_>>().join(" ");
            digest.update(format!("{};{}\n", words(&peel), words(&mixing)));
        }
        assert_eq!(hex(digest), expected, "N = {n}");
    }
}

#[test]
fn dense_rows_have_half_of_the_columns_each() {
    struct Rows(Vec<Vec<bool>>, Vec<bool>);
    impl Sums for Rows {
        fn take(&mut self, step: Step) {
            match step {
                Step::Restart => self.1.fill(false),
                Step::Flip(column) => self.1[usize::from(column)] ^= true,
                Step::Give(row) => {
                    let row = &mut self.0[usize::from(row)];
                    row.iter_mut().zip(&self.1).for_each(|(to, from)| *to ^= from);
                }
            }
        }
    }
    let rows = |n| {
        let params = Params::new(n).unwrap();
        let mut rows = Rows(vec![vec![false; n]; params.dense], vec![false; n]);
        super::dense::sum(&params, &mut rows);
        rows.0
    };
    assert_eq!(rows(2), [[true, false], [false, true]].map(Vec::from));
    for row in rows(1616) {
        let held = row.into_iter().filter(|held| *held).count();
        assert!((760..=856).contains(&held), "{held}");
    }
}

/// The SHA-256 of the 300 blocks after the message's own.
fn repair_hash(size: usize, block: usize) -> String {
    let encoder = Encoder::new(&message(size), block).unwrap();
    let first = size.div_ceil(block) as u16;
    let mut digest = Sha256::new();
    (first..first + 300).for_each(|id| digest.update(encoder.block(id)));
    hex(digest)
}

#[test]
fn blocks_are_those_of_others() {
    for (size, block, expected) in [
        (12_805, 619, "937a23afddeb178be06da451324511a8609edf9d37e1a847c4aae77ae93b28a7"),
        (1_000_000, 619, "ba8861d01176d8728c64d92e3b227b53a2c3f13b1c32b183c426f5fd24734bcb"),
        (1_000_000, 423, "44d0e2c20388bf884077c1e1e29863731ad3f08798ec56e2025aafcc7b8614eb"),
        (1_000_000, 534, "4b8a0a8eabb3c74e5db572d0cae949036fa44cd35ecce5753ef7422c9060611f"),
        (1_000_000, 744, "1e3c96c7da967e85a4701a933e4743853a6a0720b5c15b3fb228926e8069b645"),
        (626, 619, "4d2b4e4dccdbd6ed8028016846a8949126ca52bf64019c1e37846cf9f7db43fb"),
        (751, 744, "c7fe4549e370649510649a997fcddfd98458f9b4f274dd004b11bd49246a96c3"),
        (27_072_000, 423, "ce88ad0cda012be342d9251e4f578ed6b49a37a0e66da69b8aa88c2bb1f1fab4"),
    ] {
        assert_eq!(repair_hash(size, block), expected, "{size} bytes in blocks of {block}");
    }
}

#[test]
fn the_first_blocks_are_the_message() {
    for (size, block) in [(16, 8), (9, 8), (23, 8), (165, 8), (12_805, 619), (4097, 2), (511, 1)] {
        let (message, encoder) = (message(size), Encoder::new(&message(size), block).unwrap());
        let n = size.div_ceil(block) as u16;
        let mut blocks: Vec<u8> = (0..n).flat_map(|id| encoder.block(id)).collect();
        assert!(blocks.drain(size..).all(|padding| padding == 0));
        assert_eq!(blocks, message);
    }
    assert!(Encoder::new(&[1; 8], 8).is_none() && Encoder::new(&[], 8).is_none());
    assert!(Encoder::new(&[1; 8], 0).is_none() && Encoder::new(&[1; 64_001], 1).is_none());
}

/// Blocks that were needed, beyond the fewest, with these numbers in this order.
fn surplus(encoder: &Encoder, message: &[u8], block: usize, ids: &[u16]) -> usize {
    let mut decoder = Decoder::new(message.len(), block).unwrap();
    for (count, id) in (1..).zip(ids) {
        decoder.add(*id, &encoder.block(*id));
        if let Some(decoded) = decoder.message().unwrap() {
            assert!(decoded == message, "wrong message from {ids:?}");
            return count - message.len().div_ceil(block);
        }
    }
    panic!("no message from all blocks");
}

/// Random receptions of messages of these numbers of blocks: how many need 0, 1, 2, more blocks
/// beyond the fewest.
fn receptions(sizes: impl Fn(&mut Random) -> usize, messages: usize, each: usize) -> [usize; 4] {
    let (mut random, mut counts) = (Random(5), [0; 4]);
    for _ in 0..messages {
        let n = sizes(&mut random);
        let size = 4 * n - random.next() % 4;
        let message = message(size);
        let encoder = Encoder::new(&message, 4).unwrap();
        for _ in 0..each {
            let ids = random.ids();
            counts[surplus(&encoder, &message, 4, &ids).min(3)] += 1;
        }
    }
    counts
}

#[test]
fn few_receptions_need_more_than_the_fewest_blocks() {
    let [exact, one, two, more] = receptions(|random| 2 + random.next() % 400, 50, 20);
    assert!(exact >= 970 && more <= 1, "{exact}, {one}, {two}, {more} of 1000");
}

#[test]
#[ignore = "a minute: cargo test --release --lib wirehair -- --ignored --nocapture"]
fn few_of_many_receptions_need_more_than_the_fewest_blocks() {
    let counts = receptions(|random| 2 + random.next() % 3000, 500, 30);
    println!("N, N + 1, N + 2, more: {counts:?}");
    let total: usize = counts.iter().sum();
    assert!(counts[0] * 100 >= total * 97 && counts[3] * 1000 <= total);
}

#[test]
fn a_reception_that_falls_short_goes_on() {
    let message = message(8 * 50);
    let encoder = Encoder::new(&message, 8).unwrap();
    let mut random = Random(1);
    let surplus: Vec<usize> =
        (0..300).map(|_| surplus(&encoder, &message, 8, &random.ids())).collect();
    assert!(surplus.contains(&0) && surplus.contains(&1), "{surplus:?}");
}

/// A decoder with these blocks.
fn decoder(message: &[u8], ids: impl IntoIterator<Item = u16>) -> Decoder {
    let encoder = Encoder::new(message, 8).unwrap();
    let mut decoder = Decoder::new(message.len(), 8).unwrap();
    ids.into_iter().for_each(|id| decoder.add(id, &encoder.block(id)));
    decoder
}

#[test]
fn plain_pieces_come_back_in_any_order() {
    let message = message(797);
    let mut decoder = decoder(&message, (40..99).chain(0..40).rev());
    assert_eq!((decoder.message(), decoder.received()), (Ok(None), 99));
    // The short last piece, with something after its end.
    let last = [&message[792..], &[7; 3]].concat();
    decoder.add(99, &last[..7]);
    assert_eq!(decoder.received(), 99);
    decoder.add(99, &last);
    assert_eq!(decoder.message(), Ok(Some(message)));
    assert_eq!((decoder.message(), decoder.received()), (Ok(None), 100));
}

#[test]
fn what_came_more_often_counts() {
    let message = message(800);
    let mut decoder = decoder(&message, 1..90);
    let encoder = Encoder::new(&message, 8).unwrap();
    decoder.add(0, &[9; 8]);
    decoder.add(0, &encoder.block(0));
    decoder.add(0, &[9; 8]);
    assert_eq!(decoder.disputed(), 1);
    decoder.add(0, &encoder.block(0));
    decoder.add(0, &encoder.block(0));
    (200..210).for_each(|id| decoder.add(id, &encoder.block(id)));
    let mut next = 300;
    let decoded = loop {
        match decoder.message() {
            Ok(Some(decoded)) => break decoded,
            other => assert_eq!(other, Ok(None)),
        }
        decoder.add(next, &encoder.block(next));
        next += 1;
    };
    assert_eq!(decoded, message);
}

#[test]
fn contradictions_are_found_and_mended() {
    let message = message(800);
    let encoder = Encoder::new(&message, 8).unwrap();
    // More than enough, but looked at only at the end.
    let mut decoder = decoder(&message, (1..99).chain(500..510));
    let mut wrong = encoder.block(0);
    wrong[3] ^= 1;
    decoder.add(0, &wrong);
    assert!(decoder.message().is_err());
    assert_eq!(decoder.message(), Ok(None));
    decoder.add(700, &encoder.block(700));
    decoder.add(0, &encoder.block(0));
    assert_eq!(decoder.message(), Ok(None));
    decoder.add(0, &encoder.block(0));
    assert_eq!(decoder.message(), Ok(Some(message)));
}

#[test]
fn chosen_numbers_cost_little_and_lose_nothing() {
    // Only rows that hold one of the first few columns.
    let n = 3000;
    let params = Params::new(n).unwrap();
    let message = message(2 * n);
    let encoder = Encoder::new(&message, 2).unwrap();
    let mut decoder = Decoder::new(message.len(), 2).unwrap();
    let chosen = |id: &u16| {
        let mut peel = Vec::new();
        params.row(*id, &mut peel);
        peel.iter().any(|column| *column < 300)
    };
    let (chosen, others): (Vec<u16>, Vec<u16>) = (0..=u16::MAX).partition(chosen);
    let mut decoded = None;
    for id in chosen.into_iter().rev().chain(others) {
        decoder.add(id, &encoder.block(id));
        decoded = decoder.message().unwrap();
        if decoded.is_some() {
            break;
        }
    }
    assert_eq!(decoded, Some(message));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_blocks_do_no_harm(
        size in 0usize..4000,
        block in 1usize..40,
        blocks in prop::collection::vec((0u16..400, any::<u8>(), 0usize..40), 0..600),
        exact in any::<bool>(),
    ) {
        let Some(mut decoder) = Decoder::new(size, block) else { return Ok(()) };
        for (id, byte, length) in blocks {
            let length = if exact || length % 8 > 0 { block } else { length };
            decoder.add(id, &vec![byte; length]);
            if let Ok(Some(message)) = decoder.message() {
                prop_assert_eq!(message.len(), size);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod oracle {
    //! The C++.

    use super::*;
    use wirehair_wrapper::wirehair::{WirehairEncoder, wirehair_init};

    /// Whether both make the same blocks of a message of `n`.
    fn compare(n: usize, block: usize, short: usize, random: &mut Random) {
        let message = message(n * block - short);
        let (own, theirs) = (Encoder::new(&message, block).unwrap(), {
            wirehair_init().unwrap();
            WirehairEncoder::new(&message, message.len() as u64, block as u32)
        });
        let repair = (n..n + 40).filter_map(|id| u16::try_from(id).ok());
        let ids = repair.chain((0..40).map(|_| random.next() as u16)).chain([u16::MAX]);
        for id in ids.filter(|id| usize::from(*id) != n - 1) {
            let (mut expected, mut written) = (vec![0; block], 0);
            theirs.encode(id.into(), &mut expected, block as u32, &mut written).unwrap();
            assert!(own.block(id) == expected, "block {id} of {n} of {block} bytes");
        }
    }

    #[test]
    fn blocks_are_those_of_the_original() {
        let mut random = Random(3);
        for n in 2..=300 {
            let block = 2 + random.next() % 30;
            compare(n, block, random.next() % block, &mut random);
        }
        for _ in 0..20 {
            compare(301 + random.next() % 8000, 3, random.next() % 3, &mut random);
        }
    }

    #[test]
    #[ignore = "a minute: cargo test --release --lib wirehair -- --ignored"]
    fn blocks_of_long_messages_are_those_of_the_original() {
        let mut random = Random(4);
        for _ in 0..200 {
            compare(301 + random.next() % 63_700, 5, random.next() % 5, &mut random);
        }
    }
}
