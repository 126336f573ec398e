//! Pictures in opposite brightness: dark modes and colour filters of screens, negatives.

use crate::frame::{Finder, hypotheses};
use crate::raster::Picture;

/// Larger pictures are not inverted: they would take their memory twice.
const MAX_PIXELS: usize = 40_000_000;
/// Pictures larger than the first are only inverted with at most so many finders.
const LARGE: usize = 4_000_000;
const MANY: usize = 16;

/// A way in which screens invert what they show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inversion {
    /// Every channel.
    Plain,
    /// Brightness alone, by turning all hues back by half a circle: what pages in dark mode do.
    Rotated,
    /// Lightness alone, the middle between the largest and the smallest channel.
    Lightness,
}

impl Inversion {
    pub(super) const ALL: [Self; 3] = [Self::Plain, Self::Rotated, Self::Lightness];

    /// The picture inverted, which undoes the inversion; `None` if it is too large.
    pub(super) fn of(self, picture: &Picture) -> Option<Picture> {
        let (width, height) = (picture.width(), picture.height());
        if width * height > MAX_PIXELS {
            return None;
        }
        let mut rgb = picture.rgb().to_vec();
        // One loop for each way: each vectorises.
        let pixels = rgb.as_chunks_mut::<3>().0;
        match self {
            Self::Plain => pixels.iter_mut().for_each(|p| *p = Self::Plain.pixel(*p)),
            Self::Rotated => pixels.iter_mut().for_each(|p| *p = Self::Rotated.pixel(*p)),
            Self::Lightness => pixels.iter_mut().for_each(|p| *p = Self::Lightness.pixel(*p)),
        }
        Picture::from_rgb(width, height, rgb)
    }

    #[inline]
    fn pixel(self, rgb: [u8; 3]) -> [u8; 3] {
        let [r, g, b] = rgb.map(i32::from);
        let by = match self {
            Self::Plain => return rgb.map(|value| 255 - value),
            // The weights of luminance in the matrix of hue-rotate, in 1/1000.
            Self::Rotated => 255 - 2 * (213 * r + 715 * g + 72 * b) / 1000,
            Self::Lightness => 255 - r.max(g).max(b) - r.min(g).min(b),
        };
        [r, g, b].map(|value| (value + by).clamp(0, 255) as u8)
    }
}

/// Whether finders of opposite brightness may be those of a frame. A large picture costs more to invert
/// than to search; what has so many such finders in it is text or another texture, and three of them
/// are chance.
pub(super) fn is_worth_inverting(picture: &Picture, inverted: &[Finder]) -> bool {
    let fewest = if picture.width() * picture.height() > LARGE { 4 } else { 3 };
    let most = if fewest > 3 { MANY } else { usize::MAX };
    (fewest..=most).contains(&inverted.len()) && !hypotheses(inverted).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_is_as_before_where_nothing_is_cut_off() {
        for inversion in Inversion::ALL {
            for rgb in [[0; 3], [255; 3], [120, 100, 140]] {
                let twice = inversion.pixel(inversion.pixel(rgb));
                assert!(twice.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 2), "{inversion:?}");
            }
        }
        assert_eq!(Inversion::Plain.pixel([255, 0, 10]), [0, 255, 245]);
        assert_eq!(Inversion::Lightness.pixel([255, 0, 0]), [255, 0, 0]);
        let [r, g, b] = Inversion::Rotated.pixel([0, 255, 0]);
        assert!(r == 0 && b == 0 && g > 100, "green stays green");
    }
}
