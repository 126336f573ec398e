//! One transfer of libcimbar's frames: chunks of a fountain to a message, a message to the file.

use super::receive::Unverified;
use super::report::{TransferReport, TransferState};
use crate::cimbar::fountain::{Blocks, ChunkHeader, FountainError};
use crate::cimbar::{Mode, Reading, container};
use std::fmt;
use std::io::Read;

/// What a plain frame's key has instead of an encode id.
const PLAIN: u8 = 255;
/// Bytes of plain frames that are kept at most.
const MAX_PLAIN_BYTES: usize = 64 << 20;
/// Bytes of the file that are handed on at a time.
const PIECE_BYTES: usize = 1 << 18;

/// What tells transfers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A fountain: encode id and bytes of the message; the mode decides the blocks' length.
    Fountain {
        /// Of which frames.
        mode: Mode,
        /// The sender's id.
        encode_id: u8,
        /// Bytes of the message.
        size: u32,
    },
    /// Plain frames say nothing; those of one mode belong together, in the order they come in.
    Plain {
        /// Of which frames.
        mode: Mode,
    },
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fountain { encode_id, size, .. } => write!(f, "{encode_id}.{size}"),
            Self::Plain { mode } => write!(f, "plain-{}", mode.parameters().name),
        }
    }
}

impl Key {
    /// The mode of its frames.
    fn mode(self) -> Mode {
        match self {
            Self::Fountain { mode, .. } | Self::Plain { mode } => mode,
        }
    }

    /// The key as the log has it.
    fn to_bytes(self) -> Vec<u8> {
        let mode = |mode: Mode| Mode::ALL.iter().position(|m| *m == mode).unwrap_or(0) as u8;
        match self {
            Self::Plain { mode: of } => vec![mode(of), PLAIN],
            Self::Fountain { mode: of, encode_id, size } => {
                [&[mode(of), encode_id][..], &size.to_le_bytes()].concat()
            }
        }
    }

    /// Reads a key, and gives what follows it.
    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&[mode, encode_id], rest) = bytes.split_first_chunk()?;
        let mode = *Mode::ALL.get(usize::from(mode))?;
        if encode_id == PLAIN {
            return Some((Self::Plain { mode }, rest));
        }
        let (size, rest) = rest.split_first_chunk()?;
        Some((Self::Fountain { mode, encode_id, size: u32::from_le_bytes(*size) }, rest))
    }
}

/// What one frame brings.
pub struct Arrival {
    key: Key,
    chunks: Vec<Vec<u8>>,
    payload: Vec<u8>,
}

impl Arrival {
    /// Tells a fountain's frame from a plain one: chunks of a fountain agree about their message.
    /// `None` for a plain frame with something lost, which nothing can replace.
    pub fn new(reading: &Reading) -> Option<Self> {
        let mode = reading.mode;
        let chunks: Vec<Vec<u8>> = reading.chunks().collect();
        let headers: Vec<ChunkHeader> =
            chunks.iter().filter_map(|chunk| Some(ChunkHeader::split(chunk)?.0)).collect();
        let message = |header: &ChunkHeader| (header.encode_id, header.size);
        let agreeing = |header: &ChunkHeader| {
            headers.iter().filter(|other| message(other) == message(header)).count()
        };
        let header = headers.iter().max_by_key(|header| agreeing(header));
        let key = match header {
            Some(header) if agreeing(header) > 1 || chunks.len() == 1 => {
                let (encode_id, size) = message(header);
                Key::Fountain { mode, encode_id, size }
            }
            _ if reading.blocks.iter().any(Option::is_none) => return None,
            _ => Key::Plain { mode },
        };
        Some(Self { key, chunks, payload: reading.payload() })
    }

    /// The frame in a record of the log.
    pub fn from_record(record: &[u8]) -> Option<Self> {
        let (key, bytes) = Key::split(record)?;
        let chunk = match key {
            Key::Plain { mode } => mode.parameters().payload(),
            Key::Fountain { mode, .. } => mode.parameters().chunk_bytes(),
        };
        let chunks = match key {
            Key::Plain { .. } => Vec::new(),
            Key::Fountain { .. } => bytes.chunks_exact(chunk).map(<[u8]>::to_vec).collect(),
        };
        Some(Self { key, chunks, payload: bytes.to_vec() })
    }

    /// What the log has to keep of the frame.
    pub fn record(&self) -> Vec<u8> {
        let bytes = match self.key {
            Key::Plain { .. } => self.payload.clone(),
            Key::Fountain { .. } => self.chunks.concat(),
        };
        [self.key.to_bytes(), bytes].concat()
    }

    /// The transfer that it belongs to.
    pub fn key(&self) -> Key {
        self.key
    }
}

/// What has arrived of a transfer.
#[derive(Debug)]
enum Content {
    Fountain { blocks: Blocks, message: Option<Result<Vec<u8>, FountainError>> },
    Plain(Vec<u8>),
}

