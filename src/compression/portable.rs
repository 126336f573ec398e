//! By pure Rust.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::{Error, ErrorKind, Read, Result};

/// Bytes that are decoded at a time.
const STEP_BYTES: usize = 1 << 16;
/// The smallest limit of a window that a frame needs, whatever is in it.
const MIN_WINDOW_BYTES: u64 = 1 << 20;

/// Compresses pieces of data, each to a frame.
pub(crate) struct Compressor;

impl Compressor {
    /// A compressor; there is one level only.
    ///
    /// # Errors
    /// Never.
    pub(crate) fn new(_: i32) -> Result<Self> {
        Ok(Self)
    }

    /// A frame with these bytes.
    ///
    /// # Errors
    /// Never.
    pub(crate) fn compress(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(compress_to_vec(bytes, CompressionLevel::Fastest))
    }
}

/// What is in `bytes`, which is at most `length` bytes long.
///
/// # Errors
/// If it is longer, or damaged.
pub(crate) fn decompress(bytes: &[u8], length: usize) -> Result<Vec<u8>> {
    let window = (2 * length as u64).max(MIN_WINDOW_BYTES);
    let mut content = Vec::new();
    Frames::new(bytes, window).take(length as u64 + 1).read_to_end(&mut content)?;
    if content.len() > length {
        return Err(Error::new(ErrorKind::InvalidData, "more data than there should be"));
    }
    Ok(content)
}

/// What is in the frames of `bytes`, one after the other; skippable ones are. Windows are at most
/// `1 << max_window_log` bytes.
///
/// # Errors
/// Never. What is wrong with the frames shows when they are read.
pub(crate) fn frames(bytes: &[u8], max_window_log: u32) -> Result<Box<dyn Read + '_>> {
    Ok(Box::new(Frames::new(bytes, 1 << max_window_log)))
}

/// Frames one after the other.
struct Frames<'a> {
    rest: &'a [u8],
    decoder: FrameDecoder,
    /// Whether the decoder is inside of a frame.
    inside: bool,
}

impl<'a> Frames<'a> {
    fn new(rest: &'a [u8], max_window: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(max_window);
        Self { rest, decoder, inside: false }
    }

    /// Begins the next frame, or skips it.
    fn begin(&mut self) -> Result<()> {
        match self.decoder.reset(&mut self.rest) {
            Ok(()) => self.inside = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let rest = self.rest.get(length as usize..);
                self.rest = rest.ok_or(ErrorKind::UnexpectedEof)?;
            }
            Err(error) => return Err(Error::new(ErrorKind::InvalidData, error)),
        }
        Ok(())
    }

    /// Decodes a little more, or ends the frame.
    fn go_on(&mut self) -> Result<()> {
        if !self.decoder.is_finished() {
            let step = BlockDecodingStrategy::UptoBytes(STEP_BYTES);
            let decoded = self.decoder.decode_blocks(&mut self.rest, step);
            return decoded.map(drop).map_err(|error| Error::new(ErrorKind::InvalidData, error));
        }
        self.inside = false;
        let sent = self.decoder.get_checksum_from_data();
        match sent.is_none() || sent == self.decoder.get_calculated_checksum() {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::InvalidData, "a wrong checksum")),
        }
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside {
                if self.rest.is_empty() {
                    return Ok(0);
                }
                self.begin()?;
                continue;
            }
            match self.decoder.read(buffer)? {
                0 => self.go_on()?,
                read => return Ok(read),
            }
        }
    }
}
