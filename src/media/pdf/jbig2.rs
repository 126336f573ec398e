//! JBIG2 (ITU-T T.88), as it is in PDF: segments one after the other, some of them for several pictures.

use super::error::PdfError;
use crate::media::bilevel::Bits;

/// Bytes of what several pictures in JBIG2 have in common.
pub(super) const MAX_GLOBALS: usize = 1 << 22;
/// Kinds of segments (T.88, 7.3): generic regions, pages and ends. The others draw pictures out of
/// others, in sizes that only decoding tells; what they draw is like the page, not the same.
const READ_SEGMENTS: [u8; 7] = [38, 39, 48, 49, 50, 51, 62];
const REGIONS: [u8; 2] = [38, 39];
/// The length of a segment that only decoding tells: what comes after it could not be checked.
const UNKNOWN: u32 = u32::MAX;

impl hayro_jbig2::Decoder for Bits {
    fn push_pixel(&mut self, black: bool) {
        self.push(!black, 1);
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        self.push(!black, chunk_count as usize * 8);
    }

    fn next_line(&mut self) {
        self.end_row();
    }
}

/// The bits of a picture in JBIG2, with what others have in common with it.
pub(super) fn read(
    bytes: &[u8],
    globals: &[u8],
    size: (usize, usize),
) -> Result<Vec<u8>, PdfError> {
    const DAMAGED: PdfError = PdfError::Damaged("a JBIG2 picture that cannot be unpacked");
    check_segments(globals, size)?;
    check_segments(bytes, size)?;
    let globals = (!globals.is_empty()).then_some(globals);
    let image = hayro_jbig2::Image::new_embedded(bytes, globals).map_err(|_| DAMAGED)?;
    if image.width() as usize > size.0 || image.height() as usize > size.1 {
        return Err(DAMAGED);
    }
    let mut bits = Bits::new(size, false);
    image.decode(&mut bits).map_err(|_| DAMAGED)?;
    Ok(bits.bytes)
}

/// Whether all segments are such as can be read in bounded memory and time.
fn check_segments(bytes: &[u8], size: (usize, usize)) -> Result<(), PdfError> {
    const DAMAGED: PdfError = PdfError::Damaged("a JBIG2 picture of damaged segments");
    let (mut rest, mut left) = (bytes, 4 * size.0 as u64 * size.1 as u64);
    while !rest.is_empty() {
        let segment = segment(rest).ok_or(DAMAGED)?;
        if !READ_SEGMENTS.contains(&segment.kind) {
            return Err(PdfError::Unread("a JBIG2 picture that is made of symbols"));
        }
        if segment.length == UNKNOWN {
            return Err(PdfError::Unread("a JBIG2 picture of an unknown length"));
        }
        if REGIONS.contains(&segment.kind) {
            let side =
                |at: usize| Some(u32::from_be_bytes(*segment.data.get(at..)?.first_chunk()?));
            let (width, height) = (side(0).ok_or(DAMAGED)?, side(4).ok_or(DAMAGED)?);
            left = left.checked_sub(u64::from(width) * u64::from(height)).ok_or(DAMAGED)?;
        }
        rest = segment.rest;
    }
    Ok(())
}

struct Segment<'a> {
    kind: u8,
    length: u32,
    data: &'a [u8],
    rest: &'a [u8],
}

/// The segment that comes first (T.88, 7.2): its number, kind, references, page and length.
fn segment(bytes: &[u8]) -> Option<Segment<'_>> {
    let number = u32::from_be_bytes(*bytes.first_chunk()?);
    let flags = *bytes.get(4)?;
    let references = match bytes.get(5)? >> 5 {
        7 => {
            let count = u32::from_be_bytes(*bytes.get(5..)?.first_chunk()?) & 0x1FFF_FFFF;
            (count as usize, 9 + (count as usize + 1).div_ceil(8))
        }
        count => (usize::from(count), 6),
    };
    let each = match number {
        0..=256 => 1,
        257..=65_536 => 2,
        _ => 4,
    };
    let page = references.1 + references.0.checked_mul(each)?;
    let length_at = page + if flags & 0x40 == 0 { 1 } else { 4 };
    let length = u32::from_be_bytes(*bytes.get(length_at..)?.first_chunk()?);
    let data = bytes.get(length_at + 4..)?;
    // Of one that is cut all that there is.
    let (data, rest) = data.split_at_checked(length as usize).unwrap_or((data, &[]));
    Some(Segment { kind: flags & 0x3F, length, data, rest })
}
