//! Several captures of one frame, none of which is enough: their soft values are added up.
//!
//! Noise of different captures is independent, what was sent is not: two equal captures together
//! are worth twice the signal-to-noise ratio of one.

use super::capture::{Capture, CaptureReader};
use crate::modem::FrameHeader;
use crate::outer::Packet;
use std::collections::BTreeMap;

/// Soft values that are kept at most, in bytes; the oldest frames go first.
const MEMORY_BYTES: usize = 48 << 20;

/// Soft values of codewords that did not decode, frame by frame.
#[derive(Debug, Default)]
pub struct Combiner {
    frames: Vec<(FrameHeader, BTreeMap<usize, Vec<i8>>)>,
    bytes: usize,
    reader: CaptureReader,
}

impl Combiner {
    /// Adds what a capture is unsure of to what earlier ones of the same frame said, and to the
    /// capture the packets that decode then.
    pub fn add(&mut self, capture: &mut Capture) {
        let Some(header) = capture.header else { return };
        let unsure = std::mem::take(&mut capture.unsure);
        if unsure.is_empty() {
            return;
        }
        let at = match self.frames.iter().position(|(known, _)| *known == header) {
            Some(at) => at,
            None => {
                self.frames.push((header, BTreeMap::new()));
                self.frames.len() - 1
            }
        };
        for (index, soft) in unsure {
            let Some((_, kept)) = self.frames.get_mut(at) else { return };
            let Some(sum) = kept.get_mut(&index) else {
                self.bytes += soft.len();
                kept.insert(index, soft);
                continue;
            };
            for (sum, value) in sum.iter_mut().zip(&soft) {
                *sum = sum.saturating_add(*value);
            }
            if let Some(bytes) = self.reader.decode_soft(&header, sum) {
                capture.packets.extend(Packet::parse(&bytes));
                capture.report.codewords_decoded += 1;
                self.bytes -= soft.len();
                kept.remove(&index);
            }
        }
        if capture.report.codewords_decoded == capture.report.codewords_total {
            capture.report.reason = None;
        }
        while self.bytes > MEMORY_BYTES && self.frames.len() > 1 {
            let (_, gone) = self.frames.remove(0);
            self.bytes -= gone.values().map(Vec::len).sum::<usize>();
        }
    }
}
