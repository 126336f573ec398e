//! What a camera carries into a browser, live: `cargo bench --bench live`, for single profiles `cargo
//! bench --bench live -- dense`. Needs Chromium and ffmpeg.
//!
//! Each shown frame is filmed by the synthetic camera, held by hand, at 1280x960 and twice as many
//! pictures a second as frames, the screen changing during every third of them; H.264
//! at 0.4 Mbit a picture. The browser takes the
//! film for its camera's, and shows it over and over. Goodput is bytes of the file by the time from the
//! first picture until the page has verified it.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../it/camera/mod.rs"]
#[allow(dead_code)]
mod camera;
#[path = "../it/receiving/film.rs"]
#[allow(dead_code)]
mod film;
#[path = "../it/receiving/stand.rs"]
#[allow(dead_code)]
mod stand;
#[path = "../it/support/mod.rs"]
#[allow(dead_code)]
mod support;

use camera::recording::Recorder;
use film::convert;
use stand::Stand;
use std::path::Path;
use std::time::Duration;
use support::{Workdir, encode, random_bytes};
use tilecast::format::{FormatChoice, Profile};
use tilecast::ldpc::rate_of_parity;
use tilecast::media::decode_picture;
use tilecast::raster::Picture;

/// Seconds that the file fills, without redundancy.
const SECONDS: u32 = 1;

/// Milliseconds after which a file never comes.
const PATIENCE: u32 = 60_000;

/// What is shown: profile, code rate if not the profile's, frames a second.
const RUNS: [(Profile, Option<f64>, u32); 5] = [
    (Profile::Standard, None, 15),
    (Profile::Standard, None, 30),
    (Profile::Video, None, 15),
    (Profile::Video, None, 30),
    (Profile::Dense, Some(0.67), 15),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if !Recorder::is_possible() {
        return;
    }
    println!("profile   rate  shown/s  workers  seconds  kbit/s  pictures  dropped");
    for (profile, rate, shown) in RUNS {
        if words.is_empty() || words.iter().any(|word| word == profile.name()) {
            let choice =
                FormatChoice { rate, bands: 4, ..FormatChoice::new(profile, (1024, 1024)) };
            run(&choice, shown);
        }
    }
}

fn run(choice: &FormatChoice, shown: u32) {
    let tables = choice.tables().unwrap();
    let rate = rate_of_parity(tables.format.parity);
    let file = random_bytes((SECONDS * shown) as usize * tables.frame_bytes(), 1);
    let dir = Workdir::new();
    let fake = dir.path("camera.y4m");
    film(&file, choice, shown, &fake);
    let flags = [
        "--use-fake-device-for-media-stream".to_owned(),
        "--use-fake-ui-for-media-stream".to_owned(),
        format!("--use-file-for-fake-video-capture={}", fake.display()),
    ];
    let Some(stand) = Stand::new(dir, &flags) else { return };
    for workers in [1, 2] {
        let (seconds, pictures, dropped) = receive(&stand, workers, &file);
        print!("{:<9} {rate:>4.2}  {shown:>7}  {workers:>7}  ", choice.profile.name());
        match seconds {
            Some(seconds) => {
                let kilobits = file.len() as f64 * 8.0 / 1000.0 / seconds;
                print!("{seconds:>7.2}  {kilobits:>6.0}  ");
            }
            None => print!("never            "),
        }
        println!("{pictures:>8}  {dropped:>7}");
    }
}

/// Films all frames of a file.
fn film(file: &[u8], choice: &FormatChoice, shown: u32, y4m: &Path) {
    let (_, frames) = encode(file, choice, 0.2);
    let frames: Vec<Picture> = frames.iter().map(|png| decode_picture(png).unwrap()).collect();
    let mp4 = y4m.with_extension("mp4");
    // As many bits a picture, whatever their number.
    let recorder = Recorder { fps: 2 * shown, megabits: 12 * shown / 15, ..Recorder::new(shown) };
    recorder.film(&frames.iter().collect::<Vec<_>>(), &mp4);
    convert(&mp4, y4m);
}

/// Notes when the first picture and the file came.
const WATCH: &str = "void setInterval(() => {
    if (tilecast.pictures > 0) window.began ??= performance.now();
    if (tilecast.files.length > 0) window.ended ??= performance.now();
}, 2)";

/// Receives the file once: seconds if it came, pictures, and those that nobody had time for.
fn receive(stand: &Stand, workers: u32, file: &[u8]) -> (Option<f64>, u64, u64) {
    let mut receiving = stand.host("localhost", &format!("workers={workers}"));
    receiving.page.value(WATCH);
    receiving.page.click("#camera");
    let limit = format!("Boolean(window.ended) || performance.now() - window.began > {PATIENCE}");
    receiving.page.wait_for(&limit, Duration::from_secs(120));
    let [pictures, dropped] =
        ["pictures", "dropped"].map(|count| receiving.status(count).as_u64().unwrap());
    let seconds = receiving.page.value("(window.ended - window.began) / 1000").as_f64();
    if seconds.is_some() {
        receiving.gets("file", file);
    }
    (seconds, pictures, dropped)
}
