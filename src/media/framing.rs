//! What a stream of frames has around and between them: one [`Framing`] for each kind of file.

use std::io::{Result, Write};

/// What a stream of frames has around and between them.
pub(super) trait Framing {
    /// Writes what comes before the first frame.
    fn begin(&mut self, _target: &mut dyn Write) -> Result<()> {
        Ok(())
    }

    /// Writes a frame with what belongs to it; its number in the transfer is from 0.
    fn frame(&mut self, number: u64, bytes: &[u8], target: &mut dyn Write) -> Result<()>;

    /// Writes what comes after the last frame.
    fn end(&mut self, _target: &mut dyn Write) -> Result<()> {
        Ok(())
    }
}
