//! Storage behind which there are files.

use crate::storage::Storage;
use std::fs::{File, OpenOptions};
use std::io::Result;
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

/// Storage that vanishes with this process, in memory while it is small.
pub fn temporary() -> Box<dyn Storage> {
    Box::new(SpooledTempFile::new(MEMORY_BYTES))
}

/// A new file.
///
/// # Errors
/// If there is a file already, or it cannot be written.
pub fn create(path: &Path) -> Result<Box<dyn Storage>> {
    Ok(Box::new(OpenOptions::new().read(true).write(true).create_new(true).open(path)?))
}

/// A file that is there already, to go on with.
///
/// # Errors
/// If it cannot be read and written.
pub fn open(path: &Path) -> Result<Box<dyn Storage>> {
    Ok(Box::new(OpenOptions::new().read(true).write(true).open(path)?))
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
    fn much_goes_to_a_file() {
        let mut spooled = SpooledTempFile::new(MEMORY_BYTES);
        std::io::Write::write_all(&mut spooled, &vec![7; MEMORY_BYTES + 1]).unwrap();
        assert!(spooled.is_rolled());
    }
}
