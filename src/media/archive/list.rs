//! What there is to be packed.

use super::ArchiveError;
use super::tree::{TOP, Tree};
use crate::media::output::{RECEIVED, Streams, is_unfinished, place};
use crate::text::printable;
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// What is named of what is left out.
const NAMED: usize = 8;

/// What is to be packed.
#[derive(Clone, Debug)]
pub enum Sources {
    /// What is in a folder.
    Folder(PathBuf),
    /// Files and folders, each under a name.
    Several(BTreeMap<String, PathBuf>),
}

impl Sources {
    /// Where something is that has this path in the archive.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(path),
            Self::Several(paths) => {
                let (name, rest) = path.split_once('/').unwrap_or((path, ""));
                let source = paths.get(name).cloned().unwrap_or_default();
                if rest.is_empty() { source } else { source.join(rest) }
            }
        }
    }
}

/// What has been listed.
pub(super) struct Listing {
    output: Option<PathBuf>,
    streams: Streams,
    pub(super) tree: Tree,
    /// What is left out, and why: some of it.
    pub(super) left_out: Vec<String>,
    pub(super) left_out_count: u64,
}

impl Listing {
    /// Lists what is in the sources, but for the `output` and what standard output and error go to.
    pub(super) fn new(sources: &Sources, output: Option<&Path>) -> Result<Self, ArchiveError> {
        let (tree, left_out) = Default::default();
        let output = output.map(place);
        let mut listing =
            Self { output, streams: Streams::now(), tree, left_out, left_out_count: 0 };
        match sources {
            Sources::Folder(folder) => listing.list(folder, TOP)?,
            Sources::Several(paths) => {
                for (name, path) in paths {
                    listing.add_source(name, path)?;
                }
            }
        }
        Ok(listing)
    }

    /// Adds what somebody named: links are followed.
    fn add_source(&mut self, name: &str, path: &Path) -> Result<(), ArchiveError> {
        let found = fs::metadata(path).map_err(unreadable(path))?;
        if found.is_dir() {
            let number = self.tree.add_folder(TOP, name)?;
            self.list(path, number)
        } else if self.output == Some(place(path)) || self.streams.has(&found) {
            Err(ArchiveError::Output(path.to_owned()))
        } else if found.is_file() {
            self.tree.add_file(TOP, name, found.len(), is_executable(&found))
        } else {
            Err(ArchiveError::Kind(path.to_owned()))
        }
    }

    /// Adds what is in a folder that somebody named.
    fn list(&mut self, folder: &Path, number: usize) -> Result<(), ArchiveError> {
        let folder = fs::canonicalize(folder).map_err(unreadable(folder))?;
        if self.output.as_ref() == Some(&folder) {
            return Err(ArchiveError::Output(folder));
        }
        self.add_all(&folder, number)
    }

    /// Adds what is in a folder whose path has no links in it.
    fn add_all(&mut self, folder: &Path, number: usize) -> Result<(), ArchiveError> {
        for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
            let entry = entry.map_err(unreadable(folder))?;
            let (path, name) = (entry.path(), entry.file_name());
            let Some(name) = name.to_str() else {
                let path = printable(&path.to_string_lossy());
                return Err(ArchiveError::Name { path, why: "is not UTF-8" });
            };
            if is_unfinished(name) {
                continue;
            }
            let found = fs::symlink_metadata(&path).map_err(unreadable(&path))?;
            if self.output.as_ref() == Some(&path) || self.streams.has(&found) {
                self.leave_out(&path, "is written meanwhile");
            } else if found.is_file() && name.starts_with(RECEIVED) {
                self.leave_out(&path, "is what a run has received");
            } else if found.is_dir() {
                let number = self.tree.add_folder(number, name)?;
                self.add_all(&path, number)?;
            } else if found.is_file() {
                self.tree.add_file(number, name, found.len(), is_executable(&found))?;
            } else if found.is_symlink() {
                let target = fs::read_link(&path).map_err(unreadable(&path))?;
                let Some(target) = target.to_str() else {
                    let path = printable(&path.to_string_lossy());
                    return Err(ArchiveError::Name { path, why: "leads to one that is not UTF-8" });
                };
                let target =
                    if cfg!(windows) { target.replace('\\', "/") } else { target.to_owned() };
                self.tree.add_link(number, name, target)?;
            } else {
                self.leave_out(&path, "is no file, folder or link");
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &Path, why: &str) {
        self.left_out_count += 1;
        if self.left_out.len() < NAMED {
            let path = printable(&path.to_string_lossy());
            self.left_out.push(format!("{path}, which {why}"));
        }
    }
}

pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError + '_ {
    |source| ArchiveError::Read { path: path.to_owned(), source }
}

#[cfg(unix)]
fn is_executable(found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    found.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}
