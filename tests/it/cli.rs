//! The command as a person or a script meets it.

use crate::support::{Workdir, choice, pngs, random_bytes, text};
use predicates::prelude::*;
use predicates::str::contains;
use tilecast::format::Profile;
use tilecast::media::decode_picture;
use tilecast::send::OwnTransfer;

const SMALL: [&str; 4] = ["--size", "512x512", "--profile", "dense"];

fn encoded(dir: &Workdir, file: &[u8], extra: &[&str]) {
    dir.write("in.bin", file);
    let args = [&["encode", "in.bin", "-o", "frames", "-q"], &SMALL[..], extra].concat();
    dir.tilecast(&args).assert().success().stdout("").stderr("");
}

#[test]
fn a_file_comes_back_under_its_own_name() {
    let dir = Workdir::new();
    let file = text(100_000, 1);
    encoded(&dir, &file, &[]);
    std::fs::create_dir(dir.path("out")).unwrap();
    dir.tilecast(&["decode", "frames", "-o", "out"])
        .assert()
        .success()
        .stdout("")
        .stderr(contains("complete and verified").and(contains("in.bin")));
    assert_eq!(dir.read("out/in.bin"), file);
    assert_eq!(dir.list("out"), ["in.bin"]);
}

#[test]
fn shell_pipes_work_in_both_directions() {
    let dir = Workdir::new();
    let file = random_bytes(30_000, 2);
    let args = [&["encode", "-", "-o", "-"], &SMALL[..]].concat();
    let frames = dir.tilecast(&args).write_stdin(file.clone()).assert().success();
    let stream = frames.get_output().stdout.clone();
    let decoded = dir.tilecast(&["decode", "-", "-o", "-"]).write_stdin(stream).assert().success();
    assert_eq!(decoded.get_output().stdout, file);
    assert!(dir.list("").is_empty());
}

#[test]
fn standard_input_has_no_name() {
    let dir = Workdir::new();
    let args = [&["encode", "-", "-o", "frames", "-q"], &SMALL[..]].concat();
    dir.tilecast(&args).write_stdin("hello").assert().success();
    dir.tilecast(&["decode", "frames"]).assert().success();
    assert_eq!(dir.read("received.bin"), b"hello");
}

#[test]
fn the_summary_tells_frames_bytes_and_losses() {
    let dir = Workdir::new();
    dir.write("in.bin", &random_bytes(60_000, 1));
    let args = [&["encode", "in.bin", "-o", "f"], &SMALL[..]].concat();
    dir.tilecast(&args).assert().success().stderr(
        contains("frames for 60,000 bytes").and(contains("a frame")).and(contains("may be lost")),
    );
}

#[test]
fn missing_frames_are_named_and_nothing_is_written() {
    let dir = Workdir::new();
    encoded(&dir, &random_bytes(60_000, 3), &["--redundancy", "0"]);
    let names = dir.list("frames");
    for name in [&names[1], &names[3]] {
        std::fs::remove_file(dir.path("frames").join(name)).unwrap();
    }
    dir.tilecast(&["decode", "frames", "-o", "out.bin", "--report", "r.json"])
        .assert()
        .code(1)
        .stderr(contains("incomplete").and(contains("2 more are needed")).and(contains("2, 4\n")));
    assert!(!dir.path("out.bin").exists());
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    let transfer = &report["transfers"][0];
    assert_eq!(transfer["state"], "incomplete");
    assert_eq!(transfer["frames_missing"], serde_json::json!([2, 4]));
    assert_eq!(transfer["output"], serde_json::Value::Null);
    assert!(transfer["packets_missing"].as_u64().unwrap() > 0);
}

