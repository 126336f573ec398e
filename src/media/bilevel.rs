//! Pictures of black and white, as fax machines code them (ITU-T T.4 and T.6), in TIFF and in PDF.

use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};

/// Pixels in a row of a fax.
const MAX_COLUMNS: u64 = 20_000;
/// How a fax is coded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fax {
    pub(super) k: f64,
    pub(super) columns: u64,
    pub(super) ends: bool,
    pub(super) aligned: bool,
    pub(super) black_is_1: bool,
}

/// Rows of bits, 1 for white; rows that nobody writes are white.
pub(super) struct Bits {
    pub(super) bytes: Vec<u8>,
    size: (usize, usize),
    at: (usize, usize),
    black: bool,
}

impl Bits {
    pub(super) fn new(size: (usize, usize), black_is_1: bool) -> Self {
        let fill = if black_is_1 { 0 } else { 0xFF };
        Self { bytes: vec![fill; size.0.div_ceil(8) * size.1], size, at: (0, 0), black: black_is_1 }
    }

    pub(super) fn push(&mut self, white: bool, count: usize) {
        let (x, y) = self.at;
        self.at.0 = x.saturating_add(count);
        if white || y >= self.size.1 {
            return;
        }
        let row = y * self.size.0.div_ceil(8);
        for x in x..(x + count).min(self.size.0) {
            if let Some(byte) = self.bytes.get_mut(row + x / 8) {
                let bit = 0x80 >> (x % 8);
                *byte = if self.black { *byte | bit } else { *byte & !bit };
            }
        }
    }

    pub(super) fn end_row(&mut self) {
        self.at = (0, self.at.1 + 1);
    }
}

impl hayro_ccitt::Decoder for Bits {
    fn push_pixel(&mut self, white: bool) {
        self.push(white, 1);
    }

    fn push_pixel_chunk(&mut self, white: bool, chunk_count: u32) {
        self.push(white, chunk_count as usize * 8);
    }

    fn next_line(&mut self) {
        self.end_row();
    }
}

/// The bits of a fax: of a damaged one the rows before the damage; `None` if there are none.
pub(super) fn fax(bytes: &[u8], fax: &Fax, size: (usize, usize)) -> Option<Vec<u8>> {
    if fax.columns == 0 || fax.columns > MAX_COLUMNS {
        return None;
    }
    let settings = DecodeSettings {
        columns: fax.columns as u32,
        rows: size.1 as u32,
        end_of_block: fax.ends,
        end_of_line: false,
        rows_are_byte_aligned: fax.aligned,
        encoding: match fax.k {
            k if k < 0.0 => EncodingMode::Group4,
            0.0 => EncodingMode::Group3_1D,
            k => EncodingMode::Group3_2D { k: k as u32 },
        },
        invert_black: false,
    };
    let mut bits = Bits::new(size, fax.black_is_1);
    let decoded = hayro_ccitt::decode(bytes, &mut bits, &mut DecoderContext::new(settings));
    (decoded.is_ok() || bits.at.1 > 0).then_some(bits.bytes)
}
