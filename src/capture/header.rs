//! The header of a frame that may be at a hypothesis: soft values of its two copies, for the scales at
//! which they look like one.

use crate::frame::{Hypothesis, Palette};
use crate::ldpc::Decoder;
use crate::modem::{FrameHeader, HeaderError, SoftHeader};
use crate::raster::{Picture, Point};

/// The header, from either copy or from both together; `None` if there is none.
pub(super) fn read_header(
    picture: &Picture,
    hypothesis: &Hypothesis,
    decoder: &mut Decoder,
) -> Option<Result<FrameHeader, HeaderError>> {
    let mut copies = Palette::ALL.map(|_| Vec::new());
    for turned in [false, true] {
        for (palette, seen) in Palette::ALL.into_iter().zip(&mut copies) {
            for soft in soft_headers(picture, hypothesis, turned, palette) {
                if let Some(header) = soft.decode(decoder) {
                    return Some(header);
                }
                if turned && let Some(other) = seen.first() {
                    let mut both = soft.clone();
                    both.add(other);
                    if let Some(header) = both.decode(decoder) {
                        return Some(header);
                    }
                }
                seen.push(soft);
            }
        }
    }
    None
}

/// The header if both of its copies can be read and say the same: then the picture shows one
/// frame, and not parts of two.
pub(super) fn shown_alone(
    picture: &Picture,
    hypothesis: &Hypothesis,
    decoder: &mut Decoder,
) -> Option<FrameHeader> {
    let first = read_copy(picture, hypothesis, false, decoder)?;
    (read_copy(picture, hypothesis, true, decoder)? == first).then_some(first)
}

/// Whether a copy of the header says that the picture shows parts of another frame too.
pub(super) fn shows_another(
    picture: &Picture,
    hypothesis: &Hypothesis,
    header: &FrameHeader,
    decoder: &mut Decoder,
) -> bool {
    [false, true].into_iter().any(|turned| {
        read_copy(picture, hypothesis, turned, decoder).is_some_and(|copy| copy != *header)
    })
}

/// One copy of the header by itself.
fn read_copy(
    picture: &Picture,
    hypothesis: &Hypothesis,
    turned: bool,
    decoder: &mut Decoder,
) -> Option<FrameHeader> {
    Palette::ALL.into_iter().find_map(|palette| {
        let copies = soft_headers(picture, hypothesis, turned, palette);
        copies.iter().find_map(|soft| soft.decode(decoder)?.ok())
    })
}

/// Soft headers of one copy, for the scales at which its known cells look right.
fn soft_headers(
    picture: &Picture,
    hypothesis: &Hypothesis,
    turned: bool,
    palette: Palette,
) -> Vec<SoftHeader> {
    /// Share of the variance of the known cells that must be explained.
    const MIN_FIT: f32 = 0.55;
    /// Scales that are tried in full.
    const TRIES: usize = 3;
    let Some(estimate) = hypothesis.unit_estimate(picture, turned) else { return Vec::new() };
    let mut fits = Vec::new();
    for y in [0.0, -0.05, 0.05] {
        // Up to 10 % off, in steps that move the far end of the header by an eighth of a cell.
        for x in -20..=20 {
            let unit =
                Point::new(estimate.x * (1.0 + f64::from(x) * 0.005), estimate.y * (1.0 + y));
            let Some(place) = hypothesis.header(unit, turned) else { continue };
            let fit = SoftHeader::fit(palette, |x, y| place.centre(picture, x, y));
            if fit > MIN_FIT {
                fits.push((fit, place));
            }
        }
    }
    fits.sort_by(|a, b| b.0.total_cmp(&a.0));
    fits.iter()
        .take(TRIES)
        .map(|(_, place)| SoftHeader::from_samples(&place.samples(picture, palette), palette))
        .collect()
}
