//! Transfers of libcimbar's frames: chunks of a fountain to a message, a message to the file.

use super::log::RecordKind;
use super::{
    Desk, ExtractError, FilePieces, Incoming, Intake, Log, Progress, ReceiveError, TransferId,
    Unverified,
};
use crate::cimbar::{Blocks, ChunkHeader, Mode, Reading, container};
use crate::reading::Outcome;
use crate::report::{TransferReport, TransferState};
use std::fmt;
use std::io::Read;

/// What a plain frame's key has instead of an encode id.
const PLAIN: u8 = 255;
/// Bytes of plain frames that are kept at most.
const MAX_PLAIN_BYTES: usize = 64 << 20;
/// Bytes that all transfers together keep at most, and their number; then those go of which least has
/// arrived.
const MAX_BYTES: usize = 128 << 20;
const MAX_TRANSFERS: usize = 256;
/// Bytes of the file that are handed on at a time.
const PIECE_BYTES: usize = 1 << 18;

/// All transfers of libcimbar's frames.
#[derive(Debug, Default)]
pub(super) struct CimbarDesk(Vec<CimbarIncoming>);

impl CimbarDesk {
    /// Takes what a frame brings.
    pub(super) fn accept(
        &mut self,
        reading: &Reading,
        outcome: Outcome,
        log: &mut Log,
    ) -> Result<Intake, ReceiveError> {
        let Some(arrival) = Arrival::new(reading) else { return Ok(Intake::nothing(outcome)) };
        let transfer = Some(TransferId::Cimbar(arrival.key));
        let is_news = self.take(&arrival, log.end());
        if is_news {
            log.note(RecordKind::Chunk, &arrival.record())?;
        }
        Ok(Intake { outcome, transfer, recovered: 0, is_news })
    }

    /// Whether the frame brought something new; its transfer may be seen for the first time when the
    /// log ends at `since`.
    fn take(&mut self, arrival: &Arrival, since: u64) -> bool {
        let at = self.0.iter().position(|transfer| transfer.key == arrival.key);
        let at = at.unwrap_or_else(|| {
            self.0.push(CimbarIncoming::new(arrival.key, since));
            self.0.len() - 1
        });
        let is_new = self.0.get_mut(at).is_some_and(|transfer| transfer.accept(arrival));
        let bytes = |all: &[CimbarIncoming]| all.iter().map(CimbarIncoming::bytes).sum::<usize>();
        while self.0.len() > MAX_TRANSFERS || (bytes(&self.0) > MAX_BYTES && self.0.len() > 1) {
            let least = self.0.iter().enumerate().min_by_key(|(_, transfer)| transfer.bytes());
            let Some((least, _)) = least else { break };
            self.0.remove(least);
        }
        is_new
    }

    /// See [`super::Receiver::reconsider`]: without a digest nothing tells which blocks are wrong.
    pub(super) fn reconsider(&mut self, id: TransferId) {
        let found = self.0.iter_mut().find(|transfer| transfer.id() == id);
        if let Some(CimbarIncoming { content: Content::Fountain { message, .. }, failed, .. }) =
            found
        {
            (*message, *failed) = (None, true);
        }
    }
}

impl Desk for CimbarDesk {
    fn recall(&mut self, kind: RecordKind, body: &[u8], place: u64) {
        if kind == RecordKind::Chunk
            && let Some(arrival) = Arrival::from_record(body)
        {
            self.take(&arrival, place);
        }
    }

    fn transfers(&self) -> Vec<&dyn Incoming> {
        self.0.iter().map(|transfer| transfer as &dyn Incoming).collect()
    }
}

