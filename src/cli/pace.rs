//! How fast data comes, by what came in the last seconds: since the start nobody wants to know.

use std::collections::VecDeque;
use std::time::Duration;

/// Time over which the rate is taken, as on the receiver's page.
const OVER: Duration = Duration::from_secs(10);
/// Less time than this tells nothing.
const LEAST: Duration = Duration::from_millis(400);
/// Moments that are kept: no more than these make the rate better.
const BETWEEN: Duration = Duration::from_millis(100);

/// What had come at a moment.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Duration,
    bytes: u64,
    packets: u64,
}

/// Data in the last seconds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    moments: VecDeque<Moment>,
}

/// How fast data comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    /// Bits of payload a second.
    pub(super) bits: f64,
    /// Packets a second.
    pub(super) packets: f64,
}

impl Rate {
    /// Seconds until so many packets have come; `None` if that is not to be foreseen.
    pub(super) fn seconds_for(&self, packets: u64) -> Option<f64> {
        let seconds = packets as f64 / self.packets;
        (seconds.is_finite() && packets > 0).then_some(seconds)
    }
}

impl Pace {
    /// So much has come in all, at a time since the start.
    pub(super) fn note(&mut self, at: Duration, bytes: u64, packets: u64) {
        if self.moments.back().is_some_and(|last| at.saturating_sub(last.at) < BETWEEN) {
            return;
        }
        self.moments.push_back(Moment { at, bytes, packets });
        while self.moments.front().is_some_and(|first| at.saturating_sub(first.at) > OVER) {
            self.moments.pop_front();
        }
    }

    /// The rate up to now, when so much has come; `None` if it is too early to tell.
    pub(super) fn rate(&self, now: Duration, bytes: u64, packets: u64) -> Option<Rate> {
        let is_recent = |moment: &&Moment| now.saturating_sub(moment.at) <= OVER;
        let first = self.moments.iter().find(is_recent)?;
        let time = now.saturating_sub(first.at);
        let seconds = time.as_secs_f64();
        (time > LEAST).then(|| Rate {
            bits: bytes.saturating_sub(first.bytes) as f64 * 8.0 / seconds,
            packets: packets.saturating_sub(first.packets) as f64 / seconds,
        })
    }
}

/// A time as people say it.
pub(super) fn time_in_words(seconds: f64) -> String {
    let seconds = seconds.clamp(1.0, 360_000.0).round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours @ ..100, minutes, _) => format!("{hours} h {minutes} min"),
        _ => "days".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        assert_eq!(pace.rate(seconds(1.0), 0, 0), None);
        // Fast for 20 s, slow for 20 s.
        for tenth in 0..400u64 {
            let packets = tenth.min(200) * 10 + tenth.saturating_sub(200);
            pace.note(seconds(tenth as f64 / 10.0), packets * 1000, packets);
        }
        let packets = 2000 + 200;
        let rate = pace.rate(seconds(40.0), packets * 1000, packets).unwrap();
        assert!((rate.packets - 10.0).abs() < 0.2 && (rate.bits - 80_000.0).abs() < 2000.0);
        assert_eq!(rate.seconds_for(100).unwrap().round(), 10.0);
        // Nothing comes any more: the rate falls, and ends.
        let rate = pace.rate(seconds(48.0), packets * 1000, packets).unwrap();
        assert!((1.0..4.0).contains(&rate.packets), "{rate:?}");
        assert_eq!(pace.rate(seconds(60.0), packets * 1000, packets), None);
    }

    #[test]
    fn the_first_moments_tell_nothing() {
        let mut pace = Pace::default();
        pace.note(seconds(5.0), 1000, 1);
        assert_eq!(pace.rate(seconds(5.2), 90_000, 90), None);
        let rate = pace.rate(seconds(6.0), 1000, 1).unwrap();
        assert_eq!((rate.bits, rate.seconds_for(3)), (0.0, None));
    }

    #[test]
    fn times_read_well() {
        for (seconds, words) in [
            (0.2, "1 s"),
            (59.4, "59 s"),
            (63.0, "1 min 3 s"),
            (7260.0, "2 h 1 min"),
            (1e12, "days"),
            (f64::INFINITY, "days"),
        ] {
            assert_eq!(time_in_words(seconds), words);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_numbers_break_it(moments: Vec<(u32, u64, u64)>, now: u32, all: u64) {
            let mut pace = Pace::default();
            for (at, bytes, packets) in moments {
                pace.note(Duration::from_millis(at.into()), bytes, packets);
            }
            if let Some(rate) = pace.rate(Duration::from_millis(now.into()), all, all) {
                assert!(rate.bits >= 0.0 && rate.packets >= 0.0);
                if let Some(seconds) = rate.seconds_for(all) {
                    assert!(!time_in_words(seconds).is_empty());
                }
            }
        }
    }
}
