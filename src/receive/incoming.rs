//! One transfer of our own frames: packets to blocks, blocks to the file.

use super::{ExtractError, FilePieces, Incoming, Log, Progress, TransferId, Unverified};
use crate::container::{Manifest, Reader};
use crate::modem::FrameHeader;
use crate::outer::{Assembler, Missing, OuterError, Packet, PacketStore, Schedule, Shape};
use crate::report::{TransferReport, TransferState};
use std::collections::BTreeSet;
use std::io::{BufReader, Read};

/// Kinds of frames that one transfer is believed to have: one, and forged ones.
const MAX_KINDS: usize = 4;

/// One transfer, as far as it has come.
#[derive(Debug)]
pub(super) struct OwnIncoming {
    id: u32,
    /// `None` until a first packet tells the shape.
    assembler: Option<Assembler>,
    /// Packets a frame, frames, and how many captures said so; the likeliest first.
    kinds: Vec<(usize, u32, u64)>,
    /// Captures that showed it, and gave packets.
    captures: u64,
    since: u64,
    seen: BTreeSet<u32>,
    doubt: Option<Doubt>,
}

/// That enough has arrived, but not what was sent.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    /// Packets that were there when it was tried last.
    tried: u64,
    /// Further ones that it takes until it is tried again: twice as many each time, since trying
    /// takes time.
    step: u64,
}

impl OwnIncoming {
    /// A transfer of which nothing has arrived.
    pub(super) fn new(id: u32, shape: Option<Shape>, since: u64) -> Self {
        let assembler = shape.map(|shape| Assembler::new(id, shape));
        let (kinds, seen) = (Vec::new(), BTreeSet::new());
        Self { id, assembler, kinds, captures: 0, since, seen, doubt: None }
    }

    /// The same with a shape, of which nothing but headers was seen.
    pub(super) fn with_shape(self, shape: Option<Shape>) -> Self {
        Self { assembler: shape.map(|shape| Assembler::new(self.id, shape)), ..self }
    }

    /// Takes note of a capture with this header and these packets, `per_frame` to a frame. Numbers
    /// that cannot be those of such a transfer have no weight.
    pub(super) fn shown(&mut self, header: &FrameHeader, per_frame: usize, packets: &[&Packet]) {
        let weight = u64::from(self.fits(header, per_frame, packets));
        self.captures += if packets.is_empty() { 0 } else { weight };
        let (frames, has_room) = (header.frames, self.kinds.len() < MAX_KINDS);
        match self.kinds.iter_mut().find(|kind| (kind.0, kind.1) == (per_frame, frames)) {
            Some((.., count)) => *count += weight,
            None if has_room => self.kinds.push((per_frame, frames, weight)),
            None => {}
        }
        self.kinds.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
    }

    /// Whether a frame of this transfer can have this header, and most of these packets.
    fn fits(&self, header: &FrameHeader, per_frame: usize, packets: &[&Packet]) -> bool {
        let Some(assembler) = &self.assembler else { return true };
        let schedule = Schedule::new(assembler.shape(), per_frame);
        let ours = |packet: &&&Packet| {
            (packet.id.transfer, packet.shape) == (self.id, assembler.shape())
                && schedule.holds(header.frame.into(), packet.id)
        };
        schedule.frames() == u64::from(header.frames)
            && 2 * packets.iter().filter(ours).count() >= packets.len()
    }

    /// Captures that showed it, and gave packets.
    pub(super) fn captures(&self) -> u64 {
        self.captures
    }

    /// Takes a packet that is in the log already, its body at `place`.
    pub(super) fn recall(&mut self, packet: &Packet, place: u64) {
        if let Some(assembler) = &mut self.assembler {
            assembler.recall(packet, place);
        }
        self.see(packet);
    }

    pub(super) fn accept(
        &mut self,
        packet: &Packet,
        store: &mut dyn PacketStore,
    ) -> Result<(), OuterError> {
        if let Some(assembler) = &mut self.assembler {
            assembler.accept(packet, store)?;
        }
        self.see(packet);
        Ok(())
    }

    /// Takes a packet that was worked out and is in the log already, its body at `place`.
    pub(super) fn recall_restored(&mut self, packet: &Packet, place: u64) {
        if let Some(assembler) = &mut self.assembler {
            assembler.recall_restored(packet, place);
        }
    }

    /// Works out what can be worked out of what is lacking.
    pub(super) fn cross(&mut self, store: &mut dyn PacketStore) -> Result<(), OuterError> {
        let schedule = self.schedule();
        match (&mut self.assembler, schedule) {
            (Some(assembler), Some(schedule)) => assembler.cross(&schedule, store),
            _ => Ok(()),
        }
    }

