//! Where the frame is in a picture, and what its header says.
//!
//! Finder candidates give ranked hypotheses; each is held against the picture, first for a header
//! that can be read, then for the alignment marks that this header promises; or, without a header,
//! for the cells of libcimbar's frames. What was turned down is counted by its reason.

use super::diagnose::{MIN_BRIGHTNESS, brightest};
use super::exact::exact_frame;
use super::header::read_header;
use super::tables::{ReadTables, Tools};
use crate::cimbar;
use crate::frame::{
    Finder, FinderKind, Hypothesis, Mesh, MeshQuality, Neighbourhood, find_finders, hypotheses,
};
use crate::modem::{FrameHeader, HeaderError};
use crate::raster::{Picture, Point};
use crate::reading::Outcome;
use std::sync::Arc;

/// Finders are searched in pictures reduced to at most this many pixels a side first: a module of
/// the smallest finder that a camera can resolve still has two of them. Then in larger ones.
pub const SEARCH_SIDE: usize = 800;
/// With this share of the alignment marks in place a hypothesis is taken.
const ENOUGH_MARKS: f64 = 0.6;
/// Hypotheses that are tried after the first one with a readable header but without its marks.
const FURTHER_HYPOTHESES: usize = 60;

/// Our own header is looked for in this many hypotheses before anybody else's frame is.
const OWN_TURN: usize = 2;
/// Hypotheses of one search at most in which libcimbar's cells are looked for.
const CIMBAR_HYPOTHESES: usize = 48;

/// What has been found in a picture.
pub(super) enum Found {
    Own(Box<Located>),
    Cimbar(cimbar::Reading),
}

/// One of our frames that has been found in a picture.
pub(super) struct Located {
    pub(super) hypothesis: Hypothesis,
    pub(super) header: FrameHeader,
    pub(super) tables: Arc<ReadTables>,
    pub(super) mesh: Mesh,
    /// LLRs of an undistorted frame.
    pub(super) exact: Option<Vec<f32>>,
    /// `None` if the mesh has not been bent to the marks.
    pub(super) marks: Option<MeshQuality>,
}

impl Located {
    /// Lays the mesh for a header and its hypothesis; `None` if the header promises what no frame
    /// can hold, or the frame is seen from the side.
    fn new(
        picture: &Picture,
        hypothesis: &Hypothesis,
        header: FrameHeader,
        tools: &mut Tools,
    ) -> Option<Self> {
        let tables = tools.tables(header.format)?;
        let layout = &tables.frame.layout;
        // A corner that was guessed may be off; that of an undistorted frame is not.
        let (hypothesis, exact) = match exact_frame(picture, hypothesis, layout) {
            Some((exact, llrs)) => (exact, Some(llrs)),
            None => (*hypothesis, None),
        };
        let mut mesh = Mesh::from_hypothesis(header.format.geometry, &hypothesis)?;
        // An undistorted frame has proved itself by its pilots and needs no mesh.
        let marks = match exact {
            Some(_) => None,
            None => Some(mesh.follow_marks(picture, layout, hypothesis.trusted())),
        };
        Some(Self { hypothesis, header, tables, mesh, exact, marks })
    }

    /// Share of the alignment marks that were found; 1 for an undistorted frame.
    fn marks_share(&self) -> f64 {
        self.marks.map_or(1.0, |marks| marks.share())
    }
}

/// What the hypotheses of one search gave so far.
#[derive(Default)]
struct Candidates {
    /// The one with most of its alignment marks in place.
    best: Option<Box<Located>>,
    /// Hypotheses that may still be tried once there is a best one.
    left: usize,
    rejected: Rejected,
}

/// Why hypotheses were turned down, and how many for each reason.
#[derive(Clone, Copy, Debug, Default)]
struct Rejected {
    /// No header where it should be.
    headerless: usize,
    /// A header that no frame at this place can have.
    misfits: usize,
}

impl Candidates {
    /// Whether a frame was found that is surely one.
    fn is_sure(&self) -> bool {
        self.best.as_ref().is_some_and(|best| best.marks_share() >= ENOUGH_MARKS)
    }

    /// Tries hypotheses until one has a readable header and its alignment marks where they should
    /// be. A header alone proves little: three right corners and a wrong one can show it.
    fn try_own(
        &mut self,
        picture: &Picture,
        hypotheses: &[Hypothesis],
        tools: &mut Tools,
    ) -> Result<(), HeaderError> {
        for hypothesis in hypotheses {
            if self.is_sure() || (self.best.is_some() && self.left == 0) {
                break;
            }
            self.left = self.left.saturating_sub(1);
            let Some(header) = read_header(picture, hypothesis, &mut tools.decoder) else {
                self.rejected.headerless += 1;
                continue;
            };
            let Some(located) = Located::new(picture, hypothesis, header?, tools) else {
                self.rejected.misfits += 1;
                continue;
            };
            let share = located.marks_share();
            if self.best.as_ref().is_none_or(|best| best.marks_share() < share) {
                if self.best.is_none() {
                    self.left = FURTHER_HYPOTHESES;
                }
                self.best = Some(Box::new(located));
            }
        }
        Ok(())
    }

