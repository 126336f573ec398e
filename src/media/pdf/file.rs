//! A file's bytes and objects, by their places: of the file only what is asked for is in memory.

use super::error::PdfError;
use super::object::{Lexer, Object, is_space};
use crate::media::picture::MAX_PIXELS;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// An object's bytes are looked for in windows of these sizes.
const WINDOWS: [u64; 4] = [1 << 10, 1 << 14, 1 << 17, 1 << 21];
/// Bytes of a file that are read at a time.
const CHUNK: usize = 1 << 16;
/// Bytes that are read to find the pages, or for one of them; and how many for each of the file.
const MOST_READ: u64 = 1 << 28;
const READ_EACH: u64 = 64;

/// What a file is read from, without a buffer: what is read lies apart.
pub(in crate::media) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// A source of which so much is read and no more: a file can be made so that each of its objects is
/// looked for to the end of it, which takes days.
pub(super) struct Metered<'a> {
    source: &'a mut dyn Source,
    most: u64,
    left: u64,
}

impl<'a> Metered<'a> {
    pub(super) fn new(source: &'a mut dyn Source, length: u64) -> Self {
        let most = length.saturating_mul(READ_EACH).saturating_add(MOST_READ);
        Self { source, most, left: most }
    }

    /// Bytes that were read.
    pub(super) fn read(&self) -> u64 {
        self.most - self.left
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or(ErrorKind::QuotaExceeded)?;
        Ok(count)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.source.seek(place)
    }
}

/// An object as it is in the file.
#[derive(Clone, Debug)]
pub(super) struct Indirect {
    pub(super) number: u32,
    pub(super) object: Object,
    /// Where the bytes of a stream begin.
    pub(super) data: Option<u64>,
}

/// A file of a length.
pub(super) struct File<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) length: u64,
}

impl<'a> File<'a> {
    pub(super) fn new(source: &'a mut dyn Source, length: u64) -> Self {
        Self { source, length }
    }

    /// Bytes from a place, fewer at the end of the file.
    pub(super) fn bytes(&mut self, place: u64, count: u64) -> Result<Vec<u8>, PdfError> {
        let mut bytes = Vec::new();
        self.source.seek(SeekFrom::Start(place))?;
        (&mut *self.source).take(count).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// What is at a place, if `parse` finds it in some window there.
    pub(super) fn parsed<T>(
        &mut self,
        place: u64,
        parse: impl Fn(&mut Lexer<'_>) -> Option<T>,
    ) -> Result<Option<T>, PdfError> {
        for size in WINDOWS {
            let window = self.bytes(place, size)?;
            let mut lexer = Lexer::new(&window);
            let found = parse(&mut lexer);
            let is_all = (window.len() as u64) < size;
            // What ends with its window may go on.
            if is_all || (found.is_some() && lexer.place() < window.len()) {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The object that begins at a place.
    pub(super) fn indirect(&mut self, place: u64) -> Result<Option<Indirect>, PdfError> {
        self.parsed(place, |lexer| {
            let number = u32::try_from(lexer.object()?.count()?).ok()?;
            lexer.object()?.count()?;
            let object = if lexer.word("obj") { lexer.object()? } else { return None };
            let is_stream = object.dict().is_some() && lexer.word("stream");
            let line_end = match lexer.rest() {
                [b'\r', b'\n', ..] => 2,
                [b'\r' | b'\n', ..] => 1,
                _ => 0,
            };
            let data = is_stream.then(|| place + (lexer.place() + line_end) as u64);
            Some(Indirect { number, object, data })
        })
    }

    /// The bytes of a stream that begin at a place: as many as are said, if that is where they end.
    pub(super) fn stream_bytes(
        &mut self,
        place: u64,
        said: Option<u64>,
    ) -> Result<Vec<u8>, PdfError> {
        const END: &[u8] = b"endstream";
        let fits = |said: &u64| *said <= MAX_PIXELS && place.saturating_add(*said) <= self.length;
        if let Some(said) = said.filter(fits) {
            let after = self.bytes(place + said, 32)?;
            let after = after.iter().position(|byte| !is_space(*byte)).map(|at| &after[at..]);
            if after.is_some_and(|after| after.starts_with(END)) {
                return self.bytes(place, said);
            }
        }
        // The end is lost: what there is up to it, or to the end of the file.
        let mut bytes = Vec::new();
        while let chunk = self.bytes(place + bytes.len() as u64, CHUNK as u64)?
            && !chunk.is_empty()
        {
            let from = bytes.len().saturating_sub(END.len());
            bytes.extend(chunk);
            let mut ahead = bytes.get(from..).unwrap_or_default().windows(END.len());
            let end = ahead.position(|window| window == END);
            if let Some(end) = end {
                bytes.truncate(from + end);
            }
            if end.is_some() || bytes.len() as u64 > MAX_PIXELS {
                break;
            }
        }
        Ok(bytes)
    }
}
