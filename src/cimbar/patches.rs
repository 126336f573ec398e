//! What a picture shows of a cell: a square of samples, one for each pixel that was drawn.

use super::mode::{PITCH, Parameters, TILE};
use super::tiles::is_coloured;
use crate::frame::Mesh;
use crate::raster::{Picture, Point};

/// Samples of a tile.
pub(super) const AREA: usize = TILE * TILE;
/// From this many picture pixels a frame pixel on, a sample is the mean of four.
const AREA_FROM: f64 = 1.7;

/// One number for each pixel of a tile, rows from the top.
pub(super) type Square = [f32; AREA];
/// Red, green and blue of a tile.
pub(super) type Patch = [Square; 3];

/// The product of two squares, in parallel sums so that it vectorises.
#[inline]
pub(super) fn dot(a: &Square, b: &Square) -> f32 {
    let mut sums = [0f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// Takes the mean away and gives the length that is left.
pub(super) fn centre(square: &mut Square) -> f32 {
    let mean = square.iter().sum::<f32>() / AREA as f32;
    square.iter_mut().for_each(|v| *v -= mean);
    dot(square, square).sqrt()
}

/// A square of mean 0 and length 1; all zero if there is nothing in it.
pub(super) fn normalised(mut square: Square) -> Square {
    let length = centre(&mut square);
    square.map(|v| if length > 1e-6 { v / length } else { 0.0 })
}

/// The sum of the colours.
pub(super) fn brightness(patch: &Patch) -> Square {
    std::array::from_fn(|i| patch[0][i] + patch[1][i] + patch[2][i])
}

/// The sixteen tiles as they are drawn, of mean 0 and length 1.
pub(super) fn drawn_tiles() -> [Square; 16] {
    std::array::from_fn(|symbol| {
        normalised(std::array::from_fn(|i| {
            if is_coloured(symbol, i % TILE, i / TILE) { 1.0 } else { 0.0 }
        }))
    })
}

/// Where samples of one mode's cells are in a picture.
pub(super) struct Sampler<'a> {
    picture: &'a Picture,
    area: bool,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(picture: &'a Picture, mesh: &Mesh) -> Self {
        Self { picture, area: mesh.pixels_per_tile() / PITCH as f64 >= AREA_FROM }
    }

    /// A point, or the mean of four around it, half a frame pixel apart; `dx` and `dy` are the
    /// steps of a frame pixel.
    #[inline]
    pub(super) fn sample(&self, p: Point, dx: Point, dy: Point) -> [f32; 3] {
        if !self.area {
            return self.picture.sample(p.x, p.y);
        }
        let mut mean = [0.0; 3];
        for (x, y) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
            let q = p + dx * x + dy * y;
            for (mean, value) in mean.iter_mut().zip(self.picture.sample(q.x, q.y)) {
                *mean += value / 4.0;
            }
        }
        mean
    }

    /// The samples of one cell on its mesh.
    fn patch(&self, mesh: &Mesh, column: usize, row: usize) -> Patch {
        let at = Point::new(column as f64 + 0.5, row as f64 + 0.5);
        let (dx, dy) = mesh.steps(at);
        let (dx, dy) = (dx * (1.0 / PITCH as f64), dy * (1.0 / PITCH as f64));
        let centre = mesh.place(at.x, at.y);
        let middle = (TILE - 1) as f64 / 2.0;
        let mut patch = [[0.0; AREA]; 3];
        for i in 0..AREA {
            let (x, y) = ((i % TILE) as f64 - middle, (i / TILE) as f64 - middle);
            let colour = self.sample(centre + dx * x + dy * y, dx, dy);
            for (square, value) in patch.iter_mut().zip(colour) {
                square[i] = value;
            }
        }
        patch
    }

    /// The samples of all cells, in the order of their numbers.
    pub(super) fn patches(&self, mesh: &Mesh, parameters: &Parameters) -> Vec<Patch> {
        let places = parameters.places().into_iter();
        places.map(|(column, row)| self.patch(mesh, column, row)).collect()
    }
}
