//! Whether there is colour where a frame may be: without it only frames in black and white can be
//! read, and those that are not need a word about it.

use crate::frame::{Hypothesis, Palette};
use crate::modem::SoftHeader;
use crate::raster::{IndexedFrame, Picture, Point};

/// Points that are looked at, a side.
const POINTS: usize = 8;
/// Largest deviation of a channel from a linear function of brightness, beside that of brightness, in
/// pictures without colour. Frames in colour, in the palest picture that can be read, have 0.2.
const MAX_COLOUR: f64 = 0.06;
/// Share of the variance of a header's known cells that their colours have to explain in a picture
/// without colour. Elsewhere a third is usual.
const MIN_GREY_FIT: f32 = 0.75;

/// Smallest such deviation in pictures of which black and white frames are no part; under mixed lamps
/// these have 0.3.
const MIN_COLOUR: f64 = 0.7;

/// The palettes that a frame at a hypothesis can have.
pub(super) fn possible_palettes(picture: &Picture, hypothesis: &Hypothesis) -> &'static [Palette] {
    let colour = colour_inside(picture, hypothesis);
    if colour <= MAX_COLOUR {
        &[Palette::BlackWhite]
    } else if colour >= MIN_COLOUR {
        &[Palette::Colour]
    } else {
        &Palette::ALL
    }
}

/// Whether the picture has no colour inside of a hypothesis: its channels all say the same.
pub(super) fn is_colourless(picture: &Picture, hypothesis: &Hypothesis) -> bool {
    colour_inside(picture, hypothesis) <= MAX_COLOUR
}

fn colour_inside(picture: &Picture, hypothesis: &Hypothesis) -> f64 {
    let [a, b, c, d] = hypothesis.corners;
    let share = |i: usize| (i as f64 + 0.5) / POINTS as f64;
    let mut sums = Sums::default();
    for (x, y) in (0..POINTS).flat_map(|y| (0..POINTS).map(move |x| (share(x), share(y)))) {
        let (top, bottom) = (a + (b - a) * x, d + (c - d) * x);
        let p = top + (bottom - top) * y;
        sums.add(picture.sample(p.x, p.y).map(f64::from));
    }
    sums.colour()
}

/// Moments of the samples.
#[derive(Default)]
struct Sums {
    count: f64,
    mean: [f64; 3],
    products: [[f64; 3]; 3],
}

impl Sums {
    fn add(&mut self, rgb: [f64; 3]) {
        self.count += 1.0;
        for (i, a) in rgb.into_iter().enumerate() {
            self.mean[i] += a;
            for (j, b) in rgb.into_iter().enumerate() {
                self.products[i][j] += a * b;
            }
        }
    }

    /// The largest deviation of a channel from a linear function of brightness, beside that of
    /// brightness; something in between where there is nothing.
    fn colour(&self) -> f64 {
        let n = self.count.max(1.0);
        let cov =
            |i: usize, j: usize| self.products[i][j] / n - self.mean[i] * self.mean[j] / n / n;
        // Brightness is the sum of the channels; what each has beside its share of it is colour.
        let with_sum = |i: usize| cov(i, 0) + cov(i, 1) + cov(i, 2);
        let total: f64 = (0..3).map(with_sum).sum();
        if total < 9.0 {
            return (MAX_COLOUR + MIN_COLOUR) / 2.0;
        }
        let beside = |i: usize| cov(i, i) - with_sum(i) * with_sum(i) / total;
        // Half a grey level is rounding.
        let most = (0..3).map(beside).fold(0.0, f64::max) - 0.25;
        (most.max(0.0) * 9.0 / total).sqrt()
    }
}

/// Whether both headers of a frame in colours are at a hypothesis, seen without colour: each by
/// itself, and both with one brightness for each colour. Of a guessed corner nobody would know it, and
/// where black and white frames lie beside each other, two of their headers may look like this.
pub(super) fn is_header_without_colour(picture: &Picture, hypothesis: &Hypothesis) -> bool {
    let copies = [false, true].map(|turned| best_greys(picture, hypothesis, turned));
    let fits = |known: &[(f32, u8)]| SoftHeader::grey_fit(known) > MIN_GREY_FIT;
    let both = copies.concat();
    let alone = copies.iter().all(|known| fits(known));
    hypothesis.guessed.is_none() && alone && fits(&both) && !fits(&black_and_white(&both))
}

