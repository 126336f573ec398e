//! A smooth field of offsets through points whose true place can be found in the picture: each is
//! looked for where its neighbours say it should be, outward from the finders.

use super::{Mesh, MeshQuality, NODE};
use crate::dsp::Matrix3;
use crate::raster::Point;

/// A point that lies this far from where its neighbours put it, in tiles, is a wrong one.
const MAX_DEVIATION: f64 = 0.7;
/// Below, all weights are so small that their plane is rounding errors.
const MIN_DETERMINANT: f64 = 1e-12;

/// A point whose offset from the homography is known.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// In tiles.
    at: Point,
    /// In picture pixels.
    offset: Point,
}

impl Mesh {
    /// Bends the mesh through the points of `points` (in tiles, about `pitch` apart) that `find`
    /// finds, given the point and the offset that is expected there, in picture pixels.
    /// `trusted` are corners of the frame, in the order of [`crate::frame::Hypothesis::corners`],
    /// whose finders were really seen.
    pub fn follow(
        &mut self,
        mut points: Vec<Point>,
        pitch: f64,
        trusted: [bool; 4],
        find: impl Fn(&Self, Point, Point) -> Option<Point>,
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
        points.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        let expected = points.len();
        let mut anchors = finders.clone();
        for at in points {
            let predicted = predict(&anchors, at, pitch, None).unwrap_or_default();
            anchors.extend(find(self, at, predicted).map(|offset| Anchor { at, offset }));
        }
        let (kept, deviation) = self.without_outliers(&anchors, pitch);
        for (node, offset) in self.offsets.iter_mut().enumerate() {
            let at = Point::new(
                (node % self.nodes_across * NODE) as f64,
                (node / self.nodes_across * NODE) as f64,
            );
            *offset = predict(&kept, at, pitch, None).unwrap_or_default();
        }
        let found = kept.len().saturating_sub(finders.len());
        MeshQuality { found, expected, deviation }
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
    let normal = Matrix3([[s[0], s[1], s[2]], [s[1], xx, xy], [s[2], xy, yy]]);
    let inverse = normal.inverse().filter(|_| normal.determinant() > MIN_DETERMINANT);
    // The constant term of the plane, or, of anchors that are far away, their mean.
    let constant = |right: [f64; 3]| inverse.map_or(right[0] / s[0], |i| i.apply(right)[0]);
    Some(Point::new(constant(rx), constant(ry)))
}
