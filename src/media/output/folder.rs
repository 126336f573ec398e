//! A folder of frames.

use super::unfinished::{Unfinished, is_frame};
use super::{OutputError, follow, io_error, is_device_name, is_occupied, parent, sync_folder};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder whose frames appear when all are complete.
pub struct OutputFolder {
    path: PathBuf,
    staging: Unfinished,
    way: Way,
    names: Vec<String>,
}

/// How the frames come to their place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As a new folder, which replaces an empty one; with `force` one of frames alone.
    Whole { force: bool },
    /// One by one into a folder that has to stay as it is: with other things in it, the current
    /// one, another file system.
    Into,
}

impl OutputFolder {
    /// Begins the folder at `path`. It may exist if it is empty; with `force` also if it is not,
    /// and then frames that are in it are replaced by these.
    ///
    /// # Errors
    /// If something is in the way, or the folder around it cannot be written.
    pub fn new(path: &Path, force: bool) -> Result<Self, OutputError> {
        let error = |error| io_error(path)(error);
        if is_device_name(path) {
            return Err(OutputError::Kind { path: path.to_owned(), wanted: "folder" });
        }
        let target = follow(path);
        let (staging, way) = match fs::symlink_metadata(&target) {
            Err(_) => {
                let place = parent(&target);
                fs::create_dir_all(place).map_err(error)?;
                (Unfinished::new(place).map_err(error)?, Way::Whole { force })
            }
            Ok(found) if !found.is_dir() => {
                return Err(OutputError::Kind { path: path.to_owned(), wanted: "folder" });
            }
            Ok(_) => {
                let inside = names(&target).map_err(error)?;
                if !force && !inside.is_empty() {
                    return Err(OutputError::NotEmpty(path.to_owned()));
                }
                let whole = inside.iter().all(|name| is_frame(name)) && can_be_replaced(&target);
                let beside = if whole { Unfinished::new(parent(&target)).ok() } else { None };
                match beside {
                    Some(staging) => (staging, Way::Whole { force }),
                    None => (Unfinished::new(&target).map_err(error)?, Way::Into),
                }
            }
        };
        fs::create_dir(staging.path()).map_err(error)?;
        Ok(Self { path: target, staging, way, names: Vec::new() })
    }

    /// Adds a file.
    ///
    /// # Errors
    /// If the disk is full, say.
    pub fn add(&mut self, name: String, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.staging.path().join(&name);
        let written = File::create(&path).and_then(|mut file| file.write_all(bytes));
        written.map_err(io_error(&self.path.join(&name)))?;
        self.names.push(name);
        Ok(())
    }

    /// Where the files are until they appear.
    pub(crate) fn unfinished_path(&self) -> &Path {
        self.staging.path()
    }

    /// Makes the files appear.
    ///
    /// # Errors
    /// If they cannot be moved, or others have appeared in their place; then none of them does.
    pub fn finish(self) -> Result<(), OutputError> {
        for name in &self.names {
            let path = self.staging.path().join(name);
            // Windows does that only for those who may write.
            let opened = OpenOptions::new().write(true).open(&path);
            let synced = opened.and_then(|file| file.sync_data());
            synced.map_err(io_error(&self.path.join(name)))?;
        }
        sync_folder(self.staging.path());
        match self.way {
            Way::Whole { force } => self.replace(force)?,
            Way::Into => self.fill()?,
        }
        sync_folder(&self.path);
        sync_folder(parent(&self.path));
        Ok(())
    }

    /// The new folder takes the place of the old one.
    fn replace(&self, force: bool) -> Result<(), OutputError> {
        let error = |error| io_error(&self.path)(error);
        if let Ok(old) = fs::metadata(&self.path) {
            let _ = fs::set_permissions(self.staging.path(), old.permissions());
        }
        if cfg!(windows) {
            // There an empty folder is in the way, too.
            let _ = fs::remove_dir(&self.path);
        }
        match fs::rename(self.staging.path(), &self.path) {
            Err(e) if is_occupied(&e, &self.path) && !force => {
                Err(OutputError::NotEmpty(self.path.clone()))
            }
            Err(e) if is_occupied(&e, &self.path) => {
                let old = Unfinished::new(parent(&self.path)).map_err(error)?;
                fs::rename(&self.path, old.path()).map_err(error)?;
                fs::rename(self.staging.path(), &self.path).map_err(|failed| {
                    let _ = fs::rename(old.path(), &self.path);
                    error(failed)
                })
            }
            other => other.map_err(error),
        }
    }

