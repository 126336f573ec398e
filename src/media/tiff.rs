//! TIFF (revision 6.0): files of many pages, and pages with a palette, which `image` does not read.
//!
//! A page is read as if it were the only one: its directory's place is laid over the file's header.

use super::facsimile::{Facsimile, List};
use super::picture::PictureError;
use image::RgbImage;
use std::collections::HashSet;
use std::io::{Read, Result, Seek, SeekFrom};

/// Pages that are read of a file at most.
const MAX_PAGES: usize = 10_000;
/// Tags of a directory's entries (section 8 and the baseline's reference).
const NEW_SUBFILE_TYPE: u16 = 254;
const PHOTOMETRIC: u16 = 262;
const COLOR_MAP: u16 = 320;
/// Photometric interpretation of a page with a palette.
const PALETTE: u16 = 3;
/// Bit of the subfile type that says that this is a smaller copy of another page.
const REDUCED: u32 = 1;

/// What nobody makes.
const WIDE_PALETTE: &str = "a TIFF picture with more than 256 colours in its palette";

/// A page of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Bytes of the file that are to be others.
    patches: Vec<(u64, Vec<u8>)>,
    /// Where the palette is, and how many values each colour has.
    palette: Option<(u64, u32)>,
    /// What it is if it is black and white, for those of fax machines.
    pub(super) facsimile: Facsimile,
    pub(super) big_endian: bool,
}

impl Page {
    /// The file as if this page were its first, from its start.
    ///
    /// # Errors
    /// If it cannot be read from there.
    pub(super) fn of<R: Seek>(&self, mut file: R) -> Result<Patched<R>> {
        file.rewind()?;
        Ok(Patched { file, place: 0, patches: self.patches.clone() })
    }

    /// Whether the page is black and white in a way that only [`Facsimile`] reads.
    pub(super) fn is_facsimile(&self) -> bool {
        self.facsimile.is_read()
    }

    /// Whether the page has a palette.
    pub(super) fn has_palette(&self) -> bool {
        self.palette.is_some()
    }
}

/// The pages of a file; the whole of it as one page if it is none whose directories can be followed.
pub(super) fn pages(file: &mut (impl Read + Seek)) -> Vec<Page> {
    let pages = walk(file).unwrap_or_default();
    if pages.is_empty() { vec![Page::default()] } else { pages }
}

fn walk(file: &mut (impl Read + Seek)) -> Result<Vec<Page>> {
    file.seek(SeekFrom::Start(0))?;
    let mut order = [0; 4];
    file.read_exact(&mut order)?;
    let big_endian = order[0] == b'M';
    let mut numbers = Numbers { file, big_endian };
    if numbers.short(2)? != 42 {
        return Ok(Vec::new());
    }
    let (mut pages, mut seen) = (Vec::new(), HashSet::new());
    let mut directory = numbers.long(4)?;
    while directory != 0 && seen.insert(directory) && seen.len() <= MAX_PAGES {
        let Ok((page, next)) = numbers.directory(directory) else { break };
        pages.extend(page);
        directory = next;
    }
    Ok(pages)
}

/// Numbers of a file.
struct Numbers<'a, R> {
    file: &'a mut R,
    big_endian: bool,
}

