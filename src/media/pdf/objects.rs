//! A file's objects by their numbers, and its streams unpacked.
//!
//! Of streams of objects the last is in memory.

use super::error::PdfError;
use super::file::{File, Indirect};
use super::filter::{Parameters, undo};
use super::object::{Dict, Lexer, Object};
use std::collections::HashMap;
use std::rc::Rc;

/// Objects that only name another.
const MAX_HOPS: usize = 8;
/// Bytes of a stream of objects; and of all that are unpacked or read of these, or are between two
/// filters, for one page or for finding the pages.
const MAX_UNPACKED: usize = 1 << 23;
pub(super) const ALL_UNPACKED: usize = 1 << 28;
/// Objects in one stream of them.
const MAX_PACKED: u64 = 1 << 18;
/// Filters of one stream, and bytes that are between two of them if it is small: others have an eighth
/// more than they unpack to.
const MAX_FILTERS: usize = 8;
const MIN_BETWEEN: usize = 1 << 20;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    At(u64),
    /// In a stream of objects.
    Within {
        stream: u32,
        index: u32,
    },
}

pub(super) type Places = HashMap<u32, Place>;

/// A stream: what is said of it, and its bytes.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) dict: Dict,
    pub(super) raw: Rc<[u8]>,
}

/// A stream of objects, unpacked: of each its number and where it is, and all of them.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    pub(super) numbers: Rc<[(u32, usize)]>,
    pub(super) raw: Rc<[u8]>,
}

/// How the pixels of a picture are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Jpeg,
    Fax,
    Jbig2,
}

impl Coding {
    /// The coding that a filter undoes, if it makes a picture.
    pub(super) fn of(filter: &[u8]) -> Option<Self> {
        match filter {
            b"DCTDecode" | b"DCT" => Some(Self::Jpeg),
            b"CCITTFaxDecode" | b"CCF" => Some(Self::Fax),
            b"JBIG2Decode" => Some(Self::Jbig2),
            _ => None,
        }
    }
}

/// Bytes as they are before they are a picture, and how they are to be read.
pub(super) struct Unpacked {
    pub(super) bytes: Vec<u8>,
    pub(super) coding: Coding,
    pub(super) parameters: Dict,
}

impl Unpacked {
    /// The bytes of what is no picture.
    pub(super) fn plain(self) -> Result<Vec<u8>, PdfError> {
        match self.coding {
            Coding::Plain => Ok(self.bytes),
            _ => Err(PdfError::Damaged("a picture where there should be none")),
        }
    }
}

/// The objects of a file.
pub(super) struct Objects<'a> {
    pub(super) file: File<'a>,
    pub(super) places: &'a Places,
    /// The stream of objects that was unpacked last.
    last: Option<(u32, Packed)>,
    unpacked: usize,
    /// Bytes that were unpacked or looked through so far.
    pub(super) work: u64,
}

impl<'a> Objects<'a> {
    pub(super) fn new(file: File<'a>, places: &'a Places) -> Self {
        Self { file, places, last: None, unpacked: 0, work: 0 }
    }

    /// The object with a number; null if there is none.
    fn get(&mut self, number: u32) -> Result<Indirect, PdfError> {
        let nothing = Indirect { number, object: Object::Null, data: None };
        match self.places.get(&number) {
            None => Ok(nothing),
            Some(Place::At(place)) => {
                let found = self.file.indirect(*place)?.filter(|found| found.number == number);
                found.ok_or(PdfError::Damaged("an object is not where it should be"))
            }
            Some(Place::Within { stream, index }) => {
                let packed = self.object_stream(*stream)?;
                let Some(&(_, place)) = packed.numbers.get(*index as usize) else {
                    return Ok(nothing);
                };
                let mut lexer = Lexer::new(packed.raw.get(place..).unwrap_or_default());
                let object = lexer.object().unwrap_or(Object::Null);
                self.count(lexer.place())?;
                Ok(Indirect { object, ..nothing })
            }
        }
    }

    /// Counts bytes that were worked on.
    pub(super) fn worked(&mut self, bytes: usize) {
        self.work = self.work.saturating_add(bytes as u64);
    }

    /// Counts bytes of streams of objects.
    fn count(&mut self, bytes: usize) -> Result<(), PdfError> {
        self.worked(bytes);
        self.unpacked += bytes;
        let is_too_much = self.unpacked > ALL_UNPACKED;
        if is_too_much { Err(PdfError::Damaged("its objects unpack to too much")) } else { Ok(()) }
    }

    /// A stream of objects, unpacked.
    pub(super) fn object_stream(&mut self, number: u32) -> Result<Packed, PdfError> {
        if let Some((_, packed)) = self.last.as_ref().filter(|(last, _)| *last == number) {
            return Ok(packed.clone());
        }
        let is_plain = matches!(self.places.get(&number), Some(Place::At(_)));
        let found = if is_plain { self.get(number)? } else { return Err(PdfError::no_stream()) };
        let stream = self.read_stream(found)?.ok_or(PdfError::no_stream())?;
        let raw = self.unpack(&stream, MAX_UNPACKED)?.plain()?;
        self.count(raw.len())?;
        let packed = Packed { numbers: numbers(&stream.dict, &raw).into(), raw: raw.into() };
        self.last = Some((number, packed.clone()));
        Ok(packed)
    }

