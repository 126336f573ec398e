//! Small transfers: what an honest sender's frames hold, and how forged ones differ.

use crate::container::{Content, Manifest, compress};
use crate::format::{FormatChoice, FrameTables, Profile};
use crate::modem::FrameHeader;
use crate::outer::{Packet, PacketId, Parity, Schedule, Shape};
use crate::reading::{Capture, Measures, Outcome, OwnReading, Reading};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Packets of a frame.
pub(super) const PER_FRAME: usize = 6;

/// The format that all headers tell here.
static TABLES: LazyLock<FrameTables> = LazyLock::new(|| {
    let choice = FormatChoice::new(Profile::Robust, (420, 420));
    choice.tables().expect("a usual frame")
});

/// A file on its way.
pub(super) struct Transfer {
    pub(super) id: u32,
    pub(super) file: Vec<u8>,
    pub(super) packets: Vec<Packet>,
    pub(super) schedule: Schedule,
}

impl Transfer {
    /// The transfer of a file with `repair` packets a block of `source`.
    pub(super) fn new(id: u32, file: &[u8], payload: usize, source: u8, repair: u8) -> Self {
        let stream = stream(file);
        let blocks = stream.len().div_ceil(payload * usize::from(source)) as u32;
        let shape = Shape { blocks, source, repair, payload };
        let parity = Parity::new(shape);
        let packet = |block, (index, payload)| {
            let id = PacketId { transfer: id, block, index: index as u8 };
            Packet { id, shape, payload }
        };
        let coded = |(block, bytes): (usize, &[u8])| {
            let payloads = parity.encode(block as u32, bytes).expect("a valid shape");
            payloads.into_iter().enumerate().map(move |part| packet(block as u32, part))
        };
        let packets = stream.chunks(shape.block_bytes()).enumerate().flat_map(coded).collect();
        let schedule = Schedule::new(shape, PER_FRAME);
        Self { id, file: file.to_vec(), packets, schedule }
    }

    /// Whether the packets with these numbers restore the file.
    pub(super) fn is_enough(&self, numbers: &BTreeSet<usize>) -> bool {
        let shape = self.schedule.shape();
        let mut blocks = (0..shape.blocks as usize).map(|block| block * shape.packets());
        blocks.all(|first| {
            numbers.range(first..first + shape.packets()).count() >= usize::from(shape.source)
        })
    }

    /// The header of a frame.
    pub(super) fn header(&self, frame: u32) -> FrameHeader {
        let frames = self.schedule.frames().max(1) as u32;
        FrameHeader { format: TABLES.format, transfer: self.id, frame: frame % frames, frames }
    }
}

/// A file as a stream.
pub(super) fn stream(file: &[u8]) -> Vec<u8> {
    let manifest = Manifest {
        name: Some("name".to_owned()),
        content: Content::File,
        size: file.len() as u64,
        chunk_bytes: 64,
        digest: *blake3::hash(file).as_bytes(),
    };
    let chunks = file.chunks(64).flat_map(|chunk| compress(chunk, 1).expect("memory"));
    manifest.to_bytes().into_iter().chain(chunks).collect()
}

/// A capture that gave these packets.
pub(super) fn capture(header: FrameHeader, packets: Vec<Packet>) -> Capture {
    let reading = OwnReading {
        header,
        codewords: PER_FRAME,
        packets,
        numbers: Vec::new(),
        unsure: Vec::new(),
        mixed: None,
    };
    let measures = Measures::default();
    Capture { outcome: Outcome::Read, reading: Some(Reading::Own(reading)), measures }
}
