//! Files that arrive in folders: by a phone, a scanner, a program that keeps folders alike. Looked
//! for again and again, which works on any file system.

use super::inputs::{files_in, tell_unread};
use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Endings of names of files that are still being written, by browsers and programs that copy.
const UNFINISHED: [&str; 11] = [
    ".part",
    ".partial",
    ".tmp",
    ".temp",
    ".crdownload",
    ".download",
    ".filepart",
    ".!sync",
    ".!ut",
    ".opdownload",
    "~",
];
/// What systems leave in folders.
const FOREIGN: [&str; 2] = ["thumbs.db", "desktop.ini"];

/// What tells that a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    length: u64,
    changed: Option<SystemTime>,
}

/// What is known of a file.
#[derive(Debug)]
struct Seen {
    look: Look,
    /// How it looked when it was given out.
    given: Option<Look>,
    /// The last round in which it was there.
    round: u64,
}

/// The files in folders, from one look to the next.
#[derive(Debug)]
pub(super) struct Arrivals {
    folders: Vec<PathBuf>,
    /// Folders within them that could not be read the last time, which was said.
    unread: HashSet<PathBuf>,
    seen: HashMap<PathBuf, Seen>,
    round: u64,
}

impl Arrivals {
    /// Nothing has been looked for yet.
    pub(super) fn new(folders: Vec<PathBuf>) -> Self {
        let (unread, seen) = Default::default();
        Self { folders, unread, seen, round: 0 }
    }

    /// Looks once. Files that are as they were the last time, and have not been given out like that,
    /// go to `ready`, by name.
    ///
    /// # Errors
    /// The first folder that cannot be read, and why; the others were looked into.
    pub(super) fn look(&mut self, ready: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
        self.round += 1;
        let Self { folders, unread, seen, round } = self;
        let before = ready.len();
        let (mut trouble, mut unread_now) = (Ok(()), HashSet::new());
        for folder in folders.iter() {
            let mut give = |file: PathBuf, metadata| {
                if !is_left_out(&file) && is_ready(seen, *round, &file, &metadata) {
                    ready.push(file);
                }
            };
            let mut leave = |folder: PathBuf, error| {
                if !unread.contains(&folder) && !unread_now.contains(&folder) {
                    tell_unread(&folder, &error);
                }
                unread_now.insert(folder);
            };
            let read = files_in(folder, &mut give, &mut leave);
            if let (Err(error), true) = (read, trouble.is_ok()) {
                trouble = Err((folder.clone(), error));
            }
        }
        if trouble.is_ok() {
            let is_hidden = |path: &Path| unread_now.iter().any(|folder| path.starts_with(folder));
            seen.retain(|path, file| file.round == *round || is_hidden(path));
        }
        *unread = unread_now;
        if let Some(new) = ready.get_mut(before..) {
            new.sort();
        }
        trouble
    }

    /// Whether everything that is there has been given out as it is.
    pub(super) fn is_quiet(&self) -> bool {
        self.seen.values().all(|file| file.given == Some(file.look))
    }
}

/// Whether a file is to be given out now.
fn is_ready(
    seen: &mut HashMap<PathBuf, Seen>,
    round: u64,
    file: &Path,
    metadata: &Metadata,
) -> bool {
    let look = Look { length: metadata.len(), changed: metadata.modified().ok() };
    // A name that is reserved for what is to come.
    if look.length == 0 {
        return false;
    }
    let Some(known) = seen.get_mut(file) else {
        seen.insert(file.to_owned(), Seen { look, given: None, round });
        return false;
    };
    // Folders within folders that are watched too are seen twice a round.
    let is_same = known.look == look && known.round < round;
    (known.look, known.round) = (look, round);
    let is_new = is_same && known.given != Some(look);
    if is_new {
        known.given = Some(look);
    }
    is_new
}

