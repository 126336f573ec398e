//! What pages say of the file that they hold, in words.

use crate::text::thousands;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of the digest that are printed: enough to tell any two files apart that a person has.
const DIGEST_BYTES: usize = 8;
/// Seconds of a day.
const DAY: u64 = 86_400;

/// What pages say of the file that they hold.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Name of the file.
    pub name: String,
    /// Bytes of it; nothing if that is not known.
    pub bytes: Option<u64>,
    /// When it was changed last. Not when it was printed: the same file gives the same pages.
    pub changed: Option<SystemTime>,
    /// BLAKE3 of it.
    pub digest: Option<[u8; 32]>,
    /// Pages that the file is on.
    pub pages: u64,
    /// How many of these may be lost, whichever they are.
    pub spare: u64,
}

impl About {
    /// Which page this is, from 1.
    pub(super) fn page(&self, number: u64) -> String {
        format!("page {number} of {}", self.pages)
    }

    /// Size, date and digest; shorter ones behind it.
    pub(super) fn facts(&self) -> Vec<String> {
        let size = self.bytes.map(|bytes| match bytes {
            1 => "1 byte".to_owned(),
            bytes => format!("{} bytes", thousands(bytes)),
        });
        let changed = self.changed.map(|time| format!("changed {}", day(time)));
        let digest = self.digest.map(|digest| {
            let digits: Vec<String> = digest
                .chunks_exact(2)
                .take(DIGEST_BYTES / 2)
                .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
                .collect();
            format!("BLAKE3 {} …", digits.join(" "))
        });
        let facts: Vec<String> = [size, changed, digest].into_iter().flatten().collect();
        (0..=facts.len()).rev().map(|count| facts[..count].join("  ·  ")).collect()
    }

    /// How many pages may be lost.
    pub(super) fn losses(&self) -> String {
        match (self.spare, self.pages) {
            (0, 1) => "this page has all of it".to_owned(),
            (0, _) => "every page is needed".to_owned(),
            (1, pages) => format!("any one of the {pages} pages may be lost"),
            (spare, pages) => format!("any {spare} of the {pages} pages may be lost"),
        }
    }
}

/// The day of a time, in UTC: `2026-11-25`.
fn day(time: SystemTime) -> String {
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::from(after.as_secs()),
        Err(before) => -i128::from(before.duration().as_secs()),
    };
    // The Gregorian calendar repeats every 400 years; years that begin in March end with the leap day.
    let days = seconds.div_euclid(DAY.into()) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        ..10 => (year, month + 3),
        _ => (year + 1, month - 9),
    };
    format!("{:04}-{month:02}-{day:02}", year + era * 400)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_799, "2000-02-29"),
            (4_107_542_400, "2100-03-01"),
            (1_795_651_199, "2026-11-25"),
        ] {
            assert_eq!(day(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
        assert_eq!(day(UNIX_EPOCH - Duration::from_secs(1)), "1969-12-31");
    }

    #[test]
    fn facts_are_told_as_far_as_they_are_known() {
        let mut about = About { bytes: Some(1_234_567), pages: 14, spare: 2, ..About::default() };
        assert_eq!(about.facts(), ["1,234,567 bytes", ""]);
        about.digest = Some([0xAB; 32]);
        let facts = about.facts();
        assert_eq!(facts[0], "1,234,567 bytes  ·  BLAKE3 abab abab abab abab …");
        assert_eq!(about.losses(), "any 2 of the 14 pages may be lost");
        assert_eq!(About { pages: 1, ..About::default() }.facts(), [""]);
    }
}
