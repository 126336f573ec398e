//! Chunks: a message as wirehair fountain blocks behind a header of six bytes, in any number and
//! order; N of them, and now and then one or two more, give the message back.

use crate::wirehair::{self, BLOCKS, Contradiction, Decoder};

/// Bytes of a chunk's header.
pub(crate) const CHUNK_HEADER_BYTES: usize = 6;
/// Longest message that a header can tell.
pub(crate) const MAX_MESSAGE_BYTES: usize = (1 << 25) - 1;

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
    /// The fountain has no blocks for a message of so many pieces.
    #[error(
        "the fountain code has no blocks for this message; another compression level gives one"
    )]
    Unsolvable,
    /// Blocks that were read without an error do not belong to one message.
    #[error("blocks of the message contradict each other: at least one was read wrongly")]
    Contradiction,
}

/// The blocks of one message, as they arrive. Nothing verifies them: of blocks that differ under one
/// number, the one that came more often counts.
#[derive(Debug)]
pub struct Blocks {
    needed: usize,
    decoder: Option<Box<Decoder>>,
}

impl Blocks {
    /// No blocks yet of a message of `size` bytes; of one that cannot be, none will be taken.
    pub fn new(size: usize, block_bytes: usize) -> Self {
        let needed = size.div_ceil(block_bytes.max(1));
        Self { needed, decoder: Decoder::new(size, block_bytes).map(Box::new) }
    }

    /// Takes a block; one of another length is ignored.
    pub fn add(&mut self, id: u16, block: &[u8]) {
        if let Some(decoder) = &mut self.decoder {
            decoder.add(id, block);
        }
    }

    /// Blocks that have arrived, repeated ones aside.
    pub fn received(&self) -> usize {
        self.decoder.as_ref().map_or(0, |decoder| decoder.received())
    }

    /// Numbers under which blocks have arrived that differ.
    pub fn disputed(&self) -> usize {
        self.decoder.as_ref().map_or(0, |decoder| decoder.disputed())
    }

    /// Blocks that the message has: no fewer can restore it.
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// The message, once; `None` if more blocks are needed. Without a new block that may decide, it
    /// does nothing.
    ///
    /// # Errors
    /// If the blocks contradict each other. More of them may still decide which is wrong.
    pub fn message(&mut self) -> Result<Option<Vec<u8>>, FountainError> {
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        decoder.message().map_err(|Contradiction| FountainError::Contradiction)
    }
}

/// The blocks of a message, to be sent.
#[derive(Debug)]
pub struct Encoder {
    message_bytes: usize,
    encoder: wirehair::Encoder,
}

impl Encoder {
    /// Prepares a message for blocks of `block_bytes` bytes.
    ///
    /// # Errors
    /// If it is too long or too short.
    pub fn new(message: &[u8], block_bytes: usize) -> Result<Self, FountainError> {
        let max = (BLOCKS.end() * block_bytes).min(MAX_MESSAGE_BYTES);
        let message_bytes = message.len();
        if message_bytes > max || !BLOCKS.contains(&message_bytes.div_ceil(block_bytes.max(1))) {
            return Err(FountainError::Size { got: message_bytes, max });
        }
        let encoder = wirehair::Encoder::new(message, block_bytes);
        Ok(Self { message_bytes, encoder: encoder.ok_or(FountainError::Unsolvable)? })
    }

    /// Bytes of the message.
    pub(crate) fn message_bytes(&self) -> usize {
        self.message_bytes
    }

    /// Block number `id`; the short last piece of the message is padded with zeros.
    pub fn block(&self, id: u16) -> Vec<u8> {
        self.encoder.block(id)
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

    #[test]
    fn messages_come_back_from_any_blocks() {
        let message: Vec<u8> = (0..30_000u32).map(|i| ((i * i) >> 7) as u8).collect();
        let encoder = Encoder::new(&message, 619).unwrap();
        let mut blocks = Blocks::new(message.len(), 619);
        let mut restored = None;
        for id in block_ids(message.len(), 619).skip(5).step_by(3) {
            blocks.add(id, &encoder.block(id));
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

    #[test]
    fn sizes_outside_of_the_format_are_errors() {
        assert!(matches!(Encoder::new(&[0; 619], 619), Err(FountainError::Size { .. })));
        let long = vec![0; 64_000 * 423 + 1];
        let error = Encoder::new(&long, 423).err();
        assert_eq!(error, Some(FountainError::Size { got: 27_072_001, max: 27_072_000 }));
    }
}
