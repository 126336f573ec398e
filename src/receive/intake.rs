//! What a receiver made of a capture, and the report about both.

use super::TransferId;
use crate::reading::{Capture, Outcome};
use crate::report::CaptureReport;

/// What a receiver made of a capture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intake {
    /// How the capture went, all things considered.
    pub outcome: Outcome,
    /// The transfer that the frame belongs to.
    pub transfer: Option<TransferId>,
    /// Codewords that decoded only together with earlier captures of the frame.
    pub recovered: usize,
    /// Whether the capture gave anything that was not there before.
    pub is_news: bool,
}

impl Intake {
    /// Nothing was taken from a capture that went like this, or nobody has taken it yet.
    pub fn nothing(outcome: Outcome) -> Self {
        Self { outcome, transfer: None, recovered: 0, is_news: false }
    }

    /// The report about the capture, which came from `path`.
    pub fn report(&self, path: String, capture: &Capture) -> CaptureReport {
        let reading = capture.reading.as_ref();
        let header = reading.and_then(|reading| reading.header());
        let (decoded, total) = reading.map_or((0, 0), |reading| reading.codewords());
        let measures = capture.measures;
        let well = self.outcome.is_final();
        CaptureReport {
            path,
            symbology: reading.map(|reading| reading.symbology()),
            mode: reading.and_then(|reading| reading.mode()),
            transfer: self.transfer.map(|transfer| transfer.to_string()),
            frame: header.map(|header| header.frame.saturating_add(1)),
            frames: header.map(|header| header.frames),
            // What is recovered may be of other frames, of which this one shows a part.
            codewords_decoded: (decoded + self.recovered).min(total.max(decoded)),
            codewords_total: total,
            corners: measures.corners,
            pixels_per_tile: measures.pixels_per_tile,
            registration_error: measures.registration_error,
            marks_found: measures.marks_found,
            sharpness: measures.sharpness,
            information: measures.information,
            repeat: self.outcome == Outcome::Repeat,
            code: self.outcome.code(),
            reason: (!well).then(|| self.outcome.to_string()),
        }
    }
}
