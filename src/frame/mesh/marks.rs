//! The alignment marks of our own frames, found by normalised correlation.

use super::{Mesh, MeshQuality};
use crate::frame::Layout;
use crate::raster::{Picture, Point};

/// Samples across a mark.
const ACROSS: usize = 15;
/// Samples that a mark is looked for to each side of its predicted place.
const SEARCH: usize = 5;
/// Lowest correlation that counts: noise gives 0.2 at most over 225 samples of data tiles, blurred
/// and noisy marks of real photos 0.6 and more.
const MIN_CORRELATION: f64 = 0.5;

impl Mesh {
    /// Finds the alignment marks and bends the mesh to them; `trusted` as for [`Mesh::follow`].
    pub fn follow_marks(
        &mut self,
        picture: &Picture,
        layout: &Layout,
        trusted: [bool; 4],
    ) -> MeshQuality {
        let marks = layout
            .marks()
            .iter()
            .map(|&(column, row)| Point::new(f64::from(column) + 0.5, f64::from(row) + 0.5))
            .collect();
        let template = template();
        self.follow(marks, pitch(layout), trusted, |mesh, at, predicted| {
            mesh.find_mark(picture, &template, at, predicted)
        })
    }

    /// The offset of the mark at `at`, if it is found near `predicted`.
    fn find_mark(
        &self,
        picture: &Picture,
        template: &[f64],
        at: Point,
        predicted: Point,
    ) -> Option<Point> {
        const SIDE: usize = ACROSS + 2 * SEARCH;
        let step = super::super::MARK as f64 / ACROSS as f64;
        let (dx, dy) = self.map.steps(at);
        let origin = self.map.apply(at) + predicted;
        let middle = (SIDE - 1) as f64 / 2.0;
        let patch: Vec<f64> = (0..SIDE * SIDE)
            .map(|i| {
                let (x, y) = ((i % SIDE) as f64 - middle, (i / SIDE) as f64 - middle);
                let p = origin + dx * (x * step) + dy * (y * step);
                picture.sample(p.x, p.y).iter().map(|&v| f64::from(v)).sum()
            })
            .collect();
        let range = 2 * SEARCH + 1;
        let scores: Vec<f64> = (0..range * range)
            .map(|i| correlation(&patch, SIDE, template, i % range, i / range))
            .collect();
        let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
        let (x, y) = (best % range, best / range);
        let inner = 1..range - 1;
        if scores[best] < MIN_CORRELATION || !inner.contains(&x) || !inner.contains(&y) {
            return None;
        }
        let sub = |before: f64, after: f64| {
            0.5 * (before - after) / (before - 2.0 * scores[best] + after).min(-1e-9)
        };
        let fine_x = x as f64 - SEARCH as f64 + sub(scores[best - 1], scores[best + 1]);
        let fine_y = y as f64 - SEARCH as f64 + sub(scores[best - range], scores[best + range]);
        Some(predicted + dx * (fine_x * step) + dy * (fine_y * step))
    }
}

/// Typical distance of marks, in tiles.
fn pitch(layout: &Layout) -> f64 {
    let area = (layout.columns() * layout.rows()) as f64;
    (area / layout.marks().len().max(4) as f64).sqrt()
}

/// A mark as a slightly blurred picture, mean removed, of length 1.
fn template() -> Vec<f64> {
    // Distance from the middle in units of a tile decides the ring; edges are softened over a
    // third of a tile, about what a camera's blur does at three pixels a tile.
    let soft = |distance: f64| 1.0 / (1.0 + (distance * 9.0).exp());
    let mut values: Vec<f64> = (0..ACROSS * ACROSS)
        .map(|i| {
            let tiles = |v: usize| (v as f64 - (ACROSS - 1) as f64 / 2.0).abs() / 3.0;
            let r = tiles(i % ACROSS).max(tiles(i / ACROSS));
            soft(r - 1.5) - soft(r - 0.5)
        })
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|v| *v -= mean);
    let length = values.iter().map(|v| v * v).sum::<f64>().sqrt();
    values.iter_mut().for_each(|v| *v /= length);
    values
}

/// Normalised correlation of the template with the patch at (`x`, `y`).
fn correlation(patch: &[f64], side: usize, template: &[f64], x: usize, y: usize) -> f64 {
    let (mut dot, mut sum, mut squared) = (0.0, 0.0, 0.0);
    for (row, line) in template.chunks_exact(ACROSS).enumerate() {
        let values = &patch[(y + row) * side + x..][..ACROSS];
        for (&v, &t) in values.iter().zip(line) {
            dot += v * t;
            sum += v;
            squared += v * v;
        }
    }
    let variance = squared - sum * sum / template.len() as f64;
    dot / (variance.max(1.0)).sqrt()
}
