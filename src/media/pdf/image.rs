//! A picture of a page, in its own pixels (ISO 32000-1, 8.9).

use super::colour::{Samples, Space, numbers};
use super::content::Image;
use super::error::PdfError;
use super::jbig2;
use super::object::{Dict, Object};
use super::objects::{Coding, Objects, Stream, Unpacked};
use crate::media::bilevel::{Fax, fax};
use crate::media::picture::{check_size, limits};
use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};
use std::io::Cursor;

/// Bytes a pixel while a picture is read: its colours, its ink if it is a stencil, the coefficients of
/// JPEG, the bits of what is black and white, and both pictures when one covers the other.
const RGB_BYTES: u64 = 3;
const INK_BYTES: u64 = 1;
const JPEG_BYTES: u64 = 6;
const BILEVEL_BYTES: u64 = 2;
const COVERED_BYTES: u64 = 11;

/// What is said of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) size: (u32, u32),
    /// Pixels that it has when it is read, as many as the larger of itself and what covers it; and
    /// bytes that reading it takes.
    pub(super) pixels: u64,
    pub(super) reading: u64,
    /// Bytes of the file that it is in.
    pub(super) length: u64,
}

/// The pixels of a picture, and where they count: white ones everywhere if there is nothing.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
    /// How much of the page each pixel covers.
    pub(super) cover: Option<Vec<u8>>,
}

/// What is said of an image.
pub(super) fn head(objects: &mut Objects<'_>, image: &Image) -> Result<Head, PdfError> {
    let dict = match image {
        Image::Named(object) => objects.dict(object)?,
        Image::Inline(stream) => stream.dict.clone(),
    };
    let size = size(objects, &dict)?;
    let mut pixels = u64::from(size.0) * u64::from(size.1);
    let mut each = held(objects, &dict)?;
    // Of unknown length: as many as there may be.
    let most = objects.file.length;
    let mut length = match image {
        Image::Named(_) => objects.entry(&dict, "Length")?.count().unwrap_or(most),
        Image::Inline(stream) => stream.raw.len() as u64,
    };
    for key in ["SMask", "Mask"] {
        let cover = objects.dict(dict.get(key))?;
        if cover != Dict::default() {
            let size = self::size(objects, &cover)?;
            pixels = pixels.max(u64::from(size.0) * u64::from(size.1));
            each = each.max(RGB_BYTES + held(objects, &cover)?).max(COVERED_BYTES);
            let cover = objects.entry(&cover, "Length")?.count().unwrap_or(most);
            length = length.saturating_add(cover);
        }
    }
    let length = length.min(most);
    Ok(Head { size, pixels, reading: pixels * each, length })
}

/// Bits a pixel that the samples of a picture have at most.
fn sample_bits(objects: &mut Objects<'_>, dict: &Dict) -> Result<u64, PdfError> {
    if objects.resolve(dict.either("ImageMask", "IM"))? == Object::Bool(true) {
        return Ok(1);
    }
    let bits = objects.resolve(dict.either("BitsPerComponent", "BPC"))?.count();
    let bits = bits.filter(|bits| matches!(bits, 1 | 2 | 4 | 16)).unwrap_or(8);
    let colours = objects.resolve(dict.either("ColorSpace", "CS"))?;
    Ok(bits * Space::most_samples(&colours))
}

/// Bytes a pixel that are held while a picture is read.
fn held(objects: &mut Objects<'_>, dict: &Dict) -> Result<u64, PdfError> {
    let filters = objects.list(dict.either("Filter", "F"))?;
    let is_coded = |coding| filters.iter().any(|filter| Coding::of(filter.name()) == Some(coding));
    if is_coded(Coding::Jpeg) {
        return Ok(RGB_BYTES + JPEG_BYTES);
    }
    let bilevel = match is_coded(Coding::Fax) || is_coded(Coding::Jbig2) {
        true => BILEVEL_BYTES,
        false => 0,
    };
    let samples = sample_bits(objects, dict)?.div_ceil(8);
    // What a filter gives is there until the next one is done.
    let copies = if filters.len() > 1 { 2 } else { 1 };
    Ok(RGB_BYTES + INK_BYTES + bilevel + samples * copies)
}

