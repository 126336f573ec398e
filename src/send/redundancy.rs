//! How much more than the file travels, in the words in which people think of it.

use super::{DEFAULT_REDUNDANCY, PAPER_REDUNDANCY};
use crate::outer::{Schedule, Shape, ShapeError};

/// How much more than the file travels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Redundancy {
    /// So many repair packets for each source packet, at least.
    Share(f64),
    /// As many as it takes when any frames of this number are lost.
    Losses(u32),
    /// [`PAPER_REDUNDANCY`] in whole pages, of which as many may be lost as can be; none for what has room
    /// on one.
    Paper,
}

impl Default for Redundancy {
    fn default() -> Self {
        Self::Share(DEFAULT_REDUNDANCY)
    }
}

impl From<f64> for Redundancy {
    fn from(share: f64) -> Self {
        Self::Share(share)
    }
}

/// Pages beyond these that are tried.
const MORE_PAGES: u64 = 16;

impl Redundancy {
    /// The shape for a stream of `length` bytes, `per_frame` packets of `payload` bytes a frame.
    pub(super) fn shape(
        self,
        length: u64,
        payload: usize,
        per_frame: usize,
    ) -> Result<Shape, ShapeError> {
        match self {
            Self::Share(share) => Shape::new(length, payload, per_frame, share),
            Self::Losses(losses) => Shape::for_losses(length, payload, per_frame, losses),
            Self::Paper => {
                let least = Shape::new(length, payload, per_frame, 0.0)?;
                let pages = Schedule::new(least, per_frame).frames();
                if pages == 1 {
                    return Ok(least);
                }
                let whole = pages + (pages as f64 * PAPER_REDUNDANCY).ceil() as u64;
                let on = |pages| Shape::on_frames(length, payload, per_frame, pages);
                match (whole..whole + MORE_PAGES).find_map(on) {
                    Some(shape) => Ok(shape),
                    None => Shape::new(length, payload, per_frame, PAPER_REDUNDANCY),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stream;
    use super::super::packets::FramePackets;
    use super::*;
    use crate::outer::Assembler;
    use crate::prng::SplitMix64;
    use proptest::prelude::*;
    use std::io::Read;

    /// What is restored of a stream whose frames number `lost` are missing.
    fn restored(stream: &mut Stream, schedule: Schedule, lost: &[u64]) -> Option<Vec<u8>> {
        let mut packets = FramePackets::new(stream, schedule, 7);
        let (mut assembler, mut store) = (Assembler::new(7, schedule.shape()), Vec::new());
        for frame in (0..schedule.frames()).filter(|frame| !lost.contains(frame)) {
            for packet in packets.frame(frame).unwrap() {
                assembler.accept(&packet, &mut store).unwrap();
            }
        }
        let mut bytes = Vec::new();
        let complete = assembler.is_complete();
        complete.then(|| assembler.reader(&mut store).read_to_end(&mut bytes).unwrap())?;
        Some(bytes)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn as_many_pages_may_be_lost_as_is_said(
            size in 0usize..9_000, payload in 20usize..90, per_frame in 1usize..60,
            losses in 0u32..6, seed: u64,
        ) {
            let mut prng = SplitMix64::new(seed);
            let file: Vec<u8> = (0..size).map(|_| prng.next_u64() as u8).collect();
            let mut stream = Stream::in_memory(&file, None).unwrap();
            let length = stream.length();
            let whole = stream.read(0, length as usize).unwrap();
            for redundancy in [Redundancy::Losses(losses), Redundancy::Paper] {
                let shape = redundancy.shape(length, payload, per_frame).unwrap();
                let schedule = Schedule::new(shape, per_frame);
                let (frames, spare) = (schedule.frames(), schedule.survivable_losses());
                if redundancy == Redundancy::Paper {
                    prop_assert!(frames == 1 || spare >= 1);
                } else {
                    prop_assert!(spare >= losses.into());
                }
                let mut lost: Vec<u64> = (0..frames).collect();
                lost.sort_by_cached_key(|_| prng.next_u64());
                lost.truncate(spare as usize);
                let restored = restored(&mut stream, schedule, &lost);
                prop_assert_eq!(restored.as_deref().and_then(|all| all.get(..whole.len())), Some(&whole[..]));
            }
        }
    }

    #[test]
    fn paper_has_more_in_whole_pages() {
        for (needed, pages) in [(1, 1), (2, 3), (6, 7), (7, 9), (12, 14), (100, 115)] {
            let shape = Redundancy::Paper.shape((needed * 170 - 1) * 1039, 1039, 170).unwrap();
            assert_eq!(Schedule::new(shape, 170).frames(), pages, "{needed}");
        }
    }
}
