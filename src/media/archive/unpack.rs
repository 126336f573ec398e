//! An archive to a folder: every entry is a file, a folder or a link of the folder, or nothing is unpacked.
//!
//! The archive is whatever a stranger has made. What is made of it lies within one new folder that nobody
//! else writes to, each file and folder newly created, and links come when everything else is there: nothing
//! can be written over or through anything. Whoever calls this throws the folder away if it fails.

use super::tree::{Node, TOP, Tree};
use super::{ArchiveError, BLOCK_BYTES, MAX_ARCHIVE_PATH_BYTES, name};
use crate::text::printable;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use tar::EntryType;

/// Longest name of the folder that holds everything, and a slash.
const MAX_TOP_BYTES: usize = 256;
/// Bytes that are copied at a time.
const BUFFER_BYTES: usize = 1 << 16;

/// What has been unpacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Files.
    pub files: u64,
    /// Folders, without the one that holds everything.
    pub folders: u64,
    /// Links.
    pub links: u64,
}

/// Unpacks an archive into a folder that is new and empty.
///
/// # Errors
/// If it is no archive of a folder, breaks a rule, or something cannot be written: then something of it may
/// be there already.
pub fn unpack(archive: impl Read, into: &Path) -> Result<Unpacked, ArchiveError> {
    let mut archive = tar::Archive::new(archive);
    let mut unpacking = Unpacking::new(into);
    let mut names = Names::default();
    for entry in archive.entries().map_err(ArchiveError::Archive)?.raw(true) {
        let mut entry = entry.map_err(ArchiveError::Archive)?;
        let (kind, bytes) = (entry.header().entry_type(), entry.size());
        if kind.is_gnu_longname() || kind.is_gnu_longlink() {
            names.read(&mut entry, kind, bytes)?;
            continue;
        }
        let names = std::mem::take(&mut names);
        let path = names.path.unwrap_or_else(|| entry.path_bytes().into_owned());
        let target = names.target.or_else(|| Some(entry.link_name_bytes()?.into_owned()));
        let path = text(path)?;
        match kind {
            _ if entry.header().as_gnu().is_none() && entry.header().as_ustar().is_none() => {
                return Err(ArchiveError::Damaged("a header is of an unknown format"));
            }
            EntryType::Regular => {
                let mode = entry.header().mode();
                let mode = mode.map_err(|_| ArchiveError::Damaged("a mode is no number"))?;
                unpacking.file(&path, bytes, mode & 0o100 != 0, &mut entry)?;
            }
            EntryType::Directory | EntryType::Symlink if bytes > 0 => {
                return Err(ArchiveError::Damaged("a folder or a link has contents"));
            }
            EntryType::Directory => unpacking.folder(&path)?,
            EntryType::Symlink => unpacking.link(&path, text(target.unwrap_or_default())?)?,
            other => {
                return Err(ArchiveError::Entry { path: printable(&path), kind: word(other) });
            }
        }
    }
    if names != Names::default() {
        return Err(ArchiveError::Damaged("a name is that of nothing"));
    }
    check_end(archive.into_inner())?;
    unpacking.finish()
}

/// Names too long for the header that follows.
#[derive(Default, PartialEq, Eq)]
struct Names {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

impl Names {
    fn read(
        &mut self,
        entry: &mut impl Read,
        kind: EntryType,
        bytes: u64,
    ) -> Result<(), ArchiveError> {
        if bytes > (MAX_TOP_BYTES + MAX_ARCHIVE_PATH_BYTES + 2) as u64 {
            return Err(ArchiveError::Damaged("a name is far too long"));
        }
        let mut name = Vec::new();
        entry.read_to_end(&mut name).map_err(ArchiveError::Archive)?;
        if (name.len() as u64) < bytes {
            return Err(ArchiveError::Damaged("it ends early"));
        }
        if name.last() == Some(&0) {
            name.pop();
        }
        let place = if kind.is_gnu_longname() { &mut self.path } else { &mut self.target };
        match place.replace(name) {
            Some(_) => Err(ArchiveError::Damaged("something has two names")),
            None => Ok(()),
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String, ArchiveError> {
    String::from_utf8(bytes).map_err(|error| ArchiveError::Name {
        path: printable(&String::from_utf8_lossy(error.as_bytes())),
        why: "is not UTF-8",
    })
}

/// What kind of entry is not unpacked.
fn word(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Link => "hard link, which is not unpacked",
        EntryType::Char | EntryType::Block => "device, which is not unpacked",
        EntryType::Fifo => "pipe, which is not unpacked",
        EntryType::GNUSparse => "sparse file, which is not unpacked",
        EntryType::XHeader | EntryType::XGlobalHeader => "pax header, which is not read",
        _ => "entry of a kind that is not unpacked",
    }
}

/// Checks that an archive has ended: one block of zeros has been read, at least one more follows, and
/// nothing else.
fn check_end(mut archive: impl Read) -> Result<(), ArchiveError> {
    let (mut buffer, mut zeros) = (vec![0; BUFFER_BYTES], 0);
    loop {
        match archive.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::Archive(error)),
            Ok(0) if zeros < BLOCK_BYTES => return Err(ArchiveError::Damaged("it ends early")),
            Ok(0) => return Ok(()),
            Ok(count) if buffer.iter().take(count).all(|byte| *byte == 0) => zeros += count as u64,
            Ok(_) => return Err(ArchiveError::Damaged("something follows its end")),
        }
    }
}

/// A folder that is being made.
struct Unpacking<'a> {
    into: &'a Path,
    /// The name of the folder that holds everything, in the archive.
    top: Option<String>,
    tree: Tree,
    unpacked: Unpacked,
    buffer: Vec<u8>,
}

