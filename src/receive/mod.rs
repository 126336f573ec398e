//! What captures gave, to files.
//!
//! The packets of a [`Capture`] go to the transfers that they belong to ([`Incoming`], one for each
//! symbology), and to a log that a later run can go on with. A transfer that is complete is read back
//! as a file ([`Received::open`]), verified as far as its format can tell. No pictures here, and no
//! files: the log lies in whatever [`Storage`] it was given.

mod cimbar;
mod combine;
mod intake;
mod log;
mod own;

pub use cimbar::Key;
pub use intake::Intake;
pub use log::{Log, RecordKind};

use crate::cimbar::FountainError;
use crate::container::ContainerError;
use crate::outer::OuterError;
use crate::reading::{Capture, Reading};
use crate::report::TransferReport;
use crate::storage::{Storage, in_memory};
use std::collections::HashSet;
use std::fmt;

/// Transfers of one symbology that are kept apart at most; frames of further ones are dropped, and
/// whoever showed them is told.
const MAX_TRANSFERS: usize = 64;

/// What tells transfers apart. Its `Display` is what people are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferId {
    /// The id in every frame of our own.
    Own(u32),
    /// What libcimbar's frames say of themselves.
    Cimbar(Key),
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(id) => write!(f, "{id:08x}"),
            Self::Cimbar(key) => key.fmt(f),
        }
    }
}

/// The log of what is received cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ReceiveError(#[from] OuterError);

impl From<std::io::Error> for ReceiveError {
    fn from(error: std::io::Error) -> Self {
        Self(error.into())
    }
}

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The data has arrived, but it is not what was sent.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// What has been received cannot be read again.
    #[error("cannot read what has been received")]
    Storage(#[source] std::io::Error),
}

/// Data that is not what was sent.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// Its container says so.
    #[error(transparent)]
    Container(ContainerError),
    /// Its fountain says so.
    #[error(transparent)]
    Fountain(#[from] FountainError),
    /// It does not decompress.
    #[error("damaged data: {0}")]
    Damaged(std::io::Error),
    /// Not all of it is there.
    #[error("not everything has arrived")]
    Incomplete,
}

impl From<ContainerError> for ExtractError {
    fn from(error: ContainerError) -> Self {
        match error {
            ContainerError::Io(error) => Self::Storage(error),
            other => Self::Unverified(Unverified::Container(other)),
        }
    }
}

/// How far a transfer has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Packets that have arrived, of those needed.
    pub received: u64,
    /// Packets that are still needed.
    pub missing: u64,
    /// Bytes that the received ones carry.
    pub bytes: u64,
}

/// One transfer of one symbology, as far as it has come.
pub trait Incoming: Send {
    /// What tells it apart.
    fn id(&self) -> TransferId;

    /// Where the log was when it was first seen.
    fn since(&self) -> u64;

    /// Whether everything that is needed has arrived.
    fn is_complete(&self) -> bool;

    /// How far it has come.
    fn progress(&self) -> Progress;

    /// Frames that it still has a use for, numbered from 1 as captions count; none where frames
    /// have no numbers.
    fn frames_missing(&self) -> Vec<u64> {
        Vec::new()
    }

    /// What there is to say of it.
    fn report(&self, log: &mut Log) -> TransferReport;

    /// Its file.
    ///
    /// # Errors
    /// If that is not what was sent, as far as its beginning tells.
    fn open<'a>(&'a self, log: &'a mut Log) -> Result<Box<dyn FilePieces + 'a>, ExtractError>;
}

/// A file, piece by piece.
pub trait FilePieces {
    /// The next piece; `None` at the end. Only then is everything before what was sent, as far as
    /// the format can tell.
    ///
    /// # Errors
    /// If it is not, or what was received cannot be read.
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, ExtractError>;

    /// Whether a digest was sent along, and has been compared with all pieces.
    fn is_verified(&self) -> bool;
}

/// All transfers of one symbology.
trait Desk: Send {
    /// Takes what is in the log, if it is of this symbology; the body of the record is at `place`.
    fn recall(&mut self, kind: RecordKind, body: &[u8], place: u64);

    /// Makes of what was recalled what can be made.
    fn settle(&mut self, _log: &mut Log) -> Result<(), ReceiveError> {
        Ok(())
    }

    fn transfers(&self) -> Vec<&dyn Incoming>;
}

/// The transfers of a symbology, in the order in which they were first seen.
#[derive(Debug)]
struct Places<T>(Vec<T>);

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Incoming> Places<T> {
    fn get(&mut self, id: TransferId) -> Option<&mut T> {
        self.0.iter_mut().find(|transfer| transfer.id() == id)
    }

    /// A place for a new transfer; `None` if there are too many.
    fn take(&mut self, transfer: T) -> Option<&mut T> {
        if self.0.len() == MAX_TRANSFERS {
            return None;
        }
        self.0.push(transfer);
        self.0.last_mut()
    }

    fn transfers(&self) -> Vec<&dyn Incoming> {
        self.0.iter().map(|transfer| transfer as &dyn Incoming).collect()
    }
}

/// Everything that has arrived.
pub struct Receiver {
    own: own::OwnDesk,
    cimbar: cimbar::CimbarDesk,
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
        let mut own = own::OwnDesk::default();
        let mut cimbar = cimbar::CimbarDesk::default();
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
