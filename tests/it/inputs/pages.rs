//! Scans: PDF and TIFF, a picture a page, in all the ways in which scanners pack them.

use super::{drawn, gives, gives_both_ways, jpeg, refused};
use crate::support::pdf::{
    Image, Objects, Page, deflated, group_4, image, jbig2, objects, one_dimension, packed, pdf,
    predicted_up,
};
use crate::support::{Workdir, choice, encode, picture, random_bytes};
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::decode_picture;
use tilecast::raster::Picture;

/// A file of three black and white frames.
fn printed() -> (Vec<u8>, Vec<Picture>) {
    let choice = FormatChoice { tile: Some(3), ..choice(Profile::Print, 620) };
    let file = random_bytes(3 * choice.tables().unwrap().capacity() - 400, 3);
    let (_, frames) = encode(&file, &choice, 0.0);
    assert_eq!(frames.len(), 3);
    (file, drawn(&frames))
}

fn grey(picture: &Picture) -> Vec<u8> {
    picture.rgb().as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect()
}

/// A page as most scanners make it.
fn photographed(frame: &Picture) -> Page {
    Page::of(image(frame, "/DeviceRGB", 8, "/Filter/DCTDecode", jpeg(frame)))
}

fn zip(picture: &Picture) -> Image {
    image(picture, "/DeviceGray", 1, "/Filter/FlateDecode", deflated(&packed(picture)))
}

/// Pixels of several colours and grey values.
fn colourful() -> Picture {
    picture(97, 61, |x, y| [(x * 2) as u8, (y * 4) as u8, (x * y) as u8])
}

/// Half black and half white.
fn two_levels() -> Picture {
    picture(101, 67, |x, y| [if (x * x + y * 3) / 7 % 2 == 0 { 0 } else { 255 }; 3])
}

fn inverted(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().map(|byte| !byte).collect()
}

#[test]
fn black_and_white_pictures_are_read_to_the_pixel() {
    let page = two_levels();
    let fax = "/Filter/CCITTFaxDecode /DecodeParms<</K -1 /Columns 101";
    let stencil = |data, decode: &str| Image {
        size: (101, 67),
        entries: format!("/Width 101 /Height 67 /ImageMask true /Filter/FlateDecode {decode}"),
        data,
    };
    let palette = "[/Indexed/DeviceRGB 1<000000ffffff>]";
    let bits = packed(&page);
    let images = [
        zip(&page),
        image(&page, "/DeviceGray", 1, "", bits.clone()),
        image(&page, "/DeviceGray", 1, "/Decode[1 0]", inverted(bits.clone())),
        image(&page, "/DeviceGray", 1, &format!("{fax}>>"), group_4(&page)),
        image(
            &page,
            "/DeviceGray",
            1,
            &format!("{fax}/BlackIs1 true>>/Decode[1 0]"),
            group_4(&page),
        ),
        image(&page, palette, 1, "/Filter/FlateDecode", deflated(&bits)),
        image(&page, "[/Separation/Black/DeviceGray 1 0 R]", 1, "", inverted(bits.clone())),
        image(&page, "/DeviceGray", 1, "/Filter/JBIG2Decode", jbig2(&page)),
        stencil(deflated(&bits), ""),
        stencil(deflated(&inverted(bits.clone())), "/Decode[1 0]"),
    ];
    for (number, image) in images.into_iter().enumerate() {
        let read = decode_picture(&pdf(&[Page::of(image)])).unwrap();
        assert!(read == page, "{number}");
    }
}

#[test]
fn grey_and_coloured_pictures_are_read_to_the_pixel() {
    let page = colourful();
    let rows = predicted_up(page.rgb(), 97 * 3);
    let hexadecimal: String = page.rgb().iter().map(|byte| format!("{byte:02x}")).collect();
    let flate = "/Filter/FlateDecode";
    let profile = "[/ICCBased 3 0 R]";
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(page.rgb())
        .unwrap();
    let up = format!("{flate}/DecodeParms<</Predictor 15/Colors 3/Columns 97>>");
    for (number, image) in [
        image(&page, "/DeviceRGB", 8, flate, deflated(page.rgb())),
        image(&page, "/DeviceRGB", 8, &up, deflated(&rows)),
        image(&page, "[/CalRGB<<>>]", 8, "/Filter[/LZWDecode]", lzw),
        image(&page, "/DeviceRGB", 8, "/Filter/ASCIIHexDecode", (hexadecimal + ">").into_bytes()),
        image(&page, "/DeviceRGB", 8, "/Decode[1 0 1 0 1 0]", inverted(page.rgb().to_vec())),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(decode_picture(&pdf(&[Page::of(image)])).unwrap() == page, "{number}");
    }
    // Object 3 is the first picture itself, which says that it has three colours.
    let mut icc = image(&page, profile, 8, flate, deflated(page.rgb()));
    icc.entries += "/N 3";
    assert!(decode_picture(&pdf(&[Page::of(icc)])).unwrap() == page);
    let shades = picture(97, 61, |x, y| [(x + y) as u8; 3]);
    let wide: Vec<u8> = grey(&shades).iter().flat_map(|value| [*value, 77]).collect();
    let ink: Vec<u8> = grey(&shades).iter().flat_map(|value| [0, 0, 0, 255 - value]).collect();
    for image in [
        image(&shades, "/DeviceGray", 8, flate, deflated(&grey(&shades))),
        image(&shades, "/DeviceGray", 16, flate, deflated(&wide)),
        image(&shades, "/DeviceCMYK", 8, flate, deflated(&ink)),
    ] {
        assert!(decode_picture(&pdf(&[Page::of(image)])).unwrap() == shades);
    }
}

