//! PDF and TIFF files that are damaged, and such as are made to do harm: they end in a picture or an
//! error, in little time and memory.

use crate::support::pdf::{
    Image, Page, deflated, group_4, image, jbig2, objects, packed, pdf, predicted_up,
};
#[cfg(target_os = "linux")]
use crate::support::pdf::{Objects, endless_jbig2};
use crate::support::picture;
#[cfg(target_os = "linux")]
use std::fmt::Write;
use tilecast::media::decode_picture;
use tilecast::prng::SplitMix64;
use tilecast::raster::Picture;

/// What stands in for other bytes of a file.
const WORDS: [&str; 14] = [
    "18446744073709551615",
    "4294967296",
    "99999999",
    "-1",
    "0",
    "<<",
    ">>",
    "[",
    "(",
    "obj",
    "endobj",
    "stream",
    "3 0 R",
    "/Filter",
];

/// A page of pictures in all codings, one over the other.
fn layered() -> Page {
    let page: Picture = picture(60, 40, |x, y| [if (x * y) % 7 < 3 { 0 } else { 255 }; 3]);
    let rows = predicted_up(page.rgb(), 180);
    let up = "/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors 3/Columns 60>>";
    let fax = "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 60>>";
    let stencil = Image {
        size: (60, 40),
        entries: "/Width 60/Height 40/ImageMask true/Filter/FlateDecode".to_owned(),
        data: deflated(&packed(&page)),
    };
    let images = [
        image(&page, "/DeviceRGB", 8, "/Filter/DCTDecode", super::jpeg(&page)),
        image(&page, "/DeviceRGB", 8, up, deflated(&rows)),
        image(&page, "/DeviceGray", 1, fax, group_4(&page)),
        image(&page, "/DeviceGray", 1, "/Filter/JBIG2Decode", jbig2(&page)),
        image(&page, "[/Indexed/DeviceRGB 1<000000ffffff>]", 1, "", packed(&page)),
        stencil,
    ];
    let content = "q 60 0 0 40 0 0 cm BI /W 8 /H 2 /BPC 8 /CS /G /F /AHx ID 00> EI Q".to_owned();
    let matrix = [60.0, 0.0, 0.0, 40.0, 0.0, 0.0];
    Page { images: images.map(|image| (image, matrix)).to_vec(), content, ..Page::default() }
}

/// A file with some of its bytes changed, added, left out, or another number.
fn damaged(file: &[u8], prng: &mut SplitMix64) -> Vec<u8> {
    let mut bytes = file.to_vec();
    let mut below = |count: usize| (prng.next_u64() % count.max(1) as u64) as usize;
    for _ in 0..=below(4) {
        let at = below(bytes.len());
        let word = WORDS[below(WORDS.len())];
        match below(4) {
            0 => bytes[at] = below(256) as u8,
            1 => drop(bytes.splice(at..at, word.bytes())),
            2 => drop(bytes.drain(at..(at + below(60)).min(bytes.len()))),
            _ => {
                let digit = (at..bytes.len()).find(|at| bytes[*at].is_ascii_digit());
                let digits = digit.map_or(at..at, |at| at..at + 1);
                drop(bytes.splice(digits, word.bytes()));
            }
        }
    }
    bytes
}

#[test]
fn damaged_files_end_in_a_picture_or_an_error() {
    let (objects, root) = objects(&[layered()]);
    let mut prng = SplitMix64::new(16);
    for file in [objects.file(root), objects.packed_file(root)] {
        assert!(decode_picture(&file).is_ok());
        let read = (0..400).filter(|_| decode_picture(&damaged(&file, &mut prng)).is_ok()).count();
        assert!(read > 40, "{read}");
    }
}

/// A file of a page, and of a stream so many times.
#[cfg(target_os = "linux")]
fn one_page(page: &str, entries: &str, data: &[u8], streams: usize) -> Vec<u8> {
    let mut objects = Objects::default();
    objects.add("<</Type/Catalog /Pages 2 0 R>>");
    objects.add("<</Type/Pages /Kids[3 0 R]>>");
    objects.add(format!("<</Type/Page /Parent 2 0 R {page}>>"));
    for _ in 0..streams {
        objects.add_stream(entries, data);
    }
    objects.file(1)
}

/// A tree of pages, in a stream of more objects than anybody needs.
#[cfg(target_os = "linux")]
fn tree() -> Vec<u8> {
    let (mut kids, mut numbers) = (String::new(), String::new());
    for number in 0..200_000 {
        write!(numbers, "{} 0 ", 1000 + number).unwrap();
    }
    for number in 160_000..180_000 {
        write!(kids, "{number} 0 R ").unwrap();
    }
    let stream = deflated((numbers.clone() + "<</Kids[]>>").as_bytes());
    let entries = format!("/Type/ObjStm /N 200000 /First {} /Filter/FlateDecode", numbers.len());
    let mut tree = Objects::default();
    tree.add("<</Type/Catalog /Pages 2 0 R>>");
    tree.add(format!("<</Type/Pages /Kids[{kids}]>>"));
    tree.add_stream(&entries, &stream);
    let tree = tree.file(1);
    let end = tree.windows(4).rposition(|window| window == b"xref").unwrap();
    tree[..end - 5].to_vec()
}

