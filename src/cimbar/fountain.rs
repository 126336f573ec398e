//! Chunks: a message as wirehair fountain blocks behind a header of six bytes, in any number and
//! order; N of them, and now and then one or two more, give the message back.

use std::collections::BTreeMap;

/// Bytes of a chunk's header.
pub(crate) const CHUNK_HEADER_BYTES: usize = 6;
/// Longest message that a header can tell.
pub(crate) const MAX_MESSAGE_BYTES: usize = (1 << 25) - 1;
/// Fewest and most blocks of a message.
const BLOCKS: std::ops::RangeInclusive<usize> = 2..=64_000;

/// What stands before each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkHeader {
    /// Tells transfers apart, 0 to 127.
    pub encode_id: u8,
    /// Bytes of the message.
    pub size: u32,
    /// Number of the block.
    pub block: u16,
}

impl ChunkHeader {
    /// Reads a header and what follows it; `None` if the chunk is too short, or of a message that
    /// cannot be.
    pub fn split(chunk: &[u8]) -> Option<(Self, &[u8])> {
        let (&[a, b, c, d, e, f], block) = chunk.split_first_chunk::<CHUNK_HEADER_BYTES>()?;
        let size = u32::from(a >> 7) << 24 | u32::from_be_bytes([0, b, c, d]);
        let header = Self { encode_id: a & 127, size, block: u16::from_be_bytes([e, f]) };
        let possible = !block.is_empty() && BLOCKS.contains(&header.blocks(block.len()));
        possible.then_some((header, block))
    }

    /// The header's bytes.
    pub fn to_bytes(self) -> [u8; CHUNK_HEADER_BYTES] {
        let [high, b, c, d] = self.size.to_be_bytes();
        let [e, f] = self.block.to_be_bytes();
        [high << 7 | self.encode_id & 127, b, c, d, e, f]
    }

    /// Blocks of `block_bytes` that the message has.
    fn blocks(self, block_bytes: usize) -> usize {
        (self.size as usize).div_ceil(block_bytes)
    }
}

/// The numbers of the blocks to send, without end: upward from 0, without the last one of the
/// message if it is short, and from 0 again before 16 bits are over.
pub fn block_ids(size: usize, block_bytes: usize) -> impl Iterator<Item = u16> {
    let short = (!size.is_multiple_of(block_bytes)).then(|| size / block_bytes);
    (0..=u16::MAX).cycle().filter(move |id| Some(usize::from(*id)) != short)
}

/// Why a message cannot be coded, or not be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FountainError {
    /// Not one of the lengths that the format has.
    #[error("cimbar carries at most {max} bytes in this mode, compressed, not {got}")]
    Size {
        /// Bytes of the message.
        got: usize,
        /// The most.
        max: usize,
    },
    /// The coder gave up.
    #[error("the fountain coder failed: {0}")]
    Coder(String),
    /// A build without wirehair met a block that is not a piece of the message.
    #[error(
        "this build has no wirehair coder (feature `wirehair`, x86-64 only), and not all plain pieces of the message arrived"
    )]
    Unsupported,
}

/// The blocks of one message, as they arrive.
#[derive(Clone, Debug)]
pub struct Blocks {
    size: usize,
    block_bytes: usize,
    received: BTreeMap<u16, Vec<u8>>,
}

impl Blocks {
    /// No blocks yet of a message of `size` bytes.
    pub fn new(size: usize, block_bytes: usize) -> Self {
        Self { size, block_bytes, received: BTreeMap::new() }
    }

    /// Takes a block; one that is there already, or has another length, is ignored.
    pub fn add(&mut self, id: u16, block: &[u8]) {
        if block.len() == self.block_bytes {
            self.received.entry(id).or_insert_with(|| block.to_vec());
        }
    }

    /// Blocks that have arrived.
    pub fn received(&self) -> usize {
        self.received.len()
    }

    /// Blocks that the message has: no fewer can restore it.
    pub fn needed(&self) -> usize {
        self.size.div_ceil(self.block_bytes)
    }

