//! Output that is there whole or not at all: written beside its place under another name, renamed
//! when it is complete.

use super::ffmpeg::FfmpegError;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir};

/// Prefix of the names of unfinished output.
const UNFINISHED: &str = ".tilecast-unfinished-";

/// Why output cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A file or folder that is there already.
    #[error("{} already exists", .0.display())]
    Exists(PathBuf),
    /// A folder with something in it.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// A file where a folder is needed, or the other way round.
    #[error("{} is not a {}", path.display(), wanted)]
    Kind {
        /// The path that is something else.
        path: PathBuf,
        /// What it should be.
        wanted: &'static str,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Stdout(#[source] std::io::Error),
    /// Whoever read standard output has enough.
    #[error("nobody reads standard output any more")]
    StdoutClosed,
    /// A video cannot be written.
    #[error(transparent)]
    Ffmpeg(#[from] FfmpegError),
    /// A file or folder that cannot be written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl OutputError {
    /// What went wrong with standard output.
    pub fn stdout(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::StdoutClosed,
            _ => Self::Stdout(error),
        }
    }
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> OutputError + '_ {
    |source| OutputError::Io { path: path.to_owned(), source }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that appears when it is complete.
pub struct OutputFile {
    path: PathBuf,
    force: bool,
    file: BufWriter<NamedTempFile>,
}

impl OutputFile {
    /// Begins the file at `path`; what is there already is only replaced with `force`.
    ///
    /// # Errors
    /// If something is there, or its folder cannot be written.
    pub fn new(path: &Path, force: bool) -> Result<Self, OutputError> {
        if path.is_dir() {
            return Err(OutputError::Kind { path: path.to_owned(), wanted: "file" });
        }
        if !force && fs::symlink_metadata(path).is_ok() {
            return Err(OutputError::Exists(path.to_owned()));
        }
        let file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(parent(path))
            .map_err(io_error(path))?;
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Self { path: path.to_owned(), force, file })
    }

    /// Appends to the file.
    ///
    /// # Errors
    /// If the disk is full, say.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(io_error(&self.path))
    }

    /// What went wrong when the file was written as a [`Write`].
    pub(super) fn error(&self, error: std::io::Error) -> OutputError {
        io_error(&self.path)(error)
    }

    /// Whether nothing has been written to it.
    pub(super) fn is_empty(&self) -> bool {
        fs::metadata(self.unfinished_path()).map_or(true, |metadata| metadata.len() == 0)
    }

    /// Where the file is until it is complete, for others to write it.
    pub(super) fn unfinished_path(&self) -> &Path {
        self.file.get_ref().path()
    }

    /// Makes the file appear.
    ///
    /// # Errors
    /// If writing fails, or another file has appeared in its place; then nothing is left behind.
    pub fn finish(self) -> Result<(), OutputError> {
        let Self { path, force, file } = self;
        let file = file.into_inner().map_err(|error| io_error(&path)(error.into_error()))?;
        file.as_file().sync_all().map_err(io_error(&path))?;
        share(file.path()).map_err(io_error(&path))?;
        let persisted = if force { file.persist(&path) } else { file.persist_noclobber(&path) };
        match persisted {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(OutputError::Exists(path))
            }
            Err(error) => Err(io_error(&path)(error.error)),
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Temporary files are private; output is as readable as any other file of the user.
#[cfg(unix)]
fn share(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// A folder whose files appear when all are complete.
pub struct OutputFolder {
    path: PathBuf,
    staging: TempDir,
    names: Vec<String>,
}

impl OutputFolder {
    /// Begins the folder at `path`. It may exist if it is empty; with `force` also if it is not,
    /// and then files of the same names are replaced.
    ///
    /// # Errors
    /// If something is in the way, or the folder around it cannot be written.
    pub fn new(path: &Path, force: bool) -> Result<Self, OutputError> {
        let mut place = parent(path);
        if fs::symlink_metadata(path).is_ok() {
            if !path.is_dir() {
                return Err(OutputError::Kind { path: path.to_owned(), wanted: "folder" });
            }
            if !force && fs::read_dir(path).map_err(io_error(path))?.next().is_some() {
                return Err(OutputError::NotEmpty(path.to_owned()));
            }
            // Inside, so that moving never crosses file systems.
            place = path;
        } else {
            fs::create_dir_all(place).map_err(io_error(path))?;
        }
        let staging = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(place)
            .map_err(io_error(path))?;
        Ok(Self { path: path.to_owned(), staging, names: Vec::new() })
    }

    /// Adds a file.
    ///
    /// # Errors
    /// If the disk is full, say.
    pub fn add(&mut self, name: String, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.staging.path().join(&name);
        fs::write(&path, bytes).map_err(io_error(&self.path.join(&name)))?;
        self.names.push(name);
        Ok(())
    }

    /// Makes the files appear.
    ///
    /// # Errors
    /// If they cannot be moved.
    pub fn finish(self) -> Result<(), OutputError> {
        fs::create_dir_all(&self.path).map_err(io_error(&self.path))?;
        for name in &self.names {
            let target = self.path.join(name);
            fs::rename(self.staging.path().join(name), &target).map_err(io_error(&target))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        let mut file = OutputFile::new(&path, false).unwrap();
        file.append(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn existing_files_are_only_replaced_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        fs::write(&path, "old").unwrap();
        assert!(matches!(OutputFile::new(&path, false), Err(OutputError::Exists(_))));
        let mut file = OutputFile::new(&path, true).unwrap();
        file.append(b"new").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        let file = OutputFile::new(&path, false).unwrap();
        fs::write(&path, "other").unwrap();
        assert!(matches!(file.finish(), Err(OutputError::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), b"other");
    }

    #[test]
    fn folders_appear_whole_and_are_not_filled_twice() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("deep/frames");
        let mut folder = OutputFolder::new(&path, false).unwrap();
        folder.add("1.png".into(), b"one").unwrap();
        assert!(!path.exists());
        folder.finish().unwrap();
        assert_eq!(fs::read(path.join("1.png")).unwrap(), b"one");
        assert!(matches!(OutputFolder::new(&path, false), Err(OutputError::NotEmpty(_))));
        let mut again = OutputFolder::new(&path, true).unwrap();
        again.add("1.png".into(), b"two").unwrap();
        again.finish().unwrap();
        assert_eq!(fs::read(path.join("1.png")).unwrap(), b"two");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
    }
}
