//! Colour and gradient of the picture at every tile: the places of a row at a time, then a
//! bilinear sample for each.

use super::Mesh;
use crate::dsp::Plane;
use crate::raster::{Picture, Point};

/// From this many picture pixels on, a tile is the mean of four samples around its centre.
const AREA_FROM: f64 = 4.0;
/// How far from the centre those are, in tiles.
const REACH: f64 = 0.18;

/// What a picture shows of every tile.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Red, green, blue, 0 to 255.
    pub colours: [Plane; 3],
    /// Change of the sum of the colours in x and y, a picture pixel.
    pub gradient: [Plane; 2],
}

impl Samples {
    /// The colour of a tile given by its position in scan order.
    pub fn rgb(&self, tile: usize) -> [f32; 3] {
        self.colours.each_ref().map(|plane| plane.tile(tile))
    }
}

/// One sample: red, green, blue, and the gradient of their sum.
type Sample = [f32; 5];

impl Mesh {
    /// Samples every tile.
    pub fn sample(&self, picture: &Picture) -> Samples {
        let mut planes: [Plane; 5] = std::array::from_fn(|_| Plane::new(self.columns, self.rows));
        let reach = self.pixels_per_tile() * REACH;
        let area = self.pixels_per_tile() >= AREA_FROM;
        let mut places = vec![Point::default(); self.columns];
        for row in 0..self.rows {
            self.places(row, &mut places);
            let mut lines = planes.each_mut().map(|plane| plane.row_mut(row).iter_mut());
            for &place in &places {
                let sample =
                    if area { mean(picture, place, reach) } else { sample(picture, place) };
                for (line, value) in lines.iter_mut().zip(sample) {
                    if let Some(target) = line.next() {
                        *target = value;
                    }
                }
            }
        }
        let [red, green, blue, x, y] = planes;
        Samples { colours: [red, green, blue], gradient: [x, y] }
    }

    /// Red, green and blue beside the centre of every tile, as far from it as `aside` says, in tiles.
    pub(crate) fn sample_beside(&self, picture: &Picture, aside: Point) -> [Plane; 3] {
        let mut planes: [Plane; 3] = std::array::from_fn(|_| Plane::new(self.columns, self.rows));
        let mut places = vec![Point::default(); self.columns];
        for row in 0..self.rows {
            self.places(row, &mut places);
            let (x, y) = self.steps(Point::new(self.columns as f64 / 2.0, row as f64 + 0.5));
            let aside = x * aside.x + y * aside.y;
            let mut lines = planes.each_mut().map(|plane| plane.row_mut(row).iter_mut());
            for &place in &places {
                let sample = sample(picture, place + aside);
                for (line, value) in lines.iter_mut().zip(sample) {
                    if let Some(target) = line.next() {
                        *target = value;
                    }
                }
            }
        }
        planes
    }

    /// Samples every tile at the pixel nearest to its centre, in scan order; offsets from the
    /// homography do not count.
    pub(crate) fn nearest(&self, picture: &Picture) -> Vec<[u8; 3]> {
        let mut samples = Vec::with_capacity(self.columns * self.rows);
        let mut places = vec![Point::default(); self.columns];
        for row in 0..self.rows {
            self.map.apply_row(row as f64 + 0.5, 0.5, &mut places);
            samples.extend(places.iter().map(|p| {
                let pixel =
                    picture.pixel(p.x.max(0.0) as i32 as usize, p.y.max(0.0) as i32 as usize);
                pixel.unwrap_or_default()
            }));
        }
        samples
    }

    /// The centres of a row's tiles, what [`Mesh::place`] gives for each.
    fn places(&self, row: usize, places: &mut [Point]) {
        let y = row as f64 + 0.5;
        self.map.apply_row(y, 0.5, places);
        let node = self.node;
        let nodes = |down: usize| &self.offsets[down * self.nodes_across..][..self.nodes_across];
        let (upper, lower) = (nodes(row / node), nodes(row / node + 1));
        let fy = (y / node as f64).fract();
        let between = |i: usize| upper[i] + (lower[i] - upper[i]) * fy;
        for (segment, places) in places.chunks_mut(node).enumerate() {
            let (start, end) = (between(segment), between(segment + 1));
            let step = (end - start) * (1.0 / node as f64);
            let mut offset = start + step * 0.5;
            for place in places {
                *place = *place + offset;
                offset = offset + step;
            }
        }
    }
}

/// The mean of four samples around a place.
fn mean(picture: &Picture, place: Point, reach: f64) -> Sample {
    let mut mean = Sample::default();
    for (dx, dy) in [(-reach, -reach), (reach, -reach), (-reach, reach), (reach, reach)] {
        let sample = sample(picture, place + Point::new(dx, dy));
        for (sum, value) in mean.iter_mut().zip(sample) {
            *sum += value / 4.0;
        }
    }
    mean
}

/// Bilinear colour and its derivative.
#[inline]
fn sample(picture: &Picture, p: Point) -> Sample {
    let (top, bottom, fx, fy) = picture.around(p.x, p.y);
    let mut sample = Sample::default();
    for c in 0..3 {
        let [a, b, d, e] = [top[c], top[c + 3], bottom[c], bottom[c + 3]].map(f32::from);
        let (upper, lower) = (a + fx * (b - a), d + fx * (e - d));
        sample[c] = upper + fy * (lower - upper);
        sample[3] += (b - a) + fy * ((e - d) - (b - a));
        sample[4] += lower - upper;
    }
    sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Geometry, Hypothesis, Palette};

    #[test]
    fn rows_of_places_are_the_places_one_by_one() {
        let geometry = Geometry::new(700, 612, 3, Palette::Colour).unwrap();
        let corners = [(40.0, 30.0), (700.0, 60.0), (650.0, 500.0), (70.0, 540.0)]
            .map(|(x, y)| Point::new(x, y));
        let hypothesis = Hypothesis { corners, radii: [9.0; 4], guessed: None, plausibility: 0.0 };
        let mut mesh = Mesh::from_hypothesis(geometry, &hypothesis).unwrap();
        for (i, offset) in mesh.offsets.iter_mut().enumerate() {
            *offset = Point::new((i % 7) as f64 * 0.2, (i % 5) as f64 * -0.3);
        }
        let mut places = vec![Point::default(); mesh.columns];
        for row in 0..mesh.rows {
            mesh.places(row, &mut places);
            for (column, place) in places.iter().enumerate() {
                let one = mesh.place(column as f64 + 0.5, row as f64 + 0.5);
                assert!(place.distance(one) < 1e-6, "{column} {row}: {place:?} {one:?}");
            }
        }
    }

    #[test]
    fn a_ramp_has_its_gradient() {
        let rgb = (0..20 * 10).flat_map(|i| [(i % 20 * 5) as u8, (i / 20 * 9) as u8, 7]).collect();
        let picture = Picture::from_rgb(20, 10, rgb).unwrap();
        let [r, g, b, x, y] = sample(&picture, Point::new(7.25, 4.5));
        assert_eq!([r, g, b, x, y], [33.75, 36.0, 7.0, 5.0, 9.0]);
    }
}
