//! Some of a transfer's frames, as people write them: `12,40-43`.

use std::ops::RangeInclusive;
use std::str::FromStr;

/// Frames, by their numbers from 1; all of them if nothing was selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection(Vec<RangeInclusive<u64>>);

/// A text that names no frames.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("give frame numbers from 1, such as 12,40-43")]
pub struct SelectionError;

impl FromStr for Selection {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Self, SelectionError> {
        let number = |text: &str| text.trim().parse::<u64>().ok().filter(|number| *number > 0);
        let part = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(first..=last)
        };
        let parts: Option<Vec<_>> = text.split(',').map(part).collect();
        parts.map(Self).ok_or(SelectionError)
    }
}

impl Selection {
    /// One frame, by its number from 0.
    pub fn single(index: u64) -> Self {
        Self(vec![index.saturating_add(1)..=index.saturating_add(1)])
    }

    /// Those of `frames` frames that are among them, by their numbers from 0, ascending.
    pub(super) fn numbers(&self, frames: u64) -> impl Iterator<Item = u64> + use<> {
        let all = std::iter::once((1, frames));
        let ranges: Vec<_> = if self.0.is_empty() { all.collect() } else { self.ranges(frames) };
        ranges.into_iter().flat_map(|(first, last)| first - 1..last)
    }

    /// The selected ones of `frames` frames, by their numbers from 1: first and last of each run,
    /// ascending and apart.
    fn ranges(&self, frames: u64) -> Vec<(u64, u64)> {
        let mut ranges: Vec<_> =
            self.0.iter().map(|range| (*range.start(), *range.end())).collect();
        ranges.sort_unstable();
        let mut apart = Vec::with_capacity(ranges.len());
        let mut next = 1;
        for (first, last) in ranges {
            let (first, last) = (first.max(next), last.min(frames));
            if first <= last {
                apart.push((first, last));
                next = last.saturating_add(1);
            }
        }
        apart
    }

    /// Whether the frame with this number, from 0, is among them.
    pub fn contains(&self, index: u64) -> bool {
        self.0.is_empty() || self.0.iter().any(|range| range.contains(&(index + 1)))
    }

    /// How many of `frames` frames are among them.
    pub fn count(&self, frames: u64) -> u64 {
        if self.0.is_empty() {
            return frames;
        }
        self.ranges(frames).into_iter().map(|(first, last)| last + 1 - first).sum()
    }

    /// The highest number that was named, if any was.
    pub fn last(&self) -> Option<u64> {
        self.0.iter().map(|range| *range.end()).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_ranges_are_read() {
        let selection: Selection = "12, 40-43".parse().unwrap();
        let chosen: Vec<u64> = (0..60).filter(|index| selection.contains(*index)).collect();
        assert_eq!(chosen, [11, 39, 40, 41, 42]);
        assert_eq!((selection.count(60), selection.count(41), selection.last()), (5, 3, Some(43)));
        for text in ["", "0", "5-3", "a", "1,,2", "-3", "99999999999999999999"] {
            assert_eq!(text.parse::<Selection>(), Err(SelectionError), "{text}");
        }
    }

    #[test]
    fn nothing_selected_is_everything() {
        let all = Selection::default();
        assert!(all.contains(0) && all.contains(u64::MAX - 1));
        assert_eq!((all.count(7), all.last()), (7, None));
        assert!(all.numbers(7).eq(0..7) && all.numbers(0).eq(0..0));
        assert!(
            Selection::single(3).numbers(7).eq([3]) && Selection::single(7).numbers(7).eq(0..0)
        );
    }

    proptest! {
        #[test]
        fn counting_is_asking_for_each(
            parts in prop::collection::vec((1u64..40, 0u64..9), 1..6), frames in 1u64..50,
        ) {
            let parts: Vec<String> =
                parts.iter().map(|(first, more)| format!("{first}-{}", first + more)).collect();
            let selection: Selection = parts.join(",").parse().unwrap();
            let chosen: Vec<u64> =
                (0..frames).filter(|index| selection.contains(*index)).collect();
            prop_assert_eq!(selection.count(frames), chosen.len() as u64);
            prop_assert!(selection.numbers(frames).eq(chosen));
        }
    }
}
