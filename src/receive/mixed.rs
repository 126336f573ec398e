//! Pictures that show two frames each: what several of them say together of every frame.
//!
//! Where a screen changes as fast as a camera films, each frame is in parts of two pictures. Their soft
//! values are added up, and once a frame is known, it is taken out of those pictures: what remains tells
//! more of the others.

use super::sums::{Numbered, Sums, Tools};
use crate::format::FrameTables;
use crate::modem::{FrameHeader, Side};
use crate::outer::{Packet, Schedule};
use crate::reading::{Mixed, OwnReading};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What pictures, and what frames that are known, take at most, in bytes; the oldest ones go first.
const PICTURE_BYTES: usize = 16 << 20;
const KNOWN_BYTES: usize = 8 << 20;
/// Pictures of one frame that are added up at most, the latest ones.
const PICTURES_OF_FRAME: usize = 6;
/// Frames that are looked at for one capture, at most.
const TURNS: usize = 6;

/// What is known of a frame: its packets' bytes, by the numbers of their codewords.
type Known = BTreeMap<usize, Vec<u8>>;

/// Pictures that show two frames, and what is known of frames that may be in some.
#[derive(Debug, Default)]
pub(super) struct Mixtures {
    pictures: VecDeque<Arc<Mixed>>,
    picture_bytes: usize,
    known: VecDeque<(FrameHeader, Known)>,
    known_bytes: usize,
}

impl Mixtures {
    /// Takes what a reading says, and `recovered`, what it gave together with others; gives what decodes
    /// then.
    pub(super) fn add(
        &mut self,
        reading: &OwnReading,
        recovered: &Numbered,
        sums: &mut Sums,
        tools: &mut Tools,
    ) -> Numbered {
        let headers = match &reading.mixed {
            Some(mixed) => mixed.headers.to_vec(),
            None => vec![reading.header],
        };
        let mut waiting: VecDeque<FrameHeader> = headers.iter().copied().collect();
        for header in &headers {
            if self.note_packets(header, reading, recovered) {
                self.call_others(header, &mut waiting);
            }
        }
        if let Some(mixed) = &reading.mixed {
            self.picture_bytes += mixed.mixture.bytes();
            self.pictures.push_back(Arc::clone(mixed));
        }
        let mut packets = Vec::new();
        for _ in 0..TURNS {
            let Some(header) = waiting.pop_front() else { break };
            let more = self.look_at(&header, sums, tools);
            if !more.is_empty() {
                self.call_others(&header, &mut waiting);
            }
            packets.extend(more);
        }
        self.forget();
        packets
    }

    /// Notes the packets of a reading that are this frame's; whether there are any that are new.
    fn note_packets(
        &mut self,
        header: &FrameHeader,
        reading: &OwnReading,
        recovered: &Numbered,
    ) -> bool {
        let read = reading.numbers.iter().copied().zip(&reading.packets);
        let all = read.chain(recovered.iter().map(|(number, packet)| (*number, packet)));
        let mut is_news = false;
        for (number, packet) in all {
            if is_of(header, reading.codewords, packet) {
                is_news |= self.note(header, number, packet.to_bytes());
            }
        }
        is_news
    }

    fn note(&mut self, header: &FrameHeader, number: usize, bytes: Vec<u8>) -> bool {
        let at = match self.known.iter().position(|(known, _)| known == header) {
            Some(at) => at,
            None => {
                self.known.push_back((*header, Known::new()));
                self.known.len() - 1
            }
        };
        let Some((_, known)) = self.known.get_mut(at) else { return false };
        self.known_bytes += bytes.len();
        match known.insert(number, bytes) {
            Some(before) => {
                self.known_bytes -= before.len();
                false
            }
            None => true,
        }
    }

    fn known(&self, header: &FrameHeader) -> Option<&Known> {
        self.known.iter().find(|(known, _)| known == header).map(|(_, known)| known)
    }

    /// The pictures that show a frame, which side of each does, and the other frame.
    fn pictures_of(
        &self,
        header: FrameHeader,
    ) -> impl Iterator<Item = (&Mixed, Side, FrameHeader)> {
        self.pictures.iter().rev().filter_map(move |mixed| match mixed.headers {
            [first, second] if first == header => Some((&**mixed, Side::First, second)),
            [first, second] if second == header => Some((&**mixed, Side::Second, first)),
            _ => None,
        })
    }

    /// The frames that are in pictures together with this one are to be looked at.
    fn call_others(&self, header: &FrameHeader, waiting: &mut VecDeque<FrameHeader>) {
        for (_, _, other) in self.pictures_of(*header).take(PICTURES_OF_FRAME) {
            if !waiting.contains(&other) {
                waiting.push_back(other);
            }
        }
    }