    /// The message; `None` if more blocks are needed.
    ///
    /// # Errors
    /// If the blocks contradict each other, or this build cannot read them.
    pub fn message(&self) -> Result<Option<Vec<u8>>, FountainError> {
        if self.received() < self.needed() {
            return Ok(None);
        }
        let mut message = Vec::with_capacity(self.size);
        for id in 0..self.needed() {
            match u16::try_from(id).ok().and_then(|id| self.received.get(&id)) {
                Some(block) => message.extend_from_slice(block),
                None => return coder::restore(self),
            }
        }
        message.truncate(self.size);
        Ok(Some(message))
    }
}

pub use coder::Encoder;

#[cfg(all(feature = "wirehair", target_arch = "x86_64"))]
mod coder {
    use super::{BLOCKS, Blocks, FountainError, MAX_MESSAGE_BYTES};
    use std::sync::OnceLock;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use wirehair_wrapper::wirehair::{
        WirehairDecoder, WirehairEncoder, WirehairError, WirehairResult, wirehair_init,
    };

    fn failed(error: WirehairError) -> FountainError {
        FountainError::Coder(error.to_string())
    }

    fn init() -> Result<(), FountainError> {
        static DONE: OnceLock<Result<(), String>> = OnceLock::new();
        let done = DONE.get_or_init(|| wirehair_init().map_err(|error| error.to_string()));
        done.clone().map_err(FountainError::Coder)
    }

