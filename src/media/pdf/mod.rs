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
use std::sync::atomic::{AtomicU64, Ordering};

/// What can be done with a file that nobody may read without a word.
const ENCRYPTED: PictureError = PictureError::Foreign(
    "an encrypted PDF file",
    "save it without its password, for example: qpdf --decrypt in.pdf out.pdf",
);

/// Bytes that are read, unpacked or looked through for all pages of a file, and how many more for each of
/// its own; pixels of pictures that came to nothing are among them. Pages that share what they show cost
/// nothing in the file.
const MOST_WORK: u64 = 1 << 28;
const WORK_EACH: u64 = 64;

/// A page of a file.
#[derive(Clone, Debug)]
pub(super) struct Page {
    number: u32,
    places: Arc<Places>,
    /// Work that is left for all pages.
    left: Arc<AtomicU64>,
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
    let left = MOST_WORK.saturating_add(length.saturating_mul(WORK_EACH));
    let (places, left) = (Arc::new(known.places), Arc::new(AtomicU64::new(left)));
    let page = |number| Page { number, places: Arc::clone(&places), left: Arc::clone(&left) };
    Ok(numbers.into_iter().map(page).collect())
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
        if self.left.load(Ordering::Relaxed) == 0 {
            return Err(PdfError::Damaged("its pages take too much work for its size").into());
        }
        let mut source = Metered::new(source, length);
        let mut objects = Objects::new(File::new(&mut source, length), &self.places);
        let loaded = page::load(&mut objects, self.number);
        let work = objects.work.saturating_add(source.read());
        let less = |left: u64| Some(left.saturating_sub(work));
        // Always some.
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        Ok(loaded?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// Small files with pages of all kinds.
    fn files() -> Vec<Vec<u8>> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/corpus/pdf/");
        ["0", "1", "2"].map(|name| std::fs::read(folder.to_owned() + name).unwrap()).into()
    }

    fn load_all(bytes: &[u8]) -> usize {
        let length = bytes.len() as u64;
        let pages = pages(&mut Cursor::new(bytes), length).unwrap_or_default();
        let load = |page: &Page| page.load(&mut Cursor::new(bytes), length).is_ok();
        pages.iter().take(20).filter(|page| load(page)).count()
    }

    proptest! {
        #[test]
        fn damaged_files_are_errors_or_pages(
            number in 0usize..3,
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            swap in any::<[prop::sample::Index; 2]>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = files().swap_remove(number);
            for (at, value) in edits {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            let [from, to] = swap.map(|index| index.index(bytes.len()));
            load_all(&bytes);
            bytes.rotate_left(from.min(to));
            load_all(&bytes);
            load_all(&bytes[..cut.index(bytes.len())]);
        }
    }

    #[test]
    fn all_pages_of_the_small_files_are_read() {
        assert_eq!(files().iter().map(|file| load_all(file)).collect::<Vec<_>>(), [4, 4, 1]);
    }
}
