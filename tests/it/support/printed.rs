//! A PDF file taken apart, by none of the code that made it: every object where the file says that it is,
//! pictures pixel by pixel, texts.

use flate2::read::ZlibDecoder;
use std::io::Read;
use tilecast::raster::Picture;

/// A file's objects, from number 1 on.
pub struct Printed(Vec<Vec<u8>>);

/// A picture in it, and where it is drawn: left, bottom, width and height, in dots.
pub struct Drawn {
    pub picture: Picture,
    pub place: [f64; 4],
}

impl Printed {
    pub fn new(bytes: &[u8]) -> Self {
        assert!(bytes.starts_with(b"%PDF-1.7\n%") && bytes.ends_with(b"\n%%EOF\n"));
        let end = String::from_utf8_lossy(&bytes[bytes.len() - 40..]).into_owned();
        let start: usize =
            end.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let table = &bytes[start..];
        let head = table.split(|byte| *byte == b'\n').nth(1).unwrap();
        let head = std::str::from_utf8(head).unwrap();
        let count: usize = head.strip_prefix("0 ").unwrap().parse().unwrap();
        let entries = &table[b"xref\n".len() + head.len() + 1..];
        assert_eq!(&entries[..20], b"0000000000 65535 f \n");
        let object = |number: usize| {
            let entry = std::str::from_utf8(&entries[20 * number..][..20]).unwrap();
            let place: usize = entry.strip_suffix(" 00000 n \n").unwrap().parse().unwrap();
            let body = bytes[place..].strip_prefix(format!("{number} 0 obj\n").as_bytes());
            let body = body.unwrap_or_else(|| panic!("no object {number} at {place}"));
            let length = after(body, "/Length ").map_or(0, |length| length as usize);
            let stream = find(body, b"stream\n").filter(|_| length > 0).map_or(0, |at| at + length);
            body[..stream + find(&body[stream..], b"endobj").unwrap()].to_vec()
        };
        let trailer = String::from_utf8_lossy(&entries[20 * count..]).into_owned();
        assert!(trailer.starts_with("trailer") && trailer.contains(&format!("/Size {count}")));
        Self((1..count).map(object).collect())
    }

    /// Objects of a type, in order of their numbers.
    fn of_type(&self, kind: &str) -> impl Iterator<Item = &[u8]> {
        let mark = format!("/{kind}\n").into_bytes();
        self.0.iter().filter(move |object| find(object, &mark).is_some()).map(Vec::as_slice)
    }

    /// Width and height of each page, in points.
    pub fn pages(&self) -> Vec<[f64; 2]> {
        let size = |page: &[u8]| {
            let at = find(page, b"/MediaBox [0 0 ").unwrap();
            let text = String::from_utf8_lossy(&page[at + 15..]).into_owned();
            let mut numbers = text.split([' ', ']']).map(|number| number.parse().unwrap());
            [numbers.next().unwrap(), numbers.next().unwrap()]
        };
        self.of_type("Type /Page").map(size).collect()
    }

    /// What is drawn on each page.
    pub fn contents(&self) -> Vec<Vec<u8>> {
        let content = |page: &[u8]| {
            let number = after(page, "/Contents ").unwrap() as usize;
            stream(&self.0[number - 1]).to_vec()
        };
        self.of_type("Type /Page").map(content).collect()
    }

    /// The texts on each page, as far as they are written in plain letters.
    pub fn texts(&self) -> Vec<String> {
        let text = |content: Vec<u8>| {
            let content: String = content.iter().map(|byte| char::from(*byte)).collect();
            let shown = content.lines().filter_map(|line| line.strip_suffix(" Tj"));
            shown.map(plain).collect::<Vec<_>>().join("\n")
        };
        self.contents().into_iter().map(text).collect()
    }

    /// The pictures, one a page.
    pub fn pictures(&self) -> Vec<Drawn> {
        let images = self.of_type("Subtype /Image");
        let drawn = images.zip(self.contents()).map(|(image, content)| {
            let content = String::from_utf8_lossy(&content).into_owned();
            let matrices: Vec<Vec<f64>> = content
                .lines()
                .filter_map(|line| line.strip_suffix(" cm"))
                .map(|line| line.split(' ').map(|number| number.parse().unwrap()).collect())
                .collect();
            assert_eq!(matrices[0], [0.24, 0.0, 0.0, 0.24, 0.0, 0.0]);
            let [width, 0.0, 0.0, height, left, bottom] = matrices[1][..] else { panic!() };
            Drawn { picture: halved(&picture(image)), place: [left, bottom, width, height] }
        });
        drawn.collect()
    }
}

/// The text of a string, written as letters or in hexadecimal digits.
fn plain(string: &str) -> String {
    match string.strip_prefix('<').and_then(|digits| digits.strip_suffix('>')) {
        None => string[1..string.len() - 1].replace("\\(", "(").replace("\\)", ")"),
        Some(digits) => (0..digits.len() / 2)
            .map(|at| char::from(u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()))
            .collect(),
    }
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

/// The number after a text.
fn after(object: &[u8], text: &str) -> Option<u64> {
    let at = find(object, text.as_bytes())? + text.len();
    let digits: Vec<u8> = object[at..].iter().copied().take_while(u8::is_ascii_digit).collect();
    String::from_utf8(digits).unwrap().parse().ok()
}

fn stream(object: &[u8]) -> &[u8] {
    let length = after(object, "/Length ").unwrap() as usize;
    let bytes = &object[find(object, b"stream\n").unwrap() + 7..];
    assert!(bytes[length..].starts_with(b"\nendstream"), "a stream of another length");
    &bytes[..length]
}

/// A picture at 300 dots an inch of one at 600, whose squares of four pixels are of one colour.
fn halved(picture: &Picture) -> Picture {
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    let pixel = |x: usize, y: usize| picture.pixel(x, y).unwrap();
    super::picture(width, height, |x, y| {
        let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| pixel(2 * x + dx, 2 * y + dy));
        assert!(four.iter().all(|pixel| *pixel == four[0]), "{x}, {y}");
        four[0]
    })
}

/// A picture of one channel, not interpolated, in rows with filters like those of PNG.
fn picture(object: &[u8]) -> Picture {
    let number = |name: &str| after(object, name).unwrap_or_else(|| panic!("no {name}")) as usize;
    let has = |text: &str| find(object, text.as_bytes()).is_some();
    assert!(has("/Interpolate false") && has("/Filter /FlateDecode") && has("/Predictor 15"));
    let (width, height) = (number("/Width "), number("/Height "));
    let bits = number("/BitsPerComponent ");
    let row = (width * bits).div_ceil(8);
    let mut rows = Vec::new();
    ZlibDecoder::new(stream(object)).read_to_end(&mut rows).unwrap();
    assert_eq!(rows.len(), (row + 1) * height);
    let is_grey = has("/ColorSpace /DeviceGray");
    assert!(is_grey == (bits == 1) && (is_grey || has("/ColorSpace [/Indexed /DeviceRGB 7 ")));
    let mut rgb = Vec::with_capacity(width * height * 3);
    for line in rows.chunks(row + 1) {
        assert_eq!(line[0], 0, "a filter that this test does not know");
        for x in 0..width {
            let index = line[1 + x * bits / 8] >> (8 - bits - x * bits % 8) & ((1 << bits) - 1);
            let index = if is_grey { index * 7 } else { index };
            rgb.extend([4, 2, 1].map(|bit| if index & bit != 0 { 255 } else { 0 }));
        }
    }
    Picture::from_rgb(width, height, rgb).unwrap()
}
