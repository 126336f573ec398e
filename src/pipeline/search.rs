//! Where the frame is in a picture, and what its header says.
//!
//! Finder candidates give ranked hypotheses; each is held against the picture, first for a header
//! that can be read, then for the alignment marks that this header promises; or, without a header,
//! for the cells of libcimbar's frames. Every one that is turned down leaves a reason.

use super::diagnose::{MIN_BRIGHTNESS, brightest};
use super::format::{Format, Formats};
use super::repeats::ReadBefore;
use crate::cimbar;
use crate::frame::{
    Finder, FinderKind, Hypothesis, Mesh, MeshQuality, Neighbourhood, find_finders, hypotheses,
};
use crate::ldpc::Decoder;
use crate::modem::{FrameHeader, HeaderError, SoftHeader, exact_llrs};
use crate::raster::{Picture, Point};
use std::sync::Arc;

/// Finders are searched in pictures reduced to at most this many pixels a side first: a module of
/// the smallest finder that a camera can resolve still has two of them. Then in larger ones.
const SEARCH_SIDE: usize = 800;
/// With this share of the alignment marks in place a hypothesis is taken.
const ENOUGH_MARKS: f64 = 0.6;
/// Hypotheses that are tried after the first one with a readable header but without its marks.
const FURTHER_HYPOTHESES: usize = 60;

/// Our own header is looked for in this many hypotheses before anybody else's frame is.
const CIMBAR_TURN: usize = 2;
/// Hypotheses of one search at most in which libcimbar's cells are looked for.
const CIMBAR_HYPOTHESES: usize = 48;

/// What has been found in a picture.
pub(super) enum Found {
    Own(Box<Located>),
    Cimbar(cimbar::Reading),
}

/// What has been found where a frame was before.
pub(super) enum Followed {
    /// A frame that need not be read again.
    Repeat(Hypothesis, FrameHeader),
    Located(Box<Located>),
}

/// One of our frames that has been found in a picture.
pub(super) struct Located {
    pub(super) hypothesis: Hypothesis,
    pub(super) header: FrameHeader,
    pub(super) format: Arc<Format>,
    pub(super) mesh: Mesh,
    /// LLRs of an undistorted frame.
    pub(super) exact: Option<Vec<f32>>,
    /// `None` if the mesh has not been bent to the marks.
    pub(super) marks: Option<MeshQuality>,
}

impl Located {
    /// Share of the alignment marks that were found; 1 for an undistorted frame.
    fn marks_share(&self) -> f64 {
        self.marks.map_or(1.0, |marks| marks.share())
    }
}

/// Why hypotheses were turned down, and how many for each reason.
#[derive(Clone, Copy, Debug, Default)]
struct Rejected {
    /// No header where it should be.
    headerless: usize,
    /// A header that no frame at this place can have.
    impossible: usize,
}

impl Rejected {
    fn total(self) -> usize {
        self.headerless + self.impossible
    }
}

/// Everything that a search needs.
pub(super) struct Search<'a> {
    pub(super) picture: &'a Picture,
    pub(super) decoder: &'a mut Decoder,
    pub(super) formats: &'a mut Formats,
    pub(super) codings: &'a cimbar::Codings,
}

