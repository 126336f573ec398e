//! Tables that all frames of one format share, kept from one capture to the next.

use crate::frame::Layout;
use crate::inner::FrameCode;
use crate::modem::{Demodulator, FrameHeader};
use std::sync::Arc;

/// Formats whose tables are kept.
const KEPT_FORMATS: usize = 6;

/// What a frame's layout and code are.
#[derive(Debug)]
pub(super) struct Format {
    pub(super) demodulator: Demodulator,
    pub(super) code: FrameCode,
}

/// The formats met last.
#[derive(Debug, Default)]
pub(super) struct Formats(Vec<(FrameHeader, Arc<Format>)>);

impl Formats {
    /// The tables for a header's format; `None` if it promises what no frame can hold.
    pub(super) fn get(&mut self, header: &FrameHeader) -> Option<Arc<Format>> {
        let key = FrameHeader { transfer: 0, frame: 0, frames: 1, ..*header };
        if let Some((_, format)) = self.0.iter().find(|(known, _)| *known == key) {
            return Some(Arc::clone(format));
        }
        let layout = Layout::new(header.geometry);
        let (tiles, bits) = (layout.data().len(), header.palette.bits_per_tile());
        let code = FrameCode::new(tiles, bits, header.bands, header.lifting, header.parity)?;
        let demodulator = Demodulator::new(layout, header.palette);
        let format = Arc::new(Format { demodulator, code });
        self.0.truncate(KEPT_FORMATS - 1);
        self.0.insert(0, (key, Arc::clone(&format)));
        Some(format)
    }
}
