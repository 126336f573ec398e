//! One number for each tile, with a margin, so that neighbours can be read without asking whether
//! they exist.
//!
//! What a receiver knows of a frame is kept in planes, one for each quantity: loops over rows of
//! one of them are what compilers vectorise.

/// Tiles of margin on each side.
const MARGIN: usize = 2;

/// A raster of tiles with a margin of [`MARGIN`] on each side.
#[derive(Clone, Debug)]
pub struct Plane {
    columns: usize,
    rows: usize,
    stride: usize,
    values: Vec<f32>,
}

impl Plane {
    /// A plane of zeros.
    pub fn new(columns: usize, rows: usize) -> Self {
        let stride = columns + 2 * MARGIN;
        Self { columns, rows, stride, values: vec![0.0; stride * (rows + 2 * MARGIN)] }
    }

    /// Tiles in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of tiles.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Everything, with the margin: see [`Plane::index`] and [`Plane::step`].
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Index of a tile given by its position in scan order.
    pub fn index(&self, tile: usize) -> usize {
        self.start(tile / self.columns) + tile % self.columns
    }

    /// Index of the first tile of `row`.
    pub fn start(&self, row: usize) -> usize {
        (row + MARGIN) * self.stride + MARGIN
    }

    /// The distance in [`Plane::values`] to the neighbour `dx` to the right and `dy` below.
    pub fn step(&self, dx: isize, dy: isize) -> isize {
        dy * self.stride as isize + dx
    }

    /// The value of a tile given by its position in scan order.
    pub fn tile(&self, tile: usize) -> f32 {
        self.values[self.index(tile)]
    }

    /// Sets a tile given by its position in scan order.
    pub(crate) fn set(&mut self, tile: usize, value: f32) {
        let index = self.index(tile);
        self.values[index] = value;
    }

    /// The tiles of `row`.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[self.start(row)..][..self.columns]
    }

    /// The tiles of `row`, to change.
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        let start = self.start(row);
        &mut self.values[start..][..self.columns]
    }

    /// All rows.
    pub fn lines(&self) -> impl Iterator<Item = &[f32]> {
        (0..self.rows).map(|row| self.row(row))
    }

    /// All tiles in scan order.
    pub fn tiles(&self) -> impl Iterator<Item = f32> + '_ {
        self.lines().flat_map(|line| line.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_a_step_away_and_the_margin_is_zero() {
        let mut plane = Plane::new(3, 2);
        (0..6).for_each(|tile| plane.set(tile, tile as f32 + 1.0));
        let at = |tile: usize, dx: isize, dy: isize| {
            plane.values()[plane.index(tile).wrapping_add_signed(plane.step(dx, dy))]
        };
        assert_eq!((at(4, -1, -1), at(4, 1, 0), at(4, 0, 2), at(0, -2, -2)), (1.0, 6.0, 0.0, 0.0));
        assert_eq!(plane.tiles().collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!((plane.row(1), plane.tile(5)), ([4.0, 5.0, 6.0].as_slice(), 6.0));
    }
}
