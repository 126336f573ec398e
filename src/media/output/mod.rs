//! Output that is there whole or not at all: made beside its place under another name, moved there
//! when it is complete and on the disk.

mod file;
mod folder;
mod known;
mod tree;
mod unfinished;

pub use file::OutputFile;
pub use folder::OutputFolder;
pub(crate) use known::{RECEIVED, Streams, place};
pub use tree::OutputTree;
pub(crate) use unfinished::is_unfinished;

use super::ffmpeg::FfmpegError;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf, Prefix};

/// Links that are followed at most, as the system does.
const MAX_LINKS: usize = 40;

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
        if is_closed(&error) { Self::StdoutClosed } else { Self::Stdout(error) }
    }
}

/// Whether an error says that nobody is at the other end of a pipe any more.
fn is_closed(error: &std::io::Error) -> bool {
    // What Windows says of named pipes, as which some shells give out theirs.
    const PIPE_NOT_CONNECTED: i32 = 233;
    error.kind() == ErrorKind::BrokenPipe
        || cfg!(windows) && error.raw_os_error() == Some(PIPE_NOT_CONNECTED)
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> OutputError + '_ {
    |source| OutputError::Io { path: path.to_owned(), source }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether an error says that a folder cannot be moved to `path` for what is there: a folder with
/// something in it, or none.
fn is_occupied(error: &std::io::Error, path: &Path) -> bool {
    match error.kind() {
        ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists | ErrorKind::NotADirectory => true,
        // All that Windows says of it.
        ErrorKind::PermissionDenied => cfg!(windows) && path.exists(),
        _ => false,
    }
}

/// Whether Windows takes a path for a device's: `NUL` in any folder, `COM1`, `\\.\pipe\name`. What is at
/// such a path cannot be asked for.
fn is_device_name(path: &Path) -> bool {
    let Ok(whole) = std::path::absolute(path) else { return false };
    let first = whole.components().next();
    let is_drive = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(':');
    matches!(first, Some(Component::Prefix(prefix))
        if matches!(prefix.kind(), Prefix::DeviceNS(name) if !is_drive(name)))
}

/// What a path means, links followed: also one to something that is not there yet.
fn follow(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = parent(&path).join(target);
    }
    path
}

/// Makes what has happened to the names in a folder outlive the power, where that can be asked for.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices_are_names_of_files_but_on_windows() {
        for name in ["NUL", "folder/nul", "COM1", r"\\.\pipe\name"] {
            assert_eq!(is_device_name(Path::new(name)), cfg!(windows), "{name}");
        }
        for name in ["NULL", "frames", "COM1x/a.png", r"\\.\C:\a.png", r"\\?\C:\a.png", "C:a"] {
            assert!(!is_device_name(Path::new(name)), "{name}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn whatever_windows_says_of_a_pipe_without_a_reader_is_no_error() {
        for code in [109, 232, 233] {
            let error = OutputError::stdout(std::io::Error::from_raw_os_error(code));
            assert!(matches!(error, OutputError::StdoutClosed), "{code}: {error:?}");
        }
        let full = OutputError::stdout(std::io::Error::from_raw_os_error(112));
        assert!(matches!(full, OutputError::Stdout(_)));
    }

    #[cfg(windows)]
    #[test]
    fn devices_are_written_into() {
        use std::io::Write;
        let nothing = Path::new("NUL");
        let mut file = OutputFile::new(nothing, false).unwrap();
        assert!(file.is_device());
        file.write_all(b"gone").unwrap();
        file.finish().unwrap();
        assert!(matches!(OutputFolder::new(nothing, true), Err(OutputError::Kind { .. })));
    }
}
