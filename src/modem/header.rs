//! The frame header (spec §4): what a receiver has to know before it can read any packet.
//!
//! 24 bytes in cells of one unit a side, a rate 1/3 codeword, twice in the frame. A column of
//! cells of known colours at either end shows how the camera mixes colours, and whether the
//! assumed scale is right.

use crate::bits;
use crate::frame::{Geometry, HEADER_COLUMNS, HEADER_ROWS, Palette};
use crate::ldpc::{Code, LIFTING_SIZES, MAX_PARITY};
use crate::prng::SplitMix64;
use crate::raster::IndexedFrame;
use serde::{Deserialize, Serialize};

/// Version of the frame format that this program writes and reads.
pub const FORMAT_VERSION: u8 = 1;
/// Seed of the sequence that scrambles the header (spec §4.3).
pub(crate) const HEADER_SEED: u64 = 0x6865_6164_6572_2E31;
/// Bytes of the header without its check.
const FIELD_BYTES: usize = 20;
/// Bytes of the header.
pub(super) const FRAME_HEADER_BYTES: usize = FIELD_BYTES + 4;
/// Lifting size of the header's code.
const HEADER_LIFTING: u16 = 9;
/// Coded bits of a header.
pub(super) const CODED_BITS: usize = 594;
/// Of these, the ones that each bit of the cells of one plane carries.
pub(super) const PLANE_BITS: usize = CODED_BITS / Palette::MAX_BITS;
/// Columns of cells that carry coded bits.
const DATA_COLUMNS: usize = HEADER_COLUMNS - 2;

/// What all frames of a transfer have in common; everything else about how they look follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameFormat {
    /// Size of grid and tiles, and their colours.
    pub geometry: Geometry,
    /// Parity columns of the packets' code.
    pub parity: u8,
    /// Lifting size of that code.
    pub lifting: u16,
    /// Bands that the data tiles are cut into.
    pub bands: u8,
}

/// What every frame says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Vec<u8>", try_from = "Vec<u8>")]
pub struct FrameHeader {
    /// What it has in common with the other frames.
    pub format: FrameFormat,
    /// The transfer that the frame belongs to.
    pub transfer: u32,
    /// Number of the frame, from 0.
    pub frame: u32,
    /// Frames of the transfer.
    pub frames: u32,
}

/// A header that is intact but cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum HeaderError {
    /// A format that this program does not know.
    #[error("the frame has format version {got}, this program reads version {FORMAT_VERSION}: {} is older", if *got > FORMAT_VERSION { "this program" } else { "the sender" })]
    Version {
        /// The version found.
        got: u8,
    },
    /// A field that no sender writes.
    #[error("the frame's header contradicts itself")]
    Contradiction,
}

