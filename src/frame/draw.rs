//! Tiles and header cells to pixels.

use super::layout::{FINDER_BOX_UNITS, FINDER_UNITS, HEADER_COLUMNS};
use super::{Layout, TileKind};
use crate::raster::IndexedFrame;

const BLACK: u8 = IndexedFrame::BLACK;
const WHITE: u8 = IndexedFrame::WHITE;

/// Draws a frame.
///
/// `tiles` has a symbol (0 to 7, bit 2 red, bit 1 green, bit 0 blue) for every tile in scan order;
/// only those of pilots and data count. `header` has the symbols of the header's cells, plane
/// after plane, rows from the top, [`HEADER_COLUMNS`] a row.
///
/// # Panics
/// If either has another length.
pub fn draw(layout: &Layout, tiles: &[u8], header: &[u8]) -> IndexedFrame {
    let geometry = layout.geometry();
    assert_eq!(tiles.len(), layout.kinds().len(), "a symbol for each tile");
    assert_eq!(header.len(), geometry.header_cells(), "a symbol for each cell");
    let (grid_width, grid_height) = geometry.grid_size();
    let border = geometry.border();
    let (width, height) = (grid_width + 2 * border, grid_height + 2 * border);
    let mut canvas = Canvas { frame: IndexedFrame::black(width, height), origin: border };
    let marks = with_marks(layout, tiles);
    canvas.tiles(&marks, layout.columns(), geometry.tile.into());
    let unit = usize::from(geometry.unit);
    for (index, &symbol) in header.iter().enumerate() {
        let x = (FINDER_BOX_UNITS + index % HEADER_COLUMNS) * unit;
        let y = index / HEADER_COLUMNS * unit;
        canvas.square(x, y, unit, symbol);
        canvas.square(grid_width - x - unit, grid_height - y - unit, unit, symbol);
    }
    let (right, bottom) = (grid_width - FINDER_UNITS * unit, grid_height - FINDER_UNITS * unit);
    for (x, y, core) in [(0, 0, 4), (right, 0, 4), (0, bottom, 4), (right, bottom, 2)] {
        for (inset, colour) in [(0, WHITE), (1, BLACK), ((FINDER_UNITS - core) / 2, WHITE)] {
            let side = (FINDER_UNITS - 2 * inset) * unit;
            canvas.square(x + inset * unit, y + inset * unit, side, colour);
        }
    }
    canvas.frame
}

/// The symbols that are drawn as tiles: marks filled in, reserved tiles dark.
fn with_marks(layout: &Layout, tiles: &[u8]) -> Vec<u8> {
    let visible = |kind: &TileKind| matches!(kind, TileKind::Data | TileKind::Pilot);
    let mut drawn: Vec<u8> = tiles
        .iter()
        .zip(layout.kinds())
        .map(|(&symbol, kind)| if visible(kind) { symbol } else { BLACK })
        .collect();
    for (tile, bright) in layout.mark_tiles() {
        drawn[tile] = if bright { WHITE } else { BLACK };
    }
    drawn
}

struct Canvas {
    frame: IndexedFrame,
    /// Where the grid begins, in x and y.
    origin: usize,
}

impl Canvas {
    /// Fills a square whose corner is given from the grid's origin.
    fn square(&mut self, x: usize, y: usize, side: usize, symbol: u8) {
        for row in y..y + side {
            let start = (self.origin + row) * self.frame.width + self.origin + x;
            self.frame.pixels[start..start + side].fill(symbol);
        }
    }

    fn tiles(&mut self, symbols: &[u8], columns: usize, tile: usize) {
        let width = self.frame.width;
        for (row, symbols) in symbols.chunks_exact(columns).enumerate() {
            let start = (self.origin + row * tile) * width;
            let line = &mut self.frame.pixels[start + self.origin..][..columns * tile];
            for (pixels, &symbol) in line.chunks_exact_mut(tile).zip(symbols) {
                pixels.fill(symbol);
            }
            for copy in 1..tile {
                self.frame.pixels.copy_within(start..start + width, start + copy * width);
            }
        }
    }
}
