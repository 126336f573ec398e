//! How much a recording of a screen carries, and how fast it is read: `cargo bench --bench
//! recording`, for single profiles `cargo bench --bench recording -- dense`. Needs ffmpeg.
//!
//! Each shown frame is filmed by the synthetic camera, held by hand, at 1280x960 and 30 pictures a
//! second, the screen changing during every third of them; H.264 at 12 Mbit/s. Goodput is bytes of
//! the file by the time filmed until it was complete; the rate of reading is that of the whole
//! command, ffmpeg with it, on one thread and on two.
//!
//! With `-- large`: frames as large as a screen of 1920x1080, filmed at that size, 60 pictures a second
//! and 27 Mbit/s, and at 3840x2160, 30 pictures a second and 45 Mbit/s.
//!
//! With `-- mixed`: as many frames a second as pictures, or nearly, through a shutter that exposes one
//! row after the other (readout 0.8 of a picture's time, exposure 0.25), at 25 Mbit/s and by the time between
//! frame and picture; beside it the packets that arrive where each picture shows one frame.

#![allow(clippy::unwrap_used)]

#[path = "../it/camera/mod.rs"]
#[allow(dead_code)]
mod camera;

use camera::Camera;
use camera::recording::Recorder;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tilecast::format::{FormatChoice, FrameTables, Profile, size_on_screen};
use tilecast::ldpc::rate_of_parity;
use tilecast::prng::SplitMix64;
use tilecast::raster::Picture;
use tilecast::send::{Outgoing, OwnOptions, OwnTransfer, Selection, Stream};

/// Frames that a file fills, without redundancy.
const FRAMES: usize = 30;
/// The same of large ones.
const LARGE_FRAMES: usize = 12;

/// What is filmed: profile, code rate if not the profile's, bands, frames shown a second.
const RUNS: [(Profile, Option<f64>, u8, u32); 8] = [
    (Profile::Standard, None, 1, 15),
    (Profile::Standard, None, 4, 15),
    (Profile::Standard, None, 1, 20),
    (Profile::Standard, None, 4, 20),
    (Profile::Standard, None, 4, 25),
    (Profile::Video, None, 4, 15),
    (Profile::Video, None, 4, 20),
    (Profile::Dense, Some(0.67), 4, 15),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if !Recorder::is_possible() {
        return;
    }
    if words.iter().any(|word| word == "mixed") {
        return run_mixed();
    }
    println!(
        "profile   rate  bands  shown/s  bytes/frame  pictures  kbit/s  pictures read/s: 1, 2 threads"
    );
    if words.iter().any(|word| word == "large") {
        return LARGE.iter().for_each(Large::run);
    }
    for (profile, rate, bands, shown_fps) in RUNS {
        if words.is_empty() || words.iter().any(|word| word == profile.name()) {
            let whole = FormatChoice::new(profile, (1024, 1024));
            let choice = FormatChoice { rate, bands, ..whole };
            run(&choice, Recorder::new(shown_fps), FRAMES);
        }
    }
}

/// Frames as large as a screen of 1920x1080, and how they are filmed.
struct Large {
    tile: usize,
    rate: f64,
    bands: u8,
    shown_fps: u32,
    size: (usize, usize),
    fps: u32,
    megabits: u32,
}

/// A frame for a screen of 1920x1080, filmed at that size.
const FULL_HD: Large = Large {
    tile: 3,
    rate: 0.61,
    bands: 1,
    shown_fps: 20,
    size: (1920, 1080),
    fps: 60,
    megabits: 27,
};

const LARGE: [Large; 3] = [
    Large { rate: 0.50, ..FULL_HD },
    FULL_HD,
    Large {
        tile: 2,
        rate: 0.47,
        bands: 4,
        shown_fps: 15,
        size: (3840, 2160),
        fps: 30,
        megabits: 45,
    },
];

impl Large {
    fn run(&self) {
        let Self { tile, rate, bands, shown_fps, size, fps, megabits } = *self;
        let whole = FormatChoice::new(Profile::Video, size_on_screen((1920, 1080), false));
        let choice = FormatChoice { tile: Some(tile), rate: Some(rate), bands, ..whole };
        let recorder = Recorder::new(shown_fps);
        // The frame's longer side takes six sevenths of the picture's.
        let fill = 6.0 / 7.0 * size.0 as f64 / size.1 as f64;
        let camera = Camera { size, fill, ..recorder.camera };
        run(&choice, Recorder { camera, fps, megabits, ..recorder }, LARGE_FRAMES);
    }
}

/// Frames that are shown a second, and when the first picture begins after the first frame, in pictures.
const MIXED: [(u32, &[f64]); 3] = [(30, &[0.1, 0.3, 0.5, 0.7]), (24, &[0.1]), (20, &[0.1])];
/// Frames of which a screen shows mixed pictures.
const MIXED_FRAMES: usize = 16;

