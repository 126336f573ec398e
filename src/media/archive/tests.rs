//! Folders to archives and back; what the crate's own reader makes of these archives.

use super::{ArchiveError, Packing, Sources, Unpacked, unpack};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Folder,
    File(Vec<u8>, bool),
    Link(String),
}

/// What is in a folder, by path.
type Contents = BTreeMap<String, Kind>;

/// Everything in a folder.
fn contents(folder: &Path) -> Contents {
    fn add(folder: &Path, before: &str, all: &mut Contents) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = format!("{before}{}", entry.file_name().to_str().unwrap());
            let kind = entry.file_type().unwrap();
            let kind = if kind.is_dir() {
                add(&entry.path(), &format!("{path}/"), all);
                Kind::Folder
            } else if kind.is_symlink() {
                Kind::Link(fs::read_link(entry.path()).unwrap().to_str().unwrap().to_owned())
            } else {
                Kind::File(fs::read(entry.path()).unwrap(), runs(&entry.path()))
            };
            all.insert(path, kind);
        }
    }
    let mut all = Contents::new();
    add(folder, "", &mut all);
    all
}

/// Makes what is in a folder.
fn make(folder: &Path, contents: &Contents) {
    fs::create_dir_all(folder).unwrap();
    for (path, kind) in contents {
        let path = folder.join(path);
        match kind {
            Kind::Folder => fs::create_dir(path).unwrap(),
            Kind::Link(target) => link(target, &path),
            Kind::File(bytes, executable) => {
                fs::write(&path, bytes).unwrap();
                set_runs(&path, *executable);
            }
        }
    }
}

#[cfg(unix)]
fn runs(path: &Path) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o100 != 0
}

#[cfg(unix)]
fn set_runs(path: &Path, executable: bool) {
    let mode = if executable { 0o700 } else { 0o640 };
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn link(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[cfg(not(unix))]
fn runs(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn set_runs(_: &Path, _: bool) {}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) {}

fn packing(folder: &Path) -> Result<Packing, ArchiveError> {
    Packing::new("top", Sources::Folder(folder.to_owned()), None)
}

/// The archive of a folder, which is as long as was said.
fn archive(folder: &Path) -> Vec<u8> {
    let (packing, mut bytes) = (packing(folder).unwrap(), Vec::new());
    let length = packing.length();
    packing.into_reader().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, length);
    bytes
}

/// Names: short ones that meet, and long ones.
fn name() -> impl Strategy<Value = String> {
    // On Windows not all names can be had.
    let odd =
        if cfg!(windows) { "[a-zä. ]{1,5}x" } else { "[ -.0-~äß👩\u{200D}\u{FE0F}]{1,6}" };
    let any = prop_oneof![6 => "[a-d]", 2 => odd, 1 => "[ab]{90,110}", 1 => "ä{120,127}"];
    any.prop_filter("no names", |name| name != "." && name != "..")
}

/// What may be in a folder, links aside.
fn tree() -> impl Strategy<Value = Contents> {
    let executable = if cfg!(unix) { any::<bool>().boxed() } else { Just(false).boxed() };
    let bytes = prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..40),
        1 => prop::collection::vec(any::<u8>(), 500..1100)
    ];
    let file = (bytes, executable).prop_map(|(bytes, executable)| Kind::File(bytes, executable));
    let kind = prop_oneof![file, Just(Kind::Folder)];
    let entry = (prop::collection::vec(name(), 1..5), kind);
    prop::collection::vec(entry, 0..14).prop_map(|entries| {
        let mut all = Contents::new();
        for (path, kind) in entries {
            let folders = (1..path.len()).map(|end| path[..end].join("/"));
            let folders: Vec<String> = folders.collect();
            let is_free = |path: &String| all.get(path).is_none_or(|kind| *kind == Kind::Folder);
            if folders.iter().all(is_free) && !all.contains_key(&path.join("/")) {
                all.extend(folders.into_iter().map(|path| (path, Kind::Folder)));
                all.insert(path.join("/"), kind);
            }
        }
        all
    })
}

/// A tree with links, which lead anywhere.
fn linked() -> impl Strategy<Value = Contents> {
    let target = prop::collection::vec(prop_oneof![3 => "[a-d]", 2 => Just("..".to_owned())], 1..5);
    let link = (any::<prop::sample::Index>(), "[a-e]", target);
    let count = if cfg!(unix) { 0..5 } else { 0..1 };
    (tree(), prop::collection::vec(link, count)).prop_map(|(mut all, links)| {
        for (at, name, target) in links {
            let folders: Vec<String> = all
                .iter()
                .filter(|(_, kind)| **kind == Kind::Folder)
                .map(|(path, _)| format!("{path}/"))
                .chain([String::new()])
                .collect();
            let path = format!("{}{name}", at.get(&folders));
            all.entry(path).or_insert(Kind::Link(target.join("/")));
        }
        all
    })
}

