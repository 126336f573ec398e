//! Writes PDF files as scanners do: pages of pictures, with a table of objects as text or packed.

use fax::BitWriter;
use std::io::Write;
use tilecast::raster::Picture;

/// A picture of a page: entries of its dictionary, and its bytes.
#[derive(Clone)]
pub struct Image {
    pub size: (usize, usize),
    pub entries: String,
    pub data: Vec<u8>,
}

/// A page: pictures and where they are, in points, and what else is said of it.
#[derive(Clone, Default)]
pub struct Page {
    pub images: Vec<(Image, [f64; 6])>,
    pub entries: String,
    pub content: String,
}

impl Page {
    /// A page that a picture fills, at 300 pixels an inch.
    pub fn of(image: Image) -> Self {
        let (width, height) = image.size;
        let matrix = [width as f64 * 0.24, 0.0, 0.0, height as f64 * 0.24, 0.0, 0.0];
        Self { images: vec![(image, matrix)], ..Self::default() }
    }
}

/// A file by its objects, which are numbered from 1.
#[derive(Default)]
pub struct Objects(Vec<Vec<u8>>);

impl Objects {
    pub fn add(&mut self, object: impl Into<Vec<u8>>) -> usize {
        self.0.push(object.into());
        self.0.len()
    }

    pub fn add_stream(&mut self, entries: &str, data: &[u8]) -> usize {
        let head = format!("<<{entries} /Length {}>>\nstream\n", data.len());
        self.add([head.as_bytes(), data, b"\nendstream"].concat())
    }

    /// The file, with a table of objects as text.
    pub fn file(&self, root: usize) -> Vec<u8> {
        let (mut file, places) = self.body();
        let start = file.len();
        write!(file, "xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).unwrap();
        for place in places {
            writeln!(file, "{place:010} 00000 n ").unwrap();
        }
        let size = self.0.len() + 1;
        write!(file, "trailer\n<</Size {size} /Root {root} 0 R>>\nstartxref\n{start}\n%%EOF\n")
            .unwrap();
        file
    }

    /// The file as newer programs write it: what is no stream is in a packed one, and so is the table.
    pub fn packed_file(&self, root: usize) -> Vec<u8> {
        let is_plain = |object: &Vec<u8>| !object.ends_with(b"endstream");
        let (mut head, mut all) = (String::new(), Vec::new());
        for (number, object) in self.0.iter().enumerate().filter(|(_, object)| is_plain(object)) {
            head += &format!("{} {} ", number + 1, all.len());
            all.extend_from_slice(object);
            all.push(b' ');
        }
        let inside = self.0.iter().filter(|object| is_plain(object)).count();
        let mut kept = Self(self.0.clone());
        for object in kept.0.iter_mut().filter(|object| is_plain(object)) {
            object.clear();
        }
        let entries = format!("/Type/ObjStm /N {inside} /First {} /Filter/FlateDecode", head.len());
        let stream = kept.add_stream(&entries, &deflated(&[head.as_bytes(), &all].concat()));
        let (mut file, places) = kept.body();
        let (start, table, mut index) = (file.len(), places.len() + 1, 0u8);
        let mut rows = vec![0, 0, 0, 0, 0, 0];
        for (number, place) in places.iter().enumerate() {
            if self.0.get(number).is_some_and(is_plain) {
                rows.extend([2, 0, 0, 0, stream as u8, index]);
                index += 1;
            } else {
                rows.push(1);
                rows.extend((*place as u32).to_be_bytes());
                rows.push(0);
            }
        }
        rows.push(1);
        rows.extend((start as u32).to_be_bytes());
        rows.push(0);
        let entries = format!(
            "/Type/XRef /Size {} /W[1 4 1] /Root {root} 0 R /Filter/FlateDecode \
             /DecodeParms<</Predictor 12 /Columns 6>>",
            table + 1
        );
        let rows: Vec<u8> = predicted_up(&rows, 6);
        let data = deflated(&rows);
        write!(file, "{table} 0 obj\n<<{entries} /Length {}>>\nstream\r\n", data.len()).unwrap();
        file.extend(data);
        write!(file, "\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").unwrap();
        file
    }

    /// Everything but the table, and where each object is; those of no bytes are elsewhere.
    fn body(&self) -> (Vec<u8>, Vec<usize>) {
        let (mut file, mut places) = (b"%PDF-1.6\n%\xE2\xE3\xCF\xD3\n".to_vec(), Vec::new());
        for (number, object) in self.0.iter().enumerate() {
            places.push(file.len());
            if object.is_empty() {
                continue;
            }
            writeln!(file, "{} 0 obj", number + 1).unwrap();
            file.extend(object);
            file.extend(b"\nendobj\n");
        }
        (file, places)
    }
}

/// The objects of pages, and the number of the root.
pub fn objects(pages: &[Page]) -> (Objects, usize) {
    let mut objects = Objects::default();
    let root = objects.add("<</Type/Catalog /Pages 2 0 R>>");
    objects.add(Vec::new());
    let mut kids = String::new();
    for page in pages {
        let (mut named, mut content) = (String::new(), String::new());
        for (number, (image, matrix)) in page.images.iter().enumerate() {
            let object = objects.add_stream(
                &format!("/Type/XObject /Subtype/Image {}", image.entries),
                &image.data,
            );
            named += &format!("/Im{number} {object} 0 R ");
            let [a, b, c, d, e, f] = matrix;
            content += &format!("q {a} {b} {c} {d} {e} {f} cm /Im{number} Do Q\n");
        }
        content += &page.content;
        let content = objects.add_stream("", content.as_bytes());
        let entries = &page.entries;
        let page = objects.add(format!(
            "<</Type/Page /Parent 2 0 R /Contents {content} 0 R {entries} \
             /Resources<</XObject<<{named}>>>>>>"
        ));
        kids += &format!("{page} 0 R ");
    }
    let count = pages.len();
    objects.0[1] =
        format!("<</Type/Pages /Kids[{kids}] /Count {count} /MediaBox[0 0 312 288]>>").into_bytes();
    (objects, root)
}

/// A file of pages.
pub fn pdf(pages: &[Page]) -> Vec<u8> {
    let (objects, root) = objects(pages);
    objects.file(root)
}

pub fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Rows as differences to the rows above.
pub fn predicted_up(bytes: &[u8], row: usize) -> Vec<u8> {
    let mut above = vec![0; row];
    let mut rows = Vec::new();
    for values in bytes.chunks(row) {
        rows.push(2);
        rows.extend(values.iter().zip(&above).map(|(value, above)| value.wrapping_sub(*above)));
        above = values.to_vec();
    }
    rows
}

/// A picture of so many bits and colours a sample, its bytes packed by a filter.
pub fn image(picture: &Picture, colours: &str, bits: usize, filter: &str, data: Vec<u8>) -> Image {
    let (width, height) = (picture.width(), picture.height());
    let entries = format!(
        "/Width {width} /Height {height} /ColorSpace {colours} /BitsPerComponent {bits} {filter}"
    );
    Image { size: (width, height), entries, data }
}

/// A black and white picture as fax machines code it, in two dimensions.
pub fn group_4(picture: &Picture) -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for y in 0..picture.height() {
        let pixel = |x| match picture.pixel(x, y).unwrap()[0] {
            0..128 => fax::Color::Black,
            _ => fax::Color::White,
        };
        encoder.encode_line((0..picture.width()).map(pixel), picture.width() as u16).unwrap();
    }
    encoder.finish().unwrap().finish()
}

