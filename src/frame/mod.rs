//! The frame as a picture: where everything lies ([`Layout`]), drawing it ([`draw()`]), and finding
//! it again in a picture.
//!
//! Above it, [`crate::modem`] gives tiles their symbols and reads samples; below it,
//! [`crate::raster`] has pixels. Receiving goes in steps with a type each: finder candidates
//! ([`find_finders`]), hypotheses which four of them are a frame ([`hypotheses`]), and, once the
//! header has been read and the layout is known, the place of every tile ([`Mesh`]).

mod caption;
mod cells;
mod draw;
mod finder;
mod layout;
mod locate;
mod mesh;
mod palette;

pub(crate) use caption::{CAPTION_HEIGHT, draw_caption};
pub use cells::{CellRun, Cells};
pub use draw::draw;
pub use finder::{Finder, FinderKind, Neighbourhood, find_finders};
pub(crate) use finder::{FinderSearch, MAX_FINDERS};
pub use layout::{Geometry, GeometryError, Layout, TileKind};
pub(crate) use layout::{HEADER_COLUMNS, HEADER_ROWS, MARK, MAX_SIDE};
pub(crate) use locate::hypotheses;
pub use locate::{HeaderPlace, Hypothesis};
pub(crate) use mesh::{Grid, KnownTile};
pub use mesh::{Mesh, MeshQuality, Samples};
pub use palette::Palette;
