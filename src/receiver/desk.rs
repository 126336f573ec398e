//! Collects what eyes have seen, and gives out the files.
//!
//! What is received is kept once, as packets in memory that is never copied; a file is never there as a
//! whole, but leaves piece by piece.

use super::Sight;
use crate::capture::ReadBefore;
use crate::container::safe_name;
use crate::receive::{ExtractError, FilePieces, Receiver, TransferId, Unverified};
use crate::report::{CaptureReport, ProbeReport, TransferReport};
use crate::storage::bounded;
use self_cell::{MutBorrow, self_cell};
use serde::Serialize;

/// Most bytes that are kept, if nobody says otherwise.
const KEPT_BYTES: u64 = 1 << 30;
/// A file may be this many times as large as what was received of it,
const MAX_EXPANSION: u64 = 64;
/// or this large.
const ALWAYS_ALLOWED: u64 = 1 << 30;

type Pieces<'a> = Box<dyn FilePieces + 'a>;

self_cell!(
    /// A file that is being given out, and the receiver that it comes from.
    struct Giving {
        owner: MutBorrow<Receiver>,
        #[not_covariant]
        dependent: Pieces,
    }
);

/// What became of what an eye has seen.
#[derive(Debug, Serialize)]
pub struct Arrival {
    /// What each frame of the picture gave, together with what was seen before.
    pub pictures: Vec<CaptureReport>,
    /// Whether any of it was new.
    pub news: bool,
    /// Packets of all transfers that have arrived.
    pub received: u64,
    /// Packets that are still needed.
    pub missing: u64,
    /// Bytes that have arrived.
    pub bytes: u64,
    /// Transfers that can be opened: places in [`Standing::transfers`].
    pub complete: Vec<usize>,
    /// Whether nothing more is taken, since there is no more memory for it.
    pub full: bool,
}

/// How far everything has come.
#[derive(Debug, Serialize)]
pub struct Standing {
    /// The transfers, in the order in which they were first seen.
    pub transfers: Vec<TransferReport>,
    /// How many others there are.
    pub others: usize,
    /// What came of a probe.
    pub probe: Option<ProbeReport>,
}

/// A file that is about to be given out.
#[derive(Debug, Serialize)]
pub struct Opened {
    /// The name that was sent, as a file may have it.
    pub name: String,
    /// Bytes of it, if they are known beforehand.
    pub size: Option<u64>,
}

/// Why there is no file.
#[derive(Debug, Serialize)]
pub struct Refusal {
    /// In words.
    pub error: String,
    /// Whether it is worth another try at once: some of what was received is left out then. Otherwise
    /// more has to be seen.
    pub again: bool,
}

/// The next step of giving out a file.
#[derive(Debug)]
pub enum Step {
    /// Bytes of it, of which nobody knows yet whether they are right.
    Piece(Vec<u8>),
    /// It is whole.
    Whole {
        /// Whether a digest was sent along, and it is right.
        verified: bool,
    },
    /// It is not what was sent: all pieces are to be thrown away.
    Refused(Refusal),
}

/// Collects what eyes have seen.
pub struct Desk {
    /// `None` while it gives out a file.
    receiver: Option<Receiver>,
    giving: Option<(TransferId, Giving)>,
    /// Transfers of which every frame is to be read again.
    doubts: ReadBefore,
    full: bool,
    most: u64,
}

impl Default for Desk {
    fn default() -> Self {
        Self::keeping(KEPT_BYTES)
    }
}

impl Desk {
    /// A desk that keeps so many bytes of what it receives.
    pub fn keeping(bytes: u64) -> Self {
        let receiver = Some(Receiver::new(bounded(bytes)));
        Self { receiver, giving: None, doubts: ReadBefore::apart(), full: false, most: bytes }
    }

    /// Takes what an eye has seen. While a file is given out nothing is taken.
    pub fn accept(&mut self, sight: &Sight) -> Arrival {
        let (mut pictures, mut news) = (Vec::new(), false);
        for capture in sight.captures() {
            let taken = match &mut self.receiver {
                Some(receiver) if !self.full => receiver.accept(capture, None).ok(),
                _ => continue,
            };
            self.full = taken.is_none();
            if let Some(intake) = taken {
                news |= intake.is_news;
                pictures.push(intake.report(String::new(), capture));
            }
        }
        self.arrival(pictures, news)
    }

