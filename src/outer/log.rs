//! What has been received, in the order of arrival: a file of records to which nothing is ever
//! done but appending. Whenever a process is killed, all records before the last one are whole,
//! and the last one is dropped when the file is opened again.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;
use tempfile::SpooledTempFile;

/// First bytes of the file.
const MAGIC: &[u8; 16] = b"tilecast state 1";
/// Bytes before a record's body: its length (little-endian) and kind.
const HEAD_BYTES: usize = 5;
/// Bytes behind it: CRC-32 of kind and body.
const CHECK_BYTES: usize = 4;
/// Longest body that is believed.
const MAX_BODY_BYTES: usize = 1 << 24;
/// A log without a file of its own stays in memory up to this many bytes.
const MEMORY_BYTES: usize = 32 << 20;
/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A packet of a transfer, as it was decoded or restored.
    Packet = 1,
    /// A transfer, before its packets.
    Transfer = 2,
    /// A piece of a transfer in another format.
    Chunk = 3,
    /// A capture of which everything is in the log.
    Capture = 4,
}

impl RecordKind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Packet, Self::Transfer, Self::Chunk, Self::Capture]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// A log; clones are the same log.
#[derive(Clone, Debug, Default)]
pub struct Log(Rc<RefCell<Inner>>);

#[derive(Debug)]
struct Inner {
    store: Store,
    /// Bytes that have been written, and those after them that wait for it.
    written: u64,
    waiting: Vec<u8>,
}

#[derive(Debug)]
enum Store {
    Temporary(SpooledTempFile),
    Named(File),
}

impl Default for Inner {
    fn default() -> Self {
        let store = Store::Temporary(SpooledTempFile::new(MEMORY_BYTES));
        Self { store, written: 0, waiting: MAGIC.to_vec() }
    }
}