/// Pages of one column of pixels, each row of which is a strip of the whole file.
#[cfg(target_os = "linux")]
fn strips() -> Vec<u8> {
    const ROWS: u32 = 20_000;
    const LENGTH: u32 = 700_000;
    let mut file = b"II*\0".to_vec();
    file.extend((8 + 8 * ROWS).to_le_bytes());
    file.extend([0u32.to_le_bytes(); ROWS as usize].concat());
    file.extend([LENGTH.to_le_bytes(); ROWS as usize].concat());
    for page in 1..=30 {
        let tags: [(u16, u32, u32); 9] = [
            (256, 1, 1),
            (257, 1, ROWS),
            (258, 1, 1),
            (259, 1, 1),
            (262, 1, 0),
            (266, 1, 2),
            (273, ROWS, 8),
            (278, 1, 1),
            (279, ROWS, 8 + 4 * ROWS),
        ];
        file.extend((tags.len() as u16).to_le_bytes());
        for (tag, count, value) in tags {
            file.extend([tag.to_le_bytes(), 4u16.to_le_bytes()].concat());
            file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
        }
        let next = if page < 30 { file.len() as u32 + 4 } else { 0 };
        file.extend(next.to_le_bytes());
    }
    file.resize(LENGTH as usize, 0);
    file
}

/// Files of which each byte takes as much time or memory as can be made of it, and what is said of them.
#[cfg(target_os = "linux")]
fn attacks() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    const ROOT: &str = "1 0 obj\n<</Type/Catalog /Pages 2 0 R>>\nendobj\n";
    let endless = (3..20_000).fold(format!("%PDF-1.5\n{ROOT}"), |mut file, number| {
        write!(file, "{number} 0 obj\n<</Type/ObjStm>>stream\n").unwrap();
        file
    });
    let names = (0..50_000).fold(String::new(), |mut names, name| {
        write!(names, "/{name:x} 0 ").unwrap();
        names
    });
    let named = format!("/Contents 4 0 R /Resources<</XObject<<{names}>>>>");
    let parts = format!("/Contents[{}]", "4 0 R ".repeat(20_000));
    // What ends at its first byte, packed.
    let mut ended = vec![0; 100_000_000];
    ended[0] = 128;
    let ended = deflated(&ended);
    let many: Vec<u8> = deflated(format!("9 0 [{}]", "0 ".repeat(1 << 19)).as_bytes());
    let (chained, numbered) =
        ("/Filter[/FlateDecode/RunLengthDecode]", "/Type/ObjStm /N 1 /First 4 /Filter/FlateDecode");
    let inherited = "<<>>".repeat(10_000);
    let kids_of_all = format!("/Kids[{inherited}] /Resources<</XObject<<{names}>>>>");
    let damaged_file = "a damaged PDF file: ";
    let too_much = "a damaged PDF file: a page with too much on it";
    let no_content = "the content of this page is missing";
    vec![
        ("strips.tif", strips(), "ends early"),
        ("endless", endless.into_bytes(), damaged_file),
        ("tree", tree(), "a damaged PDF file: there are no pages in it"),
        ("names", one_page(&named, "", "/Z Do ".repeat(200_000).as_bytes(), 1), too_much),
        (
            "parts",
            one_page(&parts, chained, &ended, 1),
            "a damaged PDF file: its objects unpack to",
        ),
        ("streams", one_page("/Contents 99 0 R", numbered, &many, 40), no_content),
        ("kids", one_page(&kids_of_all, "", b"", 1), "no finder pattern"),
    ]
}

/// A file of pages that share their content.
#[cfg(target_os = "linux")]
fn sharing(pages: usize, filters: &str, content: &[u8], resources: &str) -> Vec<u8> {
    let mut objects = Objects::default();
    objects.add("<</Type/Catalog /Pages 2 0 R>>");
    let kids = (4..4 + pages).fold(String::new(), |kids, number| kids + &format!("{number} 0 R "));
    objects.add(format!("<</Type/Pages /Kids[{kids}]>>"));
    objects.add_stream(filters, content);
    for _ in 0..pages {
        objects.add(format!("<</Type/Page /Contents 3 0 R /Resources<<{resources}>>>>"));
    }
    objects.file(1)
}

