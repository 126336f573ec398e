//! Frames that are known in full, by their codewords.
//!
//! The format numbers no frames, so what tells one from another is what it says. A picture shows a
//! known frame if every block that is seen in it has at most as many wrong bytes as the code corrects:
//! decoding it would give this block and no other, so it need not be decoded.

use super::coding::Coding;
use super::mode::Mode;
use super::read::{Blocks, Codings};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Bytes of frames that are remembered at most; then the first ones go.
const MAX_BYTES: usize = 12 << 20;

/// A frame with all of its blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WholeFrame {
    mode: Mode,
    /// Its blocks with their parity.
    coded: Vec<u8>,
}

impl WholeFrame {
    /// The frame with these coded bytes, free of errors; `None` if they are all zero: that is what
    /// anything looks like that is the same all over.
    pub(super) fn new(mode: Mode, coded: Vec<u8>) -> Option<Self> {
        coded.iter().any(|byte| *byte != 0).then_some(Self { mode, coded })
    }

    /// The frame with these blocks, if every one is there.
    pub(crate) fn of(mode: Mode, blocks: &[Option<Vec<u8>>], codings: &Codings) -> Option<Self> {
        Self::new(mode, codings.of(mode)?.coded_frame(blocks)?)
    }

    /// Whether it is as long as a frame of its mode, and not zero.
    #[cfg(feature = "receiver")]
    pub(crate) fn is_sound(&self) -> bool {
        self.coded.len() == self.mode.parameters().coded_bytes()
            && self.coded.iter().any(|byte| *byte != 0)
    }

    /// Its mode.
    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// The data of its blocks.
    pub(crate) fn blocks(&self) -> Blocks {
        let parameters = self.mode.parameters();
        let blocks = self.coded.chunks_exact(parameters.block);
        blocks.map(|block| Some(block[..parameters.data()].to_vec())).collect()
    }

    /// Whether what was received decodes to this frame.
    fn is_what(&self, received: &[u8], coding: &Coding) -> bool {
        let parameters = coding.parameters();
        let blocks = |bytes| <[u8]>::chunks_exact(bytes, parameters.block);
        let wrong = |(a, b): (&[u8], &[u8])| a.iter().zip(b).filter(|(a, b)| a != b).count();
        received.len() == self.coded.len()
            && blocks(received)
                .zip(blocks(&self.coded))
                .all(|pair| 2 * wrong(pair) <= parameters.parity)
    }
}

/// The frames of one run that are known in full, the latest first.
#[derive(Debug, Default)]
pub(crate) struct KnownFrames {
    frames: VecDeque<WholeFrame>,
    bytes: usize,
}

impl KnownFrames {
    /// The frame of this mode that what was received decodes to.
    pub(super) fn find(&self, received: &[u8], coding: &Coding) -> Option<WholeFrame> {
        let mode = coding.parameters().mode;
        let found = |frame: &&WholeFrame| frame.mode == mode && frame.is_what(received, coding);
        self.frames.iter().find(found).cloned()
    }

    /// Remembers a frame.
    pub(crate) fn insert(&mut self, frame: WholeFrame) {
        if self.frames.contains(&frame) {
            return;
        }
        self.bytes += frame.coded.len();
        self.frames.push_front(frame);
        while self.bytes > MAX_BYTES
            && let Some(first) = self.frames.pop_back()
        {
            self.bytes -= first.coded.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prng::SplitMix64;

    fn frame(coding: &Coding, seed: u64) -> WholeFrame {
        let (parameters, mut prng) = (coding.parameters(), SplitMix64::new(seed));
        let mut data = || (0..parameters.data()).map(|_| prng.next_u64() as u8).collect();
        let blocks: Blocks = (0..parameters.blocks()).map(|_| Some(data())).collect();
        WholeFrame::new(parameters.mode, coding.coded_frame(&blocks).unwrap()).unwrap()
    }

    #[test]
    fn what_the_code_corrects_is_known_and_one_byte_more_is_not() {
        for mode in Mode::ALL {
            let coding = Coding::new(mode);
            let (known, mut all) = (frame(&coding, 1), KnownFrames::default());
            all.insert(frame(&coding, 2));
            all.insert(known.clone());
            let mut received = known.coded.clone();
            let parameters = coding.parameters();
            for at in 0..parameters.parity / 2 {
                received[3 * parameters.block + 7 * at] ^= 0x41;
            }
            assert_eq!(all.find(&received, &coding), Some(known.clone()), "{mode:?}");
            assert_eq!(coding.corrected(received.clone()), Some(known.coded.clone()));
            received[3 * parameters.block + 1] ^= 0x10;
            assert_eq!(all.find(&received, &coding), None, "{mode:?}");
        }
    }

    #[test]
    fn a_frame_that_differs_in_one_byte_of_data_is_another() {
        let coding = Coding::new(Mode::B);
        let (known, mut all) = (frame(&coding, 1), KnownFrames::default());
        all.insert(known.clone());
        let mut blocks = known.blocks();
        blocks[59].as_mut().unwrap()[0] ^= 1;
        let forged = coding.coded_frame(&blocks).unwrap();
        assert_eq!(all.find(&forged, &coding), None);
    }

    #[test]
    fn memory_is_bounded_and_the_first_frames_go() {
        let coding = Coding::new(Mode::B);
        let mut all = KnownFrames::default();
        let numbered = |i: usize| {
            let mut coded = vec![0; coding.parameters().coded_bytes()];
            coded[..8].copy_from_slice(&(i as u64 + 1).to_le_bytes());
            WholeFrame { mode: Mode::B, coded }
        };
        let most = MAX_BYTES / coding.parameters().coded_bytes();
        (0..most + 10).for_each(|i| all.insert(numbered(i)));
        assert_eq!((all.frames.len(), all.bytes <= MAX_BYTES), (most, true));
        assert!(all.frames.contains(&numbered(most + 9)) && !all.frames.contains(&numbered(9)));
    }
}
