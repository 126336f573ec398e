//! Pictures of what the receiver saw, for people whose capture fails.

use super::sketch::{Sketch, Verdict};
use crate::frame::{Finder, FinderKind, Layout, Mesh, TileKind};
use crate::raster::{Picture, Point};

/// Pixels a tile in the pictures of the rectified frame.
const SCALE: usize = 3;
/// Tiles from one line of the drawn mesh to the next.
const LINE: usize = 16;
/// Soft values from here on are drawn as certain.
const CERTAIN: f32 = 8.0;
/// Pictures of finders have at most this many pixels a side.
const SKETCH_SIDE: usize = 1600;

/// Pictures of what was seen in one picture, with their names. For each photo of a frame:
///
/// - `mesh`: the photo with the mesh (green) and the alignment marks (red) drawn over it;
/// - `tiles`: the samples of all tiles;
/// - `quality`: how certain each tile's bits are: green certain, red unknown, grey not data.
///
/// For a picture of which not everything was read, `finders`: the picture, darker and reduced, with
/// circles around finders (green: of three corners, blue: of the fourth one; yellow: in opposite
/// brightness) and the outlines of the likeliest arrangements (red: no header; violet: a header that
/// does not fit there; orange: a frame that cannot be read; white: a frame without most of its
/// alignment marks; green: a frame).
#[derive(Clone, Debug, Default)]
pub struct DebugPictures {
    frames: usize,
    pictures: Vec<(String, Picture)>,
}

impl DebugPictures {
    /// The pictures and their names; those of a second frame end in `-2`.
    pub fn named(&self) -> impl Iterator<Item = (&str, &Picture)> {
        self.pictures.iter().map(|(name, picture)| (name.as_str(), picture))
    }

    /// Adds the pictures of one more frame.
    pub(super) fn add(&mut self, frame: FramePictures) {
        self.frames += 1;
        for (name, picture) in frame.0 {
            let name = match self.frames {
                1 => name.to_owned(),
                number => format!("{name}-{number}"),
            };
            self.pictures.push((name, picture));
        }
    }

    /// Adds what a search looked at.
    pub(super) fn add_finders(&mut self, photo: &Picture, sketch: &Sketch) {
        self.pictures.extend(drawn(photo, sketch).map(|picture| ("finders".to_owned(), picture)));
    }
}

/// Pictures of one frame.
pub(super) struct FramePictures([(&'static str, Picture); 3]);

impl FramePictures {
    /// Draws a capture: its photo, the mesh at the end, and the soft values.
    pub(super) fn new(photo: &Picture, mesh: &Mesh, layout: &Layout, llrs: &[f32]) -> Option<Self> {
        let bits = layout.geometry().palette.bits_per_tile();
        let samples = mesh.sample(photo);
        let tiles = enlarged(layout, |tile| samples.rgb(tile).map(|value| value as u8))?;
        let mut colours = vec![[90; 3]; layout.kinds().len()];
        for (&tile, llrs) in layout.data().iter().zip(llrs.chunks_exact(bits)) {
            let least = llrs.iter().map(|llr| llr.abs()).fold(CERTAIN, f32::min);
            let share = (255.0 * least / CERTAIN) as u8;
            colours[tile as usize] = [255 - share, share, 0];
        }
        let quality = enlarged(layout, |tile| colours[tile])?;
        let mesh = with_mesh(photo, mesh, layout);
        Some(Self([("mesh", mesh), ("tiles", tiles), ("quality", quality)]))
    }
}

/// The picture that a search looked at, with what it saw.
fn drawn(photo: &Picture, sketch: &Sketch) -> Option<Picture> {
    let factor = photo.width().max(photo.height()).div_ceil(SKETCH_SIDE).max(1);
    let grey = photo.grey(factor);
    let dark = grey.values.iter().flat_map(|value| [value / 2; 3]).collect();
    let mut pen = Pen {
        picture: Picture::from_rgb(grey.width, grey.height, dark)?,
        scale: 1.0 / factor as f64,
    };
    // The likeliest ones last, over the others.
    for (corners, verdict) in sketch.tried.iter().rev() {
        let colour = match verdict {
            Verdict::NoHeader => [255, 0, 0],
            Verdict::Misfit => [200, 60, 255],
            Verdict::Hopeless => [255, 150, 0],
            Verdict::Doubtful => [255; 3],
            Verdict::Frame => [0, 255, 0],
        };
        (0..4).for_each(|i| pen.line(corners[i], corners[(i + 1) % 4], colour));
    }
    sketch.inverted.iter().for_each(|finder| pen.circle(finder, [255, 255, 0]));
    for finder in &sketch.finders {
        let primary = finder.kind == FinderKind::Primary;
        pen.circle(finder, if primary { [0, 255, 0] } else { [60, 160, 255] });
    }
    Some(pen.picture)
}

/// Draws in pixels of the photo on the reduced picture.
struct Pen {
    picture: Picture,
    scale: f64,
}

impl Pen {
    fn dot(&mut self, p: Point, colour: [u8; 3]) {
        let p = p * self.scale;
        if p.x >= 0.0 && p.y >= 0.0 {
            self.picture.set_pixel(p.x as usize, p.y as usize, colour);
        }
    }

    fn line(&mut self, from: Point, to: Point, colour: [u8; 3]) {
        let steps =
            (from.distance(to) * self.scale).max(1.0).min(4.0 * SKETCH_SIDE as f64) as usize;
        for i in 0..=steps {
            self.dot(from + (to - from) * (i as f64 / steps as f64), colour);
        }
    }

    fn circle(&mut self, finder: &Finder, colour: [u8; 3]) {
        const STEPS: usize = 256;
        for i in 0..STEPS {
            let (sin, cos) = (i as f64 * std::f64::consts::TAU / STEPS as f64).sin_cos();
            for wide in [1.0, 1.06] {
                let reach = finder.radius * wide;
                self.dot(finder.centre + Point::new(cos, sin) * reach, colour);
            }
        }
    }
}

/// A picture with [`SCALE`] x [`SCALE`] pixels for each tile.
fn enlarged(layout: &Layout, colour: impl Fn(usize) -> [u8; 3]) -> Option<Picture> {
    let (width, height) = (layout.columns() * SCALE, layout.rows() * SCALE);
    let rgb = (0..width * height)
        .flat_map(|i| colour(i / width / SCALE * layout.columns() + i % width / SCALE))
        .collect();
    Picture::from_rgb(width, height, rgb)
}

fn with_mesh(photo: &Picture, mesh: &Mesh, layout: &Layout) -> Picture {
    let mut picture = photo.clone();
    let mut dot = |x: f64, y: f64, colour: [u8; 3]| {
        let p = mesh.place(x, y);
        if p.x >= 0.0 && p.y >= 0.0 {
            picture.set_pixel(p.x as usize, p.y as usize, colour);
        }
    };
    let finest = 4;
    for row in 0..=layout.rows() * finest {
        for column in 0..=layout.columns() * finest {
            if column % (LINE * finest) == 0 || row % (LINE * finest) == 0 {
                let place = |v: usize| v as f64 / finest as f64;
                dot(place(column), place(row), [0, 255, 0]);
            }
        }
    }
    for (tile, kind) in layout.kinds().iter().enumerate() {
        if *kind == TileKind::Mark {
            let (column, row) = (tile % layout.columns(), tile / layout.columns());
            dot(column as f64 + 0.5, row as f64 + 0.5, [255, 0, 0]);
        }
    }
    picture
}
