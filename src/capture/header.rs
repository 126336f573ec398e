//! The header of a frame that may be at a hypothesis: soft values of its two copies, for the scales at
//! which they look like one.

use crate::dsp::sort_by_number;
use crate::frame::{HeaderPlace, Hypothesis, Palette};
use crate::ldpc::Decoder;
use crate::modem::{FrameHeader, HeaderError, SoftHeader};
use crate::raster::{Picture, Point};

/// Share of the variance of the known cells that must be explained.
const MIN_FIT: f32 = 0.55;
/// The same where the scale is right to two steps alone: there finer ones are tried.
const MIN_COARSE_FIT: f32 = 0.35;
/// Steps of the scale, from one to the next that is tried first, and to either end: up to 10 % off,
/// in steps that move the far end of the header by an eighth of a cell.
const COARSE: usize = 4;
const STEPS: i32 = 20;
const STEP: f64 = 0.005;
/// By how many cells a cell curved paper bends a header at most, and steps: by half a cell at its far
/// end. As near a book's binding, where a page takes 45 degrees of its cylinder.
const BENDS: i32 = 4;
const BEND: f64 = 0.03;
/// Shares of a known header that are taken out of cells in which another one may be: of more than the
/// last, or less than the first, one of both is read as it is.
const SHARES: [f32; 5] = [0.5, 0.4, 0.6, 0.3, 0.7];
/// Scales that are tried in full.
const TRIES: usize = 3;

/// A header, and how large its cells are in the square of finder centres.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenHeader {
    pub(super) header: FrameHeader,
    pub(super) unit: Point,
}

/// One copy of a header at one scale.
struct SoftCopy {
    unit: Point,
    soft: SoftHeader,
}

impl SoftCopy {
    fn decode(&self, decoder: &mut Decoder) -> Option<Result<SeenHeader, HeaderError>> {
        let seen = |header| SeenHeader { header, unit: self.unit };
        Some(self.soft.decode(decoder)?.map(seen))
    }

    fn with(&self, other: &Self) -> Self {
        let mut soft = self.soft.clone();
        soft.add(&other.soft);
        Self { soft, ..*self }
    }
}

/// The header in one of these palettes, from either copy or from both together; `None` if there is
/// none.
pub(super) fn read_header(
    picture: &Picture,
    hypothesis: &Hypothesis,
    palettes: &[Palette],
    decoder: &mut Decoder,
) -> Option<Result<SeenHeader, HeaderError>> {
    let mut first: Vec<Option<SoftCopy>> = palettes.iter().map(|_| None).collect();
    for turned in [false, true] {
        for (palette, first) in palettes.iter().zip(&mut first) {
            for copy in soft_copies(picture, hypothesis, turned, *palette) {
                if let Some(header) = copy.decode(decoder) {
                    return Some(header);
                }
                if turned
                    && let Some(other) = &first
                    && let Some(header) = copy.with(other).decode(decoder)
                {
                    return Some(header);
                }
                first.get_or_insert(copy);
            }
        }
    }
    None
}

/// The header of a frame on curved paper, from either copy.
pub(super) fn read_bent_header(
    picture: &Picture,
    hypothesis: &Hypothesis,
    palettes: &[Palette],
    decoder: &mut Decoder,
) -> Option<Result<SeenHeader, HeaderError>> {
    let copies = [false, true].into_iter().flat_map(|turned| {
        palettes.iter().filter_map(move |palette| {
            Some((turned, *palette, best_bend(picture, hypothesis, turned, *palette)?))
        })
    });
    copies.into_iter().find_map(|(_, palette, place)| {
        let soft = SoftHeader::from_samples(&place.samples(picture, palette), palette);
        SoftCopy { unit: place.unit(), soft }.decode(decoder)
    })
}

