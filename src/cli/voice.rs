//! What is said on standard error: words for people or, with `--json-progress`, lines of JSON for
//! programs that run this one. Then nothing else is said there.

use super::listing::to_line;
use crate::report::{CaptureReport, ProbeReport, TransferReport};
use indicatif::ProgressBar;
use serde::Serialize;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What happens, one object a line. The names of events and of their fields never change; there may
/// be more of both.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Event<'a> {
    /// The first line.
    Begin {
        /// The command's name.
        command: &'a str,
        /// The program's version.
        version: &'a str,
    },
    /// What a photo gave, as in reports.
    Photo(&'a CaptureReport),
    /// What a whole video or stream gave.
    Video(VideoEvent<'a>),
    /// How far it is: at most four times a second.
    Progress(ProgressEvent<'a>),
    /// A part of the work of `encode`, how far it is.
    Step {
        /// What is counted: bytes, frames.
        unit: &'a str,
        done: u64,
        /// Null if nobody knows.
        total: Option<u64>,
    },
    /// What `encode` made.
    Drawn {
        /// Frames that were drawn, of those there are.
        frames: u64,
        frames_total: u64,
        /// Bytes of the file.
        bytes: u64,
        /// How many frames may be lost, whichever they are, if that is known.
        spare_frames: Option<u64>,
    },
    /// What is still missing of a transfer, as in reports.
    Missing(&'a TransferReport),
    /// A transfer that is all there, and is not what was sent, as in reports.
    Failed(&'a TransferReport),
    /// A file that is written, as in reports.
    Complete(&'a TransferReport),
    /// What came of a probe, as in reports.
    Probe(&'a ProbeReport),
    /// All that is in the folders has been read; files that arrive will be.
    Waiting { folders: Vec<String> },
    /// Something to know.
    Note { message: &'a str },
    /// What can be done.
    Hint { message: &'a str },
    /// Something went wrong.
    Error { message: &'a str, hint: Option<&'a str> },
    /// The last line.
    End {
        /// The exit status.
        status: u8,
    },
}

/// See [`Event::Video`].
#[derive(Serialize)]
pub(super) struct VideoEvent<'a> {
    pub(super) path: &'a str,
    pub(super) pictures: u64,
    /// Pictures of which everything was read,
    pub(super) read: u64,
    /// or some of it,
    pub(super) partly: u64,
    /// or that showed what had been read,
    pub(super) repeats: u64,
    /// or nothing.
    pub(super) nothing: u64,
    pub(super) seconds: f64,
}

/// See [`Event::Progress`].
#[derive(Serialize)]
pub(super) struct ProgressEvent<'a> {
    /// Pictures that were looked at.
    pub(super) captures: u64,
    /// The name that was sent, as soon as it is known.
    pub(super) name: Option<&'a str>,
    pub(super) packets_received: u64,
    pub(super) packets_missing: u64,
    /// Bytes that have arrived.
    pub(super) bytes: u64,
    /// Over the last seconds, where pictures follow each other in time.
    pub(super) bits_per_second: Option<f64>,
    /// At that rate.
    pub(super) seconds_left: Option<f64>,
    /// What to do now.
    pub(super) advice: Option<AdviceEvent>,
}

/// Advice: why, in a word that never changes, and in words.
#[derive(Clone, Copy, Serialize)]
pub(super) struct AdviceEvent {
    /// A `code` of reports, or `no-pictures`.
    pub(super) code: &'static str,
    pub(super) why: &'static str,
    /// What to do here.
    pub(super) here: &'static str,
}

static JSON: AtomicBool = AtomicBool::new(false);
/// The bar that is on the terminal, if there is one: lines go above it.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Lines go above this bar, or there is none any more.
pub(super) fn above(bar: Option<ProgressBar>) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// From now on programs listen.
pub(super) fn speak_json() {
    JSON.store(true, Ordering::Relaxed);
}

/// Whether programs listen, and not people.
pub(super) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Tells programs of an event, if they listen; if not, there are to be words.
pub(super) fn event(event: &Event<'_>) -> bool {
    let listen = is_json();
    if listen {
        write_line(&to_line(event));
    }
    listen
}

/// A line for people, which programs get as a note, a hint or an error.
pub(super) fn line(text: &str) {
    if is_json() {
        event(&parsed(text));
    } else {
        write_line(text);
    }
}

/// What a line for people says.
fn parsed(text: &str) -> Event<'_> {
    let text = text.strip_prefix("tilecast: ").unwrap_or(text);
    if let Some(message) = text.strip_prefix("hint: ") {
        Event::Hint { message }
    } else if let Some(message) = text.strip_prefix("error: ") {
        Event::Error { message, hint: None }
    } else {
        Event::Note { message: text }
    }
}

/// In one piece, whatever other threads say. That nobody reads it any more is no reason to stop.
fn write_line(text: &str) {
    let write = || _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
    match &*BAR.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_people_become_events() {
        for (text, json) in [
            ("3 captures read", r#"{"event":"note","message":"3 captures read"}"#),
            ("tilecast: a\u{202E}b", r#"{"event":"note","message":"a\u202eb"}"#),
            ("tilecast: hint: add \"-f\"", r#"{"event":"hint","message":"add \"-f\""}"#),
            ("tilecast: error: no", r#"{"event":"error","message":"no","hint":null}"#),
        ] {
            assert_eq!(to_line(&parsed(text)), json);
        }
    }

    #[test]
    fn what_reports_say_is_said_by_events_too() {
        let report = CaptureReport { path: "a.jpg".into(), code: "read", ..Default::default() };
        let line = to_line(&Event::Photo(&report));
        assert!(line.starts_with(r#"{"event":"photo","path":"a.jpg","#), "{line}");
        assert!(line.ends_with(r#","code":"read","reason":null}"#), "{line}");
    }
}
