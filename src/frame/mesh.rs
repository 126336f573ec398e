//! Where every tile is in a picture: a homography, and smooth local offsets from it.
//!
//! The offsets, in picture pixels, sit on nodes every [`NODE`] tiles and are interpolated between
//! them. First they follow the alignment marks ([`Mesh::follow_marks`], in `marks`), then the
//! data itself ([`Mesh::nudge`]): wherever the samples differ from what the decided symbols
//! predict, the difference times the picture's gradient tells which way the tiles lie.

use super::{Geometry, Hypothesis};
use crate::raster::{Homography, Picture, Point};

mod marks;

/// Tiles from one node of the mesh to the next.
const NODE: usize = 8;
/// Offsets change by at most this much a step, in tiles: more is a wrong answer.
const MAX_NUDGE: f64 = 0.25;

/// The place of every tile of a frame in one picture.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// From tiles (column, row) to picture pixels.
    map: Homography,
    columns: usize,
    rows: usize,
    nodes_across: usize,
    offsets: Vec<Point>,
}

/// How the alignment marks were found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeshQuality {
    /// Marks found.
    pub found: usize,
    /// Marks that the frame has.
    pub expected: usize,
    /// Rms distance of the marks from the smooth mesh, in tiles.
    pub deviation: f64,
}

impl MeshQuality {
    /// Share of the marks that were found.
    pub fn share(&self) -> f64 {
        self.found as f64 / self.expected.max(1) as f64
    }
}

/// One tile's picture: colour, and how its brightness (the sum of the colours) changes by pixel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Red, green, blue, 0 to 255.
    pub rgb: [f32; 3],
    /// Change of the sum in x and y, a picture pixel.
    pub gradient: [f32; 2],
}

impl Mesh {
    /// The mesh that the four finder centres alone give; `None` if they have no map.
    pub fn from_hypothesis(geometry: Geometry, hypothesis: &Hypothesis) -> Option<Self> {
        let (columns, rows) = (usize::from(geometry.columns), usize::from(geometry.rows));
        let inset = geometry.finder_inset() as f64 / f64::from(geometry.tile);
        let (right, bottom) = (columns as f64 - inset, rows as f64 - inset);
        let centres = [(inset, inset), (right, inset), (right, bottom), (inset, bottom)]
            .map(|(x, y)| Point::new(x, y));
        let map = Homography::from_points(centres, hypothesis.corners)?;
        let (nodes_across, nodes_down) = (columns / NODE + 2, rows / NODE + 2);
        let offsets = vec![Point::default(); nodes_across * nodes_down];
        Some(Self { map, columns, rows, nodes_across, offsets })
    }

    /// The place of the point (`x`, `y`), in tiles from the grid's corner; tile `(i, j)` has its
    /// centre at `(i + 0.5, j + 0.5)`.
    pub fn place(&self, x: f64, y: f64) -> Point {
        self.map.apply(Point::new(x, y)) + self.offset(x, y)
    }

    /// Picture pixels a tile in the middle of the frame: the smaller of the two directions.
    pub fn pixels_per_tile(&self) -> f64 {
        let (x, y) = self.map.steps(Point::new(self.columns as f64 / 2.0, self.rows as f64 / 2.0));
        // For a sheared tile the distance between its sides counts, not their length.
        x.cross(y).abs() / x.norm().max(y.norm()).max(1e-9)
    }

    fn offset(&self, x: f64, y: f64) -> Point {
        let nodes_down = self.offsets.len() / self.nodes_across;
        let cell = |v: f64, count: usize| {
            let at = (v / NODE as f64).clamp(0.0, (count - 1) as f64 - 1e-9);
            (at as usize, at.fract())
        };
        let ((i, fx), (j, fy)) = (cell(x, self.nodes_across), cell(y, nodes_down));
        let at = j * self.nodes_across + i;
        let (a, b) = (self.offsets[at], self.offsets[at + 1]);
        let below = at + self.nodes_across;
        let (c, d) = (self.offsets[below], self.offsets[below + 1]);
        let (top, bottom) = (a + (b - a) * fx, c + (d - c) * fx);
        top + (bottom - top) * fy
    }

    /// Samples every tile, in scan order.
    pub fn sample(&self, picture: &Picture) -> Vec<Sample> {
        let spread = self.pixels_per_tile();
        let mut samples = Vec::with_capacity(self.columns * self.rows);
        for row in 0..self.rows {
            for column in 0..self.columns {
                let p = self.place(column as f64 + 0.5, row as f64 + 0.5);
                samples.push(sample_tile(picture, p, spread));
            }
        }
        samples
    }

    /// Samples every tile at the pixel nearest to its centre, in scan order.
    pub fn nearest(&self, picture: &Picture) -> Vec<[u8; 3]> {
        let mut samples = Vec::with_capacity(self.columns * self.rows);
        for row in 0..self.rows {
            for column in 0..self.columns {
                let p = self.map.apply(Point::new(column as f64 + 0.5, row as f64 + 0.5));
                let pixel = picture.pixel(p.x.max(0.0) as usize, p.y.max(0.0) as usize);
                samples.push(pixel.unwrap_or_default());
            }
        }
        samples
    }

