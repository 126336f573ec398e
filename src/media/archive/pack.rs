//! A folder to an archive, read as it is needed.
//!
//! The same names, contents, links and executable bits give the same bytes on every machine and at any
//! time: owners and times are left out, entries are in the order of their names.

use super::list::{Listing, Sources, unreadable};
use super::tree::{Node, TOP, Tree, Walk};
use super::{ArchiveError, BLOCK_BYTES, name};
use crate::text::printable;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use tar::{EntryType, Header};

/// Modes of what can be run, and of folders; of other files; of links.
const MODES: [u32; 3] = [0o755, 0o644, 0o777];
/// Blocks of zeros that end an archive.
const END_BLOCKS: usize = 2;
/// What GNU's tar writes before a name that has no room in a header.
const LONG_NAME: &[u8] = b"././@LongLink";

/// A folder that is listed and can be read as an archive.
#[derive(Debug)]
pub struct Packing {
    name: String,
    tree: Tree,
    sources: Sources,
    length: u64,
    left_out: Vec<String>,
    left_out_count: u64,
}

impl Packing {
    /// Lists what is in the `sources`, to be packed as a folder of this name; without `output`, which is
    /// written meanwhile, and other unfinished output.
    ///
    /// # Errors
    /// If something cannot be read, no receiver could unpack it, or a link leads outside.
    pub fn new(name: &str, sources: Sources, output: Option<&Path>) -> Result<Self, ArchiveError> {
        name::check(name).map_err(|why| ArchiveError::Name { path: printable(name), why })?;
        let Listing { tree, left_out, left_out_count, .. } = Listing::new(&sources, output)?;
        tree.links()?;
        let mut length = entry_bytes(name, "", &Node::Folder(TOP));
        let mut walk = Walk::default();
        while let Some((path, node)) = tree.next(&mut walk) {
            length = length.saturating_add(entry_bytes(name, &path, node));
        }
        let length = length.saturating_add(END_BLOCKS as u64 * BLOCK_BYTES);
        let name = name.to_owned();
        Ok(Self { name, tree, sources, length, left_out, left_out_count })
    }

    /// Bytes of the archive.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// What is left out and why, of some of it, and how much is.
    pub fn left_out(&self) -> (&[String], u64) {
        (&self.left_out, self.left_out_count)
    }

    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        self.left_out_count == 0
    }

    /// The archive. Reading fails if a file is not as it was listed.
    pub fn into_reader(self) -> impl Read + Send {
        let Self { name, tree, sources, .. } = self;
        let ahead = Cursor::new(headers(&name, "", &Node::Folder(TOP)));
        Packed { name, sources, tree, walk: Walk::default(), ahead, file: None, ended: false }
    }
}

/// Bytes with what fills them up to whole blocks.
fn filled(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES)
}

/// Bytes of contents.
fn contents(node: &Node) -> u64 {
    if let Node::File { bytes, .. } = node { *bytes } else { 0 }
}

/// Bytes of an entry.
fn entry_bytes(folder: &str, path: &str, node: &Node) -> u64 {
    (headers(folder, path, node).len() as u64).saturating_add(filled(contents(node)))
}

/// The blocks before the contents of what has this path in a folder of this name.
fn headers(folder: &str, path: &str, node: &Node) -> Vec<u8> {
    let (kind, mode, target, end) = match node {
        Node::Folder(_) => (EntryType::Directory, MODES[0], "", "/"),
        Node::File { executable: true, .. } => (EntryType::Regular, MODES[0], "", ""),
        Node::File { .. } => (EntryType::Regular, MODES[1], "", ""),
        Node::Link(target) => (EntryType::Symlink, MODES[2], target.as_str(), ""),
    };
    let path = match path {
        "" => format!("{folder}{end}"),
        path => format!("{folder}/{path}{end}"),
    };
    let mut header = header(kind, contents(node), mode);
    let mut blocks = long(EntryType::GNULongLink, target, &mut header.as_old_mut().linkname);
    blocks.extend(long(EntryType::GNULongName, &path, &mut header.as_old_mut().name));
    header.set_cksum();
    blocks.extend(header.as_bytes());
    blocks
}

fn header(kind: EntryType, bytes: u64, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(bytes);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

/// Writes a name into the `field` of a header; one that has no room there also into blocks of its own,
/// which go before it.
fn long(kind: EntryType, name: &str, field: &mut [u8; 100]) -> Vec<u8> {
    let name = name.as_bytes();
    let front = name.len().min(field.len());
    field[..front].copy_from_slice(&name[..front]);
    if name.len() <= field.len() {
        return Vec::new();
    }
    let mut header = header(kind, name.len() as u64 + 1, MODES[1]);
    header.as_old_mut().name[..LONG_NAME.len()].copy_from_slice(LONG_NAME);
    header.set_cksum();
    let mut blocks = [header.as_bytes(), name].concat();
    blocks.resize((BLOCK_BYTES + filled(name.len() as u64 + 1)) as usize, 0);
    blocks
}

/// An archive that is read.
struct Packed {
    name: String,
    sources: Sources,
    tree: Tree,
    walk: Walk,
    /// What comes before the next contents.
    ahead: Cursor<Vec<u8>>,
    file: Option<Contents>,
    ended: bool,
}

/// A file that is being read.
struct Contents {
    file: File,
    path: PathBuf,
    bytes: u64,
    left: u64,
}

impl Packed {
    /// Begins with the next entry; whether there is one.
    fn begin(&mut self) -> Result<bool, ArchiveError> {
        let Some((path, node)) = self.tree.next(&mut self.walk) else { return Ok(false) };
        self.ahead = Cursor::new(headers(&self.name, &path, node));
        let Node::File { bytes, .. } = *node else { return Ok(true) };
        let path = self.sources.path(&path);
        // What has become a pipe meanwhile would wait for a writer.
        if !fs::metadata(&path).map_err(unreadable(&path))?.is_file() {
            return Err(ArchiveError::Changed(path));
        }
        let file = File::open(&path).map_err(unreadable(&path))?;
        self.file = Some(Contents { file, path, bytes, left: bytes });
        Ok(true)
    }
}

impl Contents {
    /// Reads some of it; at its end nothing, and then no more may be there.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let mut behind = [0];
        let part = if self.left > 0 { &mut buffer[..most] } else { &mut behind[..] };
        let read = loop {
            match self.file.read(part) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(unreadable(&self.path))?,
            }
        };
        if (read == 0) != (self.left == 0) {
            return Err(ArchiveError::Changed(self.path.clone()));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            let ahead = self.ahead.read(buffer)?;
            if ahead > 0 {
                return Ok(ahead);
            }
            if let Some(file) = &mut self.file {
                let read = file.read(buffer).map_err(io::Error::other)?;
                if read > 0 {
                    return Ok(read);
                }
                let filling = filled(file.bytes) - file.bytes;
                self.ahead = Cursor::new(vec![0; filling as usize]);
                self.file = None;
            } else if self.begin().map_err(io::Error::other)? {
                // Its headers are ahead.
            } else if !std::mem::replace(&mut self.ended, true) {
                self.ahead = Cursor::new(vec![0; END_BLOCKS * BLOCK_BYTES as usize]);
            } else {
                break;
            }
        }
        Ok(0)
    }
}
