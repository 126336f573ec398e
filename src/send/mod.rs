//! A file to frames.
//!
//! Every symbology that is sent is an [`Outgoing`]: [`OwnTransfer`], [`CimbarTransfer`]. Its frames
//! come as an iterator of [`Undrawn`] ones, in order and of bounded memory; drawing them, which takes
//! the time, is left to whoever takes them, or to [`deliver`] on many threads. No files here: what
//! does not fit in memory lies in whatever [`crate::storage::Storage`] is given.

mod cimbar;
mod own;
mod packets;
mod probe;
mod redundancy;
mod selection;
mod stream;

pub use cimbar::{CimbarOptions, CimbarTransfer};
pub use own::{OwnOptions, OwnTransfer};
pub use probe::Probe;
pub use redundancy::Redundancy;
pub use selection::{Selection, SelectionError};
pub use stream::{Stream, StreamOptions};

use crate::cimbar::FountainError;
use crate::format::FormatError;
use crate::ordered::ordered;
pub use crate::outer::MAX_LOSSES;
use crate::outer::{OuterError, ShapeError};
use crate::outline::Outline;
use crate::raster::IndexedFrame;
use std::ops::ControlFlow;

/// zstd level that files are compressed at unless something else is asked for.
pub const DEFAULT_LEVEL: i32 = 9;
/// Repair packets for each source packet unless something else is asked for.
pub const DEFAULT_REDUNDANCY: f64 = 0.2;
/// The same for what plays in a loop. By the figures of `cargo bench --bench carousel`: with as much as
/// the losses take anyway nobody waits for packets that come again; 100% falls short where every
/// second frame is lost, 150% is hardly better.
pub const SHOW_REDUNDANCY: f64 = 1.2;

/// The same for paper, which is kept: pages are lost, or printed badly, one by one.
pub const PAPER_REDUNDANCY: f64 = 0.15;

/// Why sending failed.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The input cannot be read.
    #[error("cannot read the input")]
    Input(#[source] std::io::Error),
    /// The working storage cannot be written or read.
    #[error("cannot use the working file in the temporary folder")]
    Storage(#[source] std::io::Error),
    /// There is no such frame.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A file that no transfer of such frames can hold.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// More frames than a header can count.
    #[error("the file needs {frames} frames, a transfer has at most {}", u32::MAX)]
    Frames {
        /// Frames that would be needed.
        frames: u64,
    },
    /// A frame cannot be made into what it is wanted as.
    #[error("cannot draw a frame")]
    Render(#[source] std::io::Error),
    /// The erasure code failed.
    #[error(transparent)]
    Outer(#[from] OuterError),
    /// libcimbar's fountain cannot carry the file.
    #[error(transparent)]
    Fountain(#[from] FountainError),
}

/// A frame that is still to be drawn.
pub struct Undrawn<'a> {
    /// Its number in the transfer, from 0.
    pub number: u64,
    draw: Box<dyn FnOnce() -> IndexedFrame + Send + 'a>,
}

impl<'a> Undrawn<'a> {
    fn new(number: u64, draw: impl FnOnce() -> IndexedFrame + Send + 'a) -> Self {
        Self { number, draw: Box::new(draw) }
    }

    /// Draws it.
    pub fn draw(self) -> IndexedFrame {
        (self.draw)()
    }
}

/// Frames that are still to be drawn, in order.
pub type Frames<'a> = Box<dyn Iterator<Item = Result<Undrawn<'a>, SendError>> + Send + 'a>;

/// What people are told of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// libcimbar's mode; `None` for frames of our own.
    pub cimbar_mode: Option<&'static str>,
    /// Bytes that travel: the file, compressed, and what describes it.
    pub sent_bytes: u64,
    /// Frames that may be lost, whichever they are; `None` where any that are enough will do.
    pub spare_frames: Option<u64>,
    /// BLAKE3 of the file, where that travels.
    pub digest: Option<[u8; 32]>,
}

/// A file that is ready to be sent, in frames of one symbology.
pub trait Outgoing {
    /// What its frames are like.
    fn outline(&self) -> Outline;

    /// What people are told of it.
    fn summary(&self) -> Summary;

    /// Its frames, as far as they are in `only`.
    fn frames<'a>(&'a mut self, only: &'a Selection) -> Frames<'a>;

    /// One of its frames, by its number from 0; `None` if there is no such frame.
    ///
    /// # Errors
    /// If the working storage fails.
    fn frame(&mut self, number: u64) -> Result<Option<IndexedFrame>, SendError> {
        let only = Selection::single(number);
        self.frames(&only).next().transpose().map(|frame| frame.map(Undrawn::draw))
    }
}

/// Draws the frames in `only`, makes of each what `render` makes, both on `threads` threads, and
/// gives that with the frame's number, from 0 and in order, to `sink`.
///
/// # Errors
/// If the working storage, `render` or `sink` fails.
pub fn deliver<E: From<SendError>>(
    outgoing: &mut dyn Outgoing,
    only: &Selection,
    threads: usize,
    render: impl Fn(&IndexedFrame) -> std::io::Result<Vec<u8>> + Sync,
    mut sink: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let work = |(): &mut (), frame: Result<Undrawn<'_>, SendError>| {
        let frame = frame?;
        let number = frame.number;
        let bytes = render(&frame.draw()).map_err(SendError::Render)?;
        Ok((number, bytes))
    };
    let take = |rendered: Result<(u64, Vec<u8>), SendError>| {
        let (number, bytes) = rendered?;
        sink(number, &bytes)?;
        Ok(ControlFlow::Continue(()))
    };
    ordered(threads, outgoing.frames(only), || (), work, take)
}
