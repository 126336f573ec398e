//! Hypotheses which finders are the corners of one frame, and which way up it is.
//!
//! Any four candidates, or three with the fourth guessed, may be a frame; each can be turned and
//! mirrored. Hypotheses are ranked; reading the header decides.

use super::Palette;
use super::finder::{Finder, FinderKind, ray_limit};
use super::layout::{FINDER_BOX_UNITS, FINDER_UNITS, HEADER_COLUMNS, HEADER_ROWS};
use crate::dsp::sort_by_number;
use crate::raster::{Homography, Picture, Point};
use std::collections::HashSet;

/// Candidates that are combined, the best ones.
const MAX_CANDIDATES: usize = 9;
/// Hypotheses that are handed out at most.
const MAX_HYPOTHESES: usize = 400;
/// Of many finders those are combined that differ at most this much in size, with a fourth one that
/// is off its place by at most this share of the shorter side next to it.
const MAX_FITTING_RATIO: f64 = 1.7;
const MAX_MISS: f64 = 0.35;
/// Sine of the flattest of their corners, and how many finders around one may be its neighbours: next
/// to it on a sheet are three corners of other frames, and sixteen where its own frame has two.
const MIN_FITTING_CORNER: f64 = 0.5;
const MAX_NEIGHBOURS: usize = 20;
/// What each finder inside of a frame costs, and how many of them count.
const CROWD_WEIGHT: f64 = 0.3;
/// How much less plausible than the best one a hypothesis of many finders may be: one with a guessed
/// corner, and another of the wrong kind.
const MAX_FALL: f64 = GUESS_PENALTY + 2.0;
const MAX_CROWD: usize = 4;
/// Frames of which all four finders were seen come first: a guessed corner can be far off under
/// strong perspective, and the header alone would not show it.
const GUESS_PENALTY: f64 = 2.5;
/// Finders of one frame differ at most this much in size, and so do opposite sides of a frame:
/// a frame tilted by 60 degrees, one and a half times its width away.
const MAX_SIZE_RATIO: f64 = 2.6;
/// Sine of the flattest corner of a frame, 15 degrees: seen flatter, no tile of it can be read.
const MIN_CORNER: f64 = 0.26;
/// Finders of one side are apart by more than their radii, this many times: the smallest frame is
/// just wide enough for two finders and the header between them.
const MIN_SPAN: f64 = 1.2;
/// What a finder with the pattern that belongs to its corner is worth, beside a score of at most 1
/// for each finder.
const RIGHT_KIND: f64 = 0.5;
/// Mirrored frames are rare: screens in a mirror, a camera's own view.
const MIRROR_PENALTY: f64 = 0.7;
/// What a difference in shape costs, beside one in size, which tells the same but less sharply.
const SHAPE_WEIGHT: f64 = 0.5;
/// What a frame is worth that is larger beside its finders, for each e-fold: data tiles that look like
/// finders lie close to each other.
const ROOM_WEIGHT: f64 = 0.3;
/// The mean distance from a square's centre to its edge, over all directions, in half sides.
const RADIUS_OF_SQUARE: f64 = 1.12;

/// Four finder centres as the corners of a frame.
#[derive(Clone, Copy, Debug)]
pub struct Hypothesis {
    /// Finder centres, in picture pixels: top left, top right, bottom right, bottom left of the
    /// frame as it was drawn.
    pub corners: [Point; 4],
    /// Mean radius of a finder at the corners, in picture pixels.
    pub radii: [f64; 4],
    /// A corner that was guessed from the other three.
    pub guessed: Option<usize>,
    /// Rank; higher is likelier.
    pub plausibility: f64,
}

