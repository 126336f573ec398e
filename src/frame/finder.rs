//! Finder candidates: bright squares in dark squares in bright squares, anywhere in a picture.
//!
//! A line through the middle of such a finder, at any angle and under any perspective, crosses
//! bright, dark, bright, dark, bright in the ratio 1:1:4:1:1 (primary, three corners) or
//! 1:2:2:2:1 (secondary, bottom right); ISO/IEC 18004 §13 uses the same trick. Rows are scanned
//! for the ratio; what fits is confirmed by rays in sixteen directions, which also give the
//! centre to a fraction of a pixel.

use crate::dsp::{Field, sort_by_number};
use crate::raster::{Grey, Point};
use std::cell::Cell;

/// Which of the two patterns a finder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinderKind {
    /// 1:1:4:1:1, three corners.
    Primary,
    /// 1:2:2:2:1, the bottom-right corner.
    Secondary,
}

impl FinderKind {
    /// The pattern at a corner of a frame, in the order of [`super::Hypothesis::corners`].
    pub fn at(corner: usize) -> Self {
        if corner == 2 { Self::Secondary } else { Self::Primary }
    }
}

/// A finder candidate.
#[derive(Clone, Copy, Debug)]
pub struct Finder {
    /// Centre, in pixels of the picture that was searched.
    pub centre: Point,
    /// Mean distance from the centre to the outer edge, in the same pixels.
    pub radius: f64,
    /// Pattern that fits better.
    pub kind: FinderKind,
    /// Share of the rays that confirm it, 0 to 1.
    pub score: f64,
}

/// How far a ray comes at a time, in pixels.
const RAY_STEP: f64 = 0.5;
/// Rays that are cast from a candidate's centre.
const RAYS: usize = 16;
/// At least this share of them has to fit. Half a finder may be hidden by glare or a cursor.
const MIN_SCORE: f64 = 0.6;
/// Smallest module, in pixels: below, rings are not resolved, and noise imitates them.
const MIN_MODULE: f64 = 1.5;
/// Bright and dark parts are at least this far from the threshold, in grey levels; noise in dark
/// surroundings is not.
const MIN_CONTRAST: f32 = 8.0;
/// A run of a row through a finder can be a little narrower than the finder is elsewhere: seen from
/// the side by 60 degrees, a square is twice as long one way as the other.
const ELONGATION: f64 = 2.5;
/// Pixels that blur and a threshold off the middle add to any length.
const BLUR: f64 = 3.0;
/// Two candidates nearer than this share of a radius are the same finder.
const SAME_FINDER: f64 = 0.6;
/// How far the length of a run may be off, in modules and in pixels: rows cross turned finders
/// askew, blur moves edges.
const RUN_TOLERANCE: (f64, f64) = (0.55, 0.7);
/// Of that, the shares that narrow and wide runs may be off; a wide one collects the errors of both
/// of its edges and of the angle.
const NARROW_RUN: f64 = 1.2;
const WIDE_RUN: f64 = 2.0;
/// The same for the distance of an edge from the centre, along a ray.
const RAY_TOLERANCE: (f64, f64) = (0.5, 0.4);
/// Side of the blocks that local brightness is measured in.
const BLOCK: usize = 16;
/// The most candidates that are kept, the best ones: a sheet of sixteen frames, and noise.
pub(crate) const MAX_FINDERS: usize = 72;
/// Candidates that are confirmed, and steps of rays for each pixel, at most: a picture with more is
/// made of such patterns, and shows nothing else.
const MAX_CONFIRMED: usize = 1500;
const MAX_STEPS: usize = 3;
/// Steps that any picture may cost.
const FREE_STEPS: usize = 1 << 20;

/// How far around a pixel brightness is averaged for its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbourhood {
    /// An eighth of the picture: bridges the flat parts of large finders.
    Wide,
    /// A twenty-fourth: follows uneven light.
    Narrow,
}

/// The finders in a picture, best first.
pub fn find_finders(grey: &Grey, neighbourhood: Neighbourhood) -> Vec<Finder> {
    FinderSearch::new(grey, neighbourhood).finders(usize::MAX)
}

/// A search for finders in one picture, as it is or in opposite brightness.
pub(crate) struct FinderSearch<'a>(Binary<'a>);

impl<'a> FinderSearch<'a> {
    /// Tells bright from dark all over the picture.
    pub(crate) fn new(grey: &'a Grey, neighbourhood: Neighbourhood) -> Self {
        let blocks = grey.width.max(grey.height) / BLOCK;
        let reach = match neighbourhood {
            Neighbourhood::Wide => blocks / 16,
            Neighbourhood::Narrow => blocks / 48,
        };
        Self(Binary::new(grey, reach.max(1)))
    }

