//! What to do now, chosen from how the last pictures went, in the words of the receiver's page; held
//! for long enough to be read.

use super::voice::AdviceEvent;
use std::collections::VecDeque;
use std::time::Duration;

/// Time without news after which there is advice, and for which pictures are remembered, as on the
/// page.
const QUIET: Duration = Duration::from_secs(4);
/// Advice stays for so long at least.
const HELD: Duration = Duration::from_secs(2);
/// While news come there is advice only if so many pictures in the last seconds lost codewords,
const MANY: usize = 8;
/// and so many times as many as were read whole: some are lost always, when the screen changes.
const TIMES: usize = 2;

const fn words(code: &'static str, why: &'static str, here: &'static str) -> AdviceEvent {
    AdviceEvent { code, why, here }
}

/// For each code of a picture: what is the matter, and what to do here. The first have no frame.
const WORDS: [AdviceEvent; 16] = [
    words("too-dark", "too dark", "uncover the lens, point it at the screen"),
    words(
        "no-finder",
        "no frame in the picture",
        "get the whole frame into the picture, as large as it fits",
    ),
    words(
        "no-frame",
        "only parts of a frame",
        "get all four corners of the frame into the picture",
    ),
    words("no-header", "a frame, but too unclear", "go closer, hold still, wait until it is sharp"),
    words("does-not-fit", "a frame, but too unclear", "go closer, and hold the camera straight"),
    words("contradictory-header", "a frame that makes no sense", "take the picture again"),
    words("colourless", "a frame in colours, seen in grey", "turn off any black and white mode"),
    words(
        "few-marks",
        "not all of the frame is clear",
        "get the whole frame into the picture, flat and sharp",
    ),
    words("too-small", "too small", "go closer, or zoom in"),
    words(
        "low-contrast",
        "too pale",
        "avoid reflections, tap the frame on the camera so that it is well exposed",
    ),
    words("overexposed", "too bright", "tap the frame on the camera so that it gets less light"),
    words("blurred", "blurred", "hold still, wait until it is sharp"),
    words("weak-part", "a part is unclear", "avoid reflections, hold the camera straight"),
    words("noisy", "too noisy", "go closer, with more light from the screen"),
    words("screen-changed", "the screen changed meanwhile", "hold still"),
    words("blocks-lost", "a part is unclear", "go closer, hold still, avoid reflections"),
];

/// A frame that only another version of this program reads.
const OTHER: AdviceEvent =
    words("other-version", "a frame of another version", "use the sender's version of tilecast");
/// Anything else.
const UNKNOWN: AdviceEvent = words("unreadable", "nothing can be read", "go closer, hold still");
/// Whole frames, but none that is new.
const SEEN: AdviceEvent =
    words("repeat", "all frames that come have been read before", "is the show paused?");
/// Nothing to look at.
const BLIND: AdviceEvent =
    words("no-pictures", "no pictures come", "is the camera, or whatever gives them, running?");
/// Of a screen only pictures come that are unlike the one before.
const STILL: AdviceEvent =
    words("no-pictures", "nothing changes on the screen", "is the show paused?");
/// What to do where frames come from a screen, for the codes that have no frame, and for others.
const COVERED: &str = "show the whole frame, and nothing over it";
const SMALL: &str = "show it larger, each of its pixels as equally many of the screen";

/// Whether everything in a picture was read, now or before.
fn is_whole(code: &str) -> bool {
    code == "read" || code == "repeat"
}

/// The same words for what is read from a screen, which nobody holds.
fn on_screen(advice: AdviceEvent) -> AdviceEvent {
    if [SEEN.code, OTHER.code, BLIND.code].contains(&advice.code) {
        return advice;
    }
    let here = if is_partly(advice.code) { SMALL } else { COVERED };
    AdviceEvent { here, ..advice }
}

/// What to do about pictures with a code.
fn about(code: &str) -> AdviceEvent {
    let known = [OTHER].into_iter().chain(WORDS).find(|words| words.code == code);
    known.unwrap_or(UNKNOWN)
}

/// Whether a code is of a frame that is known and not read whole.
fn is_partly(code: &str) -> bool {
    WORDS.iter().skip_while(|words| words.code != "few-marks").any(|words| words.code == code)
}

/// How the last pictures went, and what was said about it. Times are since the start.
#[derive(Default)]
pub(super) struct Advice {
    codes: VecDeque<(Duration, &'static str)>,
    /// When something new came last.
    news: Duration,
    /// What is said, and since when.
    said: Option<AdviceEvent>,
    since: Duration,
    is_screen: bool,
}

impl Advice {
    /// Nothing has been seen yet; of a screen, or by a camera.
    pub(super) fn new(is_screen: bool) -> Self {
        Self { is_screen, ..Self::default() }
    }

    /// How the frames in a picture went, and whether anything was new.
    pub(super) fn take(&mut self, at: Duration, code: &'static str, is_news: bool) {
        if is_news {
            self.news = at;
        }
        self.codes.push_back((at, code));
        while self.codes.front().is_some_and(|(then, _)| at.saturating_sub(*then) > QUIET) {
            self.codes.pop_front();
        }
    }

    /// What to do now, if anything.
    pub(super) fn now(&mut self, at: Duration) -> Option<AdviceEvent> {
        let best = self.best(at);
        let best = if self.is_screen { best.map(on_screen) } else { best };
        let is_other = best.map(|best| best.code) != self.said.map(|said| said.code);
        if is_other && at.saturating_sub(self.since) >= HELD {
            (self.said, self.since) = (best, at);
        }
        self.said
    }