/// All plausible hypotheses, likeliest first.
///
/// Of few finders any four or three may be a frame. Of many, as on a sheet with several frames, any
/// three may be with a fourth where they say that it is; the best few are combined all the same, in
/// case most are noise.
pub(crate) fn hypotheses(finders: &[Finder]) -> Vec<Hypothesis> {
    let few = finders.len().min(MAX_CANDIDATES);
    let mut all = of_any(&finders[..few]);
    if finders.len() > few {
        for quad in &mut all {
            quad.penalty = crowd(finders, &quad.four);
        }
        all.extend(of_fitting(finders, few));
    }
    let mut all: Vec<Hypothesis> = all.iter().flat_map(Quad::oriented).collect();
    if finders.len() > few {
        // Of so many the better ones alone, which have a finder of the right kind at most corners.
        let best = all.iter().map(|one| one.plausibility).fold(f64::MIN, f64::max);
        all.retain(|one| one.plausibility > best - MAX_FALL);
    }
    sort_by_number(&mut all, |one| -one.plausibility);
    all.truncate(MAX_HYPOTHESES);
    all
}

/// Four finders, clockwise as seen, that may be the corners of a frame.
struct Quad {
    four: [Finder; 4],
    guessed: Option<usize>,
    penalty: f64,
}

impl Quad {
    fn new(four: [Finder; 4]) -> Self {
        Self { four: clockwise(four), guessed: None, penalty: 0.0 }
    }

    /// Three finders, completed to a frame.
    fn completed(three: [Finder; 3]) -> Option<Self> {
        let guess = guess(three)?;
        let four = clockwise([three[0], three[1], three[2], guess]);
        let guessed = four.iter().position(|f| f.centre == guess.centre);
        Some(Self { four, guessed, penalty: 0.0 })
    }

    /// Its hypotheses: four turns, plain and mirrored.
    fn oriented(&self) -> Vec<Hypothesis> {
        let mut all = oriented(self.four, self.guessed);
        all.iter_mut().for_each(|one| one.plausibility -= self.penalty);
        all
    }
}

/// Any three or four of some finders.
fn of_any(finders: &[Finder]) -> Vec<Quad> {
    let mut all = Vec::new();
    for a in 0..finders.len() {
        for b in a + 1..finders.len() {
            for c in b + 1..finders.len() {
                all.extend(Quad::completed([finders[a], finders[b], finders[c]]));
                for d in c + 1..finders.len() {
                    all.push(Quad::new([finders[a], finders[b], finders[c], finders[d]]));
                }
            }
        }
    }
    all
}

/// Any three of many finders that are about the same size and close to each other, and a fourth one
/// near the place where it should be; but not those that are among the first `few` alone.
fn of_fitting(finders: &[Finder], few: usize) -> Vec<Quad> {
    let (mut all, mut known) = (Vec::new(), HashSet::new());
    for (a, corner) in finders.iter().enumerate() {
        let near = neighbours(finders, a);
        let pairs =
            near.iter().enumerate().flat_map(|(at, &b)| near[..at].iter().map(move |&c| (b, c)));
        for (b, c) in pairs {
            let (left, right) = (finders[b], finders[c]);
            let (x, y) = (left.centre - corner.centre, right.centre - corner.centre);
            if x.cross(y).abs() < MIN_FITTING_CORNER * x.norm() * y.norm() {
                continue;
            }
            let guess = fourth_corner(*corner, left, right);
            let miss = MAX_MISS * x.norm().min(y.norm());
            for d in (0..finders.len()).filter(|d| finders[*d].centre.distance(guess) < miss) {
                let mut key = [a, b, c, d];
                key.sort_unstable();
                let differ = key.windows(2).all(|two| two[0] != two[1]);
                if differ && key[3] >= few && fits_size(corner, &finders[d]) && known.insert(key) {
                    let quad = Quad::new(key.map(|i| finders[i]));
                    let penalty = crowd(finders, &quad.four);
                    if penalty < CROWD_WEIGHT * MAX_CROWD as f64 {
                        all.push(Quad { penalty, ..quad });
                    }
                }
            }
        }
    }
    all
}

/// The finders of about the same size as one that are nearest to it.
fn neighbours(finders: &[Finder], one: usize) -> Vec<usize> {
    let distance = |i: &usize| finders[*i].centre.distance(finders[one].centre);
    let alike = |i: &usize| *i != one && fits_size(&finders[one], &finders[*i]);
    let mut near: Vec<usize> = (0..finders.len()).filter(alike).collect();
    sort_by_number(&mut near, distance);
    near.truncate(MAX_NEIGHBOURS);
    near
}

