//! What is told while a run goes on: events for programs, the line on a terminal.

use crate::support::{Workdir, choice, encode, project, random_bytes};
use serde_json::Value;
#[cfg(unix)]
use std::process::Command;
use std::process::Output;
use tilecast::format::Profile;

/// Frames of a file in the folder `frames`; gives the file and their number.
fn frames(dir: &Workdir, length: usize) -> (Vec<u8>, usize) {
    let file = random_bytes(length, 1);
    let (_, frames) = encode(&file, &choice(Profile::Dense, 512), 0.2);
    for (number, frame) in frames.iter().enumerate() {
        dir.write(&format!("frames/{number:02}.png"), frame);
    }
    (file, frames.len())
}

/// Names of the events in README's table.
fn documented() -> Vec<String> {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    let (_, table) = readme.split_once("| `event` |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect()
}

/// The events of a run, whose first and last are checked; every line is one, and documented.
fn events(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stderr).unwrap();
    let mut events: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let documented = documented();
    for event in &events {
        let name = event["event"].as_str().unwrap();
        assert!(documented.iter().any(|known| known == name), "README does not have {name}");
    }
    let (begin, end) = (events.remove(0), events.pop().unwrap());
    assert_eq!(
        (begin["event"].as_str(), begin["version"].as_str()),
        (Some("begin"), Some("0.1.0"))
    );
    assert_eq!(end["event"], "end");
    assert_eq!(end["status"].as_i64(), output.status.code().map(i64::from));
    events
}

fn run(dir: &Workdir, args: &[&str]) -> (Vec<Value>, Vec<u8>) {
    let output = dir.tilecast(&[args, &["--json-progress"]].concat()).output().unwrap();
    (events(&output), output.stdout)
}

/// The names of events, those that come at their own time left out.
fn names(events: &[Value]) -> Vec<&str> {
    let names = events.iter().map(|event| event["event"].as_str().unwrap());
    names.filter(|name| *name != "progress").collect()
}

#[test]
fn a_run_is_told_to_programs_from_begin_to_end() {
    let dir = Workdir::new();
    let (file, count) = frames(&dir, 30_000);
    dir.write("frames/zz.txt", b"no picture");
    let (told, stdout) = run(&dir, &["decode", "frames", "-o", "-", "--threads", "1"]);
    assert!(stdout == file);
    let names = names(&told);
    let photos = names.iter().take_while(|name| **name == "photo").count();
    assert!((count / 2..=count + 1).contains(&photos), "{names:?}");
    assert_eq!(names[photos], "complete", "{names:?}");
    let complete = told.iter().find(|event| event["event"] == "complete").unwrap();
    assert_eq!(
        (complete["output"].as_str(), complete["verified"].as_bool()),
        (Some("-"), Some(true))
    );
    assert_eq!(
        (complete["name"].as_str(), complete["size"].as_u64()),
        (Some("file"), Some(30_000))
    );
    let first = told.iter().find(|event| event["event"] == "photo").unwrap();
    assert_eq!((first["frame"].as_u64(), first["code"].as_str()), (Some(1), Some("read")));
}

#[test]
fn what_is_missing_is_told_to_programs_and_quiet_leaves_that_and_errors() {
    let dir = Workdir::new();
    frames(&dir, 30_000);
    for number in 0..3 {
        std::fs::remove_file(dir.path(&format!("frames/{number:02}.png"))).unwrap();
    }
    let (told, _) = run(&dir, &["decode", "frames", "-o", "out", "-q"]);
    assert_eq!(names(&told), ["missing", "hint"]);
    assert_eq!(told[0]["frames_missing"], serde_json::json!([1, 2, 3]));
    assert!(told[0]["frames_needed"].as_u64().is_some_and(|needed| (1..=3).contains(&needed)));
    // An earlier run is noted, and what is no picture.
    dir.write("none/a.txt", b"no picture");
    let (told, _) = run(&dir, &["decode", "none", "-o", "out"]);
    assert_eq!(names(&told), ["note", "photo", "note"]);
    assert_eq!(told[1]["code"], "not-a-picture");
    let (told, _) = run(&dir, &["decode", "nowhere", "-o", "other"]);
    assert_eq!(names(&told), ["error"]);
    assert!(told[0]["message"].as_str().unwrap().starts_with("cannot read nowhere: "));
    let (told, _) = run(&dir, &["encode", "none/a.txt", "-o", "none"]);
    assert_eq!(told[0]["hint"], "--force replaces what is there");
}

