//! Shapes that survive the loss of so many frames, whichever these are: what a few pages of paper need.
//!
//! A share of repair packets says nothing of that by itself: with blocks of 255 packets on 14 frames one
//! frame has 19 packets of a block, the next 18, and a seventh of the packets more than is needed makes
//! up for one lost frame, not for two. So blocks are looked for that fall on frames evenly.

use super::schedule::Schedule;
use super::shape::{MAX_BLOCKS, MAX_PACKETS, Shape, ShapeError};

/// Most frames that can be lost for certain: a block keeps one packet.
pub const MAX_LOSSES: u32 = MAX_PACKETS as u32 - 1;
/// Numbers of blocks beyond the least that are tried, at least.
const MORE_BLOCKS: u64 = 32;
/// A number of frames that is not enough is followed by one that is greater by this part of it.
const STEP: u64 = 64;

/// What a shape has to hold.
#[derive(Clone, Copy)]
struct Wanted {
    packets: u64,
    payload: usize,
    per_frame: u64,
}

impl Shape {
    /// The shape with fewest frames for a stream of `length` bytes, `per_frame` packets of `payload`
    /// bytes a frame, that is restored when any `losses` frames are lost.
    ///
    /// # Errors
    /// [`ShapeError::TooManyBlocks`] for a stream that is too long, [`ShapeError::Losses`] for more
    /// losses than there can be.
    pub fn for_losses(
        length: u64,
        payload: usize,
        per_frame: usize,
        losses: u32,
    ) -> Result<Self, ShapeError> {
        let without = Self::new(length, payload, per_frame, 0.0)?;
        if losses == 0 {
            return Ok(without);
        }
        let wanted = Wanted::new(length, payload, per_frame);
        let refused = ShapeError::Losses { losses };
        let losses = u64::from(losses);
        let mut frames = wanted.least_frames(losses).ok_or(refused.clone())?;
        let most = frames.saturating_mul(MAX_PACKETS as u64);
        while frames <= most {
            let mut shapes = wanted.shapes(frames);
            if let Some(shape) = shapes.find_map(|shape| wanted.surviving(shape, losses)) {
                return Ok(shape.0);
            }
            frames += 1 + frames / STEP;
        }
        Err(refused)
    }

    /// The shape on so many frames, as in [`Shape::for_losses`], that survives the loss of most of them;
    /// `None` if none survives a single one.
    pub fn on_frames(length: u64, payload: usize, per_frame: usize, frames: u64) -> Option<Self> {
        let wanted = Wanted::new(length, payload, per_frame);
        let (mut best, mut losses) = (None, 0);
        for shape in wanted.shapes(frames) {
            if let Some((better, more)) = wanted.surviving(shape, losses + 1) {
                (best, losses) = (Some(better), more);
            }
        }
        best
    }
}

impl Wanted {
    fn new(length: u64, payload: usize, per_frame: usize) -> Self {
        let packets = length.div_ceil(payload as u64).max(1);
        Self { packets, payload, per_frame: per_frame.max(1) as u64 }
    }

    /// No fewer frames survive so many losses; `None` if no number of them can.
    fn least_frames(&self, losses: u64) -> Option<u64> {
        let needed = self.packets.div_ceil(self.per_frame);
        let most = MAX_PACKETS as u64;
        let kept = most.checked_sub(losses).filter(|kept| *kept > 0)?;
        // Of a block no frame then has more than one packet.
        let apart = (needed * most).div_ceil(kept);
        Some(if needed + losses <= most { needed + losses } else { apart })
    }

    /// Shapes that fill so many frames.
    fn shapes(self, frames: u64) -> impl Iterator<Item = Shape> {
        let slots = frames * self.per_frame;
        let least = slots.div_ceil(MAX_PACKETS as u64);
        let most = least.next_multiple_of(self.per_frame).max(least + MORE_BLOCKS);
        let shape = move |blocks: u64| {
            let source = self.packets.div_ceil(blocks);
            let repair = (slots / blocks).min(MAX_PACKETS as u64).checked_sub(source)?;
            let (source, repair) = (u8::try_from(source).ok()?, u8::try_from(repair).ok()?);
            let blocks = u32::try_from(blocks).ok()?;
            Some(Shape { blocks, source, repair, payload: self.payload })
        };
        (least..=most.min(MAX_BLOCKS.into())).filter_map(shape)
    }

    /// A shape and the losses that it survives, if these are no fewer than so many.
    fn surviving(&self, shape: Shape, losses: u64) -> Option<(Shape, u64)> {
        let schedule = Schedule::new(shape, self.per_frame as usize);
        let together = schedule.blocks_with(0).len() as u64;
        // A frame has at least so many packets of some block: what cannot be is seen at once.
        let share = (self.per_frame / together.max(1)).max(1);
        if u64::from(shape.repair) < losses * share {
            return None;
        }
        let survived = schedule.survivable_losses();
        (survived >= losses).then_some((shape, survived))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Frames of a shape, and how many may be lost.
    fn frames(shape: Shape, per_frame: usize) -> (u64, u64) {
        let schedule = Schedule::new(shape, per_frame);
        (schedule.frames(), schedule.survivable_losses())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn so_many_may_be_lost_and_hardly_a_frame_is_wasted(
            packets in 1u64..20_000, per_frame in 1usize..600, losses in 1u32..12,
        ) {
            let shape = Shape::for_losses(packets * 900, 900, per_frame, losses).unwrap();
            let (frames, survived) = frames(shape, per_frame);
            prop_assert!(shape.is_valid());
            prop_assert!(u64::from(shape.blocks) * shape.block_bytes() as u64 >= packets * 900);
            prop_assert!(survived >= losses.into());
            let least = packets.div_ceil(per_frame as u64) + u64::from(losses);
            if least <= 255 && per_frame > 30 {
                prop_assert!(frames <= least + 2 + least / 50, "{frames} frames, {least} at least");
            }
        }

        #[test]
        fn all_but_a_few_may_be_lost(packets in 1u64..3_000, per_frame in 1usize..300) {
            for losses in [100, 200, MAX_LOSSES] {
                let shape = Shape::for_losses(packets * 900, 900, per_frame, losses).unwrap();
                prop_assert!(frames(shape, per_frame).1 >= losses.into());
            }
        }
    }

    #[test]
    fn pages_are_as_many_as_a_person_expects() {
        for (needed, losses) in [(1, 1), (1, 3), (2, 1), (12, 2), (20, 3), (100, 15), (150, 22)] {
            // A page that is not quite full, as files are.
            let length = (needed * 173 - 1) * 1039;
            let shape = Shape::for_losses(length, 1039, 173, losses).unwrap();
            assert_eq!(frames(shape, 173), (needed + u64::from(losses), losses.into()), "{needed}");
        }
    }

    #[test]
    fn of_so_many_frames_as_many_as_can_be_may_be_lost() {
        for (needed, on, losses) in [(12, 14, 2), (2, 3, 1), (100, 115, 15), (187, 216, 14)] {
            let shape = Shape::on_frames((needed * 155 - 1) * 1039, 1039, 155, on).unwrap();
            assert_eq!(frames(shape, 155), (on, losses), "{needed}");
        }
        assert_eq!(Shape::on_frames(12 * 155 * 1039, 1039, 155, 12), None);
    }

    #[test]
    fn more_than_all_is_refused() {
        let error = Shape::for_losses(9000, 900, 20, MAX_LOSSES + 1);
        assert_eq!(error, Err(ShapeError::Losses { losses: MAX_LOSSES + 1 }));
    }
}
