//! Paths as they are typed to the pictures behind them.

use super::exit::Failure;
use crate::pipeline::receive::Source;
use crate::raster::{decode_picture, read_picture, split_stream};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Whether a path means standard input or output.
pub fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A path as text for messages, without control characters.
pub fn show(path: &Path) -> String {
    path.display().to_string().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The captures that `paths` name: files, the files in folders (by name), or standard input.
///
/// # Errors
/// If a path does not exist, a folder cannot be read, or standard input is named twice.
pub fn sources(paths: &[PathBuf]) -> Result<Sources, Failure> {
    if paths.iter().filter(|path| is_stream(path)).count() > 1 {
        return Err(anyhow::anyhow!("standard input is given twice").into());
    }
    let mut files = Vec::new();
    let mut stream = false;
    for path in paths {
        if is_stream(path) {
            stream = true;
            continue;
        }
        let context = || format!("cannot read {}", show(path));
        let metadata = std::fs::metadata(path).with_context(context)?;
        if !metadata.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).with_context(context)? {
            let entry = entry.with_context(context)?.path();
            if entry.is_file() {
                inside.push(entry);
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(Sources { files, stream })
}

/// Tells a file from others and from what it was before: its path, length and time.
fn file_key(file: &Path) -> Option<String> {
    let metadata = std::fs::metadata(file).ok()?;
    let time = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let path = std::path::absolute(file).ok()?;
    Some(format!("{} {} {}", path.display(), metadata.len(), time.as_nanos()))
}

/// Captures to be read.
pub struct Sources {
    files: Vec<PathBuf>,
    stream: bool,
}

impl Sources {
    /// How many there are; 0 if that is not known.
    pub fn count(&self) -> u64 {
        if self.stream { 0 } else { self.files.len() as u64 }
    }

    /// The captures, files first.
    pub fn into_captures(self) -> impl Iterator<Item = Source> + Send {
        let files = self.files.into_iter().map(|file| Source {
            path: show(&file),
            key: file_key(&file),
            load: Box::new(move || read_picture(&file)),
        });
        let mut input = self.stream.then(|| std::io::BufReader::new(std::io::stdin()));
        let mut number = 0;
        let stream = std::iter::from_fn(move || {
            let next = split_stream(input.as_mut()?);
            number += 1;
            let path = format!("-:{number}");
            match next {
                Ok(None) => None,
                Ok(Some(bytes)) => {
                    let load = Box::new(move || decode_picture(&bytes));
                    Some(Source { path, key: None, load })
                }
                Err(error) => {
                    // Nobody knows where the next picture would begin.
                    input = None;
                    Some(Source { path, key: None, load: Box::new(move || Err(error)) })
                }
            }
        });
        files.chain(stream)
    }
}
