//! What a screen shows, received live: a browser that plays a page on an X display.
//!
//! Needs Xvfb, Chromium and ffmpeg; without one of them these tests say so and end. A program in
//! place of ffmpeg tells how cameras are read.

#![cfg(unix)]

use crate::camera::recording::Recorder;
use crate::faults::Run;
use crate::support::browser::{Browser, Page, browser};
use crate::support::{Workdir, random_bytes};
use predicates::prelude::*;
use predicates::str::contains;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long something may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// An X server without a screen that anybody sees.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start(size: &str) -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args([
            "-displayfd",
            "1",
            "-nolisten",
            "tcp",
            "-screen",
            "0",
            &format!("{size}x24"),
        ]);
        let server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut server) = server else {
            eprintln!("skipped: Xvfb is not installed");
            return None;
        };
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb has ended");
        Some(Self { server, name: format!(":{}", number.trim()) })
    }

    /// What programs on it find in their environment.
    fn around(&self) -> [(&str, &str); 3] {
        [("DISPLAY", &self.name), ("WAYLAND_DISPLAY", ""), ("XDG_SESSION_TYPE", "")]
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A display of this size with a browser on it, and a page that plays `a.bin`.
fn stage(dir: &Workdir, size: &str, args: &[&str]) -> Option<(Page, Browser, Display)> {
    let browser = browser().filter(|_| Recorder::is_possible())?;
    let display = Display::start(size)?;
    let args = [&["encode", "a.bin", "-o", "a.html", "-q"], args].concat();
    dir.tilecast(&args).assert().success();
    let browser = Browser::on_display(browser, &dir.path(""), &display.name);
    let page = browser.open(&format!("file://{}#play", dir.path("a.html").display()));
    Some((page, browser, display))
}

/// Decodes until the file is complete.
fn decode(dir: &Workdir, display: &Display, args: &[&str]) {
    let args = [&["decode", "-o", "out", "-f"], args].concat();
    let mut command = dir.tilecast(&args);
    command
        .envs(display.around())
        .timeout(PATIENCE)
        .assert()
        .success()
        .stderr(contains("reading "));
    assert!(dir.read("out") == dir.read("a.bin"), "{args:?}");
    std::fs::remove_file(dir.path("out")).unwrap();
}

#[test]
fn a_page_on_a_screen_is_received_pixel_by_pixel() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(200_000, 1));
    let args = ["-p", "lossless", "--size", "800x600"];
    let Some((mut page, _browser, display)) = stage(&dir, "1280x1024", &args) else { return };
    page.wait("playing");
    decode(&dir, &display, &["screen:"]);
    // By its name, and a part of it that has it all.
    decode(&dir, &display, &[&format!("screen:{}", display.name), "--threads", "1"]);
    decode(&dir, &display, &["screen:1270x1010+5+3"]);
    let info = dir.tilecast(&["info", "--json", "screen:"]).envs(display.around()).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    // Up to the first frame, every pixel of which is as it was drawn.
    let last = report["captures"].as_array().unwrap().last().unwrap();
    assert_eq!(last["code"], "read", "{report}");
    assert_eq!(last["registration_error"], 0.0, "{report}");
}

#[test]
fn a_window_among_others_may_move_while_it_is_read() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(200_000, 2));
    let args = ["-p", "standard", "--size", "640x480", "--fps", "10"];
    let Some((mut page, _browser, display)) = stage(&dir, "1280x1024", &args) else { return };
    page.wait("playing");
    let mut run = Run::start_on(&dir, &["decode", "screen:", "-o", "out"], &display.around());
    let start = Instant::now();
    for place in (0..400).cycle().step_by(23) {
        page.place(place, place / 3);
        if let Some(code) = run.ends_within(Duration::from_millis(300)) {
            assert_eq!(code, 0);
            break;
        }
        assert!(start.elapsed() < PATIENCE, "never complete");
    }
    assert!(dir.read("out") == dir.read("a.bin"));
}