impl Log {
    /// A new log in a file at `path`.
    ///
    /// # Errors
    /// If there is a file already, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        let inner = Inner { store: Store::Named(file), ..Inner::default() };
        Ok(Self(Rc::new(RefCell::new(inner))))
    }

    /// The log in the file at `path`, continued. `each` gets the log itself, every record, and
    /// where in the log its body begins; it may not append.
    ///
    /// # Errors
    /// If the file is no log or cannot be used.
    pub fn open(path: &Path, mut each: impl FnMut(&Self, RecordKind, &[u8], u64)) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, file.try_clone()?);
        let mut magic = [0; MAGIC.len()];
        // A log that was killed before its first byte was written is as good as a new one.
        let length = file.metadata()?.len();
        if length > 0 && (reader.read_exact(&mut magic).is_err() || &magic != MAGIC) {
            return Err(Error::new(ErrorKind::InvalidData, "this is not a file of received parts"));
        }
        let waiting = if length == 0 { MAGIC.to_vec() } else { Vec::new() };
        let mut end = length.min(MAGIC.len() as u64);
        let inner = Inner { store: Store::Named(file), written: end, waiting };
        let log = Self(Rc::new(RefCell::new(inner)));
        let mut body = Vec::new();
        while let Some(kind) = next_record(&mut reader, &mut body)? {
            each(&log, kind, &body, end + HEAD_BYTES as u64);
            end += (HEAD_BYTES + body.len() + CHECK_BYTES) as u64;
        }
        let mut inner = log.0.borrow_mut();
        if let Store::Named(file) = &inner.store {
            file.set_len(end)?;
        }
        inner.written = end;
        drop(inner);
        Ok(log)
    }

    /// Appends a record; gives where its body begins.
    ///
    /// # Errors
    /// If the disk is full, say.
    pub fn append(&self, kind: RecordKind, body: &[u8]) -> Result<u64> {
        let mut inner = self.0.borrow_mut();
        let mut crc = crc32fast::Hasher::new();
        crc.update(&[kind as u8]);
        crc.update(body);
        inner.waiting.extend((body.len() as u32).to_le_bytes());
        inner.waiting.push(kind as u8);
        let place = inner.written + inner.waiting.len() as u64;
        inner.waiting.extend_from_slice(body);
        inner.waiting.extend(crc.finalize().to_le_bytes());
        if inner.waiting.len() >= BUFFER_BYTES {
            inner.flush()?;
        }
        Ok(place)
    }

    /// Writes what waits, so that it outlives this process.
    ///
    /// # Errors
    /// If the disk is full, say.
    pub fn flush(&self) -> Result<()> {
        self.0.borrow_mut().flush()
    }

    /// Reads `length` bytes at a place.
    ///
    /// # Errors
    /// If there are no such bytes.
    pub fn read(&self, place: u64, length: usize) -> Result<Vec<u8>> {
        let mut inner = self.0.borrow_mut();
        if place + length as u64 > inner.written {
            inner.flush()?;
        }
        let mut bytes = vec![0; length];
        inner.store.seek(place)?;
        inner.store.reader().read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Inner {
    fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.store.seek(self.written)?;
        match &mut self.store {
            Store::Temporary(file) => file.write_all(&self.waiting)?,
            Store::Named(file) => file.write_all(&self.waiting)?,
        }
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}

impl Store {
    fn seek(&mut self, place: u64) -> Result<u64> {
        match self {
            Self::Temporary(file) => file.seek(SeekFrom::Start(place)),
            Self::Named(file) => file.seek(SeekFrom::Start(place)),
        }
    }

    fn reader(&mut self) -> &mut dyn Read {
        match self {
            Self::Temporary(file) => file,
            Self::Named(file) => file,
        }
    }
}

/// The next record; `None` at the end, or where something else than a whole record is.
fn next_record(reader: &mut impl Read, body: &mut Vec<u8>) -> Result<Option<RecordKind>> {
    let mut head = [0; HEAD_BYTES];
    if !filled(reader, &mut head)? {
        return Ok(None);
    }
    let [a, b, c, d, kind] = head;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    if length > MAX_BODY_BYTES {
        return Ok(None);
    }
    body.resize(length, 0);
    let mut check = [0; CHECK_BYTES];
    if !filled(reader, body)? || !filled(reader, &mut check)? {
        return Ok(None);
    }
    let mut crc = crc32fast::Hasher::new();
    crc.update(&[kind]);
    crc.update(body);
    let whole = crc.finalize().to_le_bytes() == check;
    Ok(RecordKind::from_byte(kind).filter(|_| whole))
}

/// Fills a buffer; false if the file ends first.
fn filled(reader: &mut impl Read, buffer: &mut [u8]) -> Result<bool> {
    match reader.read_exact(buffer) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        result => result.map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn records(path: &Path) -> (Log, Vec<(RecordKind, Vec<u8>)>) {
        let mut records = Vec::new();
        let log = Log::open(path, |_, kind, body, _| records.push((kind, body.to_vec()))).unwrap();
        (log, records)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn wherever_a_log_is_cut_whole_records_stay(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..20),
            cut in 0.0..1.0f64,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log");
            let log = Log::create(&path).unwrap();
            let mut ends = vec![MAGIC.len() as u64];
            for body in &bodies {
                let place = log.append(RecordKind::Chunk, body).unwrap();
                prop_assert_eq!(&log.read(place, body.len()).unwrap(), body);
                ends.push(place + (body.len() + CHECK_BYTES) as u64);
            }
            log.flush().unwrap();
            let length = (cut * *ends.last().unwrap() as f64) as u64;
            File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
            if length > 0 && length < ends[0] {
                let opened = Log::open(&path, |_, _, _, _| {});
                prop_assert!(opened.is_err());
                return Ok(());
            }
            let whole = ends.iter().filter(|end| **end <= length).count().saturating_sub(1);
            let (log, kept) = records(&path);
            prop_assert!(kept.iter().map(|(_, body)| body).eq(&bodies[..whole]));
            log.append(RecordKind::Capture, b"more").unwrap();
            log.flush().unwrap();
            prop_assert_eq!(records(&path).1.len(), whole + 1);
        }
    }

    #[test]
    fn other_files_are_refused_and_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"something that is not a log").unwrap();
        assert!(Log::open(&path, |_, _, _, _| {}).is_err());
        assert!(Log::create(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"something that is not a log");
    }

    #[test]
    fn a_large_log_moves_to_a_file() {
        let log = Log::default();
        let body = vec![7; MAX_BODY_BYTES / 4];
        let places: Vec<u64> =
            (0..12).map(|_| log.append(RecordKind::Packet, &body).unwrap()).collect();
        assert!(matches!(&log.0.borrow().store, Store::Temporary(file) if file.is_rolled()));
        assert!(places.iter().all(|place| log.read(*place, body.len()).unwrap() == body));
    }
}
