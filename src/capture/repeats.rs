//! Frames that have been read in full already: a screen shows each for longer than a camera needs
//! for one picture, and a player shows all of them again and again.
//!
//! A header is easily forged: what is remembered with it is what the picture showed
//! ([`Signature`]), and a frame that shows something else is read. Frames of libcimbar's have no header,
//! and are remembered as a whole.

use super::signature::Signature;
use crate::cimbar::{Glance, KnownFrames, WholeFrame};
use crate::modem::FrameHeader;
use crate::outer::{Packet, Schedule};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// Frames that are remembered at most, in 11 MB; further ones are read again.
const MAX_FRAMES: usize = 200_000;
/// Transfers of which none is left out, at most; with more of them nothing is.
const MAX_DISTRUSTED: usize = 10_000;
/// News that wait to be told, at most; the rest is not told, and read again by others.
const MAX_NEWS: usize = 256;

/// A frame: its transfer, and its number.
pub(super) type FrameKey = (u32, u32);

/// Frames that were read in full, shared by all who read captures of one run.
#[derive(Clone, Debug, Default)]
pub struct ReadBefore(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    frames: HashMap<FrameKey, Signature>,
    distrusted: HashSet<u32>,
    cimbar: KnownFrames,
    /// What is still to be told to others who know nothing of this; `None` if nobody asks.
    news: Option<Vec<News>>,
}

/// What one who reads captures has to tell to others elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum News {
    /// A frame was read: its transfer and number, and what it showed.
    Own(u32, u32, Signature),
    /// A frame of libcimbar's was read.
    Cimbar(WholeFrame),
    /// No frame of this transfer is to be left out.
    Distrust(u32),
}

impl Known {
    fn distrust(&mut self, transfer: u32) {
        self.frames.retain(|(of, _), _| *of != transfer);
        if self.distrusted.len() < MAX_DISTRUSTED {
            self.distrusted.insert(transfer);
        }
    }

    fn insert(&mut self, frame: FrameKey, signature: Signature) {
        if self.frames.len() < MAX_FRAMES || self.frames.contains_key(&frame) {
            self.frames.insert(frame, signature);
        }
    }

    fn tell(&mut self, news: impl FnOnce() -> News) {
        if let Some(waiting) = self.news.as_mut().filter(|waiting| waiting.len() < MAX_NEWS) {
            waiting.push(news());
        }
    }
}

impl ReadBefore {
    /// Of those who share nothing with each other, each has one of these, and tells the others what
    /// it reads ([`Self::news`], [`Self::learn`]).
    #[cfg(feature = "receiver")]
    pub fn apart() -> Self {
        let known = Known { news: Some(Vec::new()), ..Known::default() };
        Self(Arc::new(Mutex::new(known)))
    }

    /// What has been read in full since it was asked last; empty if nothing.
    #[cfg(feature = "receiver")]
    pub fn news(&self) -> Vec<u8> {
        let news = self.0.lock().ok().and_then(|mut known| known.news.as_mut().map(std::mem::take));
        let news = news.filter(|news| !news.is_empty());
        news.and_then(|news| postcard::to_allocvec(&news).ok()).unwrap_or_default()
    }

    /// Takes the news of somebody else; what is no news is ignored.
    #[cfg(feature = "receiver")]
    pub fn learn(&self, news: &[u8]) {
        let (Ok(news), Ok(mut known)) = (postcard::from_bytes::<Vec<News>>(news), self.0.lock())
        else {
            return;
        };
        for news in news.into_iter().take(MAX_NEWS) {
            match news {
                News::Own(transfer, frame, signature) => known.insert((transfer, frame), signature),
                News::Cimbar(frame) if frame.is_sound() => known.cimbar.insert(frame),
                News::Cimbar(_) => {}
                News::Distrust(transfer) => known.distrust(transfer),
            }
        }
    }

    /// From now on all frames of a transfer are read, also those that have been: some of what was
    /// read of it is wrong.
    pub fn distrust(&self, transfer: u32) {
        if let Ok(mut known) = self.0.lock() {
            known.distrust(transfer);
            known.tell(|| News::Distrust(transfer));
        }
    }

    /// The frame of libcimbar's that this glance is of, if it was read in full.
    pub(super) fn shown_cimbar(&self, glance: &Glance<'_>) -> Option<WholeFrame> {
        glance.known(&self.0.lock().ok()?.cimbar)
    }