impl Search<'_> {
    /// The frame in the picture; or why there is none.
    pub(super) fn run(&mut self) -> Result<Found, String> {
        let picture = self.picture;
        let factors =
            std::iter::successors(Some(search_factor(picture)), |f| (*f > 1).then_some(f / 2));
        let mut most = 0;
        let mut rejected = Rejected::default();
        let mut doubtful: Option<Box<Located>> = None;
        for factor in factors {
            let grey = picture.grey(factor);
            for neighbourhood in [Neighbourhood::Wide, Neighbourhood::Narrow] {
                let scale = factor as f64;
                let finders: Vec<Finder> = find_finders(&grey, neighbourhood)
                    .into_iter()
                    .map(|f| Finder { centre: f.centre * scale, radius: f.radius * scale, ..f })
                    .collect();
                most = most.max(finders.len());
                match self.best(&hypotheses(&finders), &mut rejected) {
                    None => {}
                    Some(Ok(Found::Own(located))) if located.marks_share() < ENOUGH_MARKS => {
                        // Seen larger, the corners may lie better.
                        let share = doubtful.as_ref().map_or(-1.0, |best| best.marks_share());
                        doubtful =
                            if share < located.marks_share() { Some(located) } else { doubtful };
                    }
                    Some(result) => return result,
                }
            }
        }
        match doubtful {
            Some(located) => Ok(Found::Own(located)),
            None => Err(failure(brightest(picture), most, rejected)),
        }
    }

    /// The first hypothesis whose header can be read and whose alignment marks are where they
    /// should be. A header alone proves little: three right corners and a wrong one can show it.
    fn best(
        &mut self,
        all: &[Hypothesis],
        rejected: &mut Rejected,
    ) -> Option<Result<Found, String>> {
        let mut best: Option<Located> = None;
        let mut left = all.len();
        for (rank, hypothesis) in all.iter().enumerate() {
            if left == 0 {
                break;
            }
            left -= 1;
            if rank == CIMBAR_TURN
                && best.is_none()
                && let Some(reading) = self.cimbar(all)
            {
                return Some(Ok(Found::Cimbar(reading)));
            }
            let header = match self.read_header(hypothesis) {
                None => {
                    rejected.headerless += 1;
                    continue;
                }
                Some(Err(error)) => return Some(Err(error.to_string())),
                Some(Ok(header)) => header,
            };
            let Some(located) = self.locate(hypothesis, header) else {
                rejected.impossible += 1;
                continue;
            };
            let share = located.marks_share();
            if best.as_ref().is_none_or(|best| best.marks_share() < share) {
                left = if best.is_none() { left.min(FURTHER_HYPOTHESES) } else { left };
                best = Some(located);
            }
            if share >= ENOUGH_MARKS {
                break;
            }
        }
        if all.len() <= CIMBAR_TURN && best.is_none() {
            return self.cimbar(all).map(|reading| Ok(Found::Cimbar(reading)));
        }
        best.map(|located| Ok(Found::Own(Box::new(located))))
    }

    /// The frame where it was in the picture before, or near there; `None` if it must be searched.
    pub(super) fn follow(
        &mut self,
        last: &Hypothesis,
        read_before: &ReadBefore,
    ) -> Option<Followed> {
        let hypothesis = follow_finders(self.picture, last)?;
        if let Some(header) = self.shown_alone(&hypothesis).filter(|h| read_before.contains(h)) {
            return Some(Followed::Repeat(hypothesis, header));
        }
        let header = self.read_header(&hypothesis)?.ok()?;
        let located = self.locate(&hypothesis, header)?;
        (located.marks_share() >= ENOUGH_MARKS).then(|| Followed::Located(Box::new(located)))
    }

    /// The header if both of its copies can be read and say the same: then the picture shows one
    /// frame, and not parts of two.
    pub(super) fn shown_alone(&mut self, hypothesis: &Hypothesis) -> Option<FrameHeader> {
        let first = self.read_copy(hypothesis, false)?;
        (self.read_copy(hypothesis, true)? == first).then_some(first)
    }

    /// Whether the copies of the header say that the picture shows parts of two frames.
    pub(super) fn shows_two(&mut self, hypothesis: &Hypothesis, header: &FrameHeader) -> bool {
        [false, true]
            .into_iter()
            .any(|turned| self.read_copy(hypothesis, turned).is_some_and(|copy| copy != *header))
    }

    /// One copy of the header by itself.
    fn read_copy(&mut self, hypothesis: &Hypothesis, turned: bool) -> Option<FrameHeader> {
        [1, 3].into_iter().find_map(|planes| {
            let copies = soft_headers(self.picture, hypothesis, turned, planes);
            copies.iter().find_map(|soft| soft.decode(self.decoder)?.ok())
        })
    }

    fn cimbar(&self, all: &[Hypothesis]) -> Option<cimbar::Reading> {
        let all = &all[..all.len().min(CIMBAR_HYPOTHESES)];
        cimbar::read_frame(self.picture, all, self.codings)
    }

    /// Lays the mesh for a header and its hypothesis; `None` if the header promises what no frame
    /// can hold, or the frame is seen from the side.
    fn locate(&mut self, hypothesis: &Hypothesis, header: FrameHeader) -> Option<Located> {
        let format = self.formats.get(&header)?;
        let mut mesh = Mesh::from_hypothesis(header.geometry, hypothesis)?;
        let exact = exact_frame(self.picture, hypothesis, &header, &format);
        // An undistorted frame has proved itself by its pilots and needs no mesh.
        let marks = match exact {
            Some(_) => None,
            None => Some(follow_marks(&mut mesh, self.picture, hypothesis, &format)),
        };
        Some(Located { hypothesis: *hypothesis, header, format, mesh, exact, marks })
    }

    fn read_header(&mut self, hypothesis: &Hypothesis) -> Option<Result<FrameHeader, HeaderError>> {
        let mut copies: [Vec<SoftHeader>; 2] = Default::default();
        for turned in [false, true] {
            for (slot, planes) in [1, 3].into_iter().enumerate() {
                for soft in soft_headers(self.picture, hypothesis, turned, planes) {
                    if let Some(header) = soft.decode(self.decoder) {
                        return Some(header);
                    }
                    if turned && let Some(other) = copies[slot].first() {
                        let mut both = soft.clone();
                        both.add(other);
                        if let Some(header) = both.decode(self.decoder) {
                            return Some(header);
                        }
                    }
                    copies[slot].push(soft);
                }
            }
        }
        None
    }
}

