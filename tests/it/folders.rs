//! Folders and several files: what comes back, where it goes, and what is refused.

use crate::support::{Workdir, random_bytes};
use predicates::prelude::*;
use predicates::str::contains;

/// Small frames that are read at once.
const SMALL: [&str; 4] = ["--size", "256x256", "-p", "lossless"];

fn encode(dir: &Workdir, args: &[&str]) -> assert_cmd::Command {
    dir.tilecast(&[&["encode"], args, &SMALL[..]].concat())
}

/// A folder with something of all that there is.
fn folder(dir: &Workdir, name: &str) {
    dir.write(&format!("{name}/a.txt"), b"text");
    dir.write(&format!("{name}/.hidden/empty"), b"");
    dir.write(&format!("{name}/deep/er/r.bin"), &random_bytes(20_000, 1));
    dir.write(&format!("{name}/{}/{}", "x".repeat(200), "ä".repeat(120)), b"long");
    std::fs::create_dir(dir.path(&format!("{name}/nothing"))).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let run = dir.write(&format!("{name}/run me.sh"), b"#!/bin/sh\n");
        std::fs::set_permissions(run, PermissionsExt::from_mode(0o751)).unwrap();
        dir.write(&format!("{name}/12:30 *?\\.txt"), b"no name for Windows");
        symlink("../a.txt", dir.path(&format!("{name}/deep/up"))).unwrap();
        symlink("nowhere", dir.path(&format!("{name}/.#lock"))).unwrap();
        symlink("deep/er", dir.path(&format!("{name}/way"))).unwrap();
        symlink("../way/../..", dir.path(&format!("{name}/deep/back"))).unwrap();
    }
}

/// Everything in a folder: path, kind, contents or target, whether it can be run.
fn contents(dir: &Workdir, name: &str) -> Vec<(String, String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![name.to_owned()];
    while let Some(at) = open.pop() {
        for inside in dir.list(&at) {
            let path = format!("{at}/{inside}");
            let metadata = dir.path(&path).symlink_metadata().unwrap();
            let inside = path.strip_prefix(name).unwrap().to_owned();
            if metadata.is_symlink() {
                let target = std::fs::read_link(dir.path(&path)).unwrap();
                found.push((inside, "link".into(), target.to_str().unwrap().into()));
            } else if metadata.is_dir() {
                found.push((inside, "folder".into(), Vec::new()));
                open.push(path);
            } else {
                let kind = if runs(&metadata) { "program" } else { "file" };
                found.push((inside, kind.into(), dir.read(&path)));
            }
        }
    }
    found.sort();
    found
}

#[cfg(unix)]
fn runs(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o100 != 0
}

#[cfg(not(unix))]
fn runs(_: &std::fs::Metadata) -> bool {
    false
}

#[test]
fn a_folder_comes_back_wherever_it_is_wanted() {
    let dir = Workdir::new();
    folder(&dir, "in/photos");
    encode(&dir, &["in/photos", "-o", "frames"]).assert().success();
    let same = |name: &str| assert_eq!(contents(&dir, "in/photos"), contents(&dir, name), "{name}");
    // Under its name; again, it is there already; beside another one, with a number.
    let told = contains("(photos): complete and verified, a folder of");
    dir.tilecast(&["decode", "frames"]).assert().success().stderr(told);
    same("photos");
    dir.tilecast(&["decode", "frames"]).assert().success();
    assert_eq!(dir.list("."), ["frames", "in", "photos"]);
    dir.write("photos/more", b"mine");
    dir.tilecast(&["decode", "frames", "--force"]).assert().success();
    same("photos (2)");
    assert_eq!(dir.read("photos/more"), b"mine");
    // As a folder of another name, and in one.
    dir.tilecast(&["decode", "frames", "-o", "new"]).assert().success().stdout("");
    same("new");
    dir.tilecast(&["decode", "frames", "-o", "made/"]).assert().success();
    same("made/photos");
    assert!(dir.list(".").iter().all(|name| !name.starts_with('.')));
}

