//! Samples of the cells to the data of Reed-Solomon blocks.
//!
//! The tiles are first told apart as they were drawn; then as they really look in this picture,
//! learned part by part of the frame from the cells themselves. With the four clouds of colours
//! (`colours`), tile and colour of a cell are decided together; what the blocks that decode say is
//! learned from in another round.

use super::align::align;
use super::coding::{Cell, Coding};
use super::colours::{Clouds, Contrast};
use super::mode::Mode;
use super::patches::centre;
use super::patches::{AREA, Patch, Sampler, Square, brightness, dot, drawn_tiles, normalised};
use crate::frame::{Hypothesis, Mesh, MeshQuality};
use crate::raster::Picture;

/// Parts of the frame a side, in which tiles are learned.
const PARTS: usize = 3;
/// Cells' worth of the whole frame's tile that a part's begins with.
const PRIOR: f32 = 12.0;
/// Rounds of learning and decoding at most.
const ROUNDS: usize = 4;

/// What a frame gave.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its mode.
    pub mode: Mode,
    /// The data of every Reed-Solomon block, in the order of the stream; `None` if it was lost.
    pub blocks: Vec<Option<Vec<u8>>>,
    /// How well the mesh fits.
    pub quality: MeshQuality,
    /// Picture pixels a frame pixel.
    pub scale: f64,
}

/// Reads a frame at a hypothesis: in the first of `codings` whose cells are there and of which at
/// least one block decodes.
pub fn read_frame(
    picture: &Picture,
    hypothesis: &Hypothesis,
    codings: &[(Mode, Coding)],
) -> Option<Reading> {
    let mut aligned: Option<(&(Mode, Coding), Mesh, MeshQuality, Vec<Patch>)> = None;
    for known in codings {
        let mode = known.1.mode();
        let same = |other: &(Mode, Coding)| {
            let other = other.1.mode();
            (other.size, other.offset) == (mode.size, mode.offset)
        };
        if !aligned.as_ref().is_some_and(|(other, ..)| same(other)) {
            aligned = align(picture, mode, hypothesis).map(|(mesh, quality)| {
                let patches = Sampler::new(picture, &mesh).patches(&mesh, mode);
                (known, mesh, quality, patches)
            });
        }
        let Some((_, mesh, quality, patches)) = &aligned else { continue };
        let blocks = read_cells(&known.1, patches);
        if blocks.iter().any(Option::is_some) {
            let scale = mesh.pixels_per_tile() / super::PITCH as f64;
            return Some(Reading { mode: known.0, blocks, quality: *quality, scale });
        }
    }
    None
}

/// The blocks that the cells' samples give.
fn read_cells(coding: &Coding, patches: &[Patch]) -> Vec<Option<Vec<u8>>> {
    let mut blocks = vec![None; coding.mode().blocks()];
    let mut known = coding.known(&blocks);
    let mut labels: Vec<u8> = {
        let tiles = drawn_tiles();
        patches.iter().map(|patch| best_tile(&tiles, &brightness(patch))).collect()
    };
    for _ in 0..ROUNDS {
        for (label, known) in labels.iter_mut().zip(&known) {
            *label = known[0].unwrap_or(*label);
        }
        let shapes = Shapes::learn(coding, patches, &labels);
        let cells = decide(coding, &shapes, patches, &labels, &known);
        let before = blocks.iter().flatten().count();
        coding.decode(&cells, &mut blocks);
        let now = blocks.iter().flatten().count();
        if now == blocks.len()
            || now == before && now > 0
            || now == 0 && before == 0 && labels_same(&labels, &cells)
        {
            break;
        }
        known = coding.known(&blocks);
        labels = cells.iter().map(|cell| cell.symbol).collect();
    }
    blocks
}

fn labels_same(labels: &[u8], cells: &[Cell]) -> bool {
    labels.iter().zip(cells).all(|(label, cell)| *label == cell.symbol)
}

fn best_tile(tiles: &[Square; 16], square: &Square) -> u8 {
    let scores = tiles.each_ref().map(|tile| dot(tile, square));
    (0..16u8).max_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize])).unwrap_or(0)
}

/// How the tiles look, part by part of the frame.
struct Shapes {
    /// For each part the tiles, of mean 0 and length 1.
    parts: Vec<[Square; 16]>,
    /// How much contrast a tile has in them, beside the others: mean 1.
    strength: [f32; 16],
    part_of: Vec<usize>,
}

impl Shapes {
    fn learn(coding: &Coding, patches: &[Patch], labels: &[u8]) -> Self {
        let (columns, rows) = coding.mode().grid;
        let part =
            |(column, row): (usize, usize)| row * PARTS / rows * PARTS + column * PARTS / columns;
        let part_of: Vec<usize> = coding.mode().places().into_iter().map(part).collect();
        let mut sums = vec![[[0f32; AREA]; 16]; PARTS * PARTS];
        let mut lengths = [(0f32, 0f32); 16];
        for ((patch, &label), &part) in patches.iter().zip(labels).zip(&part_of) {
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

    /// Each tile's contrast in the samples of a cell, if it is this tile.
    fn contrasts(&self, cell: usize, patch: &Patch) -> [Contrast; 16] {
        let tiles = &self.parts[self.part_of[cell]];
        std::array::from_fn(|symbol| {
            patch.each_ref().map(|square| dot(&tiles[symbol], square) / self.strength[symbol])
        })
    }
}

/// Tile and colour of every cell.
fn decide(
    coding: &Coding,
    shapes: &Shapes,
    patches: &[Patch],
    labels: &[u8],
    known: &[[Option<u8>; 2]],
) -> Vec<Cell> {
    let all: Vec<[Contrast; 16]> =
        patches.iter().enumerate().map(|(i, patch)| shapes.contrasts(i, patch)).collect();
    let seen: Vec<Contrast> =
        all.iter().zip(labels).map(|(contrasts, &label)| contrasts[usize::from(label)]).collect();
    let colours: Vec<Option<u8>> = known.iter().map(|known| known[1]).collect();
    let clouds = Clouds::learn(coding.mode(), &seen, &colours);
    let weights = channel_weights(&seen, &clouds);
    all.iter()
        .enumerate()
        .map(|(i, contrasts)| {
            // How much of the samples' energy each tile explains in the colour that suits it.
            let scores: [f32; 16] = std::array::from_fn(|symbol| {
                let strength = shapes.strength[symbol] * shapes.strength[symbol];
                let explained = |mean: &Contrast| {
                    let terms = (0..3)
                        .map(|c| weights[c] * mean[c] * (2.0 * contrasts[symbol][c] - mean[c]));
                    strength * terms.sum::<f32>()
                };
                clouds.means(i).iter().map(explained).fold(f32::MIN, f32::max)
            });
            let symbol = (0..16).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
            let second =
                (0..16).filter(|&s| s != symbol).map(|s| scores[s]).fold(f32::MIN, f32::max);
            let (colour, gap) = clouds.nearest(i, &contrasts[symbol]);
            Cell {
                symbol: symbol as u8,
                colour: colour as u8,
                certainty: [scores[symbol] - second, gap],
            }
        })
        .collect()
}

/// Weights of the channels: the inverse of their noise within the clouds.
fn channel_weights(seen: &[Contrast], clouds: &Clouds) -> Contrast {
    let mut noise = [1e-6f32; 3];
    for (i, contrast) in seen.iter().enumerate() {
        let mean = clouds.means(i)[clouds.nearest(i, contrast).0];
        for c in 0..3 {
            noise[c] += (contrast[c] - mean[c]).powi(2) / seen.len() as f32;
        }
    }
    noise.map(|variance| 1.0 / variance)
}
