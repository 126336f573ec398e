//! Where everything in a frame lies (spec §6).
//!
//! Lengths are in frame pixels. The grid of tiles begins `border` pixels from the top-left corner
//! of the frame. The *unit* is the module of the finders and the side of a header cell.

use super::Palette;

/// Side of a finder, in units: rings of 1, 1, 4, 1, 1 across.
pub(crate) const FINDER_UNITS: usize = 8;
/// Side of the square that is kept free for a finder and the dark separator inside of it, in units.
pub(crate) const FINDER_BOX_UNITS: usize = 9;
/// Rows of header cells in one plane.
pub(crate) const HEADER_ROWS: usize = 8;
/// Columns of header cells: two of known colours, 25 of header bits.
pub(crate) const HEADER_COLUMNS: usize = 27;
/// Distance from one alignment mark to the next, at most, in pixels. Lens distortion and
/// hand-held wobble move tiles smoothly over about this length.
const MARK_PITCH: usize = 114;
/// Side of an alignment mark, in tiles.
pub(crate) const MARK: usize = 5;
/// One pilot in every square of this many tiles a side.
const PILOT_PITCH: usize = 9;
/// Smallest frame side, in pixels.
pub(crate) const MIN_SIDE: usize = 256;
/// Largest frame side, in pixels.
pub(crate) const MAX_SIDE: usize = 4096;
/// Largest side of a tile, in pixels.
pub(crate) const MAX_TILE: usize = 12;

/// The numbers that a frame's layout follows from; all of them are in the frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Tiles in a row.
    pub columns: u16,
    /// Rows of tiles.
    pub rows: u16,
    /// Side of a tile, in pixels.
    pub tile: u8,
    /// Side of a finder module and of a header cell, in pixels.
    pub unit: u8,
    /// Colours of the tiles, which decide how large the header is.
    pub palette: Palette,
}

/// Why a frame cannot have a size.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeometryError {
    /// A side outside of what the format has.
    #[error(
        "a frame is from {MIN_SIDE}x{MIN_SIDE} to {MAX_SIDE}x{MAX_SIDE} pixels, not {width}x{height}"
    )]
    Size {
        /// Width asked for.
        width: usize,
        /// Height asked for.
        height: usize,
    },
    /// A tile outside of what the format has.
    #[error("a tile is from 1 to {MAX_TILE} pixels, not {tile}")]
    Tile {
        /// Tile asked for.
        tile: usize,
    },
    /// Finders and header leave no room.
    #[error(
        "a frame of {width}x{height} pixels is too small for tiles of {tile} pixels: it needs at least {needed_width}x{needed_height}"
    )]
    TooSmall {
        /// Width asked for.
        width: usize,
        /// Height asked for.
        height: usize,
        /// Tile asked for.
        tile: usize,
        /// Least width.
        needed_width: usize,
        /// Least height.
        needed_height: usize,
    },
}