/// One transfer, as far as it has come.
#[derive(Debug)]
pub struct CimbarTransfer {
    key: Key,
    frames: u64,
    content: Content,
}

impl CimbarTransfer {
    /// A transfer of which nothing has arrived.
    pub fn new(key: Key) -> Self {
        let content = match key {
            Key::Plain { .. } => Content::Plain(Vec::new()),
            Key::Fountain { mode, size, .. } => {
                let block = mode.parameters().block_bytes();
                Content::Fountain { blocks: Blocks::new(size as usize, block), message: None }
            }
        };
        Self { key, frames: 0, content }
    }

    /// What tells it apart.
    pub fn key(&self) -> Key {
        self.key
    }

    /// Takes what a frame brings, and tells whether that was new. A plain frame after itself is the
    /// same frame, seen twice.
    pub fn accept(&mut self, arrival: &Arrival) -> bool {
        self.frames += 1;
        match (&mut self.content, self.key) {
            (Content::Plain(bytes), _)
                if bytes.len() < MAX_PLAIN_BYTES && !bytes.ends_with(&arrival.payload) =>
            {
                bytes.extend(&arrival.payload);
                true
            }
            (
                Content::Fountain { blocks, message: message @ None },
                Key::Fountain { encode_id, size, .. },
            ) => {
                let before = blocks.received();
                for chunk in &arrival.chunks {
                    if let Some((header, block)) = ChunkHeader::split(chunk)
                        && (header.encode_id, header.size) == (encode_id, size)
                    {
                        blocks.add(header.block, block);
                    }
                }
                *message = blocks.message().transpose();
                blocks.received() > before
            }
            _ => false,
        }
    }

    /// Whether enough has arrived.
    pub fn is_complete(&self) -> bool {
        match &self.content {
            Content::Fountain { message, .. } => message.is_some(),
            Content::Plain(_) => true,
        }
    }

    /// Blocks received, and blocks that are still needed.
    pub fn progress(&self) -> (u64, u64) {
        match &self.content {
            Content::Fountain { message: Some(_), blocks } => (blocks.received() as u64, 0),
            Content::Fountain { blocks, .. } => {
                let missing = blocks.needed().saturating_sub(blocks.received()).max(1);
                (blocks.received() as u64, missing as u64)
            }
            Content::Plain(_) => (self.frames, 0),
        }
    }

    /// Bytes that the received blocks carry.
    pub fn received_bytes(&self) -> u64 {
        match &self.content {
            Content::Fountain { blocks, .. } => {
                blocks.received() as u64 * self.key.mode().parameters().block_bytes() as u64
            }
            Content::Plain(_) => 0,
        }
    }

    /// See [`super::receive::Incoming::extract`].
    ///
    /// # Errors
    /// [`Unverified`] if the data is wrong; else what `sink` fails with.
    pub fn extract(
        &self,
        mut sink: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        let message = match &self.content {
            Content::Plain(bytes) => {
                sink(bytes)?;
                return Ok(bytes.len() as u64);
            }
            Content::Fountain { message: Some(Ok(message)), .. } => message,
            Content::Fountain { message: Some(Err(error)), .. } => {
                return Err(Unverified(error.to_string()).into());
            }
            Content::Fountain { message: None, .. } => {
                return Err(Unverified("not all blocks have arrived".to_owned()).into());
            }
        };
        let damaged = |error: std::io::Error| Unverified(format!("damaged data: {error}"));
        let mut file = container::file(message).map_err(damaged)?;
        let mut piece = vec![0; PIECE_BYTES];
        let mut length = 0;
        loop {
            match file.read(&mut piece).map_err(damaged)? {
                0 => return Ok(length),
                read => {
                    sink(&piece[..read])?;
                    length += read as u64;
                }
            }
        }
    }

    /// See [`super::receive::Incoming::report`].
    pub fn report(&self) -> TransferReport {
        let (_, missing) = self.progress();
        let (Key::Fountain { mode, .. } | Key::Plain { mode }) = self.key;
        let per_frame = mode.parameters().chunks as u64;
        let name = match &self.content {
            Content::Fountain { message: Some(Ok(message)), .. } => container::name(message),
            _ => None,
        };
        let needed = match &self.content {
            Content::Fountain { blocks, .. } => (blocks.needed() as u64).div_ceil(per_frame),
            Content::Plain(_) => self.frames,
        };
        let complete = self.is_complete();
        TransferReport {
            id: self.key.to_string(),
            name,
            size: None,
            state: if complete { TransferState::Complete } else { TransferState::Incomplete },
            verified: false,
            output: None,
            frames_seen: self.frames,
            frames_total: needed.max(1),
            frames_missing: Vec::new(),
            packets_missing: missing,
            frames_needed: missing.div_ceil(per_frame),
        }
    }
}
