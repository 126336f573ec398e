//! Paths as they are typed to the pictures behind them.

use super::exit::Failure;
use crate::capture::Pending;
use crate::media::ffmpeg::{self, VideoInput};
use crate::media::sources::{
    Load, Source, Sources, file_captures, stream_captures, video_captures,
};
use crate::media::{FRONT_BYTES, Kind};
use crate::text::printable;
use anyhow::Context;
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether a path means standard input or output.
pub(super) fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A path as text for messages.
pub(super) fn show(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// Where a capture came from.
pub(super) struct About {
    /// What it is part of: the name of a file, say.
    origin: Arc<str>,
    /// Its number there, from 1, if it is one of many that follow each other in time.
    number: Option<u64>,
    /// What tells the capture from others in later runs, if anything does.
    pub(super) key: Option<String>,
}

impl About {
    /// The capture's name in reports.
    pub(super) fn path(&self) -> String {
        match self.number {
            Some(number) => format!("{}:{number}", self.origin),
            None => self.origin.to_string(),
        }
    }

    /// The video or stream that it is from.
    pub(super) fn video(&self) -> Option<&Arc<str>> {
        self.number.map(|_| &self.origin)
    }
}

fn pending(source: Source) -> Pending<About, Load> {
    let Source { origin, number, key, load } = source;
    Pending { about: About { origin, number, key }, follows: number.is_some(), load }
}

/// What can be typed instead of a path for ffmpeg to read.
fn video_address(path: &Path) -> Option<VideoInput> {
    let text = path.to_str()?;
    let (scheme, _) = text.split_once("://")?;
    let known = scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    known.then(|| VideoInput::Address(text.to_owned()))
}

/// The captures that `paths` name: files, the files in folders (by name), addresses and cameras,
/// or standard input.
///
/// # Errors
/// If a path does not exist, a folder cannot be read, standard input is named twice, or a video
/// is named and there is no ffmpeg.
pub(super) fn inputs(paths: &[PathBuf]) -> Result<Inputs, Failure> {
    if paths.iter().filter(|path| is_stream(path)).count() > 1 {
        return Err(anyhow::anyhow!("standard input is given twice").into());
    }
    let mut inputs = Inputs::default();
    for path in paths {
        if is_stream(path) {
            inputs.stream = true;
        } else if let Some(address) = video_address(path) {
            need_ffmpeg(path)?;
            inputs.cameras.push((address, show(path)));
        } else {
            inputs.add_path(path)?;
        }
    }
    Ok(inputs)
}

/// Says at once that a video cannot be read, instead of for each of its captures.
fn need_ffmpeg(path: &Path) -> Result<(), Failure> {
    let context = || format!("cannot read {}", show(path));
    ffmpeg::check().with_context(context).map_err(|error| {
        Failure::with_hint(error, "install ffmpeg 5.1 or newer: it decodes videos for this program")
    })
}

/// Tells a file from others and from what it was before: its path, length and time.
fn file_key(file: &Path) -> Option<String> {
    let metadata = std::fs::metadata(file).ok()?;
    let time = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let path = std::path::absolute(file).ok()?;
    Some(format!("{} {} {}", path.display(), metadata.len(), time.as_nanos()))
}

/// Where captures come from.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    files: Vec<PathBuf>,
    cameras: Vec<(VideoInput, String)>,
    stream: bool,
}

impl Inputs {
    fn add_path(&mut self, path: &Path) -> Result<(), Failure> {
        let context = || format!("cannot read {}", show(path));
        let metadata = std::fs::metadata(path).with_context(context)?;
        if metadata.is_dir() {
            let mut inside = Vec::new();
            for entry in std::fs::read_dir(path).with_context(context)? {
                let entry = entry.with_context(context)?.path();
                if entry.is_file() {
                    inside.push(entry);
                }
            }
            inside.sort();
            self.files.extend(inside);
        } else if cfg!(target_os = "linux") && path.starts_with("/dev") && !metadata.is_file() {
            need_ffmpeg(path)?;
            self.cameras.push((VideoInput::Device(path.into()), show(path)));
        } else {
            if is_video(path).with_context(context)? {
                need_ffmpeg(path)?;
            }
            self.files.push(path.to_owned());
        }
        Ok(())
    }

    /// How many files there are; 0 if captures come from elsewhere too.
    pub(super) fn count(&self) -> u64 {
        if self.stream || !self.cameras.is_empty() { 0 } else { self.files.len() as u64 }
    }

    /// The captures: those of files first, but for those whose key is `done`.
    pub(super) fn into_captures(
        self,
        done: HashSet<String>,
    ) -> impl Iterator<Item = Pending<About, Load>> + Send {
        let files = self.files.into_iter().flat_map(move |file| {
            let key = file_key(&file);
            if key.as_ref().is_some_and(|key| done.contains(key)) {
                return Box::new(std::iter::empty()) as Sources;
            }
            file_captures(&file, &show(&file), key)
        });
        let cameras = self.cameras.into_iter();
        let cameras = cameras.flat_map(|(input, origin)| video_captures(&input, &origin));
        // Not before its turn: it may take its time to say what it is.
        let stream = self.stream.then_some(()).into_iter();
        let stream = stream.flat_map(|()| stream_captures(std::io::stdin(), "-"));
        files.chain(cameras).chain(stream).map(pending)
    }
}

fn is_video(path: &Path) -> std::io::Result<bool> {
    let mut front = Vec::new();
    std::fs::File::open(path)?.take(FRONT_BYTES).read_to_end(&mut front)?;
    Ok(Kind::of(&front) == Kind::Video)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        for (text, is_address) in [
            ("rtsp://camera/stream", true),
            ("http://10.0.0.2:8080/video", true),
            ("photos/a.jpg", false),
            ("C://photos", false),
            ("a b://c", false),
        ] {
            assert_eq!(video_address(Path::new(text)).is_some(), is_address, "{text}");
        }
    }
}
