//! Where `decode` writes files.

use super::exit::Failure;
use super::inputs::{is_stream, show};
use crate::container::{FALLBACK_NAME, safe_name};
use crate::media::output::OutputFile;
use anyhow::Context;
use std::io::IsTerminal;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// Where files go.
pub(super) enum Destination {
    /// Under the names that were sent.
    Folder(PathBuf),
    /// To a name of its own.
    File(PathBuf),
    /// To standard output.
    Stream,
}

impl Destination {
    /// What `-o` means; without it, the current folder.
    ///
    /// # Errors
    /// If something is in the way.
    pub(super) fn new(output: Option<&Path>, force: bool) -> Result<Self, Failure> {
        let Some(path) = output else { return Ok(Self::Folder(PathBuf::from("."))) };
        if is_stream(path) {
            if std::io::stdout().is_terminal() {
                let error = anyhow::anyhow!("standard output is a terminal");
                return Err(Failure::with_hint(error, "redirect it, or name a file with -o"));
            }
            return Ok(Self::Stream);
        }
        let ends_like_folder = path.as_os_str().to_string_lossy().ends_with(['/', MAIN_SEPARATOR]);
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if ends_like_folder {
            let context = || format!("cannot create {}", show(path));
            std::fs::create_dir_all(path).with_context(context)?;
            return Ok(Self::Folder(path.to_owned()));
        }
        // Better now than after reading a thousand captures.
        OutputFile::new(path, force)?;
        Ok(Self::File(path.to_owned()))
    }

    /// Whether one file was asked for, and not several.
    pub(super) fn is_one_file(&self) -> bool {
        !matches!(self, Self::Folder(_))
    }

    /// The file for a transfer whose file had this name; `None` for standard output.
    pub(super) fn path(&self, sent_name: Option<&str>) -> Option<PathBuf> {
        match self {
            Self::Stream => None,
            Self::File(path) => Some(path.clone()),
            Self::Folder(folder) => {
                Some(folder.join(safe_name(sent_name.unwrap_or(FALLBACK_NAME))))
            }
        }
    }
}
