//! Several captures of one frame, none of which is enough: their soft values are added up.
//!
//! Noise of different captures is independent, what was sent is not: two equal captures together
//! are worth twice the signal-to-noise ratio of one. Pictures of two frames are parts of two sums
//! ([`Mixtures`]).

use super::mixed::Mixtures;
use super::sums::{Sums, Tools};
use crate::outer::Packet;
use crate::reading::OwnReading;

/// What captures are unsure of.
#[derive(Debug, Default)]
pub(super) struct Combiner {
    sums: Sums,
    mixtures: Mixtures,
    tools: Tools,
}

impl Combiner {
    /// Adds what a reading is unsure of to what earlier ones of the same frames said; gives the
    /// packets that decode then.
    pub(super) fn add(&mut self, reading: &OwnReading) -> Vec<Packet> {
        let mut packets = self.sums.add(reading, &mut self.tools);
        packets.extend(self.mixtures.add(reading, &packets, &mut self.sums, &mut self.tools));
        packets.into_iter().map(|(_, packet)| packet).collect()
    }
}
