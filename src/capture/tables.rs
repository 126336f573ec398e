//! Everything that reading needs again and again: tables of the formats met last, the decoder's
//! working memory.

use crate::cimbar::Codings;
use crate::format::{FrameFormat, FrameTables, Recent};
use crate::ldpc::Decoder;
use crate::modem::Demodulator;
use std::sync::{Arc, Mutex, OnceLock};

/// Frames of more tiles are read from pictures without distortion alone, unless they are large scans
/// of black and white ones: no photo resolves them, and equalising takes 200 bytes a tile.
pub(super) const MAX_PHOTO_TILES: usize = 1 << 21;

/// What follows from a format for who reads its frames.
#[derive(Debug)]
pub(super) struct ReadTables {
    pub(super) frame: FrameTables,
    demodulator: OnceLock<Demodulator>,
}

impl ReadTables {
    fn new(format: FrameFormat) -> Option<Self> {
        Some(Self { frame: FrameTables::new(format)?, demodulator: OnceLock::new() })
    }

    /// What photos are equalised with; undistorted frames need none.
    pub(super) fn demodulator(&self) -> &Demodulator {
        self.demodulator.get_or_init(|| Demodulator::new(Arc::clone(&self.frame.layout)))
    }
}

/// The tables of the formats met last. All who read captures of one run share them: memory does not
/// grow with their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Formats {
    recent: Arc<Mutex<Recent<ReadTables>>>,
    /// Held by who equalises a very large frame.
    large: Arc<Mutex<()>>,
}

impl Formats {
    /// The tables for a format; `None` if it promises what no frame can hold.
    fn get(&self, format: FrameFormat) -> Option<Arc<ReadTables>> {
        // Made under the lock: the others need the same ones, most likely.
        self.recent.lock().ok()?.get(format, ReadTables::new)
    }

    /// What is held while a frame with so many tiles is equalised that only one may be at a time, or
    /// memory would grow with the number of those who read.
    pub(super) fn large(&self, tables: &ReadTables) -> Option<Arc<Mutex<()>>> {
        let is_large = tables.frame.layout.kinds().len() > MAX_PHOTO_TILES;
        is_large.then(|| Arc::clone(&self.large))
    }
}

/// Tables and working memory, kept from one capture to the next.
#[derive(Debug, Default)]
pub(super) struct Tools {
    pub(super) decoder: Decoder,
    pub(super) codings: Codings,
    pub(super) formats: Formats,
    /// Headers that were tried to be read in this picture.
    pub(super) header_trials: usize,
    /// Steps of the rays that confirmed finders in it.
    pub(super) ray_steps: usize,
    /// Times that the tiles of its frames were equalised.
    pub(super) equalised: usize,
}

impl Tools {
    /// The tables for a format; `None` if it promises what no frame can hold.
    pub(super) fn tables(&self, format: FrameFormat) -> Option<Arc<ReadTables>> {
        self.formats.get(format)
    }
}
