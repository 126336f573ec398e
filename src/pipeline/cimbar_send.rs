//! A file to frames of libcimbar's format.

use super::ordered::ordered;
use super::send::Drawing;
use crate::cimbar::coding::Coding;
use crate::cimbar::fountain::{ChunkHeader, Encoder, FountainError, block_ids};
use crate::cimbar::{Mode, container, tiles};
use crate::raster::IndexedFrame;
use std::io::Read;
use std::ops::ControlFlow;

/// The id that senders begin with: its bits, and the zeros behind it, show receivers all four
/// colours in known places.
const FIRST_ENCODE_ID: u8 = 109;
/// The other receivers take tiles for a finder now and then, and lose that frame: one in twenty.
/// So no file depends on a single one.
const MIN_FRAMES: u64 = 3;
/// Frames whose payloads are made before they are drawn on all threads.
const BATCH: u64 = 64;

/// Why frames cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CimbarSendError {
    /// The input cannot be read.
    #[error("cannot read the input")]
    Input(#[source] std::io::Error),
    /// The format cannot carry it.
    #[error(transparent)]
    Fountain(#[from] FountainError),
    /// A frame cannot be written.
    #[error("cannot draw a frame")]
    Draw(#[source] std::io::Error),
    /// The sink failed.
    #[error(transparent)]
    Sink(anyhow::Error),
}

/// A message that is ready to be sent.
pub struct CimbarTransfer {
    coding: Coding,
    encoder: Encoder,
    frames: u64,
}

impl CimbarTransfer {
    /// Compresses `input` and plans its frames: enough for the message and `redundancy` of it
    /// more, counting only what the tiles' shapes carry, since colours are lost more easily.
    ///
    /// # Errors
    /// If the input cannot be read or is too long.
    pub fn new(
        mode: Mode,
        input: impl Read,
        name: Option<&str>,
        level: i32,
        redundancy: f64,
    ) -> Result<Self, CimbarSendError> {
        let parameters = mode.parameters();
        let message = container::build(name, input, parameters.chunk_bytes(), level)
            .map_err(CimbarSendError::Input)?;
        let block = parameters.block_bytes();
        let needed = message.len() as f64 / block as f64 + 1.0;
        let frames = (needed * (1.0 + redundancy) / parameters.symbol_chunks as f64).ceil();
        let encoder = Encoder::new(message, block)?;
        let frames = (frames as u64).max(MIN_FRAMES);
        Ok(Self { coding: Coding::new(mode), encoder, frames })
    }

    /// Frames to be made.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Bytes of the message: the file, compressed, and its name.
    pub fn message_bytes(&self) -> u64 {
        self.encoder.message().len() as u64
    }

    /// Width and height of its frames.
    pub fn frame_size(&self) -> (usize, usize) {
        self.coding.mode().size
    }

    /// Draws frames, as [`super::send::Transfer::frames`] does; this format has no captions.
    ///
    /// # Errors
    /// If the coder fails, or `render` or `sink` does.
    pub fn draw<T: Send>(
        &self,
        drawing: &Drawing<'_>,
        render: impl Fn(IndexedFrame) -> std::io::Result<T> + Sync,
        mut sink: impl FnMut(u64, T) -> anyhow::Result<()>,
    ) -> Result<(), CimbarSendError> {
        let coding = &self.coding;
        let mode = coding.mode();
        let mut ids = block_ids(self.encoder.message().len(), mode.block_bytes());
        let mut first = 0;
        while first < self.frames {
            let count = BATCH.min(self.frames - first);
            let payloads: Vec<Vec<u8>> = (0..count)
                .map(|_| self.payload(ids.by_ref().take(mode.chunks)))
                .collect::<Result<_, _>>()?;
            ordered(
                drawing.threads,
                (first..).zip(payloads).filter(|(number, _)| drawing.only.contains(*number)),
                || (),
                |(), (number, payload): (u64, Vec<u8>)| {
                    let frame = tiles::draw(mode, &coding.encode(&payload));
                    Ok((number, render(frame).map_err(CimbarSendError::Draw)?))
                },
                |frame: Result<_, CimbarSendError>| {
                    let (number, rendered) = frame?;
                    sink(number, rendered).map_err(CimbarSendError::Sink)?;
                    Ok::<_, CimbarSendError>(ControlFlow::Continue(()))
                },
            )?;
            first += count;
        }
        Ok(())
    }

    fn payload(&self, ids: impl Iterator<Item = u16>) -> Result<Vec<u8>, FountainError> {
        let size = self.encoder.message().len() as u32;
        let mut payload = Vec::with_capacity(self.coding.mode().payload());
        for block in ids {
            let header = ChunkHeader { encode_id: FIRST_ENCODE_ID, size, block };
            payload.extend(header.to_bytes());
            payload.extend(self.encoder.block(block)?);
        }
        Ok(payload)
    }
}
