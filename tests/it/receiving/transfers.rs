//! What is sent: several files, other formats, too little.

use super::stand::Stand;
use crate::support::{Workdir, random_bytes};
use std::path::PathBuf;

const SMALL: [&str; 6] = ["--size", "400x420", "-p", "dense", "--redundancy", "0"];

fn stand() -> Option<Stand> {
    Stand::new(Workdir::new(), &[])
}

/// Those of some frames that have these numbers.
fn numbered(frames: &[PathBuf], numbers: &[usize]) -> Vec<PathBuf> {
    numbers.iter().map(|number| frames[number - 1].clone()).collect()
}

#[test]
fn what_is_missing_is_named_and_may_come_later() {
    let Some(stand) = stand() else { return };
    let file = random_bytes(20_000, 21);
    stand.dir.write("a.bin", &file);
    let frames = stand.frames("a.bin", &SMALL);
    assert!(frames.len() >= 5);
    let given: Vec<usize> = (1..=frames.len()).filter(|number| ![2, 4].contains(number)).collect();
    let mut receiving = stand.file("workers=2");
    receiving.page.choose("#photos", &numbered(&frames, &given));
    receiving.ends("photos");
    receiving.page.wait("document.querySelector('#missing code') !== null");
    assert_eq!(receiving.text("#missing code"), "only=2,4");
    assert!(receiving.text("#transfers").contains("a.bin"));
    assert_eq!(receiving.status("files.length"), 0);
    receiving.page.choose("#photos", &numbered(&frames, &[4, 2]));
    receiving.gets("a.bin", &file);
    receiving.page.wait("document.getElementById('missing').hidden");
}

#[test]
fn pictures_without_a_frame_and_other_files_are_named() {
    let Some(stand) = stand() else { return };
    let file = random_bytes(8_000, 22);
    stand.dir.write("a.bin", &file);
    let mut given = stand.frames("a.bin", &SMALL);
    let grey = image::RgbImage::from_pixel(640, 480, image::Rgb([90; 3]));
    grey.save(stand.dir.path("1-holiday.png")).unwrap();
    stand.dir.write("2-broken.png", b"\x89PNG\r\n\x1a\nand no more");
    stand.dir.write("3-letter.txt", b"Dear");
    given
        .extend(["1-holiday.png", "2-broken.png", "3-letter.txt"].map(|name| stand.dir.path(name)));
    let mut receiving = stand.file("workers=2");
    receiving.page.choose("#photos", &given);
    receiving.gets("a.bin", &file);
    receiving.ends("photos");
    let notes = receiving.text("#notes");
    for name in ["1-holiday.png", "2-broken.png", "3-letter.txt"] {
        assert!(notes.contains(name), "{name}: {notes}");
    }
    assert!(!notes.contains("frame-"), "{notes}");
}

#[test]
fn two_files_arrive_at_once() {
    let Some(stand) = stand() else { return };
    let files = [random_bytes(8_000, 23), random_bytes(6_000, 24)];
    let mut given = Vec::new();
    for (name, bytes) in ["a.bin", "b.bin"].iter().zip(&files) {
        stand.dir.write(name, bytes);
        let frames = stand.frames(name, &SMALL);
        for (number, frame) in frames.iter().enumerate() {
            given.push(stand.dir.path(&format!("{}-{name}.png", number + 1)));
            std::fs::copy(frame, given.last().unwrap()).unwrap();
        }
    }
    let mut receiving = stand.file("workers=2");
    receiving.page.choose("#photos", &given);
    receiving.page.wait("tilecast.files.length === 2");
    let first = receiving.status("files[0].name");
    let mut both = [("a.bin", &files[0]), ("b.bin", &files[1])];
    both.sort_by_key(|(name, _)| first != *name);
    for (name, bytes) in both {
        receiving.gets(name, bytes);
    }
}

#[test]
fn libcimbars_frames_arrive() {
    let Some(stand) = stand() else { return };
    let file = random_bytes(9_000, 25);
    stand.dir.write("a.bin", &file);
    let frames = stand.frames("a.bin", &["--format", "cimbar"]);
    let mut receiving = stand.file("workers=1");
    receiving.page.choose("#photos", &frames);
    receiving.gets_any("a.bin", &file, false);
}

#[test]
fn a_probe_names_the_best_frames() {
    let Some(stand) = stand() else { return };
    let args = ["encode", "-q", "--probe", "--size", "400x420", "-o", "probe"];
    stand.dir.tilecast(&args).assert().success();
    let list = stand.dir.list("probe");
    let frames: Vec<PathBuf> =
        list.iter().map(|name| stand.dir.path(&format!("probe/{name}"))).collect();
    let mut receiving = stand.file("workers=2");
    receiving.page.choose("#photos", &frames);
    receiving.ends("photos");
    receiving.page.wait("Boolean(tilecast.probe?.best)");
    assert!(receiving.text("#best").contains("lossless"), "{}", receiving.text("#best"));
    assert_eq!(receiving.status("files.length"), 0);
}
