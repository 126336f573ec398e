//! What whoever shows the frames of a transfer is told of them beforehand.

use crate::frame::Cells;
use std::sync::Arc;

/// What all frames of a transfer are like, and how many there are.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Name of the file that is sent; `-` if it has none.
    pub name: String,
    /// Bytes of it; 0 if that is not known.
    pub bytes: u64,
    /// Width and height of a frame, in pixels.
    pub size: (usize, usize),
    /// Frames of the transfer.
    pub frames: u64,
    /// Side of a tile, in pixels.
    pub tile: usize,
    /// Dark pixels around the tiles.
    pub border: usize,
    /// How frames are drawn from their symbols alone, if they can be.
    pub cells: Option<Arc<Cells>>,
}
