//! What is told to programs: `--report`, `info --json`, codes, exit status.

use crate::support::{Workdir, choice, encode, pngs, project, random_bytes};
use serde_json::Value;
use std::collections::BTreeSet;
use tilecast::container::{CHUNK_BYTES, Content, Manifest, compress};
use tilecast::format::{FormatChoice, Profile};
use tilecast::frame::draw;
use tilecast::media::{Effort, encode_png};
use tilecast::modem::{FrameHeader, modulate};
use tilecast::outer::{PACKET_HEADER_BYTES, Packet, PacketId, Shape};
use tilecast::send::OwnTransfer;

/// Frames of a file in the folder `frames`; gives their number.
fn encoded(dir: &Workdir, length: usize) -> usize {
    let file = random_bytes(length, 1);
    let name = Some("a.bin".to_owned());
    let choice = choice(Profile::Dense, 512);
    let mut transfer = OwnTransfer::in_memory(&file, name, &choice).unwrap();
    let frames = pngs(&mut transfer, 1);
    for (number, png) in frames.iter().enumerate() {
        dir.write(&format!("frames/{number:02}.png"), png);
    }
    frames.len()
}

/// Decodes `frames` and gives the report.
fn report(dir: &Workdir, code: i32) -> Value {
    let args = ["decode", "frames", "-o", "out", "-q", "-f", "--report", "report.json"];
    dir.tilecast(&args).assert().code(code);
    serde_json::from_slice(&dir.read("report.json")).unwrap()
}

/// A frame of a transfer whose digest is not the file's.
fn with_a_wrong_digest() -> Vec<u8> {
    let tables = FormatChoice::new(Profile::Dense, (512, 512)).tables().unwrap();
    let file = random_bytes(5000, 2);
    let (size, chunk_bytes, digest) = (file.len() as u64, CHUNK_BYTES, [7; 32]);
    let manifest = Manifest { name: None, content: Content::File, size, chunk_bytes, digest };
    let stream = [manifest.to_bytes(), compress(&file, 1).unwrap()].concat();
    let payload = tables.code.packet_bytes() - PACKET_HEADER_BYTES;
    let source = stream.len().div_ceil(payload);
    let shape = Shape { blocks: 1, source: source as u8, repair: 0, payload };
    let packet = |i: usize| {
        let index = i % source;
        let mut part =
            stream.iter().skip(index * payload).take(payload).copied().collect::<Vec<_>>();
        part.resize(payload, 0);
        let id = PacketId { transfer: 7, block: 0, index: index as u8 };
        Packet { id, shape, payload: part }.to_bytes()
    };
    let packets: Vec<Vec<u8>> = (0..tables.packets()).map(packet).collect();
    let header = FrameHeader { format: tables.format, transfer: 7, frame: 0, frames: 1 };
    let tiles = modulate(&tables.layout, &tables.code.encode(&packets));
    encode_png(&draw(&tables.layout, &tiles, &header.cells()), Effort::Fast).unwrap()
}

#[test]
fn a_file_is_verified_only_where_its_digest_was_compared() {
    let dir = Workdir::new();
    let frames = encoded(&dir, 40_000);
    let complete = report(&dir, 0);
    assert_eq!(complete["transfers"][0]["state"], "complete");
    assert_eq!(complete["transfers"][0]["verified"], true);
    // `info` compares nothing.
    let info = dir.tilecast(&["info", "--json", "frames"]).assert().success();
    let info: Value = serde_json::from_slice(&info.get_output().stdout).unwrap();
    assert_eq!(info["transfers"][0]["state"], "complete");
    assert_eq!(info["transfers"][0]["verified"], false);
    // Two frames are more than redundancy makes up for.
    assert!(frames > 4);
    (0..frames - 2)
        .for_each(|n| std::fs::remove_file(dir.path(&format!("frames/{n:02}.png"))).unwrap());
    let incomplete = report(&dir, 1);
    assert_eq!(incomplete["transfers"][0]["state"], "incomplete");
    assert_eq!(incomplete["transfers"][0]["verified"], false);
    let dir = Workdir::new();
    dir.write("frames/wrong.png", &with_a_wrong_digest());
    let wrong = report(&dir, 3);
    assert_eq!(wrong["transfers"][0]["state"], "failed");
    assert_eq!(wrong["transfers"][0]["verified"], false);
    assert!(!dir.path("out").exists());
}