    /// Moves the mesh by what the data says.
    ///
    /// `errors` has for every tile the picture's gradient and by how much the sample exceeds what
    /// the decided symbols predict (`None` where nothing is known). Returns the rms move, in
    /// tiles.
    pub fn nudge(&mut self, errors: impl Iterator<Item = Option<([f32; 2], f32)>>) -> f64 {
        let across = self.nodes_across;
        let mut normal = vec![[0f64; 5]; self.offsets.len()];
        for (tile, error) in errors.enumerate() {
            let Some(([gx, gy], error)) = error else { continue };
            let (column, row) = (tile % self.columns, tile / self.columns);
            let node = (row + NODE / 2) / NODE * across + (column + NODE / 2) / NODE;
            let (gx, gy, error) = (f64::from(gx), f64::from(gy), f64::from(error));
            let terms = [gx * gx, gx * gy, gy * gy, gx * error, gy * error];
            for (sum, term) in normal[node].iter_mut().zip(terms) {
                *sum += term;
            }
        }
        let limit = MAX_NUDGE * self.pixels_per_tile();
        let moves = self.solve_moves(&normal, limit);
        let mut squared = 0.0;
        for (offset, step) in self.offsets.iter_mut().zip(&moves) {
            // The sample is too far along the gradient where it exceeds the prediction.
            *offset = *offset - *step;
            squared += step.x * step.x + step.y * step.y;
        }
        (squared / moves.len() as f64).sqrt() / self.pixels_per_tile()
    }

    /// Solves the normal equations around each node: its own tiles and, at lower weights, the
    /// neighbouring nodes' ones.
    fn solve_moves(&self, normal: &[[f64; 5]], limit: f64) -> Vec<Point> {
        let across = self.nodes_across as isize;
        let down = (self.offsets.len() / self.nodes_across) as isize;
        let mean = normal.iter().map(|n| n[0] + n[2]).sum::<f64>() / normal.len() as f64;
        let mut moves = Vec::with_capacity(normal.len());
        for j in 0..down {
            for i in 0..across {
                let mut sum = [0f64; 5];
                for (dj, di) in (-2..=2).flat_map(|dj| (-2..=2).map(move |di| (dj, di))) {
                    let (y, x) = (j + dj, i + di);
                    if (0..down).contains(&y) && (0..across).contains(&x) {
                        let weight = (-0.4 * (di * di + dj * dj) as f64).exp();
                        for (sum, term) in sum.iter_mut().zip(normal[(y * across + x) as usize]) {
                            *sum += weight * term;
                        }
                    }
                }
                // A little of the frame's mean gradient holds nodes still that see no edges.
                let (a, b, c) = (sum[0] + 0.5 * mean, sum[1], sum[2] + 0.5 * mean);
                let det = (a * c - b * b).max(1e-9);
                let step =
                    Point::new((c * sum[3] - b * sum[4]) / det, (a * sum[4] - b * sum[3]) / det);
                let length = step.norm();
                moves.push(if length > limit { step * (limit / length) } else { step });
            }
        }
        moves
    }
}

/// One sample, or the mean of four around the centre where a tile has many pixels.
fn sample_tile(picture: &Picture, p: Point, pixels_per_tile: f64) -> Sample {
    const AREA_FROM: f64 = 4.0;
    if pixels_per_tile < AREA_FROM {
        return sample_point(picture, p);
    }
    let reach = pixels_per_tile * 0.18;
    let mut mean = Sample::default();
    for (dx, dy) in [(-reach, -reach), (reach, -reach), (-reach, reach), (reach, reach)] {
        let sample = sample_point(picture, p + Point::new(dx, dy));
        for (sum, value) in mean.rgb.iter_mut().zip(sample.rgb) {
            *sum += value / 4.0;
        }
        for (sum, value) in mean.gradient.iter_mut().zip(sample.gradient) {
            *sum += value / 4.0;
        }
    }
    mean
}

/// Bilinear colour and its derivative.
fn sample_point(picture: &Picture, p: Point) -> Sample {
    let (width, height) = (picture.width(), picture.height());
    let clamp = |v: f64, size: usize| (v - 0.5).clamp(0.0, (size.max(2) - 2) as f64 + 0.999);
    let (x, y) = (clamp(p.x, width), clamp(p.y, height));
    let (x0, y0) = (x as usize, y as usize);
    let (fx, fy) = ((x - x0 as f64) as f32, (y - y0 as f64) as f32);
    let at = (y0 * width + x0) * 3;
    let corner =
        |offset: usize| picture.rgb().get(at + offset..).and_then(<[u8]>::first_chunk::<6>);
    let (Some(top), Some(bottom)) = (corner(0), corner(width * 3)) else {
        return Sample { rgb: picture.sample(p.x, p.y), gradient: [0.0; 2] };
    };
    let mut sample = Sample::default();
    for c in 0..3 {
        let [a, b, d, e] = [top[c], top[c + 3], bottom[c], bottom[c + 3]].map(f32::from);
        let (upper, lower) = (a + fx * (b - a), d + fx * (e - d));
        sample.rgb[c] = upper + fy * (lower - upper);
        sample.gradient[0] += (b - a) + fy * ((e - d) - (b - a));
        sample.gradient[1] += lower - upper;
    }
    sample
}
