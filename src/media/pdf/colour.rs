//! Samples to colours (ISO 32000-1, 8.6 and 8.9.5): the plain ones of screens and printers, and
//! palettes of them. Nobody's profile is asked: frames are told by contrast.

use super::error::PdfError;
use super::object::{Dict, Object};
use super::objects::Objects;

/// Colours that are made of others.
const MAX_DEPTH: usize = 4;
/// Bytes of a palette.
const MAX_PALETTE: usize = 3 * 256 * 4;

/// What samples mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Space {
    Grey,
    Rgb,
    Cmyk,
    /// One ink.
    Tint,
    Palette(Vec<[u8; 3]>),
}

impl Space {
    pub(super) fn of(objects: &mut Objects<'_>, object: &Object) -> Result<Self, PdfError> {
        Self::within(objects, object, MAX_DEPTH)
    }

    fn within(objects: &mut Objects<'_>, object: &Object, depth: usize) -> Result<Self, PdfError> {
        const UNKNOWN: PdfError = PdfError::Unread("a picture in colours that nobody knows");
        let depth = depth.checked_sub(1).ok_or(UNKNOWN)?;
        let resolved = objects.resolve(object)?;
        let part = |number: usize| resolved.array().get(number).unwrap_or(&Object::Null);
        let name = match &resolved {
            Object::Array(_) => part(0).name(),
            one => one.name(),
        };
        Ok(match name {
            b"DeviceGray" | b"G" | b"CalGray" => Self::Grey,
            b"DeviceRGB" | b"RGB" | b"CalRGB" | b"Lab" => Self::Rgb,
            b"DeviceCMYK" | b"CMYK" => Self::Cmyk,
            b"Separation" => Self::Tint,
            b"ICCBased" => {
                let dict = objects.dict(part(1))?;
                Self::of_count(objects.entry(&dict, "N")?.count()).ok_or(UNKNOWN)?
            }
            b"DeviceN" => match objects.resolve(part(1))?.array().len() {
                1 => Self::Tint,
                count => Self::of_count(Some(count as u64)).ok_or(UNKNOWN)?,
            },
            b"Indexed" | b"I" => {
                let base = Self::within(objects, part(1), depth)?;
                let bytes = match objects.resolve(part(3))? {
                    Object::Text(bytes) => bytes,
                    _ => match objects.stream(part(3))? {
                        Some(stream) => objects.unpack(&stream, MAX_PALETTE)?.plain()?,
                        None => return Err(UNKNOWN),
                    },
                };
                let colours = bytes.chunks_exact(base.count()).take(256);
                Self::Palette(colours.map(|colour| base.colour(colour)).collect())
            }
            _ => return Err(UNKNOWN),
        })
    }

    fn of_count(count: Option<u64>) -> Option<Self> {
        match count? {
            1 => Some(Self::Grey),
            3 => Some(Self::Rgb),
            4 => Some(Self::Cmyk),
            _ => None,
        }
    }

    /// Samples of a pixel at most, by what is seen of colours at once.
    pub(super) fn most_samples(resolved: &Object) -> u64 {
        let named = resolved.array().first().unwrap_or(resolved);
        match named.name() {
            b"DeviceGray" | b"G" | b"CalGray" | b"Separation" | b"Indexed" | b"I" => 1,
            b"DeviceRGB" | b"RGB" | b"CalRGB" | b"Lab" => 3,
            _ if resolved == &Object::Null => 1,
            _ => 4,
        }
    }

    /// Samples of a pixel.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Grey | Self::Tint | Self::Palette(_) => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }

    /// A colour of samples from 0 to 255.
    fn colour(&self, samples: &[u8]) -> [u8; 3] {
        match (self, samples) {
            (Self::Grey, &[grey, ..]) => [grey; 3],
            (Self::Tint, &[ink, ..]) => [255 - ink; 3],
            (Self::Rgb, &[red, green, blue, ..]) => [red, green, blue],
            (Self::Cmyk, &[cyan, magenta, yellow, black, ..]) => {
                let left = |ink: u8| u16::from(255 - ink) * u16::from(255 - black) / 255;
                [cyan, magenta, yellow].map(|ink| left(ink) as u8)
            }
            (Self::Palette(colours), &[index, ..]) => {
                let last = colours.last().copied().unwrap_or_default();
                colours.get(usize::from(index)).copied().unwrap_or(last)
            }
            _ => [0; 3],
        }
    }
}

