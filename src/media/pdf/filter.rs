//! What packs the bytes of a stream (ISO 32000-1, 7.4), undone: up to a number of bytes, whatever
//! the stream would unpack to. What is damaged gives what comes before the damage.

use super::error::PdfError;
use super::object::{hex, is_space};
use std::io::Read;
use weezl::{BitOrder, LzwStatus};

/// Bytes before rows, as many as pictures have rows and more.
const MAX_ROWS: usize = 1 << 16;

/// What the filters here have to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameters {
    predictor: u64,
    /// Bytes of a pixel, at least one, and of a row.
    pixel: usize,
    row: usize,
    early: bool,
}

impl Parameters {
    /// With the numbers that `number` knows by their keys.
    pub(super) fn new(mut number: impl FnMut(&str) -> Option<u64>) -> Self {
        let mut number = |key: &str, otherwise: u64| number(key).unwrap_or(otherwise);
        let (colours, bits) = (number("Colors", 1).clamp(1, 32), number("BitsPerComponent", 8));
        let (columns, bits) = (number("Columns", 1).clamp(1, 1 << 20), bits.clamp(1, 16));
        Self {
            predictor: number("Predictor", 1),
            pixel: (colours * bits).div_ceil(8) as usize,
            row: (colours * bits * columns).div_ceil(8) as usize,
            early: number("EarlyChange", 1) != 0,
        }
    }
}

/// Undoes a filter, which gives `limit` bytes at most.
pub(super) fn undo(
    name: &[u8],
    packed: &[u8],
    with: &Parameters,
    limit: usize,
) -> Result<Vec<u8>, PdfError> {
    // Some predictors have a byte more in each row.
    let rows = if with.predictor < 10 { 0 } else { (limit / with.row + 1).min(MAX_ROWS) };
    let more = limit.saturating_add(rows);
    match name {
        b"FlateDecode" | b"Fl" => Ok(predicted(inflate(packed, more)?, with)),
        b"LZWDecode" | b"LZW" => Ok(predicted(lzw(packed, with.early, more), with)),
        b"ASCII85Decode" | b"A85" => Ok(base_85(packed, limit)),
        b"ASCIIHexDecode" | b"AHx" => {
            let end = packed.iter().position(|byte| *byte == b'>').unwrap_or(packed.len());
            let digits: Vec<u8> =
                packed.iter().take(end).filter_map(|digit| hex(*digit)).take(limit * 2).collect();
            Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect())
        }
        b"RunLengthDecode" | b"RL" => Ok(runs(packed, limit)),
        b"Crypt" => Ok(packed.to_vec()),
        b"JPXDecode" => Err(PdfError::Unread("a JPEG 2000 picture")),
        _ => Err(PdfError::Unread("a filter that nobody knows")),
    }
}

fn inflate(packed: &[u8], limit: usize) -> Result<Vec<u8>, PdfError> {
    let mut bytes = Vec::new();
    let read = |decoder: &mut dyn Read, bytes: &mut Vec<u8>| {
        // An error leaves what came before it.
        let _ = decoder.take(limit as u64).read_to_end(bytes);
    };
    read(&mut flate2::read::ZlibDecoder::new(packed), &mut bytes);
    if bytes.is_empty() {
        read(&mut flate2::read::DeflateDecoder::new(packed), &mut bytes);
    }
    match bytes.is_empty() && !packed.is_empty() {
        true => Err(PdfError::Damaged("its data cannot be unpacked")),
        false => Ok(bytes),
    }
}

fn lzw(packed: &[u8], early: bool, limit: usize) -> Vec<u8> {
    let mut decoder = match early {
        true => weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
        false => weezl::decode::Decoder::new(BitOrder::Msb, 8),
    };
    let (mut bytes, mut buffer, mut rest) = (Vec::new(), vec![0; 1 << 14], packed);
    while bytes.len() < limit {
        let result = decoder.decode_bytes(rest, &mut buffer);
        bytes.extend(buffer.get(..result.consumed_out).unwrap_or_default());
        rest = rest.get(result.consumed_in..).unwrap_or_default();
        let goes_on = matches!(result.status, Ok(LzwStatus::Ok));
        if !goes_on || (result.consumed_in == 0 && result.consumed_out == 0) {
            break;
        }
    }
    bytes.truncate(limit);
    bytes
}

