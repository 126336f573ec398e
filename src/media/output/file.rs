//! One file of output.

use super::unfinished::Unfinished;
use super::{OutputError, follow, io_error, is_device_name, parent, sync_folder};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 1 << 18;

/// A file that appears when it is complete. A link is followed to the file that it names; what is
/// there but no regular file, a device or a pipe, is written into.
pub struct OutputFile {
    path: PathBuf,
    place: Place,
}

enum Place {
    /// Made beside its place, and moved there.
    Beside { file: BufWriter<File>, unfinished: Unfinished, replaces: Replaces },
    /// Opened with the first byte, since whoever reads a pipe takes its opening for a beginning.
    Device(Option<BufWriter<File>>),
}

/// What is at the place of a file, and so what may happen to it.
enum Replaces {
    /// Nothing, and nothing that comes there meanwhile may be lost.
    Nothing,
    /// Whatever is there, whose permissions stay.
    Whatever(Option<Permissions>),
}

impl OutputFile {
    /// Begins the file at `path`; what is there already is only replaced with `force`.
    ///
    /// # Errors
    /// If something is there, or its folder cannot be written.
    pub fn new(path: &Path, force: bool) -> Result<Self, OutputError> {
        if is_device_name(path) {
            return Ok(Self { path: path.to_owned(), place: Place::Device(None) });
        }
        let target = follow(path);
        let found = fs::symlink_metadata(&target).ok();
        if found.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(OutputError::Kind { path: path.to_owned(), wanted: "file" });
        }
        if found.as_ref().is_some_and(|found| !found.is_file()) {
            return Ok(Self { path: target, place: Place::Device(None) });
        }
        if !force && found.is_some() {
            return Err(OutputError::Exists(path.to_owned()));
        }
        let permissions = found.map(|found| found.permissions());
        let unfinished = Unfinished::new(parent(&target)).map_err(io_error(path))?;
        let file = create(unfinished.path(), permissions.as_ref()).map_err(io_error(path))?;
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        let replaces = if force { Replaces::Whatever(permissions) } else { Replaces::Nothing };
        Ok(Self { path: target, place: Place::Beside { file, unfinished, replaces } })
    }

    /// Whether bytes that are appended cannot be taken back.
    pub fn is_device(&self) -> bool {
        matches!(self.place, Place::Device(_))
    }

    /// Appends to the file.
    ///
    /// # Errors
    /// If the disk is full, say.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.write_all(bytes).map_err(io_error(&self.path))
    }

    /// What went wrong when the file was written as a [`Write`].
    pub(crate) fn error(&self, error: std::io::Error) -> OutputError {
        io_error(&self.path)(error)
    }

    /// Whether nothing has been written to it.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.place {
            Place::Device(_) => false,
            Place::Beside { unfinished, .. } => {
                fs::metadata(unfinished.path()).map_or(true, |metadata| metadata.len() == 0)
            }
        }
    }

    /// Where the file is until it is complete, for others to write it.
    pub(crate) fn unfinished_path(&self) -> &Path {
        match &self.place {
            Place::Device(_) => &self.path,
            Place::Beside { unfinished, .. } => unfinished.path(),
        }
    }

    /// Where all that was written can be read, before it appears; nowhere if it went into a device.
    pub(crate) fn readable(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Device(_) => None,
            Place::Beside { unfinished, .. } => Some(unfinished.path().to_owned()),
        }
    }

    /// Makes the file appear.
    ///
    /// # Errors
    /// If writing fails, or another file has appeared in its place; then nothing is left behind.
    pub fn finish(self) -> Result<(), OutputError> {
        let Self { path, place } = self;
        let (file, unfinished, replaces) = match place {
            Place::Beside { file, unfinished, replaces } => (file, unfinished, replaces),
            Place::Device(mut file) => {
                return file.as_mut().map_or(Ok(()), Write::flush).map_err(io_error(&path));
            }
        };
        let file = file.into_inner().map_err(|error| io_error(&path)(error.into_error()))?;
        file.sync_all().map_err(io_error(&path))?;
        drop(file);
        match replaces {
            Replaces::Whatever(permissions) => {
                if let Some(permissions) = permissions {
                    // It was made with them as far as the umask allows; some file systems have none.
                    let _ = fs::set_permissions(unfinished.path(), permissions);
                }
                fs::rename(unfinished.path(), &path).map_err(io_error(&path))?;
            }
            Replaces::Nothing => appear(unfinished.path(), &path)?,
        }
        sync_folder(parent(&path));
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.place {
            Place::Beside { file, .. } => file.write(bytes),
            Place::Device(Some(file)) => file.write(bytes),
            Place::Device(device) => {
                let file = OpenOptions::new().write(true).open(&self.path)?;
                device.insert(BufWriter::with_capacity(BUFFER_BYTES, file)).write(bytes)
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.place {
            Place::Beside { file, .. } => file.flush(),
            Place::Device(file) => file.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

/// Creates a file that nobody may see who may not see the one that it replaces; without one, as the
/// umask says.
fn create(path: &Path, replaced: Option<&Permissions>) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        // Whatever it replaces, this process has to write it.
        options.mode(replaced.map_or(0o666, |replaced| replaced.mode() & 0o777 | 0o200));
    }
    #[cfg(not(unix))]
    let _ = replaced;
    options.open(path)
}

/// Moves a file to where no other is.
fn appear(unfinished: &Path, path: &Path) -> Result<(), OutputError> {
    let exists = |error: &std::io::Error| error.kind() == ErrorKind::AlreadyExists;
    match fs::hard_link(unfinished, path) {
        Ok(()) => return Ok(()),
        Err(error) if exists(&error) => return Err(OutputError::Exists(path.to_owned())),
        Err(_) => {}
    }
    // A file system without links: an empty file claims the name, and is replaced.
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(_) => {}
        Err(error) if exists(&error) => return Err(OutputError::Exists(path.to_owned())),
        Err(error) => return Err(io_error(path)(error)),
    }
    fs::rename(unfinished, path).map_err(|error| {
        let _ = fs::remove_file(path);
        io_error(path)(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, force: bool, bytes: &[u8]) -> Result<(), OutputError> {
        let mut file = OutputFile::new(path, force)?;
        file.append(bytes)?;
        file.finish()
    }

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
        assert!(matches!(write(&path, false, b"new"), Err(OutputError::Exists(_))));
        write(&path, true, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [file, link, loose] = ["file", "link", "loose"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
        symlink("file", &link).unwrap();
        symlink("absent", &loose).unwrap();
        assert!(matches!(write(&link, false, b"new"), Err(OutputError::Exists(_))));
        write(&link, true, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o400);
        write(&loose, false, b"there").unwrap();
        assert_eq!(fs::read(folder.path().join("absent")).unwrap(), b"there");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_into() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Neither looking at it nor giving it up is seen by its reader.
        assert!(OutputFile::new(&pipe, true).unwrap().is_device());
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read(pipe).unwrap())
        };
        write(&pipe, true, b"through").unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(!fs::symlink_metadata(&pipe).unwrap().is_file());
    }
}
