//! All transfers of our own frames: packets to the transfers that they belong to.

use super::combine::Combiner;
use super::incoming::OwnIncoming;
use super::log::RecordKind;
use super::mixed::is_of;
use super::{Desk, Incoming, Intake, Log, ReceiveError, TransferId};
use crate::modem::FrameHeader;
use crate::outer::{Packet, PacketStore, Shape};
use crate::reading::{Outcome, OwnReading};
use std::collections::{BTreeMap, BTreeSet};

/// Transfers that are kept apart at most, whatever is shown: a picture can hold packets of thousands.
/// Then those go of which least has arrived,
const MAX_TRANSFERS: usize = 4096;
/// but for so many.
const KEPT: usize = MAX_TRANSFERS * 3 / 4;

/// Transfers by their ids and shapes. Two that have one id and two shapes are two transfers, one of
/// them forged; one of which only a header was seen has no shape yet.
type Transfers = BTreeMap<(u32, Option<Shape>), OwnIncoming>;

/// All transfers of our own frames.
#[derive(Debug, Default)]
pub(super) struct OwnDesk {
    transfers: Transfers,
    combiner: Combiner,
    /// Where captures begin in the log.
    captures: Vec<u64>,
    /// The capture whose packets are being recalled.
    recalled: Option<Sighting>,
}

/// What a capture says of the transfer that it shows.
#[derive(Clone, Copy, Debug)]
struct Sighting {
    header: FrameHeader,
    /// Packets of a frame.
    per_frame: usize,
}

impl Sighting {
    /// The sighting as the log has it.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = (self.per_frame as u32).to_le_bytes().to_vec();
        bytes.extend(self.header.to_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (per_frame, header) = bytes.split_first_chunk()?;
        let header = FrameHeader::parse(header)?.ok()?;
        Some(Self { header, per_frame: u32::from_le_bytes(*per_frame) as usize })
    }
}

/// The log, to which a sighting goes before the first packet that is kept of it.
struct SightedLog<'a> {
    log: &'a mut Log,
    sighting: Option<Sighting>,
    captures: &'a mut Vec<u64>,
}

impl SightedLog<'_> {
    fn sight(&mut self) -> std::io::Result<()> {
        if let Some(sighting) = self.sighting.take() {
            self.captures.push(self.log.end());
            self.log.note(RecordKind::Frame, &sighting.to_bytes())?;
        }
        Ok(())
    }
}

impl PacketStore for SightedLog<'_> {
    fn keep(&mut self, packet: &[u8]) -> std::io::Result<u64> {
        self.sight()?;
        self.log.keep(packet)
    }

    fn keep_restored(&mut self, packet: &[u8]) -> std::io::Result<u64> {
        self.sight()?;
        self.log.keep_restored(packet)
    }

    fn read(&mut self, place: u64, length: usize) -> std::io::Result<Vec<u8>> {
        self.log.read(place, length)
    }
}

impl OwnDesk {
    /// Takes the packets of a reading, and those that it gives together with earlier ones.
    pub(super) fn accept(
        &mut self,
        reading: &OwnReading,
        outcome: Outcome,
        log: &mut Log,
    ) -> Result<Intake, ReceiveError> {
        let recovered = self.combiner.add(reading);
        let Self { transfers, captures, .. } = self;
        let packets: Vec<&Packet> = reading.packets.iter().chain(&recovered).collect();
        let header = most_shown(reading, &packets);
        let sighting = Sighting { header, per_frame: reading.codewords.max(1) };
        let since = log.end();
        let mut log = SightedLog { log, sighting: Some(sighting), captures };
        let shown = shown(transfers, sighting, &packets, since);
        for packet in &packets {
            // A capture may show parts of two frames; its packets say where they belong.
            let transfer = transfer(transfers, packet.id.transfer, Some(packet.shape), since);
            transfer.accept(packet, &mut log)?;
        }
        let is_news = log.sighting.is_none();
        if packets.is_empty() && outcome != Outcome::Repeat {
            log.sight()?;
        }
        let touched: BTreeSet<_> = packets.iter().map(|p| (p.id.transfer, p.shape)).collect();
        for (id, shape) in touched {
            // What is worked out is no part of the capture: its faults are not the capture's.
            log.sighting = Some(sighting);
            transfer(transfers, id, Some(shape), since).cross(&mut log)?;
        }
        make_room(transfers);
        let complete = reading.mixed.is_none() && packets.len() == reading.codewords;
        let outcome = match outcome {
            Outcome::CodewordsLost { .. } if complete => Outcome::Read,
            other => other,
        };
        Ok(Intake { outcome, transfer: Some(shown), recovered: recovered.len(), is_news })
    }

