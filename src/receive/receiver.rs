//! All transfers of all symbologies, and the log behind them.

use super::cimbar::CimbarDesk;
use super::own::OwnDesk;
use super::probe::ProbeDesk;
use super::{Desk, ExtractError, FilePieces, Incoming, Intake, Log, MAX_NAMED, MAX_TOLD, Progress};
use super::{ReceiveError, RecordKind, TransferId};
use crate::reading::{Capture, Reading};
use crate::report::{ProbeReport, TransferReport};
use crate::storage::{Storage, in_memory};
use std::cmp::Reverse;
use std::collections::HashSet;

/// A file may be this many times as large as what was received of it,
const MAX_EXPANSION: u64 = 64;
/// or this large.
const ALWAYS_BELIEVED: u64 = 1 << 30;

/// Everything that has arrived.
pub struct Receiver {
    own: OwnDesk,
    cimbar: CimbarDesk,
    probe: ProbeDesk,
    log: Log,
    /// Keys of the captures of which everything is in the log.
    done: HashSet<String>,
}

impl Receiver {
    /// A receiver that keeps everything in memory.
    pub fn in_memory() -> Self {
        Self::new(in_memory())
    }

    /// A receiver that keeps everything in empty storage.
    pub fn new(storage: Box<dyn Storage>) -> Self {
        Self::with(Log::new(storage))
    }

    fn with(log: Log) -> Self {
        Self {
            own: Default::default(),
            cimbar: Default::default(),
            probe: Default::default(),
            log,
            done: HashSet::new(),
        }
    }

    /// A receiver that goes on with what one left in `storage`.
    ///
    /// # Errors
    /// If that was no receiver, or it cannot be used.
    pub fn resume(storage: Box<dyn Storage>) -> Result<Self, ReceiveError> {
        let mut own = OwnDesk::default();
        let mut cimbar = CimbarDesk::default();
        let mut done = HashSet::new();
        let log = Log::open(storage, |kind, body, place| {
            recall(&mut own, &mut cimbar, &mut done, (kind, body, place));
        })?;
        own.settle();
        Ok(Self { own, cimbar, done, ..Self::with(log) })
    }

    /// Takes what another receiver left in `storage`.
    ///
    /// # Errors
    /// If that was no receiver, or one of both cannot be used.
    pub fn absorb(&mut self, storage: Box<dyn Storage>) -> Result<(), ReceiveError> {
        let Self { own, cimbar, log, done, .. } = self;
        let mut noted = Ok(());
        Log::open(storage, |kind, body, _| {
            if noted.is_ok() {
                noted = log.note(kind, body).map(|place| {
                    recall(own, cimbar, done, (kind, body, place));
                });
            }
        })?;
        own.settle();
        noted.and_then(|()| log.flush())?;
        Ok(())
    }

    /// Bytes of the log that were damaged when it was opened.
    pub fn damaged(&self) -> u64 {
        self.log.damaged()
    }