    /// The same search with bright and dark exchanged.
    pub(crate) fn inverted(mut self) -> Self {
        self.0.bright.iter_mut().for_each(|bright| *bright = !*bright);
        self.0.sign = -self.0.sign;
        self.0.steps.set(0);
        self
    }

    /// Steps of all rays so far.
    pub(crate) fn steps(&self) -> usize {
        self.0.steps.get()
    }

    /// The finders, best first, as far as so many steps of rays go.
    pub(crate) fn finders(&self, steps: usize) -> Vec<Finder> {
        let mut found = self.confirmed(steps);
        sort_by_number(&mut found, |f| -f.score * f.radius.sqrt());
        let mut kept: Vec<Finder> = Vec::new();
        for finder in found {
            if kept.iter().all(|other| other.centre.distance(finder.centre) > other.radius) {
                kept.push(finder);
            }
            if kept.len() == MAX_FINDERS {
                break;
            }
        }
        kept
    }

    /// Candidates that rays confirm, from the top; several of one finder are left out mostly.
    fn confirmed(&self, steps: usize) -> Vec<Finder> {
        let (binary, mut found) = (&self.0, Vec::new());
        let most = steps.min(FREE_STEPS + MAX_STEPS * binary.bright.len());
        for candidate in row_candidates(binary) {
            let inside = |f: &Finder| f.centre.distance(candidate.centre) < SAME_FINDER * f.radius;
            // Rows come from the top: a finder that this one may be was found not long ago.
            if binary.surroundings_fit(&candidate)
                && !found.iter().rev().take(MAX_CONFIRMED / 4).any(inside)
            {
                found.extend(binary.confirm(&candidate));
            }
            if binary.steps.get() > most || found.len() == MAX_CONFIRMED {
                break;
            }
        }
        found
    }
}

/// A row's run that has the right ratios.
struct Candidate {
    centre: Point,
    half_width: f64,
}

/// A picture with its local threshold.
struct Binary<'a> {
    grey: &'a Grey,
    threshold: Field,
    bright: Vec<bool>,
    /// -1 if bright and dark are exchanged.
    sign: f32,
    directions: [Point; RAYS],
    /// Steps of all rays so far.
    steps: Cell<usize>,
}

impl<'a> Binary<'a> {
    fn new(grey: &'a Grey, reach: usize) -> Self {
        let threshold = Field::means((grey.width, grey.height), BLOCK, None, |y, line| {
            let values = &grey.values[y * grey.width..][..grey.width];
            line.iter_mut().zip(values).for_each(|(place, &value)| *place = f32::from(value));
        })
        .smoothed(reach);
        let mut bright = Vec::with_capacity(grey.values.len());
        let mut line = vec![0f32; grey.width];
        for (y, values) in grey.values.chunks_exact(grey.width).enumerate() {
            threshold.row(y, &mut line);
            bright.extend(values.iter().zip(&line).map(|(&v, &t)| f32::from(v) > t));
        }
        Self { grey, threshold, bright, sign: 1.0, directions: directions(), steps: Cell::new(0) }
    }

    /// Brightness above the local threshold at a point, bilinear; `None` outside.
    fn level(&self, p: Point) -> Option<f32> {
        let (x, y) = (p.x - 0.5, p.y - 0.5);
        if !(x >= 0.0 && y >= 0.0) {
            return None;
        }
        let (x0, y0) = (x as usize, y as usize);
        if x0 + 1 >= self.grey.width || y0 + 1 >= self.grey.height {
            return None;
        }
        let (fx, fy) = ((x - x0 as f64) as f32, (y - y0 as f64) as f32);
        let value = |dx: usize, dy: usize| {
            f32::from(self.grey.values[(y0 + dy) * self.grey.width + x0 + dx])
        };
        let top = value(0, 0) + fx * (value(1, 0) - value(0, 0));
        let bottom = value(0, 1) + fx * (value(1, 1) - value(0, 1));
        Some((top + fy * (bottom - top) - self.threshold.at(x0, y0)) * self.sign)
    }

    /// Distances from `centre` along `step` to where the core ends, the ring begins and ends.
    fn ray(&self, centre: Point, step: Point, limit: f64) -> Option<[f64; 3]> {
        let mut at = 0.0;
        let edges = self.cast(centre, step, limit, &mut at);
        self.steps.set(self.steps.get() + (at / RAY_STEP) as usize);
        edges
    }