/// Whether a file is not meant, or not finished, by its name.
fn is_left_out(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.starts_with('~')
        || FOREIGN.contains(&name.as_str())
        || UNFINISHED.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Folder {
        dir: tempfile::TempDir,
        arrivals: Arrivals,
    }

    impl Folder {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let arrivals = Arrivals::new(vec![dir.path().to_owned()]);
            Self { dir, arrivals }
        }

        fn write(&self, name: &str, bytes: &str) {
            let path = self.dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }

        /// Names that are ready.
        fn look(&mut self) -> Vec<String> {
            let mut ready = Vec::new();
            self.arrivals.look(&mut ready).unwrap();
            let name = |path: &PathBuf| {
                let inside = path.strip_prefix(self.dir.path()).unwrap();
                inside.to_str().unwrap().replace('\\', "/")
            };
            ready.iter().map(name).collect()
        }
    }

    #[test]
    fn files_are_ready_once_they_stay_as_they_are() {
        let mut folder = Folder::new();
        folder.write("b.jpg", "b");
        folder.write("in/a.jpg", "a");
        assert_eq!(folder.look(), [""; 0]);
        assert!(!folder.arrivals.is_quiet());
        assert_eq!(folder.look(), ["b.jpg", "in/a.jpg"]);
        assert!(folder.arrivals.is_quiet());
        assert_eq!(folder.look(), [""; 0]);
        // One is still being written, for three looks.
        for length in 1..4 {
            folder.write("c.jpg", &"c".repeat(length));
            assert_eq!(folder.look(), [""; 0]);
        }
        assert_eq!(folder.look(), ["c.jpg"]);
        // One changes later.
        folder.write("b.jpg", "and more");
        assert_eq!(folder.look(), [""; 0]);
        assert_eq!(folder.look(), ["b.jpg"]);
    }

    #[test]
    fn what_is_unfinished_or_not_meant_is_left_out_until_it_has_its_name() {
        let mut folder = Folder::new();
        for name in [
            ".hidden.jpg",
            ".thumbnails/a.jpg",
            "a.jpg.part",
            "a.JPG.CRDOWNLOAD",
            "a.tmp",
            "a.jpg~",
            "~$a.jpg",
            "Thumbs.db",
        ] {
            folder.write(name, "a");
        }
        folder.write("empty.jpg", "");
        (0..3).for_each(|_| assert_eq!(folder.look(), [""; 0]));
        fs::rename(folder.dir.path().join("a.jpg.part"), folder.dir.path().join("a.jpg")).unwrap();
        assert_eq!((folder.look(), folder.look()), (vec![], vec!["a.jpg".to_owned()]));
    }

    /// Here a folder within folders whose path is too long for the system.
    #[cfg(unix)]
    #[test]
    fn a_folder_within_that_cannot_be_read_keeps_no_other_from_being_read() {
        let mut folder = Folder::new();
        let depth = 18;
        folder.write(&format!("a{}/deep.jpg", "/a".repeat(depth)), "a");
        folder.write("b/b.jpg", "b");
        for depth in (0..depth).rev() {
            let outer = folder.dir.path().join("a/".repeat(depth));
            fs::rename(outer.join("a"), outer.join("a".repeat(250))).unwrap();
        }
        assert_eq!((folder.look(), folder.look()), (vec![], vec!["b/b.jpg".to_owned()]));
        assert_eq!(folder.arrivals.unread.len(), 1);
        assert!(folder.arrivals.is_quiet());
    }

    #[test]
    fn what_goes_is_forgotten_and_folders_may_go_too() {
        let mut folder = Folder::new();
        folder.write("a/a.jpg", "a");
        assert_eq!(folder.look(), [""; 0]);
        fs::remove_dir_all(folder.dir.path().join("a")).unwrap();
        assert_eq!(folder.look(), [""; 0]);
        assert!(folder.arrivals.seen.is_empty() && folder.arrivals.is_quiet());
        folder.write("b.jpg", "b");
        assert_eq!(folder.look(), [""; 0]);
        let (here, away) = (folder.dir.path().to_owned(), folder.dir.path().with_extension("away"));
        fs::rename(&here, &away).unwrap();
        let (trouble, error) = folder.arrivals.look(&mut Vec::new()).unwrap_err();
        assert_eq!((trouble, error.kind()), (here.clone(), io::ErrorKind::NotFound));
        fs::rename(&away, &here).unwrap();
        assert_eq!(folder.look(), ["b.jpg"]);
    }
}
