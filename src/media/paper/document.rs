//! A PDF file (ISO 32000-2), object by object, as these are made: only where they begin is kept.

use super::helvetica::Font;
use super::image::Image;
use super::sheet::Sheet;
use pdf_writer::writers::{Catalog, DocumentInfo};
use pdf_writer::{Chunk, Finish, Name, Rect, Ref, TextStr};
use std::io::{Error, Result, Write};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
/// The first font; the others follow.
const FONTS: i32 = 4;
/// The first object that is not in every file.
const FIRST: i32 = FONTS + Font::ALL.len() as i32;
/// The name of its picture on each page.
pub(super) const PICTURE: Name<'static> = Name(b"F");
/// The binary bytes tell programs that this is no text.
const HEADER: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";
/// Places in a file have ten digits.
const MAX_BYTES: u64 = 9_999_999_999;

/// A file that is being written.
pub(super) struct Document {
    /// Bytes written.
    at: u64,
    /// Where each object begins, from the first one on; 0 until it is written.
    places: Vec<u64>,
    pages: Vec<Ref>,
}

impl Document {
    /// Begins a file.
    pub(super) fn begin(target: &mut dyn Write) -> Result<Self> {
        target.write_all(HEADER)?;
        Ok(Self { at: HEADER.len() as u64, places: vec![0; FIRST as usize - 1], pages: Vec::new() })
    }

    /// An object that is yet to come.
    fn new_ref(&mut self) -> Result<Ref> {
        self.places.push(0);
        i32::try_from(self.places.len()).map(Ref::new).map_err(|_| too_large())
    }

    /// Writes what holds one object.
    fn put(&mut self, object: Ref, chunk: &Chunk, target: &mut dyn Write) -> Result<()> {
        if let Some(place) = self.places.get_mut(object.get() as usize - 1) {
            *place = self.at;
        }
        self.at += chunk.len() as u64;
        if self.at > MAX_BYTES {
            return Err(too_large());
        }
        target.write_all(chunk.as_bytes())
    }

    /// Adds a page: what is drawn on it, and the picture that is used there, if there is one.
    pub(super) fn page(
        &mut self,
        sheet: &Sheet,
        drawn: &[u8],
        image: Option<&Image>,
        target: &mut dyn Write,
    ) -> Result<()> {
        let (page, content) = (self.new_ref()?, self.new_ref()?);
        let picture = image.map(|_| self.new_ref()).transpose()?;
        let mut chunk = Chunk::new();
        let (width, height) = sheet.points();
        let mut object = chunk.page(page);
        object.parent(PAGES).media_box(Rect::new(0.0, 0.0, width, height)).contents(content);
        let mut resources = object.resources();
        let mut fonts = resources.fonts();
        for (font, id) in Font::ALL.iter().zip(FONTS..) {
            fonts.pair(Name(font.key()), Ref::new(id));
        }
        fonts.finish();
        if let Some(picture) = picture {
            resources.x_objects().pair(PICTURE, picture);
        }
        resources.finish();
        object.finish();
        self.put(page, &chunk, target)?;
        self.pages.push(page);
        let mut chunk = Chunk::new();
        chunk.stream(content, drawn);
        self.put(content, &chunk, target)?;
        match picture.zip(image) {
            Some((picture, image)) => self.put(picture, &image.chunk(picture), target),
            None => Ok(()),
        }
    }

    /// Ends the file: what is in every one, and where its objects are.
    pub(super) fn end(mut self, title: &str, target: &mut dyn Write) -> Result<()> {
        let mut chunk = Chunk::new();
        chunk.indirect(CATALOG).start::<Catalog>().pages(PAGES).lang(TextStr("en"));
        self.put(CATALOG, &chunk, target)?;
        let mut chunk = Chunk::new();
        let count = i32::try_from(self.pages.len()).map_err(|_| too_large())?;
        chunk.pages(PAGES).count(count).kids(self.pages.iter().copied());
        self.put(PAGES, &chunk, target)?;
        let mut chunk = Chunk::new();
        let program = concat!("tilecast ", env!("CARGO_PKG_VERSION"));
        let mut info = chunk.indirect(INFO).start::<DocumentInfo>();
        info.title(TextStr(title)).producer(TextStr(program));
        info.finish();
        self.put(INFO, &chunk, target)?;
        for (font, id) in Font::ALL.iter().zip(FONTS..) {
            let mut chunk = Chunk::new();
            let mut object = chunk.type1_font(Ref::new(id));
            object.base_font(Name(font.name())).encoding_predefined(Name(b"WinAnsiEncoding"));
            object.finish();
            self.put(Ref::new(id), &chunk, target)?;
        }
        self.write_places(target)
    }

    /// The table of places (§7.5.4), and the trailer.
    fn write_places(&self, target: &mut dyn Write) -> Result<()> {
        let count = self.places.len() + 1;
        write!(target, "xref\n0 {count}\n0000000000 65535 f \n")?;
        for place in &self.places {
            writeln!(target, "{place:010} 00000 n ")?;
        }
        let (catalog, info, at) = (CATALOG.get(), INFO.get(), self.at);
        write!(
            target,
            "trailer\n<<\n  /Size {count}\n  /Root {catalog} 0 R\n  /Info {info} 0 R\n>>\nstartxref\n{at}\n%%EOF\n"
        )
    }
}

fn too_large() -> Error {
    Error::other("more pages than a PDF file can hold")
}
