//! Where the symbols of a frame are drawn: what a player needs to draw frames from symbols alone.

use super::layout::{FINDER_BOX_UNITS, HEADER_COLUMNS};
use super::{Layout, Palette, TileKind, draw};
use crate::raster::IndexedFrame;

/// Squares of one size side by side, from left to right, in pixels of the whole picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellRun {
    /// Left edge of the first.
    pub x: usize,
    /// Top edge of all.
    pub y: usize,
    /// Side of each square.
    pub side: usize,
    /// Number of squares.
    pub count: usize,
}

/// How frames of one layout are drawn from their symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// What all frames have in common: every symbol 0.
    pub base: IndexedFrame,
    /// The squares that differ from frame to frame, in the order of the symbols.
    pub runs: Vec<CellRun>,
    /// Colours of the symbols.
    pub palette: Palette,
}

impl Cells {
    /// The cells of a layout.
    pub fn new(layout: &Layout) -> Self {
        let geometry = layout.geometry();
        let base = draw(layout, &vec![0; layout.kinds().len()], &vec![0; geometry.header_cells()]);
        Self { base, runs: runs(layout), palette: geometry.palette }
    }

    /// The symbols of a frame, [`Palette::bits_per_tile`] bits each, most significant first; the
    /// last byte is filled up with zeros.
    pub fn pack(&self, frame: &IndexedFrame) -> Vec<u8> {
        let bits = self.palette.bits_per_tile();
        let cells: usize = self.runs.iter().map(|run| run.count).sum();
        let mut packed = Vec::with_capacity((cells * bits).div_ceil(8));
        let (mut pending, mut held) = (0u32, 0);
        for run in &self.runs {
            let line = &frame.pixels[run.y * frame.width + run.x..][..run.count * run.side];
            for (cell, pixels) in line.chunks_exact(run.side).enumerate() {
                // The side that no header covers.
                let left = 2 * (run.x + cell * run.side) < frame.width;
                let symbol = if left { pixels[0] } else { pixels[run.side - 1] };
                // The last bits of an index are the symbol's, in either palette.
                pending = pending << bits | u32::from(symbol) & ((1 << bits) - 1);
                held += bits;
                if held >= 8 {
                    held -= 8;
                    packed.push((pending >> held) as u8);
                }
            }
        }
        if held > 0 {
            packed.push((pending << (8 - held)) as u8);
        }
        packed
    }
}

/// All squares that differ from frame to frame: pilots and data tiles by rows, then both copies of
/// the header. What is around them is the same in all frames of a layout.
fn runs(layout: &Layout) -> Vec<CellRun> {
    let geometry = layout.geometry();
    let (width, height) = geometry.grid_size();
    let (unit, tile) = (usize::from(geometry.unit), usize::from(geometry.tile));
    let border = geometry.border();
    let mut runs = Vec::new();
    for (row, kinds) in layout.kinds().chunks_exact(layout.columns()).enumerate() {
        let mut column = 0;
        for run in kinds.chunk_by(|a, b| is_drawn(*a) == is_drawn(*b)) {
            if is_drawn(run[0]) {
                let (x, y) = (border + column * tile, border + row * tile);
                runs.push(CellRun { x, y, side: tile, count: run.len() });
            }
            column += run.len();
        }
    }
    // On top: in black and white, a column of tiles reaches a little under them.
    for row in 0..geometry.header_rows() {
        let (x, y) = (FINDER_BOX_UNITS * unit, row * unit);
        let turned = (width - x - HEADER_COLUMNS * unit, height - y - unit);
        for (x, y) in [(x, y), turned] {
            runs.push(CellRun { x: border + x, y: border + y, side: unit, count: HEADER_COLUMNS });
        }
    }
    runs
}

fn is_drawn(kind: TileKind) -> bool {
    matches!(kind, TileKind::Data | TileKind::Pilot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Geometry;
    use crate::prng::SplitMix64;

    /// Draws squares as a player does.
    fn unpack(cells: &Cells, packed: &[u8]) -> IndexedFrame {
        let (mut frame, palette) = (cells.base.clone(), cells.palette);
        let bit = |i: usize| packed[i / 8] >> (7 - i % 8) & 1;
        let mut at = 0;
        for run in &cells.runs {
            for cell in 0..run.count {
                let bits: Vec<u8> = (at..at + palette.bits_per_tile()).map(bit).collect();
                at += bits.len();
                for y in run.y..run.y + run.side {
                    let start = y * frame.width + run.x + cell * run.side;
                    frame.pixels[start..start + run.side].fill(palette.symbol(&bits));
                }
            }
        }
        assert_eq!(packed.len(), at.div_ceil(8));
        frame
    }

    #[test]
    fn frames_come_back_from_their_cells() {
        use Palette::{BlackWhite, Colour};
        for (tile, palette) in [(1, Colour), (3, Colour), (8, BlackWhite), (6, Colour)] {
            let geometry = Geometry::new(700, 620, tile, palette).unwrap();
            let layout = Layout::new(geometry);
            let bits = SplitMix64::new(4).bits(700 * 620 * 3);
            let mut symbols = bits.chunks_exact(palette.bits_per_tile()).map(|b| palette.symbol(b));
            let tiles: Vec<u8> = symbols.by_ref().take(layout.kinds().len()).collect();
            let header: Vec<u8> = symbols.by_ref().take(geometry.header_cells()).collect();
            let frame = draw(&layout, &tiles, &header);
            let cells = Cells::new(&layout);
            let drawn = unpack(&cells, &cells.pack(&frame));
            let wrong = drawn.pixels.iter().zip(&frame.pixels).position(|(a, b)| a != b);
            let place = wrong.map(|at| (at % frame.width, at / frame.width));
            assert_eq!(place, None, "tile {tile}: {geometry:?}");
        }
    }
}
