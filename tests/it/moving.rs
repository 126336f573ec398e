//! Animations, streams and videos, both ways.

use crate::camera::recording::Recorder;
use crate::support::{Workdir, random_bytes};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use predicates::prelude::*;
use predicates::str::contains;
use std::process::Command;
use tilecast::media::decode_picture;

const SMALL: [&str; 4] = ["--size", "320x300", "-p", "dense"];

fn encode(dir: &Workdir, more: &[&str]) {
    dir.tilecast(&[&["encode", "a.bin"], &SMALL[..], more].concat()).assert().success();
}

#[test]
fn animations_come_back_whatever_their_format() {
    for output in ["a.gif", "a.apng", "a.png", "a.y4m"] {
        let dir = Workdir::new();
        let file = random_bytes(12_000, 1);
        dir.write("a.bin", &file);
        let animate: &[&str] = if output == "a.png" { &["--animate"] } else { &[] };
        encode(&dir, &[&["-o", output, "--fps", "20"], animate].concat());
        dir.tilecast(&["decode", output, "-o", "out"]).assert().success();
        assert!(dir.read("out") == file, "{output}");
        dir.tilecast(&["decode", "-", "-o", "again"])
            .pipe_stdin(dir.path(output))
            .unwrap()
            .assert()
            .success();
        assert!(dir.read("again") == file, "{output} as a stream");
    }
}

#[test]
fn frames_stream_as_png_and_as_y4m() {
    for format in ["png", "y4m"] {
        let dir = Workdir::new();
        let file = random_bytes(12_000, 2);
        dir.write("a.bin", &file);
        let args =
            [&["encode", "a.bin", "-o", "-", "--output-format", format], &SMALL[..]].concat();
        let stream = dir.tilecast(&args).output().unwrap().stdout;
        let decode =
            dir.tilecast(&["decode", "-", "-o", "-"]).write_stdin(stream).output().unwrap();
        assert!(decode.stdout == file, "{format}");
    }
}

#[test]
fn a_stream_of_jpeg_and_pnm_files_is_read() {
    let dir = Workdir::new();
    let file = random_bytes(3_000, 3);
    dir.write("a.bin", &file);
    encode(&dir, &["-o", "frames", "--redundancy", "0"]);
    let mut stream = Vec::new();
    for (i, name) in dir.list("frames").iter().enumerate() {
        let picture = decode_picture(&dir.read(&format!("frames/{name}"))).unwrap();
        let (width, height) = (picture.width() as u32, picture.height() as u32);
        if i % 2 == 0 {
            stream.extend(format!("P6\n# a comment\n{width} {height}\n255\n").bytes());
            stream.extend(picture.rgb());
        } else {
            let encoder = JpegEncoder::new_with_quality(&mut stream, 90);
            encoder.write_image(picture.rgb(), width, height, ExtendedColorType::Rgb8).unwrap();
        }
    }
    dir.tilecast(&["decode", "-", "-o", "out"]).write_stdin(stream).assert().success();
    assert!(dir.read("out") == file);
}

#[test]
fn only_some_frames_are_drawn_and_they_are_the_same() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(20_000, 4));
    encode(&dir, &["-o", "all"]);
    encode(&dir, &["-o", "some", "--only", "2,4-5"]);
    assert_eq!(dir.list("some"), ["frame-0002.png", "frame-0004.png", "frame-0005.png"]);
    for name in dir.list("some") {
        assert!(dir.read(&format!("some/{name}")) == dir.read(&format!("all/{name}")));
    }
    let beyond = [&["encode", "a.bin", "-o", "x", "--only", "99"], &SMALL[..]].concat();
    dir.tilecast(&beyond).assert().code(2).stderr(contains("there is no frame 99"));
    assert!(!dir.path("x").exists());
}

#[test]
fn options_that_do_not_go_with_an_output_are_errors() {
    let dir = Workdir::new();
    dir.write("a.bin", b"hello");
    for (args, text) in [
        (&["-o", "frames", "--fps", "15"][..], "--fps does not go with this output"),
        (&["-o", "frames", "--loop", "2"], "--loop does not go"),
        (&["-o", "a.gif", "--fps", "60"], "viewers do not show GIF"),
        (&["-o", "a.html", "--animate"], "--animate does not go"),
        (&["-o", "a.gif", "--output-format", "y4m"], "--output-format does not go"),
        (&["-o", "a.y4m", "--loop", "0"], "a video file has an end"),
        (&["-o", "a.html", "--fps", "61"], "61 is not in 1..=60"),
        (&["-o", "a.html", "--only", "5-3"], "give frame numbers"),
    ] {
        dir.tilecast(&[&["encode", "a.bin"], args].concat())
            .assert()
            .code(2)
            .stderr(contains(text));
    }
    assert_eq!(dir.list(""), ["a.bin"]);
    dir.write("b.bin", &random_bytes(100_000, 5));
    dir.tilecast(&["encode", "b.bin", "-o", "b.png"])
        .assert()
        .code(2)
        .stderr(contains("--animate makes it an animation"));
}

