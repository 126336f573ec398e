//! A file as the container stream that its frames carry.
//!
//! Frames tell how many they are, so the whole input is read before the first one is drawn: it waits
//! as a stream in [`Storage`]. Memory holds a few chunks.

use super::{DEFAULT_LEVEL, SendError};
use crate::container::{CHUNK_BYTES, Content, Manifest, compress};
use crate::ordered::ordered;
use crate::storage::{Storage, in_memory};
use std::io::{Read, SeekFrom};
use std::ops::ControlFlow;

/// How an input becomes a stream.
#[derive(Clone, Debug)]
pub struct StreamOptions {
    /// The name that is sent along.
    pub name: Option<String>,
    /// What the input is.
    pub content: Content,
    /// zstd level, 1 to 22.
    pub level: i32,
    /// Threads that compress.
    pub threads: usize,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { name: None, content: Content::File, level: DEFAULT_LEVEL, threads: 1 }
    }
}

/// An input as a container stream.
#[derive(Debug)]
pub struct Stream {
    storage: Box<dyn Storage>,
    length: u64,
    manifest: Manifest,
    hasher: blake3::Hasher,
}

impl Stream {
    /// Reads `input` to its end into empty `storage`. `progress` is told the bytes read so far and
    /// may stop everything by failing.
    ///
    /// # Errors
    /// If the input, the storage, or `progress` fails.
    pub fn new<E: From<SendError>>(
        input: impl Read + Send,
        mut storage: Box<dyn Storage>,
        options: StreamOptions,
        mut progress: impl FnMut(u64) -> Result<(), E>,
    ) -> Result<Self, E> {
        let StreamOptions { name, content, level, threads } = options;
        // The manifest goes first but is known last.
        let front = Manifest::length(name.as_deref(), content);
        storage.write_all(&vec![0; front]).map_err(SendError::Storage)?;
        let (mut digest, mut hasher) = (blake3::Hasher::new(), blake3::Hasher::new());
        let (mut size, mut length) = (0, front as u64);
        let work = |(): &mut (), chunk: std::io::Result<Vec<u8>>| {
            let chunk = chunk.map_err(SendError::Input)?;
            let stored = compress(&chunk, level).map_err(SendError::Storage)?;
            Ok((chunk, stored))
        };
        let take = |result: Result<(Vec<u8>, Vec<u8>), SendError>| {
            let (chunk, stored) = result?;
            digest.update(&chunk);
            hasher.update(&stored);
            storage.write_all(&stored).map_err(SendError::Storage)?;
            size += chunk.len() as u64;
            length += stored.len() as u64;
            progress(size)?;
            Ok::<_, E>(ControlFlow::Continue(()))
        };
        ordered(threads, chunks(input), || (), work, take)?;
        let digest = *digest.finalize().as_bytes();
        let manifest = Manifest { name, content, size, chunk_bytes: CHUNK_BYTES, digest };
        storage.seek(SeekFrom::Start(0)).map_err(SendError::Storage)?;
        storage.write_all(&manifest.to_bytes()).map_err(SendError::Storage)?;
        hasher.update(&manifest.to_bytes());
        Ok(Self { storage, length, manifest, hasher })
    }

    /// The stream of a file that is in memory, and stays there.
    ///
    /// # Errors
    /// If it cannot be compressed, for want of memory.
    pub fn in_memory(file: &[u8], name: Option<String>) -> Result<Self, SendError> {
        let options = StreamOptions { name, ..StreamOptions::default() };
        Self::new(file, in_memory(), options, |_| Ok(()))
    }

    /// What the stream says about the file.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Bytes of the stream: the file compressed, and what describes it.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// A hash of everything in the stream, to which more can be added.
    pub(super) fn hasher(&self) -> blake3::Hasher {
        self.hasher.clone()
    }

    /// The bytes from `start` on, `length` of them or as many as there are.
    pub(super) fn read(&mut self, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let start = start.min(self.length);
        let length = (self.length - start).min(length as u64);
        let mut bytes = vec![0; length as usize];
        self.storage.seek(SeekFrom::Start(start))?;
        self.storage.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes what is wanted again soon, in the same storage, at a place of its own numbers.
    pub(super) fn write_beside(&mut self, place: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.storage.seek(SeekFrom::Start(self.length + place))?;
        self.storage.write_all(bytes)
    }

    /// Reads what was written beside.
    pub(super) fn read_beside(&mut self, place: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.storage.seek(SeekFrom::Start(self.length + place))?;
        self.storage.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// The input in chunks of [`CHUNK_BYTES`].
fn chunks(mut input: impl Read) -> impl Iterator<Item = std::io::Result<Vec<u8>>> {
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let mut chunk = Vec::new();
        let read = input.by_ref().take(CHUNK_BYTES.into()).read_to_end(&mut chunk);
        ended = chunk.len() < CHUNK_BYTES as usize;
        match read {
            Err(error) => Some(Err(error)),
            Ok(0) => None,
            Ok(_) => Some(Ok(chunk)),
        }
    })
}