    /// What would be said now if nothing had been said before.
    fn best(&self, at: Duration) -> Option<AdviceEvent> {
        let recent = self.codes.iter().filter(|(then, _)| at.saturating_sub(*then) < QUIET);
        let recent: Vec<&'static str> = recent.map(|(_, code)| *code).collect();
        let is_quiet = at.saturating_sub(self.news) >= QUIET;
        if recent.is_empty() {
            return is_quiet.then_some(if self.is_screen { STILL } else { BLIND });
        }
        let whole = recent.iter().filter(|code| is_whole(code)).count();
        let lost = recent.iter().filter(|code| is_partly(code)).count();
        let most = commonest(&recent);
        match most {
            Some((code, count)) if is_quiet && count >= whole => Some(about(code)),
            _ if is_quiet => Some(SEEN),
            Some((code, _)) if is_partly(code) && lost >= MANY && lost >= TIMES * whole => {
                Some(about(code))
            }
            _ => None,
        }
    }
}

/// The code that most pictures have that were not read whole, and how many have it.
fn commonest(codes: &[&'static str]) -> Option<(&'static str, usize)> {
    let count = |code| codes.iter().filter(|other| **other == code).count();
    let lost = [OTHER].into_iter().chain(WORDS).map(|words| (words.code, count(words.code)));
    let unknown = codes.iter().filter(|code| !is_whole(code) && about(code).code == UNKNOWN.code);
    let all = lost.chain([(UNKNOWN.code, unknown.count())]);
    all.filter(|(_, count)| *count > 0).max_by_key(|(_, count)| *count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said every half second, for so many pictures of a code in it.
    fn say(advice: &mut Advice, pictures: &[(u64, &'static str, bool)]) -> Vec<&'static str> {
        let mut said = Vec::new();
        for &(half, code, is_news) in pictures {
            let at = Duration::from_millis(half * 500);
            if !code.is_empty() {
                (0..4).for_each(|_| advice.take(at, code, is_news));
            }
            said.push(advice.now(at).map_or("", |words| words.code));
        }
        said
    }

    fn run(from: u64, to: u64, code: &'static str, news: bool) -> Vec<(u64, &'static str, bool)> {
        (from..to).map(|half| (half, code, news)).collect()
    }

    #[test]
    fn nothing_is_said_while_all_is_well() {
        let said = say(&mut Advice::default(), &run(0, 40, "read", true));
        assert!(said.iter().all(|code| code.is_empty()), "{said:?}");
    }

    #[test]
    fn after_some_seconds_without_news_there_is_advice() {
        for (code, expected) in [
            ("no-finder", "no-finder"),
            ("repeat", "repeat"),
            ("other-version", "other-version"),
            ("damaged-video", "unreadable"),
            ("", "no-pictures"),
        ] {
            let said = say(&mut Advice::default(), &run(0, 12, code, false));
            assert_eq!((said[7], said[8], said[11]), ("", expected, expected), "{code}: {said:?}");
        }
    }

    #[test]
    fn a_screen_is_not_told_to_hold_still() {
        for (code, why, here) in [
            ("", "nothing changes on the screen", "is the show paused?"),
            ("no-finder", "no frame in the picture", COVERED),
            ("blurred", "blurred", SMALL),
            ("repeat", "all frames that come have been read before", "is the show paused?"),
        ] {
            let mut advice = Advice::new(true);
            say(&mut advice, &run(0, 12, code, false));
            let said = advice.now(Duration::from_secs(6)).map(|words| (words.why, words.here));
            assert_eq!(said, Some((why, here)), "{code}");
        }
    }

    #[test]
    fn what_is_lost_again_and_again_is_told_while_news_come() {
        let said = say(&mut Advice::default(), &run(0, 10, "too-small", true));
        assert_eq!((said[0], said[9]), ("", "too-small"), "{said:?}");
        // Every second picture, of a screen that changes, is no reason.
        let mixed: Vec<_> = (0..20)
            .map(|half| (half, if half % 2 == 0 { "read" } else { "screen-changed" }, true))
            .collect();
        assert!(say(&mut Advice::default(), &mixed).iter().all(|code| code.is_empty()));
    }

    #[test]
    fn advice_stays_long_enough_to_be_read() {
        let mut pictures = run(0, 10, "no-finder", false);
        pictures.push((9, "read", true));
        for half in 10..80 {
            let code = ["blurred", "too-small", "noisy"][half as usize * 7 % 3];
            pictures.push((half, code, half == 10));
        }
        let said = say(&mut Advice::default(), &pictures);
        let mut stays = 0;
        for pair in said.windows(2) {
            stays += 1;
            if pair[0] != pair[1] {
                assert!(stays >= 4, "{said:?}");
                stays = 0;
            }
        }
        assert!(said.iter().any(|code| *code == "blurred" || *code == "noisy"), "{said:?}");
    }

    /// The page's table has the same words.
    #[test]
    fn the_words_are_those_of_the_page() {
        let plain = |text: &str| text.to_lowercase().replace(['.', ','], "");
        let page = include_str!("../receiver/words.js").replace("\n    ", " ");
        let lines: Vec<&str> = page.lines().filter(|line| line.contains(": ['")).collect();
        let key = |line: &str| line.trim().split(':').next().unwrap_or("").replace('\'', "");
        for words in WORDS {
            let line = lines.iter().find(|line| key(line) == words.code).unwrap();
            for said in [words.why, words.here] {
                assert!(plain(line).contains(&plain(said)), "{said}: {line}");
            }
        }
        for line in lines {
            assert_ne!(about(&key(line)).code, UNKNOWN.code, "{line}");
        }
    }
}
