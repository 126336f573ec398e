//! Samples of the cells to the data of Reed-Solomon blocks.
//!
//! The tiles are first told apart as they were drawn; then as they really look in this picture,
//! learned part by part of the frame from the cells themselves. With the four clouds of colours
//! (`colours`), tile and colour of a cell are decided together; what the blocks that decode say is
//! learned from in another round.

use super::align::{align, likeness};
use super::coding::{Cell, Coding};
use super::colours::{Clouds, Contrast, brightness_around, equalised};
use super::mode::{Mode, Parameters};
use super::patches::{AREA, Patch, Sampler, Square, brightness, dot, drawn_tiles};
use super::shapes::Shapes;
use crate::frame::{Hypothesis, MeshQuality};
use crate::raster::Picture;

/// Hypotheses that are compared with each other, likeliest first, and how many of them are read.
const BATCHES: [(usize, usize); 3] = [(2, 2), (10, 3), (36, 3)];
/// With this share of the groups of cells in place a frame is read.
const ENOUGH_GROUPS: f64 = 0.5;
/// Rounds of learning and decoding at most.
const ROUNDS: usize = 3;
/// Times that colours are equalised with what was decided before.
const COLOUR_ROUNDS: usize = 2;

/// The data of Reed-Solomon blocks, as far as they could be read.
pub type Blocks = Vec<Option<Vec<u8>>>;

/// What a frame gave.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its mode.
    pub mode: Mode,
    /// The data of every Reed-Solomon block, in the order of the stream; `None` if it was lost.
    pub blocks: Blocks,
    /// How well the mesh fits.
    pub quality: MeshQuality,
    /// Picture pixels a cell.
    pub pixels_per_cell: f64,
}

/// The tables of all modes.
#[derive(Clone, Debug)]
pub struct Codings(Vec<(Mode, Coding)>);

impl Default for Codings {
    fn default() -> Self {
        Self(Mode::ALL.map(|mode| (mode, Coding::new(mode))).into())
    }
}

impl Reading {
    /// The fountain chunks all of whose blocks are there.
    pub fn chunks(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let length = self.mode.parameters().chunk_blocks();
        let whole = |blocks: &[Option<Vec<u8>>]| blocks.iter().cloned().collect::<Option<Vec<_>>>();
        self.blocks.chunks_exact(length).filter_map(whole).map(|blocks| blocks.concat())
    }

    /// The whole payload, zeros where blocks were lost.
    pub fn payload(&self) -> Vec<u8> {
        let lost = vec![0; self.mode.parameters().data()];
        self.blocks.iter().flat_map(|block| block.as_ref().unwrap_or(&lost)).copied().collect()
    }
}

/// Reads a frame at one of several hypotheses: where tiles look most like tiles, in the first mode
/// of which at least one block decodes.
pub fn read_frame(
    picture: &Picture,
    hypotheses: &[Hypothesis],
    codings: &Codings,
) -> Option<Reading> {
    let groups: Vec<&[(Mode, Coding)]> =
        codings.0.chunk_by(|a, b| same_cells(a.1.mode(), b.1.mode())).collect();
    let mut rest = hypotheses;
    BATCHES.into_iter().find_map(|(batch, reads)| {
        let (batch, others) = rest.split_at(batch.min(rest.len()));
        rest = others;
        let mut ranked = Vec::new();
        for (hypothesis, group) in batch.iter().flat_map(|h| groups.iter().map(move |g| (h, *g))) {
            let mode = group.first()?.1.mode();
            let likeness = likeness(picture, mode, hypothesis);
            ranked.extend(likeness.map(|likeness| (likeness, hypothesis, group)));
        }
        // A frame that is turned or mirrored looks like tiles too, but less so.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut best = ranked.into_iter().take(reads);
        best.find_map(|(_, hypothesis, group)| read_at(picture, hypothesis, group))
    })
}

