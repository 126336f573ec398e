//! Frames to a GIF file, with our own palette, which `image` cannot write.

use super::framing::Framing;
use super::png::palette;
use crate::raster::IndexedFrame;
use gif::{Encoder, EncodingError, Frame, Repeat};
use std::io::{Error, Result, Write};

/// A frame's pixels in the compression of GIF (LZW).
pub(super) fn compressed(frame: &IndexedFrame) -> Vec<u8> {
    let mut compressed = Frame { buffer: (&frame.pixels).into(), ..described(frame) };
    compressed.make_lzw_pre_encoded();
    compressed.buffer.into_owned()
}

fn described(frame: &IndexedFrame) -> Frame<'static> {
    Frame { width: frame.width as u16, height: frame.height as u16, ..Frame::default() }
}

/// A GIF file around frames that are [`compressed`].
pub(super) struct Gif {
    size: (u16, u16),
    fps: u32,
    repeat: Option<Repeat>,
    written: u32,
    /// Writes into memory, from where each frame goes on.
    encoder: Option<Encoder<Vec<u8>>>,
}

impl Gif {
    /// A file of frames of this size, `fps` of them a second, played `plays` times (0: for ever).
    pub(super) fn new((width, height): (usize, usize), fps: u32, plays: u32) -> Self {
        let repeat = match plays {
            0 => Some(Repeat::Infinite),
            1 => None,
            plays => Some(Repeat::Finite(u16::try_from(plays - 1).unwrap_or(u16::MAX))),
        };
        Self { size: (width as u16, height as u16), fps, repeat, written: 0, encoder: None }
    }
}

impl Framing for Gif {
    fn begin(&mut self, target: &mut dyn Write) -> Result<()> {
        let (width, height) = self.size;
        let mut encoder = Encoder::new(Vec::new(), width, height, &palette()).map_err(io_error)?;
        if let Some(repeat) = self.repeat {
            encoder.set_repeat(repeat).map_err(io_error)?;
        }
        target.write_all(&std::mem::take(encoder.get_mut()))?;
        self.encoder = Some(encoder);
        Ok(())
    }

    fn frame(&mut self, _: u64, bytes: &[u8], target: &mut dyn Write) -> Result<()> {
        let encoder = self.encoder.as_mut().ok_or_else(not_begun)?;
        // Delays are whole hundredths: each frame ends at the hundredth nearest to its time.
        let fps = u64::from(self.fps);
        let end = |frames: u32| (u64::from(frames) * 100 + fps / 2) / fps;
        let delay = (end(self.written + 1) - end(self.written)) as u16;
        self.written += 1;
        let (width, height) = self.size;
        let frame = Frame { width, height, delay, buffer: bytes.into(), ..Frame::default() };
        encoder.write_lzw_pre_encoded_frame(&frame).map_err(io_error)?;
        target.write_all(&std::mem::take(encoder.get_mut()))
    }

    fn end(&mut self, target: &mut dyn Write) -> Result<()> {
        let encoder = self.encoder.take().ok_or_else(not_begun)?;
        target.write_all(&encoder.into_inner().map_err(io_error)?)
    }
}

fn not_begun() -> Error {
    Error::other("a frame before the file's beginning")
}

fn io_error(error: EncodingError) -> Error {
    match error {
        EncodingError::Io(error) => error,
        other => Error::other(other),
    }
}
