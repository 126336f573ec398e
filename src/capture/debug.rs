//! Pictures of what the receiver saw, for people whose capture fails.

use crate::frame::{Layout, Mesh, TileKind};
use crate::raster::Picture;

/// Pixels a tile in the pictures of the rectified frame.
const SCALE: usize = 3;
/// Tiles from one line of the drawn mesh to the next.
const LINE: usize = 16;
/// Soft values from here on are drawn as certain.
const CERTAIN: f32 = 8.0;

/// Three pictures of one capture.
#[derive(Clone, Debug)]
pub struct DebugPictures {
    /// The photo with the mesh (green) and the alignment marks (red) drawn over it.
    pub mesh: Picture,
    /// The samples of all tiles.
    pub tiles: Picture,
    /// How certain each tile's bits are: green certain, red unknown, grey not data.
    pub quality: Picture,
}

impl DebugPictures {
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
        Some(Self { mesh: with_mesh(photo, mesh, layout), tiles, quality })
    }

    /// The pictures and their names.
    pub fn named(&self) -> [(&'static str, &Picture); 3] {
        [("mesh", &self.mesh), ("tiles", &self.tiles), ("quality", &self.quality)]
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