    /// Moves the files one by one; should one of them fail, those before it go again.
    fn fill(&self) -> Result<(), OutputError> {
        let old = names(&self.path).map_err(io_error(&self.path))?;
        for (count, name) in self.names.iter().enumerate() {
            let target = self.path.join(name);
            if let Err(error) = fs::rename(self.staging.path().join(name), &target) {
                let new =
                    self.names.iter().take(count).filter(|new| !old.contains(OsStr::new(new)));
                new.for_each(|name| drop(fs::remove_file(self.path.join(name))));
                return Err(io_error(&target)(error));
            }
        }
        let new: BTreeSet<OsString> = self.names.iter().map(OsString::from).collect();
        for stale in old.iter().filter(|name| is_frame(name) && !new.contains(*name)) {
            let stale = self.path.join(stale);
            fs::remove_file(&stale).map_err(io_error(&stale))?;
        }
        Ok(())
    }
}

/// Names in a folder, but for unfinished output of others.
fn names(folder: &Path) -> std::io::Result<BTreeSet<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// Whether another folder can take a folder's place without anybody missing the first: nobody is in
/// it, and nothing else is mounted there.
fn can_be_replaced(folder: &Path) -> bool {
    let (Ok(folder), Ok(current)) = (folder.canonicalize(), std::path::absolute(".")) else {
        return false;
    };
    let current = current.canonicalize().unwrap_or(current);
    !current.starts_with(&folder) && same_device(&folder, parent(&folder))
}

#[cfg(unix)]
fn same_device(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    device(a).is_some() && device(a) == device(b)
}

#[cfg(not(unix))]
fn same_device(_: &Path, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(path: &Path, force: bool, frames: &[&str]) -> Result<(), OutputError> {
        let mut folder = OutputFolder::new(path, force)?;
        for name in frames {
            folder.add((*name).to_owned(), name.as_bytes())?;
        }
        folder.finish()
    }

    fn inside(path: &Path) -> Vec<String> {
        names(path).unwrap().into_iter().map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn folders_appear_whole_and_are_not_filled_twice() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("deep/frames");
        let mut folder = OutputFolder::new(&path, false).unwrap();
        folder.add("frame-0001.png".into(), b"one").unwrap();
        assert!(!path.exists());
        folder.finish().unwrap();
        assert_eq!(fs::read(path.join("frame-0001.png")).unwrap(), b"one");
        assert!(matches!(OutputFolder::new(&path, false), Err(OutputError::NotEmpty(_))));
        assert_eq!(inside(&outer.path().join("deep")), ["frames"]);
    }

    #[test]
    fn force_leaves_no_old_frame_and_nothing_else_goes() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("frames");
        fill(&path, false, &["frame-0001.png", "frame-0002.png", "frame-0003.png"]).unwrap();
        fill(&path, true, &["frame-0001.png"]).unwrap();
        assert_eq!(inside(&path), ["frame-0001.png"]);
        fs::write(path.join("notes.txt"), "keep").unwrap();
        fs::write(path.join("frame-0009.png"), "old").unwrap();
        fill(&path, true, &["frame-0001.png", "frame-0002.png"]).unwrap();
        assert_eq!(inside(&path), ["frame-0001.png", "frame-0002.png", "notes.txt"]);
        assert_eq!(inside(outer.path()), ["frames"]);
    }

    #[test]
    fn of_two_into_one_folder_one_is_told() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("frames");
        let begin = || OutputFolder::new(&path, false).unwrap();
        let (mut first, mut second) = (begin(), begin());
        first.add("frame-0001.png".into(), b"first").unwrap();
        second.add("frame-0002.png".into(), b"second").unwrap();
        second.finish().unwrap();
        assert!(matches!(first.finish(), Err(OutputError::NotEmpty(_))));
        assert_eq!(inside(&path), ["frame-0002.png"]);
        assert_eq!(inside(outer.path()), ["frames"]);
    }

    #[test]
    fn what_cannot_be_moved_leaves_nothing() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("frames");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("notes.txt"), "keep").unwrap();
        fs::create_dir(path.join("frame-0002.png")).unwrap();
        assert!(fill(&path, true, &["frame-0001.png", "frame-0002.png"]).is_err());
        assert_eq!(inside(&path), ["frame-0002.png", "notes.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn an_empty_folder_keeps_its_permissions_and_a_link_its_target() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let outer = tempfile::tempdir().unwrap();
        let [path, link] = ["frames", "link"].map(|name| outer.path().join(name));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        symlink("frames", &link).unwrap();
        fill(&link, false, &["frame-0001.png"]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
        assert_eq!(inside(&path), ["frame-0001.png"]);
    }
}
