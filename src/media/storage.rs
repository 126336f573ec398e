//! Storage behind which there are files.

use crate::storage::Storage;
#[cfg(unix)]
use std::fs::Metadata;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use tempfile::SpooledTempFile;

/// What is temporary stays in memory up to this many bytes.
const MEMORY_BYTES: usize = 32 << 20;

impl Storage for File {
    fn truncate(&mut self, length: u64) -> Result<()> {
        self.set_len(length)
    }
}

impl Storage for SpooledTempFile {
    fn truncate(&mut self, length: u64) -> Result<()> {
        self.set_len(length)
    }
}

/// Storage that is open.
pub type Opened = Box<dyn Storage>;

/// Storage that vanishes with this process, in memory while it is small.
pub fn temporary() -> Opened {
    Box::new(SpooledTempFile::new(MEMORY_BYTES))
}

/// A new file, which no other process uses as long as this one does.
///
/// # Errors
/// If there is a file already, or it cannot be written.
pub fn create(path: &Path) -> Result<Opened> {
    claim(path, OpenOptions::new().read(true).write(true).create_new(true))
}

/// A file that is there already, to go on with, while no other process does.
///
/// # Errors
/// [`ErrorKind::ResourceBusy`] if one does; or if it cannot be read and written.
pub fn open(path: &Path) -> Result<Opened> {
    claim(path, OpenOptions::new().read(true).write(true))
}

/// As [`open`] if there is a file, as [`create`] if there is none.
///
/// # Errors
/// As these.
pub fn open_or_create(path: &Path) -> Result<Opened> {
    claim(path, OpenOptions::new().read(true).write(true).create(true))
}

fn claim(path: &Path, options: &OpenOptions) -> Result<Opened> {
    let file = options.open(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            return Err(Error::new(ErrorKind::ResourceBusy, "another process uses it"));
        }
        // A file system without locks: then nobody can tell.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    // Whoever had it before may just have removed it.
    if !is_at(&file, path) {
        return Err(ErrorKind::NotFound.into());
    }
    Ok(Box::new(file))
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let number = |found: Result<Metadata>| found.map(|found| (found.dev(), found.ino())).ok();
    number(file.metadata()) == number(std::fs::metadata(path))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Bytes that can still be written to where `path` is or will be; `None` if nobody knows.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs4::available_space(folder.unwrap_or(Path::new("."))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::in_memory;
    use std::io::SeekFrom;

    #[test]
    fn all_kinds_behave_alike() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for mut storage in [in_memory(), temporary(), create(&path).unwrap()] {
            storage.write_all(b"some bytes").unwrap();
            storage.truncate(7).unwrap();
            storage.seek(SeekFrom::Start(5)).unwrap();
            let mut rest = Vec::new();
            storage.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, b"by");
        }
        assert!(create(&path).is_err());
        assert!(open(&path).is_ok() && open(&folder.path().join("other")).is_err());
    }

    #[test]
    fn nobody_else_has_it_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let first = create(&path).unwrap();
        for second in [open(&path), open_or_create(&path)] {
            assert_eq!(second.map(drop).unwrap_err().kind(), ErrorKind::ResourceBusy);
        }
        drop(first);
        assert!(open(&path).is_ok() && free_bytes(&path).is_some_and(|bytes| bytes > 0));
    }

    #[test]
    fn much_goes_to_a_file() {
        let mut spooled = SpooledTempFile::new(MEMORY_BYTES);
        std::io::Write::write_all(&mut spooled, &vec![7; MEMORY_BYTES + 1]).unwrap();
        assert!(spooled.is_rolled());
    }
}