fn fits_size(one: &Finder, other: &Finder) -> bool {
    (1.0 / MAX_FITTING_RATIO..MAX_FITTING_RATIO).contains(&(one.radius / other.radius))
}

/// What it costs a frame that other finders of its size are inside: then its corners belong to
/// different frames.
fn crowd(finders: &[Finder], four: &[Finder; 4]) -> f64 {
    let inside = |p: Point| {
        (0..4).all(|i| {
            let (from, to) = (four[i].centre, four[(i + 1) % 4].centre);
            // On the edge is inside.
            (to - from).cross(p - from) > -four[i].radius * (to - from).norm()
        })
    };
    let own = |f: &Finder| four.iter().any(|one| one.centre.distance(f.centre) < one.radius);
    let others = finders.iter().filter(|f| fits_size(f, &four[0]) && inside(f.centre) && !own(f));
    CROWD_WEIGHT * others.take(MAX_CROWD).count() as f64
}

/// Sorts four finders around their middle, clockwise as seen (y down).
fn clockwise(mut four: [Finder; 4]) -> [Finder; 4] {
    let middle = four.iter().fold(Point::default(), |sum, f| sum + f.centre) * 0.25;
    let angle = |f: &Finder| (f.centre.y - middle.y).atan2(f.centre.x - middle.x);
    four.sort_unstable_by(|a, b| angle(a).total_cmp(&angle(b)));
    four
}

/// The fourth finder of a frame. The corner opposite the longest side has its neighbours on both
/// sides; the fourth one follows from the depth that the finders' sizes tell. `None` if the three
/// are no corners of a frame.
fn guess(three: [Finder; 3]) -> Option<Finder> {
    let longest = (0..3)
        .max_by(|&i, &j| {
            let side = |i: usize| three[(i + 1) % 3].centre.distance(three[(i + 2) % 3].centre);
            side(i).total_cmp(&side(j))
        })
        .unwrap_or(0);
    let (corner, left, right) =
        (three[longest], three[(longest + 1) % 3], three[(longest + 2) % 3]);
    let (a, b) = (left.centre - corner.centre, right.centre - corner.centre);
    (a.cross(b).abs() > MIN_CORNER * a.norm() * b.norm()).then(|| Finder {
        centre: fourth_corner(corner, left, right),
        radius: (left.radius + right.radius) / 2.0,
        kind: FinderKind::Secondary,
        score: 0.0,
    })
}

/// The corner opposite `corner`.
///
/// A plane's picture is scaled in area by 1 / w³, with w affine in the plane, and so is w times
/// the picture's coordinates. Sizes that differ by no more than their own error say nothing about
/// depth: then the frame is completed to a parallelogram.
fn fourth_corner(corner: Finder, left: Finder, right: Finder) -> Point {
    const SAME_SIZE: f64 = 1.05;
    let radii = [corner, left, right].map(|finder| finder.radius);
    let (low, high) = radii.iter().fold((f64::MAX, 0f64), |(l, h), r| (l.min(*r), h.max(*r)));
    let [c, l, r] =
        if high < SAME_SIZE * low { [1.0; 3] } else { radii.map(|radius| radius.powf(-2.0 / 3.0)) };
    let w = (l + r - c).max(0.2 * c);
    (left.centre * l + right.centre * r - corner.centre * c) * (1.0 / w)
}