/// Files whose content or pictures take more than their size tells.
#[cfg(target_os = "linux")]
fn bombs() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    const FLATE: &str = "/Filter/FlateDecode";
    let too_much = "a damaged PDF file: a page with too much on it";
    let list = deflated(&[b"[", "0 ".repeat(15_000_000).as_bytes()].concat());
    let operators = deflated("1 g ".repeat(3_900_000).as_bytes());
    // Stored blocks of no bytes, packed.
    let nothing =
        deflated(&[b"\x78\x9c", [0, 0, 0, 255, 255].repeat(26_000_000).as_slice()].concat());
    let twice = "/Filter[/FlateDecode/FlateDecode]/DecodeParms[<</Predictor 15/Columns 9999>>null]";
    let colours =
        (0..60_000).fold("/ColorSpace<<".to_owned(), |all, name| all + &format!("/{name:x} 0 "));
    let said = deflated(format!("BI {}", "/CS/z ".repeat(200_000)).as_bytes());
    let inline = deflated("BI /CS/z /W 1/H 1 ID x EI ".repeat(4000).as_bytes());
    let colours = colours + ">>";
    let bits = Image {
        size: (7000, 6000),
        entries: "/Width 7000/Height 6000/ColorSpace/DeviceGray/BitsPerComponent 1/Filter\
                  /FlateDecode/DecodeParms<</Predictor 15/Columns 7000/BitsPerComponent 1>>"
            .to_owned(),
        data: deflated(&vec![0; 336_000_000]),
    };
    let unknown = Image {
        size: (100, 100),
        entries: "/Width 100/Height 100/BitsPerComponent 1/Filter/JBIG2Decode".to_owned(),
        data: endless_jbig2(),
    };
    vec![
        ("list", sharing(4, FLATE, &list, ""), too_much),
        ("operators", sharing(300, FLATE, &operators, ""), "its pages take too much work"),
        ("between", sharing(4, twice, &nothing, ""), "its data cannot be unpacked"),
        ("said", sharing(1, FLATE, &said, &colours), too_much),
        ("inline", sharing(1, FLATE, &inline, &colours), too_much),
        ("bits", pdf(&[Page::of(bits)]), "too dark"),
        ("unknown", pdf(&[Page::of(unknown)]), "a JBIG2 picture of an unknown length"),
    ]
}

#[cfg(target_os = "linux")]
#[test]
fn files_made_to_take_long_are_done_with_soon() {
    let dir = crate::support::Workdir::new();
    let binary = assert_cmd::cargo::cargo_bin("tilecast");
    for (name, bytes, message) in attacks().into_iter().chain(bombs()) {
        dir.write(name, &bytes);
        // Seconds of work, and kilobytes with those that threads reserve.
        let script = format!(
            "ulimit -t 10; ulimit -v 700000; exec '{}' decode {name} -o out --threads 2",
            binary.display()
        );
        let mut run = std::process::Command::new("sh");
        // Every thread would reserve address space that it never uses.
        run.env("MALLOC_ARENA_MAX", "1");
        let output = run.args(["-c", &script]).current_dir(dir.path("")).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {:?} {text}", output.status);
        assert!(text.contains(message), "{name}: {text}");
    }
}

#[test]
fn of_objects_in_two_streams_the_later_one_counts_when_the_tables_are_lost() {
    let stream = |number: usize, content: usize| {
        let page = format!("3 0 <</Type/Page/Contents {content} 0 R>>");
        format!(
            "{number} 0 obj\n<</Type/ObjStm/N 1/First 4/Length {}>>\nstream\n{page}\nendstream\nendobj\n",
            page.len()
        )
    };
    let file = |streams: [String; 2]| {
        let root = "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n";
        let tree = "2 0 obj\n<</Type/Pages/Kids[3 0 R]>>\nendobj\n";
        let content = "5 0 obj\n<</Length 3>>\nstream\nq Q\nendstream\nendobj\n";
        format!("%PDF-1.5\n{root}{tree}{content}{}", streams.concat())
    };
    // One of them names content that is missing.
    assert!(decode_picture(file([stream(10, 98), stream(11, 5)]).as_bytes()).is_ok());
    assert!(decode_picture(file([stream(11, 5), stream(10, 98)]).as_bytes()).is_err());
}

#[test]
fn a_large_scan_is_read_although_its_length_is_lost() {
    let mut prng = SplitMix64::new(3);
    let mut samples = vec![0; 6500 * 8000];
    for row in samples.chunks_mut(6500) {
        row[..200].fill_with(|| prng.next_u64() as u8);
    }
    let entries = "/Width 6500/Height 8000/ColorSpace/DeviceGray/BitsPerComponent 8\
                   /Filter/FlateDecode/Length 99 0 R";
    let scan = Image { size: (6500, 8000), entries: entries.to_owned(), data: deflated(&samples) };
    assert_eq!(decode_picture(&pdf(&[Page::of(scan)])).unwrap().width(), 6500);
}

#[test]
fn a_page_of_one_area_of_many_parts_is_drawn() {
    let page = |content: String| pdf(&[Page { content, ..Page::default() }]);
    let error = decode_picture(&page("1 1 2 2 re ".repeat(8000) + "f")).unwrap_err();
    assert!(error.to_string().contains("a PDF page that is drawn"), "{error}");
    // What is cut out by them is not.
    assert!(decode_picture(&page("1 1 2 2 re W n ".repeat(8000) + "f")).is_ok());
}