/// Samples of a picture and what they mean.
#[derive(Debug)]
pub(super) struct Samples {
    space: Space,
    bits: usize,
    /// What each value of a sample stands for: the higher byte of those of 16 bits.
    levels: Vec<[u8; 256]>,
}

impl Samples {
    /// Samples of so many bits, in the ranges that `decode` says.
    pub(super) fn new(space: Space, bits: usize, decode: &[f64]) -> Self {
        let bits = if matches!(bits, 1 | 2 | 4 | 16) { bits } else { 8 };
        let highest = f64::from((1u32 << bits.min(8)) - 1);
        let is_palette = matches!(space, Space::Palette(_));
        let (whole, full) = if is_palette { (highest, 1.0) } else { (1.0, 255.0) };
        let level = |number: usize, value: f64| {
            let at = |at: usize, otherwise: f64| decode.get(at).copied().unwrap_or(otherwise);
            let (low, high) = (at(2 * number, 0.0), at(2 * number + 1, whole));
            ((low + value / highest * (high - low)) * full).round().clamp(0.0, 255.0) as u8
        };
        let levels = (0..space.count())
            .map(|number| std::array::from_fn(|value| level(number, value as f64)))
            .collect();
        Self { space, bits, levels }
    }

    /// Bytes of a row.
    pub(super) fn row_bytes(&self, width: usize) -> usize {
        (width * self.space.count() * self.bits).div_ceil(8)
    }

    /// The colours of a row.
    pub(super) fn colours(&self, row: &[u8], rgb: &mut [u8]) {
        let pixels = rgb.as_chunks_mut::<3>().0;
        if let [levels] = self.levels.as_slice() {
            let colours: Vec<_> = levels.iter().map(|level| self.space.colour(&[*level])).collect();
            for (x, pixel) in pixels.iter_mut().enumerate() {
                *pixel = colours.get(self.sample(row, x)).copied().unwrap_or_default();
            }
            return;
        }
        let count = self.levels.len();
        for (x, pixel) in pixels.iter_mut().enumerate() {
            let mut samples = [0; 4];
            for ((sample, levels), number) in samples.iter_mut().zip(&self.levels).zip(x * count..)
            {
                *sample = levels.get(self.sample(row, number)).copied().unwrap_or_default();
            }
            *pixel = self.space.colour(&samples);
        }
    }

    fn sample(&self, row: &[u8], number: usize) -> usize {
        let bit = number * self.bits;
        let byte = usize::from(row.get(bit / 8).copied().unwrap_or_default());
        match self.bits {
            8 | 16 => byte,
            bits => byte >> (8 - bits - bit % 8) & ((1 << bits) - 1),
        }
    }
}

/// The numbers of an entry.
pub(super) fn numbers(
    objects: &mut Objects<'_>,
    dict: &Dict,
    key: &str,
    short: &str,
) -> Result<Vec<f64>, PdfError> {
    let found = objects.resolve(dict.either(key, short))?;
    Ok(found.array().iter().filter_map(Object::number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_all_widths_are_colours() {
        let colours = |space: Space, bits: usize, decode: &[f64], row: &[u8]| {
            let mut rgb = vec![0; 6];
            Samples::new(space, bits, decode).colours(row, &mut rgb);
            rgb
        };
        assert_eq!(colours(Space::Grey, 1, &[], &[0b0100_0000]), [0, 0, 0, 255, 255, 255]);
        assert_eq!(colours(Space::Grey, 1, &[1.0, 0.0], &[0b0100_0000]), [255, 255, 255, 0, 0, 0]);
        assert_eq!(colours(Space::Grey, 4, &[], &[0xF3]), [255, 255, 255, 51, 51, 51]);
        assert_eq!(colours(Space::Tint, 8, &[], &[0, 200]), [255, 255, 255, 55, 55, 55]);
        assert_eq!(colours(Space::Grey, 16, &[], &[7, 1, 9, 2]), [7, 7, 7, 9, 9, 9]);
        assert_eq!(colours(Space::Rgb, 8, &[], &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
        let cmyk = [0, 255, 0, 0, 0, 0, 0, 255];
        assert_eq!(colours(Space::Cmyk, 8, &[], &cmyk), [255, 0, 255, 0, 0, 0]);
        let palette = Space::Palette(vec![[9, 8, 7], [1, 2, 3]]);
        assert_eq!(colours(palette.clone(), 1, &[], &[0x40]), [9, 8, 7, 1, 2, 3]);
        assert_eq!(colours(palette, 2, &[], &[0b1101_0000]), [1, 2, 3, 1, 2, 3]);
    }
}
