//! What has been received, and what has been written, whatever is in the way at the end.

use crate::support::{Workdir, choice, encode, random_bytes};
use predicates::prelude::*;
use predicates::str::contains;
use std::io::Write;
use std::process::{Command, Stdio};
use tilecast::format::Profile;
use tilecast::media::storage;

/// A file, and its frames in `frames/`.
fn frames(dir: &Workdir, bytes: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let file = random_bytes(bytes, bytes as u64);
    let (_, frames) = encode(&file, &choice(Profile::Dense, 512), 0.0);
    for (number, frame) in frames.iter().enumerate() {
        dir.write(&format!("frames/{number:04}.png"), frame);
    }
    (file, frames)
}

#[test]
fn a_name_that_is_taken_meanwhile_loses_nothing() {
    let dir = Workdir::new();
    let (file, frames) = frames(&dir, 40_000);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("tilecast"))
        .args(["decode", "-", "-o", "out", "-q"])
        .current_dir(dir.path(""))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&frames[0]).unwrap();
    while !dir.path(".tilecast-received-out").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    dir.write("out", b"another's");
    for frame in &frames[1..] {
        stdin.write_all(frame).unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("out already exists") && text.contains("-o out --resume"), "{text}");
    assert_eq!(dir.read("out"), b"another's");
    std::fs::remove_file(dir.path("out")).unwrap();
    // Everything is there: no further capture is needed.
    dir.tilecast(&["decode", "frames/0000.png", "-o", "out", "--resume"]).assert().success();
    assert!(dir.read("out") == file);
    assert_eq!(dir.list("."), ["frames", "out"]);
}

#[test]
fn a_state_is_used_by_one_run_at_a_time() {
    let dir = Workdir::new();
    let (file, _) = frames(&dir, 9_000);
    let args = ["decode", "frames", "-o", "out", "--state", "state", "-q"];
    let other = storage::open_or_create(&dir.path("state")).unwrap();
    dir.tilecast(&args)
        .assert()
        .code(2)
        .stderr(contains("another run uses state").and(contains("--wait")));
    let waiting = {
        let mut command = dir.tilecast(&[&args[..], &["--wait"]].concat());
        std::thread::spawn(move || command.assert().success())
    };
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!dir.path("out").exists());
    drop(other);
    waiting.join().unwrap();
    assert!(dir.read("out") == file);
}

#[test]
fn one_name_is_not_given_to_two_files() {
    let dir = Workdir::new();
    frames(&dir, 900);
    for (options, text) in [
        (["-o", "x", "--report", "./x"], "-o and --report name the same file"),
        (["-o", "x", "--state", "x"], "-o and --state name the same file"),
        (["--state", "x", "--report", "x"], "--report and --state name the same file"),
    ] {
        let args = [&["decode", "frames"], &options[..]].concat();
        dir.tilecast(&args).assert().code(2).stderr(contains(text));
        assert_eq!(dir.list("."), ["frames"]);
    }
}

#[test]
fn the_longest_names_work() {
    let dir = Workdir::new();
    let (file, _) = frames(&dir, 40_000);
    let name = "n".repeat(255);
    dir.tilecast(&["decode", "frames/0000.png", "-o", &name, "-q"]).assert().code(1);
    dir.tilecast(&["decode", "frames", "-o", &name, "-q", "--resume"]).assert().success();
    assert!(dir.read(&name) == file);
    assert_eq!(dir.list("."), ["frames", &name]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_into_once_it_is_verified() {
    let dir = Workdir::new();
    let (file, _) = frames(&dir, 9_000);
    let pipe = dir.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for force in [&["-q"][..], &["-q", "-f"]] {
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || std::fs::read(pipe).unwrap())
        };
        let args = [&["decode", "frames", "-o", "pipe"], force].concat();
        dir.tilecast(&args).assert().success();
        assert!(reader.join().unwrap() == file);
    }
    dir.tilecast(&["decode", "frames", "-o", "/dev/null", "-f"]).assert().success();
    let null = std::fs::metadata("/dev/null").unwrap();
    assert!(!null.is_file(), "a device was replaced");
    assert_eq!(dir.list("."), ["frames", "pipe"]);
}

#[cfg(unix)]
#[test]
fn the_umask_and_existing_permissions_are_respected() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Workdir::new();
    frames(&dir, 900);
    dir.write("old", b"private");
    let mode = |name: &str| std::fs::metadata(dir.path(name)).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(dir.path("old"), PermissionsExt::from_mode(0o600)).unwrap();
    let binary = assert_cmd::cargo::cargo_bin("tilecast");
    let run = |umask: &str, args: &str| {
        let script = format!("umask {umask}; '{}' {args} -q", binary.display());
        let status = Command::new("sh").args(["-c", &script]).current_dir(dir.path("")).status();
        assert!(status.unwrap().success(), "{args}");
    };
    run("077", "decode frames -o a --report r --state s");
    run("077", "encode a -o page.html");
    run("077", "encode a -o folder");
    run("022", "decode frames -o b");
    run("022", "decode frames -o old -f");
    let names = ["a", "r", "s", "page.html", "folder/frame-0001.png"];
    assert_eq!(names.map(mode), [0o600; 5]);
    assert_eq!((mode("folder"), mode("b"), mode("old")), (0o700, 0o644, 0o600));
}
