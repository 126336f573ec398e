//! Which frames are in a picture, where, and what their headers say.
//!
//! Finder candidates give ranked hypotheses; each is held against the picture, first for a header
//! that can be read, then for the alignment marks that this header promises; or, without a header,
//! for the cells of libcimbar's frames. What was turned down is noted with its reason. Where a frame
//! was found, no other is looked for; elsewhere only if there are finders for one. A picture without
//! a frame may be one in opposite brightness: finders of that kind are noted.
//!
//! Work without a result is bounded by numbers of trials, not by time: a picture full of finders is
//! given up as soon as any other.

use super::colour::{is_colourless, is_header_without_colour, possible_palettes};
use super::diagnose::{MIN_BRIGHTNESS, brightest};
use super::header::{SeenHeader, read_bent_header, read_header};
use super::located::Located;
use super::region::Region;
use super::sketch::{Sketch, Verdict};
use super::tables::Tools;
use crate::cimbar;
use crate::dsp::sort_by_number;
use crate::frame::{
    Finder, FinderSearch, Hypothesis, MAX_FINDERS, Neighbourhood, Palette, hypotheses,
};
use crate::raster::Picture;
use crate::reading::Outcome;

/// Finders are searched in pictures reduced to at most this many pixels a side first: a module of
/// the smallest finder that a camera can resolve still has two of them. Then in larger ones.
pub const SEARCH_SIDE: usize = 800;
/// Hypotheses that are tried after the first one with a readable header but without its marks, and in
/// each later pass: where finders are few, they are the same again.
const FURTHER_HYPOTHESES: usize = 40;
const LATER_HYPOTHESES: usize = 10;
/// Larger pictures than this are searched in one neighbourhood, and not in opposite brightness: small
/// modules in so many pixels are those of screenshots, which are evenly lit.
const MAX_CLOSE: usize = 2_500_000;
/// Larger ones are not searched at all: nobody shows a frame as small as that in so large a picture.
const MAX_SEARCHED: usize = 30_000_000;
/// Steps of finders' rays in all passes that find no frame: data tiles of real frames cost a tenth.
const MAX_STEPS: usize = 4_000_000;
/// Headers that are tried to be read in one pass, until one is, and after each that was. There are two
/// passes, the first of which sees most, for each size that a picture is searched in.
const HEADER_TRIALS: [usize; 2] = [60, 24];
const FURTHER_TRIALS: usize = 36;
const NEIGHBOURHOODS: [Neighbourhood; 2] = [Neighbourhood::Wide, Neighbourhood::Narrow];
/// The same for each way in which a picture may have been inverted.
const INVERTED_TRIALS: usize = 24;
const INVERTED_EFFORT: cimbar::Effort = cimbar::Effort { likenesses: 24, meshes: 2, frames: 1 };
/// And for pictures full of finders.
const FULL_EFFORT: cimbar::Effort = cimbar::Effort { likenesses: 48, meshes: 2, frames: 1 };
/// Hypotheses of one search in which libcimbar's cells are looked for.
const CIMBAR_HYPOTHESES: usize = 48;
/// Our own header is looked for in this many hypotheses before anybody else's frame is; in all of
/// them where there are many finders, as on a sheet with several frames.
const OWN_TURN: usize = 8;
const MANY_FINDERS: usize = 9;
/// Finders that can be a frame.
const ENOUGH_FINDERS: usize = 3;
/// Hypotheses in which a header on curved paper is looked for once there is nothing else, and of each
/// pass.
const BENT_TRIALS: usize = 12;
const BENT_OF_PASS: usize = 6;
/// Frames that cover less of the picture than this may have smaller ones beside them, whose finders
/// are only seen in a larger picture.
const SMALL_SHARE: f64 = 0.25;
/// Frames that are looked for in one picture.
const MAX_FRAMES: usize = 64;

/// A frame that has been found in a picture.
pub(super) enum Found {
    Own(Box<Located>),
    Cimbar(Box<cimbar::FrameRead>),
}

impl Found {
    pub(super) fn hypothesis(&self) -> &Hypothesis {
        match self {
            Self::Own(located) => &located.hypothesis,
            Self::Cimbar(frame) => &frame.hypothesis,
        }
    }
}

/// What a search gave.
pub(super) struct Seen {
    /// The frames, in reading order.
    pub(super) found: Vec<Found>,
    /// Why there is none, if there is none.
    pub(super) why: Outcome,
    /// What was looked at.
    pub(super) sketch: Sketch,
}

