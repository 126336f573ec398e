//! Why codewords of a capture did not decode, so that people know what to do.

use crate::frame::{Layout, Samples};
use crate::inner::information;
use crate::raster::Grey;
use crate::reading::{Cause, Measures, Part};

/// Below this many picture pixels a tile, blur of any lens leaves nothing to separate.
const MIN_PIXELS_PER_TILE: f64 = 1.6;
/// Least useful contrast: the deviation of the sum of three colours, in grey levels.
const MIN_CONTRAST: f32 = 60.0;
/// Least share of a tile's own colour in its sample.
const MIN_SHARPNESS: f64 = 0.42;
/// With a smaller share of the alignment marks nobody knows where tiles are.
const MIN_MARKS: f64 = 0.5;
/// Largest useful share of samples at the sensor's limit.
const MAX_CLIPPED: f64 = 0.2;
/// A part of the frame is blamed if it carries this much less than the whole, in bits a bit.
const WEAK_PART: f64 = 0.08;

/// What the light of a capture was like.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Light {
    /// Deviation of the sum of colours, in grey levels.
    pub(super) contrast: f32,
    /// Share of tiles with all channels at their upper limit that should not be.
    pub(super) clipped: f64,
}

/// A picture whose bright parts are darker than this is too dark to look for finders.
pub(super) const MIN_BRIGHTNESS: u8 = 50;

/// The brightness that a hundredth of the picture exceeds.
pub(super) fn brightest(grey: &Grey) -> u8 {
    let mut counts = [0usize; 256];
    for &value in &grey.values {
        counts[usize::from(value)] += 1;
    }
    let mut left = grey.values.len() / 100;
    for (value, count) in (0u8..=255).zip(counts).rev() {
        if count > left {
            return value;
        }
        left -= count;
    }
    0
}

/// Share of tiles that are blown out, all three channels at their upper limit, beyond the
/// `white_share` that are white.
pub(super) fn clipped(samples: &Samples, white_share: f64) -> f64 {
    const LIMIT: f32 = 252.0;
    let [red, green, blue] = samples.colours.each_ref().map(|plane| plane.tiles());
    let darkest = red.zip(green).zip(blue).map(|((r, g), b)| r.min(g).min(b));
    let (mut blown, mut count) = (0, 0);
    for value in darkest {
        blown += usize::from(value >= LIMIT);
        count += 1;
    }
    (blown as f64 / count.max(1) as f64 - white_share).max(0.0)
}

/// The ninth of the frame that carries least, if it stands out.
pub(super) fn weak_part(layout: &Layout, llrs: &[f32]) -> Option<Part> {
    let bits = layout.geometry().palette.bits_per_tile();
    let mut parts: [Vec<f32>; 9] = Default::default();
    for (&tile, llrs) in layout.data().iter().zip(llrs.chunks_exact(bits)) {
        let (column, row) = (tile as usize % layout.columns(), tile as usize / layout.columns());
        let part = row * 3 / layout.rows() * 3 + column * 3 / layout.columns();
        parts[part].extend(llrs);
    }
    let whole = information(llrs);
    let (part, least) = parts
        .iter()
        .map(|part| information(part))
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    (least < whole - WEAK_PART).then_some(Part { column: part % 3, row: part / 3 })
}

/// The first cause that applies.
pub(super) fn cause(measures: &Measures, light: Light, weak: Option<Part>) -> Cause {
    let pixels = measures.pixels_per_tile.unwrap_or_default();
    match (measures.marks_found, measures.sharpness, weak) {
        (Some(found), ..) if found < MIN_MARKS => Cause::FewMarks { found },
        _ if pixels < MIN_PIXELS_PER_TILE => Cause::TooSmall { pixels },
        _ if light.contrast < MIN_CONTRAST => Cause::LowContrast,
        _ if light.clipped > MAX_CLIPPED => Cause::Overexposed,
        (_, Some(sharpness), _) if sharpness < MIN_SHARPNESS => Cause::Blurred,
        (.., Some(part)) => Cause::WeakPart(part),
        _ => Cause::Noisy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::Plane;
    use crate::frame::Palette;
    use crate::raster::Picture;

    #[test]
    fn the_first_cause_that_applies_is_named() {
        let far = Measures {
            pixels_per_tile: Some(1.1),
            marks_found: Some(0.9),
            sharpness: Some(0.8),
            ..Measures::default()
        };
        let light = Light { contrast: 150.0, clipped: 0.0 };
        assert_eq!(cause(&far, light, None), Cause::TooSmall { pixels: 1.1 });
        let near = Measures { pixels_per_tile: Some(2.5), ..far };
        let dark = Light { contrast: 20.0, ..light };
        assert_eq!(cause(&near, dark, None), Cause::LowContrast);
        let part = Part { column: 0, row: 0 };
        assert_eq!(cause(&near, light, Some(part)), Cause::WeakPart(part));
        assert_eq!(cause(&near, light, None), Cause::Noisy);
        let blurred = Measures { sharpness: Some(0.2), ..near };
        assert_eq!(cause(&blurred, light, Some(part)), Cause::Blurred);
        let lost = Measures { marks_found: Some(0.3), ..blurred };
        assert_eq!(cause(&lost, light, None), Cause::FewMarks { found: 0.3 });
    }

    #[test]
    fn white_tiles_are_not_overexposed() {
        // Half of the tiles are white, as in a well-lit frame in black and white.
        let mut plane = Plane::new(8, 8);
        (0..64).for_each(|tile| plane.set(tile, if tile % 2 == 0 { 254.0 } else { 20.0 }));
        let samples = Samples { colours: [plane.clone(), plane.clone(), plane] };
        let [colour, black_white] =
            Palette::ALL.map(|palette| clipped(&samples, palette.white_share()));
        assert!(colour > MAX_CLIPPED && black_white == 0.0, "{colour} {black_white}");
    }

    #[test]
    fn brightness_is_what_a_hundredth_exceeds() {
        let white = Picture::from_rgb(40, 40, vec![200; 4800]);
        assert_eq!(white.map(|white| brightest(&white.grey(2))), Some(200));
    }
}
