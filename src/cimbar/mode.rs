//! The four modes: sizes, cells and their order, and which coded bit each cell carries.

use super::fountain::CHUNK_HEADER_BYTES;
use serde::{Deserialize, Serialize};

/// Side of a tile, in frame pixels.
pub(crate) const TILE: usize = 8;
/// Distance from one tile to the next, in frame pixels.
pub(crate) const PITCH: usize = 9;
/// Distance of a finder's centre from both sides of its corner, in frame pixels.
pub(crate) const FINDER_INSET: usize = 30;
/// Cells that a finder takes from each side of a corner.
const CORNER: usize = 6;
/// Bits of a cell that choose its tile, and its colour.
pub(crate) const SYMBOL_BITS: usize = 4;
/// Bits of a cell that choose its colour.
pub(crate) const COLOUR_BITS: usize = 2;

/// The four colours, in the order in which the receiver numbers them.
pub(crate) const COLOURS: [[u8; 3]; 4] = [GREEN, CYAN, YELLOW, MAGENTA];

/// The modes that are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// 1024x1024, the usual one
    B,
    /// 1024x720
    Bm,
    /// 736x637
    Bu,
    /// 1024x1024, the older one
    FourC,
}

/// The numbers of a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The mode that they are of.
    pub mode: Mode,
    /// Name, as people know it.
    pub name: &'static str,
    /// Width and height of a frame, in pixels.
    pub size: (usize, usize),
    /// Where the first tile would be, in pixels from the left and from the top.
    pub offset: usize,
    /// Cells in a full row, and rows.
    pub grid: (usize, usize),
    /// Bytes of a Reed-Solomon block.
    pub block: usize,
    /// Bytes of it that are parity.
    pub parity: usize,
    /// Fountain chunks a frame.
    pub chunks: usize,
    /// Of these, chunks that the tiles' shapes carry; the others are in the colours.
    pub symbol_chunks: usize,
    /// Colours by value.
    pub palette: [[u8; 3]; 4],
    /// Whether shapes and colours carry streams of their own.
    pub split: bool,
}

const GREEN: [u8; 3] = [0, 255, 0];
const CYAN: [u8; 3] = [0, 255, 255];
const YELLOW: [u8; 3] = [255, 255, 0];
const MAGENTA: [u8; 3] = [255, 0, 255];

const B: Parameters = Parameters {
    mode: Mode::B,
    name: "B",
    size: (1024, 1024),
    offset: 8,
    grid: (112, 112),
    block: 155,
    parity: 30,
    chunks: 12,
    symbol_chunks: 8,
    palette: COLOURS,
    split: true,
};

const BM: Parameters = Parameters {
    mode: Mode::Bm,
    name: "Bm",
    size: (1024, 720),
    offset: 9,
    grid: (112, 78),
    block: 179,
    parity: 36,
    ..B
};

const BU: Parameters = Parameters {
    mode: Mode::Bu,
    name: "Bu",
    size: (736, 637),
    offset: 9,
    grid: (80, 69),
    block: 168,
    parity: 33,
    chunks: 6,
    symbol_chunks: 4,
    ..B
};

const FOUR_C: Parameters = Parameters {
    mode: Mode::FourC,
    name: "4C",
    chunks: 10,
    symbol_chunks: 10,
    palette: [CYAN, YELLOW, MAGENTA, GREEN],
    split: false,
    ..B
};

impl Mode {
    /// All modes, the usual one first.
    pub const ALL: [Self; 4] = [Self::B, Self::FourC, Self::Bm, Self::Bu];

    /// The mode's numbers.
    pub fn parameters(self) -> &'static Parameters {
        match self {
            Self::B => &B,
            Self::Bm => &BM,
            Self::Bu => &BU,
            Self::FourC => &FOUR_C,
        }
    }
}

impl Parameters {
    /// Cells that carry data.
    pub fn cells(&self) -> usize {
        self.grid.0 * self.grid.1 - 4 * CORNER * CORNER
    }

