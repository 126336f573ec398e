//! What is left to ffmpeg: segments of streams, AVIF, recordings; and how it is called.

use super::{drawn, frames, gives, several};
use crate::camera::recording::Recorder;
use crate::support::{Workdir, random_bytes};
use predicates::prelude::*;
use predicates::str::contains;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use tilecast::media::decode_picture;

/// Runs ffmpeg; whether it did what it should.
fn ffmpeg(dir: &Workdir, args: &[&str]) -> bool {
    let mut command = Command::new("ffmpeg");
    command.args(["-y", "-loglevel", "error"]).args(args).current_dir(dir.path(""));
    command.status().unwrap().success()
}

/// A file whose frames are in a folder.
fn folder(dir: &Workdir) -> Vec<u8> {
    let (file, frames) = several();
    for (number, frame) in frames.iter().enumerate() {
        dir.write(&format!("frames/{number:03}.png"), frame);
    }
    file
}

#[test]
fn segments_of_a_stream_are_read_by_name_and_by_their_bytes() {
    if !Recorder::is_possible() {
        return;
    }
    let dir = Workdir::new();
    let file = folder(&dir);
    let codec = ["-c:v", "mpeg2video", "-q:v", "1", "-g", "1", "-pix_fmt", "yuv422p"];
    let input = ["-framerate", "25", "-i", "frames/%03d.png"];
    assert!(ffmpeg(&dir, &[&input[..], &codec, &["-f", "mpegts", "whole.ts"]].concat()));
    let copy = ["-i", "whole.ts", "-c", "copy"];
    let cut = ["-f", "segment", "-segment_time", "0.03", "-segment_list", "list.m3u8", "part%d.ts"];
    assert!(ffmpeg(&dir, &[&copy[..], &cut].concat()));
    std::fs::copy(dir.path("whole.ts"), dir.path("unnamed")).unwrap();
    for name in ["whole.ts", "unnamed", "list.m3u8"] {
        gives(&dir, name, &file);
    }
    let parts: Vec<String> =
        dir.list(".").into_iter().filter(|name| name.starts_with("part")).collect();
    assert!(parts.len() > 2, "{parts:?}");
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let args = [&["decode", "-o", "out", "-f"], &parts[..]].concat();
    dir.tilecast(&args).assert().success();
    assert!(dir.read("out") == file);
    // One from the middle has something to give.
    let middle = ["decode", parts[1], "-o", "x"];
    dir.tilecast(&middle).assert().code(1).stderr(contains("incomplete"));
}

#[test]
fn avif_is_left_to_ffmpeg() {
    if !Recorder::is_possible() {
        return;
    }
    let dir = Workdir::new();
    let (file, frames) = frames(3_000);
    dir.write("a.png", &frames[0]);
    let codec = ["-c:v", "libaom-av1", "-still-picture", "1", "-crf", "10", "-cpu-used", "8"];
    if !ffmpeg(&dir, &[&["-i", "a.png"], &codec[..], &["a.avif"]].concat()) {
        eprintln!("skipped: this ffmpeg does not write AVIF");
        return;
    }
    gives(&dir, "a.avif", &file);
    dir.tilecast(&["decode", "-", "-o", "x"])
        .pipe_stdin(dir.path("a.avif"))
        .unwrap()
        .assert()
        .code(1)
        .stderr(contains("an AVIF picture").and(contains("ffmpeg -i")));
}

#[test]
fn a_video_that_a_host_encodes_again_gives_the_file() {
    if !Recorder::is_possible() {
        return;
    }
    let dir = Workdir::new();
    let file = random_bytes(130_000, 11);
    dir.write("a.bin", &file);
    dir.tilecast(&["encode", "a.bin", "-o", "a.mp4", "-p", "host", "-q"]).assert().success();
    let rate = ["-r", "30", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "5M"];
    let codec = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"];
    assert!(ffmpeg(&dir, &[&["-i", "a.mp4"], &rate[..], &codec, &["hosted.mp4"]].concat()));
    gives(&dir, "hosted.mp4", &file);
    // Hosts take pictures of this size as they are.
    assert!(ffmpeg(&dir, &["-i", "a.mp4", "-frames:v", "1", "first.png"]));
    let first = decode_picture(&dir.read("first.png")).unwrap();
    assert_eq!((first.width(), first.height()), (1920, 1080));
}