    /// See [`super::Receiver::reconsider`].
    pub(super) fn reconsider(
        &mut self,
        id: TransferId,
        log: &mut Log,
    ) -> Result<bool, ReceiveError> {
        let Self { transfers, captures, .. } = self;
        let found = transfers.values_mut().find(|transfer| transfer.id() == id);
        found.map_or(Ok(false), |transfer| Ok(transfer.reconsider(captures, log)?))
    }

    /// No more captures come.
    pub(super) fn insist(&mut self) {
        self.transfers.values_mut().for_each(OwnIncoming::insist);
    }
}

impl Desk for OwnDesk {
    fn recall(&mut self, kind: RecordKind, body: &[u8], place: u64) {
        match kind {
            RecordKind::Frame => {
                let Some(sighting) = Sighting::parse(body) else { return };
                self.settle();
                self.captures.push(place);
                self.recalled = Some(sighting);
            }
            RecordKind::Packet => {
                let Some(packet) = Packet::parse(body) else { return };
                let id = packet.id.transfer;
                // The first packet of the shown transfer stands for all of that capture.
                if let Some(sighting) = self.recalled.take_if(|s| s.header.transfer == id) {
                    shown(&mut self.transfers, sighting, &[&packet], place);
                }
                transfer(&mut self.transfers, id, Some(packet.shape), place).recall(&packet, place);
                make_room(&mut self.transfers);
            }
            RecordKind::Restored => {
                let Some(packet) = Packet::parse(body) else { return };
                if let Some(known) =
                    self.transfers.get_mut(&(packet.id.transfer, Some(packet.shape)))
                {
                    known.recall_restored(&packet, place);
                }
            }
            RecordKind::Chunk | RecordKind::Capture => {}
        }
    }

    fn settle(&mut self) {
        // A capture with nothing but a header.
        if let Some(sighting) = self.recalled.take() {
            shown(&mut self.transfers, sighting, &[], 0);
        }
    }

    fn transfers(&self) -> Vec<&dyn Incoming> {
        self.transfers.values().map(|transfer| transfer as &dyn Incoming).collect()
    }
}

/// The header of the frame that a capture shows; of two frames, the one with more of the packets.
fn most_shown(reading: &OwnReading, packets: &[&Packet]) -> FrameHeader {
    let held = |header: &FrameHeader| {
        packets.iter().filter(|packet| is_of(header, reading.codewords, packet)).count()
    };
    let both = reading.mixed.as_ref().map(|mixed| mixed.headers);
    both.into_iter().flatten().max_by_key(held).unwrap_or(reading.header)
}

/// The transfer with an id and a shape, begun at `since` if it is a new one.
fn transfer(
    transfers: &mut Transfers,
    id: u32,
    shape: Option<Shape>,
    since: u64,
) -> &mut OwnIncoming {
    // What was known by its header alone has a shape now.
    let known =
        if transfers.contains_key(&(id, shape)) { None } else { transfers.remove(&(id, None)) };
    let entry = transfers.entry((id, shape));
    entry.or_insert_with(|| match known {
        Some(known) => known.with_shape(shape),
        None => OwnIncoming::new(id, shape, since),
    })
}