/// The place of a copy, bent and scaled, at which its known cells look right most.
fn best_bend(
    picture: &Picture,
    hypothesis: &Hypothesis,
    turned: bool,
    palette: Palette,
) -> Option<HeaderPlace> {
    let estimate = hypothesis.unit_estimate(picture, turned)?;
    let fit = |bend: Point, x: i32| {
        let unit = Point::new(estimate.x * (1.0 + f64::from(x) * STEP), estimate.y);
        let place = hypothesis.header(unit, turned)?.bent(bend);
        Some((SoftHeader::fit(palette, |x, y| place.centre(picture, x, y)), place))
    };
    let bends = (-BENDS..=BENDS).map(|step| f64::from(step) * BEND);
    let bends = bends.flat_map(|bend| [Point::new(0.0, bend), Point::new(bend, 0.0)]);
    let coarse = bends.flat_map(|bend| {
        (-STEPS..=STEPS).step_by(COARSE).filter_map(move |x| Some((fit(bend, x)?.0, bend, x)))
    });
    let (_, bend, x) = coarse.max_by(|a, b| a.0.total_cmp(&b.0))?;
    // Finer steps around it.
    let half = COARSE as i32 / 2;
    let finer = [-0.5, 0.0, 0.5].into_iter().flat_map(|aside| {
        let beside = |value: f64| if value == 0.0 { 0.0 } else { value + aside * BEND };
        let bend = Point::new(beside(bend.x), beside(bend.y));
        (x - half..=x + half).filter_map(move |x| fit(bend, x))
    });
    let (fit, place) = finer.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (fit > MIN_FIT).then_some(place)
}

/// The header if both of its copies can be read and say the same: then the picture shows one
/// frame, and not parts of two.
pub(super) fn shown_alone(
    picture: &Picture,
    hypothesis: &Hypothesis,
    decoder: &mut Decoder,
) -> Option<FrameHeader> {
    let first = read_copy(picture, hypothesis, false, decoder)?;
    (read_copy(picture, hypothesis, true, decoder)? == first).then_some(first)
}

/// What each copy of the header says by itself: two frames, if the picture shows parts of both.
pub(super) fn both_headers(
    picture: &Picture,
    hypothesis: &Hypothesis,
    decoder: &mut Decoder,
) -> [Option<FrameHeader>; 2] {
    let copies = [false, true].map(|turned| read_copy(picture, hypothesis, turned, decoder));
    match copies {
        [Some(first), None] => {
            [Some(first), read_beside(&first, picture, hypothesis, true, decoder)]
        }
        [None, Some(last)] => [read_beside(&last, picture, hypothesis, false, decoder), Some(last)],
        _ => copies,
    }
}

/// One copy of a header where the cells may show a known header, too.
fn read_beside(
    known: &FrameHeader,
    picture: &Picture,
    hypothesis: &Hypothesis,
    turned: bool,
    decoder: &mut Decoder,
) -> Option<FrameHeader> {
    let copies = soft_copies(picture, hypothesis, turned, known.format.geometry.palette);
    let copy = copies.first()?;
    SHARES.into_iter().find_map(|share| {
        let other = copy.soft.without(known, share).decode(decoder)?.ok()?;
        (other != *known).then_some(other)
    })
}

/// One copy of the header by itself.
fn read_copy(
    picture: &Picture,
    hypothesis: &Hypothesis,
    turned: bool,
    decoder: &mut Decoder,
) -> Option<FrameHeader> {
    Palette::ALL.into_iter().find_map(|palette| {
        let copies = soft_copies(picture, hypothesis, turned, palette);
        copies.iter().find_map(|copy| copy.soft.decode(decoder)?.ok())
    })
}

/// Soft headers of one copy, for the scales at which its known cells look right.
fn soft_copies(
    picture: &Picture,
    hypothesis: &Hypothesis,
    turned: bool,
    palette: Palette,
) -> Vec<SoftCopy> {
    let Some(estimate) = hypothesis.unit_estimate(picture, turned) else { return Vec::new() };
    let mut fits = Vec::new();
    for y in [0.0, -0.05, 0.05] {
        let fit = |x: i32| {
            let x = estimate.x * (1.0 + f64::from(x) * STEP);
            let place = hypothesis.header(Point::new(x, estimate.y * (1.0 + y)), turned)?;
            let fit = SoftHeader::fit(palette, |x, y| place.centre(picture, x, y));
            Some((fit, place))
        };
        let coarse = (-STEPS..=STEPS).step_by(COARSE);
        let near = coarse.filter(|x| fit(*x).is_some_and(|(fit, _)| fit > MIN_COARSE_FIT));
        let half = COARSE as i32 / 2;
        let mut fine: Vec<i32> = near.flat_map(|x| x - half..=x + half).collect();
        fine.dedup();
        fits.extend(fine.into_iter().filter_map(fit).filter(|(fit, _)| *fit > MIN_FIT));
    }
    sort_by_number(&mut fits, |(fit, _)| (-fit).into());
    let tried = fits.into_iter().take(TRIES);
    tried
        .map(|(_, place)| {
            let soft = SoftHeader::from_samples(&place.samples(picture, palette), palette);
            SoftCopy { unit: place.unit(), soft }
        })
        .collect()
}