/// Such a picture in one dimension: each row begins with a word of its own, or with a whole byte.
pub fn one_dimension(picture: &Picture, aligned: bool) -> Vec<u8> {
    use fax::maps::{EOL, black, white};
    let mut writer = fax::VecWriter::new();
    for row in picture.rgb().chunks_exact(picture.width() * 3) {
        let dark: Vec<bool> = row.as_chunks::<3>().0.iter().map(|pixel| pixel[0] < 128).collect();
        if !aligned {
            writer.write(EOL).unwrap();
        }
        let (mut at, mut is_black) = (0, false);
        while at < dark.len() {
            let run = dark[at..].iter().take_while(|dark| **dark == is_black).count();
            let words = if is_black { &black::ENTRIES } else { &white::ENTRIES };
            if run >= 64 {
                writer.write(words[63 + run / 64].1).unwrap();
            }
            writer.write(words[run % 64].1).unwrap();
            (at, is_black) = (at + run, !is_black);
        }
        if aligned {
            writer.pad();
        }
    }
    writer.finish()
}

/// The same as JBIG2, whose regions may be coded as faxes are (T.88, 6.2.6).
pub fn jbig2(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let mut page = size.clone();
    page.extend([0; 8]);
    page.extend([0, 0, 0]);
    let mut region = size;
    region.extend([0; 8]);
    // Combined by OR; coded as a fax.
    region.extend([0, 1]);
    region.extend(group_4(picture));
    [segment(0, 48, &page), segment(1, 38, &region)].concat()
}

fn segment(number: u32, kind: u8, data: &[u8]) -> Vec<u8> {
    let front = [&number.to_be_bytes()[..], &[kind, 0, 1]].concat();
    [front, (data.len() as u32).to_be_bytes().to_vec(), data.to_vec()].concat()
}

/// JBIG2 of 100 x 100 pixels in which a segment of an unknown length comes before one of a region that
/// takes long.
pub fn endless_jbig2() -> Vec<u8> {
    let side = |side: u32| [side.to_be_bytes(), side.to_be_bytes()].concat();
    let page = [side(100), vec![0; 11]].concat();
    let region = |size: u32| {
        let coding = [0, 0, 3, 255, 253, 255, 2, 254, 254, 254];
        [side(size), vec![0; 8], coding.to_vec(), vec![0; 20]].concat()
    };
    let mut unknown = segment(1, 38, &region(8));
    unknown[7..11].fill(255);
    let end = [&[0xFF, 0xAC][..], &8u32.to_be_bytes()].concat();
    [segment(0, 48, &page), unknown, end, segment(2, 38, &region(65_000))].concat()
}

/// Rows of bits, 1 for what is bright.
pub fn packed(picture: &Picture) -> Vec<u8> {
    let bright = |pixel: &[u8; 3]| u8::from(pixel[0] > 127);
    let row = |row: &[u8]| {
        let pixels = row.as_chunks::<3>().0;
        let byte = |eight: &[[u8; 3]]| {
            eight.iter().zip((0..8).rev()).fold(0, |byte, (pixel, at)| byte | bright(pixel) << at)
        };
        pixels.chunks(8).map(byte).collect::<Vec<u8>>()
    };
    picture.rgb().chunks_exact(picture.width() * 3).flat_map(row).collect()
}
