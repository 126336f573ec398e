//! The container: a file as one byte stream, chunk by chunk, and back, verified.
//!
//! The top of the format. [`crate::send`] feeds it pieces of a file and hands its stream to
//! [`crate::outer`]. The stream is a [`Manifest`] and then the file's chunks, each compressed on
//! its own ([`compress`]), so that neither side ever holds more than a chunk. [`Reader`] gives the
//! file back and has checked its size and BLAKE3 digest when it ends.

mod chunk;
mod content;
mod manifest;
mod name;
mod reader;

pub(crate) use chunk::MAX_CHUNK_BYTES;
pub use chunk::{CHUNK_BYTES, compress};
pub use content::Content;
pub use manifest::Manifest;
pub use name::{FALLBACK_NAME, is_device, safe_name, with_number};
pub use reader::Reader;

use std::io::Read;

/// BLAKE3 of a file, as a manifest has it.
///
/// # Errors
/// If it cannot be read.
pub fn digest(file: impl Read) -> std::io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(*hasher.finalize().as_bytes())
}

/// Why a stream is not a container, or not the one that was sent.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The stream cannot be read.
    #[error("the received data cannot be read")]
    Io(#[from] std::io::Error),
    /// The stream ends inside a field.
    #[error("the received data ends early")]
    Truncated,
    /// What should be its first bytes are something else.
    #[error("what was received is not what was sent: no file begins like that")]
    Garbage,
    /// A container version of the future.
    #[error("container version {got} is newer than this program, which reads version {known}")]
    Version {
        /// The version found.
        got: u8,
        /// The version that this program knows.
        known: u8,
    },
    /// It holds something that this program does not know.
    #[error("what was sent is of kind {got}, which is newer than this program")]
    Content {
        /// The kind found.
        got: u8,
    },
    /// A field has a value that no sender writes.
    #[error("the received data has an impossible {field}: {got}")]
    Field {
        /// Which field.
        field: &'static str,
        /// Its value.
        got: u64,
    },
    /// A chunk does not decompress to the size that the manifest leaves for it.
    #[error("chunk {chunk} does not decompress to {expected} bytes")]
    Chunk {
        /// Number of the chunk, from 0.
        chunk: u64,
        /// Size that it must have.
        expected: usize,
    },
    /// The digest of the restored file is not the manifest's.
    #[error("the restored file does not have the digest that was sent with it")]
    Digest,
}
