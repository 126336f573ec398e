//! Sums of soft values, and what codewords are decoded with.

use crate::format::{FrameTables, Recent};
use crate::ldpc::Decoder;
use crate::modem::FrameHeader;
use crate::outer::Packet;
use crate::reading::{OwnReading, Unsure};
use std::collections::BTreeMap;

/// Soft values that are kept at most, in bytes; the oldest frames go first.
const MEMORY_BYTES: usize = 24 << 20;
/// Iterations of the code's decoder: sums are looked at once, and near the threshold.
const ITERATIONS: usize = 40;

/// Packets by the numbers of their codewords.
pub(super) type Numbered = Vec<(usize, Packet)>;

/// What reading needs again and again.
#[derive(Debug, Default)]
pub(super) struct Tools {
    pub(super) formats: Recent<FrameTables>,
    pub(super) decoder: Decoder,
}

impl Tools {
    /// Decodes a codeword from its soft values, unless there is no hope.
    pub(super) fn decode(&mut self, tables: &FrameTables, soft: &[i8]) -> Option<Packet> {
        let code = &tables.code;
        if code.is_hopeless(soft) {
            return None;
        }
        Packet::parse(&code.decode(&mut self.decoder, soft, ITERATIONS)?)
    }
}

/// Sums of the soft values of codewords that did not decode, frame by frame.
#[derive(Debug, Default)]
pub(super) struct Sums {
    frames: Vec<(FrameHeader, BTreeMap<usize, Vec<i8>>)>,
    bytes: usize,
}

impl Sums {
    /// Adds what a reading is unsure of; gives the packets that decode then.
    pub(super) fn add(&mut self, reading: &OwnReading, tools: &mut Tools) -> Numbered {
        if reading.unsure.is_empty() {
            return Vec::new();
        }
        let header = reading.header;
        let Some(tables) = tools.formats.get(header.format, FrameTables::new) else {
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
        let fits = |unsure: &&Unsure| unsure.soft.len() == tables.code.coded_bits();
        for Unsure { index, soft } in reading.unsure.iter().filter(fits) {
            let Some(sum) = kept.get_mut(index) else {
                self.bytes += soft.len();
                kept.insert(*index, soft.clone());
                continue;
            };
            add(sum, soft);
            if let Some(packet) = tools.decode(&tables, sum) {
                packets.push((*index, packet));
                self.bytes -= soft.len();
                kept.remove(index);
            }
        }
        self.forget();
        packets
    }

    /// Adds the sum of a codeword, if there is one.
    pub(super) fn add_to(&self, header: &FrameHeader, index: usize, soft: &mut [i8]) {
        let frame = self.frames.iter().find(|(known, _)| known == header);
        if let Some(sum) = frame.and_then(|(_, kept)| kept.get(&index)) {
            add(soft, sum);
        }
    }

    fn forget(&mut self) {
        while self.bytes > MEMORY_BYTES && self.frames.len() > 1 {
            let (_, gone) = self.frames.remove(0);
            self.bytes -= gone.values().map(Vec::len).sum::<usize>();
        }
    }
}

fn add(sums: &mut [i8], soft: &[i8]) {
    for (sum, value) in sums.iter_mut().zip(soft) {
        *sum = sum.saturating_add(*value);
    }
}