impl Geometry {
    /// The geometry of a frame of `width` x `height` pixels with tiles of `tile` pixels.
    ///
    /// # Errors
    /// If the format has no such frame.
    pub fn new(
        width: usize,
        height: usize,
        tile: usize,
        palette: Palette,
    ) -> Result<Self, GeometryError> {
        let sides = MIN_SIDE..=MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(GeometryError::Size { width, height });
        }
        if !(1..=MAX_TILE).contains(&tile) {
            return Err(GeometryError::Tile { tile });
        }
        // 6 pixels at 1024; never less than four thirds of a tile, so that the header can be
        // read wherever the data can.
        let scaled = (width.min(height) * 6 + 512) / 1024;
        let unit = scaled.clamp(3, 12).max((4 * tile).div_ceil(3));
        let border = Self::border_of(unit);
        let geometry = Self {
            columns: ((width - 2 * border) / tile) as u16,
            rows: ((height - 2 * border) / tile) as u16,
            tile: tile as u8,
            unit: unit as u8,
            palette,
        };
        if geometry.is_valid() {
            return Ok(geometry);
        }
        let (needed_width, needed_height) = Self::least(unit, tile, palette);
        let (needed_width, needed_height) =
            (needed_width.max(MIN_SIDE), needed_height.max(MIN_SIDE));
        Err(GeometryError::TooSmall { width, height, tile, needed_width, needed_height })
    }

    /// Least width and height of a frame, in pixels.
    fn least(unit: usize, tile: usize, palette: Palette) -> (usize, usize) {
        let planes = palette.header_planes();
        let width = (2 * FINDER_BOX_UNITS + HEADER_COLUMNS) * unit;
        let height = (FINDER_BOX_UNITS + HEADER_ROWS * planes).max(2 * FINDER_BOX_UNITS) * unit;
        let around = 2 * Self::border_of(unit) + 8 * tile;
        (width + around, height + around)
    }

    /// Whether finders and header leave room, and no number is out of range.
    pub(crate) fn is_valid(&self) -> bool {
        let (tile, unit) = (usize::from(self.tile), usize::from(self.unit));
        let (width, height) = Self::least(unit, tile, self.palette);
        (1..=MAX_TILE).contains(&tile)
            && (3..=16).contains(&unit)
            && usize::from(self.columns) * tile + 2 * self.border() >= width
            && usize::from(self.rows) * tile + 2 * self.border() >= height
            && usize::from(self.columns) * tile <= MAX_SIDE
            && usize::from(self.rows) * tile <= MAX_SIDE
    }

    /// Dark pixels around the grid.
    pub fn border(&self) -> usize {
        Self::border_of(self.unit.into())
    }

    fn border_of(unit: usize) -> usize {
        (unit / 2).max(2)
    }

    /// Width and height of the grid, in pixels.
    pub(crate) fn grid_size(&self) -> (usize, usize) {
        let tile = usize::from(self.tile);
        (usize::from(self.columns) * tile, usize::from(self.rows) * tile)
    }

    /// Width and height of the frame with its border, in pixels.
    pub fn picture_size(&self) -> (usize, usize) {
        let (width, height) = self.grid_size();
        (width + 2 * self.border(), height + 2 * self.border())
    }

    /// Cells of one copy of the header: all planes, rows from the top, [`HEADER_COLUMNS`] a row.
    pub fn header_cells(&self) -> usize {
        self.header_rows() * HEADER_COLUMNS
    }

    /// Rows of header cells, of all planes.
    pub(crate) fn header_rows(&self) -> usize {
        HEADER_ROWS * self.palette.header_planes()
    }

    /// Distance of a finder's centre from the two sides of the grid next to it, in pixels.
    pub fn finder_inset(&self) -> usize {
        FINDER_UNITS / 2 * usize::from(self.unit)
    }
}

/// What a tile is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileKind {
    /// Covered by a finder or its separator.
    Finder,
    /// Covered by header cells.
    Header,
    /// Part of an alignment mark.
    Mark,
    /// A symbol that the receiver knows.
    Pilot,
    /// A symbol of the payload.
    Data,
}

/// The use of every tile of a frame.
#[derive(Clone, Debug)]
pub struct Layout {
    geometry: Geometry,
    kinds: Vec<TileKind>,
    data: Vec<u32>,
    pilots: Vec<u32>,
    marks: Vec<(u16, u16)>,
}

impl Layout {
    /// The layout of a valid geometry.
    pub fn new(geometry: Geometry) -> Self {
        let tiles = usize::from(geometry.columns) * usize::from(geometry.rows);
        let mut layout = Self {
            geometry,
            kinds: vec![TileKind::Data; tiles],
            data: Vec::new(),
            pilots: Vec::new(),
            marks: Vec::new(),
        };
        layout.reserve_corners();
        layout.reserve_marks();
        layout.place_pilots();
        layout.data = layout.tiles_of(TileKind::Data);
        layout.pilots = layout.tiles_of(TileKind::Pilot);
        layout
    }

    /// The numbers it follows from.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Tiles in a row.
    pub fn columns(&self) -> usize {
        self.geometry.columns.into()
    }

    /// Rows of tiles.
    pub fn rows(&self) -> usize {
        self.geometry.rows.into()
    }

    /// The use of each tile, in scan order (rows from the top, each from the left).
    pub fn kinds(&self) -> &[TileKind] {
        &self.kinds
    }

    /// Data tiles, as positions in scan order, ascending.
    pub fn data(&self) -> &[u32] {
        &self.data
    }

    /// Pilots, likewise.
    pub fn pilots(&self) -> &[u32] {
        &self.pilots
    }

    /// Column and row of the centre tile of each alignment mark.
    pub(crate) fn marks(&self) -> &[(u16, u16)] {
        &self.marks
    }

