//! What is told while captures come in: a line for each photo, one for a whole video, and how far
//! everything is.

use super::counted;
use super::progress::Progress;
use crate::pipeline::capture::Capture;
use crate::pipeline::receive::Receiver;
use crate::pipeline::report::{CaptureReport, ranges};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Missing frames are looked up this often: it costs time with large files.
const LOOK_UP: Duration = Duration::from_millis(700);
/// Missing frames that are named while there is little room.
const NAMED: usize = 6;

/// Watches captures.
pub struct Watch {
    progress: Progress,
    started: Instant,
    /// Bytes that an earlier run had received.
    before: u64,
    count: u64,
    files: u64,
    missing: (Instant, String),
    video: Option<Tally>,
}

/// What the captures of one video or stream gave.
struct Tally {
    origin: Arc<str>,
    started: Instant,
    captures: u64,
    full: u64,
    partial: u64,
    repeats: u64,
}

impl Watch {
    /// A watch over captures of `files` files (0: unknown) for `receiver`.
    pub fn new(files: u64, quiet: bool, receiver: &Receiver) -> Self {
        let now = Instant::now();
        Self {
            progress: Progress::new(files, "captures", quiet),
            started: now,
            before: receiver.received_bytes(),
            count: 0,
            files: 0,
            missing: (now, String::new()),
            video: None,
        }
    }

    /// Captures so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Files that they came from.
    pub fn files(&self) -> u64 {
        self.files
    }

    /// Takes note of a capture that `receiver` has taken.
    pub fn note(&mut self, capture: &Capture, receiver: &Receiver) {
        self.count += 1;
        let same = |tally: &Tally| Some(&tally.origin) == capture.origin.as_ref();
        if !self.video.as_ref().is_some_and(same) {
            self.end_video();
            self.files += 1;
            self.video = capture.origin.clone().map(Tally::new);
        }
        match &mut self.video {
            None => self.progress.line(&describe(&capture.report)),
            Some(tally) => {
                tally.add(&capture.report);
                if capture.unreadable {
                    self.progress.line(&describe(&capture.report));
                }
            }
        }
        self.progress.set(self.count);
        self.tell(receiver);
    }

    fn tell(&mut self, receiver: &Receiver) {
        if !self.progress.is_shown() {
            return;
        }
        let (got, all) = receiver.progress();
        let mut text = format!("{got}/{all} packets");
        if self.video.is_some() {
            text += &format!(", {:.0} kbit/s", self.goodput(receiver));
            if self.missing.0.elapsed() > LOOK_UP {
                self.missing = (Instant::now(), name(&receiver.frames_missing()));
            }
            text += &self.missing.1;
        }
        self.progress.say(text);
    }

    /// Payload that has been received since the start, in kbit/s.
    fn goodput(&self, receiver: &Receiver) -> f64 {
        let bits = (receiver.received_bytes() - self.before) as f64 * 8.0;
        bits / 1000.0 / self.started.elapsed().as_secs_f64().max(1e-3)
    }

    fn end_video(&mut self) {
        if let Some(tally) = self.video.take() {
            self.progress.line(&tally.describe());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end_video();
    }
}

impl Tally {
    fn new(origin: Arc<str>) -> Self {
        let started = Instant::now();
        Self { origin, started, captures: 0, full: 0, partial: 0, repeats: 0 }
    }

    fn add(&mut self, report: &CaptureReport) {
        self.captures += 1;
        if report.repeat {
            self.repeats += 1;
        } else if report.codewords_decoded == report.codewords_total && report.symbology.is_some() {
            self.full += 1;
        } else if report.codewords_decoded > 0 {
            self.partial += 1;
        }
    }

    fn describe(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let nothing = self.captures - self.full - self.partial - self.repeats;
        format!(
            "{}: {} in {seconds:.1} s: {} read in full, {} in part, {} seen before, {nothing} \
             without anything",
            self.origin,
            counted(self.captures, "picture"),
            self.full,
            self.partial,
            self.repeats,
        )
    }
}

/// The first of some missing frames.
fn name(missing: &[u64]) -> String {
    match missing.len() {
        0 => String::new(),
        count if count <= NAMED => format!(", missing {}", ranges(missing)),
        count => format!(", missing {} and {} more", ranges(&missing[..NAMED]), count - NAMED),
    }
}

/// One line about a capture.
pub fn describe(capture: &CaptureReport) -> String {
    let mut parts = Vec::new();
    if let (Some(frame), Some(frames), Some(transfer)) =
        (capture.frame, capture.frames, &capture.transfer)
    {
        parts.push(format!("frame {frame}/{frames} of {transfer}"));
        parts.push(match capture.repeat {
            true => "seen before".to_owned(),
            false => {
                format!("{} of {} codewords", capture.codewords_decoded, capture.codewords_total)
            }
        });
    }
    if let Some(mode) = capture.mode {
        let transfer = capture.transfer.as_deref().unwrap_or("-");
        parts.push(format!(
            "cimbar mode {mode}, {transfer}, {} of {} blocks",
            capture.codewords_decoded, capture.codewords_total
        ));
    }
    if let Some(pixels) = capture.pixels_per_tile {
        parts.push(format!("{pixels:.2} pixels a tile"));
    }
    if let Some(error) = capture.registration_error.filter(|error| *error > 0.0) {
        parts.push(format!("registration {error:.2}"));
    }
    parts.extend(capture.reason.clone());
    format!("{}: {}", capture.path, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_missing_frames_are_named_and_many_are_counted() {
        assert_eq!(name(&[]), "");
        assert_eq!(name(&[3, 4, 5, 9]), ", missing 3-5, 9");
        let many: Vec<u64> = (1..=20).collect();
        assert_eq!(name(&many), ", missing 1-6 and 14 more");
    }

    #[test]
    fn a_video_is_summed_up() {
        let mut tally = Tally::new("a.mp4".into());
        let known = CaptureReport { symbology: Some("tilecast"), ..CaptureReport::default() };
        let read = CaptureReport { codewords_decoded: 9, codewords_total: 9, ..known.clone() };
        tally.add(&read);
        tally.add(&CaptureReport { codewords_decoded: 5, ..read });
        tally.add(&CaptureReport { repeat: true, ..known });
        tally.add(&CaptureReport::default());
        let line = tally.describe();
        assert!(line.starts_with("a.mp4: 4 pictures in "), "{line}");
        let counts = "1 read in full, 1 in part, 1 seen before, 1 without anything";
        assert!(line.ends_with(counts), "{line}");
    }
}