#[test]
fn pages_of_several_pictures_are_put_together() {
    let page = two_levels();
    let part =
        |from: usize, to: usize| picture(101, to - from, |x, y| page.pixel(x, y + from).unwrap());
    let strip = |from: usize, to: usize| {
        let scale = 0.24;
        let height = (to - from) as f64 * scale;
        let bottom = (67 - to) as f64 * scale;
        (zip(&part(from, to)), [101.0 * scale, 0.0, 0.0, height, 10.2, 5.5 + bottom])
    };
    let strips =
        Page { images: vec![strip(0, 25), strip(25, 26), strip(26, 67)], ..Page::default() };
    assert!(decode_picture(&pdf(&[strips])).unwrap() == page);
    // What is black is a stencil over a coarse picture of the paper.
    let paper = picture(10, 7, |_, _| [255; 3]);
    let ink = Image {
        size: (101, 67),
        entries: "/Width 101 /Height 67 /ImageMask true".to_owned(),
        data: packed(&page),
    };
    let whole = [101.0, 0.0, 0.0, 67.0, 0.0, 0.0];
    let layers = Page { images: vec![(zip(&paper), whole), (ink, whole)], ..Page::default() };
    assert!(decode_picture(&pdf(&[layers])).unwrap() == page);
    // One that lies within a content of its own, upside down.
    let content = "q -101 0 0 -67 101 67 cm BI /W 101 /H 67 /BPC 1 /CS /G /F /AHx ID\n".to_owned();
    let digits: String = packed(&page).iter().map(|byte| format!("{byte:02x}")).collect();
    let inline = Page { content: content + &digits + ">\nEI Q", ..Page::default() };
    assert!(decode_picture(&pdf(&[inline])).unwrap() == page);
    // Mirrored, it is turned over.
    let mirrored =
        Page { images: vec![(zip(&page), [-9.0, 0.0, 0.0, 6.0, 9.0, 0.0])], ..Page::default() };
    let turned = picture(101, 67, |x, y| page.pixel(100 - x, y).unwrap());
    assert!(decode_picture(&pdf(&[mirrored])).unwrap() == turned);
}

#[test]
fn files_of_all_makers_are_read() {
    let (file, frames) = printed();
    let mut pages: Vec<Page> = frames.iter().map(photographed).collect();
    pages[1].entries = "/Rotate 90".to_owned();
    pages[2] = Page::of(zip(&frames[2]));
    pages[2].content = "BT /F1 12 Tf (page 3) Tj ET".to_owned();
    let (objects, root) = objects(&pages);
    let plain = objects.file(root);
    gives_both_ways("scan.pdf", &plain, &file);
    gives_both_ways("packed.pdf", &objects.packed_file(root), &file);
    gives_both_ways("mailed.pdf", &[b"\n\nnoise before it\n", &plain[..]].concat(), &file);
    // Tables that are wrong, or lost.
    let at = plain.windows(9).position(|window| window == b"startxref").unwrap();
    gives_both_ways("lost.pdf", &plain[..at], &file);
    let mut wrong = plain.clone();
    wrong[at + 10] = b'7';
    gives_both_ways("wrong.pdf", &wrong, &file);
    let packed = objects.packed_file(root);
    gives_both_ways("short.pdf", &packed[..packed.len() - 40], &file);
}

#[test]
fn a_page_that_was_changed_later_is_read_as_it_is_now() {
    let (file, frames) = printed();
    let pages: Vec<Page> = [0, 0, 2].iter().map(|number| Page::of(zip(&frames[*number]))).collect();
    let before = pdf(&pages);
    let end = String::from_utf8_lossy(&before[before.len() - 40..]).into_owned();
    let old = end.lines().rev().nth(1).unwrap().to_owned();
    // The second page's picture, which is object 6, once more.
    let new = zip(&frames[1]);
    let (entries, length) = (new.entries, new.data.len());
    let head = format!("6 0 obj\n<</Subtype/Image {entries} /Length {length}>>\nstream\n");
    let mut after = [&before, head.as_bytes(), &new.data, b"\nendstream\nendobj\n"].concat();
    let (place, table) = (before.len(), after.len());
    let table = format!(
        "xref\n6 1\n{place:010} 00000 n \ntrailer\n<</Size 99 /Root 1 0 R /Prev {old}>>\n\
         startxref\n{table}\n%%EOF\n"
    );
    after.extend(table.bytes());
    gives_both_ways("changed.pdf", &after, &file);
}

