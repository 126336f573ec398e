//! A sheet of paper in the dots of printers: where the frame is, where the text.
//!
//! Everything lies on whole dots at 300 an inch, and so at 600: a frame's pixel is one dot or four,
//! and no printer has to invent any.

use crate::frame::MAX_SIDE;

/// Dots an inch.
pub const DOTS_PER_INCH: usize = 300;
/// Pixels of a picture for a dot, at each side. Printers have 600 dots an inch, and what draws pages for
/// them blurs a picture of 300 where one dot becomes another.
pub(in crate::media) const SCALE: usize = 2;
/// Points, in which PDF measures, of a dot.
pub(super) const POINT: f32 = 72.0 / DOTS_PER_INCH as f32;
/// Points that nobody sees.
const HAIR: f32 = 0.0001;
/// Dots at each side that printers leave white: 10 mm.
const MARGIN: usize = 119;
/// Dots between text and frame.
const GAP: usize = 20;
/// Dots of the lines above the frame, and of those below it.
const HEAD: usize = 78;
const FOOT: usize = 66;
/// Millimetres of a side.
const SIDES: std::ops::RangeInclusive<f64> = 60.0..=1200.0;

/// Paper of one size, upright.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    name: String,
    width: usize,
    height: usize,
}

/// Where something is: dots from the left and from the top, width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Sheet {
    /// 210 mm x 297 mm.
    pub fn a4() -> Self {
        Self { name: "A4".to_owned(), width: 2480, height: 3508 }
    }

    /// 8.5 in x 11 in.
    pub fn letter() -> Self {
        Self { name: "Letter".to_owned(), width: 2550, height: 3300 }
    }

    /// Paper of this width and height in millimetres; `None` if there is no such paper.
    pub fn of_millimetres(width: f64, height: f64) -> Option<Self> {
        if !SIDES.contains(&width) || !SIDES.contains(&height) {
            return None;
        }
        let dots = |side: f64| (side / 25.4 * DOTS_PER_INCH as f64).round() as usize;
        let name = format!("{width} x {height} mm");
        Some(Self { name, width: dots(width), height: dots(height) })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Width and height of the largest frame that has room, in dots.
    pub fn room(&self) -> (usize, usize) {
        let height = self.height.saturating_sub(2 * (MARGIN + GAP) + HEAD + FOOT);
        (self.width.saturating_sub(2 * MARGIN).min(MAX_SIDE), height.min(MAX_SIDE))
    }

    /// Width and height, in points: never more than the dots, since programs that draw pages begin another
    /// dot with the smallest part of it.
    pub(super) fn points(&self) -> (f32, f32) {
        let points = |dots: usize| match dots as f32 * POINT {
            whole if whole.fract() == 0.0 => whole,
            points => points - HAIR,
        };
        (points(self.width), points(self.height))
    }

    /// Dots between its lower edge and what is `dots` from the top.
    pub(super) fn above_edge(&self, dots: usize) -> usize {
        self.height.saturating_sub(dots)
    }

    /// What may be printed on.
    pub(super) fn inside(&self) -> Place {
        Place {
            left: MARGIN,
            top: MARGIN,
            width: self.width.saturating_sub(2 * MARGIN),
            height: self.height.saturating_sub(2 * MARGIN),
        }
    }

    /// Where a frame of this size is: between the lines of text, in the middle; `None` if it has no
    /// room.
    pub(super) fn frame(&self, (width, height): (usize, usize)) -> Option<Place> {
        let inside = self.inside();
        let free = (inside.height).checked_sub(2 * GAP + HEAD + FOOT)?.checked_sub(height)?;
        let left = MARGIN + inside.width.checked_sub(width)? / 2;
        Some(Place { left, top: MARGIN + HEAD + GAP + free / 2, width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn usual_paper_is_as_large_as_it_is() {
        assert_eq!(Sheet::of_millimetres(210.0, 297.0).map(|sheet| sheet.width), Some(2480));
        assert_eq!(Sheet::of_millimetres(210.0, 297.0).map(|sheet| sheet.height), Some(3508));
        assert_eq!(
            Sheet::of_millimetres(215.9, 279.4).map(|sheet| sheet.points()),
            Some((612.0, 792.0))
        );
        assert_eq!(Sheet::a4().room(), (2242, 3086));
        assert_eq!(Sheet::letter().points(), (612.0, 792.0));
        assert!(Sheet::of_millimetres(20.0, 297.0).is_none());
        assert!(Sheet::of_millimetres(f64::NAN, 297.0).is_none());
    }

    proptest! {
        #[test]
        fn frames_and_text_are_inside_and_apart(
            width in 60.0..1200.0f64, height in 60.0..1200.0f64, less in 0usize..200,
        ) {
            let sheet = Sheet::of_millimetres(width, height).unwrap();
            let room = sheet.room();
            let size = (room.0.saturating_sub(less), room.1.saturating_sub(less));
            let place = sheet.frame(size).unwrap();
            let inside = sheet.inside();
            prop_assert!(place.left >= inside.left && place.top >= inside.top + HEAD + GAP);
            prop_assert!(place.left + place.width <= inside.left + inside.width);
            prop_assert!(place.top + place.height + GAP + FOOT <= inside.top + inside.height);
            prop_assert!(sheet.frame((inside.width + 1, 300)).is_none());
            prop_assert!(sheet.frame((300, inside.height)).is_none());
        }
    }
}
