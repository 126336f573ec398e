//! By the C library.

use std::io::{Read, Result};

/// Compresses pieces of data, each to a frame.
pub(crate) struct Compressor(zstd::bulk::Compressor<'static>);

impl Compressor {
    /// A compressor at `level`, 1 to 22.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn new(level: i32) -> Result<Self> {
        zstd::bulk::Compressor::new(level).map(Self)
    }

    /// A frame with these bytes.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn compress(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        self.0.compress(bytes)
    }
}

/// What is in `bytes`, which is at most `length` bytes long.
///
/// # Errors
/// If it is longer, or damaged.
pub(crate) fn decompress(bytes: &[u8], length: usize) -> Result<Vec<u8>> {
    zstd::bulk::decompress(bytes, length)
}

/// What is in the frames of `bytes`, one after the other; skippable ones are. Windows are at most
/// `1 << max_window_log` bytes.
///
/// # Errors
/// If there is no memory for it. What is wrong with the frames shows when they are read.
pub(crate) fn frames(bytes: &[u8], max_window_log: u32) -> Result<Box<dyn Read + '_>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes)?;
    decoder.window_log_max(max_window_log)?;
    Ok(Box::new(decoder))
}