fn size(objects: &mut Objects<'_>, dict: &Dict) -> Result<(u32, u32), PdfError> {
    let mut side = |key, short| -> Result<u32, PdfError> {
        let side = objects.resolve(dict.either(key, short))?.count().unwrap_or(0);
        Ok(u32::try_from(side).unwrap_or(u32::MAX))
    };
    let (width, height) = (side("Width", "W")?, side("Height", "H")?);
    check_size(width, height)?;
    Ok((width, height))
}

/// Reads an image, of which [`head`] has been read.
pub(super) fn read(
    objects: &mut Objects<'_>,
    image: &Image,
    ink: [u8; 3],
) -> Result<Layer, PdfError> {
    let stream = match image {
        Image::Inline(stream) => stream.clone(),
        Image::Named(object) => {
            objects.stream(object)?.ok_or(PdfError::Damaged("a picture without data"))?
        }
    };
    let mut layer = layer(objects, &stream, ink)?;
    for key in ["SMask", "Mask"] {
        let Some(cover) = objects.stream(stream.dict.get(key))? else { continue };
        let cover = self::layer(objects, &cover, [0; 3])?;
        layer.covered(cover);
        break;
    }
    Ok(layer)
}

/// The picture of a stream, without what covers it.
fn layer(objects: &mut Objects<'_>, stream: &Stream, ink: [u8; 3]) -> Result<Layer, PdfError> {
    let dict = &stream.dict;
    let (width, height) = size(objects, dict)?;
    let (width, height) = (width as usize, height as usize);
    let is_stencil = objects.resolve(dict.either("ImageMask", "IM"))? == Object::Bool(true);
    let decode = numbers(objects, dict, "Decode", "D")?;
    let bits = objects.resolve(dict.either("BitsPerComponent", "BPC"))?.count().unwrap_or(8);
    let row_bytes = (width * sample_bits(objects, dict)? as usize).div_ceil(8);
    let mut unpacked = objects.unpack(stream, row_bytes * height)?;
    let is_inverted = matches!(decode.as_slice(), [low, high, ..] if low > high);
    if unpacked.coding == Coding::Jpeg {
        return jpeg(unpacked.bytes, (width, height), is_inverted && decode.len() <= 6);
    }
    let is_bilevel = unpacked.coding != Coding::Plain;
    if is_bilevel {
        unpacked.bytes = two_levels(objects, &unpacked, (width, height))?;
    }
    if is_stencil {
        return Ok(stencil(&unpacked.bytes, (width, height), is_inverted, ink));
    }
    let space = match dict.either("ColorSpace", "CS") {
        Object::Null => Space::Grey,
        object => Space::of(objects, object)?,
    };
    let samples = Samples::new(space, if is_bilevel { 1 } else { bits as usize }, &decode);
    let mut rgb = vec![255; width * height * 3];
    let rows = unpacked.bytes.chunks(samples.row_bytes(width).max(1));
    for (colours, row) in rgb.chunks_exact_mut(width * 3).zip(rows) {
        // Of the row that is cut off nothing is known.
        if row.len() == samples.row_bytes(width) {
            samples.colours(row, colours);
        }
    }
    Ok(Layer { width, height, rgb, cover: None })
}

/// The bits of a picture of black and white, 1 for white.
fn two_levels(
    objects: &mut Objects<'_>,
    unpacked: &Unpacked,
    size: (usize, usize),
) -> Result<Vec<u8>, PdfError> {
    let parameters = &unpacked.parameters;
    if unpacked.coding == Coding::Jbig2 {
        let globals = match objects.stream(parameters.get("JBIG2Globals"))? {
            Some(stream) => objects.unpack(&stream, jbig2::MAX_GLOBALS)?.plain()?,
            None => Vec::new(),
        };
        return jbig2::read(&unpacked.bytes, &globals, size);
    }
    let mut value = |key| objects.entry(parameters, key);
    let coded = Fax {
        k: value("K")?.number().unwrap_or(0.0),
        columns: value("Columns")?.count().unwrap_or(1728),
        ends: value("EndOfBlock")? != Object::Bool(false),
        aligned: value("EncodedByteAlign")? == Object::Bool(true),
        black_is_1: value("BlackIs1")? == Object::Bool(true),
    };
    let damaged = PdfError::Damaged("a fax that cannot be unpacked");
    fax(&unpacked.bytes, &coded, size).ok_or(damaged)
}

