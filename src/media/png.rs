//! Frames to PNG files: indexed, four bits a pixel, which costs a twentieth of the time that RGB
//! takes.

use crate::raster::{IndexedFrame, Picture};
use png::{
    BitDepth, ColorType, Compression, Encoder, EncodingError, Filter, PixelDimensions, Unit,
};

/// What each PNG file begins with.
pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Dots a metre of what is printed: 300 an inch.
const DOTS_PER_METRE: u32 = 11_811;

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
    write(encoder, &packed(frame))?;
    Ok(png)
}

/// A frame as a PNG file for printers: a bit a pixel where there are no colours, and how large it is. Each
/// of its pixels, a dot of 300 an inch, is a square of `scale` pixels a side.
///
/// # Errors
/// If the encoder fails, for want of memory.
pub(super) fn encode_printed(frame: &IndexedFrame, scale: usize) -> std::io::Result<Vec<u8>> {
    let mut png = Vec::new();
    let (width, height) = (frame.width * scale, frame.height * scale);
    let mut encoder = Encoder::new(&mut png, width as u32, height as u32);
    let grey = |&pixel: &u8| pixel == IndexedFrame::BLACK || pixel == IndexedFrame::WHITE;
    let bits = if frame.pixels.iter().all(grey) { 1 } else { 4 };
    if bits == 1 {
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
    } else {
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Four);
        encoder.set_palette(palette());
    }
    encoder.set_compression(Compression::Balanced);
    // A row that repeats is found as it is; differences would make the first ones longer by a quarter.
    encoder.set_filter(Filter::NoFilter);
    let (xppu, yppu) = (DOTS_PER_METRE * scale as u32, DOTS_PER_METRE * scale as u32);
    encoder.set_pixel_dims(Some(PixelDimensions { xppu, yppu, unit: Unit::Meter }));
    write(encoder, &enlarged(frame, bits, scale))?;
    Ok(png)
}

fn write(encoder: Encoder<'_, &mut Vec<u8>>, data: &[u8]) -> std::io::Result<()> {
    let write = || {
        let mut writer = encoder.write_header()?;
        writer.write_image_data(data)?;
        writer.finish()
    };
    write().map_err(io_error)
}

/// A colour picture as a PNG file.
///
/// # Errors
/// If the encoder fails, for want of memory.
pub(crate) fn encode_rgb_png(picture: &Picture) -> std::io::Result<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, picture.width() as u32, picture.height() as u32);
    encoder.set_color(ColorType::Rgb);
    write(encoder, picture.rgb())?;
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

/// The pixels as squares of `scale` a side, of as many bits each as there are, each row from a whole byte
/// on.
fn enlarged(frame: &IndexedFrame, bits: usize, scale: usize) -> Vec<u8> {
    let row_bytes = (frame.width * scale * bits).div_ceil(8);
    let mut packed = Vec::with_capacity(row_bytes * frame.height * scale);
    for row in frame.pixels.chunks_exact(frame.width.max(1)) {
        let pixels: Vec<u8> =
            row.iter().flat_map(|&pixel| std::iter::repeat_n(pixel, scale)).collect();
        let byte = |together: &[u8]| {
            let low = (1 << bits) - 1;
            let places = together.iter().enumerate();
            places.fold(0, |byte, (at, pixel)| byte | (pixel & low) << (8 - bits * (at + 1)))
        };
        let start = packed.len();
        packed.extend(pixels.chunks(8 / bits).map(byte));
        let end = packed.len();
        (1..scale).for_each(|_| packed.extend_from_within(start..end));
    }
    packed
}

/// Kind and data of each chunk of a PNG file.
pub(super) fn chunks(png: &[u8]) -> std::io::Result<Vec<([u8; 4], &[u8])>> {
    let broken = || std::io::Error::other("a frame that is no PNG file");
    let mut rest = png.strip_prefix(&SIGNATURE).ok_or_else(broken)?;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk().ok_or_else(broken)?;
        let (kind, after) = after.split_first_chunk().ok_or_else(broken)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (data, after) = after.split_at_checked(length).ok_or_else(broken)?;
        let (_, after) = after.split_first_chunk::<4>().ok_or_else(broken)?;
        chunks.push((*kind, data));
        rest = after;
    }
    Ok(chunks)
}

fn io_error(error: EncodingError) -> std::io::Error {
    match error {
        EncodingError::IoError(error) => error,
        other => std::io::Error::other(other),
    }
}
