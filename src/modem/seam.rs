//! Where a picture changes from one frame to the next.
//!
//! A camera exposes its rows one after the other, each for a while: up to a line across the picture
//! all of it shows the one frame, from a second line on the other, and between them both, more and
//! more of the second. Which way the lines run depends on how screen and camera are held.

use serde::{Deserialize, Serialize};

/// The share of the first frame in a tile: 1 before a band across the frame, 0 behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seam {
    /// How fast the share falls, a column and a row.
    slope: [f32; 2],
    /// The share at the first tile, if nothing bounded it.
    start: f32,
}

/// A tile that is the same in all frames, and how much larger it looks than what is around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    pub(super) column: f32,
    pub(super) row: f32,
    pub(super) size: f32,
}

/// A seam as it is looked for: which way it runs, where its middle is and how wide it is, in shares
/// of the frame's longer side.
#[derive(Clone, Copy, Debug)]
struct Guess {
    angle: f32,
    middle: f32,
    width: f32,
}

/// Directions that are tried, in degrees from that of rows: all in which the frame's first corner, where
/// the one header is, comes before the last one, where the other is.
const ANGLES: std::ops::RangeInclusive<i32> = -30..=120;
const ANGLE_STEP: usize = 15;
/// Places of the middle, from the frame's centre.
const MIDDLES: std::ops::RangeInclusive<i32> = -12..=12;
const MIDDLE_STEP: f32 = 0.05;
/// Share of a frame at the copy of its header that was read, at least.
const LEAST_SHARE: f32 = 0.25;
const WIDTHS: [f32; 6] = [0.02, 0.08, 0.16, 0.32, 0.6, 1.0];
/// Rounds in which the best guess is made finer, each with half the steps of the one before.
const ROUNDS: usize = 5;

impl Seam {
    /// A seam that crosses a frame of `columns` x `rows` tiles at `angle`.
    fn new(guess: Guess, columns: usize, rows: usize) -> Self {
        let side = columns.max(rows) as f32;
        let (sine, cosine) = f64::from(guess.angle).to_radians().sin_cos();
        let (sine, cosine) = (sine as f32, cosine as f32);
        let width = guess.width.max(1.0 / side);
        let slope = [cosine, sine].map(|part| part / (width * side));
        let centre = [columns, rows].map(|count| count as f32 / 2.0);
        let to_centre = slope[0] * centre[0] + slope[1] * centre[1];
        Self { slope, start: 0.5 + guess.middle / width + to_centre }
    }

    /// The seam of which it is likeliest that pilots look as they do. They are the same in both frames,
    /// data are not: where both are seen, data have less contrast, and pilots stand out.
    /// `header` is the middle of the first copy of the header; the second one is across from it.
    pub(super) fn find(
        observed: &[Observation],
        (columns, rows): (usize, usize),
        header: [f32; 2],
    ) -> Self {
        let mut best = Guess { angle: 90.0, middle: 0.0, width: 0.3 };
        let mut most = f32::NEG_INFINITY;
        let mut try_guess = |guess: Guess, best: &mut Guess| {
            let seam = Self::new(guess, columns, rows);
            let [x, y] = header;
            // Each header was read where there is enough of its frame.
            let [first, last] = [(x, y), (columns as f32 - x, rows as f32 - y)];
            let parts = seam.share(first.0, first.1) > LEAST_SHARE
                && seam.share(last.0, last.1) < 1.0 - LEAST_SHARE;
            let gain = if parts { seam.gain(observed) } else { f32::NEG_INFINITY };
            if gain > most {
                (most, *best) = (gain, guess);
            }
        };
        for angle in ANGLES.step_by(ANGLE_STEP).map(|angle| angle as f32) {
            for (middle, width) in MIDDLES.flat_map(|m| WIDTHS.map(|w| (m, w))) {
                let guess = Guess { angle, middle: middle as f32 * MIDDLE_STEP, width };
                try_guess(guess, &mut best);
            }
        }
        let mut step = 0.5;
        for _ in 0..ROUNDS {
            let from = best;
            for (a, m, w) in neighbours() {
                let guess = Guess {
                    angle: from.angle + a * step * ANGLE_STEP as f32,
                    middle: from.middle + m * step * MIDDLE_STEP,
                    width: from.width * (1.0 + 0.6 * w * step),
                };
                try_guess(guess, &mut best);
            }
            step /= 2.0;
        }
        Self::new(best, columns, rows)
    }

    /// The share of the first frame at a tile.
    pub(super) fn share(&self, column: f32, row: f32) -> f32 {
        (self.start - self.slope[0] * column - self.slope[1] * row).clamp(0.0, 1.0)
    }

    /// How much of what is observed this seam explains, whatever the size of a tile that is not mixed.
    fn gain(&self, observed: &[Observation]) -> f32 {
        let (mut seen, mut power) = (0.0, 1e-6);
        for one in observed {
            let boost = boost(self.share(one.column, one.row));
            seen += one.size * boost.sqrt();
            power += boost;
        }
        seen * seen.abs() / power
    }
}

/// By how much more power a tile that is the same in both frames has than data, of which this share is
/// one frame's.
pub(super) fn boost(share: f32) -> f32 {
    1.0 / (1.0 - 2.0 * share * (1.0 - share))
}

/// All steps by one, up or down, of three numbers.
fn neighbours() -> impl Iterator<Item = (f32, f32, f32)> {
    let steps = [-1.0, 0.0, 1.0];
    steps.into_iter().flat_map(move |a| {
        steps.into_iter().flat_map(move |m| steps.into_iter().map(move |w| (a, m, w)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prng::SplitMix64;

    const SIZE: (usize, usize) = (340, 260);

    /// Pilots of a picture with this seam, as large as they look, with noise.
    fn observed(seam: &Seam, noise: f32) -> Vec<Observation> {
        let mut prng = SplitMix64::new(3);
        let mut uniform = move || (prng.next_u64() >> 40) as f32 / (1 << 24) as f32 - 0.5;
        let places =
            (4..SIZE.1).step_by(9).flat_map(|row| (4..SIZE.0).step_by(9).map(move |c| (c, row)));
        let of_place = |(column, row): (usize, usize)| {
            let (column, row) = (column as f32, row as f32);
            let noise = noise * 12f32.sqrt() * uniform();
            Observation { column, row, size: boost(seam.share(column, row)).sqrt() + noise }
        };
        places.map(of_place).collect()
    }

    #[test]
    fn seams_are_found_whichever_way_they_run() {
        for (angle, middle, width) in [
            (90.0, 0.1, 0.3),
            (90.0, -0.3, 0.1),
            (0.0, 0.0, 0.4),
            (60.0, 0.2, 0.3),
            (110.0, 0.0, 0.8),
        ] {
            let seam = Seam::new(Guess { angle, middle, width }, SIZE.0, SIZE.1);
            let found = Seam::find(&observed(&seam, 0.5), SIZE, [45.0, 8.0]);
            let error = |(x, y): (usize, usize)| {
                let (x, y) = (x as f32, y as f32);
                (found.share(x, y) - seam.share(x, y)).abs()
            };
            let places = (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x, y)));
            let mean = places.map(error).sum::<f32>() / (SIZE.0 * SIZE.1) as f32;
            assert!(mean < 0.05, "{angle} degrees, {middle}, {width}: {mean} off, {found:?}");
        }
    }
}