    /// The same; `at` is how far it came.
    #[inline]
    fn cast(&self, centre: Point, step: Point, limit: f64, at: &mut f64) -> Option<[f64; 3]> {
        let mut crossings = [0.0; 3];
        let (mut found, mut before) = (0, self.level(centre)?);
        let mut extreme = before.abs();
        if before <= 0.0 {
            return None;
        }
        while *at < limit {
            *at += RAY_STEP;
            let level = self.level(centre + step * *at)?;
            if (level > 0.0) != (before > 0.0) {
                if extreme < MIN_CONTRAST {
                    return None;
                }
                extreme = 0.0;
                let back = f64::from(level / (level - before));
                crossings[found] = *at - RAY_STEP * back;
                found += 1;
                if found == crossings.len() {
                    return Some(crossings);
                }
            }
            extreme = level.abs().max(extreme);
            before = level;
        }
        None
    }

    /// Whether the column through a candidate's middle could cross a finder too, and at least two
    /// of the four diagonals: a cheap test that rejects nearly all of the runs that data tiles form
    /// by chance.
    fn surroundings_fit(&self, candidate: &Candidate) -> bool {
        let fits = |dx: isize, dy: isize| {
            self.walk(candidate, dx, dy).is_some_and(|edges| ray_kind(&edges).is_some())
        };
        let diagonals = [(1, 1), (-1, -1), (1, -1), (-1, 1)];
        fits(0, -1)
            && fits(0, 1)
            && diagonals.into_iter().filter(|(dx, dy)| fits(*dx, *dy)).nth(1).is_some()
    }

    /// Distances to the first three changes between bright and dark from a candidate's middle, in
    /// one of the eight directions of the raster.
    fn walk(&self, candidate: &Candidate, dx: isize, dy: isize) -> Option<[f64; 3]> {
        let width = self.grey.width;
        let (x, y) = (candidate.centre.x as usize, candidate.centre.y as usize);
        let length = ((dx * dx + dy * dy) as f64).sqrt();
        let limit = (ray_limit(candidate.half_width) / length) as usize;
        // Columns that are left in this direction; rows end with the picture.
        let across = match dx {
            0 => limit,
            1 => width - 1 - x.min(width - 1),
            _ => x,
        };
        let step = dy * width as isize + dx;
        let (mut edges, mut count, mut before) = ([0.0; 3], 0, true);
        let mut at = y * width + x;
        for distance in 1..=limit.min(across) {
            at = at.checked_add_signed(step)?;
            let bright = *self.bright.get(at)?;
            if bright != before {
                before = bright;
                edges[count] = (distance as f64 - 0.5) * length;
                count += 1;
                if count == edges.len() {
                    return Some(edges);
                }
            }
        }
        None
    }

    /// Casts rays from a candidate and from the better centre that they give.
    fn confirm(&self, candidate: &Candidate) -> Option<Finder> {
        let mut centre = candidate.centre;
        let limit = ray_limit(candidate.half_width);
        let mut finder = None;
        for _ in 0..3 {
            let mut rays = Vec::with_capacity(RAYS);
            let mut misses = 0.0;
            for direction in self.directions {
                let ray = self.ray(centre, direction, limit).filter(|r| ray_kind(r).is_some());
                misses += if ray.is_none() { 1.0 } else { 0.0 };
                if misses > (1.0 - MIN_SCORE) * RAYS as f64 {
                    return None;
                }
                rays.push(ray);
            }
            finder = Some(self.summarise(centre, &rays)?);
            centre = balanced_centre(centre, &self.directions, &rays)?;
        }
        finder.map(|finder: Finder| Finder { centre, ..finder })
    }

    fn summarise(&self, centre: Point, rays: &[Option<[f64; 3]>]) -> Option<Finder> {
        let good: Vec<&[f64; 3]> = rays.iter().flatten().collect();
        let primary = good.iter().filter(|r| ray_kind(r) == Some(FinderKind::Primary)).count();
        let (kind, votes) = if primary * 2 >= good.len() {
            (FinderKind::Primary, primary)
        } else {
            (FinderKind::Secondary, good.len() - primary)
        };
        let score = votes as f64 / RAYS as f64;
        let radius = good.iter().map(|ray| ray[2]).sum::<f64>() / good.len().max(1) as f64;
        let enough = score >= MIN_SCORE && radius >= 4.0 * MIN_MODULE;
        enough.then_some(Finder { centre, radius, kind, score })
    }
}

