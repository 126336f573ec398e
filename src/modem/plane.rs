//! One number for each tile, with a margin, so that neighbours can be read without asking whether
//! they exist.

/// Tiles of margin on each side.
pub(super) const MARGIN: usize = 2;

/// A raster of tiles with a margin of [`MARGIN`] on each side.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) stride: usize,
    pub(super) values: Vec<f32>,
}

impl Plane {
    /// A plane of zeros.
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        let stride = columns + 2 * MARGIN;
        Self { columns, rows, stride, values: vec![0.0; stride * (rows + 2 * MARGIN)] }
    }

    /// Index of the first tile of `row`.
    pub(super) fn start(&self, row: usize) -> usize {
        (row + MARGIN) * self.stride + MARGIN
    }

    /// Index of a tile given by its position in scan order.
    pub(super) fn index(&self, tile: usize) -> usize {
        self.start(tile / self.columns) + tile % self.columns
    }

    /// The tiles of `row`.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.values[self.start(row)..][..self.columns]
    }

    /// The tiles of `row`, to change.
    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        let start = self.start(row);
        &mut self.values[start..][..self.columns]
    }

    /// All tiles in scan order.
    pub(super) fn tiles(&self) -> impl Iterator<Item = f32> + '_ {
        (0..self.rows).flat_map(|row| self.row(row).iter().copied())
    }

    /// The distance in `values` to the neighbour `dx` to the right and `dy` below.
    pub(super) fn step(&self, dx: isize, dy: isize) -> isize {
        dy * self.stride as isize + dx
    }
}
