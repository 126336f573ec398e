//! The mesh of a frame's cells: laid through the finders, then through small groups of cells, each
//! moved to where its tiles look most like tiles.
//!
//! A tile looks like a tile again a whole cell further on, so a group is only looked for close to
//! where its neighbours put it, outward from the finders.

use super::mode::{FINDER_INSET, PITCH, Parameters, TILE};
use super::patches::{AREA, Sampler, Square, centre, dot, drawn_tiles};
use crate::dsp::{peak, sort_by_number};
use crate::frame::{Grid, Hypothesis, Mesh, MeshQuality};
use crate::raster::{Picture, Point};

/// Cells from one group to the next.
const GROUP_PITCH: usize = 8;
/// Cells from one node of the mesh to the next.
const NODE: usize = 8;
/// Cells of a group, a side.
const GROUP: usize = 3;
/// A group is looked for this many frame pixels to each side.
const SEARCH: usize = 3;
/// Places that a group can have, a side.
const RANGE: usize = 2 * SEARCH + 1;
/// Samples of a cell and its surroundings, a side.
const WINDOW: usize = TILE + 2 * SEARCH;
/// Share of a group's variance that its best tiles have to explain. Between the cells, or in
/// other pictures, a quarter is usual.
const MIN_FIT: f32 = 0.45;
/// Groups nearest to the finders that are looked at first, and how many of them have to fit.
const FIRST_GROUPS: (usize, usize) = (12, 8);

/// Picture pixels for a pixel of the frame that no frame can be read with less of.
const MIN_SCALE: f64 = 0.5;
/// Mean radius of a finder, in frame pixels, and by how much it may differ from that.
const FINDER_RADIUS: f64 = 30.0;
const MAX_MISFIT: f64 = 1.6;
/// After so many groups, with a smaller share than so many of them in place, there is no frame.
const EARLY_GROUPS: (usize, usize) = (24, 12);

/// One cell's brightness with its surroundings.
type Window = [f32; WINDOW * WINDOW];

/// How much the groups of cells nearest to the finders look like tiles, up to 1; `None` if most of
/// them do not.
pub(super) fn likeness(
    picture: &Picture,
    parameters: &Parameters,
    hypothesis: &Hypothesis,
) -> Option<f32> {
    if !fits(parameters, hypothesis) {
        return None;
    }
    let mesh = plain_mesh(parameters, hypothesis)?;
    let finder = GroupFinder::new(picture, &mesh);
    let (first, enough) = FIRST_GROUPS;
    let (mut sum, mut misses) = (0.0, 0);
    for at in groups(parameters).into_iter().take(first) {
        match finder.find(&mesh, at, Point::default()) {
            Some((_, fit)) => sum += fit,
            None => misses += 1,
        }
        if misses > first - enough {
            return None;
        }
    }
    Some(sum / (first - misses) as f32)
}

/// Whether a frame of this mode has room between such finders: large enough to be read, with finders
/// of the right size for it. The first is looked for in the frame's pixels, the second in the sizes of
/// finders at the corners.
fn fits(parameters: &Parameters, hypothesis: &Hypothesis) -> bool {
    let [a, b, c, d] = hypothesis.corners;
    let span = |pixels: usize| (pixels - 2 * FINDER_INSET) as f64;
    let (width, height) = parameters.size;
    let across = (a.distance(b) + d.distance(c)) / 2.0 / span(width);
    let down = (a.distance(d) + b.distance(c)) / 2.0 / span(height);
    let radius = hypothesis.radii.iter().sum::<f64>() / 4.0;
    let scale = radius / FINDER_RADIUS;
    // A tilted frame is shorter one way than the other; its finders, which are small, are too.
    across.min(down) >= MIN_SCALE
        && (1.0 / MAX_MISFIT..MAX_MISFIT).contains(&(across.max(down) / scale))
}

/// The mesh of a frame of this mode at a hypothesis; `None` if there is no such frame.
pub(super) fn align(
    picture: &Picture,
    parameters: &Parameters,
    hypothesis: &Hypothesis,
) -> Option<(Mesh, MeshQuality)> {
    let mut mesh = plain_mesh(parameters, hypothesis)?;
    let finder = GroupFinder::new(picture, &mesh);
    let (mut tried, mut found) = (0, 0);
    let mut find = |mesh: &Mesh, at: Point, predicted: Point| {
        let (after, enough) = EARLY_GROUPS;
        if tried >= after && found * after < enough * tried {
            return None;
        }
        let offset = finder.find(mesh, at, predicted).map(|(offset, _)| offset);
        (tried, found) = (tried + 1, found + usize::from(offset.is_some()));
        offset
    };
    let quality =
        mesh.follow(groups(parameters), GROUP_PITCH as f64, hypothesis.trusted(), &mut find);
    Some((mesh, quality))
}