/// How far from its centre a finder's outer edge is at most, given its radius in one direction.
pub(super) fn ray_limit(radius: f64) -> f64 {
    ELONGATION * radius + BLUR
}

/// Unit vectors in the directions of the rays; the second half is opposite to the first.
fn directions() -> [Point; RAYS] {
    std::array::from_fn(|i| {
        let (sin, cos) = (i as f64 * std::f64::consts::TAU / RAYS as f64).sin_cos();
        Point::new(cos, sin)
    })
}

/// The middle between opposite ends of the ring, over all directions that have both.
fn balanced_centre(
    centre: Point,
    directions: &[Point],
    rays: &[Option<[f64; 3]>],
) -> Option<Point> {
    let (front, back) = rays.split_at(RAYS / 2);
    let (mut sum, mut count) = (Point::default(), 0);
    for ((direction, front), back) in directions.iter().zip(front).zip(back) {
        if let (Some(front), Some(back)) = (front, back) {
            // The core's and the ring's edges: four measurements of the same middle.
            let shift: f64 = (0..3).map(|i| (front[i] - back[i]) / 2.0).sum::<f64>() / 3.0;
            // A shift s of the centre is seen as s·d along direction d: the mean over all
            // directions of (s·d) d is s / 2.
            sum = sum + *direction * (2.0 * shift);
            count += 1;
        }
    }
    (count >= RAYS / 4).then(|| centre + sum * (1.0 / f64::from(count as u32)))
}

/// Which pattern a ray's crossings fit, in modules 2, 3, 4 or 1, 3, 4 from the centre.
fn ray_kind([core, gap, ring]: &[f64; 3]) -> Option<FinderKind> {
    let module = ring / 4.0;
    // Blur and a threshold off the middle move all edges of bright parts outward or inward alike.
    let tolerance = RAY_TOLERANCE.0 * module + RAY_TOLERANCE.1;
    let fits = |value: f64, modules: f64| (value - modules * module).abs() < tolerance;
    if !fits(*gap, 3.0) {
        None
    } else if fits(*core, 2.0) && (core - 2.0 * module).abs() < (core - module).abs() {
        Some(FinderKind::Primary)
    } else {
        fits(*core, 1.0).then_some(FinderKind::Secondary)
    }
}

/// Runs of five in every second row that have one of the ratios.
fn row_candidates(binary: &Binary) -> Vec<Candidate> {
    let width = binary.grey.width;
    let mut candidates = Vec::new();
    let mut edges = vec![0; width];
    for (y, row) in binary.bright.chunks_exact(width).enumerate().step_by(2) {
        // Every place is written, and kept if it is an edge: in noise no branch is foreseen.
        let mut count = 0;
        for (x, (before, after)) in row.iter().zip(&row[1..]).enumerate() {
            edges[count] = x + 1;
            count += usize::from(before != after);
        }
        for runs in edges[..count].windows(6).filter(|runs| row[runs[0]]) {
            candidates.extend(fits_ratio(runs, y));
        }
    }
    candidates
}

fn fits_ratio(edges: &[usize], y: usize) -> Option<Candidate> {
    let total = (edges[5] - edges[0]) as f64;
    let module = total / 8.0;
    if module < MIN_MODULE {
        return None;
    }
    let pixels = |i: usize| edges[i + 1] - edges[i];
    // Both patterns are symmetric and have no outer run longer than the one in the middle.
    let alike = |i: usize, j: usize| pixels(i).abs_diff(pixels(j)) <= pixels(i).min(pixels(j)) + 1;
    if pixels(2) + 2 < pixels(1).max(pixels(0)) || !alike(0, 4) || !alike(1, 3) {
        return None;
    }
    let length = |i: usize| pixels(i) as f64;
    let tolerance = RUN_TOLERANCE.0 * module + RUN_TOLERANCE.1;
    let fits = |pattern: [f64; 5]| {
        (0..5).all(|i| {
            let share = if pattern[i] > 2.0 { WIDE_RUN } else { NARROW_RUN };
            (length(i) - pattern[i] * module).abs() < tolerance * share
        })
    };
    let ok = fits([1.0, 1.0, 4.0, 1.0, 1.0]) || fits([1.0, 2.0, 2.0, 2.0, 1.0]);
    ok.then(|| Candidate {
        centre: Point::new((edges[2] + edges[3]) as f64 / 2.0, y as f64 + 0.5),
        half_width: total / 2.0,
    })
}
