//! Undistorted frames, screenshots and copied files: a tile is what the pixel in its middle shows.

use crate::frame::{Geometry, Hypothesis, Layout, Mesh};
use crate::modem::exact_llrs;
use crate::raster::{Picture, Point};

/// Where an undistorted frame is, to the pixel, and its LLRs, quantised.
pub(super) fn exact_frame(
    picture: &Picture,
    hypothesis: &Hypothesis,
    layout: &Layout,
) -> Option<(Hypothesis, Vec<i8>)> {
    let geometry = layout.geometry();
    let snapped = snap(hypothesis, &geometry)?;
    let around = [0.0, 1.0, -1.0];
    let shifts = around.into_iter().flat_map(|y| around.map(|x| Point::new(x, y)));
    shifts.into_iter().find_map(|shift| {
        let corners = snapped.corners.map(|corner| corner + shift);
        let hypothesis = Hypothesis { corners, ..snapped };
        let mesh = Mesh::from_hypothesis(geometry, &hypothesis)?;
        Some((hypothesis, exact_llrs(layout, &mesh.nearest(picture))?))
    })
}

/// The hypothesis with its corners on whole pixels, if the frame is upright (or turned by a
/// multiple of 90 degrees) and at a whole-number scale.
fn snap(hypothesis: &Hypothesis, geometry: &Geometry) -> Option<Hypothesis> {
    let (width, height) = geometry.grid_size();
    let inset = 2 * geometry.finder_inset();
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
    // All finders have the size of the one that everything is measured from.
    Some(Hypothesis { corners, radii: [hypothesis.radii[0]; 4], ..*hypothesis })
}