/// The mesh that the finders alone give.
fn plain_mesh(parameters: &Parameters, hypothesis: &Hypothesis) -> Option<Mesh> {
    // Cell (i, j) is the square of one pitch around its tile.
    let start = parameters.offset as f64 - (PITCH - TILE) as f64 / 2.0;
    let cells = |pixels: usize| (pixels as f64 - start) / PITCH as f64;
    let centre = |x: usize, y: usize| Point::new(cells(x), cells(y));
    let (width, height) = parameters.size;
    let (columns, rows) = parameters.grid;
    let first = centre(FINDER_INSET, FINDER_INSET);
    let last = centre(width - FINDER_INSET, height - FINDER_INSET);
    Mesh::new(&Grid { columns, rows, node: NODE, first, last }, hypothesis)
}

/// The middles of the groups, in cells, those nearest to the frame's corners first.
fn groups(parameters: &Parameters) -> Vec<Point> {
    let (columns, rows) = parameters.grid;
    let along = |count: usize| {
        (0..count.div_ceil(GROUP_PITCH))
            .map(move |i| (i * GROUP_PITCH + GROUP_PITCH / 2).min(count - 2))
    };
    let corner = |v: usize, count: usize| v < GROUP_PITCH || v + GROUP_PITCH >= count;
    let mut groups: Vec<Point> = along(rows)
        .flat_map(|row| along(columns).map(move |column| (column, row)))
        .filter(|&(column, row)| !(corner(column, columns) && corner(row, rows)))
        .map(|(column, row)| Point::new(column as f64 + 0.5, row as f64 + 0.5))
        .collect();
    let distance = |p: &Point| {
        let side = |v: f64, size: usize| v.min(size as f64 - v);
        side(p.x, columns).hypot(side(p.y, rows))
    };
    sort_by_number(&mut groups, distance);
    groups
}

/// Uphill from the middle of a window, one pixel at a time; `None` if the top is not inside of it.
fn climb(fit: &mut impl FnMut(usize, usize) -> f32) -> Option<(usize, usize)> {
    let (mut x, mut y) = (SEARCH, SEARCH);
    loop {
        let (mut best, mut to) = (fit(x, y), (x, y));
        for (i, j) in [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)] {
            if fit(i, j) > best {
                (best, to) = (fit(i, j), (i, j));
            }
        }
        if to == (x, y) {
            return Some(to);
        }
        (x, y) = to;
        if !(1..RANGE - 1).contains(&x) || !(1..RANGE - 1).contains(&y) {
            return None;
        }
    }
}

struct GroupFinder<'a> {
    sampler: Sampler<'a>,
    tiles: [Square; 16],
}

impl<'a> GroupFinder<'a> {
    fn new(picture: &'a Picture, mesh: &Mesh) -> Self {
        Self { sampler: Sampler::new(picture, mesh), tiles: drawn_tiles() }
    }

    /// The offset of the group of cells around `at`, if it is found near `predicted`, and how much
    /// it looks like tiles there.
    fn find(&self, mesh: &Mesh, at: Point, predicted: Point) -> Option<(Point, f32)> {
        let (dx, dy) = mesh.steps(at);
        let (dx, dy) = (dx * (1.0 / PITCH as f64), dy * (1.0 / PITCH as f64));
        let windows: Vec<Window> = (0..GROUP * GROUP)
            .map(|i| {
                let shift = |v: usize| v as f64 - (GROUP / 2) as f64;
                let cell = at + Point::new(shift(i % GROUP), shift(i / GROUP));
                self.window(mesh.place(cell.x, cell.y) + predicted, dx, dy)
            })
            .collect();
        let mut known = [None; RANGE * RANGE];
        let mut fit = |x: usize, y: usize| {
            *known[y * RANGE + x].get_or_insert_with(|| self.fit(&windows, x, y))
        };
        let (x, y) = climb(&mut fit)?;
        let best = fit(x, y);
        if best < MIN_FIT {
            return None;
        }
        let fine = |before: f32, after: f32| peak(before.into(), best.into(), after.into());
        let fine_x = x as f64 - SEARCH as f64 + fine(fit(x - 1, y), fit(x + 1, y));
        let fine_y = y as f64 - SEARCH as f64 + fine(fit(x, y - 1), fit(x, y + 1));
        Some((predicted + dx * fine_x + dy * fine_y, best))
    }

    fn window(&self, centre: Point, dx: Point, dy: Point) -> Window {
        let middle = (WINDOW - 1) as f64 / 2.0;
        std::array::from_fn(|i| {
            let (x, y) = ((i % WINDOW) as f64 - middle, (i / WINDOW) as f64 - middle);
            self.sampler.sample(centre + dx * x + dy * y, dx, dy).iter().sum()
        })
    }

    /// Share of the variance of all windows, seen from (`x`, `y`), that their best tiles explain.
    fn fit(&self, windows: &[Window], x: usize, y: usize) -> f32 {
        let (mut explained, mut all) = (0.0, 1.0);
        for window in windows {
            let mut square: Square = [0.0; AREA];
            for (row, target) in square.chunks_exact_mut(TILE).enumerate() {
                target.copy_from_slice(&window[(y + row) * WINDOW + x..][..TILE]);
            }
            let length = centre(&mut square);
            let best = self.tiles.iter().map(|tile| dot(tile, &square)).fold(0.0, f32::max);
            explained += best * best;
            all += length * length;
        }
        explained / all
    }
}
