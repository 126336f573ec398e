//! The mesh from the alignment marks: each is looked for where its neighbours say it should be,
//! by normalised correlation, outward from the finders; then a smooth field is laid through them.

use super::{Mesh, MeshQuality, NODE};
use crate::frame::Layout;
use crate::raster::{Picture, Point};

/// Samples across a mark.
const ACROSS: usize = 15;
/// Samples that a mark is looked for to each side of its predicted place.
const SEARCH: usize = 5;
/// Lowest correlation that counts: noise gives 0.2 at most over 225 samples of data tiles, blurred
/// and noisy marks of real photos 0.6 and more.
const MIN_CORRELATION: f64 = 0.5;
/// A mark that lies this far from where its neighbours put it, in tiles, is a wrong one.
const MAX_DEVIATION: f64 = 0.7;

/// A point whose offset from the homography is known.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// In tiles.
    at: Point,
    /// In picture pixels.
    offset: Point,
}

impl Mesh {
    /// Finds the alignment marks and bends the mesh to them. `trusted` are corners of the frame,
    /// in the order of [`crate::frame::Hypothesis::corners`], whose finders were really seen.
    pub fn follow_marks(
        &mut self,
        picture: &Picture,
        layout: &Layout,
        trusted: [bool; 4],
    ) -> MeshQuality {
        let finders = self.finder_anchors(layout, trusted);
        let mut order: Vec<Point> = layout
            .marks()
            .iter()
            .map(|&(column, row)| Point::new(f64::from(column) + 0.5, f64::from(row) + 0.5))
            .collect();
        let distance = |p: &Point| {
            finders.iter().map(|finder| finder.at.distance(*p)).fold(f64::MAX, f64::min)
        };
        order.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        let pitch = pitch(layout);
        let template = template();
        let mut anchors = finders.clone();
        for at in order {
            let predicted = predict(&anchors, at, pitch, None).unwrap_or_default();
            anchors.extend(
                self.find_mark(picture, &template, at, predicted)
                    .map(|offset| Anchor { at, offset }),
            );
        }
        let (kept, deviation) = self.without_outliers(&anchors, pitch);
        for (node, offset) in self.offsets.iter_mut().enumerate() {
            let at = Point::new(
                (node % self.nodes_across * NODE) as f64,
                (node / self.nodes_across * NODE) as f64,
            );
            *offset = predict(&kept, at, pitch, None).unwrap_or_default();
        }
        MeshQuality {
            found: kept.len().saturating_sub(finders.len()),
            expected: layout.marks().len(),
            deviation,
        }
    }

    fn finder_anchors(&self, layout: &Layout, trusted: [bool; 4]) -> Vec<Anchor> {
        let geometry = layout.geometry();
        let inset = geometry.finder_inset() as f64 / f64::from(geometry.tile);
        let (right, bottom) = (self.columns as f64 - inset, self.rows as f64 - inset);
        [(inset, inset), (right, inset), (right, bottom), (inset, bottom)]
            .into_iter()
            .zip(trusted)
            .filter(|(_, trusted)| *trusted)
            .map(|((x, y), _)| Anchor { at: Point::new(x, y), offset: Point::default() })
            .collect()
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

    /// Anchors that agree with their neighbours, and how well those do, rms, in tiles.
    fn without_outliers(&self, anchors: &[Anchor], pitch: f64) -> (Vec<Anchor>, f64) {
        let scale = self.pixels_per_tile().max(1e-9);
        let mut kept = Vec::with_capacity(anchors.len());
        let (mut squared, mut count) = (0.0, 0);
        for (index, anchor) in anchors.iter().enumerate() {
            let others = predict(anchors, anchor.at, pitch, Some(index));
            let deviation = others.map_or(0.0, |o| o.distance(anchor.offset) / scale);
            if deviation <= MAX_DEVIATION {
                kept.push(*anchor);
                squared += deviation * deviation;
                count += 1;
            }
        }
        (kept, (squared / f64::from(count.max(1))).sqrt())
    }
}

/// Typical distance of marks, in tiles.
fn pitch(layout: &Layout) -> f64 {
    let area = (layout.columns() * layout.rows()) as f64;
    (area / layout.marks().len().max(4) as f64).sqrt()
}

/// The offset at `at` by a plane fitted to the anchors around it (moving least squares, with a
/// pull towards a constant where there are few); `None` without any anchor.
fn predict(anchors: &[Anchor], at: Point, pitch: f64, without: Option<usize>) -> Option<Point> {
    let squared = |anchor: &Anchor| {
        let d = anchor.at - at;
        d.x * d.x + d.y * d.y
    };
    let nearest = anchors
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != without)
        .map(|(_, anchor)| squared(anchor))
        .fold(f64::MAX, f64::min)
        .sqrt();
    let sigma = 0.7 * pitch.max(nearest);
    let mut s = [0f64; 6];
    let mut rx = [0f64; 3];
    let mut ry = [0f64; 3];
    for (index, anchor) in anchors.iter().enumerate() {
        // Beyond three deviations an anchor has less than a hundredth of a near one's weight.
        if Some(index) == without || squared(anchor) > 9.0 * sigma * sigma {
            continue;
        }
        let d = (anchor.at - at) * (1.0 / sigma);
        let squared = d.x * d.x + d.y * d.y;
        let w = (-0.5 * squared).exp();
        for (sum, term) in s.iter_mut().zip([1.0, d.x, d.y, d.x * d.x, d.x * d.y, d.y * d.y]) {
            *sum += w * term;
        }
        for (i, basis) in [1.0, d.x, d.y].into_iter().enumerate() {
            rx[i] += w * basis * anchor.offset.x;
            ry[i] += w * basis * anchor.offset.y;
        }
    }
    if s[0] <= 0.0 {
        return None;
    }
    // Slopes are held by a fifth of an anchor's weight, so that one or two anchors do not tilt.
    let (xx, xy, yy) = (s[3] + 0.2, s[4], s[5] + 0.2);
    Some(Point::new(
        plane([s[0], s[1], s[2], xx, xy, yy], rx),
        plane([s[0], s[1], s[2], xx, xy, yy], ry),
    ))
}

/// The constant term of the plane with these normal equations, by Cramer's rule.
fn plane([n, x, y, xx, xy, yy]: [f64; 6], [r, rx, ry]: [f64; 3]) -> f64 {
    let minor = xx * yy - xy * xy;
    let det = n * minor - x * (x * yy - xy * y) + y * (x * xy - xx * y);
    let top = r * minor - x * (rx * yy - xy * ry) + y * (rx * xy - xx * ry);
    if det.abs() > 1e-12 { top / det } else { r / n }
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
