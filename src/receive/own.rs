//! Transfers of our own frames: packets to blocks, blocks to the file.

use super::combine::Combiner;
use super::log::RecordKind;
use super::{
    Desk, ExtractError, FilePieces, Incoming, Intake, Log, Places, Progress, ReceiveError,
    TransferId, Unverified,
};
use crate::container::{Manifest, Reader};
use crate::modem::FrameHeader;
use crate::outer::{Accepted, Assembler, Missing, OuterError, Packet, Schedule};
use crate::reading::{Outcome, OwnReading};
use crate::report::{TransferReport, TransferState};
use std::collections::BTreeSet;
use std::io::{BufReader, Read};

/// All transfers of our own frames.
#[derive(Debug, Default)]
pub(super) struct OwnDesk {
    places: Places<OwnIncoming>,
    combiner: Combiner,
}

impl OwnDesk {
    /// Takes the packets of a reading, and those that it gives together with earlier ones.
    pub(super) fn accept(
        &mut self,
        reading: &OwnReading,
        outcome: Outcome,
        log: &mut Log,
    ) -> Result<Intake, ReceiveError> {
        let recovered = self.combiner.add(reading);
        let header = reading.header;
        let mut taken = true;
        for packet in reading.packets.iter().chain(&recovered) {
            // A capture may show parts of two frames; its packets say where they belong.
            let header = FrameHeader { transfer: packet.id.transfer, ..header };
            match self.place(header, reading.codewords, log)? {
                Some(transfer) => transfer.accept(packet, log)?,
                None => taken = false,
            }
        }
        if reading.packets.is_empty() && recovered.is_empty() {
            taken = self.place(header, reading.codewords, log)?.is_some();
        }
        let complete = reading.packets.len() + recovered.len() == reading.codewords;
        let outcome = match outcome {
            _ if !taken => Outcome::TooManyTransfers,
            Outcome::CodewordsLost { .. } if complete => Outcome::Read,
            other => other,
        };
        let transfer = Some(TransferId::Own(header.transfer));
        Ok(Intake { outcome, transfer, recovered: recovered.len() })
    }

    /// The transfer of frames like one with this header; `None` if there are too many.
    fn place(
        &mut self,
        header: FrameHeader,
        per_frame: usize,
        log: &mut Log,
    ) -> Result<Option<&mut OwnIncoming>, ReceiveError> {
        let id = TransferId::Own(header.transfer);
        if self.places.get(id).is_none() {
            let transfer = OwnIncoming::new(header, per_frame, log.end());
            let record = transfer.record();
            if self.places.take(transfer).is_some() {
                log.note(RecordKind::Transfer, &record)?;
            }
        }
        Ok(self.places.get(id))
    }
}

impl Desk for OwnDesk {
    fn recall(&mut self, kind: RecordKind, body: &[u8], place: u64) {
        match kind {
            RecordKind::Transfer => {
                if let Some(transfer) = OwnIncoming::from_record(body, place)
                    && self.places.get(transfer.id()).is_none()
                {
                    self.places.take(transfer);
                }
            }
            RecordKind::Packet => {
                if let Some(packet) = Packet::parse(body)
                    && let Some(transfer) = self.places.get(TransferId::Own(packet.id.transfer))
                {
                    transfer.recall(&packet, place);
                }
            }
            RecordKind::Chunk | RecordKind::Capture => {}
        }
    }

    fn settle(&mut self, log: &mut Log) -> Result<(), ReceiveError> {
        for transfer in &mut self.places.0 {
            if let Some((assembler, _)) = &mut transfer.packets {
                assembler.settle(log)?;
            }
        }
        Ok(())
    }

    fn transfers(&self) -> Vec<&dyn Incoming> {
        self.places.transfers()
    }
}

/// One transfer, as far as it has come.
#[derive(Debug)]
struct OwnIncoming {
    header: FrameHeader,
    /// `None` until a first packet tells the shape.
    packets: Option<(Assembler, Schedule)>,
    per_frame: usize,
    since: u64,
    seen: BTreeSet<u32>,
}

impl OwnIncoming {
    /// A transfer of frames like one with this header, which hold `per_frame` packets.
    fn new(header: FrameHeader, per_frame: usize, since: u64) -> Self {
        Self { header, packets: None, per_frame: per_frame.max(1), since, seen: BTreeSet::new() }
    }

