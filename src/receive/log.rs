//! What has been received, in the order of arrival: records to which nothing is ever done but
//! appending more. Whenever a process is killed, all records before the last one are whole, and the
//! last one is dropped when the log is opened again. Where a disk has damaged it, every record that is
//! whole is found all the same.

use crate::outer::PacketStore;
use crate::storage::Storage;
use std::io::{Error, ErrorKind, Result, SeekFrom};

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
    /// A capture's header, before the packets that came with it.
    Frame = 2,
    /// A piece of a transfer in another format.
    Chunk = 3,
    /// A capture of which everything is in the log.
    Capture = 4,
    /// A packet that was worked out by cross packets.
    Restored = 5,
}

impl RecordKind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Packet, Self::Frame, Self::Chunk, Self::Capture, Self::Restored]
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
    damaged: u64,
}

impl Log {
    /// A new log in empty storage.
    pub fn new(storage: Box<dyn Storage>) -> Self {
        Self { storage, written: 0, waiting: MAGIC.to_vec(), damaged: 0 }
    }

    /// The log in `storage`, continued. `each` gets every whole record, and where its body begins.
    ///
    /// # Errors
    /// If that is no log or cannot be used.
    pub fn open(
        mut storage: Box<dyn Storage>,
        each: impl FnMut(RecordKind, &[u8], u64),
    ) -> Result<Self> {
        let length = storage.seek(SeekFrom::End(0))?;
        storage.seek(SeekFrom::Start(0))?;
        let (end, damaged) = scan(storage.as_mut(), length, each)?;
        storage.truncate(end)?;
        let waiting = if end == 0 { MAGIC.to_vec() } else { Vec::new() };
        Ok(Self { storage, written: end, waiting, damaged })
    }

