//! A frame as a picture in a PDF file: the compressed data of a PNG file are what such a picture has.

use super::sheet::SCALE;
use crate::media::png::chunks;
use pdf_writer::types::Predictor;
use pdf_writer::{Chunk, Filter, Finish, Name, Ref};
use std::io::{Error, Result};

/// A picture, as it is in its PNG file.
pub(super) struct Image {
    width: u32,
    height: u32,
    bits: u8,
    /// Three bytes a colour; nothing for black and white.
    palette: Option<Vec<u8>>,
    /// The pixels, compressed.
    data: Vec<u8>,
}

impl Image {
    /// The picture in a PNG file of one channel.
    pub(super) fn of_png(png: &[u8]) -> Result<Self> {
        let broken = || Error::other("a frame that cannot be a picture in a PDF file");
        let chunks = chunks(png)?;
        let all = |wanted: &[u8; 4]| {
            let found = chunks.iter().filter(|(kind, _)| kind == wanted);
            found.map(|(_, data)| *data).collect::<Vec<_>>().concat()
        };
        let header = all(b"IHDR");
        let (width, rest) = header.split_first_chunk().ok_or_else(broken)?;
        let (height, rest) = rest.split_first_chunk().ok_or_else(broken)?;
        let (&bits, rest) = rest.split_first().ok_or_else(broken)?;
        let palette = match rest {
            // Grey; of a palette; neither interlaced.
            [0, 0, 0, 0] => None,
            [3, 0, 0, 0] => Some(all(b"PLTE")),
            _ => return Err(broken()),
        };
        let (width, height) = (u32::from_be_bytes(*width), u32::from_be_bytes(*height));
        Ok(Self { width, height, bits, palette, data: all(b"IDAT") })
    }

    /// Width and height, in dots.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width as usize / SCALE, self.height as usize / SCALE)
    }

    /// The picture as an object.
    pub(super) fn chunk(&self, id: Ref) -> Chunk {
        let (width, height, bits) = (self.width as i32, self.height as i32, self.bits.into());
        let mut chunk = Chunk::with_capacity(self.data.len() + 1024);
        let mut image = chunk.image_xobject(id, &self.data);
        image.width(width).height(height).bits_per_component(bits).interpolate(false);
        match &self.palette {
            None => image.color_space().device_gray(),
            Some(palette) => {
                let last = (palette.len() / 3) as i32 - 1;
                image.color_space().indexed(Name(b"DeviceRGB"), last, palette);
            }
        }
        image.filter(Filter::FlateDecode);
        let mut parameters = image.decode_parms();
        parameters.predictor(Predictor::PngOptimum).colors(1).columns(width);
        parameters.bits_per_component(bits);
        parameters.finish();
        image.finish();
        chunk
    }
}