    fn find(&mut self, object: &Object) -> Result<Option<Indirect>, PdfError> {
        let Object::Reference(number) = object else { return Ok(None) };
        let mut found = self.get(*number)?;
        for _ in 0..MAX_HOPS {
            let Object::Reference(next) = found.object else { return Ok(Some(found)) };
            found = self.get(next)?;
        }
        Err(PdfError::Damaged("its objects name each other in a circle"))
    }

    /// An object, or the one that it names.
    pub(super) fn resolve(&mut self, object: &Object) -> Result<Object, PdfError> {
        Ok(self.find(object)?.map_or_else(|| object.clone(), |found| found.object))
    }

    /// A dictionary, or the one that is named; empty if it is something else.
    pub(super) fn dict(&mut self, object: &Object) -> Result<Dict, PdfError> {
        match self.resolve(object)? {
            Object::Dict(dict) => Ok(dict),
            _ => Ok(Dict::default()),
        }
    }

    /// What is behind a key of a dictionary.
    pub(super) fn entry(&mut self, dict: &Dict, key: &str) -> Result<Object, PdfError> {
        self.resolve(dict.get(key))
    }

    /// The stream that is named, if it is one.
    pub(super) fn stream(&mut self, object: &Object) -> Result<Option<Stream>, PdfError> {
        let found = self.find(object)?;
        found.map_or(Ok(None), |found| self.read_stream(found))
    }

    fn read_stream(&mut self, found: Indirect) -> Result<Option<Stream>, PdfError> {
        let (Object::Dict(dict), Some(place)) = (found.object, found.data) else { return Ok(None) };
        let said = self.entry(&dict, "Length").ok().and_then(|length| length.count());
        let raw = self.file.stream_bytes(place, said)?.into();
        Ok(Some(Stream { dict, raw }))
    }

    /// Undoes the filters of a stream, up to the one that makes a picture.
    pub(super) fn unpack(&mut self, stream: &Stream, limit: usize) -> Result<Unpacked, PdfError> {
        let filters = self.list(stream.dict.either("Filter", "F"))?;
        let parameters = self.list(stream.dict.either("DecodeParms", "DP"))?;
        if filters.len() > MAX_FILTERS {
            return Err(PdfError::Damaged("a stream of too many filters"));
        }
        let mut bytes: Option<Vec<u8>> = None;
        for (number, filter) in filters.iter().enumerate() {
            let parameters = parameters.get(number).and_then(Object::dict);
            let parameters = parameters.cloned().unwrap_or_default();
            let packed = bytes.as_deref().unwrap_or(&stream.raw);
            if let Some(coding) = Coding::of(filter.name()) {
                return Ok(Unpacked { bytes: packed.to_vec(), coding, parameters });
            }
            let is_last = number + 1 == filters.len();
            let limit = if is_last { limit } else { limit + limit / 8 + MIN_BETWEEN };
            let known = |key: &str| self.entry(&parameters, key).ok()?.count();
            let unpacked = undo(filter.name(), packed, &Parameters::new(known), limit)?;
            self.count(if is_last { 0 } else { unpacked.len() })?;
            bytes = Some(unpacked);
        }
        let mut bytes = bytes.unwrap_or_else(|| stream.raw.to_vec());
        bytes.truncate(limit);
        Ok(Unpacked { bytes, coding: Coding::Plain, parameters: Dict::default() })
    }

    /// The filters of a stream, or what they have to know: one or several, each resolved.
    pub(super) fn list(&mut self, object: &Object) -> Result<Vec<Object>, PdfError> {
        match self.resolve(object)? {
            Object::Null => Ok(Vec::new()),
            Object::Array(items) => {
                items.iter().take(MAX_FILTERS + 1).map(|item| self.resolve(item)).collect()
            }
            one => Ok(vec![one]),
        }
    }
}

/// What comes first in a stream of objects: the number of each, and where it is after all of these.
fn numbers(dict: &Dict, raw: &[u8]) -> Vec<(u32, usize)> {
    let (count, first) = (dict.get("N").count(), dict.get("First").count());
    let first = first.and_then(|first| usize::try_from(first).ok()).unwrap_or(usize::MAX);
    let mut lexer = Lexer::new(raw.get(..first).unwrap_or(raw));
    let mut numbers = Vec::new();
    while (numbers.len() as u64) < count.unwrap_or(0).min(MAX_PACKED) {
        let pair = [lexer.object(), lexer.object()];
        let [Some(number), Some(offset)] = pair.map(|object| object?.count()) else { break };
        let (Ok(number), Ok(offset)) = (u32::try_from(number), usize::try_from(offset)) else {
            break;
        };
        numbers.push((number, first.saturating_add(offset)));
    }
    numbers
}
