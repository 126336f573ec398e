//! Storage that can be looked at while a receiver has it.

use crate::storage::Storage;
use std::io::{Cursor, Read, Result, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes in memory that several hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Shared {
    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Cursor::new(bytes))))
    }

    /// What is in it now.
    pub(super) fn held(&self) -> Vec<u8> {
        self.cursor().get_ref().clone()
    }

    fn cursor(&self) -> MutexGuard<'_, Cursor<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.cursor().read(buffer)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.cursor().write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.cursor().seek(to)
    }
}

impl Storage for Shared {
    fn truncate(&mut self, length: u64) -> Result<()> {
        self.cursor().truncate(length)
    }
}
