//! Why a capture failed, in words that tell what to do.

use super::report::CaptureReport;
use crate::frame::{Layout, Samples};
use crate::inner::LLR_SCALE;
use crate::raster::Picture;
use std::sync::LazyLock;

/// Below this many picture pixels a tile, blur of any lens leaves nothing to separate.
const MIN_PIXELS_PER_TILE: f64 = 1.6;
/// Least useful contrast: the deviation of the sum of three colours, in grey levels.
const MIN_CONTRAST: f32 = 60.0;
/// Least share of a tile's own colour in its sample.
const MIN_SHARPNESS: f64 = 0.42;
/// Largest useful share of samples at the sensor's limit.
const MAX_CLIPPED: f64 = 0.2;
/// A part of the frame is blamed if it carries this much less than the whole, in bits a bit.
const WEAK_PART: f64 = 0.08;

/// Soft values that information is estimated from.
const SAMPLE: usize = 10_000;
/// The same for one codeword.
const SOFT_SAMPLE: usize = 2_000;

/// What light and layout of a capture were like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Light {
    /// Deviation of the sum of colours, in grey levels.
    pub contrast: f32,
    /// Share of samples with a channel at its limit that should not be.
    pub clipped: f64,
}

/// A picture whose bright parts are darker than this is too dark to look for finders.
pub const MIN_BRIGHTNESS: u8 = 50;

/// The brightness that a hundredth of the picture exceeds.
pub fn brightest(picture: &Picture) -> u8 {
    let mut counts = [0usize; 256];
    let grey = picture.grey(2);
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

/// Share of tiles that are blown out: all three channels at their upper limit.
pub fn clipped(samples: &Samples) -> f64 {
    const LIMIT: f32 = 252.0;
    let [red, green, blue] = samples.colours.each_ref().map(|plane| plane.tiles());
    let darkest = red.zip(green).zip(blue).map(|((r, g), b)| r.min(g).min(b));
    let (mut blown, mut count) = (0, 0);
    for value in darkest {
        blown += usize::from(value >= LIMIT);
        count += 1;
    }
    // An eighth of all tiles is white.
    (blown as f64 / count.max(1) as f64 - 0.125).max(0.0)
}

/// Information of soft values, in bits for each bit, if they tell their own reliability right.
pub fn information(llrs: &[f32]) -> f64 {
    let loss = |llr: &f32| {
        let x = f64::from(llr.abs());
        let (p, q) = (1.0 / (1.0 + (-x).exp()), 1.0 / (1.0 + x.exp()));
        -(p * p.log2() + q * q.max(1e-300).log2())
    };
    // A sample of them is enough: 10,000 values tell the mean to a hundredth.
    let step = (llrs.len() / SAMPLE).max(1);
    let count = llrs.len().div_ceil(step).max(1);
    1.0 - llrs.iter().step_by(step).map(loss).sum::<f64>() / count as f64
}

/// The same of a codeword's quantised soft values, as [`crate::inner`] has them.
pub fn soft_information(soft: &[i8]) -> f64 {
    static TABLE: LazyLock<[f64; 129]> = LazyLock::new(|| {
        std::array::from_fn(|magnitude| information(&[magnitude as f32 / LLR_SCALE]))
    });
    let table = &*TABLE;
    // Two thousand of a long codeword's values tell the mean to a hundredth.
    let sample = soft.iter().step_by((soft.len() / SOFT_SAMPLE).max(1));
    let count = sample.len().max(1) as f64;
    sample.map(|value| table[usize::from(value.unsigned_abs())]).sum::<f64>() / count
}

/// The ninth of the frame that carries least, if it stands out: "top left", say.
pub fn weak_part(layout: &Layout, llrs: &[f32], bits_per_tile: usize) -> Option<String> {
    let mut parts: [Vec<f32>; 9] = Default::default();
    for (&tile, llrs) in layout.data().iter().zip(llrs.chunks_exact(bits_per_tile)) {
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
    let place = match (part / 3, part % 3) {
        (1, 1) => "middle".to_owned(),
        (row, 1) => ["top", "", "bottom"][row].to_owned(),
        (1, column) => ["left", "", "right"][column].to_owned(),
        (row, column) => {
            format!("{} {}", ["top", "", "bottom"][row], ["left", "", "right"][column])
        }
    };
    (least < whole - WEAK_PART).then_some(place)
}

/// One sentence about a capture of which codewords are missing.
pub fn reason(report: &CaptureReport, light: Light, weak: Option<String>) -> String {
    let pixels = report.pixels_per_tile.unwrap_or_default();
    let cause = if report.marks_found.is_some_and(|found| found < 0.5) {
        let found = 100.0 * report.marks_found.unwrap_or_default();
        format!("only {found:.0} % of the alignment marks found")
    } else if pixels < MIN_PIXELS_PER_TILE {
        format!("too small, {pixels:.1} pixels a tile (go closer, or use larger tiles)")
    } else if light.contrast < MIN_CONTRAST {
        "too dark or too pale (more exposure, no reflections)".to_owned()
    } else if light.clipped > MAX_CLIPPED {
        "overexposed (less exposure)".to_owned()
    } else if report.sharpness.is_some_and(|sharpness| sharpness < MIN_SHARPNESS) {
        "blurred (focus, hold still)".to_owned()
    } else if let Some(part) = weak {
        format!("weakest at the {part} (a reflection, or out of focus there)")
    } else {
        "too noisy for this code rate".to_owned()
    };
    format!("{}: {cause}", lost(report))
}

/// How many codewords are missing.
pub fn lost(report: &CaptureReport) -> String {
    let lost = report.codewords_total.saturating_sub(report.codewords_decoded);
    format!("{lost} of {} codewords lost", report.codewords_total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_bits_carry_one_bit_and_unknown_ones_none() {
        assert!(information(&[30.0, -30.0]) > 0.999);
        assert!(information(&[0.0; 4]) < 1e-9);
    }

    #[test]
    fn quantised_values_carry_what_they_carried_before() {
        let llrs: Vec<f32> = (-40..=40).map(|i| i as f32 / LLR_SCALE).collect();
        let soft: Vec<i8> = (-40..=40).collect();
        assert!((soft_information(&soft) - information(&llrs)).abs() < 1e-6);
        assert!(soft_information(&[i8::MIN]) > 0.999 && soft_information(&[]) == 0.0);
    }

    #[test]
    fn the_first_cause_that_applies_is_named() {
        let report = CaptureReport {
            codewords_total: 31,
            codewords_decoded: 3,
            pixels_per_tile: Some(1.1),
            marks_found: Some(0.9),
            sharpness: Some(0.8),
            ..CaptureReport::default()
        };
        let light = Light { contrast: 150.0, clipped: 0.0 };
        assert!(reason(&report, light, None).contains("28 of 31 codewords lost: too small, 1.1"));
        let near = CaptureReport { pixels_per_tile: Some(2.5), ..report };
        let dark = Light { contrast: 20.0, ..light };
        assert!(reason(&near, dark, None).contains("too dark"));
        assert!(reason(&near, light, Some("top left".into())).contains("at the top left"));
        let white = Picture::new(40, 40, vec![200; 4800]);
        assert_eq!(white.as_ref().map(brightest), Some(200));
        let blurred = CaptureReport { sharpness: Some(0.2), ..near };
        assert!(reason(&blurred, light, None).contains("blurred"));
    }
}