/// The hypotheses for four finders in clockwise order: four turns, plain and mirrored.
fn oriented(four: [Finder; 4], guessed: Option<usize>) -> Vec<Hypothesis> {
    let Some(shape) = plausibility(&four) else { return Vec::new() };
    let mut all = Vec::with_capacity(8);
    for turn in 0..4 {
        for mirrored in [false, true] {
            let order: [usize; 4] = std::array::from_fn(|i| {
                let i = if mirrored { (4 - i) % 4 } else { i };
                (i + turn) % 4
            });
            let finders = order.map(|i| four[i]);
            let kinds = finders.iter().enumerate();
            let kinds = kinds.filter(|(corner, finder)| finder.kind == FinderKind::at(*corner));
            let guessed = guessed.and_then(|guess| order.iter().position(|&i| i == guess));
            all.push(Hypothesis {
                corners: finders.map(|finder| finder.centre),
                radii: finders.map(|finder| finder.radius),
                guessed,
                plausibility: shape + RIGHT_KIND * kinds.count() as f64
                    - if mirrored { MIRROR_PENALTY } else { 0.0 }
                    - if guessed.is_some() { GUESS_PENALTY } else { 0.0 },
            });
        }
    }
    all
}

/// How well four finders in clockwise order fit one frame; `None` if they cannot.
fn plausibility(four: &[Finder; 4]) -> Option<f64> {
    let ratio = |values: [f64; 4]| {
        let (low, high) =
            values.iter().fold((f64::MAX, 0f64), |(low, high), &v| (low.min(v), high.max(v)));
        high / low.max(1e-9)
    };
    let sizes = ratio(four.map(|finder| finder.radius));
    let side = |i: usize| four[(i + 1) % 4].centre - four[i].centre;
    let convex = (0..4).all(|i| {
        let (a, b) = (side(i), side((i + 1) % 4));
        a.cross(b) > MIN_CORNER * a.norm() * b.norm()
    });
    let opposite = |i: usize| {
        let (a, b) = (side(i).norm(), side(i + 2).norm());
        a.max(b) / a.min(b).max(1e-9)
    };
    let shape = opposite(0).max(opposite(1));
    let roomy = (0..4).all(|i| {
        let span = (four[i].radius + four[(i + 1) % 4].radius) * MIN_SPAN;
        side(i).norm() > span
    });
    if !convex || !roomy || sizes > MAX_SIZE_RATIO || shape > MAX_SIZE_RATIO {
        return None;
    }
    // Where a side is shorter, finders are smaller: real frames have size and shape in step.
    let length = (0..4).map(|i| side(i).norm()).sum::<f64>() / 4.0;
    let radius = four.iter().map(|finder| finder.radius).sum::<f64>() / 4.0;
    let score: f64 = four.iter().map(|finder| finder.score).sum();
    let room = ROOM_WEIGHT * (length / radius).ln();
    Some(score - (sizes - 1.0) - SHAPE_WEIGHT * (shape - 1.0) + room)
}

/// Where a header's cells are, once a scale is assumed.
#[derive(Clone, Copy, Debug)]
pub struct HeaderPlace {
    map: Homography,
    unit: Point,
    turned: bool,
    bend: Point,
}

impl Hypothesis {
    /// The corners, in the order of [`Hypothesis::corners`], whose finders were really seen.
    pub(crate) fn trusted(&self) -> [bool; 4] {
        std::array::from_fn(|corner| self.guessed != Some(corner))
    }

    /// The map from the square of finder centres, (0,0) to (1,1), to the picture.
    fn unit_map(&self) -> Option<Homography> {
        Homography::from_unit_square(self.corners)
    }

    /// Mean side of a module of the finder at a corner, in picture pixels.
    pub(crate) fn module(&self, corner: usize) -> f64 {
        2.0 * self.radii[corner] / RADIUS_OF_SQUARE / FINDER_UNITS as f64
    }

    /// Places of the header's copy at the top left or, if `turned`, at the bottom right, for
    /// header cells that measure `unit` in the square of finder centres.
    pub fn header(&self, unit: Point, turned: bool) -> Option<HeaderPlace> {
        Some(HeaderPlace { map: self.unit_map()?, unit, turned, bend: Point::default() })
    }

