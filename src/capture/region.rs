//! The part of a picture that a frame takes.

use crate::frame::Hypothesis;
use crate::raster::Point;

/// What surrounds the finders' centres and still belongs to the frame, in their radii.
const AROUND: f64 = 1.6;

/// A quadrangle around a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    corners: [Point; 4],
    /// 1 if the corners go clockwise, -1 if not.
    sense: f64,
}

impl Region {
    /// The region of the frame at a hypothesis.
    pub(super) fn new(hypothesis: &Hypothesis) -> Self {
        let [a, b, c, d] = hypothesis.corners;
        let middle = (a + b + c + d) * 0.25;
        let outward = |corner: usize| {
            let from = hypothesis.corners[corner] - middle;
            from * (1.0 + AROUND * hypothesis.radii[corner] / from.norm().max(1.0))
        };
        let sense = (c - a).cross(d - b).signum();
        Self { corners: std::array::from_fn(|corner| middle + outward(corner)), sense }
    }

    pub(super) fn middle(&self) -> Point {
        let [a, b, c, d] = self.corners;
        (a + b + c + d) * 0.25
    }

    pub(super) fn area(&self) -> f64 {
        let [a, b, c, d] = self.corners;
        (c - a).cross(d - b).abs() / 2.0
    }

    pub(super) fn contains(&self, p: Point) -> bool {
        (0..4).all(|i| {
            let (from, to) = (self.corners[i], self.corners[(i + 1) % 4]);
            self.sense * (to - from).cross(p - from) >= 0.0
        })
    }

    /// Whether a frame at a hypothesis would take a part of this region.
    pub(super) fn meets(&self, hypothesis: &Hypothesis) -> bool {
        let other = Self::new(hypothesis);
        let [a, b, c, d] = hypothesis.corners;
        let seen = hypothesis.corners.iter().zip(hypothesis.trusted()).filter(|(_, seen)| *seen);
        self.contains((a + b + c + d) * 0.25)
            || other.contains(self.middle())
            || seen.into_iter().any(|(corner, _)| self.contains(*corner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64, turned: bool) -> Hypothesis {
        let p = |dx: f64, dy: f64| Point::new(x + dx * side, y + dy * side);
        let mut corners = [p(0.0, 0.0), p(1.0, 0.0), p(1.0, 1.0), p(0.0, 1.0)];
        if turned {
            corners.reverse();
        }
        Hypothesis { corners, radii: [side / 20.0; 4], guessed: None, plausibility: 0.0 }
    }

    #[test]
    fn frames_side_by_side_do_not_meet_and_one_over_both_does() {
        for turned in [false, true] {
            let region = Region::new(&square(100.0, 100.0, 200.0, turned));
            assert!(region.contains(Point::new(95.0, 200.0)));
            assert!(!region.contains(Point::new(80.0, 200.0)));
            assert!(!region.meets(&square(330.0, 100.0, 200.0, turned)));
            assert!(region.meets(&square(100.0, 100.0, 430.0, turned)));
            assert!(region.meets(&square(10.0, 10.0, 400.0, !turned)));
        }
    }
}
