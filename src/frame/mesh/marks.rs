//! The alignment marks of our own frames, found by normalised correlation.

use super::{Mesh, MeshQuality};
use crate::dsp::peak;
use crate::frame::{Layout, MARK};
use crate::raster::{Picture, Point};

/// Samples from one side of a mark to the other.
const ACROSS: usize = 15;
/// Samples in a mark.
const AREA: f32 = (ACROSS * ACROSS) as f32;
/// Row length of the template: one more, so that rows are whole vectors.
const WIDTH: usize = ACROSS + 1;
/// Samples that a mark is looked for to each side of its predicted place; first nearby, where its
/// neighbours or the picture before mostly put it.
const SEARCH: usize = 5;
const NEAR: usize = 2;
/// Lowest correlation that counts: noise gives 0.2 at most over 225 samples of data tiles, blurred
/// and noisy marks of real photos 0.6 and more.
const MIN_CORRELATION: f64 = 0.5;

/// Where this share of the marks is found, nothing is known to be wrong with the rest,
const MOST: f64 = 0.9;
/// and where this is, the mesh can go on from there.
const MANY: f64 = 0.6;
/// How far around its predicted place a mark may be looked for too, in tiles: less than two reaches of
/// [`SEARCH`].
const AROUND: f64 = 2.5;

/// Samples of a mark and its surroundings, a side, and row length.
const SIDE: usize = ACROSS + 2 * SEARCH;
const STRIDE: usize = SIDE + 1;

/// A mark's samples in rows of [`WIDTH`], the last of which is 0.
pub(super) type Template = [[f32; WIDTH]; ACROSS];

impl Mesh {
    /// Finds the alignment marks and bends the mesh to them; `trusted` as for [`Mesh::follow`]. Where
    /// some are not found, they are looked for further around; where many are not, its sides may bow.
    pub fn follow_marks(
        &mut self,
        picture: &Picture,
        layout: &Layout,
        trusted: [bool; 4],
    ) -> MeshQuality {
        let (marks, pitch, template) = (mark_places(layout), pitch(layout), template());
        let mut find =
            |mesh: &Self, at, predicted| mesh.find_mark(picture, &template, at, predicted);
        let mut quality = self.follow(marks.clone(), pitch, trusted, &mut find);
        if quality.share() < MOST {
            let mut around = |mesh: &Self, at, predicted| {
                find(mesh, at, predicted)
                    .or_else(|| mesh.find_mark_around(picture, &template, at, predicted))
            };
            let mut wider = self.clone();
            let better = wider.follow(marks.clone(), pitch, trusted, &mut around);
            if better.found > quality.found {
                (*self, quality) = (wider, better);
            }
        }
        if quality.share() >= MANY || trusted != [true; 4] {
            return quality;
        }
        let mut bowed = self.clone();
        let bow = bowed.bow(picture, &marks, &template);
        let better = bowed.follow_bowed(&bow, marks, pitch, trusted, &mut find);
        if better.found <= quality.found {
            return quality;
        }
        *self = bowed;
        better
    }

    /// The offset of the mark at `at`, if it is found around `predicted`, beyond what is near it.
    fn find_mark_around(
        &self,
        picture: &Picture,
        template: &Template,
        at: Point,
        predicted: Point,
    ) -> Option<Point> {
        let (dx, dy) = self.map.steps(at);
        let steps = [-AROUND, 0.0, AROUND];
        let around = steps.into_iter().flat_map(|y| steps.map(|x| dx * x + dy * y));
        around.into_iter().find_map(|step| self.find_mark(picture, template, at, predicted + step))
    }

    /// The offset of the mark at `at`, if it is found near `predicted`.
    pub(super) fn find_mark(
        &self,
        picture: &Picture,
        template: &Template,
        at: Point,
        predicted: Point,
    ) -> Option<Point> {
        [NEAR, SEARCH]
            .into_iter()
            .find_map(|reach| self.find_mark_within(reach, picture, template, at, predicted))
    }

