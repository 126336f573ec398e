//! How the sixteen tiles really look in a picture, blurred and skewed as it is: learned part by part
//! of the frame from the cells that are thought to show them.

use super::coding::Cell;
use super::contrasts::Contrast;
use super::mode::Parameters;
use super::patches::{AREA, Patch, Square, brightness, centre, dot, drawn_tiles, normalised};

/// Parts of the frame a side, in which tiles are learned.
const PARTS: usize = 3;
/// Cells' worth of the whole frame's tile that a part's begins with.
const PRIOR: f32 = 12.0;
/// Tiles with less than this share of the best one's brightness cannot win by their colours.
const POSSIBLE: f32 = 0.6;

/// How the tiles look, part by part of the frame.
pub(super) struct Shapes {
    /// For each part the tiles, of mean 0 and length 1.
    parts: Vec<[Square; 16]>,
    /// How much contrast a tile has in them, beside the others: mean 1.
    pub(super) strength: [f32; 16],
    part_of: Vec<usize>,
}

impl Shapes {
    pub(super) fn learn(parameters: &Parameters, patches: &[Patch], cells: &[Cell]) -> Self {
        let (columns, rows) = parameters.grid;
        let part =
            |(column, row): (usize, usize)| row * PARTS / rows * PARTS + column * PARTS / columns;
        let part_of: Vec<usize> = parameters.places().into_iter().map(part).collect();
        let mut sums = vec![[[0f32; AREA]; 16]; PARTS * PARTS];
        let mut lengths = [(0f32, 0f32); 16];
        for ((patch, cell), &part) in patches.iter().zip(cells).zip(&part_of) {
            let label = cell.symbol;
            let mut square = brightness(patch);
            let length = centre(&mut square);
            let (sum, count) = &mut lengths[usize::from(label)];
            (*sum, *count) = (*sum + length, *count + 1.0);
            let scale = 1.0 / length.max(1.0);
            for (sum, value) in sums[part][usize::from(label)].iter_mut().zip(square) {
                *sum += value * scale;
            }
        }
        let drawn = drawn_tiles();
        let whole: [Square; 16] = std::array::from_fn(|symbol| {
            let sum: Square = std::array::from_fn(|i| {
                sums.iter().map(|part| part[symbol][i]).sum::<f32>() + drawn[symbol][i]
            });
            normalised(sum)
        });
        let parts = sums
            .into_iter()
            .map(|part| {
                std::array::from_fn(|symbol| {
                    normalised(std::array::from_fn(|i| part[symbol][i] + PRIOR * whole[symbol][i]))
                })
            })
            .collect();
        let mean = |(sum, count): (f32, f32)| sum / count.max(1.0);
        let all = lengths.iter().fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
        let strength =
            lengths.map(|one| if one.1 > 0.0 { mean(one) / mean(all).max(1e-3) } else { 1.0 });
        Self { parts, strength, part_of }
    }

    /// Each tile's contrast in the samples of a cell, if it is this tile; 0 for tiles that it can
    /// hardly be, and that are not its `label`.
    pub(super) fn contrasts(&self, cell: usize, patch: &Patch, label: u8) -> [Contrast; 16] {
        let tiles = &self.parts[self.part_of[cell]];
        let square = brightness(patch);
        let scores = tiles.each_ref().map(|tile| dot(tile, &square));
        let least = POSSIBLE * scores.into_iter().fold(0.0, f32::max);
        std::array::from_fn(|symbol| {
            if scores[symbol] < least && symbol != usize::from(label) {
                return [0.0; 3];
            }
            patch.each_ref().map(|square| dot(&tiles[symbol], square) / self.strength[symbol])
        })
    }
}
