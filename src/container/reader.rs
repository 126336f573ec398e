//! The stream back to the file, chunk by chunk.

use super::chunk::RAW;
use super::manifest::{fill, read_array};
use super::{ContainerError, Manifest};
use crate::compression::decompress;
use std::io::Read;

/// Reads the file out of a container's stream.
///
/// Each chunk has exactly the size that the manifest leaves for it, so a decompression bomb or a
/// lying length is an error before its memory is used.
pub struct Reader<R> {
    stream: R,
    manifest: Manifest,
    hasher: blake3::Hasher,
    left: u64,
    chunk: u64,
}

impl<R: Read> Reader<R> {
    /// Starts with the manifest at the front of `stream`.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn new(mut stream: R) -> Result<Self, ContainerError> {
        let manifest = Manifest::read(&mut stream)?;
        let left = manifest.size;
        Ok(Self { stream, manifest, hasher: blake3::Hasher::new(), left, chunk: 0 })
    }

    /// What the stream says about the file.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The next chunk of the file; `None` at its end, once its digest has been found right.
    ///
    /// # Errors
    /// If the stream is not what a sender writes, or the digest is wrong: nothing that was read
    /// before may then be kept.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, ContainerError> {
        if self.left == 0 {
            let right = self.hasher.finalize() == blake3::Hash::from_bytes(self.manifest.digest);
            return if right { Ok(None) } else { Err(ContainerError::Digest) };
        }
        let expected = self.left.min(self.manifest.chunk_bytes.into()) as usize;
        let field = u32::from_le_bytes(read_array(&mut self.stream)?);
        let stored = (field & !RAW) as usize;
        let raw = field & RAW != 0;
        if stored > expected || raw && stored != expected {
            return Err(ContainerError::Field { field: "chunk length", got: stored as u64 });
        }
        let mut bytes = vec![0; stored];
        fill(&mut self.stream, &mut bytes)?;
        let wrong = ContainerError::Chunk { chunk: self.chunk, expected };
        let chunk = match raw {
            true => bytes,
            false => match decompress(&bytes, expected) {
                Ok(chunk) if chunk.len() == expected => chunk,
                _ => return Err(wrong),
            },
        };
        self.hasher.update(&chunk);
        self.left -= expected as u64;
        self.chunk += 1;
        Ok(Some(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::{Content, compress};
    use proptest::prelude::*;

    fn stream(file: &[u8], chunk_bytes: u32, level: i32) -> Vec<u8> {
        let manifest = Manifest {
            name: Some("name".into()),
            content: Content::File,
            size: file.len() as u64,
            chunk_bytes,
            digest: *blake3::hash(file).as_bytes(),
        };
        let chunks = file.chunks(chunk_bytes as usize).map(|chunk| compress(chunk, level).unwrap());
        [vec![manifest.to_bytes()], chunks.collect()].concat().concat()
    }

    fn read(stream: &[u8]) -> Result<Vec<u8>, ContainerError> {
        let mut reader = Reader::new(stream)?;
        let mut file = Vec::new();
        while let Some(chunk) = reader.next_chunk()? {
            file.extend(chunk);
        }
        Ok(file)
    }

    proptest! {
        #[test]
        fn files_come_back_and_every_cut_is_noticed(
            file in prop::collection::vec(0u8..4, 0..600), chunk_bytes in 1u32..300,
            level in 1i32..4, cut: prop::sample::Index,
        ) {
            let stream = stream(&file, chunk_bytes, level);
            prop_assert_eq!(read(&stream).unwrap(), file);
            prop_assert!(read(&stream[..cut.index(stream.len())]).is_err());
        }

        #[test]
        fn a_changed_byte_never_gives_a_wrong_file(
            file in prop::collection::vec(0u8..9, 1..400), at: prop::sample::Index, by in 1u8..,
        ) {
            let mut stream = stream(&file, 64, 1);
            let at = at.index(stream.len());
            stream[at] = stream[at].wrapping_add(by);
            if let Ok(read) = read(&stream) {
                prop_assert_eq!(read, file);
            }
        }
    }

    #[test]
    fn a_decompression_bomb_is_an_error() {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap();
        let (content, digest) = (Content::File, [0; 32]);
        let manifest = Manifest { name: None, content, size: 10_000, chunk_bytes: 1 << 20, digest };
        let mut stream = manifest.to_bytes();
        stream.extend((bomb.len() as u32).to_le_bytes());
        stream.extend(bomb);
        assert!(matches!(read(&stream), Err(ContainerError::Chunk { chunk: 0, expected: 10_000 })));
    }

    #[test]
    fn a_wrong_digest_is_an_error_at_the_end() {
        let mut stream = stream(b"some file", 64, 1);
        stream[20] ^= 1;
        assert!(matches!(read(&stream), Err(ContainerError::Digest)));
    }
}