impl<R: Read + Seek> Numbers<'_, R> {
    fn bytes<const N: usize>(&mut self, place: u64) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.seek(SeekFrom::Start(place))?;
        self.file.read_exact(&mut bytes)?;
        if self.big_endian {
            bytes.reverse();
        }
        Ok(bytes)
    }

    fn short(&mut self, place: u64) -> Result<u16> {
        self.bytes(place).map(u16::from_le_bytes)
    }

    fn long(&mut self, place: u64) -> Result<u32> {
        self.bytes(place).map(u32::from_le_bytes)
    }

    /// The page of a directory, unless it is a smaller copy of another, and where the next one is.
    fn directory(&mut self, place: u32) -> Result<(Option<Page>, u32)> {
        const SHORT: u16 = 3;
        let start = u64::from(place);
        let entries = u64::from(self.short(start)?);
        let mut page = Page { big_endian: self.big_endian, ..Page::default() };
        page.patches.push((4, self.stored(place)));
        let (mut is_copy, mut has_palette) = (false, false);
        for entry in (0..entries).map(|number| start + 2 + number * 12) {
            let (tag, kind) = (self.short(entry)?, self.short(entry + 2)?);
            if let Some(value) = page.facsimile.value(tag) {
                *value = match kind {
                    SHORT => self.short(entry + 8)?.into(),
                    _ => self.long(entry + 8)?,
                };
            }
            let count = self.long(entry + 4)?;
            page.facsimile.note(tag, List { count, is_short: kind == SHORT, place: entry + 8 });
            match (tag, kind) {
                (NEW_SUBFILE_TYPE, _) => is_copy = self.long(entry + 8)? & REDUCED != 0,
                // Indices are read like grey values.
                (PHOTOMETRIC, SHORT) if self.short(entry + 8)? == PALETTE => {
                    let grey = if self.big_endian { vec![0, 1] } else { vec![1, 0] };
                    page.patches.push((entry + 8, grey));
                    has_palette = true;
                }
                (COLOR_MAP, SHORT) if has_palette => {
                    page.palette = Some((self.long(entry + 8)?.into(), count / 3));
                }
                _ => {}
            }
        }
        let next = self.long(start + 2 + entries * 12)?;
        Ok(((!is_copy).then_some(page), next))
    }

    /// A number as the file has it.
    fn stored(&self, number: u32) -> Vec<u8> {
        if self.big_endian { number.to_be_bytes().to_vec() } else { number.to_le_bytes().to_vec() }
    }
}

/// A file in which some bytes are others.
#[derive(Debug)]
pub(super) struct Patched<R> {
    file: R,
    place: u64,
    patches: Vec<(u64, Vec<u8>)>,
}

impl<R: Read> Read for Patched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.file.read(buffer)?;
        for (place, bytes) in &self.patches {
            for (place, byte) in (*place..).zip(bytes) {
                let at = place.checked_sub(self.place).and_then(|at| usize::try_from(at).ok());
                let target = at.filter(|at| *at < count).and_then(|at| buffer.get_mut(at));
                target.into_iter().for_each(|target| *target = *byte);
            }
        }
        self.place += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Patched<R> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.place = self.file.seek(to)?;
        Ok(self.place)
    }
}

/// Width and height of a page with a palette.
///
/// # Errors
/// [`PictureError::Tiff`].
pub(super) fn size(
    file: impl Read + Seek,
    page: &Page,
) -> std::result::Result<(u32, u32), PictureError> {
    Ok(tiff::decoder::Decoder::new(page.of(file)?)?.dimensions()?)
}

/// A page with a palette.
///
/// # Errors
/// [`PictureError::Tiff`].
pub(super) fn read_palette(
    mut file: impl Read + Seek,
    page: &Page,
) -> std::result::Result<RgbImage, PictureError> {
    let colours = page.colours(&mut file)?;
    let mut decoder = tiff::decoder::Decoder::new(page.of(file)?)?;
    let (width, height) = decoder.dimensions()?;
    let bits = decoder.colortype()?.bit_depth();
    let tiff::decoder::DecodingResult::U8(packed) = decoder.read_image()? else {
        return Err(PictureError::Foreign(WIDE_PALETTE, "export it as PNG"));
    };
    // Rows begin with whole bytes; the first pixel has the highest bits.
    let per_byte = 8 / u32::from(bits.clamp(1, 8));
    let row_bytes = width.div_ceil(per_byte) as usize;
    let index = |x: u32, y: u32| {
        let byte = packed.get(y as usize * row_bytes + (x / per_byte) as usize).copied();
        let shift = (per_byte - 1 - x % per_byte) * u32::from(bits.min(8));
        byte.map_or(0, |byte| usize::from(byte >> shift) & ((1 << bits.min(8)) - 1))
    };
    Ok(RgbImage::from_fn(width, height, |x, y| {
        image::Rgb(colours.get(index(x, y)).copied().unwrap_or_default())
    }))
}