impl FrameHeader {
    /// The header's bytes, with their check.
    pub fn to_bytes(self) -> Vec<u8> {
        let FrameFormat { geometry, parity, lifting, bands } = self.format;
        let size = u32::from(geometry.columns - 1) | u32::from(geometry.rows - 1) << 12;
        let lifting = LIFTING_SIZES.iter().position(|&size| size == lifting).unwrap_or(0);
        let mut bytes = vec![FORMAT_VERSION];
        bytes.extend(&size.to_le_bytes()[..3]);
        bytes.push((geometry.tile - 1) | (geometry.unit - 1) << 4);
        bytes.extend([parity | geometry.palette.wire_id() << 6, lifting as u8, bands]);
        for number in [self.transfer, self.frame, self.frames] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// Reads a header; `None` if its check is wrong.
    pub fn parse(bytes: &[u8]) -> Option<Result<Self, HeaderError>> {
        let (fields, check) = bytes.split_first_chunk::<FIELD_BYTES>()?;
        if crc32fast::hash(fields).to_le_bytes() != *check {
            return None;
        }
        let [version, s0, s1, s2, sides, code, lifting, bands, numbers @ ..] = *fields;
        if version != FORMAT_VERSION {
            return Some(Err(HeaderError::Version { got: version }));
        }
        let size = u32::from_le_bytes([s0, s1, s2, 0]);
        let [t0, t1, t2, t3, f0, f1, f2, f3, n0, n1, n2, n3] = numbers;
        let Some(palette) = Palette::from_wire_id(code >> 6) else {
            return Some(Err(HeaderError::Contradiction));
        };
        let format = FrameFormat {
            geometry: Geometry {
                columns: (size & 0xFFF) as u16 + 1,
                rows: (size >> 12) as u16 + 1,
                tile: (sides & 15) + 1,
                unit: (sides >> 4) + 1,
                palette,
            },
            parity: code & 0x3F,
            lifting: LIFTING_SIZES.get(usize::from(lifting)).copied().unwrap_or(0),
            bands,
        };
        let header = Self {
            format,
            transfer: u32::from_le_bytes([t0, t1, t2, t3]),
            frame: u32::from_le_bytes([f0, f1, f2, f3]),
            frames: u32::from_le_bytes([n0, n1, n2, n3]),
        };
        let consistent = format.geometry.is_valid() && header.frame < header.frames;
        Some(if consistent { Ok(header) } else { Err(HeaderError::Contradiction) })
    }

    /// The bits that the cells show.
    pub(super) fn coded_bits(&self) -> Vec<u8> {
        let mut info = bits::unpack(&self.to_bytes());
        info.resize(code().info_bits(), 0);
        let mut coded = code().encode(&info);
        for (bit, scramble) in coded.iter_mut().zip(SplitMix64::new(HEADER_SEED).bits(CODED_BITS)) {
            *bit ^= scramble;
        }
        coded
    }

    /// The symbols of the header's cells: plane after plane, rows from the top.
    pub fn cells(&self) -> Vec<u8> {
        let coded = self.coded_bits();
        let palette = self.format.geometry.palette;
        cells(palette)
            .map(|cell| match cell {
                Cell::Known(symbol) => symbol,
                Cell::Spare => IndexedFrame::BLACK,
                Cell::Bits(first) => {
                    let bit = |i: usize| coded.get(first + i * PLANE_BITS).copied().unwrap_or(0);
                    let bits: [u8; Palette::MAX_BITS] = std::array::from_fn(bit);
                    palette.symbol(bits.get(..palette.bits_per_tile()).unwrap_or(&bits))
                }
            })
            .collect()
    }
}

/// The code of a header's bits.
#[allow(clippy::expect_used)]
pub(super) fn code() -> Code {
    // One of the standard's lifting sizes, and the whole graph.
    Code::new(HEADER_LIFTING, MAX_PARITY).expect("a code of the standard")
}

/// What a header cell holds.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    /// A symbol that the receiver knows.
    Known(u8),
    /// Coded bits: the one with this number, and every [`PLANE_BITS`]-th after it, one for each bit
    /// of a symbol.
    Bits(usize),
    /// Neither: black.
    Spare,
}

/// The cells of a header of this palette in the order of [`FrameHeader::cells`].
pub(super) fn cells(palette: Palette) -> impl Iterator<Item = Cell> {
    (0..palette.header_planes() * HEADER_ROWS * HEADER_COLUMNS).map(move |i| {
        let (row, column) = (i / HEADER_COLUMNS, i % HEADER_COLUMNS);
        let (plane, in_plane) = (row / HEADER_ROWS, row % HEADER_ROWS);
        let [first, last] = palette.known_cells(row);
        let Some(data_column) = column.checked_sub(1) else { return Cell::Known(first) };
        if data_column == DATA_COLUMNS {
            return Cell::Known(last);
        }
        match in_plane * DATA_COLUMNS + data_column {
            at if at < PLANE_BITS => Cell::Bits(plane * palette.bits_per_tile() * PLANE_BITS + at),
            _ => Cell::Spare,
        }
    })
}

impl From<FrameHeader> for Vec<u8> {
    fn from(header: FrameHeader) -> Self {
        header.to_bytes()
    }
}

impl TryFrom<Vec<u8>> for FrameHeader {
    type Error = HeaderError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, HeaderError> {
        Self::parse(&bytes).unwrap_or(Err(HeaderError::Contradiction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_consistent(mut bytes in prop::collection::vec(any::<u8>(), 20)) {
            bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
            match FrameHeader::parse(&bytes) {
                Some(Ok(header)) => prop_assert!(header.format.geometry.is_valid()),
                other => prop_assert!(other.is_some()),
            }
        }
    }

    #[test]
    fn another_version_says_which_side_is_older() {
        let mut bytes = vec![FORMAT_VERSION + 1];
        bytes.extend([0; FIELD_BYTES - 1]);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let error = FrameHeader::parse(&bytes).unwrap().unwrap_err();
        assert!(error.to_string().ends_with("this program is older"), "{error}");
    }
}
