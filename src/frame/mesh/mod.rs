//! Where every tile is in a picture: a homography, and smooth local offsets from it.
//!
//! The offsets, in picture pixels, sit on nodes, every few tiles, and are interpolated between
//! them. First they follow the alignment marks ([`Mesh::follow_marks`]), then the
//! data itself ([`Mesh::nudge`]): wherever the samples differ from what the decided symbols
//! predict, the difference times the picture's gradient tells which way the tiles lie.

use super::{Geometry, Hypothesis, Layout, TileKind};
use crate::dsp::Plane;
use crate::raster::{Homography, Point};
use serde::{Deserialize, Serialize};

mod bow;
mod follow;
mod known;
mod marks;
mod sample;

pub(crate) use known::KnownTile;
pub use sample::Samples;

/// Tiles from one node of the mesh to the next, at least,
const NODE: usize = 8;
/// and frame pixels: what bends a frame does not know the size of its tiles.
const NODE_PIXELS: usize = 16;
/// The weight of another node's tiles falls by this in the exponent, for the square of each distance of
/// [`FALL_PIXELS`] or, if that is more, of [`NODE`] tiles.
const FALL: f64 = 0.4;
const FALL_PIXELS: f64 = 32.0;
/// Distances at which tiles still count, in the same unit: there, their weight is a fifth.
const FALL_REACH: f64 = 2.0;
/// Decisions that are wrong explain a part of every error away, so that what the others say falls
/// short by about as much.
const FULL_STEP: f64 = 1.5;
/// A share of the frame's mean gradient that holds nodes still which see no edges.
const HOLD: f64 = 0.5;
/// Offsets change by at most this much a step, in tiles: more is a wrong answer.
const MAX_NUDGE: f64 = 0.25;

/// The place of every tile of a frame in one picture.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// From tiles (column, row) to picture pixels.
    map: Homography,
    columns: usize,
    rows: usize,
    /// The finders' centres, in tiles, in the order of [`Hypothesis::corners`].
    finders: [Point; 4],
    /// Tiles from one node to the next.
    node: usize,
    nodes_across: usize,
    offsets: Vec<Point>,
}

/// A grid of tiles, and where its finders are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    /// Tiles in a row.
    pub(crate) columns: usize,
    /// Rows.
    pub(crate) rows: usize,
    /// Tiles from one node of the mesh to the next.
    pub(crate) node: usize,
    /// Centre of the top-left finder, in tiles.
    pub(crate) first: Point,
    /// Centre of the bottom-right finder, in tiles.
    pub(crate) last: Point,
}

/// How the alignment marks were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeshQuality {
    /// Marks found.
    pub found: usize,
    /// Marks that the frame has.
    pub expected: usize,
}

impl MeshQuality {
    /// Share of the marks that were found.
    pub fn share(&self) -> f64 {
        self.found as f64 / self.expected.max(1) as f64
    }
}

impl Mesh {
    /// The mesh that the four finder centres alone give; `None` if they have no map.
    pub fn from_hypothesis(geometry: Geometry, hypothesis: &Hypothesis) -> Option<Self> {
        let (columns, rows) = (usize::from(geometry.columns), usize::from(geometry.rows));
        let inset = geometry.finder_inset() as f64 / f64::from(geometry.tile);
        let first = Point::new(inset, inset);
        let last = Point::new(columns as f64 - inset, rows as f64 - inset);
        let node = NODE.max(NODE_PIXELS / usize::from(geometry.tile));
        Self::new(&Grid { columns, rows, node, first, last }, hypothesis)
    }

    /// The mesh of any grid; `None` if a hypothesis has no map.
    pub(crate) fn new(grid: &Grid, hypothesis: &Hypothesis) -> Option<Self> {
        let &Grid { columns, rows, node, first, last } = grid;
        let finders = [first, Point::new(last.x, first.y), last, Point::new(first.x, last.y)];
        let map = Homography::from_points(finders, hypothesis.corners)?;
        let (nodes_across, nodes_down) = (columns / node + 2, rows / node + 2);
        let offsets = vec![Point::default(); nodes_across * nodes_down];
        Some(Self { map, columns, rows, finders, node, nodes_across, offsets })
    }

    /// The place of the finder centre at a corner, in the order of [`Hypothesis::corners`].
    pub(crate) fn corner(&self, corner: usize) -> Point {
        let Point { x, y } = self.finders[corner];
        self.place(x, y)
    }

    /// The same grid, bent as it is here, at another hypothesis: a little off this one, as from one
    /// picture of a video to the next; `None` if that has no map.
    pub(crate) fn moved(&self, hypothesis: &Hypothesis) -> Option<Self> {
        let map = Homography::from_points(self.finders, hypothesis.corners)?;
        Some(Self { map, ..self.clone() })
    }

    /// The picture's steps for a tile to the right and a tile down, at a point in tiles.
    pub fn steps(&self, at: Point) -> (Point, Point) {
        self.map.steps(at)
    }

