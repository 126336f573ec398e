//! Pages of TIFF files in black and white (TIFF 6.0, sections 3, 10 and 11) that `image` does not
//! read: those of fax machines in one dimension or a row of two, and bits in the other order.

use super::bilevel::{Fax, fax};
use super::picture::{Loaded, PictureError, check_size, room};
use crate::raster::Picture;
use std::io::{Read, Seek, SeekFrom};

/// Codings of strips: none, Huffman's, group 3 and group 4.
const PLAIN: u32 = 1;
const HUFFMAN: u32 = 2;
const GROUP_3: u32 = 3;
const GROUP_4: u32 = 4;
/// Order of bits in which the first is the lowest.
const LOWEST_FIRST: u32 = 2;
/// Bit of group 3's options for rows in two dimensions.
const TWO_DIMENSIONS: u32 = 1;
/// Where strips begin, and how long they are.
const STRIP_OFFSETS: u16 = 273;
const STRIP_LENGTHS: u16 = 279;
/// Bytes a pixel: its colour, and a bit.
const DECODING_BYTES: u64 = 4;

/// What is said of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facsimile {
    width: u32,
    height: u32,
    bits: u32,
    samples: u32,
    coding: u32,
    /// 1 if white is 1.
    white: u32,
    order: u32,
    rows: u32,
    options: u32,
    offsets: List,
    lengths: List,
}

/// Numbers of a directory's entry: where they are, or the place of where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    pub(super) count: u32,
    pub(super) is_short: bool,
    pub(super) place: u64,
}

impl Default for Facsimile {
    fn default() -> Self {
        let (offsets, lengths) = (List::default(), List::default());
        let (bits, samples, coding, order, rows) = (1, 1, PLAIN, 1, u32::MAX);
        let (width, height, white, options) = (0, 0, 0, 0);
        Self { width, height, bits, samples, coding, white, order, rows, options, offsets, lengths }
    }
}

impl Facsimile {
    /// Where the value of a tag is kept.
    pub(super) fn value(&mut self, tag: u16) -> Option<&mut u32> {
        match tag {
            256 => Some(&mut self.width),
            257 => Some(&mut self.height),
            258 => Some(&mut self.bits),
            259 => Some(&mut self.coding),
            262 => Some(&mut self.white),
            266 => Some(&mut self.order),
            277 => Some(&mut self.samples),
            278 => Some(&mut self.rows),
            292 => Some(&mut self.options),
            _ => None,
        }
    }

    /// Keeps where the strips are.
    pub(super) fn note(&mut self, tag: u16, list: List) {
        match tag {
            STRIP_OFFSETS => self.offsets = list,
            STRIP_LENGTHS => self.lengths = list,
            _ => {}
        }
    }

    /// Whether the page is read here.
    pub(super) fn is_read(&self) -> bool {
        let is_fax = matches!(self.coding, HUFFMAN | GROUP_3);
        let is_other = self.order == LOWEST_FIRST && matches!(self.coding, PLAIN | GROUP_4);
        let is_bilevel = self.bits == 1 && self.samples == 1 && self.white <= 1;
        is_bilevel && self.offsets.count > 0 && (is_fax || is_other)
    }

    /// The picture of a page of a file of `length` bytes.
    pub(super) fn load(
        &self,
        mut file: impl Read + Seek,
        big_endian: bool,
        length: u64,
    ) -> Result<Loaded, PictureError> {
        check_size(self.width, self.height)?;
        let mut permit = room((self.width, self.height), DECODING_BYTES, length)?;
        let (width, height) = (self.width as usize, self.height as usize);
        let mut rgb = vec![255; width * height * 3];
        let strip_rows = self.rows.clamp(1, self.height) as usize;
        let strips = height.div_ceil(strip_rows);
        let places = self.offsets.numbers(&mut file, strips, big_endian)?;
        let lengths = self.lengths.numbers(&mut file, strips, big_endian)?;
        // Strips that lie over each other would be read again and again.
        if lengths.iter().map(|&bytes| u64::from(bytes)).sum::<u64>() > length {
            return Err(PictureError::Cut);
        }
        let strips = rgb.chunks_mut(strip_rows * width * 3).zip(places.into_iter().zip(lengths));
        for (strip, (place, bytes)) in strips {
            let mut packed = Vec::new();
            file.seek(SeekFrom::Start(place.into()))?;
            file.by_ref().take(bytes.into()).read_to_end(&mut packed)?;
            if self.order == LOWEST_FIRST {
                packed.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
            }
            self.draw(packed, width, strip).ok_or(PictureError::Cut)?;
        }
        permit.decoded((width * height) as u64);
        let picture = Picture::from_rgb(width, height, rgb).ok_or(PictureError::Unknown)?;
        Ok(Loaded::new(picture, permit))
    }

    /// The pixels of a strip.
    fn draw(&self, packed: Vec<u8>, width: usize, strip: &mut [u8]) -> Option<()> {
        let coded = Fax {
            k: match (self.coding, self.options & TWO_DIMENSIONS) {
                (GROUP_4, _) => -1.0,
                (GROUP_3, TWO_DIMENSIONS) => 1.0,
                _ => 0.0,
            },
            columns: width as u64,
            ends: self.coding == GROUP_4,
            aligned: self.coding == HUFFMAN,
            // What fax machines call white is 0 here.
            black_is_1: true,
        };
        let bits = match self.coding {
            PLAIN => packed,
            _ => fax(&packed, &coded, (width, strip.len() / width / 3))?,
        };
        let rows = strip.chunks_exact_mut(width * 3).zip(bits.chunks_exact(width.div_ceil(8)));
        for (pixels, row) in rows {
            for (x, pixel) in pixels.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let bit = row.get(x / 8).map_or(0, |byte| byte >> (7 - x % 8) & 1);
                *pixel = if u32::from(bit) == self.white { [255; 3] } else { [0; 3] };
            }
        }
        Some(())
    }
}

impl List {
    /// The first `count` numbers.
    fn numbers(
        &self,
        file: &mut (impl Read + Seek),
        count: usize,
        big_endian: bool,
    ) -> Result<Vec<u32>, PictureError> {
        if count as u64 > u64::from(self.count) {
            return Err(PictureError::Cut);
        }
        let each = if self.is_short { 2 } else { 4 };
        let mut read = |place: u64, count: usize, each: usize| -> std::io::Result<Vec<u32>> {
            let mut bytes = vec![0; count * each];
            file.seek(SeekFrom::Start(place))?;
            file.read_exact(&mut bytes)?;
            let number = |bytes: &[u8]| {
                let shifted = |sum, byte: &u8| sum << 8 | u32::from(*byte);
                match big_endian {
                    true => bytes.iter().fold(0, shifted),
                    false => bytes.iter().rev().fold(0, shifted),
                }
            };
            Ok(bytes.chunks_exact(each).map(number).collect())
        };
        // Four bytes are in the entry itself.
        let start = match self.count as usize * each {
            0..=4 => self.place,
            _ => read(self.place, 1, 4)?.first().copied().unwrap_or_default().into(),
        };
        Ok(read(start, count, each)?)
    }
}