    /// What has to be in the log before the packets.
    fn record(&self) -> Vec<u8> {
        let mut record = (self.per_frame as u32).to_le_bytes().to_vec();
        record.extend(self.header.to_bytes());
        record
    }

    /// A transfer from its [`OwnIncoming::record`].
    fn from_record(record: &[u8], since: u64) -> Option<Self> {
        let (per_frame, header) = record.split_first_chunk()?;
        let header = FrameHeader::parse(header)?.ok()?;
        Some(Self::new(header, u32::from_le_bytes(*per_frame) as usize, since))
    }

    /// Takes a packet that is in the log already, its body at `place`.
    fn recall(&mut self, packet: &Packet, place: u64) {
        let (assembler, schedule) = self.assembler(packet);
        assembler.recall(packet, place);
        let frame = schedule.frame_of(packet.id);
        self.see(frame);
    }

    fn accept(&mut self, packet: &Packet, log: &mut Log) -> Result<(), OuterError> {
        let (assembler, schedule) = self.assembler(packet);
        if assembler.accept(packet, log)? != Accepted::Foreign {
            let frame = schedule.frame_of(packet.id);
            self.see(frame);
        }
        Ok(())
    }

    fn assembler(&mut self, packet: &Packet) -> &mut (Assembler, Schedule) {
        let per_frame = self.per_frame;
        self.packets.get_or_insert_with(|| {
            let assembler = Assembler::new(packet.id.transfer, packet.shape);
            (assembler, Schedule::new(packet.shape, per_frame))
        })
    }

    fn see(&mut self, frame: u64) {
        self.seen.insert(frame.min(u32::MAX.into()) as u32);
    }

    fn missing(&self) -> Missing {
        match &self.packets {
            Some((assembler, schedule)) => assembler.missing(schedule),
            None => Missing::everything(self.header.frames.into()),
        }
    }

    /// The manifest, as soon as the packets that hold it are there.
    fn manifest(&self, log: &mut Log) -> Option<Manifest> {
        let (assembler, _) = self.packets.as_ref()?;
        Manifest::read(&mut assembler.reader(log)).ok()
    }
}

impl Incoming for OwnIncoming {
    fn id(&self) -> TransferId {
        TransferId::Own(self.header.transfer)
    }

    fn since(&self) -> u64 {
        self.since
    }

    fn is_complete(&self) -> bool {
        self.packets.as_ref().is_some_and(|(assembler, _)| assembler.is_complete())
    }

    fn progress(&self) -> Progress {
        self.packets.as_ref().map_or_else(Progress::default, |(assembler, _)| {
            let received = assembler.received_packets();
            let bytes = received * assembler.shape().payload as u64;
            Progress { received, missing: assembler.missing_packets(), bytes }
        })
    }

    fn frames_missing(&self) -> Vec<u64> {
        self.missing().frames.into_iter().map(|frame| frame + 1).collect()
    }

    fn report(&self, log: &mut Log) -> TransferReport {
        let manifest = self.manifest(log);
        let Missing { frames, fewest } = self.missing();
        let complete = self.is_complete();
        TransferReport {
            id: self.id().to_string(),
            name: manifest.as_ref().and_then(|manifest| manifest.name.clone()),
            size: manifest.as_ref().map(|manifest| manifest.size),
            state: if complete { TransferState::Complete } else { TransferState::Incomplete },
            verified: false,
            output: None,
            frames_seen: self.seen.len() as u64,
            frames_total: self.header.frames.into(),
            frames_missing: frames.into_iter().map(|frame| frame + 1).collect(),
            packets_missing: self.progress().missing,
            frames_needed: fewest,
        }
    }

    fn open<'a>(&'a self, log: &'a mut Log) -> Result<Box<dyn FilePieces + 'a>, ExtractError> {
        let (assembler, _) = self.packets.as_ref().ok_or(Unverified::Incomplete)?;
        let reader = Reader::new(BufReader::new(assembler.reader(log)))?;
        Ok(Box::new(OwnFile { reader, verified: false }))
    }
}

/// A file in its container.
struct OwnFile<R> {
    reader: Reader<R>,
    verified: bool,
}

impl<R: Read> FilePieces for OwnFile<R> {
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, ExtractError> {
        let piece = self.reader.next_chunk()?;
        self.verified = piece.is_none();
        Ok(piece)
    }

    fn is_verified(&self) -> bool {
        self.verified
    }
}