/// Why hypotheses were turned down, and how many for each reason.
#[derive(Clone, Copy, Debug, Default)]
struct Rejected {
    /// No header where it should be.
    headerless: usize,
    /// A header that no frame at this place can have.
    misfits: usize,
    /// Frames that can be seen but not read, whatever else is tried.
    hopeless: Option<Outcome>,
}

/// A search in one picture, or in the same one inverted.
struct Search<'a> {
    picture: &'a Picture,
    tools: &'a mut Tools,
    /// Headers that may still be tried in this pass.
    trials: usize,
    /// Steps of rays that may still be made without a frame.
    steps_left: usize,
    effort: cimbar::Effort,
    found: Vec<Found>,
    /// Where frames are, readable or not.
    taken: Vec<Region>,
    /// The frame with most of its alignment marks in place that has too few of them, and how many
    /// hypotheses may still be tried once there is one.
    doubtful: Option<Box<Located>>,
    left: usize,
    rejected: Rejected,
    /// The likeliest hypotheses of all passes.
    likeliest: Vec<Hypothesis>,
    sketch: Sketch,
}

/// The frames in a picture; or why there is none.
pub(super) fn search(picture: &Picture, tools: &mut Tools) -> Seen {
    let mut most = 0;
    let mut search = Search::new(picture, tools);
    let first = search_factor(picture);
    let factors = std::iter::successors(Some(first), |f| (*f > 1).then_some(f / 2));
    let pixels = picture.width() * picture.height();
    'levels: for factor in factors.take_while(|f| pixels / (f * f) <= MAX_SEARCHED) {
        let grey = picture.grey(factor);
        let is_close = grey.values.len() <= MAX_CLOSE;
        for (neighbourhood, trials) in NEIGHBOURHOODS.into_iter().zip(HEADER_TRIALS) {
            if neighbourhood == Neighbourhood::Narrow && !is_close {
                break;
            }
            let finders = FinderSearch::new(&grey, neighbourhood);
            let seen = scaled(finders.finders(search.steps()), factor);
            search.count_steps(finders.steps());
            most = most.max(seen.len());
            search.try_finders(&seen, trials);
            let others = search.outside(&seen).len() >= ENOUGH_FINDERS;
            if search.is_settled() && !others {
                let looks_closer = factor > 1 && search.covers_little();
                if looks_closer { continue 'levels } else { break 'levels }
            }
            // As many finders as are kept, and no frame among them: a picture of finders.
            if most == MAX_FINDERS && search.has_nothing() {
                break 'levels;
            }
            let turns = factor == first || neighbourhood == Neighbourhood::Wide;
            if is_close && turns && search.has_nothing() {
                let inverted = finders.inverted();
                let seen = scaled(inverted.finders(search.steps()), factor);
                search.count_steps(inverted.steps());
                search.sketch.note_finders(&seen, true);
            }
        }
        // Larger sizes of a picture that is all texture show no more.
        if search.steps() == 0 || search.is_settled() && !search.covers_little() {
            break;
        }
    }
    if search.has_nothing() {
        search.try_bent();
    }
    search.into_seen(most)
}

/// The frames in a picture that has been inverted, at finders that were of opposite brightness before.
pub(super) fn search_inverted(picture: &Picture, finders: &[Finder], tools: &mut Tools) -> Seen {
    let mut search = Search::new(picture, tools);
    search.trials = INVERTED_TRIALS;
    search.effort = INVERTED_EFFORT;
    let all = hypotheses(finders);
    search.try_own(&all);
    search.doubtful = None;
    if search.found.is_empty() {
        search.try_cimbar(&all);
    }
    search.into_seen(finders.len())
}

/// Finders in pixels of the whole picture.
fn scaled(finders: Vec<Finder>, factor: usize) -> Vec<Finder> {
    let scale = factor as f64;
    let whole = |f: Finder| Finder { centre: f.centre * scale, radius: f.radius * scale, ..f };
    finders.into_iter().map(whole).collect()
}

/// By how much a picture is reduced before finders are searched in it.
fn search_factor(picture: &Picture) -> usize {
    picture.width().max(picture.height()).div_ceil(SEARCH_SIDE).max(1)
}

impl<'a> Search<'a> {
    fn new(picture: &'a Picture, tools: &'a mut Tools) -> Self {
        Self {
            picture,
            tools,
            trials: 0,
            steps_left: MAX_STEPS,
            effort: cimbar::Effort::default(),
            found: Vec::new(),
            taken: Vec::new(),
            doubtful: None,
            left: FURTHER_HYPOTHESES,
            rejected: Rejected::default(),
            likeliest: Vec::new(),
            sketch: Sketch::default(),
        }
    }

