//! What is on a page: a line of what it is, the frame, and how the file is restored.

use super::about::About;
use super::document::PICTURE;
use super::helvetica::{Font, latin};
use super::sheet::{POINT, Place, Sheet};
use pdf_writer::{Content, Name, Str};

/// Sizes of letters, in points.
const TITLE: f32 = 9.0;
const SMALL: f32 = 7.0;
/// Points between what is on the left of a line and what is on its right.
const SPACE: f32 = 12.0;
/// Dots by which a picture stays inside of its place at each side. Programs that draw pages take a dot
/// that is touched for one that is covered: from edge to edge, poppler would make it a dot wider.
const INSET: f32 = 0.01;
/// Points from the top of the lines to the feet of each one's letters.
const HEAD_LINES: [f32; 2] = [7.5, 16.5];
const FOOT_LINES: [f32; 2] = [6.0, 14.2];

/// How a file is restored, in the words for which there is room.
const RESTORE: [&str; 3] = [
    "To restore the file, photograph or scan every page, in any order, and give the pictures to the program tilecast:",
    "To restore the file, photograph or scan every page, and run",
    "Photograph or scan every page:",
];
/// What does that.
const COMMAND: &str = "tilecast decode PICTURES";
/// Where everything else is written.
pub(super) const WRITTEN_BY: [&str; 2] = [
    concat!(
        "Written by tilecast ",
        env!("CARGO_PKG_VERSION"),
        ", a free program. Its source code describes the format of these pages, in full, in src/spec.md."
    ),
    concat!("Written by tilecast ", env!("CARGO_PKG_VERSION"), ". The format: its src/spec.md."),
];

/// Draws on a page; points from the left and from the top.
pub(super) struct Pen {
    content: Content,
    height: f32,
}

impl Pen {
    /// A page on which there is nothing.
    pub(super) fn new(sheet: &Sheet) -> Self {
        Self { content: Content::new(), height: sheet.points().1 }
    }

    /// Writes a text whose letters stand at `top`.
    pub(super) fn text(&mut self, font: Font, size: f32, (left, top): (f32, f32), text: &str) {
        if text.is_empty() {
            return;
        }
        let hundredths = |points: f32| (points * 100.0).round() / 100.0;
        let (left, up) = (hundredths(left), hundredths(self.height - top));
        let content = self.content.begin_text().set_font(Name(font.key()), size);
        content.next_line(left, up).show(Str(&latin(text))).end_text();
    }

    /// Draws the page's picture there.
    fn picture(&mut self, sheet: &Sheet, place: Place) {
        let below = sheet.above_edge(place.top + place.height);
        let [left, below, width, height] =
            [place.left, below, place.width, place.height].map(|dots| dots as f32);
        let content = self.content.save_state().transform([POINT, 0.0, 0.0, POINT, 0.0, 0.0]);
        let (width, height) = (width - 2.0 * INSET, height - 2.0 * INSET);
        let content = content.transform([width, 0.0, 0.0, height, left + INSET, below + INSET]);
        content.x_object(PICTURE).restore_state();
    }

    /// What has been drawn.
    pub(super) fn finish(self) -> Vec<u8> {
        self.content.finish().into_vec()
    }
}

/// What is drawn on a page with the frame of this number, from 1.
pub(super) fn frame_page(sheet: &Sheet, about: &About, number: u64, frame: Place) -> Vec<u8> {
    let mut pen = Pen::new(sheet);
    let inside = sheet.inside();
    let [left, top, width, height] =
        [inside.left, inside.top, inside.width, inside.height].map(|dots| dots as f32 * POINT);
    let below = top + height - FOOT_LINES[1] - SMALL * 0.22;
    let (title, page) = ((Font::Bold, TITLE), about.page(number));
    let at = (left, top + HEAD_LINES[0]);
    line(&mut pen, title, at, width, std::slice::from_ref(&about.name), &page);
    let at = (left, top + HEAD_LINES[1]);
    line(&mut pen, (Font::Plain, SMALL), at, width, &about.facts(), &about.losses());
    pen.picture(sheet, frame);
    let command = Font::Typed.width(COMMAND, SMALL);
    let at = (left, below + FOOT_LINES[0]);
    let space = Font::Plain.width("  ", SMALL);
    let text = longest(&RESTORE, Font::Plain, SMALL, width - space - command);
    pen.text(Font::Plain, SMALL, at, &text);
    let after = left + Font::Plain.width(&text, SMALL) + space;
    pen.text(Font::Typed, SMALL, (after, at.1), COMMAND);
    let text = longest(&WRITTEN_BY, Font::Plain, SMALL, width);
    pen.text(Font::Plain, SMALL, (left, below + FOOT_LINES[1]), &text);
    pen.finish()
}

/// A line with something at its left, the first of these texts that has room, and something at its
/// right.
fn line(
    pen: &mut Pen,
    (font, size): (Font, f32),
    (left, top): (f32, f32),
    width: f32,
    texts: &[String],
    right: &str,
) {
    let end = font.width(right, size);
    pen.text(font, size, (left, top), &longest(texts, font, size, width - end - SPACE));
    pen.text(font, size, (left + width - end, top), right);
}

/// The first of these texts that has room; the last one, shortened, if none has.
pub(super) fn longest<T: AsRef<str>>(texts: &[T], font: Font, size: f32, width: f32) -> String {
    let mut all = texts.iter().map(AsRef::as_ref);
    let last = texts.last().map(AsRef::as_ref).unwrap_or_default();
    let fitting = all.find(|text| font.width(text, size) <= width);
    fitting.map_or_else(|| font.fitted(last, size, width), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        let digest = Some([0xAB; 32]);
        let (name, bytes) = ("a.txt".to_owned(), Some(12_345));
        About { name, bytes, changed: None, digest, pages: 3, spare: 1 }
    }

    #[test]
    fn a_page_is_drawn_as_ever() {
        let sheet = Sheet::a4();
        let place = sheet.frame(sheet.room()).unwrap();
        let drawn = frame_page(&sheet, &about(), 2, place);
        let text: String = drawn.iter().map(|byte| char::from(*byte)).collect();
        let golden = "BT\n/B 9 Tf\n28.56 805.86 Td\n(a.txt) Tj\nET\n\
            BT\n/B 9 Tf\n519.62 805.86 Td\n(page 2 of 3) Tj\nET\n";
        assert!(text.starts_with(golden), "{text}");
        let golden = "q\n0.24 0 0 0.24 0 0 cm\n2241.98 0 0 3085.98 119.01 205.01 cm\n/F Do\nQ\n\
            BT\n/P 7 Tf\n28.56 38.3 Td\n(To restore the file, photograph";
        assert!(text.contains(golden), "{text}");
        assert!(text.contains("BT\n/T 7 Tf\n370.17 38.3 Td\n(tilecast decode PICTURES) Tj\nET\n"));
    }

    #[test]
    fn lines_stay_on_their_paper() {
        for side in [60.0, 75.0, 100.0, 148.0, 210.0, 297.0] {
            let sheet = Sheet::of_millimetres(side, 297.0).unwrap();
            let width = sheet.inside().width as f32 * POINT;
            let facts = longest(&about().facts(), Font::Plain, SMALL, width);
            let restore = longest(&RESTORE, Font::Plain, SMALL, width);
            let written = longest(&WRITTEN_BY, Font::Plain, SMALL, width);
            for text in [facts, restore, written] {
                assert!(Font::Plain.width(&text, SMALL) <= width, "{side}: {text}");
            }
            assert!(Font::Typed.width(COMMAND, SMALL) <= width, "{side}");
        }
    }
}
