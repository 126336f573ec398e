//! How much a recording of a screen carries, and how fast it is read: `cargo bench --bench
//! recording`, for single profiles `cargo bench --bench recording -- dense`. Needs ffmpeg.
//!
//! Each shown frame is filmed by the synthetic camera, held by hand, at 1280x960 and 30 pictures a
//! second, the screen changing during every third of them; H.264 at 12 Mbit/s. Goodput is bytes of
//! the file by the time filmed until it was complete; the rate of reading is that of the whole
//! command on one thread, ffmpeg's own work aside if there is another core for it.

#![allow(clippy::unwrap_used)]

#[path = "../it/camera/mod.rs"]
#[allow(dead_code)]
mod camera;

use camera::recording::Recorder;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tilecast::pipeline::profile::{FormatChoice, FrameFormat, Profile};
use tilecast::pipeline::selection::Selection;
use tilecast::pipeline::send::{Drawing, Prepared, Transfer};
use tilecast::prng::SplitMix64;
use tilecast::raster::{Picture, palette_rgb};

/// Frames that a file fills.
const FRAMES: usize = 40;

/// What is filmed: profile, bands, frames shown a second.
const RUNS: [(Profile, u8, u32); 10] = [
    (Profile::Standard, 1, 15),
    (Profile::Standard, 4, 15),
    (Profile::Dense, 1, 15),
    (Profile::Dense, 4, 15),
    (Profile::Standard, 1, 20),
    (Profile::Standard, 4, 20),
    (Profile::Standard, 1, 30),
    (Profile::Standard, 4, 30),
    (Profile::Standard, 8, 30),
    (Profile::Dense, 8, 30),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if !Recorder::is_possible() {
        return;
    }
    println!("profile   bands  shown/s  bytes/frame  pictures  kbit/s  pictures read/s");
    for (profile, bands, shown_fps) in RUNS {
        let name = format!("{profile:?}").to_lowercase();
        if words.is_empty() || words.contains(&name) {
            run(&name, profile, bands, shown_fps);
        }
    }
}

fn run(name: &str, profile: Profile, bands: u8, shown_fps: u32) {
    let choice = FormatChoice { profile, size: (1024, 1024), tile: None, rate: None, bands };
    let format = FrameFormat::new(&choice).unwrap();
    let mut prng = SplitMix64::new(1);
    let file: Vec<u8> =
        (0..FRAMES * format.frame_bytes() * 9 / 10).map(|_| prng.next_u64() as u8).collect();
    let bytes = format.packets() * format.payload();
    let prepared = Prepared::new(file.as_slice(), None, 1, 2, |_| Ok(())).unwrap();
    let mut transfer = Transfer::new(prepared, format, 0.5).unwrap();
    let all = Selection::default();
    let drawing = Drawing { threads: 2, caption: None, only: &all };
    let picture = |frame: tilecast::raster::IndexedFrame| {
        let rgb = frame.pixels.iter().flat_map(|&pixel| palette_rgb(pixel)).collect();
        Ok(Picture::new(frame.width, frame.height, rgb).unwrap())
    };
    let mut frames = Vec::new();
    transfer
        .frames(&drawing, picture, |_, picture| {
            frames.push(picture);
            Ok(())
        })
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("recording.mp4");
    let recorder = Recorder::new(shown_fps);
    recorder.film(&frames, &video);
    let (pictures, seconds) = decode(&video, folder.path(), &file);
    let kilobits = file.len() as f64 * 8.0 / 1000.0 * f64::from(recorder.fps) / pictures as f64;
    println!(
        "{name:<9} {bands:>5}  {shown_fps:>7}  {bytes:>11}  {pictures:>8}  {kilobits:>6.0}  {:>15.1}",
        pictures as f64 / seconds
    );
}

/// Decodes the video, compares the file, and gives the pictures it took and the time.
fn decode(video: &Path, folder: &Path, file: &[u8]) -> (usize, f64) {
    let (output, report) = (folder.join("file"), folder.join("report.json"));
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_tilecast"))
        .args(["decode", "--quiet", "--threads", "1"])
        .arg(video)
        .arg("-o")
        .arg(&output)
        .arg("--report")
        .arg(&report)
        .status()
        .unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    if !status.success() {
        println!("incomplete: {}", report["transfers"][0]["packets_missing"]);
        return (usize::MAX, seconds);
    }
    assert!(std::fs::read(output).unwrap() == file);
    (report["captures"].as_array().unwrap().len(), seconds)
}
