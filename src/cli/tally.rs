//! What the pictures of one video or stream gave, in all.

use super::counted;
use super::voice::{self, Event, VideoEvent};
use crate::reading::Outcome;
use std::sync::Arc;
use std::time::Instant;

/// What the captures of one video or stream gave.
pub(super) struct Tally {
    origin: Arc<str>,
    started: Instant,
    captures: u64,
    full: u64,
    partial: u64,
    repeats: u64,
}

impl Tally {
    /// Nothing of it has been seen.
    pub(super) fn new(origin: Arc<str>) -> Self {
        let started = Instant::now();
        Self { origin, started, captures: 0, full: 0, partial: 0, repeats: 0 }
    }

    /// Takes note of a capture, of which so much was decoded.
    pub(super) fn add(&mut self, outcome: Option<Outcome>, decoded: usize) {
        self.captures += 1;
        match outcome {
            Some(Outcome::Repeat) => self.repeats += 1,
            Some(Outcome::Read) => self.full += 1,
            _ if decoded > 0 => self.partial += 1,
            _ => {}
        }
    }

    fn sum(&self) -> VideoEvent<'_> {
        VideoEvent {
            path: &self.origin,
            pictures: self.captures,
            read: self.full,
            partly: self.partial,
            repeats: self.repeats,
            nothing: self.captures - self.full - self.partial - self.repeats,
            seconds: self.started.elapsed().as_secs_f64(),
        }
    }

    /// Whether it is the tally of this video.
    pub(super) fn is_of(&self, video: Option<&Arc<str>>) -> bool {
        Some(&self.origin) == video
    }

    /// Says it.
    pub(super) fn tell(&self) {
        if !voice::event(&Event::Video(self.sum())) {
            say!("{}", self.describe());
        }
    }

    fn describe(&self) -> String {
        let VideoEvent { path, pictures, read, partly, repeats, nothing, seconds } = self.sum();
        format!(
            "{path}: {} in {seconds:.1} s: {read} read in full, {partly} in part, {repeats} seen \
             before, {nothing} without anything",
            counted(pictures, "picture"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
