//! The [outline](super::outline) of the format, set on pages of its own.

use super::about::About;
use super::helvetica::Font;
use super::outline::{OUTLINE, Said};
use super::page::{Pen, WRITTEN_BY, longest};
use super::sheet::{POINT, Sheet};

/// Sizes of letters, in points, and the distance from line to line.
const TITLE: f32 = 14.0;
const HEADING: f32 = 9.5;
const BODY: f32 = 9.0;
const TYPED: f32 = 8.5;
const NOTE: f32 = 7.0;
const LEADING: f32 = 1.3;
/// Points between columns, and the width from which on there are two.
const GUTTER: f32 = 22.0;
const WIDE: f32 = 400.0;
/// Points between the title and what follows, and between that and the last line.
const BELOW_TITLE: f32 = 34.0;
const ABOVE_NOTE: f32 = 18.0;

const HEADLINE: &str = "How to restore the file of these pages";

/// A line of text.
struct Line {
    font: Font,
    size: f32,
    /// Points from the line before, in the same column.
    down: f32,
    text: String,
    /// Whether it says nothing without the line that follows.
    leads: bool,
}

impl Line {
    fn new(font: Font, size: f32, space: f32, text: String) -> Self {
        Self { font, size, down: BODY * LEADING + space, text, leads: false }
    }
}

/// What is drawn on each page of instructions.
pub(super) fn instruction_pages(sheet: &Sheet, about: &About) -> Vec<Vec<u8>> {
    let inside = sheet.inside();
    let [left, top, width, height] =
        [inside.left, inside.top, inside.width, inside.height].map(|dots| dots as f32 * POINT);
    let columns: u8 = if width >= WIDE { 2 } else { 1 };
    let column = (width - GUTTER * f32::from(columns - 1)) / f32::from(columns);
    let lines = lines(about, column);
    let mut rest = lines.as_slice();
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let mut pen = Pen::new(sheet);
        pen.text(Font::Bold, TITLE, (left, top + TITLE), HEADLINE);
        let most = height - BELOW_TITLE - ABOVE_NOTE;
        let height_of_columns = balanced(rest, columns, most);
        for at in 0..columns {
            let (here, after) = rest.split_at(fitting(rest, height_of_columns));
            let x = left + f32::from(at) * (column + GUTTER);
            write(&mut pen, here, (x, top + BELOW_TITLE));
            rest = after;
        }
        let note = longest(&WRITTEN_BY, Font::Plain, NOTE, width);
        pen.text(Font::Plain, NOTE, (left, top + height - NOTE * 0.25), &note);
        pages.push(pen.finish());
    }
    pages
}

/// The least height, up to `most`, of columns that hold all lines; `most` if none does.
fn balanced(lines: &[Line], columns: u8, most: f32) -> f32 {
    let holds = |height: &f32| {
        let next = |rest: &'_ [Line]| fitting(rest, *height);
        let held =
            (0..columns).fold(0, |held, _| held + next(lines.get(held..).unwrap_or_default()));
        held == lines.len()
    };
    let heights = (1..).map(|lines| lines as f32 * BODY).take_while(|height| *height < most);
    heights.into_iter().find(holds).unwrap_or(most)
}

/// How many of the lines have room in a column of this height; at least one, if there is one.
fn fitting(lines: &[Line], height: f32) -> usize {
    let mut y = 0.0;
    let fits = |(at, line): &(usize, &Line)| {
        y += if *at == 0 { BODY } else { line.down };
        y <= height
    };
    let count = lines.iter().enumerate().take_while(fits).count();
    let is_cut = count < lines.len();
    let leads =
        count.checked_sub(1).and_then(|last| lines.get(last)).is_some_and(|line| line.leads);
    let count = if is_cut && leads { count - 1 } else { count };
    count.max(1).min(lines.len())
}

/// Writes lines into a column from `top` on.
fn write(pen: &mut Pen, lines: &[Line], (left, top): (f32, f32)) {
    let mut y = top;
    for (at, line) in lines.iter().enumerate() {
        y += if at == 0 { BODY } else { line.down };
        pen.text(line.font, line.size, (left, y), &line.text);
    }
}

/// Everything that is said, in lines of this width.
fn lines(about: &About, width: f32) -> Vec<Line> {
    let mut lines = Vec::new();
    for said in &OUTLINE {
        match said {
            Said::Heading(text) => {
                let line = Line::new(Font::Bold, HEADING, BODY * 0.7, (*text).to_owned());
                lines.push(Line { leads: true, ..line });
            }
            Said::Text(text) => {
                let texts = wrapped(text, Font::Plain, BODY, width).into_iter().enumerate();
                lines.extend(texts.map(|(at, text)| {
                    let space = if at == 0 { BODY * 0.25 } else { 0.0 };
                    Line::new(Font::Plain, BODY, space, text)
                }));
            }
            Said::Typed(text) => typed(text, width, &mut lines),
        }
    }
    match about.digest {
        None => lines.push(Line::new(Font::Plain, BODY, 0.0, "not known.".to_owned())),
        Some(digest) => {
            let digits: Vec<String> = digest
                .chunks(8)
                .map(|eight| eight.iter().map(|byte| format!("{byte:02x}")).collect())
                .collect();
            typed(&digits.join(" "), width, &mut lines);
        }
    }
    lines
}

/// What is typed, in lines apart from others.
fn typed(text: &str, width: f32, lines: &mut Vec<Line>) {
    let space = BODY * 0.3;
    let texts = wrapped(text, Font::Typed, TYPED, width).into_iter().enumerate();
    lines.extend(
        texts.map(|(at, text)| {
            Line::new(Font::Typed, TYPED, if at == 0 { space } else { 0.0 }, text)
        }),
    );
}

/// A text in lines of at most this width, between words.
fn wrapped(text: &str, font: Font, size: f32, width: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if font.width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
