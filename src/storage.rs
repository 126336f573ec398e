//! Room for what may not fit in memory: a file, a temporary file, or memory after all. Who opens it
//! decides; who fills it does not care.

use std::fmt::Debug;
use std::io::{Cursor, Read, Result, Seek, Write};

/// Bytes that can be written, read again at any place, and cut.
pub trait Storage: Read + Write + Seek + Send + Debug {
    /// Drops everything from byte `length` on.
    ///
    /// # Errors
    /// If the file behind it fails.
    fn truncate(&mut self, length: u64) -> Result<()>;
}

impl Storage for Cursor<Vec<u8>> {
    fn truncate(&mut self, length: u64) -> Result<()> {
        self.get_mut().truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }
}

/// Storage in memory.
pub fn in_memory() -> Box<dyn Storage> {
    Box::new(Cursor::new(Vec::new()))
}
