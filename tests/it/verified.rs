//! `encode --verify`: what is written is read back before it appears.

use crate::camera::recording::Recorder;
use crate::support::{Workdir, random_bytes};
use predicates::prelude::*;
use predicates::str::contains;

/// What can be read back; videos, which need ffmpeg, in between.
const OUTPUTS: [&str; 9] =
    ["frames", "a.gif", "a.apng", "a.y4m", "a.mp4", "a.mkv", "one.png", "player.html", "a.pdf"];
const SMALL: [&str; 4] = ["--size", "512x512", "-p", "dense"];

#[test]
fn whatever_is_written_is_read_back() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(3_000, 1));
    let has_videos = Recorder::is_possible();
    let is_video = |output: &str| output.ends_with(".mp4") || output.ends_with(".mkv");
    for output in OUTPUTS.into_iter().filter(|output| has_videos || !is_video(output)) {
        let args = [&["encode", "a.bin", "-o", output, "--verify"], &SMALL[..]].concat();
        dir.tilecast(&args)
            .assert()
            .success()
            .stdout("")
            .stderr(contains("read back and compared").and(contains("the same file")));
        dir.tilecast(&["decode", output, "-o", "b.bin", "-q", "-f"]).assert().success();
        assert!(dir.read("a.bin") == dir.read("b.bin"), "{output}");
    }
    let args = ["encode", "a.bin", "-o", "c", "--verify", "--format", "cimbar"];
    dir.tilecast(&args).assert().success().stderr(contains("the same file"));
}

/// A player's page has symbols in colour or in black and white, or PNG files.
#[test]
fn pages_of_all_kinds_are_read_back() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(20_000, 4));
    for options in [&["-p", "ultra"][..], &["-p", "print", "--size", "700x500"], &["--caption"]] {
        let args = [&["encode", "a.bin", "-o", "a.html", "--verify", "-f"], options].concat();
        dir.tilecast(&args).assert().success().stderr(contains("the same file"));
        let page = dir.read("a.html");
        let decoded =
            dir.tilecast(&["decode", "-", "-o", "-"]).write_stdin(page).assert().success();
        assert!(decoded.get_output().stdout == dir.read("a.bin"), "{options:?}");
    }
    dir.write("a.html", b"<!doctype html>\n<p>somebody else's");
    dir.tilecast(&["info", "a.html"]).assert().code(1).stdout(contains("not a picture"));
}

#[test]
fn what_came_through_a_pipe_is_compared_by_its_digest() {
    let dir = Workdir::new();
    let args = [&["encode", "-", "-o", "frames", "--verify"], &SMALL[..]].concat();
    let file = random_bytes(2_000, 2);
    dir.tilecast(&args).write_stdin(file).assert().success().stderr(contains("the same file"));
    let args = ["encode", "-", "-o", "c", "--verify", "--format", "cimbar"];
    let error = contains("nothing to compare with").and(contains("hint:"));
    dir.tilecast(&args).write_stdin("hello").assert().code(2).stderr(error);
    assert_eq!(dir.list(""), ["frames"]);
}

/// An ffmpeg that spares where it should not: of tiles of a pixel nothing is left.
#[cfg(unix)]
fn sparing_ffmpeg(dir: &Workdir) -> std::ffi::OsString {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::var("PATH").unwrap();
    let script = format!(
        "#!/bin/sh\nPATH='{path}'\nfor arg; do shift; [ \"$arg\" = 23 ] && arg=51; set -- \"$@\" \"$arg\"; done\nexec ffmpeg \"$@\"\n"
    );
    let file = dir.write("bin/ffmpeg", script.as_bytes());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    dir.path("bin").into()
}

#[cfg(unix)]
#[test]
fn what_a_video_loses_is_told_and_nothing_is_left_of_it() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(60_000, 3));
    dir.write("a.mp4", b"what was there before");
    let args = ["encode", "a.bin", "-o", "a.mp4", "-p", "lossless", "--rate", "0.92"];
    let args = [&args[..], &["--size", "512x512", "--redundancy", "0"]].concat();
    let verified = [&args[..], &["--verify", "--force"]].concat();
    dir.tilecast(&verified)
        .env("PATH", sparing_ffmpeg(&dir))
        .assert()
        .code(3)
        .stderr(contains("what was written is wrong").and(contains("hint: a lower --rate")));
    assert_eq!(dir.read("a.mp4"), b"what was there before");
    assert_eq!(dir.list(""), ["a.bin", "a.mp4", "bin"]);
}

#[test]
fn what_cannot_be_read_back_is_told_at_once() {
    let dir = Workdir::new();
    dir.write("a", b"1");
    for (args, error) in [
        (&["-o", "-"][..], "what has gone out cannot be read back"),
        (&["-o", "x", "--only", "1"], "cannot be used with"),
    ] {
        let args = [&["encode", "a", "--verify"], args].concat();
        dir.tilecast(&args).assert().code(2).stdout("").stderr(contains(error));
    }
    assert_eq!(dir.list(""), ["a"]);
}
