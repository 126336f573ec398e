//! What befalls a run: killed at any moment, no room, another run at the same time, damage on disk,
//! strict permissions, silence. Nothing partial, nothing wrong, nothing lost, nothing left behind.
#![cfg(unix)]

use crate::support::{Workdir, choice, encode, random_bytes};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tilecast::format::Profile;
use tilecast::prng::SplitMix64;

/// A started command, ended with its test.
pub(crate) struct Run(pub(crate) Child);

impl Run {
    pub(crate) fn start(dir: &Workdir, args: &[&str]) -> Self {
        Self::start_on(dir, args, &[])
    }

    /// With some more variables in its environment.
    pub(crate) fn start_on(dir: &Workdir, args: &[&str], around: &[(&str, &str)]) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("tilecast"));
        command.args(args).current_dir(dir.path(".")).stdin(Stdio::piped());
        command.envs(around.iter().copied());
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Kills it after some time; whether it had ended well before.
    fn kill_after(mut self, milliseconds: u64) -> bool {
        std::thread::sleep(Duration::from_millis(milliseconds));
        let ended = self.0.try_wait().unwrap();
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        ended.is_some_and(|status| status.success())
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Its exit code, if it ends in time.
    pub(crate) fn ends_within(&mut self, limit: Duration) -> Option<i32> {
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes a file's frames to `frames/`.
fn frames(dir: &Workdir, file: &[u8]) -> Vec<Vec<u8>> {
    let (_, frames) = encode(file, &choice(Profile::Dense, 512), 0.2);
    for (number, frame) in frames.iter().enumerate() {
        dir.write(&format!("frames/{number:04}.png"), frame);
    }
    frames
}

/// What killed runs left in a folder beside the things that are meant to be there.
fn leftovers(dir: &Workdir) -> Vec<String> {
    let ours = |name: &String| name.starts_with(".tilecast") && !name.contains("received");
    dir.list(".").into_iter().filter(ours).collect()
}

/// Everything in a folder, or the file, as bytes; `None` if it is not there.
fn content(dir: &Workdir, name: &str) -> Option<Vec<u8>> {
    let path = dir.path(name);
    if !path.is_dir() {
        return std::fs::read(path).ok();
    }
    let files = dir.list(name).into_iter().flat_map(|file| {
        let bytes = dir.read(&format!("{name}/{file}"));
        [file.into_bytes(), bytes].concat()
    });
    Some(files.collect())
}

/// Kills `encode` again and again at moments within `within` milliseconds: the output is there whole
/// or not at all, and a run that ends clears up after those that did not.
fn kill_encode(output: &str, options: &[&str], kills: usize, within: u64) {
    let dir = Workdir::new();
    dir.write("file", &random_bytes(if output == "o.png" { 2_000 } else { 60_000 }, 1));
    let args =
        |name| [&["encode", "file", "-o", name, "--size", "512x512", "-q"], options].concat();
    dir.write("whole/x", b"");
    let whole = format!("whole/{output}");
    dir.tilecast(&args(&whole)).assert().success();
    let expected = content(&dir, &whole).unwrap();
    let mut prng = SplitMix64::new(kills as u64);
    for _ in 0..kills {
        Run::start(&dir, &args(output)).kill_after(prng.next_u64() % within);
        if let Some(found) = content(&dir, output) {
            assert!(found == expected, "{output} is partial");
            let path = dir.path(output);
            if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
                .unwrap();
        }
    }
    dir.tilecast(&args(output)).assert().success();
    assert!(content(&dir, output).unwrap() == expected);
    assert_eq!(leftovers(&dir), Vec::<String>::new(), "{output}");
}

/// Kills `decode` until it has ended by itself: the output is the file, or is not there.
fn kill_decode(options: &[&str], output: &str, target: &str, seed: u64, kills: usize) {
    let dir = Workdir::new();
    let file = random_bytes(200_000, seed);
    frames(&dir, &file);
    std::fs::create_dir(dir.path("folder")).unwrap();
    let args = [&["decode", "frames", "-o", target, "-q"], options].concat();
    let mut prng = SplitMix64::new(seed);
    let ended = (0..kills).any(|_| {
        let ended = Run::start(&dir, &args).kill_after(prng.next_u64() % 150);
        if let Some(found) = content(&dir, output) {
            assert!(found == file, "{options:?}: a wrong file");
        }
        ended
    });
    // What is killed with its file in place has cleared up after nobody.
    if !ended {
        let _ = std::fs::remove_file(dir.path(output));
        dir.tilecast(&args).assert().success();
    }
    assert!(dir.read(output) == file);
    assert_eq!(leftovers(&dir), Vec::<String>::new(), "{options:?}");
}

const OUTPUTS: [(&str, &[&str]); 5] =
    [("o", &[]), ("o.html", &[]), ("o.gif", &[]), ("o.y4m", &[]), ("o.png", &[])];
const DECODES: [(&[&str], &str, &str); 4] = [
    (&[], "out", "out"),
    (&["--resume"], "out", "out"),
    (&["--state", "parts"], "out", "out"),
    (&["--resume"], "folder/file", "folder"),
];

#[test]
fn killed_encodes_leave_all_or_nothing() {
    for (output, options) in OUTPUTS {
        kill_encode(output, options, 6, 60);
    }
}

#[test]
fn killed_decodes_leave_all_or_nothing() {
    for (options, output, target) in DECODES {
        kill_decode(options, output, target, 3, 3);
    }
}

#[test]
#[ignore = "minutes: cargo test --release --test it faults -- --ignored"]
fn many_kills_leave_all_or_nothing() {
    for (output, options) in OUTPUTS {
        kill_encode(output, options, 100, 120);
    }
    for (options, output, target) in DECODES {
        (0..25).for_each(|seed| kill_decode(options, output, target, seed, 20));
    }
}

/// Runs the command where no file may be larger than so many KB.
fn limited(dir: &Workdir, kilobytes: u32, args: &str) -> (Option<i32>, String) {
    let binary = assert_cmd::cargo::cargo_bin("tilecast");
    let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec {} {args}", binary.display());
    let output =
        Command::new("bash").args(["-c", &script]).current_dir(dir.path(".")).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn without_room_nothing_is_partial_and_what_came_stays() {
    let dir = Workdir::new();
    // Packed small, and large when it is written.
    let file = vec![7; 3_000_000];
    dir.write("file", &file);
    dir.write("noise", &random_bytes(300_000, 1));
    for output in ["o", "o.html", "o.gif", "o.y4m"] {
        let kilobytes = if output == "o" { 1 } else { 100 };
        let (code, text) = limited(&dir, kilobytes, &format!("encode noise -q -o {output}"));
        assert_eq!(code, Some(2), "{output}: {text}");
        assert!(!dir.path(output).exists(), "{output}");
        assert_eq!(leftovers(&dir), Vec::<String>::new(), "{output}");
    }
    frames(&dir, &file);
    let (code, text) = limited(&dir, 1000, "decode frames -q -o out");
    assert_eq!(code, Some(2), "{text}");
    assert!(!dir.path("out").exists() && text.contains("--resume"), "{text}");
    let args = ["decode", "frames", "-q", "-o", "out", "--resume"];
    dir.tilecast(&args).assert().code(0);
    assert!(dir.read("out") == file);
}

#[test]
fn two_at_once_do_not_mix() {
    let dir = Workdir::new();
    let file = random_bytes(150_000, 5);
    frames(&dir, &file);
    let args = ["decode", "frames", "-o", "out", "-q", "--state", "parts"];
    let mut runs = [Run::start(&dir, &args), Run::start(&dir, &args)];
    let codes = runs.each_mut().map(|run| run.ends_within(Duration::from_secs(60)));
    assert!(codes.contains(&Some(0)) && codes.iter().all(|code| matches!(code, Some(0 | 2))));
    assert!(dir.read("out") == file);
    let args = ["encode", "out", "-o", "new", "--size", "512x512", "-q"];
    let mut runs = [Run::start(&dir, &args), Run::start(&dir, &args)];
    let mut codes = runs.each_mut().map(|run| run.ends_within(Duration::from_secs(60)));
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(2)], "one of them has the name");
    dir.tilecast(&["decode", "new", "-o", "again", "-q"]).assert().success();
    assert!(dir.read("again") == file);
}

#[test]
fn damaged_parts_keep_every_record_that_is_whole() {
    let dir = Workdir::new();
    let file = random_bytes(60_000, 6);
    let count = frames(&dir, &file).len();
    let half: Vec<String> = (0..count / 2).map(|i| format!("frames/{i:04}.png")).collect();
    let mut args: Vec<&str> = vec!["decode"];
    args.extend(half.iter().map(String::as_str));
    args.extend(["-q", "-o", "out", "--state", "parts"]);
    dir.tilecast(&args).assert().code(1);
    let parts = dir.read("parts");
    let mut prng = SplitMix64::new(8);
    for damage in 0..12 {
        let mut damaged = parts.clone();
        let at = prng.next_u64() as usize % damaged.len();
        match damage % 3 {
            0 => damaged[at] ^= 1 << (damage % 8),
            1 => damaged.truncate(at),
            _ => damaged.iter_mut().skip(at & !4095).take(4096).for_each(|byte| *byte = 0),
        }
        dir.write("parts", &damaged);
        let args = ["decode", "frames", "-q", "-f", "-o", "out", "--state", "parts"];
        dir.tilecast(&args).assert().success();
        assert!(dir.read("out") == file, "damage {damage}");
    }
}

#[test]
fn outputs_have_the_modes_that_are_wanted() {
    let dir = Workdir::new();
    dir.write("file", b"some bytes");
    let binary = assert_cmd::cargo::cargo_bin("tilecast");
    let run = |mask: &str, args: &str| {
        let script = format!("umask {mask}; exec {} {args}", binary.display());
        let status = Command::new("bash").args(["-c", &script]).current_dir(dir.path(".")).status();
        assert!(status.unwrap().success(), "{args}");
    };
    let mode = |name: &str| dir.path(name).metadata().unwrap().permissions().mode() & 0o777;
    for (mask, file, folder) in [("077", 0o600, 0o700), ("022", 0o644, 0o755)] {
        run(mask, &format!("encode file -q -o {mask}"));
        run(mask, &format!("encode file -q -o {mask}.html"));
        run(mask, &format!("decode {mask} -q -o {mask}.out --report {mask}.json"));
        assert_eq!(mode(mask), folder);
        for name in ["html", "out", "json"] {
            assert_eq!(mode(&format!("{mask}.{name}")), file, "{mask}.{name}");
        }
    }
    // What was there keeps its mode.
    std::fs::set_permissions(dir.path("022.out"), PermissionsExt::from_mode(0o640)).unwrap();
    run("022", "decode 022 -q -f -o 022.out");
    assert_eq!(mode("022.out"), 0o640);
}

#[test]
fn folders_that_cannot_be_written_are_told_at_once() {
    let dir = Workdir::new();
    frames(&dir, &random_bytes(3_000, 9));
    std::fs::create_dir(dir.path("closed")).unwrap();
    let closed = dir.path("closed");
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o555)).unwrap();
    if std::fs::write(closed.join("probe"), b"").is_ok() {
        println!("NOT RUN: this user may write everywhere");
        return;
    }
    for args in
        [["decode", "frames", "-o", "closed/out"], ["encode", "frames/0000.png", "-o", "closed/o"]]
    {
        dir.tilecast(&args).assert().code(2);
    }
}

#[test]
fn silence_is_no_reason_to_wait() {
    let dir = Workdir::new();
    let file = random_bytes(9_000, 10);
    let frames = frames(&dir, &file);
    for signal in ["INT", "TERM"] {
        let mut run = Run::start(&dir, &["decode", "-", "-o", "out"]);
        run.0.stdin.as_mut().unwrap().write_all(&frames[0]).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        run.signal(signal);
        assert_eq!(run.ends_within(Duration::from_secs(2)), Some(130), "{signal}");
        assert!(!dir.path("out").exists());
    }
    let mut run = Run::start(&dir, &["decode", "-", "-o", "out", "-f"]);
    let pipe = run.0.stdin.as_mut().unwrap();
    frames.iter().for_each(|frame| pipe.write_all(frame).unwrap_or_default());
    // The writer holds the pipe open, and says nothing more.
    let start = Instant::now();
    while !dir.path("out").exists() && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(dir.read("out") == file);
}
