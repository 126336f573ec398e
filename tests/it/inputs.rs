//! What people have: files of several pictures, photos with something behind them, scans, segments of
//! streams, folders of cameras, formats that are read, and those that are not.

mod hostile;
mod pages;
#[cfg(unix)]
mod pipes;
#[cfg(unix)]
mod videos;

use crate::camera::recording::Recorder;
use crate::support::{Workdir, choice, encode, random_bytes};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageBuffer, ImageFormat, Rgb};
use predicates::prelude::*;
use predicates::str::contains;
use std::io::Cursor;
use tilecast::format::Profile;
use tilecast::media::decode_picture;
use tilecast::raster::Picture;

/// A file, and its frames as PNG files; none of them can be missed.
fn frames(bytes: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let file = random_bytes(bytes, bytes as u64);
    let (_, frames) = encode(&file, &choice(Profile::Dense, 512), 0.0);
    (file, frames)
}

/// A file of several frames.
fn several() -> (Vec<u8>, Vec<Vec<u8>>) {
    let (file, frames) = frames(30_000);
    assert!(frames.len() > 2);
    (file, frames)
}

/// A file whose frames are black and white.
fn lineart() -> (Vec<u8>, Vec<Picture>) {
    let file = random_bytes(600, 1);
    let (_, frames) = encode(&file, &choice(Profile::Print, 1024), 0.0);
    (file, drawn(&frames))
}

fn drawn(frames: &[Vec<u8>]) -> Vec<Picture> {
    frames.iter().map(|frame| decode_picture(frame).unwrap()).collect()
}