/// Takes note of a sighting with these packets for the transfer that it shows, the one of its id that
/// most of its packets are of; gives that.
fn shown(
    transfers: &mut Transfers,
    Sighting { header, per_frame }: Sighting,
    packets: &[&Packet],
    since: u64,
) -> TransferId {
    let mut shapes: BTreeMap<Shape, usize> = BTreeMap::new();
    for packet in packets.iter().filter(|packet| packet.id.transfer == header.transfer) {
        *shapes.entry(packet.shape).or_default() += 1;
    }
    let id = header.transfer;
    let shape = match shapes.into_iter().max_by_key(|(_, count)| *count) {
        Some((shape, _)) => Some(shape),
        // Nothing but a header: of what is known already, if it is.
        None => {
            let known = transfers.range((id, None)..).take_while(|((of, _), _)| *of == id);
            known.max_by_key(|(_, transfer)| transfer.captures()).and_then(|((_, shape), _)| *shape)
        }
    };
    let transfer = transfer(transfers, id, shape, since);
    transfer.shown(&header, per_frame, packets);
    transfer.id()
}

/// Drops the transfers of which least has arrived, if there are too many.
fn make_room(transfers: &mut Transfers) {
    if transfers.len() <= MAX_TRANSFERS {
        return;
    }
    let weight = |transfer: &OwnIncoming| {
        (transfer.captures(), transfer.progress().received, transfer.since())
    };
    let mut weights: Vec<_> =
        transfers.iter().map(|(key, transfer)| (weight(transfer), *key)).collect();
    weights.sort_unstable();
    let dropped = weights.len().saturating_sub(KEPT);
    for (_, key) in weights.into_iter().take(dropped) {
        transfers.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::FormatChoice;
    use crate::format::Profile;
    use crate::outer::PacketId;

    /// A reading of `count` packets of as many transfers from `id` on, under the header of the first.
    fn reading(id: u32, count: u32, index: u8) -> OwnReading {
        let format = FormatChoice::new(Profile::Dense, (512, 512)).tables().unwrap().format;
        let shape = Shape { blocks: 1, source: 3, repair: 0, payload: 8 };
        let packet = |number: u32| Packet {
            id: PacketId { transfer: id + number, block: 0, index },
            shape,
            payload: vec![index; 8],
        };
        let packets: Vec<Packet> = (0..count).map(packet).collect();
        let header = FrameHeader { format, transfer: id, frame: index.into(), frames: 3 };
        OwnReading {
            header,
            codewords: 1,
            packets,
            numbers: Vec::new(),
            unsure: Vec::new(),
            mixed: None,
        }
    }

    #[test]
    fn floods_of_transfers_take_no_place_from_one_that_is_shown() {
        let mut log = Log::new(crate::storage::in_memory());
        let mut desk = OwnDesk::default();
        let mut accept = |desk: &mut OwnDesk, reading: &OwnReading| {
            desk.accept(reading, Outcome::Read, &mut log).unwrap();
        };
        for index in 0..3 {
            accept(&mut desk, &reading(7, 1, index));
            for flood in 0..3 {
                accept(&mut desk, &reading(100_000 * (flood + 1), 3_000, index));
            }
        }
        let all = desk.transfers();
        assert!(all.len() <= MAX_TRANSFERS);
        let honest = all.iter().find(|t| t.id().to_string() == "00000007").unwrap();
        assert!(honest.is_complete() && honest.is_begun() && honest.sightings() == 3);
        // Those of which only packets were seen are none that anybody is told about.
        assert!(all.iter().filter(|transfer| transfer.is_begun()).count() < 10);
        let bytes = log.read(0, log.end() as usize).unwrap();
        let mut again = OwnDesk::default();
        Log::open(Box::new(std::io::Cursor::new(bytes)), |kind, body, place| {
            again.recall(kind, body, place);
        })
        .unwrap();
        let honest = again.transfers().into_iter().find(|t| t.id().to_string() == "00000007");
        assert!(honest.unwrap().is_complete());
    }
}
