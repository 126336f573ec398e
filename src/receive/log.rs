//! What has been received, in the order of arrival: records to which nothing is ever done but
//! appending more. Whenever a process is killed, all records before the last one are whole, and the
//! last one is dropped when the log is opened again.

use crate::outer::PacketStore;
use crate::storage::Storage;
use std::io::{BufReader, Error, ErrorKind, Read, Result, SeekFrom};

/// First bytes of the file.
const MAGIC: &[u8; 16] = b"tilecast state 1";
/// Bytes before a record's body: its length (little-endian) and kind.
const HEAD_BYTES: usize = 5;
/// Bytes behind it: CRC-32 of kind and body.
const CHECK_BYTES: usize = 4;
/// Longest body that is believed.
const MAX_BODY_BYTES: usize = 1 << 24;
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

/// A log.
#[derive(Debug)]
pub struct Log {
    storage: Box<dyn Storage>,
    /// Bytes that have been written, and those after them that wait for it.
    written: u64,
    waiting: Vec<u8>,
}

impl Log {
    /// A new log in empty storage.
    pub fn new(storage: Box<dyn Storage>) -> Self {
        Self { storage, written: 0, waiting: MAGIC.to_vec() }
    }

    /// The log in `storage`, continued. `each` gets every record, and where its body begins.
    ///
    /// # Errors
    /// If that is no log or cannot be used.
    pub fn open(
        mut storage: Box<dyn Storage>,
        mut each: impl FnMut(RecordKind, &[u8], u64),
    ) -> Result<Self> {
        let length = storage.seek(SeekFrom::End(0))?;
        storage.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, &mut storage);
        let mut magic = [0; MAGIC.len()];
        // A log that was killed before its first byte was written is as good as a new one.
        if length > 0 && (reader.read_exact(&mut magic).is_err() || &magic != MAGIC) {
            return Err(Error::new(ErrorKind::InvalidData, "this is not a file of received parts"));
        }
        let waiting = if length == 0 { MAGIC.to_vec() } else { Vec::new() };
        let mut written = length.min(MAGIC.len() as u64);
        let mut body = Vec::new();
        while let Some(kind) = next_record(&mut reader, &mut body)? {
            each(kind, &body, written + HEAD_BYTES as u64);
            written += (HEAD_BYTES + body.len() + CHECK_BYTES) as u64;
        }
        storage.truncate(written)?;
        Ok(Self { storage, written, waiting })
    }

    /// Where the next record begins: what was noted earlier has a lower number.
    pub fn end(&self) -> u64 {
        self.written + self.waiting.len() as u64
    }

    /// Appends a record; gives where its body begins.
    ///
    /// # Errors
    /// If the disk is full, say.
    pub(crate) fn note(&mut self, kind: RecordKind, body: &[u8]) -> Result<u64> {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&[kind as u8]);
        crc.update(body);
        self.waiting.extend((body.len() as u32).to_le_bytes());
        self.waiting.push(kind as u8);
        let place = self.end();
        self.waiting.extend_from_slice(body);
        self.waiting.extend(crc.finalize().to_le_bytes());
        if self.waiting.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(place)
    }

    /// Writes what waits, so that it outlives this process.
    ///
    /// # Errors
    /// If the disk is full, say.
    pub(crate) fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.storage.seek(SeekFrom::Start(self.written))?;
        self.storage.write_all(&self.waiting)?;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}

impl PacketStore for Log {
    fn keep(&mut self, packet: &[u8]) -> Result<u64> {
        self.note(RecordKind::Packet, packet)
    }

    fn read(&mut self, place: u64, length: usize) -> Result<Vec<u8>> {
        if place.saturating_add(length as u64) > self.written {
            self.flush()?;
        }
        let mut bytes = vec![0; length];
        self.storage.seek(SeekFrom::Start(place))?;
        self.storage.read_exact(&mut bytes)?;
        Ok(bytes)
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
    use crate::storage::in_memory;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A log of these bytes, and the records in it.
    fn records(bytes: &[u8]) -> Result<(Log, Vec<Vec<u8>>)> {
        let mut records = Vec::new();
        let storage = Box::new(Cursor::new(bytes.to_vec()));
        let log = Log::open(storage, |_, body, _| records.push(body.to_vec()))?;
        Ok((log, records))
    }

    fn bytes(log: &mut Log) -> Vec<u8> {
        log.flush().unwrap();
        log.read(0, log.end() as usize).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn wherever_a_log_is_cut_whole_records_stay(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..20),
            cut in 0.0..1.0f64,
        ) {
            let mut log = Log::new(in_memory());
            let mut ends = vec![MAGIC.len()];
            for body in &bodies {
                let place = log.note(RecordKind::Chunk, body).unwrap();
                prop_assert_eq!(&log.read(place, body.len()).unwrap(), body);
                ends.push(log.end() as usize);
            }
            let whole = bytes(&mut log);
            let length = (cut * whole.len() as f64) as usize;
            let opened = records(&whole[..length]);
            if length > 0 && length < ends[0] {
                prop_assert!(opened.is_err());
                return Ok(());
            }
            let count = ends.iter().filter(|end| **end <= length).count().saturating_sub(1);
            let (mut log, kept) = opened.unwrap();
            prop_assert_eq!(&kept[..], &bodies[..count]);
            log.note(RecordKind::Capture, b"more").unwrap();
            prop_assert_eq!(records(&bytes(&mut log)).unwrap().1.len(), count + 1);
        }
    }

    #[test]
    fn other_files_are_refused() {
        assert!(records(b"something that is not a log").is_err());
        assert!(records(b"short").is_err());
    }
}
