//! Frames to paper: a PDF file with a page for each, at exact dots of printers, and around it in plain
//! words what it is and how to get the file back.
//!
//! Nothing is drawn here but text: a frame comes as a PNG file, whose data go into the PDF file as they
//! are. The same file gives the same bytes: nothing on a page depends on when or where it was made.

mod about;
mod document;
mod helvetica;
mod image;
mod instructions;
mod outline;
mod page;
mod sheet;

pub use about::About;
pub(super) use sheet::SCALE;
pub use sheet::{DOTS_PER_INCH, Sheet};

use super::framing::Framing;
use document::Document;
use image::Image;
use instructions::instruction_pages;
use page::frame_page;
use std::io::{Error, Result, Write};

/// Pages, and what is on them beside the frames.
#[derive(Clone, Debug)]
pub struct Paper {
    /// What they are printed on.
    pub sheet: Sheet,
    /// What they say of the file.
    pub about: About,
    /// Whether a last page describes the format.
    pub instructions: bool,
}

/// A PDF file around frames.
pub(super) struct Pages {
    paper: Paper,
    document: Option<Document>,
}

impl Pages {
    /// A file of such pages.
    pub(super) fn new(paper: Paper) -> Self {
        Self { paper, document: None }
    }
}

impl Framing for Pages {
    fn begin(&mut self, target: &mut dyn Write) -> Result<()> {
        self.document = Some(Document::begin(target)?);
        Ok(())
    }

    fn frame(&mut self, number: u64, bytes: &[u8], target: &mut dyn Write) -> Result<()> {
        let Paper { sheet, about, .. } = &self.paper;
        let image = Image::of_png(bytes)?;
        let place = sheet.frame(image.size());
        let place = place.ok_or_else(|| Error::other("a frame that is larger than its page"))?;
        let drawn = frame_page(sheet, about, number + 1, place);
        let document = self.document.as_mut().ok_or_else(not_begun)?;
        document.page(sheet, &drawn, Some(&image), target)
    }

    fn end(&mut self, target: &mut dyn Write) -> Result<()> {
        let Paper { sheet, about, instructions } = &self.paper;
        let mut document = self.document.take().ok_or_else(not_begun)?;
        if *instructions {
            for drawn in instruction_pages(sheet, about) {
                document.page(sheet, &drawn, None, target)?;
            }
        }
        document.end(&about.name, target)
    }
}

fn not_begun() -> Error {
    Error::other("a page before the file's beginning")
}
