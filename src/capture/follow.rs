//! Where the frame of the picture before is in the next one of a video.

use super::header::read_header;
use super::located::Located;
use super::tables::Tools;
use crate::frame::{FinderKind, FinderSearch, Hypothesis, Neighbourhood, Palette};
use crate::raster::{Picture, Point};

/// Our frame at a hypothesis that the picture before suggests; `None` if it must be searched.
pub(super) fn find_at(
    picture: &Picture,
    hypothesis: &Hypothesis,
    tools: &mut Tools,
) -> Option<Box<Located>> {
    let seen = read_header(picture, hypothesis, &Palette::ALL, &mut tools.decoder)?.ok()?;
    let located = Located::new(picture, hypothesis, &seen, tools)?;
    located.is_sure().then(|| Box::new(located))
}

/// The four finders near the places that they had in the picture before. One that the picture cuts off,
/// or that is not seen, is taken to have moved as the other three did.
pub(super) fn follow_finders(picture: &Picture, last: &Hypothesis) -> Option<Hypothesis> {
    // A corner that was guessed may be seen now, from nearby: its finder is looked for as well.
    let mut next = Hypothesis { guessed: None, ..*last };
    for corner in 0..next.corners.len() {
        match follow_finder(picture, last, corner) {
            Some(seen) => (next.corners[corner], next.radii[corner]) = seen,
            None if next.guessed.is_some() => return None,
            None => next.guessed = Some(corner),
        }
    }
    if let Some(corner) = next.guessed {
        next.corners[corner] = moved_corner(&last.corners, &next.corners, corner);
    }
    Some(next)
}

/// Where a corner is once the other three have moved, by the affine map that they give: from one picture
/// to the next, perspective hardly changes.
fn moved_corner(before: &[Point; 4], now: &[Point; 4], corner: usize) -> Point {
    let [a, b, c] = [1, 2, 3].map(|step| (corner + step) % 4);
    let (across, down) = (before[a] - before[b], before[c] - before[b]);
    let beside = before[corner] - before[b];
    let area = across.cross(down);
    let (x, y) = (beside.cross(down) / area, across.cross(beside) / area);
    now[b] + (now[a] - now[b]) * x + (now[c] - now[b]) * y
}

/// Centre and radius of the finder near the place that a corner had in the picture before.
fn follow_finder(picture: &Picture, last: &Hypothesis, corner: usize) -> Option<(Point, f64)> {
    /// How far a finder's window reaches, in its radii: the finder, what surrounds it, and what a
    /// hand moves from one picture to the next.
    const REACH: f64 = 3.0;
    /// A window is reduced until a finder's module has this many pixels, twice that at most: in
    /// windows all finders with modules of 4 to 14 pixels are found, with 3 not all, with 2 hardly
    /// any secondary one. Seen from the side, modules are narrower than their mean.
    const MODULE: f64 = 5.0;
    /// By how much a finder's size may differ from the picture before, a thirtieth of a second ago.
    const SAME_SIZE: std::ops::Range<f64> = 0.8..1.25;
    let (centre, radius) = (last.corners[corner], last.radii[corner]);
    let reach = Point::new(REACH * radius, REACH * radius);
    let (window, origin) = picture.window(centre - reach, centre + reach)?;
    let factor = ((last.module(corner) / MODULE) as usize).max(1);
    let found = FinderSearch::new(&window.grey(factor), Neighbourhood::Wide).finders(usize::MAX);
    let scale = factor as f64;
    let finder = found.iter().find(|finder| {
        finder.kind == FinderKind::at(corner)
            && SAME_SIZE.contains(&(finder.radius * scale / radius))
    })?;
    Some((origin + finder.centre * scale, finder.radius * scale))
}
