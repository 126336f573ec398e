//! Reading from what can be silent: a pipe, a camera, another program. Whoever waits for it can stop
//! waiting.

use std::fs::File;
use std::io::{ErrorKind, Read, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Bytes that are read at a time at most; a pipe has no more.
const CHUNK_BYTES: usize = 1 << 16;
/// Chunks that wait to be taken.
const CHUNKS_AHEAD: usize = 16;
/// How often it is looked whether waiting is of use.
pub(super) const PATIENCE: Duration = Duration::from_millis(40);

/// Says to all who wait for input that nobody needs it any more.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Says so.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was said.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Reads on a thread of its own, which opens the source as well: a named pipe has no beginning before
/// it has a writer. The stream ends soon after a [`Stop`]; the thread with what it waits for.
#[derive(Debug)]
pub(super) struct PatientReader {
    chunks: Receiver<Result<Vec<u8>>>,
    stop: Stop,
    chunk: Vec<u8>,
    used: usize,
}

impl PatientReader {
    /// Reads what `open` opens.
    pub(super) fn new<R: Read>(
        open: impl FnOnce() -> Result<R> + Send + 'static,
        stop: &Stop,
    ) -> Self {
        let (send, chunks) = sync_channel(CHUNKS_AHEAD);
        std::thread::spawn(move || {
            let mut source = match open() {
                Ok(source) => source,
                Err(error) => return drop(send.send(Err(error))),
            };
            let mut buffer = vec![0; CHUNK_BYTES];
            loop {
                let chunk = match source.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => Ok(buffer.get(..count).unwrap_or_default().to_vec()),
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let failed = chunk.is_err();
                if send.send(chunk).is_err() || failed {
                    break;
                }
            }
        });
        Self { chunks, stop: stop.clone(), chunk: Vec::new(), used: 0 }
    }
}

impl Read for PatientReader {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.used == self.chunk.len() {
            if self.stop.is_set() {
                return Ok(0);
            }
            match self.chunks.recv_timeout(PATIENCE) {
                Ok(chunk) => (self.chunk, self.used) = (chunk?, 0),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let rest = self.chunk.get(self.used..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.used += count;
        Ok(count)
    }
}

/// Standard input, which ends soon after `stop`.
pub fn standard_input(stop: &Stop) -> impl Read + Send + use<> {
    PatientReader::new(|| Ok(std::io::stdin()), stop)
}

/// What is at a path, to be read once from its start; what is no regular file ends soon after `stop`.
///
/// # Errors
/// If it cannot be opened; for what is no regular file that shows when it is read.
pub fn open_input(path: &Path, stop: &Stop) -> Result<Box<dyn Read + Send>> {
    if std::fs::metadata(path)?.is_file() {
        return Ok(Box::new(File::open(path)?));
    }
    let path = path.to_owned();
    Ok(Box::new(PatientReader::new(move || File::open(path), stop)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Instant;

    #[test]
    fn everything_comes_through_and_errors_too() {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|i| ((i.wrapping_mul(i)) >> 9) as u8).collect();
        let source = std::io::Cursor::new(bytes.clone());
        let mut read = Vec::new();
        PatientReader::new(|| Ok(source), &Stop::default()).read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        let open = || Err::<File, _>(ErrorKind::NotFound.into());
        let mut reader = PatientReader::new(open, &Stop::default());
        assert_eq!(reader.read(&mut [0]).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn waiting_ends_with_stop() {
        let (silent, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"so far").unwrap();
        let stop = Stop::default();
        let mut reader = PatientReader::new(|| Ok(silent), &stop);
        let mut front = [0; 6];
        reader.read_exact(&mut front).unwrap();
        assert_eq!(&front, b"so far");
        let start = Instant::now();
        let later = stop.clone();
        let setter = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            later.set();
        });
        assert_eq!(reader.read(&mut front).unwrap(), 0);
        assert!(start.elapsed() < Duration::from_secs(5));
        setter.join().unwrap();
    }
}