    pub(super) fn restore(blocks: &Blocks) -> Result<Option<Vec<u8>>, FountainError> {
        init()?;
        let length = blocks.block_bytes as u32;
        let decoder = WirehairDecoder::new(blocks.size as u64, length);
        for (id, block) in &blocks.received {
            if decoder.decode((*id).into(), block, length).map_err(failed)?
                == WirehairResult::Success
            {
                let mut message = vec![0; blocks.size];
                decoder.recover(&mut message, blocks.size as u64).map_err(failed)?;
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// The blocks of a message. The coder cannot move between threads, so it has one of its own,
    /// which ends with this.
    pub struct Encoder {
        message_bytes: usize,
        wanted: Sender<u16>,
        made: Receiver<Result<Vec<u8>, FountainError>>,
    }

    impl Encoder {
        /// Prepares a message for blocks of `block_bytes` bytes.
        ///
        /// # Errors
        /// If it is too long or too short.
        pub fn new(message: Vec<u8>, block_bytes: usize) -> Result<Self, FountainError> {
            let max = (BLOCKS.end() * block_bytes).min(MAX_MESSAGE_BYTES);
            let message_bytes = message.len();
            if message_bytes > max || !BLOCKS.contains(&message_bytes.div_ceil(block_bytes)) {
                return Err(FountainError::Size { got: message_bytes, max });
            }
            init()?;
            let (wanted, requests) = channel();
            let (answers, made) = channel();
            std::thread::spawn(move || {
                let encoder =
                    WirehairEncoder::new(&message, message_bytes as u64, block_bytes as u32);
                for id in requests {
                    if answers.send(block(&encoder, id, block_bytes)).is_err() {
                        break;
                    }
                }
            });
            Ok(Self { message_bytes, wanted, made })
        }

        /// Bytes of the message.
        pub(crate) fn message_bytes(&self) -> usize {
            self.message_bytes
        }

        /// Block number `id`; the short last piece of the message is padded with zeros.
        ///
        /// # Errors
        /// If the coder fails.
        pub fn block(&mut self, id: u16) -> Result<Vec<u8>, FountainError> {
            let ended = || FountainError::Coder("it ended".to_owned());
            self.wanted.send(id).map_err(|_| ended())?;
            self.made.recv().map_err(|_| ended())?
        }
    }

    fn block(encoder: &WirehairEncoder, id: u16, length: usize) -> Result<Vec<u8>, FountainError> {
        let mut block = vec![0; length];
        let mut written = 0;
        encoder.encode(id.into(), &mut block, length as u32, &mut written).map_err(failed)?;
        Ok(block)
    }
}

#[cfg(not(all(feature = "wirehair", target_arch = "x86_64")))]
mod coder {
    use super::{Blocks, FountainError};

    pub(super) fn restore(_: &Blocks) -> Result<Option<Vec<u8>>, FountainError> {
        Err(FountainError::Unsupported)
    }

    /// The blocks of a message: none in this build.
    pub enum Encoder {}

    impl Encoder {
        /// Always fails.
        ///
        /// # Errors
        /// Always.
        pub fn new(_: Vec<u8>, _: usize) -> Result<Self, FountainError> {
            Err(FountainError::Unsupported)
        }

        /// Bytes of the message.
        pub(crate) fn message_bytes(&self) -> usize {
            match *self {}
        }

        /// Block number `id`.
        ///
        /// # Errors
        /// Never called.
        pub fn block(&mut self, _: u16) -> Result<Vec<u8>, FountainError> {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_those_of_the_published_examples() {
        let header = ChunkHeader { encode_id: 109, size: 12805, block: 7 };
        assert_eq!(header.to_bytes(), [0x6D, 0, 0x32, 5, 0, 7]);
        let header = ChunkHeader { encode_id: 109, size: 0x01AB_CDEF, block: 0x1234 };
        assert_eq!(header.to_bytes(), [0xED, 0xAB, 0xCD, 0xEF, 0x12, 0x34]);
        let mut chunk = header.to_bytes().to_vec();
        chunk.resize(750, 3);
        assert_eq!(ChunkHeader::split(&chunk), Some((header, &[3; 744][..])));
    }

    #[test]
    fn impossible_messages_are_refused() {
        assert_eq!(ChunkHeader::split(&[0; 6]), None);
        assert_eq!(ChunkHeader::split(&[0; 625]), None);
        // One block, and more than 64,000.
        assert_eq!(ChunkHeader::split(&[&[1, 0, 1, 0, 0, 0][..], &[0; 619]].concat()), None);
        assert_eq!(
            ChunkHeader::split(&[&[255, 255, 255, 255, 0, 0][..], &[0; 423]].concat()),
            None
        );
    }

    #[test]
    fn a_short_last_piece_is_never_sent() {
        let ids: Vec<u16> = block_ids(12805, 619).take(23).collect();
        assert_eq!(ids[18..], [18, 19, 21, 22, 23]);
        assert!(block_ids(619 * 20, 619).take(40).eq(0..40));
        assert_eq!(block_ids(619 * 20, 619).nth(65_536), Some(0));
    }

    #[cfg(all(feature = "wirehair", target_arch = "x86_64"))]
    #[test]
    fn messages_come_back_from_any_blocks() {
        let message: Vec<u8> = (0..30_000u32).map(|i| ((i * i) >> 7) as u8).collect();
        let mut encoder = Encoder::new(message.clone(), 619).unwrap();
        let mut blocks = Blocks::new(message.len(), 619);
        let mut restored = None;
        for id in block_ids(message.len(), 619).skip(5).step_by(3) {
            blocks.add(id, &encoder.block(id).unwrap());
            blocks.add(id, &[0; 619]);
            restored = blocks.message().unwrap();
            if restored.is_some() {
                break;
            }
        }
        assert_eq!(restored, Some(message));
        assert!(blocks.received() <= blocks.needed() + 3);
    }

    #[test]
    fn plain_pieces_need_no_coder() {
        let message: Vec<u8> = (0..1500u32).map(|i| i as u8).collect();
        let mut blocks = Blocks::new(message.len(), 500);
        for (id, block) in message.chunks(500).enumerate().rev() {
            assert_eq!(blocks.message(), Ok(None));
            blocks.add(id as u16, block);
        }
        assert_eq!(blocks.message(), Ok(Some(message)));
    }

    #[cfg(all(feature = "wirehair", target_arch = "x86_64"))]
    #[test]
    fn sizes_outside_of_the_format_are_errors() {
        assert!(matches!(Encoder::new(vec![0; 619], 619), Err(FountainError::Size { .. })));
        let long = vec![0; 64_000 * 423 + 1];
        let error = Encoder::new(long, 423).err();
        assert_eq!(error, Some(FountainError::Size { got: 27_072_001, max: 27_072_000 }));
    }
}
