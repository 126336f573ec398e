//! Room for what may not fit in memory: a file, a temporary file, or memory after all. Who opens it
//! decides; who fills it does not care.

use std::fmt::Debug;
use std::io::{Cursor, Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};

/// Bytes of a segment of memory: what is kept grows by so much, and is never moved.
const SEGMENT_BYTES: usize = 1 << 20;

/// Bytes that can be written, read again at any place, and cut.
pub trait Storage: Read + Write + Seek + Send + Debug {
    /// Drops everything from byte `length` on.
    ///
    /// # Errors
    /// If the file behind it fails.
    fn truncate(&mut self, length: u64) -> Result<()>;
}

/// Bytes that are there already.
impl Storage for Cursor<Vec<u8>> {
    fn truncate(&mut self, length: u64) -> Result<()> {
        self.get_mut().truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }
}

/// Storage in memory.
pub fn in_memory() -> Box<dyn Storage> {
    bounded(u64::MAX)
}

/// Storage in memory for so many bytes; writing more of them fails with [`ErrorKind::StorageFull`].
pub fn bounded(bytes: u64) -> Box<dyn Storage> {
    Box::new(Segments { segments: Vec::new(), length: 0, at: 0, most: bytes })
}

/// Memory that grows without being copied.
#[derive(Debug)]
struct Segments {
    segments: Vec<Box<[u8]>>,
    length: u64,
    at: u64,
    most: u64,
}

impl Segments {
    /// The rest of the segment at the place where it is; empty behind the last one.
    fn here(&mut self) -> &mut [u8] {
        let (segment, within) =
            (self.at / SEGMENT_BYTES as u64, (self.at % SEGMENT_BYTES as u64) as usize);
        let segment = usize::try_from(segment).ok().and_then(|i| self.segments.get_mut(i));
        segment.and_then(|segment| segment.get_mut(within..)).unwrap_or_default()
    }
}

impl Read for Segments {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let here = self.here();
        let count = buffer.len().min(here.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
        buffer[..count].copy_from_slice(&here[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Write for Segments {
    fn write(&mut self, buffer: &[u8]) -> Result<usize> {
        let end = self.at.saturating_add(buffer.len() as u64);
        if end > self.most {
            return Err(Error::new(ErrorKind::StorageFull, "more than may be kept in memory"));
        }
        while (self.segments.len() as u64) < end.div_ceil(SEGMENT_BYTES as u64) {
            self.segments.push(vec![0; SEGMENT_BYTES].into());
        }
        let here = self.here();
        let count = buffer.len().min(here.len());
        here[..count].copy_from_slice(&buffer[..count]);
        self.at += count as u64;
        self.length = self.length.max(self.at);
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Seek for Segments {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl Storage for Segments {
    fn truncate(&mut self, length: u64) -> Result<()> {
        self.length = self.length.min(length);
        let kept = self.length.div_ceil(SEGMENT_BYTES as u64);
        self.segments.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        // What is written behind a gap has zeros before it.
        let within = (self.length % SEGMENT_BYTES as u64) as usize;
        if within > 0
            && let Some(last) = self.segments.last_mut()
        {
            last.iter_mut().skip(within).for_each(|byte| *byte = 0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn more_than_it_may_keep_is_refused_and_changes_nothing() {
        let mut storage = bounded(10);
        storage.write_all(b"12345678").unwrap();
        assert_eq!(storage.write(b"901").unwrap_err().kind(), ErrorKind::StorageFull);
        storage.write_all(b"90").unwrap();
        storage.rewind().unwrap();
        let mut all = String::new();
        storage.read_to_string(&mut all).unwrap();
        assert_eq!(all, "1234567890");
    }

    proptest! {
        #[test]
        fn segments_are_like_one_piece_of_memory(
            steps in prop::collection::vec((0u8..4, 0..3 * SEGMENT_BYTES, 0usize..SEGMENT_BYTES + 9), 1..12),
        ) {
            let (mut ours, mut theirs) = (in_memory(), Cursor::new(Vec::new()));
            for (step, place, count) in steps {
                match step {
                    0 | 1 => {
                        let bytes: Vec<u8> = (0..count).map(|i| (i * 7 + place) as u8).collect();
                        ours.write_all(&bytes).unwrap();
                        theirs.write_all(&bytes).unwrap();
                    }
                    2 => {
                        let place = place as u64 % (theirs.get_ref().len() as u64 + 1);
                        prop_assert_eq!(
                            ours.seek(SeekFrom::Start(place)).unwrap(),
                            theirs.seek(SeekFrom::Start(place)).unwrap()
                        );
                    }
                    _ => {
                        ours.truncate(place as u64).unwrap();
                        theirs.get_mut().truncate(place);
                        ours.seek(SeekFrom::End(0)).unwrap();
                        theirs.seek(SeekFrom::End(0)).unwrap();
                    }
                }
            }
            let mut all = Vec::new();
            ours.rewind().unwrap();
            ours.read_to_end(&mut all).unwrap();
            prop_assert_eq!(&all, theirs.get_ref());
        }
    }
}
