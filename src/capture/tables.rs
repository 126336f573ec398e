//! Everything that reading needs again and again: tables of the formats met last, the decoder's
//! working memory.

use crate::cimbar::Codings;
use crate::format::{FrameFormat, FrameTables, Recent};
use crate::ldpc::Decoder;
use crate::modem::Demodulator;
use std::sync::Arc;

/// What follows from a format for who reads its frames.
#[derive(Debug)]
pub(super) struct ReadTables {
    pub(super) frame: FrameTables,
    pub(super) demodulator: Demodulator,
}

impl ReadTables {
    fn new(format: FrameFormat) -> Option<Self> {
        let frame = FrameTables::new(format)?;
        let demodulator = Demodulator::new(Arc::clone(&frame.layout));
        Some(Self { frame, demodulator })
    }
}

/// Tables and working memory, kept from one capture to the next.
#[derive(Debug, Default)]
pub(super) struct Tools {
    pub(super) decoder: Decoder,
    pub(super) codings: Codings,
    formats: Recent<ReadTables>,
}

impl Tools {
    /// The tables for a format; `None` if it promises what no frame can hold.
    pub(super) fn tables(&mut self, format: FrameFormat) -> Option<Arc<ReadTables>> {
        self.formats.get(format, ReadTables::new)
    }
}
