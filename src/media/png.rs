//! Frames to PNG files: indexed, four bits a pixel, which costs a twentieth of the time that RGB
//! takes.

use crate::raster::{IndexedFrame, Picture};
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

/// The colours of all indices, three bytes each.
pub(super) fn palette() -> Vec<u8> {
    (0..IndexedFrame::COLOURS as u8).flat_map(IndexedFrame::rgb).collect()
}

/// How much time goes into making a PNG file small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A third of a millisecond for a frame of a thousand pixels a side.
    Fast,
    /// A third of the size, a hundred times the time.
    Small,
}

/// A frame as a PNG file.
///
/// # Errors
/// If the encoder fails, for want of memory.
pub fn encode_png(frame: &IndexedFrame, effort: Effort) -> std::io::Result<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, frame.width as u32, frame.height as u32);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Four);
    encoder.set_palette(palette());
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
    write().map_err(io_error)?;
    Ok(png)
}

/// A colour picture as a PNG file.
///
/// # Errors
/// If the encoder fails, for want of memory.
pub(crate) fn encode_rgb_png(picture: &Picture) -> std::io::Result<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, picture.width() as u32, picture.height() as u32);
    encoder.set_color(ColorType::Rgb);
    let write = || {
        let mut writer = encoder.write_header()?;
        writer.write_image_data(picture.rgb())?;
        writer.finish()
    };
    write().map_err(io_error)?;
    Ok(png)
}

/// The pixels as PNG wants them: two in a byte, each row from a whole byte on.
fn packed(frame: &IndexedFrame) -> Vec<u8> {
    let mut packed = Vec::with_capacity(frame.width.div_ceil(2) * frame.height);
    for row in frame.pixels.chunks_exact(frame.width.max(1)) {
        let pairs = row.chunks_exact(2);
        let last = pairs.remainder().first().map(|pixel| pixel << 4);
        packed.extend(pairs.map(|pair| pair[0] << 4 | pair[1]));
        packed.extend(last);
    }
    packed
}

fn io_error(error: EncodingError) -> std::io::Error {
    match error {
        EncodingError::IoError(error) => error,
        other => std::io::Error::other(other),
    }
}
