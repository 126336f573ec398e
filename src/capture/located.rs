//! A frame of our own at its place: what a header promises is held against the picture before
//! anything is built for it, then the mesh is laid.

use super::exact::exact_frame;
use super::header::SeenHeader;
use super::tables::{MAX_PHOTO_TILES, ReadTables, Tools};
use crate::frame::{Geometry, Hypothesis, Mesh, MeshQuality};
use crate::modem::FrameHeader;
use crate::raster::{Picture, Point};
use std::sync::Arc;

/// With this share of the alignment marks in place a hypothesis is taken.
pub(super) const ENOUGH_MARKS: f64 = 0.6;
/// With fewer picture pixels a tile nothing can be read of a frame, and its tables only cost.
const MIN_PIXELS_PER_TILE: f64 = 0.8;
/// A large scan shows a black and white frame of at most so many tiles: equalising takes 120 bytes of
/// each,
const MAX_SCAN_TILES: usize = 1 << 23;
/// so many pixels of the picture show each, in area,
const SCAN_PIXELS_PER_TILE: f64 = 2.5;
/// and its file has this many bytes: small ones do not take much memory whatever they promise.
const SCAN_FILE_BYTES: u64 = 1_000_000;
/// By how much the size of a header's cells may differ from what the header says of them, and if a
/// corner was guessed. Corners of two frames side by side give more than 1.9.
const SAME_UNIT: f64 = 1.35;
const SAME_UNIT_GUESSED: f64 = 1.6;

/// One of our frames that has been found in a picture.
pub(super) struct Located {
    pub(super) hypothesis: Hypothesis,
    pub(super) header: FrameHeader,
    pub(super) tables: Arc<ReadTables>,
    pub(super) mesh: Mesh,
    /// LLRs of an undistorted frame, quantised.
    pub(super) exact: Option<Vec<i8>>,
    /// `None` if the mesh has not been bent to the marks.
    pub(super) marks: Option<MeshQuality>,
}

impl Located {
    /// Lays the mesh for a header and its hypothesis; `None` if the header promises what no frame
    /// can hold, or no frame at this place, or the frame is seen from the side.
    pub(super) fn new(
        picture: &Picture,
        hypothesis: &Hypothesis,
        seen: &SeenHeader,
        tools: &Tools,
    ) -> Option<Self> {
        let header = seen.header;
        let geometry = header.format.geometry;
        if !agrees(&geometry, seen.unit, hypothesis) || !has_room(picture, &geometry, hypothesis) {
            return None;
        }
        let tables = tools.tables(header.format)?;
        let layout = &tables.frame.layout;
        // A corner that was guessed may be off; that of an undistorted frame is not.
        let (mut hypothesis, exact) = match exact_frame(picture, hypothesis, layout) {
            Some((exact, llrs)) => (exact, Some(llrs)),
            None => (*hypothesis, None),
        };
        let tiles = layout.kinds().len();
        if exact.is_none() && tiles > MAX_PHOTO_TILES && !is_scan(picture, &geometry) {
            return None;
        }
        let mut mesh = Mesh::from_hypothesis(geometry, &hypothesis)?;
        // An undistorted frame has proved itself by its pilots and needs no mesh.
        let marks = match exact {
            Some(_) => None,
            None => Some(mesh.follow_marks(picture, layout, hypothesis.trusted())),
        };
        if let (Some(corner), Some(marks)) = (hypothesis.guessed, marks)
            && marks.share() >= ENOUGH_MARKS
        {
            // The marks tell where it is.
            hypothesis.corners[corner] = mesh.corner(corner);
        }
        Some(Self { hypothesis, header, tables, mesh, exact, marks })
    }

    /// Share of the alignment marks that were found; 1 for an undistorted frame.
    pub(super) fn marks_share(&self) -> f64 {
        self.marks.map_or(1.0, |marks| marks.share())
    }

    /// Whether it is surely a frame, and there.
    pub(super) fn is_sure(&self) -> bool {
        self.marks_share() >= ENOUGH_MARKS
    }
}

/// Distances between finder centres, in frame pixels.
fn spans(geometry: &Geometry) -> Point {
    let ((width, height), inset) = (geometry.grid_size(), 2 * geometry.finder_inset());
    Point::new(width.saturating_sub(inset) as f64, height.saturating_sub(inset) as f64)
}

/// Whether header cells as large as `unit`, in the square of finder centres, are those of such a
/// frame. They are not where the corners belong to different frames.
fn agrees(geometry: &Geometry, unit: Point, hypothesis: &Hypothesis) -> bool {
    let (spans, side) = (spans(geometry), f64::from(geometry.unit));
    let most = if hypothesis.guessed.is_some() { SAME_UNIT_GUESSED } else { SAME_UNIT };
    let close = |seen: f64, said: f64| (1.0 / most..most).contains(&(seen / said));
    close(unit.x, side / spans.x) && close(unit.y, side / spans.y)
}

/// Whether this may be a scan of a page with such a frame.
fn is_scan(picture: &Picture, geometry: &Geometry) -> bool {
    let tiles = usize::from(geometry.columns) * usize::from(geometry.rows);
    let pixels = (picture.width() * picture.height()) as f64;
    geometry.palette.bits_per_tile() == 1
        && tiles <= MAX_SCAN_TILES
        && picture.file_bytes() >= SCAN_FILE_BYTES
        && pixels >= tiles as f64 * SCAN_PIXELS_PER_TILE
}

/// Whether the picture has pixels for all the tiles.
fn has_room(picture: &Picture, geometry: &Geometry, hypothesis: &Hypothesis) -> bool {
    let spans = spans(geometry) * (1.0 / f64::from(geometry.tile));
    let [a, b, c, d] = hypothesis.corners;
    let longer = |one: f64, other: f64| one.max(other) / MIN_PIXELS_PER_TILE;
    let area = (c - a).cross(d - b).abs() / 2.0;
    let pixels = (picture.width() * picture.height()) as f64;
    let per_tile = MIN_PIXELS_PER_TILE * MIN_PIXELS_PER_TILE;
    let tiles = f64::from(geometry.columns) * f64::from(geometry.rows);
    longer(a.distance(b), d.distance(c)) >= spans.x
        && longer(a.distance(d), b.distance(c)) >= spans.y
        && area >= spans.x * spans.y * per_tile
        && pixels >= tiles * per_tile
}
