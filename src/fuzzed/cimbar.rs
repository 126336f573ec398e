//! libcimbar's format below its pictures.

use super::input::Input;
use crate::cimbar::fuzzed::{Cell, ReedSolomon};
use crate::cimbar::{Blocks, ChunkHeader, Coding, Encoder, Mode, container};
use std::io::Read;
use std::sync::LazyLock;

/// Bytes of a file that are looked at.
const MOST: u64 = 8 << 20;

/// A message to name and file: any bytes, or what a sender makes of them.
pub fn cimbar_container(data: &[u8]) {
    let mut input = Input::new(data);
    let (mode, at, by) = (input.byte(), input.below(1 << 12), input.byte());
    let bytes = input.rest();
    if mode & 3 != 0 {
        open(bytes);
        return;
    }
    let name = (mode & 4 == 0).then_some("name");
    let mut message = container::build(name, bytes, 300, 1).expect("memory");
    assert_eq!(container::name(&message).as_deref(), name.filter(|_| message.len() > 8));
    if !bytes.is_empty() {
        assert_eq!(open(&message).as_deref(), Some(bytes));
    }
    if let Some(byte) = message.get_mut(at) {
        *byte ^= by;
    }
    open(&message);
}

fn open(message: &[u8]) -> Option<Vec<u8>> {
    let _ = container::name(message);
    let mut file = Vec::new();
    container::file(message).ok()?.take(MOST).read_to_end(&mut file).ok()?;
    Some(file)
}

/// Chunks to a message: true ones, damaged ones, any.
pub fn fountain(data: &[u8]) {
    let mut input = Input::new(data);
    let (block_bytes, size) = (usize::from(input.byte()).max(1), input.below(1 << 14));
    let mode = input.byte();
    let header = ChunkHeader { encode_id: mode & 127, size: size as u32, block: 0 };
    let mut chunk = header.to_bytes().to_vec();
    chunk.resize(chunk.len() + block_bytes, 0);
    let Some((split, block)) = ChunkHeader::split(&chunk) else { return };
    assert_eq!((split, block.len()), (header, block_bytes));
    let message: Vec<u8> = (0..size).map(|i| ((i * 31) >> 3) as u8).collect();
    let mut encoder = (mode & 128 != 0).then(|| Encoder::new(&message, block_bytes).ok());
    let encoder = encoder.as_mut().and_then(Option::as_mut);
    let (mut blocks, honest) =
        gather(&mut input, Blocks::new(size, block_bytes), encoder, block_bytes);
    if let Ok(Some(restored)) = blocks.message() {
        assert_eq!(restored.len(), size);
        assert!(!honest || restored == message);
    }
}

/// The blocks that an input gives, and whether all of them are the encoder's.
fn gather(
    input: &mut Input<'_>,
    mut blocks: Blocks,
    mut encoder: Option<&mut Encoder>,
    block_bytes: usize,
) -> (Blocks, bool) {
    let mut honest = encoder.is_some();
    let needed = blocks.needed();
    while !input.is_empty() {
        let (first, flags) = (input.below(1 << 16), input.byte());
        let run = if flags & 1 != 0 { usize::from(flags >> 4) * 8 + 1 } else { 1 };
        for id in (first..first + run).map(|id| id as u16) {
            let block = match &mut encoder {
                Some(encoder) => {
                    let mut block = encoder.block(id);
                    let damaged = flags & 6 == 6;
                    block[0] ^= u8::from(damaged);
                    honest &= !damaged;
                    block
                }
                None => input.filled(block_bytes),
            };
            // A short last piece is never sent.
            if honest && usize::from(id) + 1 == needed {
                continue;
            }
            blocks.add(id, &block);
        }
        if blocks.received() > needed + 3 {
            break;
        }
    }
    (blocks, honest)
}

/// A block and positions in it that are not to be trusted.
pub fn reed_solomon(data: &[u8]) {
    let mut input = Input::new(data);
    let (parity, length) = (usize::from(input.byte() % 60) + 1, usize::from(input.byte()));
    if length <= parity {
        return;
    }
    let code = ReedSolomon::new(parity);
    let mut block = input.filled(length);
    let mode = input.byte();
    if mode & 1 != 0 {
        let check = code.parity(&block[..length - parity]);
        block[length - parity..].copy_from_slice(&check);
    }
    let sent = block.clone();
    let errors = usize::from(input.byte() % 64);
    for _ in 0..errors {
        block[input.below(length)] ^= input.byte();
    }
    let mut erasures: Vec<usize> =
        input.take(40).iter().map(|at| usize::from(*at) % length).collect();
    erasures.sort_unstable();
    erasures.dedup();
    let wrong = |&i: &usize| block[i] != sent[i] && !erasures.contains(&i);
    let within = 2 * (0..length).filter(wrong).count() + erasures.len() <= parity;
    let received = block.clone();
    match code.correct(&mut block, &erasures) {
        Some(_) => {
            assert_eq!(code.parity(&block[..length - parity]), block[length - parity..]);
            assert!(mode & 1 == 0 || !within || block == sent);
        }
        None => {
            assert_eq!(block, received);
            assert!(mode & 1 == 0 || !within);
        }
    }
}

/// A frame's cells to its blocks, and those back to what they say about the cells.
pub fn coding(data: &[u8]) {
    static CODINGS: LazyLock<Vec<Coding>> =
        LazyLock::new(|| Mode::ALL.into_iter().map(Coding::new).collect());
    let mut input = Input::new(data);
    let coding = &CODINGS[input.below(CODINGS.len())];
    let parameters = coding.parameters();
    let payload = input.filled(parameters.payload());
    let noise = input.rest();
    let see = |(i, value): (usize, &u8)| {
        let noise = *noise.get(i % noise.len().max(1)).unwrap_or(&0);
        let hit = if noise > 200 { noise } else { 0 };
        let sure = if noise == 77 { f32::NAN } else { f32::from(noise) };
        Cell {
            symbol: (value ^ hit) & 15,
            colour: (value >> 4 ^ hit >> 3) & 3,
            certainty: [sure, 1.0],
        }
    };
    let cells: Vec<Cell> = coding.encode(&payload).iter().enumerate().map(see).collect();
    let mut blocks = vec![None; parameters.blocks()];
    coding.decode(&cells, &mut blocks);
    assert!(blocks.iter().flatten().all(|block| block.len() == parameters.data()));
    assert_eq!(coding.known(&blocks).len(), parameters.cells());
}