    /// Notes that a frame of libcimbar's was read.
    pub(super) fn insert_cimbar(&self, frame: WholeFrame) {
        if let Ok(mut known) = self.0.lock() {
            known.tell(|| News::Cimbar(frame.clone()));
            known.cimbar.insert(frame);
        }
    }

    /// What the frame with this header showed when it was read in full.
    pub(super) fn shown(&self, header: &FrameHeader) -> Option<Signature> {
        let known = self.0.lock().ok()?;
        let trusted =
            !known.distrusted.contains(&header.transfer) && known.distrusted.len() < MAX_DISTRUSTED;
        known.frames.get(&(header.transfer, header.frame)).filter(|_| trusted).copied()
    }

    /// Notes that a frame was read, with what it showed.
    pub(super) fn insert(&self, header: &FrameHeader, signature: Signature) {
        if let Ok(mut known) = self.0.lock() {
            known.insert((header.transfer, header.frame), signature);
            known.tell(|| News::Own(header.transfer, header.frame, signature));
        }
    }
}

/// Whether packets are those that the frame with this header has, all of one transfer.
pub(super) fn belong(header: &FrameHeader, packets: &[Packet]) -> bool {
    let Some(first) = packets.first() else { return false };
    let schedule = Schedule::new(first.shape, packets.len());
    schedule.frames() == u64::from(header.frames)
        && packets.iter().all(|packet| {
            (packet.id.transfer, packet.shape) == (header.transfer, first.shape)
                && schedule.holds(header.frame.into(), packet.id)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::FrameFormat;
    use crate::frame::{Geometry, Palette};
    use crate::outer::{PacketId, Shape};

    fn header(transfer: u32, frame: u32, frames: u32) -> FrameHeader {
        let geometry = Geometry::new(512, 512, 4, Palette::Colour).unwrap();
        let format = FrameFormat { geometry, parity: 7, lifting: 384, bands: 1 };
        FrameHeader { format, transfer, frame, frames }
    }

    fn packet(transfer: u32, index: u8) -> Packet {
        let shape = Shape { blocks: 1, source: 6, repair: 1, payload: 10 };
        Packet { id: PacketId { transfer, block: 0, index }, shape, payload: vec![0; 10] }
    }

    #[test]
    fn only_the_packets_of_its_frame_belong_to_a_header() {
        let packets = |all: &[u8]| all.iter().map(|i| packet(5, *i)).collect::<Vec<_>>();
        assert!(belong(&header(5, 0, 4), &packets(&[0, 1])));
        assert!(belong(&header(5, 1, 4), &packets(&[2, 3])));
        assert!(belong(&header(5, 3, 4), &packets(&[6, 0])), "the last one is filled up");
        assert!(!belong(&header(5, 0, 4), &packets(&[2, 3])), "of another frame");
        assert!(!belong(&header(5, 0, 9), &packets(&[0, 1])), "more frames than there are");
        assert!(!belong(&header(6, 0, 4), &packets(&[0, 1])), "of another transfer");
        assert!(!belong(&header(5, 0, 4), &[packet(5, 0), packet(6, 1)]));
        assert!(!belong(&header(5, 0, 4), &[]));
    }

    #[test]
    #[cfg(feature = "receiver")]
    fn what_one_has_read_others_know() {
        let (one, other) = (ReadBefore::apart(), ReadBefore::apart());
        assert!(one.news().is_empty());
        one.insert(&header(1, 0, 4), Signature::default());
        one.insert(&header(2, 0, 4), Signature::default());
        other.learn(&one.news());
        other.learn(b"no news at all");
        assert!(other.shown(&header(1, 0, 4)).is_some() && other.news().is_empty());
        one.distrust(1);
        other.learn(&one.news());
        assert!(other.shown(&header(1, 0, 4)).is_none());
        assert!(other.shown(&header(2, 0, 4)).is_some() && one.news().is_empty());
    }

    #[test]
    fn nothing_of_a_distrusted_transfer_was_read_before() {
        let (known, sight) = (ReadBefore::default(), Signature::default());
        for transfer in [1, 2] {
            known.insert(&header(transfer, 0, 4), sight);
            assert!(known.shown(&header(transfer, 0, 4)).is_some());
        }
        known.distrust(1);
        known.insert(&header(1, 0, 4), sight);
        assert!(known.shown(&header(1, 0, 4)).is_none());
        assert!(known.shown(&header(2, 0, 4)).is_some());
    }
}
