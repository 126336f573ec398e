//! Several captures of one frame, none of which is enough: their soft values are added up.
//!
//! Noise of different captures is independent, what was sent is not: two equal captures together
//! are worth twice the signal-to-noise ratio of one.

use crate::format::{FrameTables, Recent};
use crate::ldpc::Decoder;
use crate::modem::FrameHeader;
use crate::outer::Packet;
use crate::reading::{OwnReading, Unsure};
use std::collections::BTreeMap;

/// Soft values that are kept at most, in bytes; the oldest frames go first.
const MEMORY_BYTES: usize = 48 << 20;
/// Iterations of the code's decoder: sums are looked at once, and near the threshold.
const ITERATIONS: usize = 40;

/// Soft values of codewords that did not decode, frame by frame.
#[derive(Debug, Default)]
pub(super) struct Combiner {
    frames: Vec<(FrameHeader, BTreeMap<usize, Vec<i8>>)>,
    bytes: usize,
    formats: Recent<FrameTables>,
    decoder: Decoder,
}

impl Combiner {
    /// Adds what a reading is unsure of to what earlier ones of the same frame said; gives the
    /// packets that decode then.
    pub(super) fn add(&mut self, reading: &OwnReading) -> Vec<Packet> {
        if reading.unsure.is_empty() {
            return Vec::new();
        }
        let header = reading.header;
        let Some(tables) = self.formats.get(header.format, FrameTables::new) else {
            return Vec::new();
        };
        let at = match self.frames.iter().position(|(known, _)| *known == header) {
            Some(at) => at,
            None => {
                self.frames.push((header, BTreeMap::new()));
                self.frames.len() - 1
            }
        };
        let Some((_, kept)) = self.frames.get_mut(at) else { return Vec::new() };
        let mut packets = Vec::new();
        let sound = |unsure: &&Unsure| unsure.soft.len() == tables.code.coded_bits();
        for Unsure { index, soft } in reading.unsure.iter().filter(sound) {
            let Some(sum) = kept.get_mut(index) else {
                self.bytes += soft.len();
                kept.insert(*index, soft.clone());
                continue;
            };
            for (sum, value) in sum.iter_mut().zip(soft) {
                *sum = sum.saturating_add(*value);
            }
            if !tables.code.is_hopeless(sum)
                && let Some(bytes) = tables.code.decode(&mut self.decoder, sum, ITERATIONS)
            {
                packets.extend(Packet::parse(&bytes));
                self.bytes -= soft.len();
                kept.remove(index);
            }
        }
        self.forget();
        packets
    }

    fn forget(&mut self) {
        while self.bytes > MEMORY_BYTES && self.frames.len() > 1 {
            let (_, gone) = self.frames.remove(0);
            self.bytes -= gone.values().map(Vec::len).sum::<usize>();
        }
    }
}