#[test]
fn a_stream_can_repeat_and_repeats_are_skipped() {
    let dir = Workdir::new();
    let file = random_bytes(6_000, 6);
    dir.write("a.bin", &file);
    encode(&dir, &["-o", "a.y4m", "--loop", "3", "--redundancy", "0"]);
    std::fs::create_dir(dir.path("out")).unwrap();
    let args = ["decode", "a.y4m", "-o", "out", "--report", "r.json", "--threads", "1"];
    dir.tilecast(&args).assert().success().stderr(contains("seen before"));
    assert!(dir.read("out/a.bin") == file);
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    let captures = report["captures"].as_array().unwrap();
    let repeats = captures.iter().filter(|capture| capture["repeat"] == true).count();
    assert_eq!(repeats * 3, captures.len() * 2);
    assert_eq!(captures[0]["path"], "a.y4m:1");
}

#[test]
fn damaged_and_cut_streams_are_told_and_give_what_they_hold() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(12_000, 7));
    for output in ["a.y4m", "a.gif"] {
        encode(&dir, &["-o", output, "--redundancy", "20%"]);
        let whole = dir.read(output);
        dir.write("cut", &whole[..whole.len() / 3]);
        dir.tilecast(&["decode", "cut", "-o", "out"])
            .assert()
            .code(1)
            .stderr(contains("cut:").and(contains("incomplete")));
        assert!(!dir.path("out").exists());
    }
    dir.write("bad.y4m", b"YUV4MPEG2 W9 H9 C420p10\nFRAME\n");
    dir.tilecast(&["decode", "bad.y4m", "-o", "out"])
        .assert()
        .code(1)
        .stderr(contains("its samples are not 8 bits"));
}

#[test]
fn videos_come_back() {
    if !Recorder::is_possible() {
        return;
    }
    let dir = Workdir::new();
    let file = random_bytes(12_000, 8);
    dir.write("a.bin", &file);
    for output in ["a.mp4", "a.mkv", "a.webm"] {
        encode(&dir, &["-o", output]);
        dir.tilecast(&["decode", output, "-o", "out", "--force"]).assert().success();
        assert!(dir.read("out") == file, "{output}");
    }
    let cut = dir.read("a.mp4");
    dir.write("cut.mp4", &cut[..2000]);
    dir.tilecast(&["decode", "cut.mp4", "-o", "x"])
        .assert()
        .code(1)
        .stderr(contains("the recording was not finished"));
    assert!(!dir.path("x").exists());
}

#[test]
fn without_ffmpeg_videos_are_an_error_that_says_so() {
    let dir = Workdir::new();
    dir.write("a.bin", b"hello");
    dir.write("a.mp4", b"\0\0\0\x20ftypisom");
    for args in [&["encode", "a.bin", "-o", "b.mp4"], &["decode", "a.mp4", "-o", "b"]] {
        dir.tilecast(args)
            .env("PATH", dir.path("nothing"))
            .assert()
            .code(2)
            .stderr(contains("ffmpeg is not installed").and(contains("hint: install")));
    }
    assert_eq!(dir.list(""), ["a.bin", "a.mp4"]);
}

/// A screen filmed by hand at 30 pictures a second, the screen changing during every third of them.
#[test]
fn a_recording_of_a_screen_is_the_file() {
    if !Recorder::is_possible() {
        return;
    }
    let dir = Workdir::new();
    let file = random_bytes(75_000, 9);
    dir.write("a.bin", &file);
    dir.tilecast(&["encode", "a.bin", "-o", "frames", "--bands", "4", "--redundancy", "80%"])
        .assert()
        .success();
    let frames: Vec<_> = dir
        .list("frames")
        .iter()
        .map(|name| decode_picture(&dir.read(&format!("frames/{name}"))).unwrap())
        .collect();
    // Faster than the camera can get each frame undisturbed: bands of both have to be used.
    Recorder::new(20).film(&frames.iter().collect::<Vec<_>>(), &dir.path("recording.mp4"));
    dir.tilecast(&["decode", "recording.mp4", "-o", "out", "--report", "r.json"])
        .assert()
        .success();
    assert!(dir.read("out") == file);
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    let reasons =
        report["captures"].as_array().unwrap().iter().filter_map(|c| c["reason"].as_str());
    assert!(reasons.clone().any(|reason| reason.contains("the screen changed")), "none was mixed");
}

/// A player that reads less than everything, and a stream that never ends.
#[cfg(unix)]
#[test]
fn an_endless_stream_ends_with_its_reader() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(3_000, 10));
    let program = assert_cmd::cargo::cargo_bin("tilecast");
    let script = format!(
        "{} encode a.bin -o - --output-format y4m --loop 0 --size 400x400 | head -c 3000000 | wc -c; \
         test ${{PIPESTATUS[0]}} -eq 0 -o ${{PIPESTATUS[0]}} -eq 141",
        program.display()
    );
    let output =
        Command::new("bash").current_dir(dir.path("")).args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "3000000");
}
