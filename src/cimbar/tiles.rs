//! What a frame looks like: the sixteen tiles, finders, guide lines.

use super::mode::{PITCH, Parameters, TILE};
use crate::raster::IndexedFrame;

/// The sixteen tiles: rows from the top, most significant bit left, 1 is coloured.
const TILES: [u64; 16] = [
    0xFFFE_FCF8_F0E0_C080,
    0x80C0_E0F0_F8FC_FEFF,
    0xFF7F_3F1F_0F07_0301,
    0x0103_070F_1F3F_7FFF,
    0x1818_18FF_FF18_1818,
    0x66E7_E700_00E7_E766,
    0x3C7E_E7C3_C3E7_7E3C,
    0x1818_3C3C_7E7E_FFFF,
    0xC0F0_FCFF_FFFC_F0C0,
    0xFFFC_F000_00F0_FCFF,
    0xFF3F_0F00_000F_3FFF,
    0xE7E7_E7E7_C3C3_8181,
    0x8181_C3C3_E7E7_E7E7,
    0x0000_C3E7_7E3C_1800,
    0x0C1C_3870_7038_1C0C,
    0x1E1E_3838_1C1C_7878,
];

/// Whether pixel (`x`, `y`) of a tile is coloured.
pub(crate) fn is_coloured(symbol: usize, x: usize, y: usize) -> bool {
    TILES[symbol] >> (TILE * TILE - 1 - (y * TILE + x)) & 1 == 1
}

const WHITE: u8 = IndexedFrame::WHITE;
const BLACK: u8 = IndexedFrame::BLACK;
/// Side of a finder, in pixels.
const FINDER: usize = 60;
/// Squares in a finder, one in the other: distance from its side, and colour.
const RINGS: [(usize, u8); 2] = [(2, WHITE), (9, BLACK)];
/// Where the white core begins: bottom right, and elsewhere.
const CORES: [usize; 2] = [23, 16];
/// Length and width of a guide line, and its distance from the side.
const GUIDE: (usize, usize, usize) = (100, 2, 2);

/// Draws a frame from its cells' values, colour * 16 + symbol, in the order of their numbers.
pub fn draw(parameters: &Parameters, values: &[u8]) -> IndexedFrame {
    let (width, height) = parameters.size;
    let mut frame = IndexedFrame::black(width, height);
    draw_finders(&mut frame);
    draw_guides(&mut frame);
    let colours =
        parameters.palette.map(|rgb| IndexedFrame::index(rgb.map(|channel| channel == 255)));
    for ((column, row), value) in parameters.places().into_iter().zip(values) {
        let (symbol, colour) = (usize::from(value % 16), usize::from(value / 16 % 4));
        let (left, top) = (parameters.offset + PITCH * column, parameters.offset + PITCH * row);
        for (x, y) in (0..TILE * TILE).map(|i| (i % TILE, i / TILE)) {
            if is_coloured(symbol, x, y) {
                frame.pixels[(top + y) * width + left + x] = colours[colour];
            }
        }
    }
    frame
}

fn fill(frame: &mut IndexedFrame, (x, y): (usize, usize), (w, h): (usize, usize), colour: u8) {
    for line in frame.pixels.chunks_exact_mut(frame.width).skip(y).take(h) {
        line[x..x + w].fill(colour);
    }
}

fn draw_finders(frame: &mut IndexedFrame) {
    let (right, bottom) = (frame.width - FINDER, frame.height - FINDER);
    for (x, y) in [(0, 0), (right, 0), (0, bottom), (right, bottom)] {
        let core = CORES[usize::from((x, y) != (right, bottom))];
        for (inset, colour) in RINGS.into_iter().chain([(core, WHITE)]) {
            let side = FINDER - 2 * inset;
            fill(frame, (x + inset, y + inset), (side, side), colour);
        }
    }
}

fn draw_guides(frame: &mut IndexedFrame) {
    let (length, thickness, inset) = GUIDE;
    let (w, h) = (frame.width, frame.height);
    let (x, y) = (w / 2 - length / 2, h / 2 - length / 2);
    fill(frame, (x, inset), (length, thickness), WHITE);
    fill(frame, (x - length, h - inset - thickness), (3 * length, thickness), WHITE);
    fill(frame, (inset, y), (thickness, length), WHITE);
    fill(frame, (w - inset - thickness, y), (thickness, length), WHITE);
}
