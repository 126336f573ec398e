//! What is read once, from its start, and may stay silent: pipes of all names.

use super::{frames, several};
use crate::faults::Run;
use crate::support::{Workdir, random_bytes};
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(2500);

/// Runs a line of the shell, in which `$TILECAST` is the command.
fn shell(dir: &Workdir, line: &str) {
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(dir.path(""));
    command.env("TILECAST", assert_cmd::cargo::cargo_bin("tilecast"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Waits until something is there.
fn wait_for(dir: &Workdir, name: &str) -> bool {
    let start = Instant::now();
    while start.elapsed() < SOON {
        if dir.path(name).exists() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn what_a_shell_puts_in_place_of_a_command_is_read() {
    let dir = Workdir::new();
    let (file, frames) = several();
    dir.write("all", &frames.concat());
    for (number, frame) in frames.iter().enumerate() {
        dir.write(&format!("frames/{number}.png"), frame);
    }
    for line in [
        "$TILECAST decode <(cat all) -o out",
        "$TILECAST decode <(cat frames/0.png) <(cat frames/[1-9]*.png) -o out",
        "cat all | $TILECAST decode /dev/stdin -o out",
        "cat all | $TILECAST decode /dev/fd/0 -o out",
        "$TILECAST decode /dev/stdin -o out < all",
        "$TILECAST decode - -o out < all",
        "mkfifo pipe; cat all > pipe & $TILECAST decode pipe -o out && wait $!",
        "rm pipe; mkfifo pipe; (sleep 0.2; cat all) > pipe & $TILECAST decode pipe -o out && wait $!",
    ] {
        shell(&dir, line);
        assert!(dir.read("out") == file, "{line}");
        std::fs::remove_file(dir.path("out")).unwrap();
    }
}

#[test]
fn a_signal_ends_a_silent_decode_and_keeps_what_came() {
    for (signal, threads) in [("INT", "1"), ("TERM", "2")] {
        let dir = Workdir::new();
        let (file, frames) = several();
        let args = ["decode", "-", "-o", "out", "--resume", "--threads", threads];
        let mut run = Run::start(&dir, &args);
        let mut stdin = run.0.stdin.take().unwrap();
        stdin.write_all(&frames[0]).unwrap();
        assert!(wait_for(&dir, ".tilecast-received-out"));
        // Time to take it in.
        std::thread::sleep(Duration::from_millis(300));
        run.signal(signal);
        assert_eq!(run.ends_within(SOON), Some(130), "{signal}");
        drop(stdin);
        dir.write("rest.png", &frames[1..].concat());
        dir.tilecast(&["decode", "rest.png", "-o", "out", "--resume"]).assert().success();
        assert!(dir.read("out") == file);
        assert_eq!(dir.list("."), ["out", "rest.png"]);
    }
}

#[test]
fn a_signal_ends_what_never_got_anything() {
    let dir = Workdir::new();
    shell(&dir, "mkfifo pipe");
    let encode = ["encode", "-", "-o", "frames"];
    for args in [&["decode", "-", "-o", "out"][..], &["decode", "pipe", "-o", "out"], &encode] {
        for signal in ["INT", "TERM"] {
            let mut run = Run::start(&dir, args);
            let stdin = run.0.stdin.take().unwrap();
            std::thread::sleep(Duration::from_millis(150));
            run.signal(signal);
            assert_eq!(run.ends_within(SOON), Some(130), "{args:?} {signal}");
            drop(stdin);
            assert_eq!(dir.list("."), ["pipe"], "{args:?} {signal}");
        }
    }
}

#[test]
fn a_signal_ends_an_encode_in_the_middle_of_its_input() {
    let dir = Workdir::new();
    let mut run = Run::start(&dir, &["encode", "-", "-o", "frames"]);
    let mut stdin = run.0.stdin.take().unwrap();
    stdin.write_all(&random_bytes(300_000, 1)).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    run.signal("INT");
    assert_eq!(run.ends_within(SOON), Some(130));
    assert_eq!(dir.list("."), Vec::<String>::new());
}

#[test]
fn a_complete_file_is_written_while_the_pipe_stays_open() {
    for threads in ["1", "2"] {
        for bytes in [3_000, 30_000] {
            let dir = Workdir::new();
            let (file, frames) = frames(bytes);
            let mut run = Run::start(&dir, &["decode", "-", "-o", "out", "--threads", threads]);
            let mut stdin = run.0.stdin.take().unwrap();
            stdin.write_all(&frames.concat()).unwrap();
            assert_eq!(run.ends_within(SOON), Some(0), "{threads} threads, {bytes} bytes");
            assert!(dir.read("out") == file);
            drop(stdin);
        }
    }
}