    /// The place of the point (`x`, `y`), in tiles from the grid's corner; tile `(i, j)` has its
    /// centre at `(i + 0.5, j + 0.5)`.
    pub fn place(&self, x: f64, y: f64) -> Point {
        self.map.apply(Point::new(x, y)) + self.offset(x, y)
    }

    /// Picture pixels a tile in the middle of the frame: the smaller of the two directions.
    pub fn pixels_per_tile(&self) -> f64 {
        let (x, y) = self.steps(Point::new(self.columns as f64 / 2.0, self.rows as f64 / 2.0));
        // For a sheared tile the distance between its sides counts, not their length.
        x.cross(y).abs() / x.norm().max(y.norm()).max(1e-9)
    }

    fn offset(&self, x: f64, y: f64) -> Point {
        let nodes_down = self.offsets.len() / self.nodes_across;
        let cell = |v: f64, count: usize| {
            let at = (v / self.node as f64).max(0.0).min((count - 1) as f64 - 1e-9);
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

    /// Where a node is, in tiles.
    fn node_place(&self, node: usize) -> Point {
        let (column, row) = (node % self.nodes_across, node / self.nodes_across);
        Point::new((column * self.node) as f64, (row * self.node) as f64)
    }

    /// Moves the mesh by what the data says.
    ///
    /// `gradient` is that of the samples, `errors` has by how much their sum of colours exceeds
    /// what the decided symbols predict. Returns the rms move, in tiles.
    pub(crate) fn nudge(&mut self, layout: &Layout, gradient: &[Plane; 2], errors: &Plane) -> f64 {
        let mut normal = vec![[0f64; 5]; self.offsets.len()];
        let ([gx, gy], node) = (gradient, self.node);
        let kinds = layout.kinds().chunks_exact(self.columns);
        let lines = gx.lines().zip(gy.lines()).zip(errors.lines()).zip(kinds);
        for (row, (((gx, gy), errors), kinds)) in lines.enumerate() {
            let nodes = &mut normal[(row + node / 2) / node * self.nodes_across..];
            for (column, kind) in kinds.iter().enumerate() {
                if matches!(kind, TileKind::Finder | TileKind::Header) {
                    continue;
                }
                let (gx, gy, error) = (gx[column], gy[column], errors[column]);
                let terms = [gx * gx, gx * gy, gy * gy, gx * error, gy * error];
                for (sum, term) in nodes[(column + node / 2) / node].iter_mut().zip(terms) {
                    *sum += f64::from(term);
                }
            }
        }
        let moves = self.solve_moves(&normal, f64::from(layout.geometry().tile));
        let mut squared = 0.0;
        for (offset, step) in self.offsets.iter_mut().zip(&moves) {
            // The sample is too far along the gradient where it exceeds the prediction.
            *offset = *offset - *step;
            squared += step.x * step.x + step.y * step.y;
        }
        (squared / moves.len() as f64).sqrt() / self.pixels_per_tile()
    }

    /// Solves the normal equations around each node: its own tiles, of `tile` frame pixels, and, at
    /// lower weights, the neighbouring nodes' ones.
    fn solve_moves(&self, normal: &[[f64; 5]], tile: f64) -> Vec<Point> {
        let limit = MAX_NUDGE * self.pixels_per_tile();
        let hold = HOLD * normal.iter().map(|n| n[0] + n[2]).sum::<f64>() / normal.len() as f64;
        let step = |sum: [f64; 5]| {
            let (a, b, c) = (sum[0] + hold, sum[1], sum[2] + hold);
            let det = (a * c - b * b).max(1e-9);
            let (x, y) = (c * sum[3] - b * sum[4], a * sum[4] - b * sum[3]);
            let step = Point::new(x, y) * (FULL_STEP / det);
            let length = step.norm();
            if length > limit { step * (limit / length) } else { step }
        };
        self.around_nodes(normal, self.node as f64 * tile / FALL_PIXELS).map(step).collect()
    }

    /// The sums around each node; from one to the next are `pitch` distances of the weights' fall.
    fn around_nodes<'a>(
        &self,
        normal: &'a [[f64; 5]],
        pitch: f64,
    ) -> impl Iterator<Item = [f64; 5]> + 'a {
        let across = self.nodes_across as isize;
        let down = normal.len() as isize / across;
        let pitch = pitch.min(1.0);
        let reach = (FALL_REACH / pitch).round() as isize;
        let weights: Vec<f64> =
            (0..=reach).map(|d| (-FALL * (d as f64 * pitch).powi(2)).exp()).collect();
        (0..normal.len() as isize).map(move |node| {
            let (i, j) = (node % across, node / across);
            let mut sum = [0f64; 5];
            for y in (j - reach).max(0)..(j + reach + 1).min(down) {
                for x in (i - reach).max(0)..(i + reach + 1).min(across) {
                    let of = |d: isize| weights[d.unsigned_abs()];
                    let weight = of(x - i) * of(y - j);
                    for (sum, term) in sum.iter_mut().zip(normal[(y * across + x) as usize]) {
                        *sum += weight * term;
                    }
                }
            }
            sum
        })
    }
}