    fn arrival(&self, pictures: Vec<CaptureReport>, news: bool) -> Arrival {
        let progress = self.receiver.as_ref().map(Receiver::progress).unwrap_or_default();
        let transfers = self.receiver.as_ref().map(Receiver::transfers).unwrap_or_default();
        let complete = transfers.iter().enumerate().filter(|(_, transfer)| transfer.is_complete());
        Arrival {
            pictures,
            news,
            received: progress.received,
            missing: progress.missing,
            bytes: progress.bytes,
            complete: complete.map(|(place, _)| place).collect(),
            full: self.full,
        }
    }

    /// How far everything has come.
    pub fn standing(&mut self) -> Standing {
        let Some(receiver) = &mut self.receiver else {
            return Standing { transfers: Vec::new(), others: 0, probe: None };
        };
        let ids: Vec<TransferId> = receiver.transfers().iter().map(|one| one.id()).collect();
        let report = |id| Some(receiver.transfer(id)?.report());
        let transfers = ids.into_iter().filter_map(report).collect();
        Standing { transfers, others: receiver.others(), probe: receiver.probe() }
    }

    /// Begins to give out the transfer at a place in [`Standing::transfers`].
    ///
    /// # Errors
    /// If it cannot be had, or not yet.
    pub fn open(&mut self, place: usize) -> Result<Opened, Refusal> {
        self.close();
        let Some(mut receiver) = self.receiver.take() else { return Err(refusal("no receiver")) };
        let found =
            receiver.transfers().get(place).filter(|one| one.is_complete()).map(|one| one.id());
        let Some((id, mut transfer)) = found.and_then(|id| Some((id, receiver.transfer(id)?)))
        else {
            self.receiver = Some(receiver);
            return Err(refusal("it is not complete"));
        };
        let (report, received) = (transfer.report(), transfer.received_bytes());
        let allowed = ALWAYS_ALLOWED.max(received.saturating_mul(MAX_EXPANSION));
        if report.size.is_some_and(|size| size > allowed) {
            self.receiver = Some(receiver);
            return Err(refusal("it says that it is larger than can be believed"));
        }
        match Giving::try_new_or_recover(MutBorrow::new(receiver), |receiver| pieces(receiver, id))
        {
            Ok(giving) => {
                self.giving = Some((id, giving));
                let name = safe_name(report.name.as_deref().unwrap_or_default());
                Ok(Opened { name, size: report.size })
            }
            Err((receiver, error)) => {
                self.receiver = Some(receiver.into_inner());
                Err(self.refuse(id, &error))
            }
        }
    }

    /// The next step of the file that was opened.
    pub fn next(&mut self) -> Step {
        let Some((id, giving)) = &mut self.giving else {
            return Step::Refused(refusal("nothing is open"));
        };
        let (id, step) = (
            *id,
            giving.with_dependent_mut(|_, pieces| {
                pieces.next_piece().map(|piece| piece.ok_or_else(|| pieces.is_verified()))
            }),
        );
        match step {
            Ok(Ok(piece)) => Step::Piece(piece),
            Ok(Err(verified)) => {
                self.close();
                Step::Whole { verified }
            }
            Err(error) => {
                self.close();
                Step::Refused(self.refuse(id, &error))
            }
        }
    }

    /// Stops giving out the file; goes on to collect.
    fn close(&mut self) {
        if let Some((_, giving)) = self.giving.take() {
            self.receiver = Some(giving.into_owner().into_inner());
        }
    }

    /// What to do about a file that is not what was sent.
    fn refuse(&mut self, id: TransferId, error: &ExtractError) -> Refusal {
        let again = match (&mut self.receiver, error) {
            (Some(receiver), ExtractError::Unverified(_)) => {
                receiver.reconsider(id).unwrap_or(false)
            }
            _ => false,
        };
        if let (TransferId::Own { id, .. }, false) = (id, again) {
            self.doubts.distrust(id);
        }
        Refusal { error: error.to_string(), again }
    }

    /// For all eyes: transfers of which frames have to be read again; empty if there are none.
    pub fn distrusted(&self) -> Vec<u8> {
        self.doubts.news()
    }

    /// As new, with as much memory.
    pub fn reset(&mut self) {
        *self = Self::keeping(self.most);
    }
}

fn refusal(error: &str) -> Refusal {
    Refusal { error: error.to_owned(), again: false }
}

/// The pieces of a transfer.
fn pieces(receiver: &MutBorrow<Receiver>, id: TransferId) -> Result<Pieces<'_>, ExtractError> {
    let transfer = receiver.borrow_mut().transfer(id).ok_or(Unverified::Incomplete)?;
    transfer.into_pieces()
}
