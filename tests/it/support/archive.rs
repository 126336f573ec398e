//! Archives as anybody can write them, header by header.

use tilecast::container::Content;
use tilecast::format::Profile;
use tilecast::send::{OwnOptions, OwnTransfer, SendError, Stream, StreamOptions};
use tilecast::storage::in_memory;

const BLOCK: usize = 512;

/// An entry with whatever is said of it.
#[derive(Clone)]
pub struct Entry {
    pub header: Vec<u8>,
    pub contents: Vec<u8>,
}

impl Entry {
    /// An entry of a kind: `0` a file, `5` a folder, `2` a link and so on.
    pub fn new(kind: char, name: impl AsRef<[u8]>, contents: impl AsRef<[u8]>) -> Self {
        let (name, contents) = (name.as_ref(), contents.as_ref().to_vec());
        let header = vec![0; BLOCK];
        let entry = Self { header, contents };
        let entry = entry.put(0, name).put(100, b"0000644\0").put(108, b"0000000\0");
        let entry = entry.put(116, b"0000000\0").put(136, b"00000000000\0");
        let size = format!("{:011o}\0", entry.contents.len());
        entry.put(124, size.as_bytes()).put(156, &[kind as u8]).put(257, b"ustar  \0")
    }

    pub fn file(name: &str, contents: &str) -> Self {
        Self::new('0', name, contents)
    }

    pub fn folder(name: &str) -> Self {
        Self::new('5', name, "")
    }

    pub fn link(name: &str, target: &str) -> Self {
        Self::new('2', name, "").put(157, target.as_bytes())
    }

    /// A name that has no room in the header that follows.
    pub fn long_name(name: &[u8]) -> Self {
        Self::new('L', "././@LongLink", [name, b"\0"].concat())
    }

    /// The same with other bytes in a place of its header.
    pub fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.header[at..at + bytes.len()].copy_from_slice(bytes);
        self.header[148..156].fill(b' ');
        let sum: u32 = self.header.iter().map(|byte| u32::from(*byte)).sum();
        self.header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = [&self.header[..], &self.contents].concat();
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }
}

/// Entries without an end.
pub fn unended(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::bytes).collect()
}

/// An archive of entries.
pub fn archive(entries: &[Entry]) -> Vec<u8> {
    [unended(entries), vec![0; 2 * BLOCK]].concat()
}

/// Frames of an archive that is sent as that of a folder `top`, as PNG files.
pub fn frames(archive: &[u8]) -> Vec<Vec<u8>> {
    let (name, content) = (Some("top".to_owned()), Content::Folder);
    let options = StreamOptions { name, content, ..StreamOptions::default() };
    let stream = Stream::new(archive, in_memory(), options, |_| Ok::<_, SendError>(())).unwrap();
    let tables = super::choice(Profile::Lossless, 256).tables().unwrap();
    super::pngs(&mut OwnTransfer::new(stream, tables, OwnOptions::default()).unwrap(), 2)
}
