//! Slowly varying quantities over a raster: kept as block means, read back interpolated.
//!
//! Local brightness of a picture, level, contrast and noise over the tiles of a frame are all of
//! this kind.

/// One value for each block of `block` x `block` places of a `width` x `height` raster.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    block: usize,
    across: usize,
    down: usize,
    values: Vec<f32>,
}

impl Field {
    /// Block means of a `width` x `height` raster whose rows `fill` writes, over places where
    /// `weights`, if given, is not zero; blocks without any such place take the mean of all.
    pub(crate) fn means(
        (width, height): (usize, usize),
        block: usize,
        weights: Option<&[f32]>,
        fill: impl Fn(usize, &mut [f32]),
    ) -> Self {
        let (across, down) = (width.div_ceil(block), height.div_ceil(block));
        let mut sums = Vec::with_capacity(across * down);
        let mut line = vec![0f32; width];
        // Rows of a block are added up column by column first: that vectorises.
        let (mut totals, mut counts) = (vec![0f32; width], vec![0f32; width]);
        for y in 0..height {
            fill(y, &mut line);
            match weights {
                None => add(&mut totals, &line),
                Some(weights) => {
                    let weights = &weights[y * width..][..width];
                    add_weighted(&mut totals, &line, weights);
                    add(&mut counts, weights);
                }
            }
            if y % block == block - 1 || y == height - 1 {
                if weights.is_none() {
                    counts.fill((y % block + 1) as f32);
                }
                let blocks = totals.chunks(block).zip(counts.chunks(block));
                sums.extend(blocks.map(|(t, c)| (t.iter().sum::<f32>(), c.iter().sum::<f32>())));
                totals.fill(0.0);
                counts.fill(0.0);
            }
        }
        let (total, count) = sums.iter().fold((0.0, 0.0), |acc, s| (acc.0 + s.0, acc.1 + s.1));
        let overall = if count > 0.0 { total / count } else { 0.0 };
        let mean = |(sum, count): (f32, f32)| if count > 0.0 { sum / count } else { overall };
        Self { block, across, down, values: sums.into_iter().map(mean).collect() }
    }

    /// The field averaged over squares of `2 * reach + 1` blocks a side, cut at the border.
    pub(crate) fn smoothed(&self, reach: usize) -> Self {
        let (width, height) = (self.across, self.down);
        let mut sums = vec![0f64; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0.0;
            for x in 0..width {
                row += f64::from(self.values[y * width + x]);
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
            }
        }
        let mut values = Vec::with_capacity(self.values.len());
        for y in 0..height {
            let (y0, y1) = (y.saturating_sub(reach), (y + reach + 1).min(height));
            for x in 0..width {
                let (x0, x1) = (x.saturating_sub(reach), (x + reach + 1).min(width));
                let at = |x: usize, y: usize| sums[y * (width + 1) + x];
                let sum = at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0);
                values.push((sum / ((x1 - x0) * (y1 - y0)) as f64) as f32);
            }
        }
        Self { values, ..*self }
    }

    /// The field of `f` of this field's values and those of `other`, a field of the same size.
    pub(crate) fn combined(&self, other: &Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let values = self.values.iter().zip(&other.values).map(|(a, b)| f(*a, *b)).collect();
        Self { values, ..*self }
    }

    /// The block values, row after row.
    pub(crate) fn blocks(&self) -> &[f32] {
        &self.values
    }

    /// The value of the block that holds the place (`x`, `y`).
    pub(crate) fn at(&self, x: usize, y: usize) -> f32 {
        let (column, row) =
            ((x / self.block).min(self.across - 1), (y / self.block).min(self.down - 1));
        self.values[row * self.across + column]
    }

    /// Row `y` of the raster, bilinear between block centres.
    pub(crate) fn row(&self, y: usize, line: &mut [f32]) {
        let block = self.block;
        // Where row y lies between the centres of two rows of blocks.
        let down = (y + block / 2) / block;
        let (top, bottom) = (down.saturating_sub(1).min(self.down - 1), down.min(self.down - 1));
        let offset = (2 * y + 1 + block) % (2 * block);
        let fy = offset as f32 / (2 * block) as f32;
        let (top, bottom) =
            (&self.values[top * self.across..], &self.values[bottom * self.across..]);
        let value = |column: usize| top[column] + fy * (bottom[column] - top[column]);
        // Segments from one block centre to the next; the first and the last are flat.
        let (first, rest) = line.split_at_mut((block / 2).min(line.len()));
        first.fill(value(0));
        let half = if block.is_multiple_of(2) { 0.5 } else { 0.0 };
        let ramp: Vec<f32> = (0..block).map(|x| (x as f32 + half) / block as f32).collect();
        for (column, segment) in rest.chunks_mut(block).enumerate() {
            let start = value(column.min(self.across - 1));
            let step = value((column + 1).min(self.across - 1)) - start;
            for (place, ramp) in segment.iter_mut().zip(&ramp) {
                *place = start + step * ramp;
            }
        }
    }
}

fn add_weighted(sums: &mut [f32], values: &[f32], weights: &[f32]) {
    for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
        *sum += value * weight;
    }
}

fn add(sums: &mut [f32], values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The field of a function of the position in scan order.
    fn field(size: (usize, usize), block: usize, f: impl Fn(usize) -> f32) -> Field {
        Field::means(size, block, None, |y, line| {
            line.iter_mut().enumerate().for_each(|(x, place)| *place = f(y * size.0 + x));
        })
    }

    #[test]
    fn a_ramp_comes_back_as_a_ramp() {
        let ramp = field((64, 32), 8, |i| (i % 64) as f32);
        let mut line = vec![0.0; 64];
        ramp.row(13, &mut line);
        for (x, value) in line.iter().enumerate().skip(4).take(56) {
            assert!((value - x as f32).abs() < 1e-3, "{x}: {value}");
        }
    }

    #[test]
    fn places_without_weight_do_not_count() {
        let weights: Vec<f32> = (0..64).map(|i| if i % 8 < 4 { 1.0 } else { 0.0 }).collect();
        let field = Field::means((8, 8), 4, Some(&weights), |_, line| {
            line.copy_from_slice(&[2.0, 2.0, 2.0, 2.0, 99.0, 99.0, 99.0, 99.0]);
        });
        assert_eq!(field.blocks(), [2.0; 4]);
    }

    #[test]
    fn smoothing_keeps_a_constant_and_averages_a_peak() {
        let peak = field((5, 5), 1, |i| if i == 12 { 25.0 } else { 0.0 }).smoothed(1);
        assert_eq!(peak.at(2, 2), 25.0 / 9.0);
        let flat = field((50, 40), 4, |_| 3.0).smoothed(3);
        assert!(flat.blocks().iter().all(|v| (v - 3.0).abs() < 1e-6));
    }
}