/// Why no hypothesis was taken.
fn failure(brightest: u8, finders: usize, rejected: Rejected) -> String {
    match (finders, rejected.total()) {
        _ if brightest < MIN_BRIGHTNESS => {
            format!("too dark: nothing is brighter than {brightest} of 255")
        }
        (0, _) => "no finder pattern".to_owned(),
        (_, 0) => format!("{finders} finder patterns found, but no four that are a frame"),
        (_, all) if rejected.impossible > 0 => format!(
            "{finders} finder patterns found, but no readable header; {} of {all} arrangements \
             had one that does not fit there",
            rejected.impossible
        ),
        (_, all) => format!(
            "{finders} finder patterns found, but no readable header in any of {all} arrangements"
        ),
    }
}

/// The four finders near the places that they had in the picture before.
fn follow_finders(picture: &Picture, last: &Hypothesis) -> Option<Hypothesis> {
    /// How far a finder's window reaches, in its radii: the finder, what surrounds it, and what a
    /// hand moves from one picture to the next.
    const REACH: f64 = 3.0;
    if last.guessed.is_some() {
        return None;
    }
    let factor = search_factor(picture);
    let mut next = *last;
    for (corner, (centre, radius)) in next.corners.iter_mut().zip(&mut next.radii).enumerate() {
        let kind = if corner == 2 { FinderKind::Secondary } else { FinderKind::Primary };
        let reach = Point::new(REACH * *radius, REACH * *radius);
        let (window, origin) = picture.window(*centre - reach, *centre + reach)?;
        let found = find_finders(&window.grey(factor), Neighbourhood::Wide);
        let scale = factor as f64;
        let finder = found.iter().find(|finder| {
            let ratio = finder.radius * scale / *radius;
            finder.kind == kind && (0.8..1.25).contains(&ratio)
        })?;
        (*centre, *radius) = (origin + finder.centre * scale, finder.radius * scale);
    }
    Some(next)
}

/// By how much a picture is reduced before finders are searched in it.
fn search_factor(picture: &Picture) -> usize {
    picture.width().max(picture.height()).div_ceil(SEARCH_SIDE).max(1)
}

