//! All transfers of all symbologies, and the log behind them.

use super::cimbar::CimbarDesk;
use super::own::OwnDesk;
use super::{Desk, ExtractError, FilePieces, Incoming, Intake, Log, Progress};
use super::{ReceiveError, RecordKind, TransferId};
use crate::reading::{Capture, Reading};
use crate::report::TransferReport;
use crate::storage::{Storage, in_memory};
use std::collections::HashSet;

/// Everything that has arrived.
pub struct Receiver {
    own: OwnDesk,
    cimbar: CimbarDesk,
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
        Self { own: Default::default(), cimbar: Default::default(), log, done: HashSet::new() }
    }

    /// A receiver that goes on with what one left in `storage`.
    ///
    /// # Errors
    /// If that was no receiver, or it cannot be used.
    pub fn resume(storage: Box<dyn Storage>) -> Result<Self, ReceiveError> {
        let mut own = OwnDesk::default();
        let mut cimbar = CimbarDesk::default();
        let mut done = HashSet::new();
        let mut log = Log::open(storage, |kind, body, place| {
            if kind == RecordKind::Capture {
                done.insert(String::from_utf8_lossy(body).into_owned());
            }
            let desks: [&mut dyn Desk; 2] = [&mut own, &mut cimbar];
            desks.into_iter().for_each(|desk| desk.recall(kind, body, place));
        })?;
        own.settle(&mut log)?;
        cimbar.settle(&mut log)?;
        Ok(Self { own, cimbar, log, done })
    }

    /// Takes what a capture gave, and what that gives together with earlier ones. `key` tells the
    /// capture from others in later runs, if it has one.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn accept(&mut self, capture: &Capture, key: Option<&str>) -> Result<Intake, ReceiveError> {
        let intake = match &capture.reading {
            None => Intake::nothing(capture.outcome),
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

    /// Keys of the captures that need not be read again.
    pub fn done(&self) -> &HashSet<String> {
        &self.done
    }

    /// All transfers, in the order in which they were first seen.
    pub fn transfers(&self) -> Vec<&dyn Incoming> {
        let desks: [&dyn Desk; 2] = [&self.own, &self.cimbar];
        let mut all: Vec<_> = desks.into_iter().flat_map(Desk::transfers).collect();
        all.sort_by_key(|transfer| transfer.since());
        all
    }

    /// Whether there is a transfer and all that were seen are complete.
    pub fn is_complete(&self) -> bool {
        let all = self.transfers();
        !all.is_empty() && all.iter().all(|transfer| transfer.is_complete())
    }

    /// Frames that the first incomplete transfer still has a use for, from 1; none where frames
    /// have no numbers.
    pub fn frames_missing(&self) -> Vec<u64> {
        let all = self.transfers();
        let incomplete = all.iter().find(|transfer| !transfer.is_complete());
        incomplete.map_or_else(Vec::new, |transfer| transfer.frames_missing())
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
        let Self { own, cimbar, log, .. } = self;
        let desks: [&dyn Desk; 2] = [own, cimbar];
        let mut all = desks.into_iter().flat_map(Desk::transfers);
        all.find(|transfer| transfer.id() == id).map(|incoming| Received { incoming, log })
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
}

impl Received<'_> {
    /// What there is to say of it.
    pub fn report(&mut self) -> TransferReport {
        self.incoming.report(self.log)
    }

    /// Its file, piece by piece.
    ///
    /// # Errors
    /// If that is not what was sent, as far as its beginning tells.
    pub fn open(&mut self) -> Result<Box<dyn FilePieces + '_>, ExtractError> {
        self.incoming.open(self.log)
    }
}
