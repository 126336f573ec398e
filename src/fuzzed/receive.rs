//! Packets in any order to files, and logs in any state.

use super::input::Input;
use super::storage::Shared;
use super::transfers::{PER_FRAME, Transfer, capture};
use crate::outer::{Assembler, Packet, PacketId, Schedule, Shape};
use crate::receive::{ExtractError, Receiver, TransferId};
use crate::receiver::{Desk, Eye, Sight, Step};
use std::collections::BTreeSet;
use std::io::Read;

/// First bytes of a log.
const MAGIC: &[u8] = b"tilecast state 1";
/// Bytes of a file that are looked at.
const MOST: usize = 1 << 22;
/// How often a file that is not what was sent is tried without what is suspected.
const TRIALS: usize = 6;

/// Packets of one shape, right and wrong ones: what has enough of each block can be read.
pub fn assembler(data: &[u8]) {
    let mut input = Input::new(data);
    let [blocks, source, repair, payload] = input.array();
    let shape = Shape {
        blocks: u32::from(blocks % 20) + 1,
        source: source % 20,
        repair: repair % 20,
        payload: usize::from(payload) + 1,
    };
    if !shape.is_valid() {
        return;
    }
    let (mut assembler, mut store) = (Assembler::new(1, shape), Vec::new());
    while !input.is_empty() {
        let [block, index, other, op] = input.array();
        let id =
            PacketId { transfer: u32::from(other & 1) + 1, block: u32::from(block % 20), index };
        let forged = Shape { blocks: 300, ..shape };
        let shape = if op & 3 == 3 { forged } else { shape };
        let bytes = Packet { id, shape, payload: input.filled(shape.payload) }.to_bytes();
        let Some(packet) = Packet::parse(&bytes) else { continue };
        assembler.accept(&packet, &mut store).expect("memory");
        let schedule = Schedule::new(assembler.shape(), usize::from(op >> 2 & 3) + 1);
        assembler.cross(&schedule, &mut store).expect("memory");
        let needed = u64::from(assembler.shape().blocks) * u64::from(assembler.shape().source);
        assert_eq!(assembler.received_packets() + assembler.missing_packets(), needed);
    }
    let complete = assembler.is_complete();
    assert_eq!(complete, assembler.incomplete_blocks().next().is_none());
    let mut stream = Vec::new();
    assembler.reader(&mut store).read_to_end(&mut stream).expect("memory");
    let all = shape.blocks as usize * shape.block_bytes();
    assert!(if complete { stream.len() == all } else { stream.len() < all });
}

/// A log: any bytes, or records with right checks and one damage.
pub fn log(data: &[u8]) {
    let mut input = Input::new(data);
    let mode = input.byte();
    let mut bytes = if mode & 2 == 0 { MAGIC.to_vec() } else { input.filled(MAGIC.len()) };
    if mode & 1 == 0 {
        bytes.extend(input.rest());
    } else {
        let (at, by) = (input.below(1 << 12), input.byte());
        while !input.is_empty() {
            let (kind, length) = (input.byte() % 6, input.below(600));
            record(&mut bytes, kind, input.take(length));
        }
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= by;
        }
    }
    let length = bytes.len() as u64;
    let storage = Shared::holding(bytes);
    let Ok(mut receiver) = Receiver::resume(Box::new(storage.clone())) else { return };
    let (progress, done) = (receiver.progress(), receiver.done().len());
    assert!(receiver.damaged() <= length);
    take_all(&mut receiver, |_, _| ());
    // What was found is found again.
    let again = Receiver::resume(Box::new(Shared::holding(storage.held()))).expect("the same log");
    assert_eq!((again.progress(), again.done().len()), (progress, done));
}

/// Appends a record with its check.
fn record(log: &mut Vec<u8>, kind: u8, body: &[u8]) {
    log.extend((body.len() as u32).to_le_bytes());
    log.push(kind);
    log.extend(body);
    log.extend(crc32fast::hash(&[&[kind], body].concat()).to_le_bytes());
}

/// Gives every file that there is, and every report.
pub(super) fn take_all(receiver: &mut Receiver, mut each: impl FnMut(TransferId, &[u8])) {
    let ids: Vec<TransferId> = receiver.transfers().iter().map(|one| one.id()).collect();
    receiver.insist();
    for id in ids {
        if let Some(file) = sought(receiver, id) {
            each(id, &file);
        }
        if let Some(mut transfer) = receiver.transfer(id) {
            assert!(transfer.report().frames_missing.len() <= 20_000);
        }
    }
}

