//! PDF (ISO 32000-1): what scanners give, a picture a page. Pages are read in the pixels of their
//! pictures, not as they would be printed.
//!
//! A file's tables are read once ([`places`], [`tree`]), a page of it whenever it is asked for
//! ([`page`]). Nothing that a file says of itself is believed beyond a bound: sizes, counts, what
//! streams unpack to, objects within objects, how much of it is read how often.

mod colour;
mod content;
mod error;
mod file;
mod filter;
mod image;
mod jbig2;
mod object;
mod objects;
mod page;
mod place;
mod places;
mod tree;

use super::PictureError;
use super::picture::Loaded;
use error::PdfError;
use file::{File, Metered, Source};
use object::{Dict, Object};
use objects::{Objects, Places};
use places::Known;
use std::sync::Arc;

/// What can be done with a file that nobody may read without a word.
const ENCRYPTED: PictureError = PictureError::Foreign(
    "an encrypted PDF file",
    "save it without its password, for example: qpdf --decrypt in.pdf out.pdf",
);

/// A page of a file.
#[derive(Clone, Debug)]
pub(super) struct Page {
    number: u32,
    places: Arc<Places>,
}

/// The pages of a file of `length` bytes.
///
/// # Errors
/// If it is encrypted, or nothing in it is a page.
pub(super) fn pages(source: &mut dyn Source, length: u64) -> Result<Vec<Page>, PictureError> {
    let mut source = Metered::new(source, length);
    let mut file = File::new(&mut source, length);
    let (known, numbers) = find(&mut file)?;
    if known.trailer.get("Encrypt") != &Object::Null {
        return Err(ENCRYPTED);
    }
    if numbers.is_empty() {
        return Err(PdfError::Damaged("there are no pages in it").into());
    }
    let places = Arc::new(known.places);
    Ok(numbers.into_iter().map(|number| Page { number, places: Arc::clone(&places) }).collect())
}

/// A file's objects and the numbers of its pages: by its tables, or else by looking for both.
fn find(file: &mut File<'_>) -> Result<(Known, Vec<u32>), PdfError> {
    if let Some(known) = places::by_tables(file)? {
        let pages = pages_of(file, &known.places, &known.trailer)?;
        if !pages.is_empty() || known.trailer.get("Encrypt") != &Object::Null {
            return Ok((known, pages));
        }
    }
    let known = places::by_looking(file)?;
    let mut pages = pages_of(file, &known.places, &known.trailer)?;
    if pages.is_empty() {
        let file = File::new(file.source, file.length);
        pages = tree::stray_pages(&mut Objects::new(file, &known.places));
    }
    Ok((known, pages))
}

fn pages_of(file: &mut File<'_>, places: &Places, trailer: &Dict) -> Result<Vec<u32>, PdfError> {
    let file = File::new(file.source, file.length);
    tree::pages(&mut Objects::new(file, places), trailer)
}

impl Page {
    /// The page's picture.
    ///
    /// # Errors
    /// If it is damaged, of a kind that is not read, or too large.
    pub(super) fn load(
        &self,
        source: &mut dyn Source,
        length: u64,
    ) -> Result<Loaded, PictureError> {
        let mut source = Metered::new(source, length);
        let mut objects = Objects::new(File::new(&mut source, length), &self.places);
        Ok(page::load(&mut objects, self.number)?)
    }
}