fn base_85(packed: &[u8], limit: usize) -> Vec<u8> {
    let (mut bytes, mut digits) = (Vec::new(), Vec::new());
    for byte in packed.iter().copied().filter(|byte| !is_space(*byte)) {
        match byte {
            b'!'..=b'u' => digits.push(byte - b'!'),
            b'z' if digits.is_empty() => bytes.extend([0; 4]),
            _ => break,
        }
        if digits.len() == 5 {
            bytes.extend(group(&digits));
            digits.clear();
        }
        if bytes.len() >= limit {
            return bytes;
        }
    }
    if let Some(count) = digits.len().checked_sub(1) {
        digits.resize(5, 84);
        bytes.extend(group(&digits).into_iter().take(count));
    }
    bytes
}

fn group(digits: &[u8]) -> [u8; 4] {
    let sum =
        digits.iter().fold(0u32, |sum, digit| sum.wrapping_mul(85).wrapping_add(u32::from(*digit)));
    sum.to_be_bytes()
}

fn runs(packed: &[u8], limit: usize) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), packed);
    while let [length, tail @ ..] = rest
        && *length != 128
        && bytes.len() < limit
    {
        let length = usize::from(*length);
        if length < 128 {
            let copied = tail.get(..=length).unwrap_or(tail);
            bytes.extend(copied);
            rest = tail.get(copied.len()..).unwrap_or_default();
        } else {
            let Some(byte) = tail.first() else { break };
            bytes.resize(bytes.len() + 257 - length, *byte);
            rest = tail.get(1..).unwrap_or_default();
        }
    }
    bytes
}

/// Undoes a prediction: that of TIFF for whole bytes, or those of PNG.
fn predicted(mut bytes: Vec<u8>, with: &Parameters) -> Vec<u8> {
    match with.predictor {
        2 => {
            for row in bytes.chunks_mut(with.row) {
                for at in with.pixel..row.len() {
                    row[at] = row[at].wrapping_add(row[at - with.pixel]);
                }
            }
            bytes
        }
        10.. => {
            png_rows(&mut bytes, with);
            bytes
        }
        _ => bytes,
    }
}

/// In place: what is undone is shorter than what was coded.
fn png_rows(bytes: &mut Vec<u8>, with: &Parameters) {
    let length = with.row.min(bytes.len());
    let (mut above, mut row) = (vec![0; length], vec![0; length]);
    let (mut from, mut to) = (0, 0);
    while let Some((kind, coded)) = bytes.get(from..).and_then(<[u8]>::split_first) {
        let coded = coded.get(..length).unwrap_or(coded);
        for (at, byte) in coded.iter().enumerate() {
            let before = |row: &[u8]| at.checked_sub(with.pixel).map_or(0, |before| row[before]);
            let (left, up, corner) = (before(&row), above[at], before(&above));
            let predicted = match kind {
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, corner),
                _ => 0,
            };
            row[at] = byte.wrapping_add(predicted);
        }
        let count = coded.len();
        let undone = bytes.iter_mut().skip(to).zip(row.iter().take(count));
        undone.for_each(|(byte, value)| *byte = *value);
        (from, to) = (from + count + 1, to + count);
        std::mem::swap(&mut above, &mut row);
    }
    bytes.truncate(to);
}

/// The neighbour that is nearest to left + up - corner (PNG, 9.4).
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(up) - i16::from(corner);
    let away = |value: u8| guess.abs_diff(i16::from(value));
    if away(left) <= away(up) && away(left) <= away(corner) {
        left
    } else if away(up) <= away(corner) {
        up
    } else {
        corner
    }
}
