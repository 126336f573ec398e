//! The probe: what it says of a channel is what transfers through that channel do.

use crate::camera::Camera;
use crate::support::Workdir;
use image::{ImageFormat, RgbImage};
use serde_json::Value;
use std::io::Cursor;
use std::path::Path;
use tilecast::media::decode_picture;

/// Photos, by a camera, of frames that `encode` was given these arguments for.
fn photograph(dir: &Workdir, camera: &Camera, args: &[&str], photos: &str) {
    let frames = format!("{photos}-frames");
    dir.tilecast(&[&["encode", "-q", "-o", &frames], args].concat()).assert().success();
    for name in dir.list(&frames) {
        let frame = decode_picture(&dir.read(&format!("{frames}/{name}"))).unwrap();
        let photo = camera.shoot(&frame);
        let (width, height) = (photo.width() as u32, photo.height() as u32);
        let photo = RgbImage::from_raw(width, height, photo.rgb().to_vec()).unwrap();
        let mut png = Cursor::new(Vec::new());
        photo.write_to(&mut png, ImageFormat::Png).unwrap();
        dir.write(&format!("{photos}/{name}"), png.get_ref());
    }
}

fn report(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn what_the_probe_names_is_read_through_the_same_camera() {
    let sharp = Camera { size: (960, 720), blur: 0.4, noise: 2.0, ..Camera::new() };
    let soft = Camera { size: (480, 360), blur: 0.8, noise: 4.0, ..sharp.clone() };
    let mut tiles = Vec::new();
    for camera in [sharp, soft] {
        let dir = Workdir::new();
        let size = ["--size", "450x420"];
        photograph(&dir, &camera, &[&["--probe"], &size[..]].concat(), "probe");
        let run = dir.tilecast(&["decode", "probe", "--report", "r.json"]).assert().success();
        let best = report(&dir.path("r.json"))["probe"]["best"].clone();
        let options = best["options"].as_str().unwrap();
        let said = String::from_utf8(run.get_output().stderr.clone()).unwrap();
        assert!(said.contains(&format!("best here: {options}: ")), "{said}");
        tiles.push(best["tile"].as_u64().unwrap());

        dir.write("file", &crate::support::random_bytes(4_000, 3));
        let args: Vec<&str> = options.split(' ').chain(["file"]).collect();
        photograph(&dir, &camera, &args, "file-photos");
        dir.tilecast(&["decode", "file-photos", "-o", "back"]).assert().success();
        assert_eq!(dir.read("back"), dir.read("file"), "{options}");
    }
    assert!(tiles[0] < tiles[1], "the sharper camera reads smaller tiles: {tiles:?}");
}

#[test]
fn a_probe_that_is_copied_names_the_densest_frames_and_writes_nothing() {
    let dir = Workdir::new();
    dir.tilecast(&["encode", "--probe", "--size", "300x300", "-o", "p.gif"]).assert().success();
    let run = dir.tilecast(&["decode", "p.gif", "-o", "file"]).assert().success();
    let said = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    assert!(said.contains("best here: -p lossless --size "), "{said}");
    assert_eq!(dir.list("."), ["p.gif"]);
    let json = dir.tilecast(&["info", "--json", "p.gif"]).assert().success();
    let json: Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(
        json["probe"]["trials"].as_array().unwrap().len(),
        10,
        "of the largest tiles there are no such frames"
    );
    assert_eq!(json["probe"]["best"]["profile"], "lossless");
}

#[test]
fn a_probe_takes_no_file_and_no_profile() {
    let dir = Workdir::new();
    dir.write("file", b"x");
    for args in [&["file"][..], &["-p", "dense"], &["--redundancy", "50%"]] {
        let all = [&["encode", "--probe", "-o", "p.html"], args].concat();
        dir.tilecast(&all).assert().code(2);
    }
    dir.tilecast(&["encode", "-o", "p.html"]).assert().code(2);
    assert_eq!(dir.list("."), ["file"]);
}