/// The file of a transfer, as `decode` looks for it.
fn sought(receiver: &mut Receiver, id: TransferId) -> Option<Vec<u8>> {
    for _ in 0..TRIALS {
        let found = file(receiver, id);
        if found.is_some() || !receiver.reconsider(id).expect("memory") {
            return found;
        }
    }
    None
}

/// The file of a transfer, if it is verified.
fn file(receiver: &mut Receiver, id: TransferId) -> Option<Vec<u8>> {
    let mut transfer = receiver.transfer(id)?;
    let digest = transfer.digest();
    let mut pieces = transfer.open().ok()?;
    let mut file = Vec::new();
    loop {
        match pieces.next_piece() {
            Ok(Some(piece)) => file.extend(piece),
            Ok(None) => break,
            Err(ExtractError::Storage(error)) => panic!("{error}"),
            Err(ExtractError::Unverified(_)) => return None,
        }
        if file.len() > MOST {
            return None;
        }
    }
    if !pieces.is_verified() {
        return None;
    }
    assert_eq!(digest, Some(*blake3::hash(&file).as_bytes()));
    Some(file)
}

/// Frames of up to three transfers in any order, forged ones among them, and the log opened again now
/// and then. A file is the one that was sent, and it is there where enough arrived that was true.
pub fn receiver(data: &[u8]) {
    let mut input = Input::new(data);
    let sizes: [u8; 3] = input.array();
    let transfers = (1u32..).zip(sizes).map(|(id, size)| {
        let file: Vec<u8> = (0..size).map(|i| i.wrapping_mul(id as u8) ^ size).collect();
        Transfer::new(id, &file, 20 + usize::from(size & 31), 1 + (size & 3), size >> 6)
    });
    let transfers: Vec<Transfer> = transfers.collect();
    let mut forged = [false; 3];
    let mut got = [const { BTreeSet::new() }; 3];
    let storage = Shared::default();
    let mut receiver = Receiver::new(Box::new(storage.clone()));
    while !input.is_empty() {
        let [which, frame, op, at] = input.array();
        let which = usize::from(which) % transfers.len();
        let transfer = &transfers[which];
        if op & 15 == 15 {
            receiver = Receiver::resume(Box::new(storage.clone())).expect("its own log");
            continue;
        }
        let count = transfer.packets.len();
        let shown = (usize::from(at)..).take(PER_FRAME).map(|i| i % count);
        let mut packets: Vec<Packet> = shown.clone().map(|i| transfer.packets[i].clone()).collect();
        if op & 15 >= 12 {
            // Under its own name, or the next one's.
            forged[which] = true;
            forged[(which + 1) % transfers.len()] |= op >> 4 & 3 == 2;
            forge(&mut packets, op, &mut input);
        } else {
            got[which].extend(shown);
        }
        let key = format!("{which} {frame} {at}");
        let capture = capture(transfer.header(frame.into()), packets);
        receiver.accept(&capture, (op & 64 != 0).then_some(&*key)).expect("memory");
    }
    let mut files = Vec::new();
    take_all(&mut receiver, |id, file| files.push((id, file.to_vec())));
    for ((transfer, got), forged) in transfers.iter().zip(got).zip(forged) {
        let shape = Some(transfer.schedule.shape());
        let id = TransferId::Own { id: transfer.id, shape };
        let file = files.iter().find(|(other, _)| *other == id).map(|(_, file)| file);
        assert!(forged || file.is_none_or(|file| *file == transfer.file), "a wrong file");
        assert!(forged || !transfer.is_enough(&got) || file.is_some(), "a file that is lost");
    }
}

/// Makes the packets of a frame those of a stranger.
fn forge(packets: &mut [Packet], op: u8, input: &mut Input<'_>) {
    for packet in packets {
        match op >> 4 & 3 {
            0 => packet.payload = input.filled(packet.payload.len()),
            1 => packet.shape.blocks += 1,
            2 => packet.id.transfer += 1,
            _ => {
                packet.shape.source = 1;
                packet.shape.repair = input.byte() % 200;
                packet.id.index = 0;
            }
        }
    }
}

/// What eyes have seen, or anything else, for the desk of a browser.
pub fn sight(data: &[u8]) {
    Eye::default().learn(data);
    let Some(sight) = Sight::from_bytes(data) else { return };
    let mut desk = Desk::keeping(1 << 20);
    let arrival = desk.accept(&sight);
    assert!(arrival.full || arrival.pictures.len() == sight.reports().len());
    desk.standing();
    for place in arrival.complete {
        if desk.open(place).is_ok() {
            while let Step::Piece(_) = desk.next_step() {}
        }
    }
}
