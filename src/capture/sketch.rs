//! What a search looked at, kept small: for a picture of it if nothing was read.

use crate::frame::{Finder, Hypothesis};
use crate::raster::Point;

/// Hypotheses that are kept.
const MAX_HYPOTHESES: usize = 24;

/// What became of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There was no header.
    NoHeader,
    /// There was one that no frame at this place can have.
    Misfit,
    /// A frame that cannot be read: another version, no colour.
    Hopeless,
    /// A frame with too few of its alignment marks.
    Doubtful,
    /// A frame.
    Frame,
}

/// Finders and hypotheses of a search.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    /// Finders of the pass that saw most, and those of opposite brightness.
    pub(super) finders: Vec<Finder>,
    pub(super) inverted: Vec<Finder>,
    /// The corners of the likeliest hypotheses of each pass.
    pub(super) tried: Vec<([Point; 4], Verdict)>,
}

impl Sketch {
    pub(super) fn note_finders(&mut self, finders: &[Finder], inverted: bool) {
        let most = if inverted { &mut self.inverted } else { &mut self.finders };
        if finders.len() > most.len() {
            *most = finders.to_vec();
        }
    }

    pub(super) fn note_hypothesis(&mut self, hypothesis: &Hypothesis, verdict: Verdict) {
        if verdict == Verdict::NoHeader && self.tried.len() >= MAX_HYPOTHESES / 2 {
            return;
        }
        if self.tried.len() < MAX_HYPOTHESES {
            self.tried.push((hypothesis.corners, verdict));
        }
    }
}