/// Known cells as those that alternate in black and white headers: by the lowest bit of each.
fn black_and_white(known: &[(f32, u8)]) -> Vec<(f32, u8)> {
    known.iter().map(|(grey, symbol)| (*grey, (symbol & 1) * IndexedFrame::WHITE)).collect()
}

/// The known cells of one copy of a header, at the scale at which they look most like it.
fn best_greys(picture: &Picture, hypothesis: &Hypothesis, turned: bool) -> Vec<(f32, u8)> {
    let Some(estimate) = hypothesis.unit_estimate(picture, turned) else { return Vec::new() };
    let at_scale = |x: i32| {
        let x = estimate.x * (1.0 + f64::from(x) * 0.005);
        let place = hypothesis.header(Point::new(x, estimate.y), turned)?;
        let grey = |x, y| place.centre(picture, x, y).iter().sum::<f32>() / 3.0;
        let known = SoftHeader::known_greys(Palette::Colour, grey);
        Some((SoftHeader::grey_fit(&known), known))
    };
    let all = (-20..=20).step_by(2).filter_map(at_scale);
    all.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{FormatChoice, Profile};
    use crate::frame::{Finder, FinderSearch, Neighbourhood, hypotheses};
    use crate::send::{Outgoing, OwnTransfer};

    fn sums(tint: impl Fn(f64, f64) -> [f64; 3]) -> Sums {
        let mut sums = Sums::default();
        for i in 0..64 {
            sums.add(tint(f64::from(i % 8) * 30.0, f64::from(i / 8) * 30.0));
        }
        sums
    }

    #[test]
    fn tints_are_no_colour_and_pale_colours_are() {
        let colour = |tint: &dyn Fn(f64, f64) -> [f64; 3]| sums(tint).colour();
        assert!(colour(&|x, _| [x; 3]) <= MAX_COLOUR);
        assert!(colour(&|x, _| [x, 0.8 * x + 10.0, 0.5 * x + 7.0]) <= MAX_COLOUR);
        assert!(colour(&|x, _| [x, 0.0, 0.0]) <= MAX_COLOUR);
        let pale = colour(&|x, y| [100.0 + x, 100.0 + x + 0.2 * y, 100.0 + x]);
        assert!(pale > MAX_COLOUR && pale < MIN_COLOUR, "{pale}");
        assert!(colour(&|x, y| [x, y, (x * 7.0 + y * 3.0) % 255.0]) >= MIN_COLOUR);
        assert!(colour(&|_, _| [90.0; 3]) > MAX_COLOUR, "nothing is there at all");
    }

    #[test]
    fn headers_of_two_frames_in_black_and_white_are_not_one_in_colours() {
        let choice = FormatChoice::new(Profile::Print, (700, 600));
        let mut transfer = OwnTransfer::in_memory(&[1; 9000], None, &choice).unwrap();
        let mut frame = || transfer.frame(0).unwrap().unwrap().to_picture().unwrap();
        let (upper, lower) = (frame(), frame());
        let mut page = Picture::from_rgb(760, 1500, vec![240; 760 * 1500 * 3]).unwrap();
        for (frame, top) in [(upper, 30), (lower, 800)] {
            for (x, y) in (0..700).flat_map(|x| (0..600).map(move |y| (x, y))) {
                page.set_pixel(x + 30, y + top, frame.pixel(x, y).unwrap_or([255; 3]));
            }
        }
        let grey = page.grey(1);
        let finders = FinderSearch::new(&grey, Neighbourhood::Wide).finders(usize::MAX);
        // The lower ones of the upper frame and the upper ones of the lower.
        let between = |finder: &Finder| (400.0..1000.0).contains(&finder.centre.y);
        let four: Vec<Finder> = finders.into_iter().filter(between).take(4).collect();
        for hypothesis in hypotheses(&four) {
            assert!(!is_header_without_colour(&page, &hypothesis), "{hypothesis:?}");
        }
    }
}