impl<'a> Unpacking<'a> {
    fn new(into: &'a Path) -> Self {
        let (tree, unpacked) = Default::default();
        Self { into, top: None, tree, unpacked, buffer: vec![0; BUFFER_BYTES] }
    }

    /// Where a path of the archive is.
    fn place(&self, path: &str) -> PathBuf {
        path.split('/').fold(self.into.to_owned(), |place, name| place.join(name))
    }

    /// The path within the folder: without the folder's name.
    fn within<'p>(&self, path: &'p str) -> Result<&'p str, ArchiveError> {
        let inside = path.split_once('/').filter(|(top, _)| Some(*top) == self.top.as_deref());
        inside.map(|(_, inside)| inside).ok_or_else(|| ArchiveError::Name {
            path: printable(path),
            why: "does not begin with that of the folder",
        })
    }

    /// The folder that a path is in, made if it is not there yet, and the last name of the path.
    fn parent<'p>(&mut self, path: &'p str) -> Result<(usize, &'p str), ArchiveError> {
        let (folders, last) = path.rsplit_once('/').unwrap_or(("", path));
        let (mut at, mut end) = (TOP, 0);
        for part in folders.split('/').filter(|_| !folders.is_empty()) {
            end += part.len();
            let here = path.get(..end).unwrap_or_default();
            at = self.folder_at(at, part, here)?;
            end += 1;
        }
        Ok((at, last))
    }

    /// The folder of this name, made if it is not there yet.
    fn folder_at(&mut self, at: usize, name: &str, path: &str) -> Result<usize, ArchiveError> {
        match self.tree.get(at, name) {
            Some(Node::Folder(number)) => return Ok(*number),
            Some(_) => return Err(ArchiveError::Twice { path: printable(path) }),
            None => {}
        }
        let number = self.tree.add_folder(at, name)?;
        fs::create_dir(self.place(path)).map_err(failed(path))?;
        self.unpacked.folders += 1;
        Ok(number)
    }

    fn folder(&mut self, path: &str) -> Result<(), ArchiveError> {
        let path = path.strip_suffix('/').unwrap_or(path);
        if self.top.is_none() {
            name::check(path).map_err(|why| ArchiveError::Name { path: printable(path), why })?;
            self.top = Some(path.to_owned());
            return Ok(());
        }
        if self.top.as_deref() == Some(path) {
            return Ok(());
        }
        let path = self.within(path)?;
        let (at, name) = self.parent(path)?;
        self.folder_at(at, name, path).map(drop)
    }

    fn file(
        &mut self,
        path: &str,
        bytes: u64,
        executable: bool,
        contents: &mut impl Read,
    ) -> Result<(), ArchiveError> {
        let path = self.within(path)?;
        let (at, name) = self.parent(path)?;
        self.tree.add_file(at, name, bytes, executable)?;
        let mut file = create(&self.place(path), executable).map_err(failed(path))?;
        let mut left = bytes;
        while left > 0 {
            let read = match contents.read(&mut self.buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read.map_err(ArchiveError::Archive)?,
            };
            if read == 0 {
                return Err(ArchiveError::Damaged("it ends early"));
            }
            let part = self.buffer.get(..read).unwrap_or_default();
            file.write_all(part).map_err(failed(path))?;
            left = left.saturating_sub(read as u64);
        }
        self.unpacked.files += 1;
        Ok(())
    }

    /// Takes note of a link.
    fn link(&mut self, path: &str, target: String) -> Result<(), ArchiveError> {
        let path = self.within(path)?;
        let (at, name) = self.parent(path)?;
        self.tree.add_link(at, name, target)
    }

    /// Makes the links, if all stay inside.
    fn finish(mut self) -> Result<Unpacked, ArchiveError> {
        if self.top.is_none() {
            return Err(ArchiveError::Damaged("there is no folder in it"));
        }
        for (folder, name, target, is_folder) in self.tree.links()? {
            let path = self.tree.path(folder, name);
            link(target, &self.place(&path), is_folder).map_err(|error| {
                match failed(&path)(error) {
                    ArchiveError::Write { path, source } => ArchiveError::Link { path, source },
                    other => other,
                }
            })?;
            self.unpacked.links += 1;
        }
        Ok(self.unpacked)
    }
}

/// What it means that a file or folder cannot be made.
fn failed(path: &str) -> impl FnOnce(io::Error) -> ArchiveError + '_ {
    |source| match source.kind() {
        ErrorKind::AlreadyExists => ArchiveError::Clash { path: printable(path) },
        _ => ArchiveError::Write { path: printable(path), source },
    }
}

/// A new file, as the umask says, that can be run or not.
fn create(path: &Path, executable: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if executable { 0o777 } else { 0o666 });
    }
    #[cfg(not(unix))]
    let _ = executable;
    options.open(path)
}

#[cfg(unix)]
fn link(target: &str, path: &Path, _: bool) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn link(target: &str, path: &Path, is_folder: bool) -> io::Result<()> {
    let target = target.replace('/', "\\");
    match is_folder {
        true => std::os::windows::fs::symlink_dir(target, path),
        false => std::os::windows::fs::symlink_file(target, path),
    }
}

#[cfg(not(any(unix, windows)))]
fn link(_: &str, _: &Path, _: bool) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}
