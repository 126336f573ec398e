//! One chunk of the stream (spec §2.2): its stored length with a flag, then zstd or raw bytes.

use crate::compression::Compressor;

/// Chunk size that this program writes: large enough for zstd to find most of what repeats, small
/// enough to keep a few in memory for each core.
pub const CHUNK_BYTES: u32 = 4 << 20;
/// Largest chunk size that is accepted.
pub(crate) const MAX_CHUNK_BYTES: u32 = 16 << 20;
/// Set in the length field of a chunk that is stored as it is.
pub(super) const RAW: u32 = 1 << 31;

/// A chunk as it is stored: length field, then the bytes, compressed at zstd level `level` unless
/// that would not make them fewer.
///
/// # Errors
/// If zstd fails, for want of memory.
pub fn compress(bytes: &[u8], level: i32) -> std::io::Result<Vec<u8>> {
    let packed = Compressor::new(level)?.compress(bytes)?;
    let (body, flag) = if packed.len() < bytes.len() { (&packed[..], 0) } else { (bytes, RAW) };
    let mut stored = Vec::with_capacity(4 + body.len());
    stored.extend((body.len() as u32 | flag).to_le_bytes());
    stored.extend(body);
    Ok(stored)
}