/// Reads a frame of one of the modes in `group`, all of which have their cells at the same places.
fn read_at(
    picture: &Picture,
    hypothesis: &Hypothesis,
    group: &[(Mode, Coding)],
) -> Option<Reading> {
    let mode = group.first()?.1.mode();
    let (mesh, quality) = align(picture, mode, hypothesis)?;
    if quality.share() < ENOUGH_GROUPS {
        return None;
    }
    let patches = Sampler::new(picture, &mesh).patches(&mesh, mode);
    let (mode, blocks) = read_cells(group, &patches)?;
    Some(Reading { mode, blocks, quality, pixels_per_cell: mesh.pixels_per_tile() })
}

/// Whether frames of two modes have their cells at the same places.
fn same_cells(a: &Parameters, b: &Parameters) -> bool {
    (a.size, a.offset) == (b.size, b.offset)
}

/// The one of `codings` that finds most blocks in the cells, if any does. Cells of a frame that is
/// mostly empty are blocks of more than one coding.
fn choose<'a>(
    codings: &'a [(Mode, Coding)],
    cells: &[Cell],
) -> Option<(&'a (Mode, Coding), Blocks)> {
    let tried = codings.iter().map(|coding| {
        let mut blocks = vec![None; coding.1.mode().blocks()];
        coding.1.decode(cells, &mut blocks);
        (coding, blocks)
    });
    let count = |blocks: &Blocks| blocks.iter().flatten().count();
    let most = tried.max_by_key(|(_, blocks)| count(blocks));
    most.filter(|(_, blocks)| count(blocks) > 0)
}

/// The one of `codings` that the cells' samples are of, and its blocks.
fn read_cells(codings: &[(Mode, Coding)], patches: &[Patch]) -> Option<(Mode, Blocks)> {
    let layout = codings.first()?.1.mode();
    let mut cells = first_look(patches);
    let mut known = vec![[None; 2]; patches.len()];
    let mut chosen: Option<(&(Mode, Coding), Blocks)> = None;
    // Colours can be told apart in a wrong way; when nothing decodes any more, try another.
    let mut attempt = 0;
    for _ in 0..ROUNDS {
        let shapes = Shapes::learn(layout, patches, &cells);
        cells = decide(layout, &shapes, patches, (&cells, &known), attempt);
        let before = chosen.as_ref().map_or(0, |(_, blocks)| blocks.iter().flatten().count());
        match &mut chosen {
            Some((coding, blocks)) => coding.1.decode(&cells, blocks),
            None => chosen = choose(codings, &cells),
        }
        let now = chosen.as_ref().map_or(0, |(_, blocks)| blocks.iter().flatten().count());
        attempt += usize::from(now == before);
        let Some((coding, blocks)) = &chosen else { continue };
        if now == blocks.len() {
            break;
        }
        known = coding.1.known(blocks);
        for (cell, known) in cells.iter_mut().zip(&known) {
            cell.symbol = known[0].unwrap_or(cell.symbol);
            cell.colour = known[1].unwrap_or(cell.colour);
        }
    }
    chosen.map(|(coding, blocks)| (coding.0, blocks))
}

/// The tiles as they would be if they looked as they are drawn.
fn first_look(patches: &[Patch]) -> Vec<Cell> {
    let tiles = drawn_tiles();
    let look =
        |patch: &Patch| Cell { symbol: best_tile(&tiles, &brightness(patch)), ..Cell::default() };
    patches.iter().map(look).collect()
}

fn best_tile(tiles: &[Square; 16], square: &Square) -> u8 {
    best(&tiles.each_ref().map(|tile| dot(tile, square))).0
}

