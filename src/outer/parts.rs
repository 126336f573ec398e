//! Consecutive things in parts as equal as can be.

use std::ops::Range;

/// `all` things in `parts` parts: their sizes differ by at most one, larger ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    all: u32,
    parts: u32,
}

impl Parts {
    /// At least one part.
    pub(super) fn new(all: u32, parts: u32) -> Self {
        Self { all, parts: parts.max(1) }
    }

    /// Number of parts.
    pub(super) fn count(self) -> u32 {
        self.parts
    }

    /// The size of smaller parts, and how many are one larger.
    pub(super) fn sizes(self) -> (u32, u32) {
        (self.all / self.parts, self.all % self.parts)
    }

    /// The things of part `part`.
    pub(super) fn range(self, part: u32) -> Range<u32> {
        let (small, larger) = self.sizes();
        let start = part * small + part.min(larger);
        start..start + small + u32::from(part < larger)
    }

    /// The part of one of the things.
    pub(super) fn of(self, thing: u32) -> u32 {
        let (small, larger) = self.sizes();
        let in_larger = larger * (small + 1);
        match thing.checked_sub(in_larger) {
            Some(rest) => larger + rest / small.max(1),
            None => thing / (small + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_hold_everything_once(all in 1u32..500, parts in 1u32..60) {
            let division = Parts::new(all, parts.min(all));
            let mut next = 0;
            for part in 0..division.count() {
                let range = division.range(part);
                prop_assert_eq!(range.start, next);
                prop_assert!(range.clone().all(|thing| division.of(thing) == part));
                next = range.end;
            }
            prop_assert_eq!(next, all);
        }
    }
}
