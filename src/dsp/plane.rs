//! One number for each tile, with a margin, so that neighbours can be read without asking whether
//! they exist.
//!
//! What a receiver knows of a frame is kept in planes, one for each quantity: loops over rows of
//! one of them are what compilers vectorise.

use std::cell::RefCell;

/// Tiles of margin on each side.
const MARGIN: usize = 2;

/// Planes of this many values at most are kept for reuse, so many by each thread: 32 MB.
const SPARE_VALUES: usize = 1 << 18;
const SPARES: usize = 32;

thread_local! {
    /// What dropped planes held. Reading a frame takes dozens of them; memory that the system takes back
    /// and gives again each time costs a tenth of the work.
    static SPARE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// A raster of tiles with a margin of [`MARGIN`] on each side.
#[derive(Debug)]
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
        let length = stride * (rows + 2 * MARGIN);
        let values = match spare(length) {
            Some(mut values) => {
                values.resize(length, 0.0);
                values
            }
            // The system gives zeros.
            None => vec![0.0; length],
        };
        Self { columns, rows, stride, values }
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

impl Clone for Plane {
    fn clone(&self) -> Self {
        let mut values = spare(self.values.len()).unwrap_or_default();
        values.extend_from_slice(&self.values);
        let Self { columns, rows, stride, .. } = *self;
        Self { columns, rows, stride, values }
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        let mut values = std::mem::take(&mut self.values);
        values.clear();
        if !(1..=SPARE_VALUES).contains(&values.capacity()) {
            return;
        }
        // A thread that ends has no use for it.
        let _ = SPARE.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < SPARES {
                spares.push(values);
            } else if let Some(smaller) =
                spares.iter_mut().find(|spare| spare.capacity() < values.capacity())
            {
                *smaller = values;
            }
        });
    }
}

/// An empty vector with memory for so many values, if there is any to spare.
fn spare(length: usize) -> Option<Vec<f32>> {
    let found = SPARE.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        let fitting = spares.iter().rposition(|spare| spare.capacity() >= length)?;
        Some(spares.swap_remove(fitting))
    });
    found.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_zeros_whatever_memory_they_take() {
        for side in [3, 7, 5, 7, 900] {
            for _ in 0..2 * SPARES {
                let mut plane = Plane::new(side, side);
                assert!(plane.values().iter().all(|value| *value == 0.0));
                (0..side * side).for_each(|tile| plane.set(tile, 1.0));
                assert!(plane.clone().values() == plane.values());
            }
        }
        let planes: Vec<Plane> = (0..2 * SPARES).map(|_| Plane::new(8, 8)).collect();
        drop(planes);
        SPARE.with(|spares| assert!(spares.borrow().len() <= SPARES));
        assert!(Plane::new(9, 9).values().iter().all(|value| *value == 0.0));
    }

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
