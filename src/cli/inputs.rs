//! Paths as they are typed to the pictures behind them.

use super::devices;
use super::exit::Failure;
use crate::capture::Pending;
use crate::media::Stop;
use crate::media::device::Device;
use crate::media::ffmpeg::{self, VideoInput};
use crate::media::live::LiveReader;
use crate::media::output::Streams;
use crate::media::sources::{
    Load, Source, Sources, file_captures, is_video, live_captures, pipe_captures,
    standard_captures, video_captures,
};
use crate::text::printable;
use anyhow::Context;
use std::collections::HashSet;
use std::fs::Metadata;
use std::io::{self, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders within folders that are looked into at most.
const MAX_DEPTH: usize = 32;

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
    /// Whether its file ends before it does.
    pub(super) cut: bool,
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

/// A capture as it is read, with where it came from.
pub(super) fn pending(source: Source) -> Pending<About, Load> {
    let Source { origin, number, follows, key, cut, load } = source;
    Pending { about: About { origin, number, key, cut }, follows, load }
}

/// What can be typed instead of a path for ffmpeg to read.
fn video_address(path: &Path) -> Option<VideoInput> {
    let text = path.to_str()?;
    let (scheme, _) = text.split_once("://")?;
    let known = scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    known.then(|| VideoInput::Address(text.to_owned()))
}

/// The captures that `paths` name: files, the files in folders and in the folders within them (by
/// name), addresses, pipes, standard input, or a screen or a camera, which is said unless it is to be
/// `quiet`.
///
/// # Errors
/// If a path does not exist, a folder cannot be read, standard input is named twice or a terminal,
/// a video is named and there is no ffmpeg, or a screen or a camera cannot be read.
pub(super) fn inputs(paths: &[PathBuf], quiet: bool) -> Result<Inputs, Failure> {
    let mut inputs = Inputs::default();
    for path in paths {
        if is_stream(path) {
            inputs.add_standard_input()?;
        } else if let Some(device) = devices::named(path)? {
            inputs.add_device(&device, path, quiet)?;
        } else if let Some(address) = video_address(path) {
            need_ffmpeg(path)?;
            inputs.addresses.push((address, show(path)));
        } else {
            inputs.add_path(path, quiet)?;
        }
    }
    Ok(inputs)
}

/// The captures in what is at a path, whatever its name looks like.
///
/// # Errors
/// As [`inputs`].
pub(super) fn input_at(path: &Path) -> Result<Inputs, Failure> {
    let mut inputs = Inputs::default();
    inputs.add_path(path, true)?;
    Ok(inputs)
}

/// Whether a path has wildcards; after what makes paths of Windows long, which has one as well.
fn is_pattern(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.strip_prefix(r"\\?\").unwrap_or(&text).contains(['*', '?'])
}

/// Says at once that a video cannot be read, instead of for each of its captures.
fn need_ffmpeg(path: &Path) -> Result<(), Failure> {
    let context = || format!("cannot read {}", show(path));
    ffmpeg::check().with_context(context).map_err(|error| {
        Failure::with_hint(error, "install ffmpeg: it decodes videos for this program")
    })
}

/// Tells a file from others and from what it was before: its path, length and time.
pub(super) fn file_key(file: &Path) -> Option<String> {
    let metadata = std::fs::metadata(file).ok()?;
    let time = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let path = std::path::absolute(file).ok()?;
    Some(format!("{} {} {}", path.display(), metadata.len(), time.as_nanos()))
}

/// Gives the files in a folder, by name, then those in the folders within it. What is hidden is not
/// meant, links to folders may lead anywhere, and what this process says would be read and something
/// said of it. Folders within that cannot be read go to `trouble`, and the others are read.
///
/// # Errors
/// If the folder itself cannot be read.
pub(super) fn files_in(
    folder: &Path,
    give: &mut dyn FnMut(PathBuf, Metadata),
    trouble: &mut dyn FnMut(PathBuf, io::Error),
) -> io::Result<()> {
    let streams = Streams::now();
    let mut give = |path, metadata| {
        if !streams.has(&metadata) {
            give(path, metadata);
        }
    };
    files_within(folder, MAX_DEPTH, &mut give, trouble)
}

fn files_within(
    folder: &Path,
    depth: usize,
    give: &mut dyn FnMut(PathBuf, Metadata),
    trouble: &mut dyn FnMut(PathBuf, io::Error),
) -> io::Result<()> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let entry = match entry {
            // It has gone, or is going.
            Err(error) if error.kind() == ErrorKind::NotFound => break,
            entry => entry?,
        };
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // Anything may go at any time.
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        match kind.is_dir() {
            true => folders.push(path),
            false => match std::fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => files.push((path, metadata)),
                _ => {}
            },
        }
    }
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    folders.sort();
    files.into_iter().for_each(|(path, metadata)| give(path, metadata));
    let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
    for folder in folders {
        match files_within(&folder, depth, give, trouble) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => trouble(folder, error),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Says that a folder within one that was named is not read.
pub(super) fn tell_unread(folder: &Path, error: &io::Error) {
    say!("tilecast: cannot read {}: {error}; left out", show(folder));
}

/// A screen or a camera that is read, and what its captures are said to be from.
struct Live {
    reader: LiveReader,
    origin: String,
    is_screen: bool,
}

/// Where captures come from.
#[derive(Default)]
pub(super) struct Inputs {
    files: Vec<PathBuf>,
    addresses: Vec<(VideoInput, String)>,
    /// A screen or a camera; one, since none ends before another could begin.
    live: Option<Live>,
    /// What is read once from its start: named pipes, what a shell puts in place of a command.
    pipes: Vec<PathBuf>,
    standard_input: bool,
}

impl Inputs {
    fn add_standard_input(&mut self) -> Result<(), Failure> {
        if std::mem::replace(&mut self.standard_input, true) {
            return Err(anyhow::anyhow!("standard input is given twice").into());
        }
        if std::io::stdin().is_terminal() {
            let error = anyhow::anyhow!("standard input is a terminal");
            return Err(Failure::with_hint(error, "pipe captures in, or name files or folders"));
        }
        Ok(())
    }

    /// Begins to read a screen or a camera.
    fn add_device(&mut self, device: &Device, path: &Path, quiet: bool) -> Result<(), Failure> {
        if self.live.is_some() {
            let error = anyhow::anyhow!("{} is a second screen or camera", show(path));
            return Err(Failure::with_hint(error, "one is read at a time"));
        }
        let reader = devices::open(device, quiet)?;
        let origin = show(path).trim_end_matches(':').to_owned();
        self.live = Some(Live { reader, origin, is_screen: matches!(device, Device::Screen(_)) });
        Ok(())
    }

    fn add_path(&mut self, path: &Path, quiet: bool) -> Result<(), Failure> {
        let context = || format!("cannot read {}", show(path));
        let metadata = match std::fs::metadata(path) {
            // What a shell, or this program, left as it was typed.
            Err(error)
                if is_pattern(path)
                    && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename) =>
            {
                return Err(anyhow::anyhow!("no file is called like {}", show(path)).into());
            }
            found => found.with_context(context)?,
        };
        if let Some(camera) = devices::at(path, &metadata) {
            return self.add_device(&camera, path, quiet);
        }
        if metadata.is_dir() {
            let before = self.files.len();
            let mut give = |file, _| self.files.push(file);
            let mut trouble = |folder: PathBuf, error| tell_unread(&folder, &error);
            files_in(path, &mut give, &mut trouble).with_context(context)?;
            if self.files.len() == before {
                say!("tilecast: there are no files in {}", show(path));
            }
        } else if !metadata.is_file() {
            self.pipes.push(path.to_owned());
        } else {
            if is_video(path).with_context(context)? {
                need_ffmpeg(path)?;
            }
            self.files.push(path.to_owned());
        }
        Ok(())
    }

    /// What captures of a screen or a camera, which has no end, are from, if there is one.
    pub(super) fn live_origin(&self) -> Option<String> {
        self.live.as_ref().map(|live| live.origin.clone())
    }

    /// Whether a screen is read.
    pub(super) fn is_screen(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.is_screen)
    }

    /// How many files there are; 0 if captures come from elsewhere too.
    pub(super) fn count(&self) -> u64 {
        let streams = !self.addresses.is_empty() || !self.pipes.is_empty() || self.standard_input;
        if streams || self.live.is_some() { 0 } else { self.files.len() as u64 }
    }

    /// Bytes of all files; `None` if captures come from elsewhere too.
    pub(super) fn bytes(&self) -> Option<u64> {
        let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |found| found.len());
        (self.count() > 0).then(|| self.files.iter().map(length).sum())
    }

    /// The captures: those of files first, but for those whose key is `done`. What is silent ends with
    /// `stop`.
    pub(super) fn into_captures(
        self,
        done: HashSet<String>,
        stop: &Stop,
    ) -> impl Iterator<Item = Pending<About, Load>> + Send + use<> {
        let stops = [(); 4].map(|()| stop.clone());
        let [of_files, of_addresses, of_pipes, of_standard] = stops;
        let files = self.files.into_iter().flat_map(move |file| {
            let key = file_key(&file);
            if key.as_ref().is_some_and(|key| done.contains(key)) {
                return Box::new(std::iter::empty()) as Sources;
            }
            file_captures(&file, &show(&file), key, &of_files)
        });
        let addresses = self.addresses.into_iter();
        let addresses = addresses
            .flat_map(move |(input, origin)| video_captures(&input, &origin, &of_addresses));
        // Not before its turn: it may take its time to say what it is.
        let pipes = self.pipes.into_iter();
        let pipes = pipes.flat_map(move |path| pipe_captures(&path, &show(&path), &of_pipes));
        let standard = self.standard_input.then_some(()).into_iter();
        let standard = standard.flat_map(move |()| standard_captures("-", &of_standard));
        let live = self.live.into_iter();
        let live = live.flat_map(|Live { reader, origin, .. }| live_captures(reader, &origin));
        files.chain(addresses).chain(pipes).chain(standard).chain(live).map(pending)
    }
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
