//! Frames that have been read in full already: a screen shows each for longer than a camera needs
//! for one picture, and a player shows all of them again and again.

use crate::modem::FrameHeader;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// Frames that are remembered at most; further ones are read again.
const MAX_FRAMES: usize = 1 << 20;

/// Frames that were read in full, shared by all who read captures.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadBefore(Arc<Mutex<HashSet<(u32, u32)>>>);

impl ReadBefore {
    /// Whether the frame with this header has been read in full.
    pub(super) fn contains(&self, header: &FrameHeader) -> bool {
        self.0.lock().is_ok_and(|frames| frames.contains(&(header.transfer, header.frame)))
    }

    /// Notes that it has.
    pub(super) fn insert(&self, header: &FrameHeader) {
        if let Ok(mut frames) = self.0.lock()
            && frames.len() < MAX_FRAMES
        {
            frames.insert((header.transfer, header.frame));
        }
    }
}