impl Page {
    /// The palette: all reds, all greens, all blues, 16 bits each.
    fn colours(&self, file: &mut (impl Read + Seek)) -> Result<Vec<[u8; 3]>> {
        let (place, count) = self.palette.unwrap_or_default();
        let count = count.min(1 << 8) as usize;
        let mut values = vec![0; count * 6];
        file.seek(SeekFrom::Start(place))?;
        file.read_exact(&mut values)?;
        let high = |number: usize| {
            let pair = values.get(2 * number..).and_then(|rest| rest.first_chunk::<2>());
            pair.map_or(0, |[a, b]| if self.big_endian { *a } else { *b })
        };
        Ok((0..count).map(|i| [high(i), high(count + i), high(2 * count + i)]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A file of one directory after the other, of 5x2 pixels each.
    fn file(big_endian: bool, bits: &[u16]) -> Vec<u8> {
        let short = |n: u16| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let long = |n: u32| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut bytes = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
        bytes.extend(short(42));
        bytes.extend(long(8));
        for (number, &bits) in bits.iter().enumerate() {
            let start = bytes.len() as u32;
            let entries = 10;
            let data = start + 2 + entries * 12 + 4;
            let row = 5usize.div_ceil(8 / usize::from(bits));
            let map = data + 2 * row as u32;
            let map = map.next_multiple_of(2);
            let colours = 1u32 << bits;
            let next = if number + 1 == 3 { 0 } else { map + colours * 6 };
            bytes.extend(short(entries as u16));
            for (tag, kind, count, value) in [
                (256, 4, 1, 5),
                (257, 4, 1, 2),
                (258, 3, 1, u32::from(bits)),
                (259, 3, 1, 1),
                (262, 3, 1, 3),
                (273, 4, 1, data),
                (277, 3, 1, 1),
                (278, 4, 1, 2),
                (279, 4, 1, 2 * row as u32),
                (320, 3, colours * 3, map),
            ] {
                bytes.extend(short(tag));
                bytes.extend(short(kind));
                bytes.extend(long(count));
                match kind {
                    3 if count == 1 => bytes.extend([short(value as u16), [0; 2]].concat()),
                    _ => bytes.extend(long(value)),
                }
            }
            bytes.extend(long(next));
            for y in 0..2usize {
                let mut packed = vec![0u8; row];
                for x in 0..5usize {
                    let index = (x + y) % (1 << bits.min(2));
                    let per = 8 / usize::from(bits);
                    packed[x / per] |= (index << ((per - 1 - x % per) * usize::from(bits))) as u8;
                }
                bytes.extend(packed);
            }
            bytes.resize(map as usize, 0);
            for colour in 0..3u16 {
                for index in 0..colours as u16 {
                    bytes.extend(short(((index * 50 + colour * 20) << 8) | 7));
                }
            }
        }
        bytes
    }

    #[test]
    fn pages_with_palettes_are_read_in_both_byte_orders() {
        for big_endian in [false, true] {
            let bytes = file(big_endian, &[8, 4, 1]);
            let pages = pages(&mut Cursor::new(&bytes));
            assert_eq!(pages.len(), 3);
            for (page, bits) in pages.iter().zip([8, 4, 1]) {
                assert!(page.has_palette());
                assert_eq!(size(Cursor::new(&bytes), page).unwrap(), (5, 2));
                let picture = read_palette(Cursor::new(&bytes), page).unwrap();
                for (x, y, pixel) in picture.enumerate_pixels() {
                    let index = (x + y) as u8 % (1 << std::cmp::min(bits, 2));
                    let colour = [0, 20, 40].map(|c| index * 50 + c);
                    assert_eq!(pixel.0, colour, "{bits} bits, {x} {y}");
                }
            }
        }
    }

    #[test]
    fn directories_that_end_nowhere_are_one_page() {
        for bytes in [&b"II*\0"[..], b"II*\0\x08\0\0\0", b"MM\0+", b""] {
            assert_eq!(pages(&mut Cursor::new(bytes)), [Page::default()]);
        }
        // A chain that comes back to itself.
        let mut bytes = file(false, &[8, 4, 1]);
        let at = 8 + 2 + 120;
        bytes[at..at + 4].copy_from_slice(&8u32.to_le_bytes());
        assert_eq!(pages(&mut Cursor::new(bytes)).len(), 1);
    }
}
