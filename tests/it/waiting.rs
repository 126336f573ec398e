//! Inputs of different kinds together, where whoever waits for memory gets it; pipes by every name.

use crate::support::Workdir;
#[cfg(unix)]
use crate::support::random_bytes;
use image::codecs::gif::GifEncoder;
use image::{Frame, RgbaImage};
use png::{BitDepth, ColorType, Encoder};
use std::ops::ControlFlow;
#[cfg(unix)]
use std::process::{Command, Output};
use std::sync::mpsc;
use std::time::Duration;
use tilecast::capture::{Pending, ReadBefore, Settings, read_all};
use tilecast::media::Stop;
use tilecast::media::sources::file_captures;

/// Time that reading the pictures here never takes.
const FOR_EVER: Duration = Duration::from_secs(120);

/// A white picture, one bit a pixel.
fn blank(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let row = vec![0xFF; width.div_ceil(8) as usize * height as usize];
    encoder.write_header().unwrap().write_image_data(&row).unwrap();
    file
}

/// An animation of so many blank frames.
fn blank_animation(side: u32, frames: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut file, 30);
    for shade in 0..frames {
        let image = RgbaImage::from_pixel(side, side, image::Rgba([shade, shade, shade, 255]));
        encoder.encode_frame(Frame::new(image)).unwrap();
    }
    drop(encoder);
    file
}

/// A picture that needs all the room waits beside one that is read; an animation comes next, decodes
/// ahead, and cannot be read on before the picture's turn is over.
#[test]
fn a_large_picture_and_an_animation_do_not_wait_for_each_other() {
    let dir = Workdir::new();
    let files = [blank(5000, 4600), blank(7000, 6100), blank_animation(1000, 30)];
    let paths: Vec<_> = ["1.png", "2.png", "3.gif"]
        .iter()
        .zip(&files)
        .map(|(name, file)| dir.write(name, file))
        .collect();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let sources = paths.into_iter().flat_map(|path| {
            file_captures(&path, &path.display().to_string(), None, &Stop::default())
        });
        let pictures = sources.map(|source| Pending {
            about: (),
            follows: source.number.is_some(),
            load: source.load,
        });
        let settings = Settings { threads: 3, draws: false, read_before: ReadBefore::default() };
        let mut read = 0;
        read_all(pictures, &settings, |capture| {
            read += usize::from(capture.captures.is_ok());
            Ok::<_, std::convert::Infallible>(ControlFlow::Continue(()))
        })
        .unwrap();
        tell.send(read).unwrap();
    });
    assert_eq!(told.recv_timeout(FOR_EVER), Ok(32));
}

#[cfg(unix)]
/// A folder with the frames of a file that is given back.
fn frames(dir: &Workdir, seed: u64) -> Vec<u8> {
    let file = random_bytes(3_000, seed);
    dir.write("a.bin", &file);
    dir.tilecast(&["encode", "a.bin", "-o", "frames", "--size", "320x300", "-p", "dense"])
        .assert()
        .success();
    file
}

/// Runs a script in which `$T` is the command.
#[cfg(unix)]
fn script(dir: &Workdir, script: &str) -> Output {
    let program = assert_cmd::cargo::cargo_bin("tilecast");
    let mut command = Command::new("bash");
    command.current_dir(dir.path("")).env("T", program).args(["-c", script]).output().unwrap()
}

#[cfg(unix)]
#[test]
fn pipes_are_read_whatever_they_are_called() {
    let dir = Workdir::new();
    let file = frames(&dir, 1);
    for (number, line) in [
        "$T decode <(cat frames/*) -o out",
        "cat frames/* | $T decode /dev/stdin -o out",
        "cat frames/* > all; $T decode /dev/stdin -o out < all",
        "cat frames/* | $T decode /dev/fd/0 -o out",
        "cat frames/* | $T decode /proc/self/fd/0 -o out",
        "$T decode /dev/fd/9 -o out 9< all",
        "mkfifo pipe; cat frames/* > pipe & $T decode pipe -o out",
    ]
    .iter()
    .enumerate()
    {
        let output = script(&dir, line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(dir.read("out") == file, "{line}");
        std::fs::rename(dir.path("out"), dir.path(&format!("out{number}"))).unwrap();
    }
}
