//! One transfer of our own frames: packets to blocks, blocks to the file.

use super::receive::Unverified;
use super::report::{TransferReport, TransferState, show_id};
use crate::container::{ContainerError, Manifest, Reader};
use crate::modem::FrameHeader;
use crate::outer::{Accepted, Assembler, Layout, Log, OuterError, Packet, PacketId};
use std::collections::BTreeSet;

/// Incomplete blocks that a report looks into: those of 4 GB at ordinary sizes. A header may
/// promise a thousand times as many.
const MAX_EXAMINED_BLOCKS: usize = 20_000;
/// Missing frames that a report names at most.
const MAX_NAMED_FRAMES: usize = 1 << 20;

/// One transfer, as far as it has come.
#[derive(Debug)]
pub struct OwnTransfer {
    header: FrameHeader,
    /// `None` until a first packet tells the shape.
    packets: Option<(Assembler, Layout)>,
    log: Log,
    per_frame: usize,
    seen: BTreeSet<u32>,
}

impl OwnTransfer {
    /// A transfer of frames like one with this header, which hold `per_frame` packets; its packets
    /// are kept in `log`.
    pub fn new(header: FrameHeader, per_frame: usize, log: Log) -> Self {
        Self { header, packets: None, log, per_frame: per_frame.max(1), seen: BTreeSet::new() }
    }

    /// What has to be in the log before the packets.
    pub fn record(&self) -> Vec<u8> {
        let mut record = (self.per_frame as u32).to_le_bytes().to_vec();
        record.extend(self.header.to_bytes());
        record
    }

    /// A transfer from its [`OwnTransfer::record`].
    pub fn from_record(record: &[u8], log: Log) -> Option<Self> {
        let (per_frame, header) = record.split_first_chunk()?;
        let header = FrameHeader::parse(header)?.ok()?;
        Some(Self::new(header, u32::from_le_bytes(*per_frame) as usize, log))
    }

    /// Takes a packet that is in the log already, its body at `place`.
    pub fn recall(&mut self, packet: &Packet, place: u64) {
        let (assembler, layout) = self.assembler(packet);
        assembler.recall(packet, place);
        let frame = layout.frame_of(packet.id);
        self.see(frame);
    }

    /// Restores what recalled packets are enough for.
    ///
    /// # Errors
    /// If a working file fails.
    pub fn settle(&mut self) -> Result<(), OuterError> {
        self.packets.as_mut().map_or(Ok(()), |(assembler, _)| assembler.settle())
    }

    fn assembler(&mut self, packet: &Packet) -> &mut (Assembler, Layout) {
        let (per_frame, log) = (self.per_frame, &self.log);
        self.packets.get_or_insert_with(|| {
            let assembler = Assembler::new(packet.id.transfer, packet.shape, log.clone());
            (assembler, Layout::new(packet.shape, per_frame))
        })
    }

    fn see(&mut self, frame: u64) {
        self.seen.insert(frame.min(u32::MAX.into()) as u32);
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.header.transfer
    }

    /// Packets received, and packets that are still needed.
    pub fn progress(&self) -> (u64, u64) {
        self.packets.as_ref().map_or((0, 0), |(assembler, _)| {
            (assembler.received_packets(), assembler.missing_packets())
        })
    }

    /// Bytes that the received packets carry.
    pub fn received_bytes(&self) -> u64 {
        self.packets.as_ref().map_or(0, |(assembler, _)| {
            assembler.received_packets() * assembler.shape().payload as u64
        })
    }

    /// Frames (from 1) that hold what incomplete blocks lack.
    pub fn frames_missing(&self) -> Vec<u64> {
        self.packets
            .as_ref()
            .map_or_else(Vec::new, |(assembler, layout)| missing(assembler, layout).0)
    }