#[test]
fn every_page_is_told_apart_and_one_bad_page_ends_nothing() {
    let (file, frames) = printed();
    let mut pages = vec![photographed(&frames[0]), Page::default(), photographed(&frames[1])];
    let mut damaged = zip(&frames[2]);
    damaged.data = b"no data".to_vec();
    pages.push(Page::of(damaged));
    pages.push(Page::of(zip(&frames[2])));
    let dir = Workdir::new();
    dir.write("scans/scan.pdf", &pdf(&pages));
    dir.write("scans/z.txt", b"what is on the pages");
    dir.tilecast(&["decode", "scans", "-o", "out", "--report", "r.json"]).assert().success();
    assert!(dir.read("out") == file);
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    let captures = report["captures"].as_array().unwrap();
    let codes: Vec<&str> = captures.iter().map(|c| c["code"].as_str().unwrap()).collect();
    assert_eq!(codes[..5], ["read", "no-finder", "read", "damaged-picture", "read"]);
    assert!(captures[3]["path"].as_str().unwrap().ends_with("scan.pdf:4"));
}

#[test]
fn each_page_is_searched_for_all_of_its_frames() {
    let (file, frames) = printed();
    let (width, height) = (frames[0].width() + 20, frames[0].height() + 40);
    let both = picture(2 * width, height, |x, y| {
        let at = (x % width).checked_sub(20).zip(y.checked_sub(20));
        at.and_then(|(column, row)| frames[x / width].pixel(column, row)).unwrap_or([255; 3])
    });
    let pages = [Page::of(zip(&frames[2])), Page::of(zip(&both))];
    gives_both_ways("two.pdf", &pdf(&pages), &file);
}

#[test]
fn what_is_cut_off_is_read_as_far_as_it_goes() {
    let (_, frames) = printed();
    let pages: Vec<Page> = frames.iter().map(|frame| Page::of(zip(frame))).collect();
    let whole = pdf(&pages);
    let dir = Workdir::new();
    dir.write("cut.pdf", &whole[..whole.len() * 9 / 10]);
    let report = ["decode", "cut.pdf", "-o", "out", "--report", "r.json"];
    dir.tilecast(&report).assert().code(1);
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    assert_eq!(report["transfers"][0]["frames_seen"], 2);
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let (_, frames) = printed();
    let with = |from: &str, to: &str| {
        let bytes = pdf(&[Page::of(zip(&frames[0]))]);
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
    };
    let encrypted = with("trailer\n<<", "trailer\n<</Encrypt 1 0 R");
    refused("a.pdf", &encrypted, "other-format", "an encrypted PDF file");
    refused("b.pdf", b"%PDF-1.7\n", "damaged-picture", "a damaged PDF file: there are no pages");
    refused("c.pdf", b"%PDF-", "damaged-picture", "a damaged PDF file");
    let jpx = with("/FlateDecode", "/JPXDecode  ");
    refused("d.pdf", &jpx, "other-format", "a JPEG 2000 picture, which this program cannot read");
    let lines = "0 0 m 1 1 l S\n".repeat(1000);
    let drawn = Page { content: lines, ..Page::default() };
    refused("e.pdf", &pdf(&[drawn]), "other-format", "a PDF page that is drawn");
    let lost = with("/Im0 3 0 R", "/Im0 9 0 R");
    refused("f.pdf", &lost, "damaged-picture", "a picture of this page is missing");
}