    /// Asks the symbologies in turn what the hypotheses show.
    fn ask(
        &mut self,
        picture: &Picture,
        all: &[Hypothesis],
        tools: &mut Tools,
    ) -> Result<Option<cimbar::Reading>, HeaderError> {
        let (likeliest, others) = all.split_at(all.len().min(OWN_TURN));
        self.try_own(picture, likeliest, tools)?;
        if self.best.is_none() {
            let all = &all[..all.len().min(CIMBAR_HYPOTHESES)];
            let reading = cimbar::read_frame(picture, all, &tools.codings);
            if reading.is_some() {
                return Ok(reading);
            }
        }
        self.try_own(picture, others, tools)?;
        Ok(None)
    }
}

/// The frame in a picture; or why there is none.
pub(super) fn find(picture: &Picture, tools: &mut Tools) -> Result<Found, Outcome> {
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
            let mut candidates = Candidates { rejected, ..Candidates::default() };
            let asked = candidates.ask(picture, &hypotheses(&finders), tools);
            if let Some(reading) = asked.map_err(Outcome::Header)? {
                return Ok(Found::Cimbar(reading));
            }
            let sure = candidates.is_sure();
            rejected = candidates.rejected;
            match candidates.best {
                Some(located) if sure => return Ok(Found::Own(located)),
                // Seen larger, the corners may lie better.
                Some(located) => {
                    let share = doubtful.as_ref().map_or(-1.0, |best| best.marks_share());
                    doubtful = if share < located.marks_share() { Some(located) } else { doubtful };
                }
                None => {}
            }
        }
    }
    let failure = || failure(brightest(picture), most, rejected);
    doubtful.map(Found::Own).ok_or_else(failure)
}

/// Our frame at a hypothesis that the picture before suggests; `None` if it must be searched.
pub(super) fn find_at(
    picture: &Picture,
    hypothesis: &Hypothesis,
    tools: &mut Tools,
) -> Option<Box<Located>> {
    let header = read_header(picture, hypothesis, &mut tools.decoder)?.ok()?;
    let located = Located::new(picture, hypothesis, header, tools)?;
    (located.marks_share() >= ENOUGH_MARKS).then(|| Box::new(located))
}

/// Why no hypothesis was taken.
fn failure(brightest: u8, finders: usize, rejected: Rejected) -> Outcome {
    let Rejected { headerless, misfits } = rejected;
    let arrangements = headerless + misfits;
    match (finders, arrangements) {
        _ if brightest < MIN_BRIGHTNESS => Outcome::TooDark { brightest },
        (0, _) => Outcome::NoFinder,
        (_, 0) => Outcome::NoFrame { finders },
        _ if misfits > 0 => Outcome::DoesNotFit { finders, arrangements, misfits },
        _ => Outcome::NoHeader { finders, arrangements },
    }
}

/// The four finders near the places that they had in the picture before.
pub(super) fn follow_finders(picture: &Picture, last: &Hypothesis) -> Option<Hypothesis> {
    /// How far a finder's window reaches, in its radii: the finder, what surrounds it, and what a
    /// hand moves from one picture to the next.
    const REACH: f64 = 3.0;
    /// A window is reduced until a finder's module has this many pixels, twice that at most: in
    /// windows all finders with modules of 4 to 14 pixels are found, with 3 not all, with 2 hardly
    /// any secondary one. Seen from the side, modules are narrower than their mean.
    const MODULE: f64 = 5.0;
    /// By how much a finder's size may differ from the picture before, a thirtieth of a second ago.
    const SAME_SIZE: std::ops::Range<f64> = 0.8..1.25;
    // A corner that was guessed may be seen now, from nearby: its finder is looked for as well.
    let mut next = Hypothesis { guessed: None, ..*last };
    for (corner, (centre, radius)) in next.corners.iter_mut().zip(&mut next.radii).enumerate() {
        let kind = FinderKind::at(corner);
        let reach = Point::new(REACH * *radius, REACH * *radius);
        let (window, origin) = picture.window(*centre - reach, *centre + reach)?;
        let factor = ((last.module(corner) / MODULE) as usize).max(1);
        let found = find_finders(&window.grey(factor), Neighbourhood::Wide);
        let scale = factor as f64;
        let finder = found.iter().find(|finder| {
            let ratio = finder.radius * scale / *radius;
            finder.kind == kind && SAME_SIZE.contains(&ratio)
        })?;
        (*centre, *radius) = (origin + finder.centre * scale, finder.radius * scale);
    }
    Some(next)
}

/// By how much a picture is reduced before finders are searched in it.
fn search_factor(picture: &Picture) -> usize {
    picture.width().max(picture.height()).div_ceil(SEARCH_SIDE).max(1)
}