    /// The same, at most `reach` samples away in each direction, and less at the best place.
    // Large, and called from several places.
    #[inline(never)]
    fn find_mark_within(
        &self,
        reach: usize,
        picture: &Picture,
        template: &Template,
        at: Point,
        predicted: Point,
    ) -> Option<Point> {
        let step = MARK as f64 / ACROSS as f64;
        let (dx, dy) = self.map.steps(at);
        let origin = self.map.apply(at) + predicted;
        let side = ACROSS + 2 * reach;
        let middle = (side - 1) as f64 / 2.0;
        let mut patch = [[0.0; STRIDE]; SIDE];
        for (y, line) in patch[..side].iter_mut().enumerate() {
            for (x, value) in line[..side].iter_mut().enumerate() {
                let (x, y) = (x as f64 - middle, y as f64 - middle);
                let p = origin + dx * (x * step) + dy * (y * step);
                *value = picture.sample(p.x, p.y).iter().sum();
            }
        }
        let range = 2 * reach + 1;
        let scores: Vec<f64> = (0..range * range)
            .map(|i| f64::from(correlation(&patch, template, i % range, i / range)))
            .collect();
        let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
        let (x, y) = (best % range, best / range);
        let inner = 1..range - 1;
        if scores[best] < MIN_CORRELATION || !inner.contains(&x) || !inner.contains(&y) {
            return None;
        }
        let fine = |at: usize, step: usize| peak(scores[at - step], scores[at], scores[at + step]);
        let fine_x = x as f64 - reach as f64 + fine(best, 1);
        let fine_y = y as f64 - reach as f64 + fine(best, range);
        Some(predicted + dx * (fine_x * step) + dy * (fine_y * step))
    }
}

/// The middles of the marks, in tiles.
fn mark_places(layout: &Layout) -> Vec<Point> {
    let middle = |v: u16| f64::from(v) + 0.5;
    let marks = layout.marks().iter();
    marks.map(|&(column, row)| Point::new(middle(column), middle(row))).collect()
}

/// Typical distance of marks, in tiles.
fn pitch(layout: &Layout) -> f64 {
    let area = (layout.columns() * layout.rows()) as f64;
    (area / layout.marks().len().max(4) as f64).sqrt()
}

/// A mark as a slightly blurred picture, mean removed, of length 1.
fn template() -> Template {
    // Distance from the middle in units of a tile decides the ring; edges are softened over a
    // third of a tile, about what a camera's blur does at three pixels a tile.
    let soft = |distance: f32| 1.0 / (1.0 + (distance * 9.0).exp());
    let tiles = |v: usize| (v as f32 - (ACROSS - 1) as f32 / 2.0).abs() / 3.0;
    let mut template = [[0.0; WIDTH]; ACROSS];
    for (y, line) in template.iter_mut().enumerate() {
        for (x, value) in line[..ACROSS].iter_mut().enumerate() {
            let r = tiles(x).max(tiles(y));
            *value = soft(r - 1.5) - soft(r - 0.5);
        }
    }
    let mut values: Vec<&mut f32> =
        template.iter_mut().flat_map(|line| &mut line[..ACROSS]).collect();
    let mean = values.iter().map(|v| **v).sum::<f32>() / AREA;
    values.iter_mut().for_each(|v| **v -= mean);
    let length = values.iter().map(|v| **v * **v).sum::<f32>().sqrt();
    values.iter_mut().for_each(|v| **v /= length);
    template
}

/// Normalised correlation of the template with the patch at (`x`, `y`).
fn correlation(patch: &[[f32; STRIDE]; SIDE], template: &Template, x: usize, y: usize) -> f32 {
    // The last column is not the mark's: the template is 0 there, the other sums leave it out.
    let (mut dot, mut sum, mut squared) = ([0f32; WIDTH], [0f32; WIDTH], [0f32; WIDTH]);
    for (line, template) in patch[y..].iter().zip(template) {
        for (lane, (v, t)) in line[x..x + WIDTH].iter().zip(template).enumerate() {
            dot[lane] += v * t;
            sum[lane] += v;
            squared[lane] += v * v;
        }
    }
    let total = |lanes: [f32; WIDTH]| lanes[..ACROSS].iter().sum::<f32>();
    let variance = total(squared) - total(sum) * total(sum) / AREA;
    total(dot) / variance.max(1.0).sqrt()
}