#[test]
fn its_archive_is_written_where_that_is_asked_for() {
    let dir = Workdir::new();
    folder(&dir, "photos");
    encode(&dir, &["photos", "-o", "frames"]).assert().success();
    dir.tilecast(&["decode", "frames", "-o", "x.TAR"]).assert().success();
    dir.tilecast(&["decode", "frames", "--no-unpack", "-o", "y"]).assert().success();
    dir.tilecast(&["decode", "frames", "--no-unpack"]).assert().success();
    let out = dir.tilecast(&["decode", "frames", "-o", "-"]).assert().success();
    let archive = dir.read("x.TAR");
    assert!(archive == dir.read("y") && archive == dir.read("photos.tar"));
    assert!(archive == out.get_output().stdout);
    // An archive that somebody sends as such stays what it is.
    encode(&dir, &["x.TAR", "-o", "of-file"]).assert().success();
    dir.tilecast(&["decode", "of-file", "-o", "z/"]).assert().success();
    assert_eq!(dir.list("z"), ["x.TAR"]);
}

#[test]
fn the_same_folder_gives_the_same_frames() {
    let dir = Workdir::new();
    for name in ["a/photos", "b/photos"] {
        folder(&dir, name);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    encode(&dir, &["a/photos", "-o", "one"]).assert().success();
    encode(&dir, &["b/photos/", "-o", "two"]).assert().success();
    assert_eq!(dir.list("one"), dir.list("two"));
    for frame in dir.list("one") {
        assert!(dir.read(&format!("one/{frame}")) == dir.read(&format!("two/{frame}")));
    }
}

/// What `info` calls a transfer.
fn name_of(dir: &Workdir, frames: &str) -> String {
    let info = dir.tilecast(&["info", "--json", frames]).output().unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    assert_eq!(info["transfers"][0]["content"], "folder");
    info["transfers"][0]["name"].as_str().unwrap().to_owned()
}

#[test]
fn folders_have_sensible_names_and_do_not_send_their_own_frames() {
    let dir = Workdir::new();
    dir.write("home/photos/a", b"1");
    dir.write("home/photos/sub/b", b"2");
    let inside = |folder: &str, args: &[&str]| {
        let mut command = encode(&dir, args);
        command.current_dir(dir.path(folder)).assert().success();
    };
    inside("home/photos", &[".", "-o", "frames"]);
    assert_eq!(name_of(&dir, "home/photos/frames"), "photos");
    let first = dir.read("home/photos/frames/frame-0001.png");
    // The old frames are no part of it either.
    inside("home/photos", &[".", "-o", "frames", "--force"]);
    assert!(first == dir.read("home/photos/frames/frame-0001.png"));
    inside("home/photos", &[".", "-o", "a.html"]);
    std::fs::remove_file(dir.path("home/photos/a.html")).unwrap();
    std::fs::remove_dir_all(dir.path("home/photos/frames")).unwrap();
    inside("home/photos/sub", &["..", "-o", "../../up"]);
    assert_eq!(name_of(&dir, "home/up"), "photos");
    assert!(first == dir.read("home/up/frame-0001.png"));
    inside("home/photos", &["a", "sub", "-o", "../both"]);
    assert_eq!(name_of(&dir, "home/both"), "photos");
    assert!(first == dir.read("home/both/frame-0001.png"));
    inside("home", &["photos/a", "up", "-o", "apart"]);
    assert_eq!(name_of(&dir, "home/apart"), "files");
    inside("home", &["photos", "-o", "named", "--name", "other"]);
    assert_eq!(name_of(&dir, "home/named"), "other");
    dir.tilecast(&["decode", "home/apart", "home/named", "-q"]).assert().success();
    assert_eq!(
        (dir.list("files"), dir.list("other")),
        (vec!["a".into(), "up".into()], vec!["a".into(), "sub".into()])
    );
}

#[test]
fn what_cannot_be_sent_together_is_an_error() {
    let dir = Workdir::new();
    dir.write("a/x", b"1");
    dir.write("b/x", b"2");
    let refused = |args: &[&str], text: &str| {
        let args = [args, &["-o", "out"]].concat();
        encode(&dir, &args).assert().code(2).stderr(contains(text));
        assert_eq!(dir.list("."), ["a", "b"], "{text}");
    };
    refused(&["a/x", "b/x"], "two of what is sent have the name x");
    refused(&["a", "-"], "standard input cannot be sent together");
    refused(&["a", "absent"], "cannot read absent");
    encode(&dir, &["a", "-o", "a", "--force"]).assert().code(2).stderr(contains("is what is sent"));
    assert_eq!(dir.list("a"), ["x"]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_and_names_that_deceive_are_named() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let dir = Workdir::new();
    dir.write("a/deep/x", b"1");
    let link = dir.path("a/deep/link");
    let refused = |text: &str| {
        let error = contains(text).and(contains("hint:"));
        encode(&dir, &["a", "-o", "out"]).assert().code(2).stderr(error);
        assert_eq!(dir.list("."), ["a"], "{text}");
    };
    for target in ["../../elsewhere", "/etc/passwd", "../deep/../.."] {
        symlink(target, &link).unwrap();
        refused("the link deep/link leads out of the folder");
        std::fs::remove_file(&link).unwrap();
    }
    for name in [&b"new\nline"[..], b"\xFF", "\u{202E}gpj.exe".as_bytes()] {
        let path = dir.path("a").join(std::ffi::OsStr::from_bytes(name));
        // Some file systems have no such names.
        if std::fs::write(&path, "").is_ok() {
            refused("the name of ");
            std::fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn what_an_earlier_run_received_is_left_out_and_told() {
    let dir = Workdir::new();
    dir.write("a/x", b"1");
    dir.write("a/sub/.tilecast-received-photo.jpg", b"half");
    let told = contains(".tilecast-received-photo.jpg, which is what a run has received");
    encode(&dir, &["a", "-o", "out", "-q"]).assert().success().stderr(told);
    dir.tilecast(&["decode", "out", "-o", "b", "-q"]).assert().success();
    assert_eq!((dir.list("b"), dir.list("b/sub")), (vec!["sub".into(), "x".into()], vec![]));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_not_replaced() {
    use std::os::unix::ffi::OsStrExt;
    let dir = Workdir::new();
    dir.write("x", b"1");
    let odd = std::ffi::OsStr::from_bytes(b"a\xFF");
    // Some file systems have no such names.
    if std::fs::create_dir(dir.path(".").join(odd)).is_err() {
        return;
    }
    for others in [&["x"][..], &[]] {
        let mut command = encode(&dir, &[others, &["-o", "out"]].concat());
        let told = contains("is not UTF-8").and(contains("hint: give it another name"));
        command.arg(odd).assert().code(2).stderr(told);
    }
    encode(&dir, &["-o", "out", "--name", "a"]).arg(odd).assert().success();
}

#[cfg(unix)]
#[test]
fn pipes_in_a_folder_are_left_out_and_told() {
    let dir = Workdir::new();
    dir.write("a/x", b"1");
    let pipe = dir.path("a/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let told = contains("left out: ").and(contains("pipe, which is no file, folder or link"));
    encode(&dir, &["a", "-o", "out", "-q"]).assert().success().stderr(told);
    encode(&dir, &["a/x", "a/pipe", "-o", "two"])
        .assert()
        .code(2)
        .stderr(contains("is neither a file nor a folder"));
}

#[test]
fn folders_are_read_back() {
    let dir = Workdir::new();
    folder(&dir, "a");
    dir.write("b", b"2");
    dir.write("small/x", b"3");
    for (inputs, output) in [(&["a"][..], "frames"), (&["a", "b"], "a.html"), (&["a"], "a/x.gif")] {
        let args = [inputs, &["-o", output, "--verify"]].concat();
        encode(&dir, &args).assert().success().stderr(contains("the same file"));
    }
    let args = ["encode", "b", "small", "-o", "c", "--format", "cimbar", "--verify"];
    dir.tilecast(&args).assert().success().stderr(contains("the same file"));
    // There nothing says that it is a folder.
    dir.tilecast(&["decode", "c", "-o", "d/", "-q"]).assert().success();
    assert_eq!(dir.list("d").len(), 1);
    assert!(dir.list("d")[0].ends_with(".tar"));
}

#[test]
fn folders_are_resumed_and_reported() {
    let dir = Workdir::new();
    folder(&dir, "photos");
    encode(&dir, &["photos", "-o", "frames", "--redundancy", "0%"]).assert().success();
    let frames = dir.list("frames");
    assert!(frames.len() > 1, "{frames:?}");
    let last = format!("frames/{}", frames[frames.len() - 1]);
    std::fs::rename(dir.path(&last), dir.path("last.png")).unwrap();
    for (output, keep) in [("one", &["--resume"][..]), ("two", &["--state", "kept"])] {
        let decode = |captures: &str| {
            let args = ["decode", captures, "-o", output, "--report", "r.json", "-f"];
            let mut command = dir.tilecast(&[&args, keep].concat());
            command.assert()
        };
        decode("frames").code(1).stderr(contains("incomplete"));
        assert!(!dir.path(output).exists());
        decode("last.png").success();
        assert_eq!(contents(&dir, output), contents(&dir, "photos"));
        let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
        let transfer = &report["transfers"][0];
        assert_eq!(transfer["content"], "folder");
        assert_eq!((&transfer["verified"], &transfer["output"]), (&true.into(), &output.into()));
    }
    assert!(dir.list(".").iter().all(|name| !name.starts_with('.')));
}

#[test]
fn of_several_transfers_folders_and_files_are_told_apart() {
    let dir = Workdir::new();
    dir.write("in/a/x", b"1");
    dir.write("in/b", b"2");
    encode(&dir, &["in/a", "-o", "frames/a"]).assert().success();
    encode(&dir, &["in/b", "-o", "frames/b"]).assert().success();
    let id = |name: &str| {
        let info = dir.tilecast(&["info", "--json", name]).output().unwrap();
        let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
        info["transfers"][0]["id"].as_str().unwrap().to_owned()
    };
    dir.tilecast(&["decode", "frames", "-o", "both/"]).assert().success();
    assert_eq!(dir.list("both"), ["a", "b"]);
    let wanted = id("frames/a");
    dir.tilecast(&["decode", "frames", "-o", "c", "--transfer", &wanted]).assert().success();
    assert_eq!(dir.list("c"), ["x"]);
}

#[test]
fn no_file_or_folder_is_replaced_by_a_folder() {
    let dir = Workdir::new();
    dir.write("a/x", b"1");
    dir.write("file", b"mine");
    dir.write("out/a", b"mine too");
    encode(&dir, &["a", "-o", "frames"]).assert().success();
    dir.tilecast(&["decode", "frames", "-o", "file", "--force"])
        .assert()
        .code(2)
        .stderr(contains("file already exists").and(contains("hint: a folder replaces nothing")));
    dir.tilecast(&["decode", "frames", "-o", "out", "--force"]).assert().success();
    assert_eq!((dir.read("file"), dir.read("out/a")), (b"mine".to_vec(), b"mine too".to_vec()));
    assert_eq!(dir.read("out/a (2)/x"), b"1");
    dir.tilecast(&["decode", "frames", "-o", "n", "--max-size", "1K"])
        .assert()
        .code(2)
        .stderr(contains("more than may come"));
    assert!(!dir.path("n").exists());
}