/// Bends a mesh to the alignment marks, from the finders that were really seen.
pub(super) fn follow_marks(
    mesh: &mut Mesh,
    picture: &Picture,
    hypothesis: &Hypothesis,
    format: &Format,
) -> MeshQuality {
    let trusted = std::array::from_fn(|corner| hypothesis.guessed != Some(corner));
    mesh.follow_marks(picture, format.demodulator.layout(), trusted)
}

/// Soft headers of one copy, for the scales at which its known cells look right.
fn soft_headers(
    picture: &Picture,
    hypothesis: &Hypothesis,
    turned: bool,
    planes: usize,
) -> Vec<SoftHeader> {
    /// Share of the variance of the known cells that must be explained.
    const MIN_FIT: f32 = 0.55;
    /// Scales that are tried in full.
    const TRIES: usize = 3;
    let Some(estimate) = hypothesis.unit_estimate(picture, turned) else { return Vec::new() };
    let mut fits = Vec::new();
    for y in [0.0, -0.05, 0.05] {
        // Up to 10 % off, in steps that move the far end of the header by an eighth of a cell.
        for x in -20..=20 {
            let unit =
                Point::new(estimate.x * (1.0 + f64::from(x) * 0.005), estimate.y * (1.0 + y));
            let Some(place) = hypothesis.header(unit, turned) else { continue };
            let fit = SoftHeader::fit(planes, |x, y| place.centre(picture, x, y));
            if fit > MIN_FIT {
                fits.push((fit, place));
            }
        }
    }
    fits.sort_by(|a, b| b.0.total_cmp(&a.0));
    fits.iter()
        .take(TRIES)
        .map(|(_, place)| SoftHeader::from_samples(&place.samples(picture, planes), planes))
        .collect()
}

/// LLRs of an undistorted frame: as located, or with its corners moved to whole pixels.
fn exact_frame(
    picture: &Picture,
    hypothesis: &Hypothesis,
    header: &FrameHeader,
    format: &Format,
) -> Option<Vec<f32>> {
    let layout = format.demodulator.layout();
    let attempt = |hypothesis: &Hypothesis| {
        let mesh = Mesh::from_hypothesis(header.geometry, hypothesis)?;
        exact_llrs(layout, header.palette, &mesh.nearest(picture))
    };
    let snapped = snap(hypothesis, header)?;
    [0.0, 1.0, -1.0].into_iter().flat_map(|y| [0.0, 1.0, -1.0].map(|x| Point::new(x, y))).find_map(
        |shift| attempt(&Hypothesis { corners: snapped.corners.map(|c| c + shift), ..*hypothesis }),
    )
}

/// The hypothesis with its corners on whole pixels, if the frame is upright (or turned by a
/// multiple of 90 degrees) and at a whole-number scale.
fn snap(hypothesis: &Hypothesis, header: &FrameHeader) -> Option<Hypothesis> {
    let (width, height) = header.geometry.grid_size();
    let inset = 2 * header.geometry.finder_inset();
    let [top_left, top_right, _, bottom_left] = hypothesis.corners;
    let side = |to: Point, length: usize| {
        let vector = to - top_left;
        let scale = (vector.norm() / length as f64).round().max(1.0);
        let ideal = if vector.x.abs() > vector.y.abs() {
            Point::new(vector.x.signum(), 0.0)
        } else {
            Point::new(0.0, vector.y.signum())
        };
        let ideal = ideal * (scale * length as f64);
        // Finder centres are good to a pixel at least.
        (ideal.distance(vector) < 3.0).then_some(ideal)
    };
    let across = side(top_right, width - inset)?;
    let down = side(bottom_left, height - inset)?;
    let origin = Point::new(top_left.x.round(), top_left.y.round());
    let corners = [origin, origin + across, origin + across + down, origin + down];
    Some(Hypothesis { corners, ..*hypothesis })
}
