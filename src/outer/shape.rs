//! The dimensions of a transfer's outer code.

/// Most packets of a block, source and repair together (spec §3.2): what GF(2^8) allows.
pub(crate) const MAX_PACKETS: usize = 255;
/// Most blocks of a transfer (spec §3.2): block numbers have 24 bits.
pub(crate) const MAX_BLOCKS: u32 = 1 << 24;

/// Numbers of blocks beyond the least that are tried.
const MORE_BLOCKS: u64 = 32;

/// Redundancy from which on a transfer is made for a show.
const LOOPED: f64 = 1.0;
/// Frames that a loop has at least, if its blocks have so many packets: one that sees the same few
/// again and again learns nothing from them.
const MIN_LOOPED_FRAMES: u64 = 16;

/// Number and size of the blocks of a transfer; the same for each of its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    /// Number of blocks, 1 to [`MAX_BLOCKS`].
    pub blocks: u32,
    /// Source packets of each block, K.
    pub source: u8,
    /// Repair packets of each block, M; K + M is at most [`MAX_PACKETS`].
    pub repair: u8,
    /// Payload bytes of each packet.
    pub payload: usize,
}

/// Why no shape fits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// The stream needs more blocks than a transfer can have.
    #[error("the file needs {needed} blocks, a transfer has at most {MAX_BLOCKS}")]
    TooManyBlocks {
        /// Blocks that would be needed.
        needed: u64,
    },
    /// More frames may be lost than any shape can make up for.
    #[error("no transfer of such a file survives the loss of {losses} frames")]
    Losses {
        /// Frames.
        losses: u32,
    },
}

impl Shape {
    /// The shape for a stream of `length` bytes, `per_frame` packets of `payload` bytes a frame,
    /// and at least `redundancy` repair packets for each source packet (0.2: one in five). From
    /// [`LOOPED`] on it is one for a show, joined anywhere and looped.
    ///
    /// All blocks are equally large. Space that is left in the last frame is filled with further
    /// repair packets.
    ///
    /// # Errors
    /// [`ShapeError::TooManyBlocks`] for a stream that is too long for packets of this size.
    pub fn new(
        length: u64,
        payload: usize,
        per_frame: usize,
        redundancy: f64,
    ) -> Result<Self, ShapeError> {
        let packets = length.div_ceil(payload as u64).max(1);
        let per_frame = per_frame.max(1) as u64;
        let most_source = (MAX_PACKETS as f64 / (1.0 + redundancy)).floor().max(1.0) as u64;
        let needed = packets.div_ceil(most_source);
        if needed > u64::from(MAX_BLOCKS) {
            return Err(ShapeError::TooManyBlocks { needed });
        }
        let blocks = if redundancy >= LOOPED {
            looped_blocks(needed, packets, per_frame)
        } else {
            collected_blocks(needed, packets, per_frame, redundancy)
        };
        let source = packets.div_ceil(blocks);
        let limit = MAX_PACKETS as u64 - source;
        let repair = ((source as f64 * redundancy).ceil() as u64).min(limit);
        let total = blocks * (source + repair);
        let wanted = if redundancy >= LOOPED { MIN_LOOPED_FRAMES * per_frame } else { 0 };
        let spare = total.next_multiple_of(per_frame).max(wanted) - total;
        let repair = (repair + spare / blocks).min(limit);
        Ok(Self { blocks: blocks as u32, source: source as u8, repair: repair as u8, payload })
    }

    /// Whether the transfer is shown in a loop: there is so much repair that nobody collects all of
    /// its frames.
    pub(crate) fn is_looped(&self) -> bool {
        self.repair >= self.source
    }

    /// Packets of each block, K + M.
    pub fn packets(&self) -> usize {
        usize::from(self.source) + usize::from(self.repair)
    }

    /// Packets of the transfer.
    pub(crate) fn total_packets(&self) -> u64 {
        u64::from(self.blocks) * self.packets() as u64
    }

    /// Source bytes of one block.
    pub fn block_bytes(&self) -> usize {
        usize::from(self.source) * self.payload
    }

    /// Whether the numbers are ones that [`Shape::new`] could give.
    pub(crate) fn is_valid(&self) -> bool {
        (1..=MAX_BLOCKS).contains(&self.blocks)
            && self.source >= 1
            && self.packets() <= MAX_PACKETS
            && self.payload >= 1
    }
}

/// The number of blocks of which least is wasted: all being equally large costs up to a packet each,
/// and a few more blocks than are `needed` may divide better, which decides whether a file that just
/// fits a frame takes one or two.
fn collected_blocks(needed: u64, packets: u64, per_frame: u64, redundancy: f64) -> u64 {
    let frames = |blocks: u64| {
        let source = packets.div_ceil(blocks);
        let repair = (source as f64 * redundancy).ceil() as u64;
        (blocks * (source + repair)).div_ceil(per_frame)
    };
    let most = (needed + MORE_BLOCKS).min(u64::from(MAX_BLOCKS)).min(packets);
    (needed..=most.max(needed)).min_by_key(|&blocks| frames(blocks)).unwrap_or(needed)
}

/// The number of blocks with which a lost frame costs all of them alike, as far as that goes: frames
/// hold equally many packets of each, or each frame one packet of each block of a whole group.
fn looped_blocks(needed: u64, packets: u64, per_frame: u64) -> u64 {
    let blocks = match per_frame / needed {
        0 => needed.next_multiple_of(per_frame),
        share => per_frame / share,
    };
    if blocks > packets || blocks > u64::from(MAX_BLOCKS) { needed } else { blocks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_shape_holds_the_stream_and_the_redundancy(
            length in 0u64..50_000_000, payload in 20usize..1100, per_frame in 1usize..400,
            redundancy in 0.0f64..3.0,
        ) {
            let shape = Shape::new(length, payload, per_frame, redundancy).unwrap();
            prop_assert!(shape.is_valid());
            prop_assert!(u64::from(shape.blocks) * shape.block_bytes() as u64 >= length);
            let wanted = f64::from(shape.source) * redundancy;
            let limit = (MAX_PACKETS - usize::from(shape.source)) as f64;
            prop_assert!(f64::from(shape.repair) >= wanted.min(limit).floor());
        }
    }

    #[test]
    fn what_fits_one_frame_takes_one_frame() {
        for length in [0, 1, 1039, 31 * 1039] {
            let shape = Shape::new(length, 1039, 31, 0.0).unwrap();
            assert!(shape.total_packets() <= 31, "{length} bytes: {shape:?}");
        }
    }

    #[test]
    fn a_stream_beyond_all_blocks_is_refused() {
        let length = u64::from(MAX_BLOCKS) * 255 * 10 + 1;
        assert_eq!(
            Shape::new(length, 10, 5, 0.0),
            Err(ShapeError::TooManyBlocks { needed: u64::from(MAX_BLOCKS) + 1 })
        );
    }
}
