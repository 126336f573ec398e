//! Frames as the outputs want them: made on the threads that draw.

use crate::frame::{CellRun, pack_cells};
use crate::raster::{
    Effort, GifFrame, IndexedFrame, gif_frame, palette_rgb, write_frame, y4m_frame,
};

/// The form that an output wants frames in.
#[derive(Clone, Debug)]
pub enum Rendering {
    /// A PNG file each.
    Png(Effort),
    /// Frames of a Y4M stream.
    Y4m,
    /// 3 bytes a pixel.
    Rgb,
    /// Compressed frames of a GIF file.
    Gif,
    /// As they are.
    Plain,
    /// Symbols of these squares, of 1 or 3 bits.
    Cells(Vec<CellRun>, usize),
}

/// A frame in one of these forms.
pub enum Piece {
    /// All forms but these:
    Bytes(Vec<u8>),
    /// [`Rendering::Gif`].
    Gif(GifFrame),
    /// [`Rendering::Plain`].
    Frame(IndexedFrame),
}

impl Rendering {
    /// A frame in this form.
    ///
    /// # Errors
    /// If the PNG encoder fails.
    pub fn render(&self, frame: IndexedFrame) -> std::io::Result<Piece> {
        Ok(match self {
            Self::Png(effort) => {
                let mut png = Vec::new();
                write_frame(&frame, *effort, &mut png)?;
                Piece::Bytes(png)
            }
            Self::Y4m => Piece::Bytes(y4m_frame(&frame)),
            Self::Rgb => {
                let pixels = frame.pixels.iter().flat_map(|&pixel| palette_rgb(pixel));
                Piece::Bytes(pixels.collect())
            }
            Self::Gif => Piece::Gif(gif_frame(&frame)),
            Self::Plain => Piece::Frame(frame),
            Self::Cells(runs, bits) => Piece::Bytes(pack_cells(&frame, runs, *bits)),
        })
    }
}
