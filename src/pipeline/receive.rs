//! Captures to files.
//!
//! Captures are read on all cores and handed over in order. Their packets go to one [`Incoming`]
//! for each transfer, and to a log that a later run can go on with; a transfer that is complete is
//! read back as a container, verified, and only then becomes a file.

use super::capture::{Capture, CaptureReader};
use super::cimbar_transfer::{Arrival, CimbarTransfer};
use super::combine::Combiner;
use super::ordered::ordered;
use super::own_transfer::OwnTransfer;
use super::repeats::ReadBefore;
use super::report::{CaptureReport, TransferReport};
use super::source::Source;
use crate::cimbar::Reading;
use crate::modem::FrameHeader;
use crate::outer::{Log, OuterError, Packet, RecordKind};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;

/// Transfers that are kept apart at most; frames of further ones are reported and dropped.
const MAX_TRANSFERS: usize = 64;

/// Everything that has arrived.
#[derive(Debug, Default)]
pub struct Receiver {
    transfers: Vec<Incoming>,
    combiner: Combiner,
    log: Log,
    /// Keys of the captures of which everything is in the log.
    done: HashSet<String>,
}

/// One transfer, as far as it has come.
#[derive(Debug)]
pub enum Incoming {
    /// Of our own frames.
    Own(Box<OwnTransfer>),
    /// Of libcimbar's.
    Cimbar(CimbarTransfer),
}

