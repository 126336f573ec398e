//! How a video or stream goes, in one line: how far it is, what to do now, how fast data comes, and for
//! how long. What was seen goes in with its time, text comes out; nothing here looks at a clock.

use super::advice::Advice;
use super::pace::{Pace, Rate, time_in_words};
use super::told::{missing, shown_name};
use super::voice::{AdviceEvent, ProgressEvent};
use crate::receive::Progress;
use crate::report::{TransferReport, TransferState};
use crate::text::thousands;
use std::time::Duration;

/// Ranges of missing frames that are named while there is little room.
const NAMED: usize = 6;
/// So many frames, or a tenth of all packets, are little enough to be named.
const FEW: u64 = 3;

/// What is known of a reception. Times are since its start.
#[derive(Default)]
pub(super) struct Live {
    advice: Advice,
    pace: Pace,
    progress: Progress,
    captures: u64,
    /// The file's name, as it may be shown.
    name: Option<String>,
    /// What is missing, once that is little.
    missing: Option<String>,
}

impl Live {
    /// A reception of which nothing has come; from a screen, or through a camera.
    pub(super) fn new(is_screen: bool) -> Self {
        Self { advice: Advice::new(is_screen), ..Self::default() }
    }

    /// How a picture went, whether it gave anything new, and what has come by then.
    pub(super) fn note(
        &mut self,
        at: Duration,
        codes: impl Iterator<Item = &'static str>,
        is_news: bool,
        progress: Progress,
    ) {
        codes.for_each(|code| self.advice.take(at, code, is_news));
        self.captures += 1;
        self.arrived(at, progress);
    }

    /// What has come by then.
    pub(super) fn arrived(&mut self, at: Duration, progress: Progress) {
        self.pace.note(at, progress.bytes, progress.received);
        self.progress = progress;
        if progress.missing == 0 {
            self.missing = None;
        }
    }

    /// What there is to say of the transfer that is received.
    pub(super) fn stand(&mut self, report: &TransferReport) {
        self.name = shown_name(report);
        let all = report.packets_received + report.packets_missing;
        let is_little = report.frames_needed <= FEW || report.packets_missing * 10 <= all;
        let is_told = is_little && report.packets_received > 0;
        let is_open = report.state == TransferState::Incomplete;
        self.missing = (is_told && is_open).then(|| missing(report, NAMED));
    }

    /// How much has come, in packets.
    pub(super) fn packets(&self) -> String {
        let Progress { received, missing, .. } = self.progress;
        format!("{received}/{} packets", received + missing)
    }

    /// The line for people; the end of it may be cut off.
    pub(super) fn line(&mut self, now: Duration) -> String {
        let mut parts = vec![self.share(), self.instruction(now)];
        if self.advice.now(now).is_some() {
            parts.extend(self.missing.clone());
        }
        if let Some(rate) = self.rate(now).filter(|_| self.progress.received > 0) {
            parts.push(format!("{} kbit/s", thousands((rate.bits / 1000.0).round() as u64)));
            let left = rate.seconds_for(self.progress.missing);
            parts.extend(left.map(|left| format!("{} left", time_in_words(left))));
        }
        parts.extend(self.name.clone());
        parts.retain(|part| !part.is_empty());
        parts.join(" | ")
    }

    /// How much of all is there.
    fn share(&self) -> String {
        let Progress { received, missing, .. } = self.progress;
        match received.saturating_add(missing) {
            0 => String::new(),
            all => format!("{:2} %", u128::from(received) * 100 / u128::from(all)),
        }
    }

    /// What to do now.
    fn instruction(&mut self, now: Duration) -> String {
        let Progress { received, missing, .. } = self.progress;
        match (self.advice.now(now), &self.missing) {
            (Some(AdviceEvent { why, here, .. }), _) => format!("{why}: {here}"),
            (None, Some(missing)) => missing.clone(),
            (None, None) if received == 0 => "looking for frames".to_owned(),
            (None, None) if missing == 0 => "complete".to_owned(),
            (None, None) => "receiving".to_owned(),
        }
    }

    fn rate(&self, now: Duration) -> Option<Rate> {
        self.pace.rate(now, self.progress.bytes, self.progress.received)
    }