#[test]
fn a_signal_keeps_what_a_screen_showed() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(400_000, 3));
    let args = ["-p", "standard", "--size", "640x480", "--fps", "2", "--redundancy", "20%"];
    let Some((mut page, _browser, display)) = stage(&dir, "1280x1024", &args) else { return };
    page.wait("playing");
    let args = ["decode", "screen:", "-o", "out", "--state", "kept"];
    let mut run = Run::start_on(&dir, &args, &display.around());
    let start = Instant::now();
    while !dir.path("kept").exists() {
        assert!(start.elapsed() < PATIENCE, "nothing was received");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(500));
    run.signal("INT");
    assert_eq!(run.ends_within(PATIENCE), Some(130));
    assert!(!dir.path("out").exists());
    page.value("faster(8)");
    decode(&dir, &display, &["screen:", "--state", "kept"]);
}

/// Puts a program in place of ffmpeg that reads `devices`, and gives what is in `a.y4m`.
fn pretend(dir: &Workdir, devices: &str) -> String {
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n*-version*) echo 'ffmpeg version 6.0 Copyright (c)';;\n\
         *-devices*) echo ' D  {devices} it';;\n\
         *-list_formats*) echo '[v4l2 @ 0x5] Compressed:  mjpeg :  Motion-JPEG : 640x480 1280x720' >&2; exit 1;;\n\
         *) echo \"$*\" > called; exec cat a.y4m;;\nesac\n"
    );
    let path = dir.write("bin/ffmpeg", script.as_bytes());
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/bin:/bin", dir.path("bin").display())
}

#[test]
#[cfg(target_os = "linux")]
fn a_camera_is_asked_for_its_largest_pictures_and_read_to_the_end() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(3_000, 4));
    dir.tilecast(&["encode", "a.bin", "-o", "a.y4m", "--loop", "2"]).assert().success();
    let path = pretend(&dir, "video4linux2,v4l2");
    for (typed, size) in [("camera:/dev/null", "1280x720"), ("camera:/dev/null,640x480", "640x480")]
    {
        dir.tilecast(&["decode", typed, "-o", "out", "-f"])
            .env("PATH", &path)
            .assert()
            .success()
            .stderr(contains("reading the camera /dev/null"));
        assert!(dir.read("out") == dir.read("a.bin"));
        let called = String::from_utf8(dir.read("called")).unwrap();
        let asked = format!("-f v4l2 -input_format mjpeg -video_size {size} -i /dev/null");
        assert!(called.contains(&asked), "{called}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_read_is_said_with_a_way_out() {
    let dir = Workdir::new();
    dir.write("screen:", b"a file");
    let (with, without) = (pretend(&dir, "x11grab"), "/nowhere".to_owned());
    let no_display = [("DISPLAY", ""), ("WAYLAND_DISPLAY", ""), ("XDG_SESSION_TYPE", "")];
    let wayland = [("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0"), ("XDG_SESSION_TYPE", "")];
    for (typed, path, around, code, words) in [
        ("screen:", &with, no_display, 2, ["DISPLAY is not set", "hint: name the display"]),
        ("screen:", &with, wayland, 2, ["runs on Wayland", "tilecast receiver"]),
        ("screen:", &without, wayland, 2, ["ffmpeg is not installed", "hint: install ffmpeg"]),
        ("screen:no", &with, no_display, 2, ["names no screen", "screen:window=ID"]),
        ("camera:", &with, no_display, 2, ["built without v4l2", "ffmpeg -devices"]),
        // Nothing comes from that one.
        ("screen::1", &with, no_display, 2, ["cannot read the screen :1", "ffmpeg"]),
        ("./screen:", &with, no_display, 1, ["not a picture", "no frame found"]),
    ] {
        let mut command = dir.tilecast(&["decode", typed, "-o", "out"]);
        let said = command.env("PATH", path).envs(around).assert().code(code);
        said.stderr(contains(words[0]).and(contains(words[1])));
        assert!(!dir.path("out").exists());
    }
    let two = ["decode", "screen::1", "camera:", "-o", "out"];
    dir.tilecast(&two).env("PATH", &with).assert().code(2);
}
