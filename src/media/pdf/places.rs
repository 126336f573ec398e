//! Where the objects of a file are: by its tables (ISO 32000-1, 7.5), or, where these are missing or
//! wrong, by looking through the whole of it.

use super::error::PdfError;
use super::file::File;
use super::object::{Dict, Lexer, Object, is_space};
use super::objects::{ALL_UNPACKED, Objects, Place, Places, Stream};
use std::collections::HashSet;

/// Tables of one file: each change that was added to it has one.
const MAX_TABLES: usize = 512;
/// Objects of one file.
const MAX_OBJECTS: usize = 1 << 20;
/// The end of a file, in which the last table's place is.
const END_BYTES: u64 = 2048;
/// Bytes of a packed table.
const MAX_TABLE: usize = 1 << 25;
/// Bytes that are looked through at a time, and those of two such parts that overlap.
const CHUNK: u64 = 1 << 20;
const OVERLAP: u64 = 32;

/// Places in the file with the numbers of the objects there.
type Numbered = Vec<(u64, u32)>;

/// Where a file's objects are, and what is said of all of it.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) places: Places,
    pub(super) trailer: Dict,
}

/// By the tables; `None` if they are not what they should be.
pub(super) fn by_tables(file: &mut File<'_>) -> Result<Option<Known>, PdfError> {
    let from = file.length.saturating_sub(END_BYTES);
    let end = file.bytes(from, END_BYTES)?;
    const START: &[u8] = b"startxref";
    let Some(at) = end.windows(START.len()).rposition(|window| window == START) else {
        return Ok(None);
    };
    let mut lexer = Lexer::new(end.get(at + START.len()..).unwrap_or_default());
    let mut next = vec![lexer.object().and_then(|place| place.count())];
    let (mut known, mut seen, mut tables) = (Known::default(), HashSet::new(), 0);
    while let Some(place) = next.pop() {
        let Some(place) = place else { return Ok(None) };
        if !seen.insert(place) || seen.len() > MAX_TABLES {
            continue;
        }
        let Some(trailer) = table(file, place, &mut known.places)? else { return Ok(None) };
        // The older table after the one that only newer programs read.
        next.extend(trailer.get("Prev").count().map(Some));
        next.extend(trailer.get("XRefStm").count().map(Some));
        if tables == 0 {
            known.trailer = trailer;
        }
        tables += 1;
    }
    Ok(are_right(file, &known)?.then_some(known))
}

/// Whether objects are where a table says.
fn are_right(file: &mut File<'_>, known: &Known) -> Result<bool, PdfError> {
    for (number, place) in &known.places {
        let Place::At(place) = place else { continue };
        let front = file.bytes(*place, 32)?;
        let mut lexer = Lexer::new(&front);
        let found = lexer.object().and_then(|found| found.count());
        if found != Some(u64::from(*number)) || lexer.object().is_none() || !lexer.word("obj") {
            return Ok(false);
        }
    }
    Ok(known.trailer.get("Root") != &Object::Null)
}

/// Takes a table's entries unless newer ones are there, and gives what is said after it.
fn table(file: &mut File<'_>, place: u64, places: &mut Places) -> Result<Option<Dict>, PdfError> {
    let listed = file.parsed(place, listed)?;
    let Some((entries, trailer)) = listed else { return packed_table(file, place, places) };
    for (number, place) in entries {
        if places.len() < MAX_OBJECTS {
            places.entry(number).or_insert(Place::At(place));
        }
    }
    Ok(Some(trailer))
}

/// A table in text: ranges of numbers, a place each; those that are free have none.
fn listed(lexer: &mut Lexer<'_>) -> Option<(Vec<(u32, u64)>, Dict)> {
    let mut entries = Vec::new();
    if !lexer.word("xref") {
        return None;
    }
    while !lexer.word("trailer") {
        let first = lexer.object()?.count()?;
        let count = lexer.object()?.count()?;
        for number in first..first.checked_add(count)? {
            let place = lexer.object()?.count()?;
            lexer.object()?.count()?;
            let Object::Word(kind) = lexer.object()? else { return None };
            if kind == b"n" && place > 0 {
                entries.push((u32::try_from(number).ok()?, place));
            }
        }
    }
    let Object::Dict(trailer) = lexer.object()? else { return None };
    Some((entries, trailer))
}

/// A table in a stream.
fn packed_table(
    file: &mut File<'_>,
    place: u64,
    places: &mut Places,
) -> Result<Option<Dict>, PdfError> {
    let found = file.indirect(place)?;
    let Some((Object::Dict(dict), Some(data))) = found.map(|found| (found.object, found.data))
    else {
        return Ok(None);
    };
    let raw = file.stream_bytes(data, dict.get("Length").count())?.into();
    let stream = Stream { dict, raw };
    let none = Places::new();
    let mut objects = Objects::new(File::new(file.source, file.length), &none);
    let bytes = objects.unpack(&stream, MAX_TABLE)?.plain()?;
    Ok(rows(&stream.dict, &bytes, places).map(|()| stream.dict))
}