    /// What is to be done now, in a word.
    pub(super) fn advice(&mut self, now: Duration) -> Option<&'static str> {
        self.advice.now(now).map(|advice| advice.code)
    }

    /// The same for programs; `is_live` if pictures follow each other in time.
    pub(super) fn event(&mut self, now: Duration, is_live: bool) -> ProgressEvent<'_> {
        let rate = self.rate(now).filter(|_| is_live);
        let advice = self.advice.now(now).filter(|_| is_live);
        let Progress { received, missing, bytes } = self.progress;
        ProgressEvent {
            captures: self.captures,
            name: self.name.as_deref(),
            packets_received: received,
            packets_missing: missing,
            bytes,
            bits_per_second: rate.map(|rate| rate.bits),
            seconds_left: rate.and_then(|rate| rate.seconds_for(missing)),
            advice,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(needed: u64, frames: &[u64], received: u64, missing: u64) -> TransferReport {
        TransferReport {
            id: "00000001".into(),
            name: Some("../a\u{202E}.bin".into()),
            content: None,
            size: Some(1),
            state: TransferState::Incomplete,
            verified: false,
            output: None,
            frames_seen: 1,
            frames_total: 20,
            frames_missing: frames.to_vec(),
            packets_received: received,
            packets_missing: missing,
            frames_needed: needed,
            packets_suspected: 0,
        }
    }

    /// Pictures for so many tenths of a second, each of which brings some packets of a thousand.
    fn watch(live: &mut Live, tenths: std::ops::Range<u64>, code: &'static str, brings: u64) {
        for tenth in tenths {
            let received = live.progress.received + brings;
            let bytes = received * 1000;
            let progress = Progress { received, missing: 1000 - received, bytes };
            live.note(at(tenth), std::iter::once(code), brings > 0, progress);
        }
    }

    fn at(tenth: u64) -> Duration {
        Duration::from_millis(tenth * 100)
    }

    #[test]
    fn the_line_says_how_far_how_fast_and_how_long() {
        let mut live = Live::default();
        assert_eq!(live.line(at(0)), "looking for frames");
        live.stand(&report(40, &[], 0, 1000));
        watch(&mut live, 1..100, "read", 4);
        assert_eq!(live.line(at(99)), "39 % | receiving | 320 kbit/s | 15 s left | a.bin");
        // Later the beginning does not matter.
        watch(&mut live, 100..300, "read", 1);
        let line = live.line(at(299));
        assert_eq!(line, "59 % | receiving | 80 kbit/s | 40 s left | a.bin");
    }

    #[test]
    fn with_nothing_new_it_says_what_to_do_and_the_rate_falls() {
        let mut live = Live::default();
        watch(&mut live, 1..100, "read", 4);
        watch(&mut live, 100..140, "too-small", 0);
        assert!(live.line(at(140)).starts_with("39 % | too small: go closer, or zoom in | 1"));
        watch(&mut live, 140..250, "no-finder", 0);
        let expected = "39 % | no frame in the picture: get the whole frame into the picture, as large as it fits | 0 kbit/s";
        assert_eq!(live.line(at(250)), expected);
        // Nothing comes at all.
        assert!(live.line(at(400)).starts_with("39 % | no pictures come: "));
    }

    #[test]
    fn near_the_end_it_names_what_is_missing() {
        let mut live = Live::default();
        watch(&mut live, 1..100, "read", 10);
        live.stand(&report(4, &[4, 9, 10, 11], 990, 10));
        assert!(live.line(at(99)).starts_with("99 % | 4 frames missing: 4, 9-11 | "));
        live.stand(&report(2, &[4, 9, 10, 11], 990, 10));
        assert!(live.line(at(99)).starts_with("99 % | 2 more frames needed, of 4, 9-11 | "));
        watch(&mut live, 100..150, "repeat", 0);
        let line = live.line(at(150));
        let seen = "99 % | all frames that come have been read before: is the show paused? | 2 more frames needed, of 4, 9-11";
        assert!(line.starts_with(seen), "{line}");
        live.arrived(at(151), Progress { received: 1000, missing: 0, bytes: 1_000_000 });
        live.note(at(152), std::iter::once("read"), true, live.progress);
        assert!(live.line(at(180)).starts_with("100 % | complete | "), "{}", live.line(at(180)));
        // Early on that would be all of them.
        live.stand(&report(20, &[1, 2], 100, 900));
        assert!(!live.line(at(150)).contains("needed"));
    }

    #[test]
    fn programs_get_numbers() {
        let mut live = Live::default();
        live.stand(&report(40, &[], 0, 1000));
        watch(&mut live, 1..100, "too-small", 2);
        let event = serde_json::to_value(live.event(at(100), true)).unwrap();
        assert_eq!(event["packets_received"], 198);
        assert_eq!(event["advice"]["code"], "too-small");
        assert_eq!(event["name"], "a.bin");
        assert!(event["seconds_left"].as_f64().is_some_and(|left| (30.0..50.0).contains(&left)));
        let photos = serde_json::to_value(live.event(at(100), false)).unwrap();
        assert!(photos["advice"].is_null() && photos["bits_per_second"].is_null());
    }
}