/// Packets that arrive of a screen that is filmed in mixed pictures.
fn run_mixed() {
    println!("shown/s  bands  rate  phase  packets arrived  of one frame a picture  ratio");
    for (bands, rate) in [(1, 0.5), (4, 0.5)] {
        let whole = FormatChoice::new(Profile::Dense, (1024, 1024));
        let choice = FormatChoice { rate: Some(rate), bands, ..whole };
        let tables = choice.tables().unwrap();
        let file = random(MIXED_FRAMES * tables.frame_bytes() - 400);
        let all = (MIXED_FRAMES * tables.packets()) as f64;
        let frames = frames(&file, tables);
        // The first one once more: at first its end is not seen.
        let shown: Vec<&Picture> = frames.iter().chain(frames.first()).collect();
        let arrived = |recorder| arrived(&file, &shown, recorder, all);
        for (shown_fps, phases) in MIXED {
            let apart = arrived(Recorder { mixes: false, ..camera(shown_fps) });
            for phase in phases {
                let recorder = Recorder { rolls: Some(*phase), ..camera(shown_fps) };
                let mixed = arrived(recorder);
                let ratio = mixed / apart;
                println!(
                    "{shown_fps:>7}  {bands:>5}  {rate:>4.2}  {phase:>5}  {:>13.1} %  {:>20.1} %  {ratio:>5.2}",
                    100.0 * mixed,
                    100.0 * apart
                );
            }
        }
    }
}

/// A camera that records with so much that the code, not the video, decides.
fn camera(shown_fps: u32) -> Recorder {
    Recorder { megabits: 25, ..Recorder::new(shown_fps) }
}

/// The share of all packets of a file that arrive.
fn arrived(file: &[u8], shown: &[&Picture], recorder: Recorder, all: f64) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("recording.mp4");
    recorder.film(shown, &video);
    decode(&video, folder.path(), file, "1")
        .0
        .map_or_else(|missing| 1.0 - (missing as f64).min(all) / all, |_| 1.0)
}

fn run(choice: &FormatChoice, recorder: Recorder, count: usize) {
    let tables = choice.tables().unwrap();
    let (bytes, rate) = (tables.capacity(), rate_of_parity(tables.format.parity));
    let file = random(count * tables.frame_bytes() * 9 / 10);
    let frames = frames(&file, tables);
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("recording.mp4");
    // A player goes on and on; twice around is enough for what can be read at all.
    let shown: Vec<&Picture> = frames.iter().chain(&frames).collect();
    recorder.film(&shown, &video);
    let (pictures, seconds) = decode(&video, folder.path(), &file, "1");
    let (_, on_two) = decode(&video, folder.path(), &file, "2");
    let (name, shown_fps) = (choice.profile.name(), recorder.shown_fps);
    print!("{name:<9} {rate:>4.2}  {:>5}  {shown_fps:>7}  {bytes:>11}  ", choice.bands);
    match pictures {
        Ok(pictures) => {
            let filmed = pictures as f64 / f64::from(recorder.fps);
            let kilobits = file.len() as f64 * 8.0 / 1000.0 / filmed;
            let speeds = [seconds, on_two].map(|seconds| pictures as f64 / seconds);
            println!("{pictures:>8}  {kilobits:>6.0}  {:>15.1}  {:>9.1}", speeds[0], speeds[1]);
        }
        Err(missing) => println!("incomplete, {missing} packets missing"),
    }
}

fn random(bytes: usize) -> Vec<u8> {
    let mut prng = SplitMix64::new(1);
    (0..bytes).map(|_| prng.next_u64() as u8).collect()
}

fn frames(file: &[u8], tables: FrameTables) -> Vec<Picture> {
    let stream = Stream::in_memory(file, None).unwrap();
    let mut transfer = OwnTransfer::new(stream, tables, OwnOptions::default()).unwrap();
    let all = Selection::default();
    let frames = transfer.frames(&all);
    frames.map(|frame| frame.unwrap().draw().to_picture().unwrap()).collect()
}

/// Decodes the video, compares the file, and gives the pictures it took, or the packets that are
/// missing, and the time.
fn decode(video: &Path, folder: &Path, file: &[u8], threads: &str) -> (Result<usize, u64>, f64) {
    let (output, report) = (folder.join("file"), folder.join("report.json"));
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_tilecast"))
        .args(["decode", "--quiet", "--force", "--threads", threads])
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
        let missing = report["transfers"][0]["packets_missing"].as_u64();
        return (Err(missing.unwrap_or(u64::MAX)), seconds);
    }
    assert!(std::fs::read(output).unwrap() == file);
    (Ok(report["captures"].as_array().unwrap().len()), seconds)
}
