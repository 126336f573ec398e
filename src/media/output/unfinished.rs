//! Output before it is complete: a name of its own beside its place, and a lock that says whether
//! whoever makes it is still alive.
//!
//! The lock is a file beside it, since folders cannot be locked everywhere. It is made first and
//! removed last, so whatever has no lock is none of ours.

use super::sync_folder;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// Prefix of the names of unfinished output.
const PREFIX: &str = ".tilecast-unfinished-";
/// Suffix of the name of its lock.
const LOCK: &str = ".lock";
/// Suffix of the name of a folder in which everything is unfinished.
const TREE: &str = ".tree";
/// Names that are tried.
const TRIES: usize = 16;

/// A place for a file or folder that is being made; what is there goes when this is dropped.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    lock_path: PathBuf,
    /// Locked as long as this process lives, however it ends.
    _lock: File,
}

impl Unfinished {
    /// A place in `folder`, after what dead processes left there has been removed.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        Self::with_suffix(folder, "")
    }

    /// The same for a folder that goes with everything in it.
    pub(super) fn tree(folder: &Path) -> Result<Self> {
        Self::with_suffix(folder, TREE)
    }

    fn with_suffix(folder: &Path, suffix: &str) -> Result<Self> {
        for _ in 0..TRIES {
            let number = RandomState::new().build_hasher().finish() >> 16;
            let name = format!("{PREFIX}{number:012x}{suffix}");
            let path = folder.join(&name);
            let lock_path = folder.join(name + LOCK);
            let lock = match OpenOptions::new().write(true).create_new(true).open(&lock_path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                opened => opened?,
            };
            // Some file systems have no locks: then nothing there is ever taken for dead.
            let _ = lock.try_lock();
            // Another process may have come between, and have taken it for dead.
            if lock_path.exists() {
                sweep(folder, &lock);
                return Ok(Self { path, lock_path, _lock: lock });
            }
        }
        Err(Error::new(ErrorKind::AlreadyExists, "no name is free"))
    }

    /// Where it is made.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        remove(&self.path);
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// Removes what processes left in `folder` that are not alive any more, of the user to whom `mine`
/// belongs.
fn sweep(folder: &Path, mine: &File) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut removed = false;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let Some(unfinished) = name.strip_suffix(LOCK) else { continue };
        let lock_path = entry.path();
        if !entry.metadata().is_ok_and(|found| found.is_file() && same_owner(&found, mine)) {
            continue;
        }
        let Ok(lock) = OpenOptions::new().write(true).open(&lock_path) else { continue };
        if lock.try_lock().is_ok() {
            remove(&folder.join(unfinished));
            let _ = fs::remove_file(&lock_path);
            removed = true;
        }
    }
    if removed {
        sync_folder(folder);
    }
}

/// Removes an unfinished file, or an unfinished folder with the frames in it, or with all if it is such a
/// one; nothing else.
fn remove(path: &Path) {
    let Ok(found) = fs::symlink_metadata(path) else { return };
    if !found.is_dir() {
        let _ = fs::remove_file(path);
        return;
    }
    if path.to_string_lossy().ends_with(TREE) {
        let _ = fs::remove_dir_all(path);
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if is_frame(&entry.file_name()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let _ = fs::remove_dir(path);
}

/// Whether a name is that of unfinished output, or of its lock.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// Whether a name is one that a frame in a folder has.
pub(super) fn is_frame(name: &OsStr) -> bool {
    let number = |name: &str| Some(name.strip_prefix("frame-")?.strip_suffix(".png")?.to_owned());
    let number = name.to_str().and_then(number);
    number.is_some_and(|digits| digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(unix)]
fn same_owner(found: &fs::Metadata, mine: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    mine.metadata().is_ok_and(|mine| mine.uid() == found.uid())
}

#[cfg(not(unix))]
fn same_owner(_: &fs::Metadata, _: &File) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_the_dead_left_goes_and_what_lives_stays() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        // A file and a folder of processes that are gone, something of somebody else's in each.
        for (name, content) in [("file", None), ("folder", Some("frame-0001.png"))] {
            let path = root.join(format!("{PREFIX}{name}"));
            fs::write(root.join(format!("{PREFIX}{name}{LOCK}")), "").unwrap();
            match content {
                None => fs::write(path, "half").unwrap(),
                Some(frame) => {
                    fs::create_dir(&path).unwrap();
                    fs::write(path.join(frame), "half").unwrap();
                }
            }
        }
        let mixed = root.join(format!("{PREFIX}mixed"));
        fs::create_dir(&mixed).unwrap();
        fs::write(mixed.join("letter.txt"), "mine").unwrap();
        fs::write(root.join(format!("{PREFIX}mixed{LOCK}")), "").unwrap();
        fs::write(root.join(format!("{PREFIX}without-lock")), "whose?").unwrap();
        let tree = root.join(format!("{PREFIX}whole{TREE}"));
        fs::create_dir_all(tree.join("a/b")).unwrap();
        fs::write(tree.join("a/letter.txt"), "half").unwrap();
        fs::write(root.join(format!("{PREFIX}whole{TREE}{LOCK}")), "").unwrap();
        let living = Unfinished::new(root).unwrap();
        fs::write(living.path(), "at work").unwrap();
        let another = Unfinished::new(root).unwrap();
        assert!(living.path().exists());
        drop((living, another));
        let left = [format!("{PREFIX}mixed"), format!("{PREFIX}without-lock")];
        assert_eq!(names(root), left);
        assert_eq!(names(&mixed), ["letter.txt"]);
    }

    #[test]
    fn frames_are_known_by_their_names() {
        for (name, frame) in [
            ("frame-0001.png", true),
            ("frame-123456.png", true),
            ("frame-1.png", false),
            ("frame-00x1.png", false),
            ("my-frame-0001.png", false),
            ("frame-0001.png.txt", false),
        ] {
            assert_eq!(is_frame(OsStr::new(name)), frame, "{name}");
        }
    }
}
