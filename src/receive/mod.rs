//! What captures gave, to files.
//!
//! The packets of a [`crate::reading::Capture`] go to the transfers that they belong to ([`Incoming`], one for each
//! symbology), and to a log that a later run can go on with. A transfer that is complete is read back
//! as a file ([`Received::open`]), verified as far as its format can tell. No pictures here, and no
//! files: the log lies in whatever [`crate::storage::Storage`] it was given.

mod cimbar;
mod combine;
mod incoming;
mod intake;
mod log;
mod mixed;
mod own;
mod probe;
mod receiver;
mod sums;

pub use cimbar::Key;
pub use intake::Intake;
pub use log::{Log, RecordKind};
pub use receiver::{Received, Receiver};

use crate::container::ContainerError;
use crate::outer::{MAX_EXAMINED, OuterError, Shape};
use crate::report::TransferReport;
use std::fmt;

/// Transfers that are told about at most: those that most captures showed.
const MAX_TOLD: usize = 64;
/// Frames that a transfer's report names at most, all transfers together.
const MAX_NAMED: usize = MAX_EXAMINED;

/// What tells transfers apart. Its `Display` is what people are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferId {
    /// Frames of our own.
    Own {
        /// The id in every frame.
        id: u32,
        /// The shape of all packets, as soon as there is one. Of two shapes with one id one is
        /// forged; nobody knows which until one of them is complete and verified.
        shape: Option<Shape>,
    },
    /// What libcimbar's frames say of themselves.
    Cimbar(Key),
}

impl TransferId {
    /// Whether both say that they are the same transfer, which one of them is not.
    pub fn is_forgery_of(self, other: Self) -> bool {
        match (self, other) {
            (Self::Own { id, shape }, Self::Own { id: other, shape: others }) => {
                id == other && shape != others
            }
            _ => false,
        }
    }
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { id, .. } => write!(f, "{id:08x}"),
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

    /// Captures that showed it, and not only packets of it, and gave something.
    fn sightings(&self) -> u64;

    /// Whether there is more of it than packets in captures of others.
    fn is_begun(&self) -> bool {
        true
    }

    /// Whether everything that is needed has arrived, and has not been found wrong.
    fn is_complete(&self) -> bool;

    /// How far it has come.
    fn progress(&self) -> Progress;

    /// Frames that it still has a use for, `most` of them, numbered from 1 as captions count; none
    /// where frames have no numbers.
    fn frames_missing(&self, _most: usize) -> Vec<u64> {
        Vec::new()
    }

    /// What there is to say of it, with `most` missing frames by their numbers.
    fn report(&self, log: &mut Log, most: usize) -> TransferReport;

    /// BLAKE3 of the file as the sender says, if it does and that much has arrived.
    fn digest(&self, _log: &mut Log) -> Option<[u8; 32]> {
        None
    }

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

    /// Everything has been recalled.
    fn settle(&mut self) {}

    fn transfers(&self) -> Vec<&dyn Incoming>;
}
