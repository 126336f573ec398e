//! Everything that reading needs again and again: tables of the formats met last, the decoder's
//! working memory.

use crate::cimbar::Codings;
use crate::format::{FrameFormat, FrameTables, Recent};
use crate::ldpc::Decoder;
use crate::modem::Demodulator;
use std::sync::{Arc, Mutex, OnceLock};

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
pub(super) struct Formats(Arc<Mutex<Recent<ReadTables>>>);

impl Formats {
    /// The tables for a format; `None` if it promises what no frame can hold.
    fn get(&self, format: FrameFormat) -> Option<Arc<ReadTables>> {
        // Made under the lock: the others need the same ones, most likely.
        self.0.lock().ok()?.get(format, ReadTables::new)
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
