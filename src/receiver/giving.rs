//! A file on its way out of a receiver, piece by piece, between calls from elsewhere.

use crate::receive::{ExtractError, FilePieces, Receiver, TransferId, Unverified};
use self_cell::{MutBorrow, self_cell};

type Pieces<'a> = Box<dyn FilePieces + 'a>;

self_cell!(
    struct Reading {
        owner: MutBorrow<Box<Receiver>>,
        #[not_covariant]
        dependent: Pieces,
    }
);

/// A file that is being given out, together with the receiver that it comes from.
pub(super) struct Giving {
    id: TransferId,
    reading: Reading,
}

impl Giving {
    /// Begins with a transfer that is complete.
    ///
    /// # Errors
    /// The receiver as it was, and what is wrong.
    pub(super) fn begin(
        receiver: Box<Receiver>,
        id: TransferId,
    ) -> Result<Self, (Box<Receiver>, ExtractError)> {
        let reading = Reading::try_new_or_recover(MutBorrow::new(receiver), |receiver| {
            let transfer = receiver.borrow_mut().transfer(id).ok_or(Unverified::Incomplete)?;
            transfer.into_pieces()
        });
        match reading {
            Ok(reading) => Ok(Self { id, reading }),
            Err((receiver, error)) => Err((receiver.into_inner(), error)),
        }
    }

    /// The transfer.
    pub(super) fn id(&self) -> TransferId {
        self.id
    }

    /// As [`FilePieces::next_piece`].
    pub(super) fn next_piece(&mut self) -> Result<Option<Vec<u8>>, ExtractError> {
        self.reading.with_dependent_mut(|_, pieces| pieces.next_piece())
    }

    /// As [`FilePieces::is_verified`].
    pub(super) fn is_verified(&self) -> bool {
        self.reading.with_dependent(|_, pieces| pieces.is_verified())
    }

    /// The receiver, which goes on to collect.
    pub(super) fn into_receiver(self) -> Box<Receiver> {
        self.reading.into_owner().into_inner()
    }
}
