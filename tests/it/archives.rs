//! Archives made to do harm: each is refused as a whole, or unpacked within its folder.

use crate::support::archive::{Entry, archive, frames, unended};
use crate::support::{Workdir, hex};
use predicates::prelude::*;
use predicates::str::contains;
use std::path::{Path, PathBuf};
use tilecast::media::archive::{ArchiveError, Unpacked, unpack};

/// Unpacks into `outer/into`; nothing may be in `outer` beside.
fn try_unpack(dir: &Workdir, bytes: &[u8]) -> Result<Unpacked, ArchiveError> {
    let into = dir.path("outer/into");
    std::fs::create_dir_all(&into).unwrap();
    dir.write("outer/bystander", b"untouched");
    let result = unpack(bytes, &into);
    assert_eq!(dir.list("outer"), ["bystander", "into"]);
    assert_eq!(dir.read("outer/bystander"), b"untouched");
    for path in all(&into) {
        if let Ok(real) = path.canonicalize() {
            assert!(real.starts_with(into.canonicalize().unwrap()), "{}", path.display());
        }
    }
    result
}

/// Everything in a folder.
fn all(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let below = |entry: std::fs::DirEntry| {
        let inside =
            if entry.file_type().unwrap().is_dir() { all(&entry.path()) } else { Vec::new() };
        [vec![entry.path()], inside].concat()
    };
    entries.flat_map(below).collect()
}

/// Entries in the folder `top`.
fn in_top(entries: &[Entry]) -> Vec<u8> {
    archive(&[&[Entry::folder("top/")], entries].concat())
}

