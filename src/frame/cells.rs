//! Where the symbols of a frame are drawn: what a player needs to draw frames from symbols alone.

use super::layout::{FINDER_BOX_UNITS, HEADER_COLUMNS, HEADER_ROWS};
use super::{Layout, TileKind};
use crate::raster::IndexedFrame;

/// Squares of one size side by side, from left to right, in pixels of the whole picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellRun {
    /// Left edge of the first.
    pub x: usize,
    /// Top edge.
    pub y: usize,
    /// Side of each.
    pub side: usize,
    /// How many there are.
    pub count: usize,
}

/// All squares that differ from frame to frame: pilots and data tiles by rows, then both copies of
/// the header. What is around them is the same in all frames of a layout.
pub fn cell_runs(layout: &Layout) -> Vec<CellRun> {
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
    for row in 0..HEADER_ROWS * usize::from(geometry.planes) {
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

/// The symbols in these squares of a frame, `bits` (1: black and white, or 3) each, most
/// significant first; the last byte is filled up with zeros.
pub fn pack_cells(frame: &IndexedFrame, runs: &[CellRun], bits: usize) -> Vec<u8> {
    let cells: usize = runs.iter().map(|run| run.count).sum();
    let mut packed = Vec::with_capacity((cells * bits).div_ceil(8));
    let (mut pending, mut held) = (0u32, 0);
    for run in runs {
        let line = &frame.pixels[run.y * frame.width + run.x..][..run.count * run.side];
        for (cell, pixels) in line.chunks_exact(run.side).enumerate() {
            // The side that no header covers.
            let left = 2 * (run.x + cell * run.side) < frame.width;
            let symbol = if left { pixels[0] } else { pixels[run.side - 1] };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Geometry, draw};
    use crate::prng::SplitMix64;

    /// Draws squares as a player does.
    fn unpack(base: &IndexedFrame, runs: &[CellRun], bits: usize, packed: &[u8]) -> IndexedFrame {
        let mut frame = base.clone();
        let bit = |i: usize| packed[i / 8] >> (7 - i % 8) & 1;
        let mut at = 0;
        for run in runs {
            for cell in 0..run.count {
                let symbol = (0..bits).fold(0, |symbol, i| symbol << 1 | bit(at + i));
                let symbol = if bits == 1 { symbol * 7 } else { symbol };
                at += bits;
                for y in run.y..run.y + run.side {
                    let start = y * frame.width + run.x + cell * run.side;
                    frame.pixels[start..start + run.side].fill(symbol);
                }
            }
        }
        assert_eq!(packed.len(), at.div_ceil(8));
        frame
    }

    #[test]
    fn frames_come_back_from_their_cells() {
        for (tile, colour) in [(1, true), (3, true), (8, false), (6, true)] {
            let layout = Layout::new(Geometry::new(700, 620, tile, colour).unwrap());
            let planes = if colour { 1 } else { 3 };
            let mut prng = SplitMix64::new(4);
            let symbol = |value: u64| if colour { value as u8 & 7 } else { value as u8 % 2 * 7 };
            let mut symbols =
                |count: usize| (0..count).map(|_| symbol(prng.next_u64())).collect::<Vec<u8>>();
            let tiles = symbols(layout.kinds().len());
            let header = symbols(HEADER_ROWS * planes * HEADER_COLUMNS);
            let frame = draw(&layout, &tiles, &header);
            let base = draw(&layout, &vec![0; tiles.len()], &vec![0; header.len()]);
            let (runs, bits) = (cell_runs(&layout), if colour { 3 } else { 1 });
            let packed = pack_cells(&frame, &runs, bits);
            let drawn = unpack(&base, &runs, bits, &packed);
            let wrong = drawn.pixels.iter().zip(&frame.pixels).position(|(a, b)| a != b);
            let place = wrong.map(|at| (at % frame.width, at / frame.width));
            assert_eq!(place, None, "tile {tile}: {:?}", layout.geometry());
        }
    }
}
