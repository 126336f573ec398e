//! Output that is there whole or not at all: made beside its place under another name, moved there
//! when it is complete and on the disk.

mod file;
mod folder;
mod tree;
mod unfinished;

pub use file::OutputFile;
pub use folder::OutputFolder;
pub use tree::OutputTree;
pub(crate) use unfinished::is_unfinished;

use super::ffmpeg::FfmpegError;
use std::fs;
use std::path::{Path, PathBuf};

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
