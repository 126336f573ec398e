//! Runs that speak into a folder which they read: what they say is neither read nor sent.

use crate::support::{Workdir, choice, encode, random_bytes};
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tilecast::format::Profile;

/// A run in the folder `in` that says everything into `in/log.txt`.
fn run(dir: &Workdir, args: &[&str]) -> Child {
    let log = File::create(dir.path("in/log.txt")).unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("tilecast"));
    command.args(args).current_dir(dir.path("in")).stdin(Stdio::null());
    command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn log(dir: &Workdir) -> String {
    String::from_utf8(dir.read("in/log.txt")).unwrap()
}

#[test]
fn a_folder_is_sent_without_what_is_said_of_it() {
    let dir = Workdir::new();
    dir.write("in/a", b"1");
    let args = ["encode", ".", "-o", "../frames", "--size", "256x256", "-p", "lossless"];
    assert!(run(&dir, &args).wait().unwrap().success(), "{}", log(&dir));
    assert!(log(&dir).contains("log.txt, which is written meanwhile"), "{}", log(&dir));
    dir.tilecast(&["decode", "frames", "-o", "out", "-q"]).assert().success();
    assert_eq!(dir.list("out"), ["a"]);
}

#[test]
fn what_is_said_of_a_folder_is_no_picture_that_arrives_in_it() {
    let dir = Workdir::new();
    let file = random_bytes(28_000, 1);
    let (_, frames) = encode(&file, &choice(Profile::Dense, 512), 0.0);
    dir.write("in/a.png", &frames[0]);
    let mut child = run(&dir, &["decode", "--watch", ".", "-o", "../out"]);
    let start = Instant::now();
    let (mut before, mut since) = (log(&dir), Instant::now());
    // Until nothing is said for some looks.
    while !before.contains("waiting for pictures") || since.elapsed() < Duration::from_secs(4) {
        assert!(start.elapsed() < Duration::from_secs(60), "{before}");
        std::thread::sleep(Duration::from_millis(50));
        let now = log(&dir);
        if now != before {
            (before, since) = (now, Instant::now());
        }
    }
    (1..frames.len()).for_each(|at| drop(dir.write(&format!("in/{at}.png"), &frames[at])));
    assert!(child.wait().unwrap().success(), "{}", log(&dir));
    assert_eq!(dir.read("out"), file);
    assert!(!log(&dir).contains("log.txt"), "{}", log(&dir));
}