    /// Bytes of it that were found damaged when it was opened.
    pub fn damaged(&self) -> u64 {
        self.damaged
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
        self.waiting.extend((body.len() as u32).to_le_bytes());
        self.waiting.push(kind as u8);
        let place = self.end();
        self.waiting.extend_from_slice(body);
        self.waiting.extend(crc(kind, body).to_le_bytes());
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

    fn keep_restored(&mut self, packet: &[u8]) -> Result<u64> {
        self.note(RecordKind::Restored, packet)
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

/// Gives every whole record in `storage` to `each`. Returns where new records can be appended, and how
/// many bytes before are no record.
fn scan(
    storage: &mut dyn Storage,
    length: u64,
    mut each: impl FnMut(RecordKind, &[u8], u64),
) -> Result<(u64, u64)> {
    let mut window = Window { storage, length, start: 0, bytes: Vec::new() };
    // A log that was killed while it wrote its first bytes is as good as a new one.
    let front = window.at(0, MAGIC.len())?;
    if MAGIC.starts_with(front) && front.len() < MAGIC.len() {
        return Ok((0, 0));
    }
    let is_log = front == MAGIC;
    let (mut at, mut records) = (MAGIC.len() as u64, 0);
    let mut damaged = if is_log { 0 } else { at };
    // Where the last whole record ends: what follows it is torn, or damaged.
    let mut end = at;
    while at < length {
        match window.record(at)? {
            Some((kind, body)) => {
                each(kind, body, at + HEAD_BYTES as u64);
                damaged += at - end;
                at += (HEAD_BYTES + body.len() + CHECK_BYTES) as u64;
                end = at;
                records += 1;
            }
            None => at += 1,
        }
    }
    if !is_log && records == 0 {
        return Err(Error::new(ErrorKind::InvalidData, "this is not a file of received parts"));
    }
    // Without its front it would not be known the next time: it is mended by what is written next.
    if !is_log {
        window.storage.seek(SeekFrom::Start(0))?;
        window.storage.write_all(MAGIC)?;
    }
    Ok((end, damaged))
}

/// A part of a storage, moved along as it is looked at.
struct Window<'a> {
    storage: &'a mut dyn Storage,
    length: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// The `count` bytes at a place, or those that there are.
    fn at(&mut self, place: u64, count: usize) -> Result<&[u8]> {
        let count = (self.length.saturating_sub(place)).min(count as u64) as usize;
        let inside =
            place >= self.start && place + count as u64 <= self.start + self.bytes.len() as u64;
        if !inside {
            let wanted = self.length.saturating_sub(place).min(count.max(BUFFER_BYTES) as u64);
            self.bytes.resize(wanted as usize, 0);
            self.storage.seek(SeekFrom::Start(place))?;
            self.storage.read_exact(&mut self.bytes)?;
            self.start = place;
        }
        let from = (place - self.start) as usize;
        Ok(self.bytes.get(from..from + count).unwrap_or_default())
    }

    /// The whole record that begins at a place, if there is one.
    fn record(&mut self, place: u64) -> Result<Option<(RecordKind, &[u8])>> {
        let Some(head) = self.at(place, HEAD_BYTES)?.first_chunk::<HEAD_BYTES>() else {
            return Ok(None);
        };
        let [a, b, c, d, kind] = *head;
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let Some(kind) = RecordKind::from_byte(kind).filter(|_| length <= MAX_BODY_BYTES) else {
            return Ok(None);
        };
        let whole = self.at(place + HEAD_BYTES as u64, length + CHECK_BYTES)?;
        let Some((body, check)) = whole.split_last_chunk::<CHECK_BYTES>() else { return Ok(None) };
        if body.len() != length || crc(kind, body).to_le_bytes() != *check {
            return Ok(None);
        }
        Ok(Some((kind, body)))
    }
}

/// The check of a record.
fn crc(kind: RecordKind, body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&[kind as u8]);
    crc.update(body);
    crc.finalize()
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
            let count = ends.iter().filter(|end| **end <= length).count().saturating_sub(1);
            let (mut log, kept) = opened.unwrap();
            prop_assert_eq!(&kept[..], &bodies[..count]);
            log.note(RecordKind::Capture, b"more").unwrap();
            prop_assert_eq!(records(&bytes(&mut log)).unwrap().1.len(), count + 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn whatever_is_damaged_all_other_records_stay(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 2..20),
            from: prop::sample::Index, length in 1usize..400, by in 1u8..,
        ) {
            let mut log = Log::new(in_memory());
            let mut ends = vec![MAGIC.len()];
            for body in &bodies {
                log.note(RecordKind::Chunk, body).unwrap();
                ends.push(log.end() as usize);
            }
            let mut whole = bytes(&mut log);
            let from = from.index(whole.len());
            let to = (from + length).min(whole.len());
            whole[from..to].iter_mut().for_each(|byte| *byte ^= by);
            let untouched = |at: usize| to <= ends[at] || from >= ends[at + 1];
            let expected: Vec<_> =
                (0..bodies.len()).filter(|at| untouched(*at)).map(|at| bodies[at].clone()).collect();
            match records(&whole) {
                Err(_) => prop_assert!(from < MAGIC.len() && expected.is_empty()),
                Ok((mut log, kept)) => {
                    prop_assert_eq!(&kept, &expected);
                    log.note(RecordKind::Capture, b"more").unwrap();
                    prop_assert_eq!(records(&bytes(&mut log)).unwrap().1.len(), kept.len() + 1);
                }
            }
        }
    }

    #[test]
    fn other_files_are_refused_and_torn_beginnings_are_not() {
        assert!(records(b"something that is not a log").is_err());
        assert!(records(b"short").is_err());
        for length in 0..MAGIC.len() {
            let (mut log, kept) = records(&MAGIC[..length]).unwrap();
            assert!(kept.is_empty());
            log.note(RecordKind::Chunk, b"one").unwrap();
            assert_eq!(records(&bytes(&mut log)).unwrap().1.len(), 1);
        }
    }
}