    /// Whether a frame was found that is surely one, even if it cannot be read.
    fn is_settled(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Steps of rays that the next pass may make.
    fn steps(&self) -> usize {
        if self.is_settled() { usize::MAX } else { self.steps_left }
    }

    fn count_steps(&mut self, steps: usize) {
        self.tools.ray_steps += steps;
        self.steps_left = self.steps_left.saturating_sub(steps);
    }

    fn has_nothing(&self) -> bool {
        self.taken.is_empty() && self.doubtful.is_none()
    }

    /// Whether all frames together are small in the picture.
    fn covers_little(&self) -> bool {
        let covered: f64 = self.taken.iter().map(Region::area).sum();
        covered < SMALL_SHARE * (self.picture.width() * self.picture.height()) as f64
    }

    /// The finders that belong to no frame found so far.
    fn outside(&self, finders: &[Finder]) -> Vec<Finder> {
        let free = |f: &&Finder| !self.taken.iter().any(|region| region.contains(f.centre));
        finders.iter().filter(free).copied().collect()
    }

    fn is_free(&self, hypothesis: &Hypothesis) -> bool {
        !self.taken.iter().any(|region| region.meets(hypothesis))
    }

    /// Asks the symbologies in turn what the finders' hypotheses show.
    fn try_finders(&mut self, finders: &[Finder], trials: usize) {
        self.sketch.note_finders(finders, false);
        let again = self.doubtful.is_some() && !self.is_settled() && finders.len() <= MANY_FINDERS;
        self.left = if again { LATER_HYPOTHESES } else { FURTHER_HYPOTHESES };
        self.trials = if self.is_settled() { FURTHER_TRIALS } else { trials };
        let free = self.outside(finders);
        let all = hypotheses(&free);
        let turn = if free.len() > MANY_FINDERS { all.len() } else { all.len().min(OWN_TURN) };
        let seen = all.iter().filter(|one| one.guessed.is_none());
        self.likeliest.extend(seen.take(BENT_OF_PASS));
        let (likeliest, others) = all.split_at(turn);
        self.try_own(likeliest);
        if finders.len() == MAX_FINDERS && !self.is_settled() {
            self.effort = self.effort.min(FULL_EFFORT);
        }
        if self.has_nothing() {
            self.try_cimbar(&all);
        }
        self.try_own(others);
        // Beside our own frames there may be others.
        if self.is_settled() && self.outside(finders).len() >= ENOUGH_FINDERS {
            self.try_cimbar(&all);
        }
    }

    /// Takes every hypothesis with a readable header and its alignment marks where they should be.
    /// A header alone proves little: three right corners and a wrong one can show it.
    fn try_own(&mut self, hypotheses: &[Hypothesis]) {
        for hypothesis in hypotheses {
            if self.trials == 0 || self.left == 0 || self.found.len() >= MAX_FRAMES {
                break;
            }
            if self.is_free(hypothesis) {
                let verdict = self.try_header(hypothesis);
                self.sketch.note_hypothesis(hypothesis, verdict);
            }
        }
    }

    fn try_header(&mut self, hypothesis: &Hypothesis) -> Verdict {
        let picture = self.picture;
        self.trials -= 1;
        self.tools.header_trials += 1;
        if self.doubtful.is_some() {
            self.left -= 1;
        }
        let palettes = possible_palettes(picture, hypothesis);
        let colourless = palettes == [Palette::BlackWhite];
        match read_header(picture, hypothesis, palettes, &mut self.tools.decoder) {
            None if colourless && is_header_without_colour(picture, hypothesis) => {
                self.give_up(hypothesis, Outcome::Colourless)
            }
            None => {
                self.rejected.headerless += 1;
                Verdict::NoHeader
            }
            Some(Err(error)) => self.give_up(hypothesis, Outcome::Header(error)),
            Some(Ok(seen)) => self.try_located(hypothesis, &seen),
        }
    }

    /// Holds what a header promises against the picture.
    fn try_located(&mut self, hypothesis: &Hypothesis, seen: &SeenHeader) -> Verdict {
        match Located::new(self.picture, hypothesis, seen, self.tools) {
            Some(located) => self.locate(Box::new(located)),
            None => {
                self.rejected.misfits += 1;
                Verdict::Misfit
            }
        }
    }

    /// Looks for headers on curved paper, whose sides are no straight lines.
    fn try_bent(&mut self) {
        let mut likeliest = std::mem::take(&mut self.likeliest);
        sort_by_number(&mut likeliest, |one| -one.plausibility);
        for hypothesis in likeliest.iter().take(BENT_TRIALS) {
            if !self.is_free(hypothesis) {
                continue;
            }
            let palettes = possible_palettes(self.picture, hypothesis);
            self.tools.header_trials += 1;
            let decoder = &mut self.tools.decoder;
            if let Some(Ok(seen)) = read_bent_header(self.picture, hypothesis, palettes, decoder) {
                let verdict = self.try_located(hypothesis, &seen);
                self.sketch.note_hypothesis(hypothesis, verdict);
            }
        }
    }

    /// Notes a frame that is there but cannot be read.
    fn give_up(&mut self, hypothesis: &Hypothesis, why: Outcome) -> Verdict {
        self.rejected.hopeless.get_or_insert(why);
        self.taken.push(Region::new(hypothesis));
        Verdict::Hopeless
    }

    fn locate(&mut self, located: Box<Located>) -> Verdict {
        if located.is_sure() {
            self.take(Found::Own(located));
            return Verdict::Frame;
        }
        let share = located.marks_share();
        if self.doubtful.as_ref().is_none_or(|best| best.marks_share() < share) {
            self.doubtful = Some(located);
        }
        Verdict::Doubtful
    }

    fn take(&mut self, found: Found) {
        let region = Region::new(found.hypothesis());
        self.doubtful = self.doubtful.take().filter(|one| !region.meets(&one.hypothesis));
        self.taken.push(region);
        self.found.push(found);
        self.trials = FURTHER_TRIALS;
        self.left = FURTHER_HYPOTHESES;
    }

    /// Reads the frames of libcimbar's that hypotheses show.
    fn try_cimbar(&mut self, hypotheses: &[Hypothesis]) {
        while self.found.len() < MAX_FRAMES {
            // Its cells have four colours.
            let possible =
                |one: &&Hypothesis| self.is_free(one) && !is_colourless(self.picture, one);
            let free = hypotheses.iter().filter(possible).take(CIMBAR_HYPOTHESES);
            let free: Vec<Hypothesis> = free.copied().collect();
            let codings = &self.tools.codings;
            let frame = cimbar::read_frame(self.picture, &free, codings, &mut self.effort);
            let Some(frame) = frame else { break };
            self.take(Found::Cimbar(Box::new(frame)));
            self.effort = cimbar::Effort::default();
        }
    }

    fn into_seen(self, finders: usize) -> Seen {
        let mut found = self.found;
        found.extend(self.doubtful.map(Found::Own));
        let why = match found.is_empty() {
            true => failure(
                brightest(&self.picture.grey(search_factor(self.picture))),
                finders,
                self.rejected,
            ),
            false => Outcome::Read,
        };
        sort(&mut found);
        Seen { found, why, sketch: self.sketch }
    }
}

/// Why no hypothesis was taken.
fn failure(brightest: u8, finders: usize, rejected: Rejected) -> Outcome {
    let Rejected { headerless, misfits, hopeless } = rejected;
    let arrangements = headerless + misfits;
    match (finders, arrangements) {
        _ if hopeless.is_some() => hopeless.unwrap_or(Outcome::NoFinder),
        _ if brightest < MIN_BRIGHTNESS => Outcome::TooDark { brightest },
        (0, _) => Outcome::NoFinder,
        (_, 0) => Outcome::NoFrame { finders },
        _ if misfits > 0 => Outcome::DoesNotFit { finders, arrangements, misfits },
        _ => Outcome::NoHeader { finders, arrangements },
    }
}

/// Sorts frames as one reads: from the top in lines, each from the left.
fn sort(found: &mut Vec<Found>) {
    let middle = |one: &Found| Region::new(one.hypothesis()).middle();
    sort_by_number(found, |one| middle(one).y);
    let mut rest = std::mem::take(found);
    while let Some(first) = rest.first() {
        let line = middle(first).y + Region::new(first.hypothesis()).area().sqrt() / 2.0;
        let end = rest.partition_point(|one| middle(one).y < line).max(1);
        let others = rest.split_off(end);
        sort_by_number(&mut rest, |one| middle(one).x);
        found.append(&mut rest);
        rest = others;
    }
}
