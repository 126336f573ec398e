//! A smooth field of offsets through points whose true place can be found in the picture: each is
//! looked for where its neighbours say it should be, outward from the finders.

use super::bow::Bow;
use super::{Mesh, MeshQuality};
use crate::dsp::{Matrix3, sort_by_number};
use crate::raster::Point;

/// A point that lies this far from where its neighbours put it, in tiles, is a wrong one.
const MAX_DEVIATION: f64 = 0.7;
/// An anchor's weight falls by a Gaussian of this deviation, in pitches: the next ones count, those
/// beyond hardly do.
const INFLUENCE: f64 = 0.7;
/// Beyond this many deviations an anchor has a hundredth of a near one's weight, and is left out.
const CUT: f64 = 3.0;
/// Slopes are held by a fifth of an anchor's weight, so that one or two anchors do not tilt.
const SLOPE_PRIOR: f64 = 0.2;
/// Below, all weights are so small that their plane is rounding errors.
const MIN_DETERMINANT: f64 = 1e-12;

/// Finds a point of the mesh, given the offset that is expected there, in picture pixels.
pub(crate) type Find<'a> = &'a mut dyn FnMut(&Mesh, Point, Point) -> Option<Point>;

/// A point whose offset from the homography is known.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// Place of the point on the grid, in tiles.
    at: Point,
    /// Distance from where the homography puts it, in picture pixels.
    offset: Point,
}

impl Mesh {
    /// Bends the mesh through the points of `points` (in tiles, about `pitch` apart) that `find`
    /// finds, given the point and the offset that is expected there, in picture pixels.
    /// `trusted` are corners of the frame, in the order of [`crate::frame::Hypothesis::corners`],
    /// whose finders were really seen.
    pub fn follow(
        &mut self,
        points: Vec<Point>,
        pitch: f64,
        trusted: [bool; 4],
        find: Find<'_>,
    ) -> MeshQuality {
        self.follow_bowed(&Bow::default(), points, pitch, trusted, find)
    }

    /// The same where the sides bow: offsets are from there.
    pub(super) fn follow_bowed(
        &mut self,
        bow: &Bow,
        mut points: Vec<Point>,
        pitch: f64,
        trusted: [bool; 4],
        find: Find<'_>,
    ) -> MeshQuality {
        let finders: Vec<Anchor> = self
            .finders
            .into_iter()
            .zip(trusted)
            .filter(|(_, trusted)| *trusted)
            .map(|(at, _)| Anchor { at, offset: Point::default() })
            .collect();
        let distance = |p: &Point| {
            finders.iter().map(|finder| finder.at.distance(*p)).fold(f64::MAX, f64::min)
        };
        sort_by_number(&mut points, distance);
        let expected = points.len();
        let mut anchors = finders.clone();
        for at in points {
            let bowed = bow.at(self.between_finders(at));
            let predicted = predict(&anchors, at, pitch, None).unwrap_or_default() + bowed;
            let found = find(self, at, predicted);
            anchors.extend(found.map(|offset| Anchor { at, offset: offset - bowed }));
        }
        let kept = self.without_outliers(&anchors, pitch);
        for node in 0..self.offsets.len() {
            let at = self.node_place(node);
            let bowed = bow.at(self.between_finders(at));
            self.offsets[node] = predict(&kept, at, pitch, None).unwrap_or_default() + bowed;
        }
        let found = kept.len().saturating_sub(finders.len());
        MeshQuality { found, expected }
    }

    /// Anchors that agree with their neighbours.
    fn without_outliers(&self, anchors: &[Anchor], pitch: f64) -> Vec<Anchor> {
        let limit = MAX_DEVIATION * self.pixels_per_tile().max(1e-9);
        let agrees = |(index, anchor): &(usize, &Anchor)| {
            let others = predict(anchors, anchor.at, pitch, Some(*index));
            others.is_none_or(|others| others.distance(anchor.offset) <= limit)
        };
        anchors.iter().enumerate().filter(agrees).map(|(_, anchor)| *anchor).collect()
    }
}

/// The offset at `at` by a plane fitted to the anchors around it (moving least squares, with a
/// pull towards a constant where there are few); `None` without any anchor.
fn predict(anchors: &[Anchor], at: Point, pitch: f64, without: Option<usize>) -> Option<Point> {
    let others = || {
        let others = anchors.iter().enumerate().filter(|(index, _)| Some(*index) != without);
        others.map(|(_, anchor)| anchor)
    };
    let squared = |anchor: &Anchor| {
        let d = anchor.at - at;
        d.x * d.x + d.y * d.y
    };
    let nearest = others().map(squared).fold(f64::MAX, f64::min).sqrt();
    let deviation = INFLUENCE * pitch.max(nearest);
    let limit = (CUT * deviation).powi(2);
    let mut plane = PlaneFit::default();
    for anchor in others().filter(|anchor| squared(anchor) <= limit) {
        plane.add((anchor.at - at) * (1.0 / deviation), anchor.offset);
    }
    plane.at_origin()
}

/// The sums of a weighted least-squares fit of two planes, x and y of the offset, over one place.
#[derive(Default)]
struct PlaneFit {
    /// Weighted sums of 1, x, y, x², x y, y².
    normal: [f64; 6],
    /// Weighted sums of the offset's x, and of its y, times 1, x, y.
    right: [[f64; 3]; 2],
}

impl PlaneFit {
    /// Adds an offset at the place `d`, in deviations of the weight.
    fn add(&mut self, d: Point, offset: Point) {
        let weight = (-0.5 * (d.x * d.x + d.y * d.y)).exp();
        let terms = [1.0, d.x, d.y, d.x * d.x, d.x * d.y, d.y * d.y];
        for (sum, term) in self.normal.iter_mut().zip(terms) {
            *sum += weight * term;
        }
        for (right, value) in self.right.iter_mut().zip([offset.x, offset.y]) {
            for (sum, basis) in right.iter_mut().zip([1.0, d.x, d.y]) {
                *sum += weight * basis * value;
            }
        }
    }

    /// The planes' values at the origin; `None` if nothing was added.
    fn at_origin(&self) -> Option<Point> {
        let [n, x, y, xx, xy, yy] = self.normal;
        if n <= 0.0 {
            return None;
        }
        let (xx, yy) = (xx + SLOPE_PRIOR, yy + SLOPE_PRIOR);
        let normal = Matrix3([[n, x, y], [x, xx, xy], [y, xy, yy]]);
        let inverse = normal.inverse().filter(|_| normal.determinant() > MIN_DETERMINANT);
        // The mean, where all anchors are far away.
        let constant = |right: [f64; 3]| inverse.map_or(right[0] / n, |i| i.apply(right)[0]);
        let [x, y] = self.right.map(constant);
        Some(Point::new(x, y))
    }
}