#[test]
fn the_report_has_the_documented_keys() {
    let dir = Workdir::new();
    encoded(&dir, b"some bytes", &[]);
    dir.tilecast(&["decode", "frames", "-o", "o.bin", "--report", "r.json"]).assert().success();
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    for key in [
        "path",
        "symbology",
        "transfer",
        "frame",
        "codewords_decoded",
        "codewords_total",
        "pixels_per_tile",
        "registration_error",
        "code",
        "reason",
    ] {
        assert!(report["captures"][0].get(key).is_some(), "{key}");
    }
    for key in [
        "id",
        "name",
        "size",
        "state",
        "output",
        "frames_seen",
        "frames_total",
        "frames_missing",
        "packets_received",
        "packets_missing",
    ] {
        assert!(report["transfers"][0].get(key).is_some(), "{key}");
    }
    assert_eq!(report["captures"][0]["symbology"], "tilecast");
    assert_eq!(report["captures"][0]["reason"], serde_json::Value::Null);
    assert_eq!(report["transfers"][0]["state"], "complete");
}

#[test]
fn a_folder_of_everything_is_sorted_out() {
    let dir = Workdir::new();
    let (one, two) = (random_bytes(20_000, 4), random_bytes(9_000, 5));
    dir.write("one.bin", &one);
    dir.write("two.bin", &two);
    for name in ["one", "two"] {
        let file = format!("{name}.bin");
        let args = [&["encode", &file, "-o", name, "-q"], &SMALL[..]].concat();
        dir.tilecast(&args).assert().success();
        for frame in dir.list(name) {
            let bytes = dir.read(&format!("{name}/{frame}"));
            // By name, frames of both come in turn.
            dir.write(&format!("mixed/{frame}-{name}.png"), &bytes);
            dir.write(&format!("mixed/{frame}-{name}-again.png"), &bytes);
            dir.write(&format!("mixed/cut-{name}-{frame}"), &bytes[..bytes.len() / 2]);
        }
    }
    dir.write("mixed/notes.txt", b"nothing to see");
    dir.write("mixed/empty.png", b"");
    std::fs::create_dir(dir.path("out")).unwrap();
    dir.tilecast(&["decode", "mixed", "-o", "out/"]).assert().success().stderr(
        contains("notes.txt: not a picture")
            .and(contains("the picture's file ends early"))
            .and(contains("complete and verified").count(2)),
    );
    assert_eq!((dir.read("out/one.bin"), dir.read("out/two.bin")), (one, two));
    dir.tilecast(&["decode", "mixed", "-o", "single", "-q"])
        .assert()
        .code(2)
        .stderr(contains("2 complete files").and(contains("give a folder")));
    assert!(!dir.path("single").exists());
}

#[test]
fn nothing_is_overwritten_without_force() {
    let dir = Workdir::new();
    encoded(&dir, b"new", &[]);
    dir.write("out.bin", b"old");
    dir.tilecast(&["decode", "frames", "-o", "out.bin"])
        .assert()
        .code(2)
        .stderr(contains("already exists").and(contains("--force")));
    assert_eq!(dir.read("out.bin"), b"old");
    dir.tilecast(&["decode", "frames", "-o", "out.bin", "--force", "-q"]).assert().success();
    assert_eq!(dir.read("out.bin"), b"new");
    dir.tilecast(&["encode", "out.bin", "-o", "frames"])
        .assert()
        .code(2)
        .stderr(contains("frames is not empty").and(contains("--force")));
    // The input itself is in the way like any other file.
    dir.tilecast(&["encode", "in.bin", "-o", "./in.bin"]).assert().code(2);
    assert_eq!(dir.read("in.bin"), b"new");
}

#[test]
fn one_frame_fits_a_png_and_more_do_not() {
    let dir = Workdir::new();
    dir.write("a", b"short");
    let args = [&["encode", "a", "-o", "a.png", "--caption"], &SMALL[..]].concat();
    dir.tilecast(&args).assert().success();
    dir.tilecast(&["decode", "a.png", "-o", "b"]).assert().success();
    assert_eq!(dir.read("b"), b"short");
    dir.write("c", &random_bytes(100_000, 1));
    let args = [&["encode", "c", "-o", "c.png"], &SMALL[..]].concat();
    dir.tilecast(&args).assert().code(2).stderr(contains("a .png file holds one"));
    assert!(!dir.path("c.png").exists());
}

