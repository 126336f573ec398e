//! What came of a probe: how much of each kind of frames was read, and which carries most.

use super::Intake;
use crate::format::{FrameFormat, FrameTables, PROBE_TRANSFER, Trial};
use crate::reading::{Capture, Outcome, OwnReading};
use crate::report::{ProbeReport, TrialReport};
use std::collections::BTreeSet;

/// Kinds of frames that are kept apart at most: those that are tried, in few sizes.
const MAX_KINDS: usize = 64;
/// Numbers of frames that are remembered.
const MAX_NUMBERS: usize = 1024;
/// With this share of its codewords a kind of frames is read: what is lost beyond that takes repair
/// packets that are there for lost frames.
const ENOUGH: f64 = 0.9;

/// What came of a probe so far.
#[derive(Debug, Default)]
pub(super) struct ProbeDesk {
    kinds: Vec<Kind>,
    /// The frame that was seen last: further captures of it are the same view.
    last: Option<(u32, FrameFormat)>,
    seen: BTreeSet<u32>,
}

/// What came of one kind of frames.
#[derive(Debug)]
struct Kind {
    format: FrameFormat,
    trial: Trial,
    /// Payload bytes of a frame.
    capacity: usize,
    /// The best capture of each view of a frame: share of its codewords.
    views: u64,
    shares: f64,
    last: f64,
    /// What soft values carried, over all captures in which that was measured.
    measured: u64,
    information: f64,
}

impl ProbeDesk {
    /// Whether a reading is of a probe.
    pub(super) fn is_probe(reading: &OwnReading) -> bool {
        reading.header.transfer == PROBE_TRANSFER
    }

    /// Takes a capture of a probe's frame.
    pub(super) fn accept(&mut self, reading: &OwnReading, capture: &Capture) -> Intake {
        let (header, outcome) = (reading.header, capture.outcome);
        let is_news = self.seen.len() < MAX_NUMBERS && self.seen.insert(header.frame);
        if outcome != Outcome::Repeat {
            let is_next = self.last != Some((header.frame, header.format));
            self.last = Some((header.frame, header.format));
            if let Some(kind) = self.kind(header.format) {
                let share = reading.packets.len() as f64 / reading.codewords.max(1) as f64;
                kind.view(share, is_next);
                if let Some(information) = capture.measures.information {
                    kind.measured += 1;
                    kind.information += information;
                }
            }
        }
        Intake { is_news, ..Intake::nothing(outcome) }
    }

    fn kind(&mut self, format: FrameFormat) -> Option<&mut Kind> {
        let at = self.kinds.iter().position(|kind| kind.format == format);
        if at.is_none() && self.kinds.len() < MAX_KINDS {
            let trial = Trial::of_format(&format)?;
            let capacity = FrameTables::new(format)?.capacity();
            self.kinds.push(Kind {
                format,
                trial,
                capacity,
                views: 0,
                shares: 0.0,
                last: 0.0,
                measured: 0,
                information: 0.0,
            });
        }
        match at {
            Some(at) => self.kinds.get_mut(at),
            None => self.kinds.last_mut().filter(|kind| kind.format == format),
        }
    }

    /// What came of it, the least dense kind first; `None` if no probe was seen.
    pub(super) fn report(&self) -> Option<ProbeReport> {
        let best = self.kinds.iter().filter(|kind| kind.share() >= ENOUGH);
        let best = best.max_by(|a, b| a.bytes().total_cmp(&b.bytes()));
        let mut kinds: Vec<&Kind> = self.kinds.iter().collect();
        kinds.sort_by_key(|kind| kind.capacity);
        (!kinds.is_empty()).then(|| ProbeReport {
            trials: kinds.into_iter().map(Kind::report).collect(),
            best: best.map(Kind::report),
            larger_may_be_better: best.is_some_and(|kind| kind.trial.is_densest()),
        })
    }
}

impl Kind {
    fn view(&mut self, share: f64, is_next: bool) {
        if is_next {
            (self.views, self.last) = (self.views + 1, 0.0);
        }
        self.shares += (share - self.last).max(0.0);
        self.last = self.last.max(share);
    }

    fn share(&self) -> f64 {
        self.shares / self.views.max(1) as f64
    }

    /// Payload that arrives of a frame, in bytes.
    fn bytes(&self) -> f64 {
        self.capacity as f64 * self.share()
    }

    fn report(&self) -> TrialReport {
        TrialReport {
            options: self.trial.options(self.format.geometry.picture_size()),
            profile: self.trial.profile.name(),
            tile: self.format.geometry.tile,
            rate: self.trial.code_rate(),
            frames_seen: self.views,
            codewords_read: self.share(),
            information: (self.measured > 0).then(|| self.information / self.measured as f64),
            bytes_per_frame: self.bytes() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::FrameHeader;
    use crate::outer::{Packet, PacketId, Shape};
    use crate::reading::{Measures, Reading};

    /// A capture of frame `frame` of a kind, with so many of 10 codewords.
    fn capture(trial: Trial, frame: u32, read: usize) -> (OwnReading, Capture) {
        let format = trial.tables((1024, 1024)).unwrap().format;
        let header = FrameHeader { format, transfer: PROBE_TRANSFER, frame, frames: 24 };
        let shape = Shape { blocks: 1, source: 1, repair: 0, payload: 1 };
        let id = PacketId { transfer: PROBE_TRANSFER, block: 0, index: 0 };
        let packets = vec![Packet { id, shape, payload: vec![0] }; read];
        let reading = OwnReading {
            header,
            codewords: 10,
            packets,
            numbers: Vec::new(),
            unsure: Vec::new(),
            mixed: None,
        };
        let measures = Measures { information: Some(0.5), ..Measures::default() };
        let outcome = Outcome::Read;
        let capture = Capture { outcome, reading: Some(Reading::Own(reading.clone())), measures };
        (reading, capture)
    }

    #[test]
    fn the_best_kind_carries_most_of_those_that_are_read() {
        let mut desk = ProbeDesk::default();
        assert!(desk.report().is_none());
        // A view counts once, by its best capture.
        let seen = [(1, 2, 10), (3, 6, 10), (3, 6, 3), (3, 7, 4), (3, 7, 10), (7, 14, 8)];
        for (trial, frame, read) in seen {
            let (reading, capture) = capture(Trial::ALL[trial], frame, read);
            desk.accept(&reading, &capture);
        }
        let report = desk.report().unwrap();
        let options: Vec<_> = report.trials.iter().map(|t| t.options.as_str()).collect();
        assert_eq!(options, ["-p standard", "-p dense", "-p ultra"]);
        let [_, dense, ultra] = report.trials.as_slice() else { panic!() };
        assert_eq!((dense.frames_seen, dense.codewords_read), (2, 1.0));
        assert!((ultra.codewords_read - 0.8).abs() < 1e-9);
        assert_eq!(report.best.as_ref(), Some(dense));
    }

    #[test]
    fn nothing_is_best_where_nothing_is_read() {
        let mut desk = ProbeDesk::default();
        let (reading, capture) = capture(Trial::ALL[0], 0, 2);
        assert!(desk.accept(&reading, &capture).is_news);
        assert!(!desk.accept(&reading, &capture).is_news);
        assert_eq!(desk.report().unwrap().best, None);
    }
}