/// The data has arrived, but it is not what was sent.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unverified(pub String);

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
    let read_before = ReadBefore::default();
    let work = |reader: &mut CaptureReader, source: Source| {
        let Source { origin, number, key, load } = source;
        let mut capture = match load() {
            Ok(picture) if number.is_some() => reader.read_next(&picture),
            Ok(picture) => reader.read(&picture),
            Err(error) => Capture {
                report: CaptureReport {
                    reason: Some(with_causes(&error)),
                    ..CaptureReport::default()
                },
                unreadable: true,
                ..Capture::default()
            },
        };
        capture.report.path =
            number.map_or_else(|| origin.to_string(), |number| format!("{origin}:{number}"));
        (capture.origin, capture.key) = (number.map(|_| origin), key);
        capture
    };
    let reader = || CaptureReader::new(debug, read_before.clone());
    ordered(threads, sources, reader, work, &mut sink)
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
        let taken = match (capture.cimbar.take(), capture.header) {
            (Some(reading), _) => self.accept_cimbar(&reading, &mut capture.report)?,
            (None, Some(header)) => self.accept_own(header, capture)?,
            (None, None) => true,
        };
        if !taken {
            capture.report.reason = Some("too many different transfers".to_owned());
        }
        // What can still become more with other captures is worth reading again.
        if let Some(key) = capture.key.take().filter(|_| taken && capture.report.reason.is_none()) {
            self.log.append(RecordKind::Capture, key.as_bytes())?;
            self.done.insert(key);
        }
        // Now it outlives this process, whatever happens to it.
        Ok(self.log.flush()?)
    }

    /// A receiver that keeps everything in a new file at `path`.
    ///
    /// # Errors
    /// If there is a file already, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self, OuterError> {
        Ok(Self { log: Log::create(path)?, ..Self::default() })
    }

    /// A receiver that goes on with what is in the file at `path`.
    ///
    /// # Errors
    /// If that is not a file of a receiver, or cannot be used.
    pub fn resume(path: &Path) -> Result<Self, OuterError> {
        let mut receiver = Self::default();
        let log =
            Log::open(path, |log, kind, body, place| receiver.recall(log, kind, body, place))?;
        for incoming in &mut receiver.transfers {
            if let Incoming::Own(transfer) = incoming {
                transfer.settle()?;
            }
        }
        Ok(Self { log, ..receiver })
    }

    fn recall(&mut self, log: &Log, kind: RecordKind, body: &[u8], place: u64) {
        match kind {
            RecordKind::Capture => {
                self.done.insert(String::from_utf8_lossy(body).into_owned());
            }
            RecordKind::Transfer => {
                if let Some(transfer) = OwnTransfer::from_record(body, log.clone()) {
                    let id = transfer.id();
                    let same = |t: &Incoming| matches!(t, Incoming::Own(t) if t.id() == id);
                    self.place(same, || Incoming::Own(Box::new(transfer)));
                }
            }
            RecordKind::Packet => {
                let Some(packet) = Packet::parse(body) else { return };
                let id = packet.id.transfer;
                for incoming in &mut self.transfers {
                    if let Incoming::Own(transfer) = incoming
                        && transfer.id() == id
                    {
                        transfer.recall(&packet, place);
                    }
                }
            }
            RecordKind::Chunk => {
                if let Some(arrival) = Arrival::from_record(body) {
                    self.take_cimbar(&arrival);
                }
            }
        }
    }

    /// Keys of the captures that need not be read again.
    pub fn done(&self) -> &HashSet<String> {
        &self.done
    }

    /// Whether there was a place for everything.
    fn accept_own(
        &mut self,
        header: FrameHeader,
        capture: &mut Capture,
    ) -> Result<bool, OuterError> {
        self.combiner.add(capture);
        let per_frame = capture.report.codewords_total;
        for packet in &capture.packets {
            // A capture may show parts of two frames; its packets say where they belong.
            let header = FrameHeader { transfer: packet.id.transfer, ..header };
            let Some(transfer) = self.own(header, per_frame)? else { return Ok(false) };
            transfer.accept(packet)?;
        }
        Ok(!capture.packets.is_empty() || self.own(header, per_frame)?.is_some())
    }

    fn accept_cimbar(
        &mut self,
        reading: &Reading,
        report: &mut CaptureReport,
    ) -> Result<bool, OuterError> {
        let Some(arrival) = Arrival::new(reading) else { return Ok(true) };
        report.transfer = Some(arrival.key().to_string());
        let taken = self.take_cimbar(&arrival);
        if taken == Some(true) {
            self.log.append(RecordKind::Chunk, &arrival.record())?;
        }
        Ok(taken.is_some())
    }

    /// Whether the frame brought something new; `None` if there is no place for its transfer.
    fn take_cimbar(&mut self, arrival: &Arrival) -> Option<bool> {
        let key = arrival.key();
        let same = |t: &Incoming| matches!(t, Incoming::Cimbar(t) if t.key() == key);
        match self.place(same, || Incoming::Cimbar(CimbarTransfer::new(key))) {
            Some(Incoming::Cimbar(transfer)) => Some(transfer.accept(arrival)),
            _ => None,
        }
    }

    fn own(
        &mut self,
        header: FrameHeader,
        per_frame: usize,
    ) -> Result<Option<&mut OwnTransfer>, OuterError> {
        let same = |t: &Incoming| matches!(t, Incoming::Own(t) if t.id() == header.transfer);
        if !self.transfers.iter().any(same) {
            let new = OwnTransfer::new(header, per_frame, self.log.clone());
            self.log.append(RecordKind::Transfer, &new.record())?;
            self.place(same, || Incoming::Own(Box::new(new)));
        }
        Ok(self.transfers.iter_mut().find_map(|incoming| match incoming {
            Incoming::Own(transfer) if transfer.id() == header.transfer => Some(&mut **transfer),
            _ => None,
        }))
    }

    /// The transfer that `same` knows, or a new one; `None` if there are too many.
    fn place(
        &mut self,
        same: impl Fn(&Incoming) -> bool,
        new: impl FnOnce() -> Incoming,
    ) -> Option<&mut Incoming> {
        let at = match self.transfers.iter().position(same) {
            Some(at) => at,
            None if self.transfers.len() == MAX_TRANSFERS => return None,
            None => {
                self.transfers.push(new());
                self.transfers.len() - 1
            }
        };
        self.transfers.get_mut(at)
    }

    /// Whether there is a transfer and all that were seen are complete.
    pub fn is_complete(&self) -> bool {
        !self.transfers.is_empty() && self.transfers.iter().all(Incoming::is_complete)
    }

    /// Whether there is no transfer at all.
    pub fn is_empty(&self) -> bool {
        self.transfers.is_empty()
    }

    /// Bytes of the file and what describes it, in packets received so far, over all transfers.
    pub fn received_bytes(&self) -> u64 {
        self.transfers
            .iter()
            .map(|incoming| match incoming {
                Incoming::Own(transfer) => transfer.received_bytes(),
                Incoming::Cimbar(transfer) => transfer.received_bytes(),
            })
            .sum()
    }

    /// Frames that the first incomplete transfer still has a use for, from 1; none where frames
    /// have no numbers.
    pub fn frames_missing(&self) -> Vec<u64> {
        let mut incomplete = self.transfers.iter().filter(|transfer| !transfer.is_complete());
        match incomplete.next() {
            Some(Incoming::Own(transfer)) => transfer.frames_missing(),
            _ => Vec::new(),
        }
    }

    /// Packets received and needed, over all transfers.
    pub fn progress(&self) -> (u64, u64) {
        self.transfers
            .iter()
            .map(Incoming::progress)
            .fold((0, 0), |(got, all), (received, missing)| {
                (got + received, all + received + missing)
            })
    }

    /// The transfers, in the order in which they were first seen.
    pub fn into_transfers(self) -> Vec<Incoming> {
        self.transfers
    }
}

impl Incoming {
    /// Whether everything that is needed has arrived.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Own(transfer) => transfer.is_complete(),
            Self::Cimbar(transfer) => transfer.is_complete(),
        }
    }

    fn progress(&self) -> (u64, u64) {
        match self {
            Self::Own(transfer) => transfer.progress(),
            Self::Cimbar(transfer) => transfer.progress(),
        }
    }

    /// Reads the file, piece by piece, into `sink`, and gives its length; only when this returns
    /// `Ok` is it what was sent, as far as the format can tell.
    ///
    /// # Errors
    /// [`Unverified`] if the data is wrong; else what `sink` or a working file fails with.
    pub fn extract(
        &mut self,
        sink: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        match self {
            Self::Own(transfer) => transfer.extract(sink),
            Self::Cimbar(transfer) => transfer.extract(sink),
        }
    }

    /// What there is to say about the transfer, `output` aside.
    pub fn report(&mut self) -> TransferReport {
        match self {
            Self::Own(transfer) => transfer.report(),
            Self::Cimbar(transfer) => transfer.report(),
        }
    }
}