#[test]
fn encode_tells_programs_too() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(30_000, 3));
    let args = ["encode", "a.bin", "-o", "a.apng", "-p", "dense", "--size", "512x512"];
    let (told, _) = run(&dir, &[&args[..], &["--verify"]].concat());
    let drawn = told.iter().find(|event| event["event"] == "drawn").unwrap();
    assert_eq!((drawn["bytes"].as_u64(), &drawn["frames"]), (Some(30_000), &drawn["frames_total"]));
    for unit in ["bytes", "frames", "frames read back"] {
        let steps = || told.iter().filter(|event| event["unit"] == unit);
        assert!(steps().count() >= 1, "{unit}");
        let last = steps().next_back().unwrap();
        assert_eq!(last["done"], last["total"], "{unit}");
    }
}

#[test]
fn a_stream_is_summed_up_and_shows_how_far_it_is() {
    let dir = Workdir::new();
    let file = random_bytes(30_000, 2);
    dir.write("a.bin", &file);
    let args = ["encode", "a.bin", "-o", "a.apng", "-p", "dense", "--size", "512x512", "-q"];
    dir.tilecast(&args).assert().success();
    let (told, _) = run(&dir, &["decode", "a.apng", "-o", "out"]);
    assert!(dir.read("out") == file);
    assert_eq!(names(&told), ["complete", "video"]);
    let video = told.iter().find(|event| event["event"] == "video").unwrap();
    assert!(video["path"] == "a.apng" && video["read"].as_u64().is_some_and(|read| read > 2));
    let progress = told.iter().find(|event| event["event"] == "progress").unwrap();
    assert!(progress["packets_received"].as_u64().is_some_and(|received| received > 0));
    assert!(progress["advice"].is_null());
}

/// Columns that a text takes on a terminal, of letters that are here.
#[cfg(unix)]
fn columns(text: &str) -> usize {
    text.chars().map(|c| if ('\u{3000}'..'\u{A000}').contains(&c) { 2 } else { 1 }).sum()
}

/// What a text is without what moves the cursor.
#[cfg(unix)]
fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => _ = chars.by_ref().skip(1).find(char::is_ascii_alphabetic),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(unix)]
#[test]
fn on_a_terminal_one_line_says_how_it_goes_and_fits() {
    // util-linux has it, and gives a terminal.
    let version = Command::new("script").arg("--version").output();
    if !version.is_ok_and(|version| String::from_utf8_lossy(&version.stdout).contains("util-linux"))
    {
        return eprintln!("skipped: no script of util-linux");
    }
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(60_000, 2));
    let name = "データ".repeat(12);
    let args = ["encode", "a.bin", "--name", &name, "-o", "a.apng", "-p", "dense", "-q"];
    dir.tilecast(&[&args[..], &["--size", "512x512"]].concat()).assert().success();
    let program = assert_cmd::cargo::cargo_bin("tilecast");
    let line = format!("stty rows 24 cols 61; '{}' decode a.apng -o out", program.display());
    let mut command = Command::new("script");
    command.current_dir(dir.path(".")).env("SHELL", "/bin/sh").env("TERM", "xterm");
    let output = command.args(["-qec", &line, "/dev/null"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = without_escapes(&text);
    let is_of_line = |line: &&str| line.contains(" % | ");
    let lines: Vec<&str> = text.split(['\r', '\n']).filter(is_of_line).collect();
    assert!(!lines.is_empty(), "{text}");
    for line in &lines {
        assert!(columns(line) <= 61, "{line}");
    }
    assert!(lines.iter().any(|line| line.contains("データ")), "{lines:?}");
    assert!(text.contains("complete and verified, 60,000 bytes to out"), "{text}");
}
