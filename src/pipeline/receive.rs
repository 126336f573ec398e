//! Captures to files.
//!
//! Captures are read on all cores and handed over in order. Their packets go to one
//! [`Assembler`] for each transfer; a transfer that is complete is read back as a container,
//! verified, and only then becomes a file.

use super::capture::{Capture, CaptureReader};
use super::combine::Combiner;
use super::ordered::ordered;
use super::report::{CaptureReport, TransferReport, TransferState, show_id};
use crate::container::{ContainerError, Manifest, Reader};
use crate::modem::FrameHeader;
use crate::outer::{Accepted, Assembler, Layout, OuterError, Packet, PacketId};
use crate::raster::{Picture, PictureError};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Transfers that are kept apart at most; frames of further ones are reported and dropped.
const MAX_TRANSFERS: usize = 64;

/// Incomplete blocks that a report looks into: those of 4 GB at ordinary sizes. A header may
/// promise a thousand times as many.
const MAX_EXAMINED_BLOCKS: usize = 20_000;
/// Missing frames that a report names at most.
const MAX_NAMED_FRAMES: usize = 1 << 20;

/// A capture before it is read: where it came from, and how to get the picture.
pub struct Source {
    /// For the report.
    pub path: String,
    /// Loads the picture.
    pub load: Box<dyn FnOnce() -> Result<Picture, PictureError> + Send>,
}

/// Everything that has arrived.
#[derive(Debug, Default)]
pub struct Receiver {
    transfers: Vec<Incoming>,
    combiner: Combiner,
}

/// One transfer, as far as it has come.
#[derive(Debug)]
pub struct Incoming {
    header: FrameHeader,
    /// `None` until a first packet tells the shape.
    packets: Option<(Assembler, Layout)>,
    per_frame: usize,
    seen: BTreeSet<u32>,
}

/// Reads all captures of `sources` on `threads` threads, with pictures of what was seen inside if
/// `debug`; `sink` gets each, in order, and may stop.
///
/// # Errors
/// What `sink` fails with.
pub fn read_captures<E>(
    sources: impl Iterator<Item = Source> + Send,
    threads: usize,
    debug: bool,
    mut sink: impl FnMut(Capture) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let work = |reader: &mut CaptureReader, source: Source| {
        let mut capture = match (source.load)() {
            Ok(picture) => reader.read(&picture),
            Err(error) => Capture {
                report: CaptureReport {
                    reason: Some(with_causes(&error)),
                    ..CaptureReport::default()
                },
                ..Capture::default()
            },
        };
        capture.report.path = source.path;
        capture
    };
    ordered(threads, sources, || CaptureReader::new(debug), work, &mut sink)
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl Receiver {
    /// Takes the packets of a capture, and those that it gives together with earlier ones.
    ///
    /// # Errors
    /// If a working file fails.
    pub fn accept(&mut self, capture: &mut Capture) -> Result<(), OuterError> {
        let Some(header) = capture.header else { return Ok(()) };
        self.combiner.add(capture);
        for packet in &capture.packets {
            // A capture may show parts of two frames; its packets say where they belong.
            let Some(incoming) =
                self.transfer(packet.id.transfer, &header, capture.report.codewords_total)
            else {
                capture.report.reason = Some("too many different transfers".to_owned());
                return Ok(());
            };
            incoming.accept(packet)?;
        }
        if capture.packets.is_empty() {
            self.transfer(header.transfer, &header, capture.report.codewords_total);
        }
        Ok(())
    }

    fn transfer(
        &mut self,
        id: u32,
        header: &FrameHeader,
        per_frame: usize,
    ) -> Option<&mut Incoming> {
        let known = self.transfers.iter().position(|t| t.header.transfer == id);
        let at = match known {
            Some(at) => at,
            None if self.transfers.len() == MAX_TRANSFERS => return None,
            None => {
                self.transfers.push(Incoming {
                    header: FrameHeader { transfer: id, ..*header },
                    packets: None,
                    per_frame: per_frame.max(1),
                    seen: BTreeSet::new(),
                });
                self.transfers.len() - 1
            }
        };
        self.transfers.get_mut(at)
    }

    /// Whether there is a transfer and all that were seen are complete.
    pub fn is_complete(&self) -> bool {
        !self.transfers.is_empty() && self.transfers.iter().all(Incoming::is_complete)
    }

    /// Packets received and needed, over all transfers.
    pub fn progress(&self) -> (u64, u64) {
        self.transfers.iter().filter_map(|t| t.packets.as_ref()).fold(
            (0, 0),
            |(got, all), (a, _)| {
                let received = a.received_packets();
                (got + received, all + received + a.missing_packets())
            },
        )
    }

    /// The transfers, in the order in which they were first seen.
    pub fn into_transfers(self) -> Vec<Incoming> {
        self.transfers
    }
}

impl Incoming {
    fn accept(&mut self, packet: &Packet) -> Result<(), OuterError> {
        let per_frame = self.per_frame;
        let (assembler, layout) = self.packets.get_or_insert_with(|| {
            (Assembler::new(packet.id.transfer, packet.shape), Layout::new(packet.shape, per_frame))
        });
        if assembler.accept(packet)? != Accepted::Foreign {
            self.seen.insert(layout.frame_of(packet.id).min(u32::MAX.into()) as u32);
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

    /// Reads the file, chunk by chunk, into `sink`; only when this returns `Ok` has it been
    /// verified.
    ///
    /// # Errors
    /// The first of what the container and `sink` fail with.
    pub fn extract(
        &mut self,
        mut sink: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Manifest> {
        let Some((assembler, _)) = self.packets.as_mut() else {
            return Err(ContainerError::Truncated.into());
        };
        let mut reader = Reader::new(std::io::BufReader::new(assembler.reader()))?;
        while let Some(chunk) = reader.next_chunk()? {
            sink(&chunk)?;
        }
        Ok(reader.manifest().clone())
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
