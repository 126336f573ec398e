//! Runs that stop in the middle: killed, short of frames, or with captures added later.

use crate::support::{Workdir, choice, complete, encode, random_bytes, read};
use std::process::{Command, Stdio};
use std::time::Duration;
use tilecast::format::Profile;
use tilecast::media::{decode_picture, storage};
use tilecast::prng::SplitMix64;
use tilecast::receive::Receiver;

/// Writes a file's frames to `frames/`; gives their number.
fn frames(dir: &Workdir, file: &[u8], redundancy: f64) -> usize {
    let (_, frames) = encode(file, &choice(Profile::Dense, 512), redundancy);
    for (number, frame) in frames.iter().enumerate() {
        dir.write(&format!("frames/{number:04}.png"), frame);
    }
    frames.len()
}

fn report(dir: &Workdir, name: &str) -> serde_json::Value {
    serde_json::from_slice(&dir.read(name)).unwrap()
}

fn hidden(dir: &Workdir) -> Vec<String> {
    dir.list(".").into_iter().filter(|name| name.starts_with('.')).collect()
}

#[test]
fn killed_runs_go_on_and_never_leave_a_wrong_file() {
    let dir = Workdir::new();
    let file = random_bytes(700_000, 1);
    let count = frames(&dir, &file, 0.3);
    let mut prng = SplitMix64::new(7);
    let mut killed = 0;
    for run in 0.. {
        assert!(run < 200, "no progress");
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("tilecast"))
            .args(["decode", "frames", "-o", "out", "--resume", "--report", "report.json", "-f"])
            .current_dir(dir.path("."))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Longer and longer: a busy machine needs a while to begin.
        std::thread::sleep(Duration::from_millis(5 + prng.next_u64() % (120 + 4 * run)));
        let ended = child.try_wait().unwrap();
        let _ = child.kill();
        child.wait().unwrap();
        if dir.path("out").exists() {
            assert!(dir.read("out") == file, "run {run} left a wrong file");
        }
        if ended.is_some_and(|status| status.success()) {
            break;
        }
        killed += 1;
    }
    assert!(killed > 1, "never killed");
    assert!(dir.read("out") == file);
    let read = report(&dir, "report.json")["captures"].as_array().unwrap().len();
    assert!(read < count, "the last run read all {count} captures again");
    assert!(!hidden(&dir).iter().any(|name| name.contains("received")), "{:?}", hidden(&dir));
}

#[test]
fn captures_can_be_added_in_later_runs() {
    let dir = Workdir::new();
    let file = random_bytes(150_000, 2);
    let count = frames(&dir, &file, 0.0);
    let half = |from: usize, to: usize| -> Vec<String> {
        (from..to).map(|number| format!("frames/{number:04}.png")).collect()
    };
    let run = |paths: &[String], code: i32| {
        let mut args = vec!["decode"];
        args.extend(paths.iter().map(String::as_str));
        args.extend(["-o", "out", "--state", "parts", "-q"]);
        dir.tilecast(&args).assert().code(code);
    };
    run(&half(0, count / 2), 1);
    assert!(!dir.path("out").exists() && dir.path("parts").exists());
    run(&half(count / 2, count), 0);
    assert!(dir.read("out") == file);
    // The file of parts is the user's: it stays, and is enough alone.
    std::fs::remove_file(dir.path("out")).unwrap();
    run(&half(0, 1), 0);
    assert!(dir.read("out") == file);
}

#[test]
fn what_was_received_stays_until_its_file_exists() {
    let dir = Workdir::new();
    let file = random_bytes(60_000, 3);
    let count = frames(&dir, &file, 0.0);
    let run = |args: &[&str], code: i32| {
        let args =
            [&["decode"], args, &["-o", "out", "--report", "report.json", "-f", "-q"]].concat();
        let output = dir.tilecast(&args).assert().code(code).get_output().clone();
        let read = report(&dir, "report.json")["captures"].as_array().unwrap().len();
        (String::from_utf8(output.stderr).unwrap(), read)
    };
    // Nothing was received: nothing stays.
    dir.write("empty.png", b"no picture");
    run(&["empty.png"], 1);
    assert_eq!(hidden(&dir), Vec::<String>::new());
    let (told, _) = run(&["frames/0000.png"], 1);
    assert!(told.contains("to go on: tilecast decode CAPTURES -o out --resume"), "{told}");
    assert_eq!(hidden(&dir), [".tilecast-received-out"]);
    // Without --resume a run starts again, and leaves alone what is there.
    let (told, read) = run(&["frames/0001.png"], 1);
    assert!(told.contains("--resume goes on with it") && read == 1, "{told}");
    assert_eq!(hidden(&dir), [".tilecast-received-out", ".tilecast-received-out.2"]);
    // With it, what both received is used, and then of no use any more.
    let (_, read) = run(&["frames", "--resume"], 0);
    assert_eq!(read, count - 2);
    assert!(dir.read("out") == file);
    assert_eq!(hidden(&dir), Vec::<String>::new());
    // A file that was made from captures alone makes earlier parts of it useless as well.
    run(&["frames/0000.png"], 1);
    run(&["frames"], 0);
    assert_eq!(hidden(&dir), Vec::<String>::new());
}

#[test]
fn other_files_are_not_taken_for_parts() {
    let dir = Workdir::new();
    frames(&dir, &random_bytes(5_000, 4), 0.0);
    dir.write("mine", b"this is something else entirely");
    dir.tilecast(&["decode", "frames", "-o", "out", "--state", "mine"]).assert().code(2);
    assert_eq!(dir.read("mine"), b"this is something else entirely");
    assert!(!dir.path("out").exists());
}

#[test]
fn reading_ends_with_the_last_packet_that_is_needed() {
    let dir = Workdir::new();
    let file = random_bytes(150_000, 5);
    let count = frames(&dir, &file, 1.0);
    let args = ["decode", "frames", "-o", "out", "--report", "report.json", "-q"];
    dir.tilecast(&args).assert().success();
    let read = report(&dir, "report.json")["captures"].as_array().unwrap().len();
    assert!(read < count * 2 / 3, "{read} of {count}");
    assert!(dir.read("out") == file);
}

#[test]
fn a_receiver_can_move_to_another_thread_and_go_on_from_its_file() {
    let dir = Workdir::new();
    let file = random_bytes(60_000, 3);
    let (_, frames) = encode(&file, &choice(Profile::Dense, 512), 0.2);
    let captures: Vec<_> = frames.iter().map(|png| read(&decode_picture(png).unwrap())).collect();
    let (early, late) = captures.split_at(captures.len() / 2);
    let path = dir.path("log");
    let mut receiver = Receiver::new(storage::create(&path).unwrap());
    let before = std::thread::scope(|scope| {
        let receive = move || {
            for (number, capture) in early.iter().enumerate() {
                receiver.accept(capture, Some(&format!("capture {number}"))).unwrap();
            }
            assert!(!receiver.is_complete());
            receiver.progress()
        };
        scope.spawn(receive).join().unwrap()
    });
    let mut receiver = Receiver::resume(storage::open(&path).unwrap()).unwrap();
    assert_eq!((receiver.progress(), receiver.done().len()), (before, early.len()));
    for capture in late {
        receiver.accept(capture, None).unwrap();
    }
    assert!(complete(&mut receiver).unwrap() == file);
}
