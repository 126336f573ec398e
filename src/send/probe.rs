//! Frames that carry nothing, to try a screen and a camera with.

use super::own::draw_frame;
use super::{Frames, Outgoing, Selection, SendError, Summary, Undrawn};
use crate::format::{FrameTables, PROBE_FRAMES, PROBE_TRANSFER, Trial};
use crate::modem::FrameHeader;
use crate::outer::{MAX_BLOCKS, Packet, PacketId, Shape};
use crate::outline::Outline;
use crate::prng::SplitMix64;
use crate::raster::IndexedFrame;

/// Blocks of a frame's packets: each has one for itself.
const BLOCKS: u32 = 1 << 16;

/// The show of all kinds of frames.
pub struct Probe {
    trials: Vec<FrameTables>,
    size: (usize, usize),
}

impl Probe {
    /// Frames of about this size, as far as there are some: those with larger tiles are a little
    /// smaller, and need more room.
    ///
    /// # Errors
    /// If there are none at all.
    pub fn new(size: (usize, usize)) -> Result<Self, SendError> {
        let (trials, failed): (Vec<_>, Vec<_>) =
            Trial::ALL.into_iter().map(|trial| trial.tables(size)).partition(Result::is_ok);
        let trials: Vec<FrameTables> = trials.into_iter().flatten().collect();
        if let (true, Some(Err(error))) = (trials.is_empty(), failed.into_iter().next_back()) {
            return Err(error.into());
        }
        let largest = |side: fn((usize, usize)) -> usize| {
            let sides = trials.iter().map(|tables| side(tables.layout.geometry().picture_size()));
            sides.max().unwrap_or_default()
        };
        let size = (largest(|size| size.0), largest(|size| size.1));
        Ok(Self { trials, size })
    }
}

impl Outgoing for Probe {
    fn outline(&self) -> Outline {
        Outline {
            name: "probe".to_owned(),
            bytes: 0,
            size: self.size,
            frames: self.trials.len() as u64 * PROBE_FRAMES,
            tile: 1,
            border: 0,
            // Frames differ in all but their size.
            cells: None,
        }
    }

    fn summary(&self) -> Summary {
        Summary { cimbar_mode: None, sent_bytes: 0, spare_frames: None, digest: None }
    }

    fn frames<'a>(&'a mut self, only: &'a Selection) -> Frames<'a> {
        let (size, frames) = (self.size, self.outline().frames);
        let trials = &self.trials;
        Box::new(only.numbers(frames).filter_map(move |number| {
            let tables = trials.get((number / PROBE_FRAMES) as usize)?;
            let draw = move || centred(&draw_probe(tables, number, frames), size);
            Some(Ok(Undrawn::new(number, draw)))
        }))
    }
}

/// A frame full of noise.
fn draw_probe(tables: &FrameTables, number: u64, frames: u64) -> IndexedFrame {
    let header = FrameHeader {
        format: tables.format,
        transfer: PROBE_TRANSFER,
        frame: number as u32,
        frames: frames as u32,
    };
    let shape = Shape { blocks: MAX_BLOCKS, source: 1, repair: 0, payload: tables.payload() };
    let mut prng = SplitMix64::new(number);
    let mut packet = |index: usize| {
        let block = number as u32 * BLOCKS + index as u32;
        let payload = (0..shape.payload).map(|_| prng.next_u64() as u8).collect();
        let id = PacketId { transfer: PROBE_TRANSFER, block, index: 0 };
        Packet { id, shape, payload }
    };
    let packets: Vec<Packet> = (0..tables.packets()).map(&mut packet).collect();
    draw_frame(tables, &header, &packets)
}

/// A frame in the middle of a picture as dark as its border.
fn centred(frame: &IndexedFrame, (width, height): (usize, usize)) -> IndexedFrame {
    let mut picture = IndexedFrame::black(width, height);
    let left = width.saturating_sub(frame.width) / 2;
    let top = height.saturating_sub(frame.height) / 2;
    let lines = picture.pixels.chunks_exact_mut(width).skip(top);
    for (line, row) in lines.zip(frame.pixels.chunks_exact(frame.width)) {
        if let Some(place) = line.get_mut(left..left + frame.width) {
            place.copy_from_slice(row);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_frames_have_one_size_and_show_their_kind() {
        let mut probe = Probe::new((400, 300)).unwrap();
        assert_eq!(probe.trials.len(), Trial::ALL.len() - 1, "too small for the largest tiles");
        assert!(Probe::new((200, 200)).is_err());
        let outline = probe.outline();
        let only = Selection::default();
        let frames: Vec<(u64, IndexedFrame)> = probe
            .frames(&only)
            .map(|frame| frame.unwrap())
            .map(|frame| (frame.number, frame.draw()))
            .collect();
        assert_eq!(frames.len() as u64, outline.frames);
        for (number, frame) in &frames {
            assert_eq!((frame.width, frame.height), outline.size, "frame {number}");
            assert_eq!(frame.pixels.len(), frame.width * frame.height);
        }
    }
}