    /// The header cell's size in the square of finder centres, as the finders' sizes suggest.
    pub(crate) fn unit_estimate(&self, picture: &Picture, turned: bool) -> Option<Point> {
        let map = self.unit_map()?;
        let corner = if turned { 2 } else { 0 };
        let origin = if turned { Point::new(1.0, 1.0) } else { Point::default() };
        let (dx, dy) = map.steps(origin);
        let extent = |step: Point| {
            let unit = step * (1.0 / step.norm());
            let limit = ray_limit(self.radii[corner]);
            let front = outer_edge(picture, self.corners[corner], unit, limit)?;
            let back = outer_edge(picture, self.corners[corner], unit * -1.0, limit)?;
            Some((front + back) / FINDER_UNITS as f64 / step.norm())
        };
        let plain = |step: Point| self.module(corner) / step.norm();
        Some(Point::new(
            extent(dx).unwrap_or_else(|| plain(dx)),
            extent(dy).unwrap_or_else(|| plain(dy)),
        ))
    }
}

/// Distance to the third change of brightness along a ray from a finder's centre.
fn outer_edge(picture: &Picture, centre: Point, step: Point, limit: f64) -> Option<f64> {
    // Finer than a pixel, and no finer than it helps with large finders.
    let step_length = (limit / 256.0).max(0.25);
    let steps = (limit / step_length) as usize;
    let line: Vec<f32> = (0..=steps)
        .map(|i| {
            let p = centre + step * (i as f64 * step_length);
            picture.sample(p.x, p.y).iter().sum::<f32>()
        })
        .collect();
    let low = line.iter().copied().fold(f32::MAX, f32::min);
    let high = line.iter().copied().fold(0.0, f32::max);
    let middle = (low + high) / 2.0;
    let mut changes =
        line.windows(2).enumerate().filter(|(_, w)| (w[0] > middle) != (w[1] > middle));
    let (at, w) = changes.nth(2)?;
    Some((at as f64 + f64::from((w[0] - middle) / (w[0] - w[1]))) * step_length)
}

impl HeaderPlace {
    /// The same on curved paper, whose sides leave the straight line from finder to finder by so many
    /// cells a cell: the left or right one in x, the upper or lower one in y.
    pub(crate) fn bent(self, bend: Point) -> Self {
        Self { bend, ..self }
    }

    /// The size of a cell in the square of finder centres.
    pub(crate) fn unit(&self) -> Point {
        self.unit
    }

    /// The colour at the centre of the cell at (`column`, `row`).
    pub fn centre(&self, picture: &Picture, column: usize, row: usize) -> [f32; 3] {
        self.point(picture, column as f64 + 0.5, row as f64 + 0.5)
    }

    /// The mean colour of the cell at (`column`, `row`): five samples within it.
    fn sample(&self, picture: &Picture, column: usize, row: usize) -> [f32; 3] {
        const SPREAD: [(f64, f64); 5] =
            [(0.5, 0.5), (0.7, 0.7), (0.3, 0.7), (0.7, 0.3), (0.3, 0.3)];
        let mut sum = [0.0; 3];
        for (dx, dy) in SPREAD {
            let colour = self.point(picture, column as f64 + dx, row as f64 + dy);
            for (sum, value) in sum.iter_mut().zip(colour) {
                *sum += value / SPREAD.len() as f32;
            }
        }
        sum
    }

    /// The colour at a point given in cells.
    fn point(&self, picture: &Picture, column: f64, row: f64) -> [f32; 3] {
        let inset = FINDER_UNITS as f64 / 2.0;
        let (across, down) = (FINDER_BOX_UNITS as f64 + column - inset, row - inset);
        let x = (across + self.bend.x * down) * self.unit.x;
        let y = (down + self.bend.y * across) * self.unit.y;
        let p = if self.turned { Point::new(1.0 - x, 1.0 - y) } else { Point::new(x, y) };
        let p = self.map.apply(p);
        picture.sample(p.x, p.y)
    }

    /// All cells of a header of this palette, plane after plane, rows from the top.
    pub fn samples(&self, picture: &Picture, palette: Palette) -> Vec<[f32; 3]> {
        (0..HEADER_ROWS * palette.header_planes() * HEADER_COLUMNS)
            .map(|i| self.sample(picture, i % HEADER_COLUMNS, i / HEADER_COLUMNS))
            .collect()
    }
}