/// The names of faults are those by which extractors were attacked.
fn faults() -> Vec<(&'static str, Vec<Entry>, &'static str)> {
    let (file, folder, link) = (Entry::file, Entry::folder, Entry::link);
    let kind = |kind: char| vec![Entry::new(kind, "top/x", "").put(157, b"top/a")];
    let long = |name: &[u8]| vec![Entry::long_name(name), file("top/x", "x")];
    let pax = |text: &str| vec![Entry::new('x', "top/x", text), file("top/x", "x")];
    let begins = "does not begin with that of the folder";
    vec![
        ("tar slip", vec![file("../evil", "x")], begins),
        ("slip inside", vec![file("top/../../evil", "x")], "is none"),
        ("slip that returns", vec![file("top/a/../b", "x")], "is none"),
        ("a dot", vec![file("top/./b", "x")], "is none"),
        ("absolute", vec![file("/tmp/evil", "x")], begins),
        ("absolute inside", vec![file("top//tmp/evil", "x")], "is none"),
        ("a drive", vec![file("C:/evil", "x")], begins),
        ("Windows' way", vec![file("top\\..\\..\\evil", "x")], begins),
        ("another folder", vec![folder("other/"), file("other/x", "x")], begins),
        ("the folder is a file", vec![file("top", "x")], begins),
        ("a file that ends like a folder", vec![file("top/a/", "x")], "is none"),
        ("a link out", vec![link("top/l", "../..")], "leads out"),
        ("an absolute link", vec![link("top/l", "/etc")], "leads out"),
        ("a link to nothing", vec![link("top/l", "")], "leads out"),
        ("a link to a control sequence", vec![link("top/l", "\x1b[2J")], "leads out"),
        ("through a link", vec![link("top/l", "."), file("top/l/x", "x")], "there twice"),
        ("a folder for a link", vec![link("top/l", "."), folder("top/l/")], "there twice"),
        (
            "a chain of links",
            vec![
                folder("top/d/"),
                link("top/d/up", ".."),
                link("top/out", "d/up/../evil"),
                file("top/x", "x"),
            ],
            "leads out",
        ),
        (
            "a chain in the other order",
            vec![link("top/a", "d/up/.."), folder("top/d/"), link("top/d/up", "..")],
            "leads out",
        ),
        (
            "a link whose name is another where case is ignored",
            vec![link("top/b", "."), link("top/out", "B/../evil")],
            "leads out",
        ),
        ("a hard link", kind('1'), "hard link"),
        ("a device", kind('3'), "device"),
        ("a disk", kind('4'), "device"),
        ("a pipe", kind('6'), "pipe"),
        ("a contiguous file", kind('7'), "not unpacked"),
        ("a sparse file", kind('S'), "sparse"),
        ("a volume's name", kind('V'), "not unpacked"),
        ("another kind", kind('Z'), "not unpacked"),
        ("pax path", pax("20 path=../../evil\n"), "pax header"),
        ("pax size", pax("10 size=0\n"), "pax header"),
        ("pax link", pax("20 linkpath=../evil\n"), "pax header"),
        ("pax for all", vec![Entry::new('g', "x", "20 path=../../evil\n")], "pax header"),
        ("a long name out", long(b"../evil"), begins),
        ("a long absolute name", long(b"/tmp/evil"), begins),
        ("a long name with an end in it", long(b"top/a\0/../../evil"), "control characters"),
        ("a long name that is too long", long(&[b"top/", &[b'x'; 4000][..]].concat()), "too long"),
        ("a component that is too long", long(&[b"top/", &[b'x'; 256][..]].concat()), "too long"),
        ("a name that is no text", long(b"top/\xFF"), "not UTF-8"),
        ("two long names", vec![long(b"top/a")[0].clone(), long(b"top/b")[0].clone()], "two names"),
        ("a long name of nothing", long(b"top/a")[..1].to_vec(), "that of nothing"),
        ("a long name of 2^40 bytes", vec![long(b"a")[0].clone().put(124, b"20000000000000")], ""),
        (
            "a long link out",
            vec![Entry::new('K', "././@LongLink", "../../evil\0"), link("top/l", "x")],
            "leads out",
        ),
        ("control characters", vec![file("top/a\x1b[2J", "x")], "control characters"),
        ("reversed text", vec![file("top/a\u{202E}gpj.exe", "x")], "control characters"),
        (
            "a prefix out",
            vec![file("x", "x").put(257, b"ustar\x0000").put(345, b"top/..")],
            "is none",
        ),
        ("a file twice", vec![file("top/a", "1"), file("top/a", "2")], "there twice"),
        ("a file, then a folder", vec![file("top/a", "1"), folder("top/a/")], "there twice"),
        ("a file that is a folder", vec![file("top/a", "1"), file("top/a/b", "2")], "there twice"),
        ("a folder, then a file", vec![folder("top/a/"), file("top/a", "1")], "there twice"),
        ("a folder, then a link", vec![folder("top/a/"), link("top/a", "b")], "there twice"),
        ("a link, then a file", vec![link("top/a", "b"), file("top/a", "1")], "there twice"),
        ("a link twice", vec![link("top/a", "b"), link("top/a", "c")], "there twice"),
        ("a folder with contents", vec![Entry::new('5', "top/a/", "x")], "has contents"),
        (
            "a link with contents",
            vec![Entry::new('2', "top/a", "x").put(157, b"b")],
            "has contents",
        ),
        (
            "a size of 2^60",
            vec![file("top/a", "x").put(124, b"\x80\0\0\0\x10\0\0\0\0\0\0\0")],
            "ends early",
        ),
        ("a size of 2^64", vec![file("top/a", "x").put(124, &[0xFF; 12])], ""),
        (
            "a size that is larger",
            vec![file("top/a", "x").put(124, b"00000010000\0")],
            "ends early",
        ),
        ("a size that is no number", vec![file("top/a", "x").put(124, b"xxxxxxxxxxx\0")], ""),
        ("a mode that is no number", vec![file("top/a", "x").put(100, b"xxxxxxx\0")], "mode"),
        ("an old header", vec![file("top/a", "x").put(257, &[0; 8])], "unknown format"),
    ]
}