#[test]
fn unusable_arguments_say_what_would_do() {
    let dir = Workdir::new();
    dir.write("a", b"x");
    for (args, text) in [
        (vec!["--size", "100x100"], "256x256 to 4096x4096"),
        (vec!["--size", "big"], "such as 1920x1080"),
        (vec!["--screen", "1920x1080", "--size", "512x512"], "cannot be used with"),
        (vec!["--screen", "300x200"], "from 320x320 to 16384x16384"),
        (vec!["--screen", "1920x1080", "--format", "cimbar"], "has no --screen"),
        (vec!["--tile", "40"], "from 1 to 12 pixels"),
        (vec!["--size", "256x256", "--tile", "12"], "at least"),
        (vec!["--rate", "0.99"], "from 0.33 to 0.92"),
        (vec!["--redundancy", "many"], "from 0% to 1000%"),
        (vec!["--bands", "0"], "from 1 to 64 bands"),
        (vec!["--level", "30"], "1..=22"),
        (vec!["--name", "../x"], "plain file name"),
        (vec!["--profile", "fast"], "robust, standard, video, dense"),
    ] {
        let args = [vec!["encode", "a", "-o", "f"], args].concat();
        dir.tilecast(&args).assert().code(2).stdout("").stderr(contains(text));
        assert!(!dir.path("f").exists());
    }
}

#[test]
fn profiles_and_screens_give_frames_of_their_sizes() {
    let dir = Workdir::new();
    dir.write("a", &random_bytes(500, 1));
    // No larger than asked for, and short of it by less than a tile.
    for (args, tile, (width, height)) in [
        (vec!["-p", "photo"], 2, (1448, 1448)),
        (vec!["-p", "video"], 3, (1024, 1024)),
        (vec!["-p", "video", "--size", "600x500"], 3, (600, 500)),
        (vec!["--screen", "1920x1080"], 4, (1904, 1064)),
        (vec!["--screen", "7680x4320", "-p", "robust"], 6, (3832, 2152)),
    ] {
        dir.tilecast(&[&["encode", "a", "-o", "f.png", "-f"], &args[..]].concat())
            .assert()
            .success();
        let picture = decode_picture(&dir.read("f.png")).unwrap();
        let (lacking_x, lacking_y) = (width - picture.width(), height - picture.height());
        assert!(lacking_x < tile && lacking_y < tile, "{args:?}: {lacking_x} {lacking_y}");
    }
    // A caption has its room on the screen as well.
    let args = ["encode", "a", "-o", "f.png", "-f", "--screen", "1920x1080", "--caption"];
    dir.tilecast(&args).assert().success();
    let height = decode_picture(&dir.read("f.png")).unwrap().height();
    assert!((1061..=1064).contains(&height), "{height}");
}