    /// Takes a packet.
    ///
    /// # Errors
    /// If a working file fails.
    pub fn accept(&mut self, packet: &Packet) -> Result<(), OuterError> {
        let (assembler, layout) = self.assembler(packet);
        if assembler.accept(packet)? != Accepted::Foreign {
            let frame = layout.frame_of(packet.id);
            self.see(frame);
        }
        Ok(())
    }

    /// Whether every block is there.
    pub fn is_complete(&self) -> bool {
        self.packets.as_ref().is_some_and(|(assembler, _)| assembler.is_complete())
    }

    /// The manifest, as soon as the packets that hold it are there.
    pub fn manifest(&mut self) -> Option<Manifest> {
        let (assembler, _) = self.packets.as_mut()?;
        Manifest::read(&mut assembler.reader()).ok()
    }

    /// Reads the file, chunk by chunk, into `sink`; only when this returns `Ok`, with the file's
    /// length, has it been verified.
    ///
    /// # Errors
    /// [`Unverified`] if the data is wrong; else what `sink` or a working file fails with.
    pub fn extract(
        &mut self,
        mut sink: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        let Some((assembler, _)) = self.packets.as_mut() else {
            return Err(Unverified(ContainerError::Truncated.to_string()).into());
        };
        let mut reader =
            Reader::new(std::io::BufReader::new(assembler.reader())).map_err(judged)?;
        while let Some(chunk) = reader.next_chunk().map_err(judged)? {
            sink(&chunk)?;
        }
        Ok(reader.manifest().size)
    }

    /// What there is to say about the transfer, `output` aside.
    pub fn report(&mut self) -> TransferReport {
        let manifest = self.manifest();
        let frames_total = u64::from(self.header.frames);
        let mut report = TransferReport {
            id: show_id(self.header.transfer),
            name: manifest.as_ref().and_then(|manifest| manifest.name.clone()),
            size: manifest.as_ref().map(|manifest| manifest.size),
            state: TransferState::Incomplete,
            verified: true,
            output: None,
            frames_seen: self.seen.len() as u64,
            frames_total,
            frames_missing: (1..=frames_total).take(MAX_NAMED_FRAMES).collect(),
            packets_missing: 0,
            frames_needed: frames_total,
        };
        if let Some((assembler, layout)) = &mut self.packets {
            report.packets_missing = assembler.missing_packets();
            (report.frames_missing, report.frames_needed) = missing(assembler, layout);
            if assembler.is_complete() {
                report.state = TransferState::Complete;
            }
        }
        report
    }
}

/// Tells what is wrong with the data from what is wrong with this machine.
fn judged(error: ContainerError) -> anyhow::Error {
    match error {
        ContainerError::Io(_) => error.into(),
        _ => Unverified(error.to_string()).into(),
    }
}

/// Frames (from 1) with packets that incomplete blocks lack, and the fewest that can suffice.
fn missing(assembler: &Assembler, layout: &Layout) -> (Vec<u64>, u64) {
    let shape = assembler.shape();
    let mut frames = BTreeSet::new();
    let mut fewest = 0;
    for block in assembler.incomplete_blocks().take(MAX_EXAMINED_BLOCKS) {
        let mut shares: Vec<u64> = Vec::new();
        let mut last = None;
        for index in 0..shape.packets() {
            let index = index as u8;
            if assembler.has(block, index) {
                continue;
            }
            let frame = layout.frame_of(PacketId { transfer: 0, block, index });
            frames.insert(frame + 1);
            match shares.last_mut() {
                Some(share) if last == Some(frame) => *share += 1,
                _ => shares.push(1),
            }
            last = Some(frame);
        }
        let mut needed = u64::from(shape.source) - assembler.received(block) as u64;
        shares.sort_unstable_by(|a, b| b.cmp(a));
        let mut count = 0;
        for share in shares {
            if needed == 0 {
                break;
            }
            needed = needed.saturating_sub(share);
            count += 1;
        }
        fewest = fewest.max(count);
    }
    (frames.into_iter().take(MAX_NAMED_FRAMES).collect(), fewest)
}
