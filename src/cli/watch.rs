//! What is told while captures come in: a line for each photo, one for a whole video, and how far
//! everything is.

use super::live::Live;
use super::progress::{Progress, TOLD};
use super::tally::Tally;
use super::voice::{self, Event};
use crate::reading::Outcome;
use crate::receive::Receiver;
use crate::report::CaptureReport;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The line of a video changes no more often: it is to be read.
const DRAWN: Duration = Duration::from_millis(500);
/// What is missing is looked up no more often,
const LOOK_UP: Duration = Duration::from_millis(700);
/// nor for more than this share of the time: with large files it takes long.
const SHARE: u32 = 20;

/// What was asked for.
#[derive(Clone, Copy)]
pub(super) struct WatchConfig {
    /// Files that captures come from, 0 if nobody knows.
    pub(super) files: u64,
    /// Whether captures follow each other in time from the start.
    pub(super) is_live: bool,
    /// Whether they are those of a screen, which nobody holds.
    pub(super) is_screen: bool,
    pub(super) quiet: bool,
}

/// Watches captures.
pub(super) struct Watch {
    shown: Arc<Shown>,
    quiet: bool,
    count: u64,
    files: u64,
    /// When to look up again what is missing.
    look_up: Option<Instant>,
    video: Option<Tally>,
    /// Ends the clock.
    clock: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What is shown of it, also while no captures come.
struct Shown {
    progress: Progress,
    started: Instant,
    /// Whether anybody is told how far it is.
    is_told: bool,
    state: Mutex<State>,
}

struct State {
    live: Live,
    /// Whether captures follow each other in time.
    is_live: bool,
    /// When the line was drawn, or programs were told.
    drawn: Option<Instant>,
    /// The advice that programs know.
    advice: Option<&'static str>,
}

impl Watch {
    /// A watch over captures for `receiver`.
    pub(super) fn new(config: WatchConfig, receiver: &Receiver) -> Self {
        let WatchConfig { files, is_live, is_screen, quiet } = config;
        let progress = Progress::of_captures(files, "captures", quiet);
        let is_told = !quiet && (progress.is_shown() || voice::is_json());
        let mut live = Live::new(is_screen);
        live.arrived(Duration::ZERO, receiver.progress());
        let state = Mutex::new(State { live, is_live: false, drawn: None, advice: None });
        let shown = Arc::new(Shown { progress, started: Instant::now(), is_told, state });
        shown.set_live(is_live);
        let clock = is_told.then(|| clock(Arc::clone(&shown)));
        Self { shown, quiet, count: 0, files: 0, look_up: None, video: None, clock }
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
    /// there was no picture), whether they gave anything new, and which video it is from.
    pub(super) fn note(
        &mut self,
        captures: &[(CaptureReport, Option<Outcome>)],
        is_news: bool,
        video: Option<&Arc<str>>,
        receiver: &mut Receiver,
    ) {
        self.count += 1;
        if self.video.as_ref().is_none_or(|tally| !tally.is_of(video)) {
            self.end_video();
            self.files += 1;
            self.video = video.cloned().map(Tally::new);
            self.shown.set_live(video.is_some());
        }
        for (capture, outcome) in captures {
            if let Some(tally) = &mut self.video {
                tally.add(*outcome, capture.codewords_decoded);
            }
            if (self.video.is_none() || outcome.is_none()) && !self.quiet {
                tell_photo(capture);
            }
        }
        if self.video.is_none() {
            self.shown.progress.set(self.count);
        }
        if self.shown.is_told {
            self.look_up(receiver);
            let codes = captures.iter().map(|(capture, _)| capture.code);
            self.shown.note(codes, is_news, receiver);
        }
    }

    /// Looks up what is missing, unless it was done a moment ago.
    fn look_up(&mut self, receiver: &mut Receiver) {
        let start = Instant::now();
        if self.look_up.is_some_and(|next| start < next) {
            return;
        }
        let all = receiver.transfers();
        let open = all.iter().find(|transfer| !transfer.is_complete()).or(all.first());
        let id = open.map(|transfer| transfer.id());
        if let Some(mut transfer) = id.and_then(|id| receiver.transfer(id)) {
            self.shown.state().live.stand(&transfer.report());
        }
        self.look_up = Some(start + LOOK_UP.max(start.elapsed() * SHARE));
    }

    fn end_video(&mut self) {
        if let Some(tally) = self.video.take().filter(|_| !self.quiet) {
            tally.tell();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.clock.take() {
            drop(stop);
            // It has nothing to say of how it ended.
            let _ = thread.join();
        }
        self.end_video();
    }
}

/// Looks again now and then: that nothing comes is to be said as well.
fn clock(shown: Arc<Shown>) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = channel();
    let thread = std::thread::spawn(move || {
        while stopped.recv_timeout(DRAWN) == Err(RecvTimeoutError::Timeout) {
            shown.look();
        }
    });
    (stop, thread)
}

impl Shown {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether captures follow each other in time from now on.
    fn set_live(&self, is_live: bool) {
        let mut state = self.state();
        if state.is_live != is_live {
            state.is_live = is_live;
            if is_live { self.progress.words() } else { self.progress.count() }
        }
    }

    /// Takes note of a picture.
    fn note(&self, codes: impl Iterator<Item = &'static str>, is_news: bool, receiver: &Receiver) {
        let now = self.started.elapsed();
        let mut state = self.state();
        state.live.note(now, codes, is_news, receiver.progress());
        let every = if voice::is_json() { TOLD } else { DRAWN };
        if !state.is_live || state.drawn.is_none_or(|drawn| drawn.elapsed() >= every) {
            self.draw(&mut state);
        }
    }

    /// Takes note that time has passed.
    fn look(&self) {
        let mut state = self.state();
        let now = self.started.elapsed();
        let is_due = match voice::is_json() {
            true => state.live.advice(now) != state.advice,
            false => state.drawn.is_none_or(|drawn| drawn.elapsed() >= DRAWN),
        };
        if state.is_live && is_due {
            self.draw(&mut state);
        }
    }

    fn draw(&self, state: &mut State) {
        let now = self.started.elapsed();
        if voice::is_json() {
            if state.drawn.is_some_and(|drawn| drawn.elapsed() < TOLD) {
                return;
            }
            state.advice = state.live.advice(now);
            let is_live = state.is_live;
            voice::event(&Event::Progress(state.live.event(now, is_live)));
        } else if state.is_live {
            self.progress.say(state.live.line(now));
        } else {
            self.progress.say(state.live.packets());
        }
        state.drawn = Some(Instant::now());
    }
}

/// Says what a photo gave.
fn tell_photo(capture: &CaptureReport) {
    if !voice::event(&Event::Photo(capture)) {
        say!("{}", describe(capture));
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
