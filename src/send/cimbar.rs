//! A file to frames of libcimbar's format.

use super::{Frames, Outgoing, Selection, SendError, Summary, Undrawn};
use crate::cimbar::{ChunkHeader, Coding, Encoder, Mode, block_ids, container, tiles};
use crate::outline::Outline;
use std::io::Read;

/// The id that senders begin with: its bits, and the zeros behind it, show receivers all four
/// colours in known places.
const FIRST_ENCODE_ID: u8 = 109;
/// The other receivers take tiles for a finder now and then, and lose that frame: one in twenty.
/// So no file depends on a single one.
const MIN_FRAMES: u64 = 3;
/// Side of a tile, in pixels; there are shapes in it.
const TILE: usize = 8;

/// How a file travels in libcimbar's frames.
#[derive(Clone, Debug)]
pub struct CimbarOptions {
    /// Kind of frames.
    pub mode: Mode,
    /// The name that is sent along.
    pub name: Option<String>,
    /// zstd level, 1 to 22.
    pub level: i32,
    /// Blocks beyond those of the message, for each of these, at least.
    pub redundancy: f64,
}

/// A message that is ready to be sent.
pub struct CimbarTransfer {
    coding: Coding,
    encoder: Encoder,
    frames: u64,
    name: Option<String>,
    bytes: u64,
}

impl CimbarTransfer {
    /// Compresses `input`, of `bytes` bytes (0 if that is not known), and plans its frames: enough
    /// for the message and the redundancy more, counting only what the tiles' shapes carry, since
    /// colours are lost more easily.
    ///
    /// # Errors
    /// If the input cannot be read or is too long.
    pub fn new(input: impl Read, bytes: u64, options: CimbarOptions) -> Result<Self, SendError> {
        let CimbarOptions { mode, name, level, redundancy } = options;
        let parameters = mode.parameters();
        let message = container::build(name.as_deref(), input, parameters.chunk_bytes(), level)
            .map_err(SendError::Input)?;
        let block = parameters.block_bytes();
        let needed = message.len() as f64 / block as f64 + 1.0;
        let frames = (needed * (1.0 + redundancy) / parameters.symbol_chunks as f64).ceil();
        let encoder = Encoder::new(&message, block)?;
        let frames = (frames as u64).max(MIN_FRAMES);
        Ok(Self { coding: Coding::new(mode), encoder, frames, name, bytes })
    }
}

impl Outgoing for CimbarTransfer {
    fn outline(&self) -> Outline {
        Outline {
            name: self.name.clone().unwrap_or_else(|| "-".to_owned()),
            bytes: self.bytes,
            size: self.coding.parameters().size,
            frames: self.frames,
            tile: TILE,
            border: 0,
            cells: None,
        }
    }

    fn summary(&self) -> Summary {
        Summary {
            cimbar_mode: Some(self.coding.parameters().name),
            sent_bytes: self.encoder.message_bytes() as u64,
            spare_frames: None,
            digest: None,
        }
    }

    fn frames<'a>(&'a mut self, only: &'a Selection) -> Frames<'a> {
        let Self { coding, encoder, frames, .. } = self;
        let coding = &*coding;
        let parameters = coding.parameters();
        let mut ids = block_ids(encoder.message_bytes(), parameters.block_bytes());
        let mut next = 0;
        Box::new(only.numbers(*frames).map(move |number| {
            let skipped = (number - next) * parameters.chunks as u64;
            let ids = ids.by_ref().skip(skipped as usize).take(parameters.chunks);
            let payload = payload(encoder, ids, parameters.payload());
            next = number + 1;
            let draw = move || tiles::draw(parameters, &coding.encode(&payload));
            Ok(Undrawn::new(number, draw))
        }))
    }
}

/// The payload of a frame that carries these blocks.
fn payload(encoder: &Encoder, ids: impl Iterator<Item = u16>, length: usize) -> Vec<u8> {
    let size = encoder.message_bytes() as u32;
    let mut payload = Vec::with_capacity(length);
    for block in ids {
        let header = ChunkHeader { encode_id: FIRST_ENCODE_ID, size, block };
        payload.extend(header.to_bytes());
        payload.extend(encoder.block(block));
    }
    payload
}