#[test]
fn whatever_is_wrong_nothing_is_written_elsewhere() {
    for (name, entries, expected) in faults() {
        let dir = Workdir::new();
        let error = try_unpack(&dir, &in_top(&entries)).expect_err(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
        assert!(!error.contains('\x1b'), "{name}");
    }
}

#[test]
fn archives_that_do_not_end_well_are_refused() {
    let good = in_top(&[Entry::file("top/a", "x"), Entry::folder("top/b/")]);
    assert!(try_unpack(&Workdir::new(), &good).is_ok());
    for end in (0..good.len()).step_by(64).chain([511, 513, good.len() - 1]) {
        assert!(try_unpack(&Workdir::new(), &good[..end]).is_err(), "{end} bytes");
    }
    for (at, byte) in [(0, b'x'), (148, b'7'), (512 + 1, b'z'), (good.len() - 1, 1)] {
        let mut changed = good.clone();
        changed[at] = byte;
        assert!(try_unpack(&Workdir::new(), &changed).is_err(), "byte {at}");
    }
    let behind = [good.clone(), unended(&[Entry::file("top/late", "x")])].concat();
    let error = try_unpack(&Workdir::new(), &behind).unwrap_err().to_string();
    assert!(error.contains("something follows"), "{error}");
    let padded = [good, vec![0; 9 * 1024]].concat();
    assert!(try_unpack(&Workdir::new(), &padded).is_ok());
    for nothing in [&[][..], &[0; 1024], &[7; 2000]] {
        assert!(try_unpack(&Workdir::new(), nothing).is_err());
    }
}

#[test]
fn depth_is_bounded() {
    let path = |depth: usize| format!("top/{}x", "a/".repeat(depth));
    let deep =
        |depth| in_top(&[Entry::long_name(path(depth).as_bytes()), Entry::file("top/x", "")]);
    assert!(try_unpack(&Workdir::new(), &deep(128)).is_ok());
    let error = try_unpack(&Workdir::new(), &deep(129)).unwrap_err().to_string();
    assert!(error.contains("folders deep"), "{error}");
}

/// What is unusual and does no harm is unpacked.
#[test]
fn modes_are_ours_and_folders_need_no_entry() {
    let dir = Workdir::new();
    let modes = |entry: Entry, mode: &str| entry.put(100, mode.as_bytes());
    let bytes = in_top(&[
        modes(Entry::folder("top/closed/"), "0000000\0"),
        modes(Entry::file("top/closed/a", "a"), "0000000\0"),
        modes(Entry::file("top/root", "s"), "0006755\0"),
        Entry::file("top/made/on/the/way", "w"),
        Entry::folder("top/made/"),
        Entry::file("x", "prefixed").put(257, b"ustar\x0000").put(345, b"top/p"),
    ]);
    let unpacked = try_unpack(&dir, &bytes).unwrap();
    assert_eq!(unpacked, Unpacked { files: 4, folders: 5, links: 0 });
    assert_eq!(dir.read("outer/into/closed/a"), b"a");
    assert_eq!(dir.read("outer/into/p/x"), b"prefixed");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| {
            let path = dir.path(&format!("outer/into/{name}"));
            path.metadata().unwrap().permissions().mode()
        };
        assert_eq!(mode("root") & 0o7000, 0);
        assert!(mode("root") & 0o100 != 0 && mode("closed/a") & 0o111 == 0);
        assert_eq!(mode("closed") & 0o700, 0o700);
    }
}

/// Two names that differ in their letters' case are two files, or refused where they are one.
#[test]
fn names_that_are_one_here_write_over_nothing() {
    let dir = Workdir::new();
    let bytes = in_top(&[Entry::file("top/a", "small"), Entry::file("top/A", "large")]);
    match try_unpack(&dir, &bytes) {
        Ok(_) => assert_eq!(dir.read("outer/into/A"), b"large"),
        Err(error) => assert!(matches!(error, ArchiveError::Clash { .. }), "{error}"),
    }
    assert_eq!(dir.read("outer/into/a"), b"small");
}

#[test]
fn a_refused_folder_leaves_nothing_and_its_archive_can_be_had() {
    for (number, name) in ["tar slip", "a chain of links", "a hard link"].iter().enumerate() {
        let dir = Workdir::new();
        let (_, entries, _) = faults().into_iter().find(|(fault, ..)| fault == name).unwrap();
        let entries = [&[Entry::file("top/first", "1")], &entries[..]].concat();
        let bytes = in_top(&entries);
        for (number, frame) in frames(&bytes).iter().enumerate() {
            dir.write(&format!("frames/{number}.png"), frame);
        }
        let output: &[&str] = if number == 0 { &["-o", "new"] } else { &[] };
        dir.tilecast(&[&["decode", "frames"], output].concat()).assert().code(2).stderr(
            contains("is not unpacked").and(contains("hint: --no-unpack writes its archive")),
        );
        let left = dir.list(".").into_iter().filter(|name| !name.starts_with(".tilecast-received"));
        assert_eq!(left.collect::<Vec<_>>(), ["frames"], "{name}");
        dir.tilecast(&["decode", "frames", "--no-unpack", "-q"]).assert().success();
        assert_eq!(hex(&dir.read("top.tar")), hex(&bytes), "{name}");
    }
}
