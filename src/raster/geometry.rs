//! Points and plane homographies.

use crate::dsp::Matrix3;
use std::ops::{Add, Mul, Sub};

/// A point or a vector in the plane.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// The point `(x, y)`.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Length as a vector.
    pub fn norm(self) -> f64 {
        // Not `hypot`: pictures are far from overflow, and this is ten times as fast.
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// Distance to another point.
    pub fn distance(self, other: Self) -> f64 {
        (self - other).norm()
    }

    /// The z component of the cross product: positive if `other` lies clockwise (y down).
    pub fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }
}

impl Add for Point {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f64> for Point {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// A projective map of the plane, 3x3, row-major, acting on column vectors `(x, y, 1)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography(Matrix3);

impl Homography {
    /// The map that takes `from[i]` to `to[i]`; `None` if three of either lie on a line.
    pub fn from_points(from: [Point; 4], to: [Point; 4]) -> Option<Self> {
        Self::from_unit_square(to)?.after(&Self::from_unit_square(from)?.inverse()?)
    }

    /// The map from the unit square's corners (0,0), (1,0), (1,1), (0,1) to `to` (Heckbert,
    /// "Fundamentals of texture mapping and image warping", 1989, §2.2.3).
    pub fn from_unit_square(to: [Point; 4]) -> Option<Self> {
        let [p0, p1, p2, p3] = to;
        let (d1, d2, sum) = (p1 - p2, p3 - p2, p0 - p1 + p2 - p3);
        let det = d1.cross(d2);
        let size = d1.norm() * d2.norm();
        if det.abs() <= 1e-9 * size || size == 0.0 {
            return None;
        }
        let (g, h) = (sum.cross(d2) / det, d1.cross(sum) / det);
        let map = Self(Matrix3([
            [p1.x - p0.x + g * p1.x, p3.x - p0.x + h * p3.x, p0.x],
            [p1.y - p0.y + g * p1.y, p3.y - p0.y + h * p3.y, p0.y],
            [g, h, 1.0],
        ]));
        map.inverse().map(|_| map)
    }

    /// Applies the map. Points on its horizon come out infinite.
    pub fn apply(&self, p: Point) -> Point {
        let [a, b, c] = &self.0.0;
        let w = c[0] * p.x + c[1] * p.y + c[2];
        Point::new((a[0] * p.x + a[1] * p.y + a[2]) / w, (b[0] * p.x + b[1] * p.y + b[2]) / w)
    }

    /// Applies the map to the points `(x, y)`, `(x + 1, y)`, ... of a row.
    pub fn apply_row(&self, y: f64, x: f64, images: &mut [Point]) {
        let [a, b, c] = self.0.0.map(|row| (row[0], row[0] * x + row[1] * y + row[2]));
        for (i, image) in images.iter_mut().enumerate() {
            let i = i as f64;
            let w = 1.0 / (c.0 * i + c.1);
            *image = Point::new((a.0 * i + a.1) * w, (b.0 * i + b.1) * w);
        }
    }

    /// The images of the unit steps in x and y at `p` (the columns of the Jacobian).
    pub fn steps(&self, p: Point) -> (Point, Point) {
        let [a, b, c] = &self.0.0;
        let w = c[0] * p.x + c[1] * p.y + c[2];
        let q = self.apply(p);
        let step = |i: usize| Point::new((a[i] - q.x * c[i]) / w, (b[i] - q.y * c[i]) / w);
        (step(0), step(1))
    }

    /// First `inner`, then `self`; `None` if the product is not invertible.
    pub fn after(&self, inner: &Self) -> Option<Self> {
        Some(Self(self.0.product(&inner.0))).filter(|map| map.inverse().is_some())
    }

    /// The inverse map, if there is one.
    pub fn inverse(&self) -> Option<Self> {
        self.0.inverse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quad() -> impl Strategy<Value = [Point; 4]> {
        prop::array::uniform8(-0.3..0.3f64).prop_map(|d| {
            let p = |x: f64, y: f64| Point::new(x * 700.0 + 40.0, y * 500.0 - 90.0);
            [p(d[0], d[1]), p(1.0 + d[2], d[3]), p(1.0 + d[4], 1.0 + d[5]), p(d[6], 1.0 + d[7])]
        })
    }

    proptest! {
        #[test]
        fn corners_go_to_corners_and_back(from in quad(), to in quad(), x in 0.0..1.0f64) {
            let map = Homography::from_points(from, to).unwrap();
            for (from, to) in from.into_iter().zip(to) {
                prop_assert!(map.apply(from).distance(to) < 1e-6);
            }
            let p = from[0] * x + from[2] * (1.0 - x);
            let back = map.inverse().unwrap().apply(map.apply(p));
            prop_assert!(back.distance(p) < 1e-6);
        }

        #[test]
        fn composing_is_applying_in_turn(a in quad(), b in quad(), c in quad()) {
            let first = Homography::from_points(a, b).unwrap();
            let second = Homography::from_points(b, c).unwrap();
            let both = second.after(&first).unwrap();
            let p = (a[0] + a[2]) * 0.5;
            prop_assert!(both.apply(p).distance(second.apply(first.apply(p))) < 1e-6);
        }

        #[test]
        fn steps_are_the_derivative(to in quad()) {
            let map = Homography::from_unit_square(to).unwrap();
            let (p, h) = (Point::new(0.4, 0.6), 1e-6);
            let (sx, sy) = map.steps(p);
            let dx = (map.apply(p + Point::new(h, 0.0)) - map.apply(p)) * (1.0 / h);
            let dy = (map.apply(p + Point::new(0.0, h)) - map.apply(p)) * (1.0 / h);
            prop_assert!(sx.distance(dx) < 1e-2 && sy.distance(dy) < 1e-2);
        }
    }

    #[test]
    fn points_on_a_line_have_no_map() {
        let line = [0.0, 1.0, 2.0, 3.0].map(|x| Point::new(x, 2.0 * x));
        assert!(Homography::from_unit_square(line).is_none());
    }
}