    /// Bytes that the cells carry.
    pub(crate) fn coded_bytes(&self) -> usize {
        self.cells() * (SYMBOL_BITS + COLOUR_BITS) / 8
    }

    /// Reed-Solomon blocks a frame.
    pub fn blocks(&self) -> usize {
        self.coded_bytes() / self.block
    }

    /// Data bytes of a Reed-Solomon block.
    pub fn data(&self) -> usize {
        self.block - self.parity
    }

    /// Payload bytes of a frame.
    pub fn payload(&self) -> usize {
        self.blocks() * self.data()
    }

    /// Bytes of a fountain chunk, with its header.
    pub fn chunk_bytes(&self) -> usize {
        self.payload() / self.chunks
    }

    /// Bytes of a fountain block: a chunk without its header.
    pub fn block_bytes(&self) -> usize {
        self.chunk_bytes() - CHUNK_HEADER_BYTES
    }

    /// Reed-Solomon blocks of a fountain chunk.
    pub(crate) fn chunk_blocks(&self) -> usize {
        self.blocks() / self.chunks
    }

    /// Column and row of every cell, in the order of their numbers: rows from the top.
    pub(crate) fn places(&self) -> Vec<(usize, usize)> {
        let (columns, rows) = self.grid;
        let edge = |v: usize, size: usize| v < CORNER || v >= size - CORNER;
        (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (column, row)))
            .filter(|&(column, row)| !(edge(column, columns) && edge(row, rows)))
            .collect()
    }

    /// The position of every cell in its grid, in scan order of full rows.
    pub fn tiles(&self) -> Vec<usize> {
        self.places().into_iter().map(|(column, row)| row * self.grid.0 + column).collect()
    }

    /// The number of the cell that carries each position of the stream: both halves of the cells
    /// are read in strides of a Reed-Solomon block's length.
    pub fn order(&self) -> Vec<usize> {
        let half = self.cells() / 2;
        let run = half / self.block;
        let cell = |k: usize| {
            let (part, at) = (k / half, k % half);
            part * half + at % run * self.block + at / run
        };
        (0..self.cells()).map(cell).collect()
    }

    /// The first coded bits of the colour and of the tile at position `k` of the stream.
    pub(crate) fn bits_at(&self, k: usize) -> (usize, usize) {
        if self.split {
            (self.cells() * SYMBOL_BITS + k * COLOUR_BITS, k * SYMBOL_BITS)
        } else {
            let first = k * (SYMBOL_BITS + COLOUR_BITS);
            (first, first + COLOUR_BITS)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_divides_evenly() {
        let sizes = Mode::ALL.map(|mode| {
            let p = mode.parameters();
            assert_eq!(p.blocks() * p.block, p.coded_bytes(), "{}", p.name);
            assert_eq!(p.blocks() % p.chunks, 0);
            assert_eq!(p.places().len(), p.cells());
            (p.cells(), p.payload(), p.chunk_bytes())
        });
        let expected =
            [(12400, 7500, 625), (12400, 7500, 750), (8592, 5148, 429), (5376, 3240, 540)];
        assert_eq!(sizes, expected);
    }

    #[test]
    fn the_order_visits_every_cell_once() {
        for mode in Mode::ALL {
            let order = mode.parameters().order();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..order.len()));
        }
    }

    #[test]
    fn the_order_is_that_of_the_published_check_values() {
        let b = Mode::B.parameters().order();
        assert_eq!([b[1], b[39], b[40], b[6199], b[6201]], [155, 6045, 1, 6199, 6355]);
        let bm = Mode::Bm.parameters().order();
        assert_eq!([bm[1], bm[23], bm[24], bm[4297]], [179, 4117, 1, 4475]);
        let bu = Mode::Bu.parameters().order();
        assert_eq!([bu[2], bu[15], bu[16], bu[2689]], [336, 2520, 1, 2856]);
        assert_eq!(Mode::Bm.parameters().places()[8591], ((954 - 9) / 9, (702 - 9) / 9));
    }
}