/// Tile and colour of every cell, from what was thought of the cells before.
fn decide(
    mode: &Parameters,
    shapes: &Shapes,
    patches: &[Patch],
    (cells, known): (&[Cell], &[[Option<u8>; 2]]),
    attempt: usize,
) -> Vec<Cell> {
    let mut all: Vec<[Contrast; 16]> = patches
        .iter()
        .zip(cells)
        .enumerate()
        .map(|(i, (patch, cell))| shapes.contrasts(i, patch, cell.symbol))
        .collect();
    let light = brightness_around(mode, &of(&all, cells));
    for (contrasts, light) in all.iter_mut().zip(&light) {
        contrasts.iter_mut().flatten().for_each(|value| *value /= light);
    }
    let known_colours: Vec<Option<u8>> = known.iter().map(|known| known[1]).collect();
    let seen = of(&all, cells);
    let clouds = Clouds::learn(mode, &seen, &known_colours, attempt);
    let mut cells = decide_symbols(shapes, &all, &clouds, &channel_weights(&seen, &clouds));
    for (cell, known) in cells.iter_mut().zip(known) {
        cell.symbol = known[0].unwrap_or(cell.symbol);
    }
    let mean = |(patch, light): (&Patch, &f32)| {
        patch.each_ref().map(|square| square.iter().sum::<f32>() / AREA as f32 / light)
    };
    let means: Vec<Contrast> = patches.iter().zip(&light).map(mean).collect();
    let colours = decide_colours(mode, &of(&all, &cells), &means, clouds, &known_colours);
    for (cell, (colour, gap)) in cells.iter_mut().zip(colours) {
        (cell.colour, cell.certainty[1]) = (colour as u8, gap);
    }
    cells
}

/// The tile of every cell: the one that explains most of the samples' energy in the colour that
/// suits it.
fn decide_symbols(
    shapes: &Shapes,
    all: &[[Contrast; 16]],
    clouds: &Clouds,
    weights: &Contrast,
) -> Vec<Cell> {
    let decide = |(i, contrasts): (usize, &[Contrast; 16])| {
        let scores: [f32; 16] = std::array::from_fn(|symbol| {
            let (strength, contrast) = (shapes.strength[symbol], &contrasts[symbol]);
            let explained = |mean: &Contrast| {
                let terms = (0..3).map(|c| weights[c] * mean[c] * (2.0 * contrast[c] - mean[c]));
                strength * strength * terms.sum::<f32>()
            };
            clouds.means(i).iter().map(explained).fold(f32::MIN, f32::max)
        });
        let (symbol, gap) = best(&scores);
        Cell { symbol, colour: 0, certainty: [gap, 0.0] }
    };
    all.iter().enumerate().map(decide).collect()
}

/// The colour of every cell, and how far the next one is: from the contrasts that were seen, with
/// what the neighbours add to them taken out.
fn decide_colours(
    mode: &Parameters,
    seen: &[Contrast],
    means: &[Contrast],
    mut clouds: Clouds,
    known: &[Option<u8>],
) -> Vec<(usize, f32)> {
    let nearest = |clouds: &Clouds, contrasts: &[Contrast]| -> Vec<(usize, f32)> {
        contrasts.iter().enumerate().map(|(i, contrast)| clouds.nearest(i, contrast)).collect()
    };
    let mut colours = nearest(&clouds, seen);
    for _ in 0..COLOUR_ROUNDS {
        let decided: Vec<u8> = colours
            .iter()
            .zip(known)
            .map(|((colour, _), known)| known.unwrap_or(*colour as u8))
            .collect();
        let contrasts = equalised(mode, seen, means, &decided);
        clouds = Clouds::learn_equalised(mode, &contrasts, known);
        colours = nearest(&clouds, &contrasts);
    }
    colours
}

/// The contrasts of the tiles that the cells have.
fn of(all: &[[Contrast; 16]], cells: &[Cell]) -> Vec<Contrast> {
    all.iter().zip(cells).map(|(all, cell)| all[usize::from(cell.symbol)]).collect()
}

/// The place of the largest value, and how far the second largest is behind.
fn best(scores: &[f32; 16]) -> (u8, f32) {
    let best = (0..16).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
    let others = (0..16).filter(|&other| other != best).map(|other| scores[other]);
    (best as u8, scores[best] - others.fold(f32::MIN, f32::max))
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