#[test]
fn what_plays_has_more_repair_than_what_is_collected() {
    let dir = Workdir::new();
    dir.write("a", &random_bytes(300_000, 1));
    let frames = |more: &[&str]| -> f64 {
        let args = [&["encode", "a", "-f", "-p", "dense", "--size", "512x512"], more].concat();
        let output = dir.tilecast(&args).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    let near = |share: f64, output: &[&str]| {
        let bare = frames(&[&output[..2], &["--redundancy", "0"]].concat());
        let found = frames(output) / bare;
        assert!((found - share).abs() < 0.1, "{output:?}: {found}");
    };
    near(1.2, &["-o", "f"]);
    near(2.2, &["-o", "a.gif"]);
    near(2.2, &["-o", "a.html"]);
    near(1.2, &["-o", "a.gif", "--redundancy", "20%"]);
}

#[test]
fn wrong_paths_are_errors_with_causes() {
    let dir = Workdir::new();
    std::fs::create_dir(dir.path("folder")).unwrap();
    dir.tilecast(&["encode", "absent", "-o", "f"])
        .assert()
        .code(2)
        .stderr(contains("tilecast: error: cannot read absent: "));
    dir.tilecast(&["decode", "absent"]).assert().code(2).stderr(contains("cannot read absent"));
    dir.tilecast(&["decode", "absent-*.jpg"])
        .assert()
        .code(2)
        .stderr(contains("error: no file is called like absent-*.jpg\n"));
    dir.tilecast(&["decode", "folder"]).assert().code(1).stderr(contains("no frame found"));
    assert!(!dir.path("f").exists());
}

#[test]
fn what_cannot_be_sent_or_written_is_told_with_what_can() {
    let dir = Workdir::new();
    dir.write("a", b"1");
    for name in ["code.jpg", "code.JPEG", "pages.svg", "x.webp", "x.zip"] {
        let error = contains("frames cannot be written as").and(contains("give a folder"));
        dir.tilecast(&["encode", "a", "-o", name]).assert().code(2).stderr(error);
        assert!(!dir.path(name).exists());
    }
    dir.tilecast(&["encode", "a", "-o", "v1.2", "-q"]).assert().success();
    assert_eq!(dir.list("v1.2"), ["frame-0001.png"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    let dir = Workdir::new();
    encoded(&dir, &random_bytes(20_000, 1), &[]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let binary = assert_cmd::cargo::cargo_bin("tilecast");
    let output = std::process::Command::new(binary)
        .args(["decode", "frames", "-o", "-", "-q"])
        .current_dir(dir.path(""))
        .stdout(full)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("cannot write to standard output") && text.contains("hint: free some"));
}

#[test]
fn a_hostile_name_stays_in_the_folder() {
    let dir = Workdir::new();
    let name = Some("../../evil\u{1b}[2J.sh".to_owned());
    let choice = choice(Profile::Dense, 512);
    let mut transfer = OwnTransfer::in_memory(b"#!", name, &choice).unwrap();
    for (number, png) in pngs(&mut transfer, 1).iter().enumerate() {
        dir.write(&format!("frames/{number}.png"), png);
    }
    std::fs::create_dir(dir.path("out")).unwrap();
    let output = dir.tilecast(&["decode", "frames", "-o", "out"]).assert().success();
    assert_eq!(dir.list("out"), ["evil[2J.sh"]);
    assert!(!output.get_output().stderr.contains(&0x1b));
}

#[test]
fn info_describes_frames_and_other_things() {
    let dir = Workdir::new();
    encoded(&dir, b"bytes", &["--bands", "2"]);
    dir.write("frames/readme.txt", b"text");
    dir.tilecast(&["info", "frames"]).assert().success().stdout(
        contains("frame 1/1")
            .and(contains("tiles of 3 pixels, rate 0.85, 2 bands"))
            .and(contains("in.bin, 5 bytes"))
            .and(contains("readme.txt: not a picture")),
    );
    let json = dir.tilecast(&["info", "frames", "--json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(json["captures"][0]["format"]["tile"], 3);
    dir.tilecast(&["info", "frames/readme.txt"]).assert().code(1);
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing_and_says_130() {
    let dir = Workdir::new();
    dir.write("in.bin", &random_bytes(30_000_000, 1));
    let binary = assert_cmd::cargo::cargo_bin("tilecast");
    let mut child = std::process::Command::new(binary)
        .args(["encode", "in.bin", "-o", "frames", "--threads", "1"])
        .current_dir(dir.path(""))
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let unfinished = || dir.list("").iter().any(|name| name.starts_with(".tilecast-unfinished"));
    while !unfinished() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(dir.list(""), ["in.bin"]);
}

#[test]
fn debug_pictures_show_what_was_seen() {
    let dir = Workdir::new();
    let photo = crate::support::project("samples/captures/photo-1.jpg");
    let args = ["decode", photo.to_str().unwrap(), "-o", "x", "--debug", "seen"];
    dir.tilecast(&args).assert().code(predicate::in_iter([0, 1]));
    assert_eq!(dir.list("seen"), ["0001-mesh.png", "0001-quality.png", "0001-tiles.png"]);
}