fn jpeg(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .encode(picture.rgb(), width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// Whether the input gives the file by its name.
fn gives(dir: &Workdir, name: &str, file: &[u8]) {
    dir.tilecast(&["decode", name, "-o", "out", "-f"]).assert().success();
    assert!(dir.read("out") == file, "{name}");
}

/// Whether bytes give the file by name and on standard input.
fn gives_both_ways(name: &str, bytes: &[u8], file: &[u8]) {
    let dir = Workdir::new();
    dir.write(name, bytes);
    gives(&dir, name, file);
    dir.tilecast(&["decode", "-", "-o", "again"]).write_stdin(bytes).assert().success();
    assert!(dir.read("again") == file, "{name} on standard input");
}

/// The code and the message with which a file is refused.
fn refused(name: &str, bytes: &[u8], code: &str, message: &str) {
    let dir = Workdir::new();
    dir.write(name, bytes);
    dir.tilecast(&["decode", name, "-o", "out", "--report", "r.json"])
        .assert()
        .code(1)
        .stderr(contains(message));
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    assert_eq!(report["captures"][0]["code"], code, "{name}: {report}");
    assert!(!dir.path("out").exists());
}

#[test]
fn several_pictures_in_a_file_are_all_read() {
    let (file, frames) = several();
    gives_both_ways("stream.png", &frames.concat(), &file);
    let mut camera = Vec::new();
    for picture in drawn(&frames) {
        let jpeg = jpeg(&picture);
        let header = "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ";
        camera.extend(format!("{header}{}\r\n\r\n", jpeg.len()).bytes());
        camera.extend(jpeg);
        camera.extend(b"\r\n");
    }
    // A file of the first name is one for ffmpeg, were it not for its bytes.
    let names = ["camera.jpg", "camera"].into_iter();
    for name in names.chain(Recorder::is_possible().then_some("camera.mjpeg")) {
        gives_both_ways(name, &camera, &file);
    }
}

#[test]
fn what_stands_behind_a_photo_does_not_hide_the_next() {
    let (file, frames) = several();
    let mut joined = Vec::new();
    for picture in drawn(&frames) {
        joined.extend(jpeg(&picture));
        // The video of a Motion Photo, which has all sorts of bytes in it, and some zeros.
        joined.extend(b"\0\0\0\x18ftypmp42\0\0\0\0isommp42");
        joined.extend([b"P1 \xFF\xD8\xFF P6 \x89PN".to_vec(), random_bytes(50_000, 3)].concat());
        joined.extend([0; 3000]);
    }
    gives_both_ways("phone.jpg", &joined, &file);
    // A picture that is cut does not take the next with it.
    let (one, two) = frames.split_first().unwrap();
    let cut = [&one[..one.len() / 2], one, &two.concat()].concat();
    gives_both_ways("cut.png", &cut, &file);
}

#[test]
fn lineart_of_a_scanner_is_read() {
    let (file, pictures) = lineart();
    let mut scan = Vec::new();
    for picture in &pictures {
        scan.extend(
            format!("P4\n# SANE data follows\n{} {}\n", picture.width(), picture.height()).bytes(),
        );
        scan.extend(rows(picture, 1, |[_, green, _]| u8::from(green < 128)));
    }
    gives_both_ways("lineart.pbm", &scan, &file);
}

/// Rows of a picture, so many bits a pixel.
fn rows(picture: &Picture, bits: usize, index: impl Fn([u8; 3]) -> u8) -> Vec<u8> {
    let per_byte = 8 / bits;
    let row = |y: usize| {
        let xs: Vec<usize> = (0..picture.width()).collect();
        let byte = |xs: &[usize]| {
            xs.iter().enumerate().fold(0, |byte, (place, &x)| {
                byte | index(picture.pixel(x, y).unwrap()) << (8 - bits * (place + 1))
            })
        };
        xs.chunks(per_byte).map(byte).collect::<Vec<u8>>()
    };
    (0..picture.height()).flat_map(row).collect()
}

/// A TIFF file of pages with a palette, so many bits a pixel.
fn tiff(pictures: &[Picture], bits: usize) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    for (number, picture) in pictures.iter().enumerate() {
        let (width, height) = (picture.width() as u32, picture.height() as u32);
        let mut palette: Vec<[u8; 3]> = picture.rgb().as_chunks().0.to_vec();
        palette.sort_unstable();
        palette.dedup();
        let data = rows(picture, bits, |colour| palette.binary_search(&colour).unwrap() as u8);
        let (colours, start) = (1 << bits, bytes.len() as u32);
        let map = start + 2 + 10 * 12 + 4;
        let strip = map + colours * 6;
        let end = (strip + data.len() as u32).next_multiple_of(2);
        let tags: [(u16, u16, u32, u32); 10] = [
            (256, 4, 1, width),
            (257, 4, 1, height),
            (258, 3, 1, bits as u32),
            (259, 3, 1, 1),
            (262, 3, 1, 3),
            (273, 4, 1, strip),
            (277, 3, 1, 1),
            (278, 4, 1, height),
            (279, 4, 1, data.len() as u32),
            (320, 3, colours * 3, map),
        ];
        bytes.extend(10u16.to_le_bytes());
        for (tag, kind, count, value) in tags {
            bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            bytes.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
        }
        let next = if number + 1 == pictures.len() { 0 } else { end };
        bytes.extend(next.to_le_bytes());
        for channel in 0..3 {
            let value =
                |i: usize| palette.get(i).map_or(0, |colour| u16::from(colour[channel]) * 257);
            bytes.extend((0..colours as usize).flat_map(|i| value(i).to_le_bytes()));
        }
        bytes.extend(data);
        bytes.resize(end as usize, 0);
    }
    bytes
}

#[test]
fn pages_and_palettes_of_tiff_are_read() {
    let (file, frames) = several();
    let pages = drawn(&frames);
    gives_both_ways("four.tif", &tiff(&pages, 4), &file);
    gives_both_ways("eight.tif", &tiff(&pages, 8), &file);
    let (file, pages) = lineart();
    gives_both_ways("one.tif", &tiff(&pages, 1), &file);
}

#[test]
fn pages_in_full_colour_are_all_read() {
    use tiff::encoder::{TiffEncoder, colortype::RGB8};
    let (file, frames) = several();
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    for page in drawn(&frames) {
        encoder.write_image::<RGB8>(page.width() as u32, page.height() as u32, page.rgb()).unwrap();
    }
    gives_both_ways("scan.tif", &bytes.into_inner(), &file);
}

#[test]
fn photos_of_phones_and_unusual_pictures_are_read() {
    let (file, frames) = frames(3_000);
    assert_eq!(frames.len(), 1);
    let picture = &drawn(&frames)[0];
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let options = heifer::EncodeOptions::default();
    let heic = heifer::encode_rgb8(width, height, picture.rgb(), &options).unwrap();
    gives_both_ways("photo.heic", &heic, &file);
    let deep: Vec<u16> = picture.rgb().iter().map(|value| u16::from(*value) * 257).collect();
    let deep: ImageBuffer<Rgb<u16>, _> = ImageBuffer::from_raw(width, height, deep).unwrap();
    let mut png = Cursor::new(Vec::new());
    deep.write_to(&mut png, ImageFormat::Png).unwrap();
    gives_both_ways("deep.png", &png.into_inner(), &file);
    let plain: ImageBuffer<Rgb<u8>, _> =
        ImageBuffer::from_raw(width, height, picture.rgb().to_vec()).unwrap();
    for (name, format) in [
        ("a.webp", ImageFormat::WebP),
        ("a.bmp", ImageFormat::Bmp),
        ("a.ppm", ImageFormat::Pnm),
        ("a.gif", ImageFormat::Gif),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        let image = image::DynamicImage::from(plain.clone());
        image.write_to(&mut bytes, format).unwrap();
        let mut bytes = bytes.into_inner();
        // A small copy, as EXIF has it.
        if name == "a.webp" {
            let thumbnail = jpeg(&crate::support::picture(16, 16, |_, _| [9, 9, 9]));
            bytes.extend(b"EXIF");
            bytes.extend((thumbnail.len() as u32).to_le_bytes());
            bytes.extend(&thumbnail);
            bytes.resize(bytes.len().next_multiple_of(2), 0);
            let length = bytes.len() as u32 - 8;
            bytes[4..8].copy_from_slice(&length.to_le_bytes());
        }
        gives_both_ways(name, &bytes, &file);
    }
}

#[test]
fn pictures_with_a_palette_are_read() {
    let (file, frames) = frames(3_000);
    let picture = &drawn(&frames)[0];
    let mut palette: Vec<[u8; 3]> = picture.rgb().as_chunks().0.to_vec();
    palette.sort_unstable();
    palette.dedup();
    for (bits, depth) in [(4, png::BitDepth::Four), (8, png::BitDepth::Eight)] {
        let mut bytes = Vec::new();
        let mut encoder =
            png::Encoder::new(&mut bytes, picture.width() as u32, picture.height() as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(depth);
        encoder.set_palette(palette.concat());
        let data = rows(picture, bits, |colour| palette.binary_search(&colour).unwrap() as u8);
        encoder.write_header().unwrap().write_image_data(&data).unwrap();
        gives_both_ways("palette.png", &bytes, &file);
    }
}

/// A value of sRGB as light, and back.
fn light(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn shown(light: f64) -> f64 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// The curve of SMPTE ST 2084, white at 203 cd/m2.
fn pq(light: f64) -> f64 {
    let power = (light * 203.0 / 10_000.0).powf(0.159_301_757_812_5);
    ((0.835_937_5 + 18.851_562_5 * power) / (1.0 + 18.6875 * power)).powf(78.843_75)
}

#[test]
fn wide_gamuts_and_tone_curves_are_read() {
    // From sRGB to Display P3, both in light.
    let p3 = [[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]];
    let (file, frames) = frames(3_000);
    let picture = &drawn(&frames)[0];
    let through = |colour: [u8; 3], curve: fn(f64) -> f64| {
        let colour = colour.map(light);
        p3.map(|row: [f64; 3]| {
            let sum: f64 = row.iter().zip(colour).map(|(a, b)| a * b).sum();
            (curve(sum) * 255.0).round() as u8
        })
    };
    for (name, curve) in [("p3.png", shown as fn(f64) -> f64), ("pq.png", pq)] {
        let seen = crate::support::picture(picture.width(), picture.height(), |x, y| {
            through(picture.pixel(x, y).unwrap(), curve)
        });
        let (width, height) = (seen.width() as u32, seen.height() as u32);
        let image: ImageBuffer<Rgb<u8>, _> =
            ImageBuffer::from_raw(width, height, seen.rgb().to_vec()).unwrap();
        let mut png = Cursor::new(Vec::new());
        image.write_to(&mut png, ImageFormat::Png).unwrap();
        gives_both_ways(name, &png.into_inner(), &file);
    }
}

#[test]
fn other_formats_are_named_and_say_what_to_do() {
    for (name, bytes, message) in [
        ("a.zip", &b"PK\x03\x04\x14\0\0\0"[..], "a ZIP archive or an office document"),
        ("a.jxl", b"\xFF\x0A\xFA\x1F", "a JPEG XL picture, which this program cannot read: export"),
        ("b.jxl", b"\0\0\0\x0CJXL \r\n\x87\n", "a JPEG XL picture"),
        ("a.svg", b"<svg xmlns=''></svg>", "an SVG drawing"),
        ("b.svg", b"<?xml version='1.0'?><svg/>", "SVG drawing"),
        ("a.gz", b"\x1F\x8B\x08\0\0\0", "gunzip"),
    ] {
        refused(name, bytes, "other-format", message);
        // Whatever its name says.
        refused("photo.jpg", bytes, "other-format", message);
        let dir = Workdir::new();
        dir.tilecast(&["decode", "-", "-o", "out"])
            .write_stdin(bytes)
            .assert()
            .code(1)
            .stderr(contains(message));
    }
    refused("a.txt", b"no picture at all", "not-a-picture", "not a picture");
}

#[test]
fn pictures_that_are_cut_off_say_so() {
    let (_, frames) = frames(3_000);
    let png = &frames[0];
    let jpeg = jpeg(&drawn(&frames)[0]);
    // A JPEG that ends in its scan is looked at as far as it goes.
    for (name, bytes, length) in [
        ("a.png", png, 40),
        ("a.png", png, png.len() / 10),
        ("a.jpg", &jpeg, 40),
        ("a.jpg", &jpeg, jpeg.len() / 3),
    ] {
        refused(name, &bytes[..length], "picture-cut", "the picture's file ends early");
    }
}

#[test]
fn folders_of_a_camera_are_looked_through() {
    let dir = Workdir::new();
    let (file, frames) = several();
    for (number, frame) in frames.iter().enumerate() {
        dir.write(&format!("DCIM/{}APPLE/IMG_{number:04}.PNG", 100 + number % 2), frame);
    }
    dir.write("DCIM/.hidden/a.png", b"not looked at");
    dir.write("DCIM/100APPLE/.DS_Store", b"not looked at");
    #[cfg(unix)]
    std::os::unix::fs::symlink(dir.path(""), dir.path("DCIM/100APPLE/round")).unwrap();
    dir.tilecast(&["decode", "DCIM", "-o", "out", "--report", "r.json"]).assert().success();
    assert!(dir.read("out") == file);
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    let captures = report["captures"].as_array().unwrap();
    let paths: Vec<_> = captures.iter().map(|capture| capture["path"].as_str().unwrap()).collect();
    assert!(paths.is_sorted() && paths.len() == frames.len(), "{paths:?}");
    std::fs::create_dir_all(dir.path("empty/in")).unwrap();
    dir.tilecast(&["decode", "empty", "-o", "x"])
        .assert()
        .failure()
        .stderr(contains("there are no files in empty"));
}

/// A GIF file of the same large picture again and again.
fn large_gif(width: u16, height: u16, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &[0, 0, 0, 9, 9, 9]).unwrap();
    let pixels = vec![0; usize::from(width) * usize::from(height)];
    let mut frame = gif::Frame::from_indexed_pixels(width, height, pixels, None);
    frame.make_lzw_pre_encoded();
    for _ in 0..count {
        encoder.write_lzw_pre_encoded_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn large_animations_of_few_bytes_are_refused() {
    refused(
        "a.gif",
        &large_gif(4000, 3500, 20),
        "picture-too-large",
        "4000x3500 pixels is too large",
    );
}

#[cfg(unix)]
#[test]
fn animations_fit_into_little_memory() {
    let dir = Workdir::new();
    dir.write("a.gif", &large_gif(3000, 2000, 5));
    for threads in [1, 8] {
        let program = assert_cmd::cargo::cargo_bin("tilecast");
        let decode = format!("exec {} decode a.gif -o out --threads {threads}", program.display());
        let script = format!("ulimit -v 1500000; {decode}");
        let mut run = std::process::Command::new("bash");
        let output = run.args(["-c", &script]).current_dir(dir.path("")).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(predicate::str::contains("no frame").eval(&text), "{text}");
    }
}
