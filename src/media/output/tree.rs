//! A folder with anything in it.

use super::unfinished::Unfinished;
use super::{OutputError, io_error, is_occupied, parent, sync_folder};
use std::fs::{self, File};
use std::io::Result;
use std::path::{Path, PathBuf};

/// A new folder that appears when it is complete; it never replaces anything.
pub struct OutputTree {
    path: PathBuf,
    staging: Unfinished,
}

impl OutputTree {
    /// Begins the folder at `path`.
    ///
    /// # Errors
    /// If something is there, or the folder around it cannot be written.
    pub fn new(path: &Path) -> std::result::Result<Self, OutputError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(OutputError::Exists(path.to_owned()));
        }
        let staging = Unfinished::tree(parent(path)).map_err(io_error(path))?;
        fs::create_dir(staging.path()).map_err(io_error(path))?;
        Ok(Self { path: path.to_owned(), staging })
    }

    /// Where it is until it appears, for others to fill it.
    pub fn unfinished_path(&self) -> &Path {
        self.staging.path()
    }

    /// Makes the folder appear.
    ///
    /// # Errors
    /// If something else has appeared there; then nothing is left behind.
    pub fn finish(self) -> std::result::Result<(), OutputError> {
        sync(self.staging.path()).map_err(io_error(&self.path))?;
        // Nothing but an empty folder would be replaced by another one.
        fs::rename(self.staging.path(), &self.path).map_err(|error| {
            match is_occupied(&error, &self.path) {
                true => OutputError::Exists(self.path.clone()),
                false => io_error(&self.path)(error),
            }
        })?;
        sync_folder(parent(&self.path));
        Ok(())
    }
}

/// Makes everything in a folder outlive the power, with all else on its file system: file by file that
/// would be a commit of its journal for each.
#[cfg(target_os = "linux")]
fn sync(folder: &Path) -> Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// Makes everything in a folder outlive the power.
#[cfg(not(target_os = "linux"))]
fn sync(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sync(&entry.path())?;
        } else if kind.is_file() {
            // Not everybody may read it, but whoever made it may write it.
            File::options().append(true).open(entry.path())?.sync_data()?;
        }
    }
    sync_folder(folder);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_appear_whole_and_replace_nothing() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("new");
        let tree = OutputTree::new(&path).unwrap();
        fs::create_dir(tree.unfinished_path().join("a")).unwrap();
        fs::write(tree.unfinished_path().join("a/b"), "b").unwrap();
        assert!(!path.exists());
        tree.finish().unwrap();
        assert_eq!(fs::read(path.join("a/b")).unwrap(), b"b");
        assert!(matches!(OutputTree::new(&path), Err(OutputError::Exists(_))));
        let other = outer.path().join("other");
        let tree = OutputTree::new(&other).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join("theirs"), "").unwrap();
        assert!(matches!(tree.finish(), Err(OutputError::Exists(_))));
        fs::remove_file(other.join("theirs")).unwrap();
        drop(OutputTree::new(&outer.path().join("given-up")).unwrap());
        let left: Vec<_> = fs::read_dir(outer.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), 2);
    }
}