#[test]
fn every_capture_has_a_code_and_every_failure_a_sentence() {
    let dir = Workdir::new();
    encoded(&dir, 5_000);
    dir.write("frames/text.png", b"no picture");
    let report = report(&dir, 0);
    let captures = report["captures"].as_array().unwrap();
    let of = |end: &str| {
        let is = |c: &&Value| c["path"].as_str().unwrap().ends_with(end);
        let capture = captures.iter().find(is).unwrap_or_else(|| panic!("no {end}"));
        (
            capture["code"].as_str().unwrap().to_owned(),
            capture["reason"].as_str().map(str::to_owned),
        )
    };
    assert_eq!(of("00.png"), ("read".to_owned(), None));
    let dir = Workdir::new();
    dir.write("frames/text.png", b"no picture");
    dir.write("frames/z.heic", b"\0\0\0\x18ftypheic and more of it");
    dir.write("frames/pages.pdf", b"%PDF-1.7 and more of it");
    dir.write("frames/cut.png", &encode(b"x", &choice(Profile::Dense, 512), 0.0).1[0][..40]);
    dir.write("frames/black.pgm", &[b"P5 40 40 255\n".as_slice(), &[3; 1600]].concat());
    let report = self::report(&dir, 1);
    for (path, code) in [
        ("text.png", "not-a-picture"),
        ("z.heic", "damaged-picture"),
        ("pages.pdf", "damaged-picture"),
        ("cut.png", "picture-cut"),
        ("black.pgm", "too-dark"),
    ] {
        let captures = report["captures"].as_array().unwrap();
        let capture =
            captures.iter().find(|c| c["path"].as_str().unwrap().ends_with(path)).unwrap();
        assert_eq!(capture["code"], code);
        assert!(!capture["reason"].as_str().unwrap().is_empty());
    }
}

#[test]
fn the_readme_has_every_code() {
    let mut codes = BTreeSet::new();
    for file in ["src/reading/outcome.rs", "src/media/picture.rs", "src/media/sources.rs"] {
        let source = std::fs::read_to_string(project(file)).unwrap();
        for function in source.split("fn code(").skip(1) {
            let body = function.split("\n    }\n").next().unwrap();
            codes.extend(
                body.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()),
            );
        }
    }
    assert!(codes.len() > 20, "{codes:?}");
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    for code in codes {
        assert!(readme.contains(&format!("`{code}`")), "{code}");
    }
}

/// An ffmpeg that is content with what it has.
#[cfg(unix)]
#[test]
fn an_ffmpeg_that_ends_early_is_no_success() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Workdir::new();
    dir.write("in.bin", &random_bytes(300_000, 1));
    for (script, text) in [
        ("exit 0", "ended before the video was complete"),
        ("cat >/dev/null; exit 0", "ended before the video was complete"),
        ("[ $1 = -version ] && exit 0; echo no such codec >&2; exit 1", "no such codec"),
    ] {
        let ffmpeg = dir.write("bin/ffmpeg", format!("#!/bin/sh\n{script}\n").as_bytes());
        std::fs::set_permissions(&ffmpeg, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", dir.path("bin").display());
        let args = ["encode", "in.bin", "-o", "out.mp4", "-q"];
        let run = dir.tilecast(&args).env("PATH", path).assert().code(2);
        let stderr = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(stderr.contains(text), "{script}: {stderr}");
        assert_eq!(dir.list("."), ["bin", "in.bin"], "{script}");
    }
}