#[test]
fn recordings_that_were_not_finished_say_so() {
    if !Recorder::is_possible() {
        return;
    }
    let dir = Workdir::new();
    folder(&dir);
    assert!(ffmpeg(&dir, &["-i", "frames/%03d.png", "a.mp4"]));
    let whole = dir.read("a.mp4");
    let index = whole.windows(4).position(|window| window == b"moov").unwrap();
    for length in [index - 4, index / 2] {
        dir.write("cut.mp4", &whole[..length]);
        dir.tilecast(&["decode", "cut.mp4", "-o", "x"])
            .assert()
            .code(1)
            .stderr(contains("the recording was not finished").and(contains("untrunc")));
        assert!(!dir.path("x").exists());
    }
}

/// Puts a program in place of ffmpeg that says which version it is, writes down how it was called, and
/// gives the video in `a.y4m`.
fn pretend(dir: &Workdir, version: &str) {
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n*-version*) echo 'ffmpeg version {version} Copyright (c)';;\n\
         *) echo \"$*\" > called; exec cat a.y4m;;\nesac\n"
    );
    let path = dir.write("bin/ffmpeg", script.as_bytes());
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn old_and_new_ffmpeg_are_called_as_they_understand_and_without_a_network() {
    let dir = Workdir::new();
    let (file, frames) = frames(3_000);
    let picture = &drawn(&frames)[0];
    let header =
        format!("YUV4MPEG2 W{} H{} F25:1 C444\nFRAME\n", picture.width(), picture.height());
    dir.write("a.y4m", &[header.into_bytes(), planes(picture)].concat());
    dir.write("a.mp4", b"\0\0\0\x20ftypisom");
    for (version, option, other) in [
        ("4.4.2-0ubuntu0.22.04.1", "-vsync passthrough", "-fps_mode"),
        ("n4.3", "-vsync passthrough", "-fps_mode"),
        ("5.1.9-0+deb12u1", "-fps_mode passthrough", "-vsync"),
        ("6.0", "-fps_mode passthrough", "-vsync"),
        ("N-109000-gabcdef", "-fps_mode passthrough", "-vsync"),
    ] {
        pretend(&dir, version);
        let path = format!("{}:/usr/bin:/bin", dir.path("bin").display());
        dir.tilecast(&["decode", "a.mp4", "-o", "out", "-f"]).env("PATH", path).assert().success();
        assert!(dir.read("out") == file);
        let called = String::from_utf8(dir.read("called")).unwrap();
        assert!(called.contains(option) && !called.contains(other), "{version}: {called}");
        let list = called.split_once("-protocol_whitelist ").unwrap().1;
        let list: Vec<&str> = list.split(' ').next().unwrap().split(',').collect();
        assert!(list.contains(&"file") && called.contains("-i file:a.mp4"), "{called}");
        assert!(list.iter().all(|one| ["file", "crypto", "data"].contains(one)), "{called}");
    }
}

/// The planes of a picture, in the colours of BT.601, limited range.
fn planes(picture: &tilecast::raster::Picture) -> Vec<u8> {
    let rows = [
        [65.481, 128.553, 24.966, 16.0],
        [-37.797, -74.203, 112.0, 128.0],
        [112.0, -93.786, -18.214, 128.0],
    ];
    let pixels = picture.rgb().as_chunks::<3>().0;
    let value = |row: [f64; 4], pixel: &[u8; 3]| {
        let sum: f64 = row.iter().zip(pixel).map(|(a, b)| a * f64::from(*b) / 255.0).sum();
        (sum + row[3]).round() as u8
    };
    rows.into_iter().flat_map(|row| pixels.iter().map(move |pixel| value(row, pixel))).collect()
}
