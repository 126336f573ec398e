//! What `encode` sends: a file, what comes through a pipe, or files and folders as an archive.

use super::exit::{Failure, stop};
use super::inputs::{is_stream, show};
use crate::container::Content;
use crate::media::archive::{ArchiveError, Packing, Sources};
use crate::media::{open_input, standard_input};
use crate::text::printable;
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The name of what is sent together and was in no folder that has one.
const FALLBACK_NAME: &str = "files";

/// What is to be sent.
pub(super) struct Input {
    pub(super) read: Box<dyn Read + Send>,
    /// 0 if that is not known.
    pub(super) size: u64,
    pub(super) name: Option<String>,
    pub(super) content: Content,
    /// When it was changed last, if it is a file.
    pub(super) changed: Option<SystemTime>,
    /// What of a folder is left out, and of how much that is a part.
    left_out: (Vec<String>, u64),
}

impl Input {
    /// Opens what is at these paths, to be sent under a name of its own or this one; `output` is no part
    /// of it.
    ///
    /// # Errors
    /// If it cannot be read, or not be sent together.
    pub(super) fn open(
        paths: &[PathBuf],
        name: Option<&str>,
        output: Option<&Path>,
    ) -> Result<Self, Failure> {
        let name = name.map(str::to_owned);
        match paths {
            [path] if is_stream(path) => Self::standard(name),
            [path] if path.is_dir() => {
                let name = name.map_or_else(|| last_name(path), |name| Ok(Some(name)))?;
                Self::archive(name, Sources::Folder(path.clone()), output)
            }
            [path] => Self::file(path, name),
            several => {
                let (sources, folder) = together(several)?;
                Self::archive(name.or(folder), sources, output)
            }
        }
    }

    fn standard(name: Option<String>) -> Result<Self, Failure> {
        if std::io::stdin().is_terminal() {
            let error = anyhow::anyhow!("standard input is a terminal");
            return Err(Failure::with_hint(error, "pipe data in, or name a file"));
        }
        Ok(Self::of(Box::new(standard_input(stop())), 0, name))
    }

    fn file(path: &Path, name: Option<String>) -> Result<Self, Failure> {
        let context = || format!("cannot read {}", show(path));
        let metadata = std::fs::metadata(path).with_context(context)?;
        let read = open_input(path, stop()).with_context(context)?;
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        // What a pipe is called says nothing about what comes through it.
        let file_name = file_name.filter(|_| metadata.is_file());
        let changed = metadata.modified().ok().filter(|_| metadata.is_file());
        Ok(Self { changed, ..Self::of(read, metadata.len(), name.or(file_name)) })
    }

    fn archive(
        name: Option<String>,
        sources: Sources,
        output: Option<&Path>,
    ) -> Result<Self, Failure> {
        let name = name.unwrap_or_else(|| FALLBACK_NAME.to_owned());
        let packing = Packing::new(&name, sources, output).map_err(refused)?;
        let (size, (left_out, count)) = (packing.length(), packing.left_out());
        let left_out = (left_out.to_vec(), count);
        let read = Box::new(packing.into_reader());
        Ok(Self { content: Content::Folder, left_out, ..Self::of(read, size, Some(name)) })
    }

    fn of(read: Box<dyn Read + Send>, size: u64, name: Option<String>) -> Self {
        let (content, changed, left_out) = (Content::File, None, (Vec::new(), 0));
        Self { read, size, name, content, changed, left_out }
    }

    /// What is left out, in words.
    pub(super) fn left_out(&self) -> Vec<String> {
        let (named, count) = &self.left_out;
        let line = |path: &String| format!("tilecast: left out: {path}");
        let more = count.saturating_sub(named.len() as u64);
        let more = (more > 0).then(|| format!("tilecast: left out: {more} more"));
        named.iter().map(line).chain(more).collect()
    }
}

/// The last name of a path; that of the folder itself for `.` and `..`; none for a whole disk.
///
/// # Errors
/// If it is not UTF-8: another one would be received.
fn last_name(path: &Path) -> Result<Option<String>, Failure> {
    let name = |path: &Path| path.file_name().map(OsStr::to_owned);
    let name = name(path).or_else(|| name(&path.canonicalize().ok()?));
    let name = name.map(OsString::into_string).transpose();
    let why = "is not UTF-8";
    name.map_err(|_| refused(ArchiveError::Name { path: show(path), why }))
}

/// Several paths under the names that they will have, and that of the folder which they are all in.
fn together(paths: &[PathBuf]) -> Result<(Sources, Option<String>), Failure> {
    let (mut sources, mut parents) = (BTreeMap::new(), BTreeSet::new());
    for path in paths {
        if is_stream(path) {
            let error = anyhow::anyhow!("standard input cannot be sent together with files");
            return Err(Failure::with_hint(error, "write it into a file"));
        }
        let context = || format!("cannot read {}", show(path));
        let place = path.canonicalize().with_context(context)?;
        let Some(name) = last_name(path)? else {
            return Err(anyhow::anyhow!("{} has no name to be sent under", show(path)).into());
        };
        let parent = match path.file_name().and(path.parent()) {
            None => place.parent().map(Path::to_owned),
            Some(parent) if parent.as_os_str().is_empty() => Path::new(".").canonicalize().ok(),
            Some(parent) => parent.canonicalize().ok(),
        };
        parents.insert(parent);
        if sources.insert(name.clone(), path.clone()).is_some() {
            let error = anyhow::anyhow!("two of what is sent have the name {}", printable(&name));
            return Err(Failure::with_hint(
                error,
                "send the folder that they are in, or rename one",
            ));
        }
    }
    let parent = parents.pop_first().flatten().filter(|_| parents.is_empty());
    // Nobody has named that one: it may as well have none.
    let name = parent.and_then(|parent| last_name(&parent).ok().flatten());
    Ok((Sources::Several(sources), name))
}

/// Why something cannot be sent, and what to do about it.
fn refused(error: ArchiveError) -> Failure {
    let hint = match &error {
        ArchiveError::Outside { .. } => {
            "remove it; or send what it leads to in its place: tar ch FOLDER | tilecast encode - -o DIR"
        }
        ArchiveError::Name { .. } => "give it another name",
        ArchiveError::Output(_) => "name another output",
        _ => return anyhow::Error::new(error).into(),
    };
    Failure::with_hint(error, hint)
}