    /// Decodes what is not known of a frame from all pictures that show it.
    fn look_at(&mut self, header: &FrameHeader, sums: &Sums, tools: &mut Tools) -> Numbered {
        // Most shows are never seen mixed, and need no tables here.
        if self.pictures_of(*header).next().is_none() {
            return Vec::new();
        }
        let Some(tables) = tools.formats.get(header.format, FrameTables::new) else {
            return Vec::new();
        };
        let code = &tables.code;
        let is_known = |index: &usize| self.known(header).is_some_and(|k| k.contains_key(index));
        let missing: Vec<usize> = (0..code.codewords()).filter(|index| !is_known(index)).collect();
        if missing.is_empty() {
            return Vec::new();
        }
        let mut sum = vec![0.0; code.data_bits()];
        for (mixed, side, other) in self.pictures_of(*header).take(PICTURES_OF_FRAME) {
            let mut bits = vec![f32::NAN; code.data_bits()];
            let fits = |(number, bytes): &(&usize, &Vec<u8>)| {
                **number < code.codewords() && bytes.len() == code.packet_bytes()
            };
            for (number, bytes) in self.known(&other).into_iter().flatten().filter(fits) {
                code.note_packet(*number, bytes, &mut bits);
            }
            let llrs = mixed.mixture.llrs(&tables.layout, side, &bits);
            sum.iter_mut().zip(llrs).for_each(|(sum, llr)| *sum += llr);
        }
        let soft = code.soften(&sum);
        let mut packets = Vec::new();
        for index in missing {
            let mut soft = code.gather(&soft, index);
            sums.add_to(header, index, &mut soft);
            if let Some(packet) = tools.decode(&tables, &soft) {
                self.note(header, index, packet.to_bytes());
                packets.push((index, packet));
            }
        }
        packets
    }

    fn forget(&mut self) {
        while self.picture_bytes > PICTURE_BYTES && self.pictures.len() > 1 {
            let Some(gone) = self.pictures.pop_front() else { break };
            self.picture_bytes -= gone.mixture.bytes();
        }
        while self.known_bytes > KNOWN_BYTES && self.known.len() > 2 {
            let Some((_, gone)) = self.known.pop_front() else { break };
            self.known_bytes -= gone.values().map(Vec::len).sum::<usize>();
        }
    }
}

/// Whether a packet is one of the `per_frame` of the frame with this header.
pub(super) fn is_of(header: &FrameHeader, per_frame: usize, packet: &Packet) -> bool {
    packet.id.transfer == header.transfer
        && Schedule::new(packet.shape, per_frame).holds(header.frame.into(), packet.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{FormatChoice, Profile};
    use crate::modem::Mixture;
    use crate::outer::{PacketId, Shape};

    #[test]
    fn pictures_and_frames_take_no_more_than_they_may() {
        let tables = FormatChoice::new(Profile::Dense, (1024, 1024)).tables().unwrap();
        let (bits, count) = (tables.code.data_bits(), tables.packets());
        let header =
            |frame| FrameHeader { format: tables.format, transfer: 5, frame, frames: 1_000 };
        let packet = |number: usize| Packet {
            id: PacketId { transfer: 5, block: 0, index: number as u8 },
            shape: Shape { blocks: 1, source: 200, repair: 0, payload: tables.payload() },
            payload: vec![1; tables.payload()],
        };
        let (mut mixtures, mut sums, mut tools) = Default::default();
        for frame in 0..200 {
            let headers = [header(frame), header(frame + 1)];
            let mixed = Some(Arc::new(Mixed { headers, mixture: Mixture::silent(bits) }));
            let numbers: Vec<usize> = (0..count.min(3)).collect();
            let packets = numbers.iter().map(|number| packet(*number)).collect();
            let reading = OwnReading {
                header: headers[0],
                codewords: count,
                packets,
                numbers,
                unsure: Vec::new(),
                mixed,
            };
            let found = Mixtures::add(&mut mixtures, &reading, &Vec::new(), &mut sums, &mut tools);
            assert!(found.is_empty());
            let known: usize = mixtures.known.iter().flat_map(|k| k.1.values()).map(Vec::len).sum();
            let pictures: usize = mixtures.pictures.iter().map(|one| one.mixture.bytes()).sum();
            assert_eq!((known, pictures), (mixtures.known_bytes, mixtures.picture_bytes));
            assert!(known <= KNOWN_BYTES && pictures <= PICTURE_BYTES);
        }
        assert!(mixtures.pictures.len() < 200);
    }
}