    /// The middle of the header's first copy, in tiles; the second one is turned around the grid's
    /// centre.
    pub(crate) fn header_middle(&self) -> [f32; 2] {
        let unit = f32::from(self.geometry.unit) / f32::from(self.geometry.tile);
        let across = FINDER_BOX_UNITS as f32 + HEADER_COLUMNS as f32 / 2.0;
        [across * unit, self.geometry.header_rows() as f32 / 2.0 * unit]
    }

    /// The tiles of all alignment marks, as positions in scan order, and whether each is bright: a
    /// ring of one tile, dark in it and around it.
    pub(crate) fn mark_tiles(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        const HALF: usize = MARK / 2;
        self.marks.iter().flat_map(move |&(column, row)| {
            (0..MARK * MARK).map(move |i| {
                let (dx, dy) = (i % MARK, i / MARK);
                let (x, y) = (usize::from(column) + dx - HALF, usize::from(row) + dy - HALF);
                let ring = dx.abs_diff(HALF).max(dy.abs_diff(HALF)) == 1;
                (y * self.columns() + x, ring)
            })
        })
    }

    fn tiles_of(&self, kind: TileKind) -> Vec<u32> {
        (0u32..).zip(&self.kinds).filter(|(_, k)| **k == kind).map(|(tile, _)| tile).collect()
    }

    /// Gives a rectangle of tiles, and the one that it becomes by turning the frame upside down,
    /// to `kind`.
    fn reserve_twice(&mut self, x: usize, y: usize, width: usize, height: usize, kind: TileKind) {
        let last = self.kinds.len() - 1;
        for row in y..y + height {
            for column in x..x + width {
                let tile = row * self.columns() + column;
                self.kinds[tile] = kind;
                self.kinds[last - tile] = kind;
            }
        }
    }

    fn reserve_corners(&mut self) {
        let (tile, unit) = (usize::from(self.geometry.tile), usize::from(self.geometry.unit));
        let side = (FINDER_BOX_UNITS * unit).div_ceil(tile);
        let header_end = ((FINDER_BOX_UNITS + HEADER_COLUMNS) * unit).div_ceil(tile);
        let header_rows = (self.geometry.header_rows() * unit).div_ceil(tile);
        let right = self.columns() - side;
        self.reserve_twice(side, 0, header_end - side, header_rows, TileKind::Header);
        self.reserve_twice(0, 0, side, side, TileKind::Finder);
        self.reserve_twice(right, 0, side, side, TileKind::Finder);
    }

    fn reserve_marks(&mut self) {
        let pitch = (MARK_PITCH / usize::from(self.geometry.tile)).max(2 * MARK);
        let half = MARK / 2;
        let free = |layout: &Self, column: usize, row: usize| {
            let around = |centre: usize, limit: usize| {
                centre.saturating_sub(half + 1)..=(centre + half + 1).min(limit - 1)
            };
            around(row, layout.rows()).all(|row| {
                around(column, layout.columns())
                    .all(|column| layout.kinds[row * layout.columns() + column] == TileKind::Data)
            })
        };
        for row in mark_centres(self.rows(), pitch) {
            for column in mark_centres(self.columns(), pitch) {
                if free(self, column, row) {
                    for y in row - half..=row + half {
                        let start = y * self.columns() + column - half;
                        self.kinds[start..start + MARK].fill(TileKind::Mark);
                    }
                    self.marks.push((column as u16, row as u16));
                }
            }
        }
    }

    fn place_pilots(&mut self) {
        for row in (PILOT_PITCH / 2..self.rows()).step_by(PILOT_PITCH) {
            for column in (PILOT_PITCH / 2..self.columns()).step_by(PILOT_PITCH) {
                let kind = &mut self.kinds[row * usize::from(self.geometry.columns) + column];
                if *kind == TileKind::Data {
                    *kind = TileKind::Pilot;
                }
            }
        }
    }
}

/// Centres of marks along a side of `tiles` tiles: evenly spaced, at most `pitch` apart, the outer
/// ones one tile from the edge.
fn mark_centres(tiles: usize, pitch: usize) -> impl Iterator<Item = usize> + Clone {
    let first = MARK / 2 + 1;
    let span = tiles - 1 - 2 * first;
    let steps = span.div_ceil(pitch);
    (0..=steps).map(move |i| first + (i * span + steps / 2) / steps)
}