/// The rows of such a table.
fn rows(dict: &Dict, bytes: &[u8], places: &mut Places) -> Option<()> {
    let width = |number: usize| dict.get("W").array().get(number)?.count().filter(|w| *w <= 8);
    let widths = [width(0)? as usize, width(1)? as usize, width(2)? as usize];
    let whole = [Object::Number(0.0), dict.get("Size").clone()];
    let ranges = match dict.get("Index").array() {
        [] => &whole[..],
        ranges => ranges,
    };
    let mut rows = bytes.chunks_exact(widths.iter().sum::<usize>().max(1));
    for range in ranges.chunks_exact(2) {
        let (first, count) = (range[0].count()?, range[1].count()?);
        for number in first..first.checked_add(count)? {
            let Some(row) = rows.next() else { return Some(()) };
            let (kind, rest) = row.split_at_checked(widths[0])?;
            let (second, third) = rest.split_at_checked(widths[1])?;
            let value =
                |bytes: &[u8]| bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            let place = match if kind.is_empty() { 1 } else { value(kind) } {
                1 => Place::At(value(second)),
                2 => Place::Within {
                    stream: u32::try_from(value(second)).ok()?,
                    index: u32::try_from(value(third)).ok()?,
                },
                _ => continue,
            };
            if places.len() < MAX_OBJECTS {
                places.entry(u32::try_from(number).ok()?).or_insert(place);
            }
        }
    }
    Some(())
}

/// By looking through the file: of objects that are there twice the later one counts.
pub(super) fn by_looking(file: &mut File<'_>) -> Result<Known, PdfError> {
    let (mut known, mut trailers, mut from) = (Known::default(), Vec::new(), 0);
    while from < file.length {
        // A space before each word, or the file's start.
        let mut bytes = file.bytes(from.saturating_sub(1), CHUNK + OVERLAP)?;
        if from == 0 {
            bytes.insert(0, b' ');
        }
        let pairs = bytes.windows(2).enumerate().take(CHUNK as usize);
        let starts =
            pairs.filter(|(_, pair)| is_space(pair[0]) && b"t0123456789".contains(&pair[1]));
        for (at, _) in starts {
            let mut lexer = Lexer::new(bytes.get(at + 1..).unwrap_or_default());
            if lexer.word("trailer") {
                trailers.push(from + at as u64);
            } else if let Some(number) = begins_object(&lexer)
                && known.places.len() < MAX_OBJECTS
            {
                known.places.insert(number, Place::At(from + at as u64));
            }
        }
        from += CHUNK;
    }
    for place in trailers {
        let trailer = file.parsed(place, |lexer| {
            lexer.word("trailer");
            lexer.object()?.dict().cloned()
        })?;
        take_trailer(&mut known, trailer.unwrap_or_default());
    }
    look_into(file, &mut known)?;
    Ok(known)
}

/// The number of the object that begins here: `12 0 obj`.
fn begins_object(lexer: &Lexer<'_>) -> Option<u32> {
    let front = lexer.rest();
    let front = front.get(..OVERLAP as usize).unwrap_or(front);
    let mut words = front.split(|byte| is_space(*byte)).filter(|word| !word.is_empty());
    let digits = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<u32>().ok();
    let (number, _) = (digits(words.next()?)?, digits(words.next()?)?);
    words.next()?.starts_with(b"obj").then_some(number)
}

/// What was said last of a file that has a root.
fn take_trailer(known: &mut Known, trailer: Dict) {
    if trailer.get("Root") != &Object::Null {
        known.trailer = trailer;
    }
}

/// Finds the objects that are in streams, and the root if no trailer is left that names it.
fn look_into(file: &mut File<'_>, known: &mut Known) -> Result<(), PdfError> {
    let mut at: Numbered = known
        .places
        .iter()
        .filter_map(|(number, place)| match place {
            Place::At(place) => Some((*place, *number)),
            Place::Within { .. } => None,
        })
        .collect();
    at.sort_unstable();
    let (root, packed) = told_of_themselves(file, known, at)?;
    look_into_streams(file, known, packed);
    if let (Object::Null, Some(root)) = (known.trailer.get("Root"), root) {
        known.trailer = Dict::of("Root", Object::Reference(root));
    }
    Ok(())
}

/// The root, and the streams of objects with their places, by what objects at these places say.
fn told_of_themselves(
    file: &mut File<'_>,
    known: &mut Known,
    at: Numbered,
) -> Result<(Option<u32>, Numbered), PdfError> {
    let (mut root, mut packed) = (None, Vec::new());
    for (place, number) in at {
        let Some(found) = file.indirect(place)? else { continue };
        let Object::Dict(dict) = found.object else { continue };
        match dict.get("Type").name() {
            b"Catalog" => root = Some(number),
            b"XRef" => take_trailer(known, dict),
            b"ObjStm" => packed.push((place, number)),
            _ => {}
        }
    }
    Ok((root, packed))
}

/// Finds what is in streams of objects, which are in the order of their places.
fn look_into_streams(file: &mut File<'_>, known: &mut Known, packed: Numbered) {
    let mut unpacked = 0;
    for (stream_at, number) in packed {
        let mut objects = Objects::new(File::new(file.source, file.length), &known.places);
        let Ok(packed) = objects.object_stream(number) else { continue };
        unpacked += packed.raw.len();
        for (index, &(inner, _)) in (0..).zip(packed.numbers.iter()) {
            let is_later = |known: &Place| matches!(known, Place::At(at) if *at > stream_at);
            if known.places.len() < MAX_OBJECTS && !known.places.get(&inner).is_some_and(is_later) {
                known.places.insert(inner, Place::Within { stream: number, index });
            }
        }
        if unpacked > ALL_UNPACKED {
            break;
        }
    }
}