    /// Takes what a capture gave, and what that gives together with earlier ones. `key` tells the
    /// capture from others in later runs, if it has one.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn accept(&mut self, capture: &Capture, key: Option<&str>) -> Result<Intake, ReceiveError> {
        let intake = match &capture.reading {
            None => Intake::nothing(capture.outcome),
            // It is told at the end of the run, and nothing of it is kept.
            Some(Reading::Own(reading)) if ProbeDesk::is_probe(reading) => {
                return Ok(self.probe.accept(reading, capture));
            }
            Some(Reading::Own(reading)) => {
                self.own.accept(reading, capture.outcome, &mut self.log)?
            }
            Some(Reading::Cimbar(reading)) => {
                self.cimbar.accept(reading, capture.outcome, &mut self.log)?
            }
        };
        // What can still become more with other captures is worth reading again.
        if let Some(key) = key.filter(|_| intake.outcome.is_final()) {
            self.log.note(RecordKind::Capture, key.as_bytes())?;
            self.done.insert(key.to_owned());
        }
        // Now it outlives this process, whatever happens to it.
        self.log.flush()?;
        Ok(intake)
    }

    /// What came of a probe, if one was seen.
    pub fn probe(&self) -> Option<ProbeReport> {
        self.probe.report()
    }

    /// Keys of the captures that need not be read again.
    pub fn done(&self) -> &HashSet<String> {
        &self.done
    }

    fn all(&self) -> impl Iterator<Item = &dyn Incoming> {
        let desks: [&dyn Desk; 2] = [&self.own, &self.cimbar];
        desks.into_iter().flat_map(Desk::transfers).filter(|transfer| transfer.is_begun())
    }

    /// The transfers, in the order in which they were first seen; of very many, those that most
    /// captures showed.
    pub fn transfers(&self) -> Vec<&dyn Incoming> {
        let mut all: Vec<_> = self.all().collect();
        if all.len() > MAX_TOLD {
            all.sort_by_key(|transfer| (!transfer.is_complete(), Reverse(transfer.sightings())));
            all.truncate(MAX_TOLD);
        }
        all.sort_by_key(|transfer| transfer.since());
        all
    }

    /// How many transfers were seen beyond [`Receiver::transfers`].
    pub fn others(&self) -> usize {
        self.all().count().saturating_sub(MAX_TOLD)
    }

    /// Whether there is a transfer and all that were seen are complete.
    pub fn is_complete(&self) -> bool {
        let all = self.transfers();
        !all.is_empty() && all.iter().all(|transfer| transfer.is_complete())
    }

    /// The transfer that is meant where one file is wanted: the one that is complete, if no other
    /// was shown by as many captures. What was shown once, in passing, is not taken for the file.
    pub fn meant(&self) -> Option<TransferId> {
        let all = self.transfers();
        let mut complete = all.iter().filter(|transfer| transfer.is_complete());
        let (only, another) = (complete.next()?, complete.next());
        let is_less = |other: &&dyn Incoming| {
            other.is_complete()
                || other.id().is_forgery_of(only.id())
                || other.sightings() < only.sightings()
        };
        (another.is_none() && all.iter().all(is_less)).then(|| only.id())
    }

    /// The file of a transfer that seemed complete is not what was sent. Packets that contradict
    /// others are left out from now on: true if it is worth another try at once. Otherwise it takes
    /// more captures.
    ///
    /// # Errors
    /// If what was received cannot be read.
    pub fn reconsider(&mut self, id: TransferId) -> Result<bool, ReceiveError> {
        match id {
            TransferId::Own { .. } => self.own.reconsider(id, &mut self.log),
            TransferId::Cimbar(_) => {
                self.cimbar.reconsider(id);
                Ok(false)
            }
        }
    }

    /// No more captures come: what has been found wrong, and has got more packets since, is complete
    /// once more.
    pub fn insist(&mut self) {
        self.own.insist();
    }

    /// Frames that the first incomplete transfer still has a use for, from 1; none where frames
    /// have no numbers.
    pub fn frames_missing(&self) -> Vec<u64> {
        let all = self.transfers();
        let incomplete = all.iter().find(|transfer| !transfer.is_complete());
        incomplete.map_or_else(Vec::new, |transfer| transfer.frames_missing(MAX_NAMED))
    }

    /// How far all transfers together have come.
    pub fn progress(&self) -> Progress {
        self.transfers().iter().map(|transfer| transfer.progress()).fold(
            Progress::default(),
            |sum, one| Progress {
                received: sum.received + one.received,
                missing: sum.missing + one.missing,
                bytes: sum.bytes + one.bytes,
            },
        )
    }

    /// A transfer, to be written or told about.
    pub fn transfer(&mut self, id: TransferId) -> Option<Received<'_>> {
        // However many there are, a report about all of them stays short.
        let incomplete = self.transfers().iter().filter(|other| !other.is_complete()).count();
        let most = MAX_NAMED / incomplete.max(1);
        let Self { own, cimbar, log, .. } = self;
        let desks: [&dyn Desk; 2] = [own, cimbar];
        let mut all = desks.into_iter().flat_map(Desk::transfers);
        let incoming = all.find(|transfer| transfer.id() == id)?;
        Some(Received { incoming, log, most })
    }

    /// The first transfer that is complete.
    pub fn complete(&mut self) -> Option<Received<'_>> {
        let complete = self.transfers().into_iter().find(|transfer| transfer.is_complete());
        let id = complete?.id();
        self.transfer(id)
    }
}

/// A transfer together with the log that holds its data.
pub struct Received<'a> {
    incoming: &'a dyn Incoming,
    log: &'a mut Log,
    most: usize,
}

fn recall(
    own: &mut OwnDesk,
    cimbar: &mut CimbarDesk,
    done: &mut HashSet<String>,
    (kind, body, place): (RecordKind, &[u8], u64),
) {
    if kind == RecordKind::Capture {
        done.insert(String::from_utf8_lossy(body).into_owned());
    }
    own.recall(kind, body, place);
    cimbar.recall(kind, body, place);
}

impl<'a> Received<'a> {
    /// What there is to say of it.
    pub fn report(&mut self) -> TransferReport {
        self.incoming.report(self.log, self.most)
    }

    /// Bytes that its file may have without anybody being asked, by what was received of it.
    pub fn believable_bytes(&self) -> u64 {
        ALWAYS_BELIEVED.max(self.incoming.progress().bytes.saturating_mul(MAX_EXPANSION))
    }

    /// BLAKE3 of the file as the sender says, if it does.
    pub fn digest(&mut self) -> Option<[u8; 32]> {
        self.incoming.digest(self.log)
    }

    /// As [`Received::open`], for who has no other use for the transfer.
    ///
    /// # Errors
    /// As that.
    pub fn into_pieces(self) -> Result<Box<dyn FilePieces + 'a>, ExtractError> {
        self.incoming.open(self.log)
    }

    /// Its file, piece by piece.
    ///
    /// # Errors
    /// If that is not what was sent, as far as its beginning tells.
    pub fn open(&mut self) -> Result<Box<dyn FilePieces + '_>, ExtractError> {
        self.incoming.open(self.log)
    }
}
