//! What comes back of videos that a host or a messenger encodes again: `cargo bench --bench hosted`,
//! for single codecs `cargo bench --bench hosted -- x264`. Needs ffmpeg, and minutes.
//!
//! A file of random bytes is sent as a video by `encode -p host`; ffmpeg encodes it again with 30
//! pictures a second at a limited rate, as a host would; `decode` reads that. The columns: size of the
//! hosted video by that of the file, kbit/s of the file as the video plays, and the time to read it on
//! all threads by the time that it lasts.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tilecast::prng::SplitMix64;

/// What a host does: codec, Mbit/s, and height; and the options that suit it.
type Host = (&'static str, f64, u32, &'static [&'static str]);

const MESSENGER: &[&str] = &["--screen", "1280x720"];

const HOSTS: [Host; 13] = [
    ("x264", 2.5, 1080, &[]),
    ("vp9", 2.5, 1080, &[]),
    ("av1", 2.5, 1080, &[]),
    ("x264", 5.0, 1080, &["--fps", "12"]),
    ("vp9", 5.0, 1080, &["--fps", "12"]),
    ("av1", 5.0, 1080, &["--fps", "12"]),
    ("x264", 8.0, 1080, &["--fps", "20"]),
    ("vp9", 8.0, 1080, &["--fps", "20"]),
    ("av1", 8.0, 1080, &["--fps", "20"]),
    ("x264", 1.5, 720, MESSENGER),
    ("vp9", 1.5, 720, MESSENGER),
    ("av1", 1.5, 720, MESSENGER),
    // Shrunk: does not come back.
    ("x264", 1.5, 720, &[]),
];
/// Bytes that are sent for each kbit/s of a host: about eight seconds.
const BYTES_PER_KBIT: f64 = 150.0;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!(
        "codec  Mbit/s  height  options             size by file  kbit/s  time to read  came back"
    );
    for host in HOSTS {
        if words.is_empty() || words.iter().any(|word| word == host.0) {
            run(host);
        }
    }
}

/// Sends a file through a host, and prints what came of it.
fn run((codec, megabits, height, options): Host) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let mut file = vec![0; (1000.0 * megabits * BYTES_PER_KBIT) as usize];
    let mut random = SplitMix64::new(7);
    file.iter_mut().for_each(|byte| *byte = random.next_u64() as u8);
    std::fs::write(path("file"), &file).unwrap();
    let tilecast = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tilecast"));
        command.args(args).current_dir(dir.path()).status().unwrap().success()
    };
    let send = ["encode", "file", "-o", "sent.mp4", "-p", "host", "-q"];
    assert!(tilecast(&[&send, options].concat()));
    encode_again(dir.path(), codec, megabits, height);
    let start = Instant::now();
    let came_back = tilecast(&["decode", "hosted.mkv", "-o", "back", "-q"])
        && std::fs::read(path("back")).unwrap() == file;
    let time = start.elapsed().as_secs_f64();
    let seconds = duration(&path("hosted.mkv"));
    let size = std::fs::metadata(path("hosted.mkv")).unwrap().len() as f64;
    println!(
        "{codec:<6} {:>6.1}  {height:>6}  {:<18} {:>13.1} {:>7.0} {:>13.2}  {came_back}",
        8e-6 * size / seconds,
        options.join(" "),
        size / file.len() as f64,
        8e-3 * file.len() as f64 / seconds,
        time / seconds,
    );
}

/// What a host makes of `sent.mp4`.
fn encode_again(dir: &Path, codec: &str, megabits: f64, height: u32) {
    let rate = format!("{megabits}M");
    let limit = ["-maxrate", &rate, "-bufsize", &format!("{}M", 2.0 * megabits)];
    let codec: Vec<&str> = match codec {
        "x264" => [&["-c:v", "libx264", "-preset", "medium"], &limit[..]].concat(),
        "vp9" => {
            let speed = ["-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "5"];
            [&speed, &["-row-mt", "1"][..], &limit].concat()
        }
        _ => vec!["-c:v", "libsvtav1", "-preset", "9", "-svtav1-params", "rc=1"],
    };
    let mut command = Command::new("ffmpeg");
    command.args(["-y", "-loglevel", "error", "-i", "sent.mp4", "-r", "30", "-pix_fmt", "yuv420p"]);
    command.args(["-vf", &format!("scale=-2:{height}")]);
    command.args(codec).args(["-b:v", &rate, "hosted.mkv"]).current_dir(dir);
    command.env("SVT_LOG", "1");
    assert!(command.status().unwrap().success());
}

/// Seconds that a video lasts.
fn duration(path: &Path) -> f64 {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]).arg(path);
    let output = command.output().unwrap().stdout;
    String::from_utf8(output).unwrap().trim().parse().unwrap()
}
