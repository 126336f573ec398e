//! One capture's samples, level and contrast made equal over the frame: what the equaliser works
//! on.

use crate::dsp::{Field, Plane};
use crate::frame::{Mesh, Samples};
use crate::raster::Picture;

/// Blocks that level and contrast are measured in, in tiles a side.
const BLOCK: usize = 8;
/// Level and contrast are averaged over `2 * REACH + 1` blocks a side, about 40 tiles.
const REACH: usize = 2;
/// How far from a tile's centre the samples of [`Detail`] are, in x and in y, in tiles.
const ASIDE: f64 = 0.2;

/// The normalised samples of one capture.
#[derive(Clone, Debug)]
pub struct Signal {
    samples: Samples,
    pub(super) colours: [Plane; 3],
    /// Sum of the colours, normalised likewise, and its deviation before.
    pub(super) sum: Plane,
    contrast: Field,
}

impl Signal {
    /// Normalises the samples of all tiles.
    pub fn new(samples: Samples) -> Self {
        let colours = samples.colours.each_ref().map(|plane| normalised(plane).0);
        let [red, green, blue] = &samples.colours;
        let mut sum = red.clone();
        for row in 0..sum.rows() {
            let others = green.row(row).iter().zip(blue.row(row));
            for (sum, (green, blue)) in sum.row_mut(row).iter_mut().zip(others) {
                *sum += green + blue;
            }
        }
        let (sum, contrast) = normalised(&sum);
        Self { samples, colours, sum, contrast }
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Deviation of the sum of colours around each tile.
    pub(super) fn contrasts(&self) -> Plane {
        let mut contrasts = Plane::new(self.sum.columns(), self.sum.rows());
        (0..contrasts.rows()).for_each(|row| self.contrast.row(row, contrasts.row_mut(row)));
        contrasts
    }

    /// Median deviation of the sum of colours, in grey levels: at least about 100 in good light.
    pub(crate) fn contrast(&self) -> f32 {
        let mut sorted = self.contrast.blocks().to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    }
}

/// Four samples around the centre of each tile, made equal likewise: they tell more of the neighbours
/// that shine into it.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    pub(super) planes: Vec<Plane>,
}

impl Detail {
    /// Its planes.
    pub(super) const PLANES: usize = 12;

    /// Samples a picture once more.
    pub(crate) fn new(mesh: &Mesh, picture: &Picture) -> Self {
        Self::of(mesh.sample_beside(picture, ASIDE))
    }

    /// The detail that these samples are.
    pub(super) fn of(samples: impl Iterator<Item = Plane>) -> Self {
        Self { planes: samples.map(|plane| normalised(&plane).0).collect() }
    }
}

/// Values with local mean 0 and local deviation 1, and the deviation that they had.
fn normalised(input: &Plane) -> (Plane, Field) {
    let (mean, deviation) = levels(input);
    let columns = input.columns();
    let mut plane = Plane::new(columns, input.rows());
    let (mut level, mut scale) = (vec![0.0; columns], vec![0.0; columns]);
    for row in 0..input.rows() {
        mean.row(row, &mut level);
        deviation.row(row, &mut scale);
        let targets = plane.row_mut(row).iter_mut().zip(input.row(row));
        for ((target, value), (level, scale)) in targets.zip(level.iter().zip(&scale)) {
            *target = (value - level) / scale;
        }
    }
    (plane, deviation)
}

/// Local mean and deviation.
pub(super) fn levels(input: &Plane) -> (Field, Field) {
    let means = |fill: &dyn Fn(&[f32], &mut [f32])| {
        let size = (input.columns(), input.rows());
        Field::means(size, BLOCK, None, |row, line| fill(input.row(row), line)).smoothed(REACH)
    };
    let mean = means(&|values, line| line.copy_from_slice(values));
    let square = means(&|values, line| {
        line.iter_mut().zip(values).for_each(|(square, value)| *square = value * value);
    });
    // Two grey levels of noise keep flat areas flat.
    let deviation =
        mean.combined(&square, |mean, square| (square - mean * mean).max(0.0).sqrt() + 2.0);
    (mean, deviation)
}
