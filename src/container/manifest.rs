//! The manifest: what the stream says about the file before the file itself (spec §2.1).

use super::{ContainerError, Content, MAX_CHUNK_BYTES};
use std::io::Read;

/// Version of the container layout: the newest, which says what it holds.
const CONTAINER_VERSION: u8 = 2;
/// The version that is written for files, which every receiver reads; it says nothing of content.
const FILE_VERSION: u8 = 1;
/// Versions beyond this one are none, but wrong bytes.
const LAST_VERSION: u8 = 15;
/// Longest stored name, in bytes of UTF-8.
const MAX_NAME_BYTES: usize = 255;

/// Name, size and digest of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The name it had; `None` for a stream without one. Not yet safe to use, see
    /// [`super::safe_name`].
    pub name: Option<String>,
    /// What the file is.
    pub content: Content,
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of each chunk before compression, except a shorter last one.
    pub chunk_bytes: u32,
    /// BLAKE3 of the file.
    pub digest: [u8; 32],
}

impl Manifest {
    /// Bytes of a manifest with this name, of this content.
    pub fn length(name: Option<&str>, content: Content) -> usize {
        let content = usize::from(content != Content::File);
        1 + content + 8 + 4 + 32 + 1 + name.map_or(0, |name| shortened(name).len())
    }

    /// The manifest's bytes. A name of more than 255 bytes is cut.
    pub fn to_bytes(&self) -> Vec<u8> {
        let name = self.name.as_deref().map_or("", shortened);
        let mut bytes = match self.content {
            Content::File => vec![FILE_VERSION],
            content => vec![CONTAINER_VERSION, content as u8],
        };
        bytes.extend(self.size.to_le_bytes());
        bytes.extend(self.chunk_bytes.to_le_bytes());
        bytes.extend(self.digest);
        bytes.push(name.len() as u8);
        bytes.extend(name.as_bytes());
        bytes
    }

    /// Reads a manifest from the front of a stream.
    ///
    /// # Errors
    /// A version of the future, an impossible chunk size, or an early end.
    pub fn read(stream: &mut impl Read) -> Result<Self, ContainerError> {
        let [version] = read_array(stream)?;
        if version == 0 || version > LAST_VERSION {
            return Err(ContainerError::Garbage);
        }
        if version > CONTAINER_VERSION {
            return Err(ContainerError::Version { got: version, known: CONTAINER_VERSION });
        }
        let content = match version {
            FILE_VERSION => Content::File,
            _ => {
                let [content] = read_array(stream)?;
                Content::of(content)?
            }
        };
        let size = u64::from_le_bytes(read_array(stream)?);
        let chunk_bytes = u32::from_le_bytes(read_array(stream)?);
        if !(1..=MAX_CHUNK_BYTES).contains(&chunk_bytes) {
            return Err(ContainerError::Field { field: "chunk size", got: chunk_bytes.into() });
        }
        let digest = read_array(stream)?;
        let [length] = read_array(stream)?;
        let mut name = vec![0; usize::from(length)];
        fill(stream, &mut name)?;
        let name = (length > 0).then(|| String::from_utf8_lossy(&name).into_owned());
        Ok(Self { name, content, size, chunk_bytes, digest })
    }
}

/// The longest front part of `name` that fits.
fn shortened(name: &str) -> &str {
    let mut end = name.len().min(MAX_NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

pub(super) fn read_array<const N: usize>(
    stream: &mut impl Read,
) -> Result<[u8; N], ContainerError> {
    let mut bytes = [0; N];
    fill(stream, &mut bytes)?;
    Ok(bytes)
}

pub(super) fn fill(stream: &mut impl Read, bytes: &mut [u8]) -> Result<(), ContainerError> {
    stream.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => ContainerError::Truncated,
        _ => ContainerError::Io(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn manifests_come_back(
            name in prop::option::of("[^\u{0}]{1,80}"), size: u64, chunk_bytes in 1..=MAX_CHUNK_BYTES,
            digest: [u8; 32], is_folder: bool,
        ) {
            let content = if is_folder { Content::Folder } else { Content::File };
            let manifest = Manifest { name, content, size, chunk_bytes, digest };
            let bytes = manifest.to_bytes();
            prop_assert_eq!(bytes.len(), Manifest::length(manifest.name.as_deref(), content));
            let read = Manifest::read(&mut bytes.as_slice()).unwrap();
            if manifest.name.as_ref().is_none_or(|name| name.len() <= MAX_NAME_BYTES) {
                prop_assert_eq!(read, manifest);
            }
            for end in 0..bytes.len() {
                prop_assert!(Manifest::read(&mut &bytes[..end]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Manifest::read(&mut bytes.as_slice());
        }
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let manifest = Manifest { name: Some("ä".repeat(200)), ..empty(Content::File) };
        let read = Manifest::read(&mut manifest.to_bytes().as_slice()).unwrap();
        assert_eq!(read.name, Some("ä".repeat(127)));
    }

    fn empty(content: Content) -> Manifest {
        Manifest { name: None, content, size: 0, chunk_bytes: 1, digest: [0; 32] }
    }

    #[test]
    fn files_are_written_as_the_first_version_has_them() {
        assert_eq!(empty(Content::File).to_bytes()[0], 1);
        assert_eq!(empty(Content::Folder).to_bytes()[..2], [2, 1]);
        // Both versions are read, whatever writes them.
        let mut file = empty(Content::Folder).to_bytes();
        file[1] = 0;
        assert_eq!(Manifest::read(&mut file.as_slice()).unwrap(), empty(Content::File));
    }

    #[test]
    fn a_newer_version_or_content_says_so() {
        let error = Manifest::read(&mut [3u8; 80].as_slice()).unwrap_err();
        assert!(error.to_string().contains("newer than this program"));
        let error = Manifest::read(&mut [2u8; 80].as_slice()).unwrap_err();
        assert!(matches!(error, ContainerError::Content { got: 2 }));
        assert!(error.to_string().contains("newer than this program"));
        for wrong in [0, 16, 191] {
            let error = Manifest::read(&mut [wrong; 80].as_slice());
            assert!(matches!(error, Err(ContainerError::Garbage)));
        }
    }
}