#[test]
fn files_made_to_do_harm_do_none() {
    let page = two_levels();
    let sized = |width: u32, height: u32, data: Vec<u8>| {
        let entries = format!(
            "/Width {width} /Height {height} /ColorSpace/DeviceGray /BitsPerComponent 1 \
             /Filter/FlateDecode"
        );
        pdf(&[Page::of(Image { size: (99, 99), entries, data })])
    };
    let zeros = deflated(&vec![0; 100_000_000]);
    refused("large.pdf", &sized(90_000, 90_000, zeros.clone()), "picture-too-large", "too large");
    refused("far.pdf", &sized(10_000, 9_000, deflated(&[0])), "picture-too-large", "too large");
    // Only as much is unpacked as the picture has.
    assert!(decode_picture(&sized(8, 8, zeros.clone())).is_ok());
    // A tree of pages that goes round, objects within objects, contents within contents.
    let mut round = Objects::default();
    round.add("<</Type/Catalog /Pages 2 0 R>>");
    round.add("<</Type/Pages /Kids[2 0 R 3 0 R] /Count 9>>");
    round.add("<</Type/Pages /Kids[2 0 R 3 0 R] /Count 9>>");
    refused("round.pdf", &round.file(1), "damaged-picture", "there are no pages");
    let mut deep = Objects::default();
    deep.add("<</Type/Catalog /Pages 2 0 R>>");
    deep.add("[".repeat(400_000));
    refused("deep.pdf", &deep.file(1), "damaged-picture", "a damaged PDF file");
    let form = |content: &str, inner: usize| {
        let mut objects = Objects::default();
        objects.add("<</Type/Catalog /Pages 2 0 R>>");
        objects.add("<</Type/Pages /Kids[3 0 R]>>");
        objects
            .add("<</Type/Page /Parent 2 0 R /Contents 4 0 R /Resources<</XObject<</A 5 0 R>>>>>>");
        objects.add_stream("", content.as_bytes());
        let own = format!("/Subtype/Form /Resources<</XObject<</A {inner} 0 R>>>>");
        objects.add_stream(&own, content.as_bytes());
        objects.file(1)
    };
    let many = "/A Do ".repeat(2000);
    refused("forms.pdf", &form(&many, 5), "damaged-picture", "too much on it");
    let bomb =
        image(&page, "/DeviceGray", 1, "/Filter[/FlateDecode/FlateDecode]", deflated(&zeros));
    assert!(decode_picture(&pdf(&[Page::of(bomb)])).is_ok());
    // The same large picture over and over.
    let large = picture(3000, 3000, |_, _| [255; 3]);
    let images = vec![(zip(&large), [100.0, 0.0, 0.0, 100.0, 0.0, 0.0]); 60];
    let many = Page { images, ..Page::default() };
    refused("many.pdf", &pdf(&[many]), "damaged-picture", "too many pictures");
}

/// A TIFF file of black and white pages: of each its coding, order of bits, options and bytes.
fn bilevel_tiff(pages: &[(&Picture, u32, u32, u32, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"MM\0*\0\0\0\x08".to_vec();
    for (number, (page, coding, order, options, data)) in pages.iter().enumerate() {
        let start = bytes.len() as u32;
        let strip = start + 2 + 11 * 12 + 4;
        let end = (strip + data.len() as u32).next_multiple_of(2);
        let (width, height) = (page.width() as u32, page.height() as u32);
        bytes.extend(11u16.to_be_bytes());
        for (tag, value) in [
            (256, width),
            (257, height),
            (258, 1),
            (259, *coding),
            (262, 0),
            (266, *order),
            (273, strip),
            (277, 1),
            (278, height),
            (279, data.len() as u32),
            (292, *options),
        ] {
            let kind = 4u16;
            bytes.extend([u16::to_be_bytes(tag), kind.to_be_bytes()].concat());
            bytes.extend([1u32.to_be_bytes(), value.to_be_bytes()].concat());
        }
        bytes.extend(if number + 1 == pages.len() { 0 } else { end }.to_be_bytes());
        bytes.extend(data);
        bytes.resize(end as usize, 0);
    }
    bytes
}

#[test]
fn tiff_files_of_fax_machines_are_read() {
    let (file, frames) = printed();
    let turned = |bytes: Vec<u8>| -> Vec<u8> { bytes.iter().map(|b| b.reverse_bits()).collect() };
    let bytes = bilevel_tiff(&[
        (&frames[0], 4, 2, 0, turned(group_4(&frames[0]))),
        (&frames[1], 2, 1, 0, one_dimension(&frames[1], true)),
        (&frames[2], 1, 2, 0, turned(inverted(packed(&frames[2])))),
    ]);
    gives_both_ways("fax.tif", &bytes, &file);
    let bytes = bilevel_tiff(&[
        (&frames[0], 3, 1, 0, one_dimension(&frames[0], false)),
        (&frames[1], 3, 2, 4, turned(one_dimension(&frames[1], false))),
        (&frames[2], 4, 1, 0, group_4(&frames[2])),
    ]);
    gives_both_ways("group3.tif", &bytes, &file);
}

#[test]
fn a_folder_of_scans_is_read_in_the_order_of_its_names() {
    let (file, frames) = printed();
    let dir = Workdir::new();
    dir.write("scans/a.jpg", &jpeg(&frames[0]));
    dir.write("scans/b.pdf", &pdf(&[photographed(&frames[1])]));
    dir.write("scans/c.tif", &bilevel_tiff(&[(&frames[2], 4, 1, 0, group_4(&frames[2]))]));
    gives(&dir, "scans", &file);
}
