//! What is told while captures come in: a line for each photo, one for a whole video, and how far
//! everything is.

use super::counted;
use super::progress::Progress;
use crate::reading::Outcome;
use crate::receive::Receiver;
use crate::report::{CaptureReport, ranges};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Missing frames are looked up this often: it costs time with large files.
const LOOK_UP: Duration = Duration::from_millis(700);
/// Missing frames that are named while there is little room.
const NAMED: usize = 6;

/// Watches captures.
pub(super) struct Watch {
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
    pub(super) fn new(files: u64, quiet: bool, receiver: &Receiver) -> Self {
        let now = Instant::now();
        Self {
            progress: Progress::new(files, "captures", quiet),
            started: now,
            before: receiver.progress().bytes,
            count: 0,
            files: 0,
            missing: (now, String::new()),
            video: None,
        }
    }

    /// Pictures so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Files that they came from.
    pub(super) fn files(&self) -> u64 {
        self.files
    }

    /// Takes note of the captures of a picture that `receiver` has taken, how they went (`None`:
    /// there was no picture), and which video it is from.
    pub(super) fn note(
        &mut self,
        captures: &[(CaptureReport, Option<Outcome>)],
        video: Option<&Arc<str>>,
        receiver: &Receiver,
    ) {
        self.count += 1;
        if self.video.as_ref().is_none_or(|tally| Some(&tally.origin) != video) {
            self.end_video();
            self.files += 1;
            self.video = video.cloned().map(Tally::new);
        }
        for (capture, outcome) in captures {
            if let Some(tally) = &mut self.video {
                tally.add(*outcome, capture.codewords_decoded);
            }
            if self.video.is_none() || outcome.is_none() {
                self.progress.line(&describe(capture));
            }
        }
        self.progress.set(self.count);
        self.tell(receiver);
    }

    fn tell(&mut self, receiver: &Receiver) {
        if !self.progress.is_shown() {
            return;
        }
        let progress = receiver.progress();
        let all = progress.received + progress.missing;
        let mut text = format!("{}/{all} packets", progress.received);
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
        let bits = (receiver.progress().bytes - self.before) as f64 * 8.0;
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

    fn add(&mut self, outcome: Option<Outcome>, decoded: usize) {
        self.captures += 1;
        match outcome {
            Some(Outcome::Repeat) => self.repeats += 1,
            Some(Outcome::Read) => self.full += 1,
            _ if decoded > 0 => self.partial += 1,
            _ => {}
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
pub(super) fn describe(capture: &CaptureReport) -> String {
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
        tally.add(Some(Outcome::Read), 9);
        tally.add(Some(Outcome::BlocksLost { lost: 4, total: 9 }), 5);
        tally.add(Some(Outcome::Repeat), 0);
        tally.add(Some(Outcome::NoFinder), 0);
        tally.add(None, 0);
        let line = tally.describe();
        assert!(line.starts_with("a.mp4: 5 pictures in "), "{line}");
        let counts = "1 read in full, 1 in part, 1 seen before, 2 without anything";
        assert!(line.ends_with(counts), "{line}");
    }
}
