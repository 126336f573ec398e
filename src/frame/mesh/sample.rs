//! The picture's colour at every tile: the places of a row at a time, then a bilinear sample for each;
//! and its gradient at some.

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
}

impl Samples {
    /// The colour of a tile given by its position in scan order.
    pub fn rgb(&self, tile: usize) -> [f32; 3] {
        self.colours.each_ref().map(|plane| plane.tile(tile))
    }
}

/// One sample: red, green, blue.
type Sample = [f32; 3];
/// Change of the sum of colours in x and y, a picture pixel.
type Gradient = [f32; 2];

/// The four places around the centre of a tile, in both directions.
const AROUND: [(f64, f64); 4] = [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)];

impl Mesh {
    /// Samples every tile.
    pub fn sample(&self, picture: &Picture) -> Samples {
        let reach = self.pixels_per_tile() * REACH;
        let colours = if self.is_area() {
            self.planes(|place| {
                let beside = |x: f64, y: f64| colour(picture, place + Point::new(x, y) * reach);
                mean(AROUND.map(|(x, y)| beside(x, y)))
            })
        } else {
            self.planes(|place| colour(picture, place))
        };
        Samples { colours }
    }

    /// Four samples beside the centre of every tile, as far from it as `aside` says, in tiles: red,
    /// green and blue of each.
    pub(crate) fn sample_beside<'a>(
        &'a self,
        picture: &'a Picture,
        aside: f64,
    ) -> impl Iterator<Item = Plane> + 'a {
        let (x, y) = self.steps(Point::new(self.columns as f64 / 2.0, self.rows as f64 / 2.0));
        AROUND.into_iter().flat_map(move |(right, down)| {
            let aside = x * (right * aside) + y * (down * aside);
            self.planes(|place| colour(picture, place + aside))
        })
    }

    /// The picture's gradient at a tile given by its position in scan order.
    pub(crate) fn gradient(&self, picture: &Picture, tile: usize) -> Gradient {
        let (column, row) = (tile % self.columns, tile / self.columns);
        let place = self.place(column as f64 + 0.5, row as f64 + 0.5);
        if !self.is_area() {
            return slope(picture, place);
        }
        let reach = self.pixels_per_tile() * REACH;
        mean(AROUND.map(|(x, y)| slope(picture, place + Point::new(x, y) * reach)))
    }

    /// Whether a tile has pixels enough to be sampled in several places.
    fn is_area(&self) -> bool {
        self.pixels_per_tile() >= AREA_FROM
    }

    /// What `sample` gives for the place of each tile.
    fn planes(&self, sample: impl Fn(Point) -> Sample) -> [Plane; 3] {
        let mut planes: [Plane; 3] = std::array::from_fn(|_| Plane::new(self.columns, self.rows));
        let mut places = vec![Point::default(); self.columns];
        for row in 0..self.rows {
            self.places(row, &mut places);
            let [red, green, blue] = planes.each_mut().map(|plane| plane.row_mut(row));
            let targets = red.iter_mut().zip(green).zip(blue);
            for (((red, green), blue), &place) in targets.zip(&places) {
                [*red, *green, *blue] = sample(place);
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

/// The mean of four samples.
fn mean<const N: usize>(samples: [[f32; N]; 4]) -> [f32; N] {
    std::array::from_fn(|i| samples.iter().map(|sample| sample[i]).sum::<f32>() / 4.0)
}

/// Bilinear colour.
#[inline]
pub(super) fn colour(picture: &Picture, p: Point) -> Sample {
    let (top, bottom, fx, fy) = picture.around(p.x, p.y);
    std::array::from_fn(|c| {
        let [a, b, d, e] = [top[c], top[c + 3], bottom[c], bottom[c + 3]].map(f32::from);
        let (upper, lower) = (a + fx * (b - a), d + fx * (e - d));
        upper + fy * (lower - upper)
    })
}

/// The derivative of the sum of bilinear colours.
fn slope(picture: &Picture, p: Point) -> Gradient {
    let (top, bottom, fx, fy) = picture.around(p.x, p.y);
    let mut slope = Gradient::default();
    for c in 0..3 {
        let [a, b, d, e] = [top[c], top[c + 3], bottom[c], bottom[c + 3]].map(f32::from);
        slope[0] += (b - a) + fy * ((e - d) - (b - a));
        slope[1] += (d - a) + fx * ((e - d) - (b - a));
    }
    slope
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
        let place = Point::new(7.25, 4.5);
        assert_eq!(colour(&picture, place), [33.75, 36.0, 7.0]);
        assert_eq!(slope(&picture, place), [5.0, 9.0]);
    }
}
