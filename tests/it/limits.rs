//! What the README says of memory, under a limit that the system enforces.
#![cfg(target_os = "linux")]

use crate::camera::Camera;
use crate::support::{Workdir, choice, random_bytes};
use std::process::Command;
use tilecast::capture::Reader;
use tilecast::format::{FormatChoice, Profile};
use tilecast::frame::{Geometry, Palette, draw};
use tilecast::media::{Effort, encode_png};
use tilecast::modem::{FrameHeader, modulate};
use tilecast::raster::IndexedFrame;
use tilecast::reading::Outcome;
use tilecast::send::{Outgoing, OwnTransfer};

/// Kilobytes of address space: 400 MB of memory, and what the program itself, its libraries and the
/// stacks of its threads take.
const LIMIT: u64 = 400_000 + 80_000;

/// Runs `decode` on a file under the limit; gives its status and what it said.
fn decode(dir: &Workdir, name: &str, threads: &str) -> (Option<i32>, String) {
    let binary = assert_cmd::cargo::cargo_bin("tilecast");
    let script = format!("ulimit -v {LIMIT}; exec '{}' \"$@\"", binary.display());
    let output = Command::new("sh")
        .args(["-c", &script, "sh", "decode", name, "-o", "out", "--threads", threads])
        // Every thread would reserve address space that it never uses.
        .env("MALLOC_ARENA_MAX", "1")
        .current_dir(dir.path(""))
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A frame whose header promises `side` x `side` tiles of one pixel, in a picture of 512x512.
fn promising(side: usize) -> Vec<u8> {
    let tables = choice(Profile::Standard, 512).tables().unwrap();
    let mut format = tables.format;
    format.geometry = Geometry::new(side, side, 1, Palette::Colour).unwrap();
    let packets: Vec<Vec<u8>> =
        (0..tables.packets()).map(|i| random_bytes(tables.code.packet_bytes(), i as u64)).collect();
    let tiles = modulate(&tables.layout, &tables.code.encode(&packets));
    let header = FrameHeader { format, transfer: 1, frame: 0, frames: 1 };
    encode_png(&draw(&tables.layout, &tiles, &header.cells()), Effort::Fast).unwrap()
}

/// A GIF file of `count` pictures, of which there is a byte each.
fn gif(width: u16, height: u16, count: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    bytes.extend([0x91, 0, 0]);
    bytes.extend([0; 12]);
    for _ in 0..count {
        bytes.extend([b',', 0, 0, 0, 0]);
        bytes.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
        bytes.extend([0, 2, 2, 0x44, 1, 0]);
    }
    bytes.push(b';');
    bytes
}

#[test]
fn small_files_take_little_memory_whatever_they_promise() {
    let dir = Workdir::new();
    let blank = |width: usize, height: usize| {
        let frame = IndexedFrame { width, height, pixels: vec![0; width * height] };
        encode_png(&frame, Effort::Fast).unwrap()
    };
    for (name, bytes, told) in [
        ("promise.png", promising(4000), "does not fit"),
        ("page.png", blank(6000, 5900), "too dark"),
        ("huge.png", blank(12_000, 5000), "too large"),
        ("huge.gif", gif(20_000, 6000, 3), "too large"),
        ("large.gif", gif(3800, 2100, 6), "image truncated"),
    ] {
        assert!(bytes.len() < 1_000_000, "{name}");
        dir.write(name, &bytes);
        for threads in ["1", "16"] {
            let (status, said) = decode(&dir, name, threads);
            assert_eq!(status, Some(1), "{name}: {said}");
            assert!(said.contains(told), "{name}: {said}");
        }
    }
}

#[test]
fn a_page_of_millions_of_tiles_is_read_from_a_file_that_accounts_for_it() {
    let choice = FormatChoice {
        tile: Some(1),
        rate: Some(0.5),
        ..FormatChoice::new(Profile::Print, (1500, 1500))
    };
    let tiles = choice.tables().unwrap().layout.kinds().len();
    assert!(tiles > 1 << 21, "{tiles}");
    let file = random_bytes(choice.tables().unwrap().capacity() / 2, 5);
    let mut transfer = OwnTransfer::in_memory(&file, None, &choice).unwrap();
    let frame = transfer.frame(0).unwrap().unwrap().to_picture().unwrap();
    let scanner = Camera {
        size: (3400, 3400),
        fill: 0.95,
        roll: 0.6,
        distance: 1000.0,
        blur: 0.4,
        jpeg: None,
        ..Camera::new()
    };
    let scan = scanner.shoot(&frame);
    let outcome = |bytes| Reader::default().read(&scan.clone().of_file(bytes))[0].outcome;
    assert_eq!(outcome(2_000_000), Outcome::Read);
    assert!(matches!(outcome(200_000), Outcome::DoesNotFit { .. }));
}
