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
        let found =
            FinderSearch::new(&window.grey(factor), Neighbourhood::Wide).finders(usize::MAX);
        let scale = factor as f64;
        let finder = found.iter().find(|finder| {
            let ratio = finder.radius * scale / *radius;
            finder.kind == kind && SAME_SIZE.contains(&ratio)
        })?;
        (*centre, *radius) = (origin + finder.centre * scale, finder.radius * scale);
    }
    Some(next)
}