proptest! {
    // Each makes and removes folders, which takes its time.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn folders_come_back_unless_a_link_leads_out(tree in linked()) {
        let outer = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| outer.path().join(name));
        make(&from, &tree);
        match packing(&from) {
            Ok(_) => {
                fs::create_dir(&to).unwrap();
                unpack(archive(&from).as_slice(), &to).unwrap();
                prop_assert_eq!(&contents(&to), &tree);
                prop_assert_eq!(archive(&from), archive(&to));
            }
            Err(error) => {
                prop_assert!(matches!(error, ArchiveError::Outside { .. }), "{}", error);
                prop_assert!(tree.values().any(|kind| matches!(kind, Kind::Link(_))));
            }
        }
        // The system's own opinion of where links lead: those that lead anywhere stay inside.
        let inside = from.canonicalize().unwrap();
        let links = tree.iter().filter(|(_, kind)| matches!(kind, Kind::Link(_)));
        let ends = links.filter_map(|(path, _)| from.join(path).canonicalize().ok());
        prop_assert!(packing(&from).is_err() || ends.into_iter().all(|end| end.starts_with(&inside)));
    }

    #[test]
    fn other_programs_read_the_archive(tree in linked()) {
        let outer = tempfile::tempdir().unwrap();
        let from = outer.path().join("from");
        make(&from, &tree);
        prop_assume!(packing(&from).is_ok());
        let bytes = archive(&from);
        let mut found = Contents::new();
        for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let header = entry.header().clone();
            prop_assert_eq!((header.uid().unwrap(), header.mtime().unwrap()), (0, 0));
            let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let path = path.strip_prefix("top/").unwrap().trim_end_matches('/').to_owned();
            let target = entry.link_name_bytes().map(|target| target.into_owned());
            let mut contents = Vec::new();
            entry.read_to_end(&mut contents).unwrap();
            let kind = match header.entry_type() {
                tar::EntryType::Directory => Kind::Folder,
                tar::EntryType::Symlink => Kind::Link(String::from_utf8(target.unwrap()).unwrap()),
                _ => Kind::File(contents, header.mode().unwrap() == 0o755),
            };
            found.insert(path, kind);
        }
        found.remove("");
        prop_assert_eq!(found, tree);
    }

    #[test]
    fn a_changed_byte_stays_inside(tree in linked(), at: prop::sample::Index, by in 1u8..) {
        let outer = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| outer.path().join(name));
        make(&from, &tree);
        prop_assume!(packing(&from).is_ok());
        let mut bytes = archive(&from);
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        fs::create_dir(&to).unwrap();
        let _ = unpack(bytes.as_slice(), &to);
        prop_assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 2);
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    for new in ["longer than it was", "short", ""] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "as it was").unwrap();
        let packing = packing(folder.path()).unwrap();
        fs::write(&path, new).unwrap();
        let error = packing.into_reader().read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("was changed while it was read"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "1").unwrap();
    let packing = packing(folder.path()).unwrap();
    fs::remove_file(folder.path().join("a")).unwrap();
    let error = packing.into_reader().read_to_end(&mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("cannot read"), "{error}");
}

#[test]
fn nothing_but_a_folder_is_a_folder_too() {
    let outer = tempfile::tempdir().unwrap();
    let [from, to] = ["from", "to"].map(|name| outer.path().join(name));
    [&from, &to].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
    assert_eq!(unpack(archive(&from).as_slice(), &to).unwrap(), Unpacked::default());
    assert_eq!(archive(&from).len(), 3 * 512);
}

#[test]
fn large_files_are_not_held_in_memory() {
    // Nothing on the disk but a length: of 9 GB, more than a header's octal digits say.
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("a")).unwrap();
    if file.set_len(9 << 30).is_err() {
        return;
    }
    let packing = packing(folder.path()).unwrap();
    assert_eq!(packing.length(), (9 << 30) + 4 * 512);
    let mut front = vec![0; 4096];
    packing.into_reader().read_exact(&mut front).unwrap();
    let mut entries = tar::Archive::new(front.as_slice());
    let size = entries.entries().unwrap().nth(1).unwrap().unwrap().size();
    assert_eq!(size, 9 << 30);
}