fn jpeg(bytes: Vec<u8>, size: (usize, usize), is_inverted: bool) -> Result<Layer, PdfError> {
    let read = || -> Result<DynamicImage, image::ImageError> {
        let mut decoder = JpegDecoder::new(Cursor::new(bytes))?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        decoder.set_limits(limits())?;
        if pixels > (size.0 * size.1) as u64 {
            let kind = image::error::LimitErrorKind::DimensionError;
            return Err(image::ImageError::Limits(image::error::LimitError::from_kind(kind)));
        }
        DynamicImage::from_decoder(decoder)
    };
    let rgb = read().map_err(crate::media::PictureError::from)?.into_rgb8();
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    let mut rgb = rgb.into_raw();
    if is_inverted {
        rgb.iter_mut().for_each(|value| *value = 255 - *value);
    }
    Ok(Layer { width, height, rgb, cover: None })
}

/// Ink where samples are 0, or 1 if it is inverted.
fn stencil(bits: &[u8], (width, height): (usize, usize), is_inverted: bool, ink: [u8; 3]) -> Layer {
    let row_bytes = width.div_ceil(8);
    let mut cover = vec![0; width * height];
    for (cover, row) in cover.chunks_exact_mut(width).zip(bits.chunks_exact(row_bytes)) {
        for (x, cover) in cover.iter_mut().enumerate() {
            let bit = row.get(x / 8).is_some_and(|byte| byte >> (7 - x % 8) & 1 == 1);
            *cover = if bit == is_inverted { 255 } else { 0 };
        }
    }
    let rgb = ink.iter().copied().cycle().take(width * height * 3).collect();
    Layer { width, height, rgb, cover: Some(cover) }
}

impl Layer {
    /// Counts only where another layer does, in the pixels of the larger one.
    fn covered(&mut self, by: Self) {
        let values = match by.cover {
            Some(cover) => cover,
            None => by.rgb.as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect(),
        };
        let (from, to) = ((by.width, by.height), (self.width, self.height));
        if from.0 * from.1 > to.0 * to.1 {
            self.rgb = resized::<3>(&self.rgb, to, from);
            (self.width, self.height) = from;
            self.cover = Some(values);
        } else {
            self.cover = Some(resized::<1>(&values, from, to));
        }
    }

    /// The pixels on a white page.
    pub(super) fn on_white(mut self) -> Vec<u8> {
        let pixels = self.rgb.as_chunks_mut::<3>().0;
        for (pixel, cover) in pixels.iter_mut().zip(self.cover.iter().flatten()) {
            *pixel = pixel.map(|value| over(255, value, *cover));
        }
        self.rgb
    }
}

/// A value that covers another.
pub(super) fn over(below: u8, above: u8, cover: u8) -> u8 {
    let (below, above, cover) = (u16::from(below), u16::from(above), u16::from(cover));
    ((below * (255 - cover) + above * cover) / 255) as u8
}

/// Pixels of `N` bytes, in another number of columns and rows.
fn resized<const N: usize>(
    pixels: &[u8],
    (width, height): (usize, usize),
    (columns, rows): (usize, usize),
) -> Vec<u8> {
    let pixels = pixels.as_chunks::<N>().0;
    let mut resized = Vec::with_capacity(columns * rows * N);
    for row in 0..rows {
        let from = row * height / rows * width;
        for column in 0..columns {
            resized.extend(pixels.get(from + column * width / columns).unwrap_or(&[255; N]));
        }
    }
    resized
}