    fn see(&mut self, packet: &Packet) {
        let frame = self.schedule().and_then(|schedule| schedule.frame_of(packet.id));
        if let Some(frame) = frame.and_then(|frame| u32::try_from(frame).ok()) {
            self.seen.insert(frame);
        }
    }

    /// Which packet travels in which frame, as most captures say.
    fn schedule(&self) -> Option<Schedule> {
        let shape = self.assembler.as_ref()?.shape();
        let (per_frame, ..) = self.kinds.first()?;
        Some(Schedule::new(shape, *per_frame))
    }

    /// Frames of the transfer.
    fn frames(&self) -> u64 {
        self.kinds.first().map_or(0, |(_, frames, _)| u64::from(*frames))
    }

    /// The file is not what was sent: whether it is worth another try at once, without the packets
    /// that contradict the others. Otherwise more captures are needed.
    pub(super) fn reconsider(
        &mut self,
        captures: &[u64],
        log: &mut Log,
    ) -> Result<bool, OuterError> {
        let Some(assembler) = &mut self.assembler else { return Ok(false) };
        if assembler.reconsider(captures, log)? {
            self.doubt = None;
            return Ok(assembler.is_complete());
        }
        let step = self.doubt.map_or(1, |doubt| doubt.step.saturating_mul(2));
        self.doubt = Some(Doubt { tried: assembler.kept_packets(), step });
        Ok(false)
    }

    /// No more captures come: whatever came since the last try is worth one.
    pub(super) fn insist(&mut self) {
        if let Some(doubt) = &mut self.doubt {
            doubt.step = 1;
        }
    }

    /// Whether enough has arrived, whatever it is.
    fn is_full(&self) -> bool {
        self.assembler.as_ref().is_some_and(Assembler::is_complete)
    }

    fn missing(&self, most: usize) -> Missing {
        match (&self.assembler, self.schedule()) {
            (Some(assembler), Some(schedule)) => assembler.missing(&schedule, most),
            _ => Missing::everything(self.frames(), most),
        }
    }

    /// The manifest, as soon as the packets that hold it are there.
    fn manifest(&self, log: &mut Log) -> Option<Manifest> {
        Manifest::read(&mut self.assembler.as_ref()?.reader(log)).ok()
    }
}

impl Incoming for OwnIncoming {
    fn id(&self) -> TransferId {
        TransferId::Own { id: self.id, shape: self.assembler.as_ref().map(Assembler::shape) }
    }

    fn since(&self) -> u64 {
        self.since
    }

    fn sightings(&self) -> u64 {
        self.captures
    }

    fn is_begun(&self) -> bool {
        !self.kinds.is_empty() || self.is_full()
    }

    fn is_complete(&self) -> bool {
        let is_tried = |assembler: &Assembler| {
            let kept = assembler.kept_packets();
            self.doubt.is_some_and(|doubt| kept < doubt.tried.saturating_add(doubt.step))
        };
        self.is_full() && !self.assembler.as_ref().is_some_and(is_tried)
    }

    fn progress(&self) -> Progress {
        self.assembler.as_ref().map_or_else(Progress::default, |assembler| {
            let received = assembler.received_packets();
            let bytes = received * assembler.shape().payload as u64;
            Progress { received, missing: assembler.missing_packets(), bytes }
        })
    }

    fn frames_missing(&self, most: usize) -> Vec<u64> {
        self.missing(most).frames.into_iter().map(|frame| frame + 1).collect()
    }

    fn report(&self, log: &mut Log, most: usize) -> TransferReport {
        let manifest = self.manifest(log);
        let Missing { frames, fewest } = self.missing(most);
        TransferReport {
            id: self.id().to_string(),
            name: manifest.as_ref().and_then(|manifest| manifest.name.clone()),
            content: manifest.as_ref().map(|manifest| manifest.content),
            size: manifest.as_ref().map(|manifest| manifest.size),
            state: match (self.is_full(), self.is_complete()) {
                (false, _) => TransferState::Incomplete,
                (true, true) => TransferState::Complete,
                (true, false) => TransferState::Failed,
            },
            verified: false,
            output: None,
            frames_seen: self.seen.len() as u64,
            frames_total: self.frames(),
            frames_missing: frames.into_iter().map(|frame| frame + 1).collect(),
            packets_received: self.progress().received,
            packets_missing: self.progress().missing,
            frames_needed: fewest,
            packets_suspected: self.assembler.as_ref().map_or(0, Assembler::suspected_packets),
        }
    }

    fn digest(&self, log: &mut Log) -> Option<[u8; 32]> {
        self.manifest(log).map(|manifest| manifest.digest)
    }

    fn open<'a>(&'a self, log: &'a mut Log) -> Result<Box<dyn FilePieces + 'a>, ExtractError> {
        let assembler = self.assembler.as_ref().ok_or(Unverified::Incomplete)?;
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