/// What tells transfers of libcimbar's frames apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A fountain: encode id and bytes of the message; the mode decides the blocks' length.
    Fountain {
        /// Mode of the frames.
        mode: Mode,
        /// The sender's id.
        encode_id: u8,
        /// Bytes of the message.
        size: u32,
    },
    /// Plain frames say nothing; those of one mode belong together, in the order they come in.
    Plain {
        /// Mode of the frames.
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
struct Arrival {
    key: Key,
    chunks: Vec<Vec<u8>>,
    payload: Vec<u8>,
}

impl Arrival {
    /// Tells a fountain's frame from a plain one: chunks of a fountain agree about their message.
    /// `None` for a plain frame with something lost, which nothing can replace.
    fn new(reading: &Reading) -> Option<Self> {
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
    fn from_record(record: &[u8]) -> Option<Self> {
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
    fn record(&self) -> Vec<u8> {
        let bytes = match self.key {
            Key::Plain { .. } => self.payload.clone(),
            Key::Fountain { .. } => self.chunks.concat(),
        };
        [self.key.to_bytes(), bytes].concat()
    }
}

/// What has arrived of a transfer.
#[derive(Debug)]
enum Content {
    Fountain { blocks: Blocks, message: Option<Vec<u8>> },
    Plain(Vec<u8>),
}

/// One transfer, as far as it has come.
#[derive(Debug)]
struct CimbarIncoming {
    key: Key,
    since: u64,
    frames: u64,
    content: Content,
    /// Whether what arrived contradicts itself, or was no file.
    failed: bool,
}

impl CimbarIncoming {
    /// A transfer of which nothing has arrived.
    fn new(key: Key, since: u64) -> Self {
        let content = match key {
            Key::Plain { .. } => Content::Plain(Vec::new()),
            Key::Fountain { mode, size, .. } => {
                let block = mode.parameters().block_bytes();
                Content::Fountain { blocks: Blocks::new(size as usize, block), message: None }
            }
        };
        Self { key, since, frames: 0, content, failed: false }
    }

    /// Takes what a frame brings, and tells whether that was new. A plain frame after itself is the
    /// same frame, seen twice.
    fn accept(&mut self, arrival: &Arrival) -> bool {
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
                let before = (blocks.received(), blocks.disputed());
                for chunk in &arrival.chunks {
                    if let Some((header, block)) = ChunkHeader::split(chunk)
                        && (header.encode_id, header.size) == (encode_id, size)
                    {
                        blocks.add(header.block, block);
                    }
                }
                let is_new = (blocks.received(), blocks.disputed()) != before;
                if is_new {
                    // Blocks that contradict each other may be outvoted by those that come.
                    let restored = blocks.message();
                    self.failed = restored.is_err();
                    *message = restored.unwrap_or_default();
                }
                is_new
            }
            _ => false,
        }
    }

    /// Bytes that it keeps.
    fn bytes(&self) -> usize {
        match &self.content {
            Content::Plain(bytes) => bytes.len(),
            Content::Fountain { blocks, message } => {
                let block = self.key.mode().parameters().block_bytes();
                blocks.received() * block + message.as_ref().map_or(0, Vec::len)
            }
        }
    }

    /// Fountain blocks of a frame.
    fn per_frame(&self) -> u64 {
        self.key.mode().parameters().chunks as u64
    }
}

impl Incoming for CimbarIncoming {
    fn id(&self) -> TransferId {
        TransferId::Cimbar(self.key)
    }

    fn since(&self) -> u64 {
        self.since
    }

    fn sightings(&self) -> u64 {
        self.frames
    }

    fn is_complete(&self) -> bool {
        match &self.content {
            Content::Fountain { message, .. } => message.is_some(),
            Content::Plain(_) => true,
        }
    }

    fn progress(&self) -> Progress {
        let (blocks, message) = match &self.content {
            Content::Plain(_) => return Progress { received: self.frames, missing: 0, bytes: 0 },
            Content::Fountain { blocks, message } => (blocks, message),
        };
        let received = blocks.received() as u64;
        let missing = match message {
            Some(_) => 0,
            None => (blocks.needed() as u64).saturating_sub(received).max(1),
        };
        let bytes = received * self.key.mode().parameters().block_bytes() as u64;
        Progress { received, missing, bytes }
    }

    fn report(&self, _: &mut Log, _: usize) -> TransferReport {
        let missing = self.progress().missing;
        let (name, needed, disputed) = match &self.content {
            Content::Plain(_) => (None, self.frames, 0),
            Content::Fountain { blocks, message } => {
                let needed = (blocks.needed() as u64).div_ceil(self.per_frame());
                (
                    message.as_ref().and_then(|message| container::name(message)),
                    needed,
                    blocks.disputed() as u64,
                )
            }
        };
        let state = match self.is_complete() {
            true => TransferState::Complete,
            false if self.failed => TransferState::Failed,
            false => TransferState::Incomplete,
        };
        TransferReport {
            id: self.id().to_string(),
            name,
            content: None,
            size: None,
            state,
            verified: false,
            output: None,
            frames_seen: self.frames,
            frames_total: needed.max(1),
            frames_missing: Vec::new(),
            packets_received: self.progress().received,
            packets_missing: missing,
            frames_needed: missing.div_ceil(self.per_frame()),
            packets_suspected: disputed,
        }
    }

    fn open<'a>(&'a self, _: &'a mut Log) -> Result<Box<dyn FilePieces + 'a>, ExtractError> {
        let file: Box<dyn Read> = match &self.content {
            Content::Plain(bytes) => Box::new(bytes.as_slice()),
            Content::Fountain { message: Some(message), .. } => {
                container::file(message).map_err(Unverified::Damaged)?
            }
            Content::Fountain { message: None, .. } => return Err(Unverified::Incomplete.into()),
        };
        Ok(Box::new(CimbarFile(file)))
    }
}

/// A file out of a message, which has no digest.
struct CimbarFile<'a>(Box<dyn Read + 'a>);

impl FilePieces for CimbarFile<'_> {
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, ExtractError> {
        let mut piece = Vec::new();
        let read = self.0.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece);
        read.map_err(Unverified::Damaged)?;
        Ok((!piece.is_empty()).then_some(piece))
    }

    fn is_verified(&self) -> bool {
        false
    }
}
