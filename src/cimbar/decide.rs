//! Which tile and which colour each cell shows.
//!
//! The tiles are first told apart as they were drawn; then as they really look in this picture,
//! learned part by part of the frame from the cells themselves. With the four clouds of colours
//! (`colours`), tile and colour of a cell are decided together.

use super::coding::Cell;
use super::colours::{Clouds, brightness_around, equalised};
use super::contrasts::Contrast;
use super::mode::Parameters;
use super::patches::{AREA, Patch, Square, brightness, dot, drawn_tiles};
use super::shapes::Shapes;

/// Times that colours are equalised with what was decided before.
const COLOUR_ROUNDS: usize = 2;

/// The tiles as they would be if they looked as they are drawn.
pub(super) fn first_look(patches: &[Patch]) -> Vec<Cell> {
    let tiles = drawn_tiles();
    let look =
        |patch: &Patch| Cell { symbol: best_tile(&tiles, &brightness(patch)), ..Cell::default() };
    patches.iter().map(look).collect()
}

fn best_tile(tiles: &[Square; 16], square: &Square) -> u8 {
    best(&tiles.each_ref().map(|tile| dot(tile, square))).0
}

/// What is thought of the cells before they are looked at again.
#[derive(Clone, Copy)]
pub(super) struct Belief<'a> {
    /// What they seemed to be.
    pub(super) cells: &'a [Cell],
    /// Symbol and colour of each, where decoded blocks tell.
    pub(super) known: &'a [[Option<u8>; 2]],
}

/// Tile and colour of every cell, from what was thought of the cells before.
pub(super) fn decide(
    parameters: &Parameters,
    shapes: &Shapes,
    patches: &[Patch],
    Belief { cells, known }: Belief<'_>,
    attempt: usize,
) -> Vec<Cell> {
    let mut all: Vec<[Contrast; 16]> = patches
        .iter()
        .zip(cells)
        .enumerate()
        .map(|(i, (patch, cell))| shapes.contrasts(i, patch, cell.symbol))
        .collect();
    let light = brightness_around(parameters, &of(&all, cells));
    for (contrasts, light) in all.iter_mut().zip(&light) {
        contrasts.iter_mut().flatten().for_each(|value| *value /= light);
    }
    let known_colours: Vec<Option<u8>> = known.iter().map(|known| known[1]).collect();
    let seen = of(&all, cells);
    let clouds = Clouds::learn(parameters, &seen, &known_colours, attempt);
    let mut cells = decide_symbols(shapes, &all, &clouds, &channel_weights(&seen, &clouds));
    for (cell, known) in cells.iter_mut().zip(known) {
        cell.symbol = known[0].unwrap_or(cell.symbol);
    }
    let mean = |(patch, light): (&Patch, &f32)| {
        patch.each_ref().map(|square| square.iter().sum::<f32>() / AREA as f32 / light)
    };
    let means: Vec<Contrast> = patches.iter().zip(&light).map(mean).collect();
    let colours = decide_colours(parameters, &of(&all, &cells), &means, clouds, &known_colours);
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
    parameters: &Parameters,
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
        let contrasts = equalised(parameters, seen, means, &decided);
        clouds = Clouds::learn_equalised(parameters, &contrasts, known);
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
