//! `decode --watch`: photos that arrive one by one, in parts, under names that change.

use crate::support::{Workdir, choice, encode, random_bytes};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tilecast::format::Profile;

/// Time in which anything here happens.
const SOON: Duration = Duration::from_secs(60);

/// A run whose words go to a file.
struct Watching<'a> {
    child: Child,
    dir: &'a Workdir,
}

impl<'a> Watching<'a> {
    fn start(dir: &'a Workdir, args: &[&str]) -> Self {
        let log = std::fs::File::create(dir.path("log")).unwrap();
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("tilecast"));
        command.args(["decode"]).args(args).current_dir(dir.path(".")).stdin(Stdio::null());
        Self { child: command.stdout(Stdio::null()).stderr(log).spawn().unwrap(), dir }
    }

    fn log(&self) -> String {
        String::from_utf8(self.dir.read("log")).unwrap()
    }

    /// Waits until something is said.
    fn says(&self, text: &str) {
        let start = Instant::now();
        while !self.log().contains(text) {
            assert!(start.elapsed() < SOON, "{text:?} is not said: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The exit code, once it ends by itself.
    fn ends(&mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < SOON, "it goes on: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file of four frames, of which none may be lost, and these.
fn four(seed: u64) -> (Vec<u8>, Vec<Vec<u8>>) {
    let file = random_bytes(28_000, seed);
    let (_, frames) = encode(&file, &choice(Profile::Dense, 512), 0.0);
    assert_eq!(frames.len(), 4);
    (file, frames)
}

#[test]
fn photos_are_read_as_they_arrive_until_there_is_enough() {
    let dir = Workdir::new();
    let (file, frames) = four(1);
    dir.write("in/a.png", &frames[0]);
    let mut run = Watching::start(&dir, &["--watch", "in", "-o", "out"]);
    run.says(" %, 3 frames missing: 2-4\n");
    run.says("waiting for pictures in in;");
    // Slowly, in parts.
    let mut part = std::fs::File::create(dir.path("in/b.png")).unwrap();
    let (mut written, mut longest) = (Instant::now(), Duration::ZERO);
    for piece in frames[1].chunks(frames[1].len() / 4 + 1) {
        part.write_all(piece).unwrap();
        longest = longest.max(written.elapsed());
        written = Instant::now();
        std::thread::sleep(Duration::from_millis(300));
    }
    drop(part);
    run.says("2 frames missing: 3, 4\n");
    // Under another name until it is whole, and in a folder of its own.
    dir.write("in/today/c.png.part", &frames[2][..2000]);
    dir.write("in/.d.png", &frames[3]);
    std::thread::sleep(Duration::from_millis(2500));
    dir.write("in/today/c.png.part", &frames[2]);
    std::fs::rename(dir.path("in/today/c.png.part"), dir.path("in/today/c.png")).unwrap();
    run.says("1 frame missing: 4\n");
    assert!(!dir.path("out").exists() && !run.log().contains("part:"), "{}", run.log());
    // What was cut off arrives once more.
    dir.write("in/d.png", &frames[3][..frames[3].len() / 2]);
    run.says("in/d.png: ");
    std::fs::remove_file(dir.path("in/a.png")).unwrap();
    dir.write("in/d.png", &frames[3]);
    assert_eq!(run.ends(), Some(0), "{}", run.log());
    assert!(dir.read("out") == file);
    let log = run.log();
    assert_eq!(log.matches("in/a.png: ").count(), 1, "{log}");
    // A machine that was held up that long has seen it rest.
    if longest < Duration::from_millis(900) {
        assert_eq!(log.matches("in/b.png: ").count(), 1, "{log}");
    }
}

#[test]
fn ctrl_c_tells_what_is_missing_and_the_next_run_goes_on() {
    for kept in [&["--state", "state"][..], &["--resume"]] {
        let dir = Workdir::new();
        let (file, frames) = four(2);
        dir.write("in/a.png", &frames[0]);
        dir.write("in/b.png", &frames[1]);
        let args = [&["--watch", "in", "-o", "out"][..], kept].concat();
        let mut run = Watching::start(&dir, &args);
        run.says("2 frames missing: 3, 4\n");
        let pid = run.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
        assert_eq!(run.ends(), Some(130));
        run.says("tilecast: hint: take these again: 3, 4\n");
        let mut run = Watching::start(&dir, &args);
        run.says("waiting for pictures in in;");
        assert!(!run.log().contains("in/a.png"), "{}", run.log());
        dir.write("in/c.png", &frames[2]);
        dir.write("in/d.png", &frames[3]);
        assert_eq!(run.ends(), Some(0), "{}", run.log());
        assert!(dir.read("out") == file);
    }
}

#[test]
fn what_the_run_writes_into_the_folder_is_no_capture() {
    let dir = Workdir::new();
    let (both, other) = (four(3), four(4));
    both.1.iter().enumerate().for_each(|(n, frame)| _ = dir.write(&format!("in/a{n}.png"), frame));
    dir.write("in/b0.png", &other.1[0]);
    let args = ["--watch", "in", "-o", "in", "--report", "in/report.json", "--json-progress"];
    let mut run = Watching::start(&dir, &args);
    run.says("\"event\":\"complete\"");
    // Long enough for it to be found.
    std::thread::sleep(Duration::from_millis(3500));
    (1..4).for_each(|n| _ = dir.write(&format!("in/b{n}.png"), &other.1[n]));
    assert_eq!(run.ends(), Some(0), "{}", run.log());
    assert!(
        dir.read("in/file") == both.0 && dir.read("in/file (2)") == other.0,
        "{:?}",
        dir.list("in")
    );
    let photos: Vec<serde_json::Value> =
        run.log().lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let photos = photos.iter().filter(|event| event["event"] == "photo");
    let paths: Vec<_> = photos.map(|photo| photo["path"].as_str().unwrap().to_owned()).collect();
    assert_eq!(paths.len(), 8, "{paths:?}");
    assert!(paths.iter().all(|path| path.ends_with(".png")), "{paths:?}");
}

#[test]
fn a_folder_has_to_be_there_and_may_go_and_come_back() {
    let dir = Workdir::new();
    let (file, frames) = four(5);
    dir.write("file.png", &frames[0]);
    for (folder, text) in [
        ("nowhere", "tilecast: error: cannot watch nowhere: "),
        ("file.png", "tilecast: error: file.png is no folder to watch\n"),
    ] {
        let mut run = Watching::start(&dir, &["--watch", folder, "-o", "out"]);
        assert_eq!(run.ends(), Some(2));
        run.says(text);
    }
    std::fs::create_dir(dir.path("in")).unwrap();
    // What is named is read first.
    let mut run = Watching::start(&dir, &["file.png", "--watch", "in", "-o", "out"]);
    run.says("file.png: frame 1/4");
    run.says("waiting for pictures in in;");
    std::fs::rename(dir.path("in"), dir.path("away")).unwrap();
    run.says("tilecast: cannot read in: ");
    for (number, frame) in frames[1..].iter().enumerate() {
        dir.write(&format!("away/{number}.png"), frame);
    }
    std::fs::rename(dir.path("away"), dir.path("in")).unwrap();
    assert_eq!(run.ends(), Some(0), "{}", run.log());
    assert!(dir.read("out") == file);
    assert_eq!(run.log().matches("cannot read in: ").count(), 1, "{}", run.log());
}

#[test]
fn what_cannot_be_written_ends_the_waiting() {
    let dir = Workdir::new();
    let (_, frames) = four(6);
    for (number, frame) in frames.iter().enumerate() {
        dir.write(&format!("in/{number}.png"), frame);
    }
    let mut run =
        Watching::start(&dir, &["--watch", "in", "-o", "out", "--max-size", "1", "--threads", "2"]);
    assert_eq!(run.ends(), Some(2), "{}", run.log());
    run.says("tilecast: hint: --max-size 28000 allows it");
}
