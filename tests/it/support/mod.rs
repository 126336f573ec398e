//! Working folders, the command under test, seeded data, small pictures.

pub mod archive;
#[cfg(unix)]
pub mod browser;
#[cfg(unix)]
pub mod cdp;
#[cfg(unix)]
pub mod firefox;
pub mod pdf;
pub mod printed;
#[cfg(unix)]
pub mod server;
#[cfg(unix)]
pub mod tab;

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tilecast::capture::Reader;
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::{Effort, encode_png};
use tilecast::outer::Packet;
use tilecast::prng::SplitMix64;
use tilecast::raster::Picture;
use tilecast::reading::{Capture, OwnReading, Reading};
use tilecast::receive::{Received, Receiver};
use tilecast::send::{Outgoing, OwnOptions, OwnTransfer, Selection, SendError, Stream, deliver};
use tilecast::text::with_causes;

/// A folder of its own for each test, removed at its end.
pub struct Workdir(TempDir);

impl Workdir {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The command, run in this folder.
    pub fn tilecast(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("tilecast").unwrap();
        command.current_dir(self.0.path()).args(args);
        command
    }

    /// Names in a folder, sorted.
    pub fn list(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path(name))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Incompressible bytes.
pub fn random_bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut prng = SplitMix64::new(seed);
    (0..length).map(|_| prng.next_u64() as u8).collect()
}

/// Bytes as text, two digits each.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compressible bytes.
pub fn text(length: usize, seed: u64) -> Vec<u8> {
    let words = ["tile", "frame", "packet", "codeword", "pilot", "symbol", "capture", "\n"];
    let mut prng = SplitMix64::new(seed);
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        text.push_str(words[(prng.next_u64() % 8) as usize]);
        text.push(' ');
    }
    text.truncate(length);
    text.into_bytes()
}

/// A file and its frames, as PNG files in memory.
pub fn encode(file: &[u8], choice: &FormatChoice, redundancy: f64) -> (OwnTransfer, Vec<Vec<u8>>) {
    let stream = Stream::in_memory(file, Some("file".into())).unwrap();
    let options = OwnOptions { redundancy: redundancy.into(), caption: false };
    let mut transfer = OwnTransfer::new(stream, choice.tables().unwrap(), options).unwrap();
    let frames = pngs(&mut transfer, 2);
    (transfer, frames)
}

/// All frames of a transfer as PNG files, drawn on so many threads.
pub fn pngs(transfer: &mut dyn Outgoing, threads: usize) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let png = |frame: &_| encode_png(frame, Effort::Fast);
    deliver(transfer, &Selection::default(), threads, png, |number, png| {
        assert_eq!(number, frames.len() as u64);
        frames.push(png.to_vec());
        Ok::<_, SendError>(())
    })
    .unwrap();
    frames
}

/// Reads one picture.
pub fn read(picture: &Picture) -> Capture {
    Reader::default().read(picture).swap_remove(0)
}

/// What was read of a frame of our own; `None` if there was none.
pub fn own(capture: &Capture) -> Option<&OwnReading> {
    match &capture.reading {
        Some(Reading::Own(reading)) => Some(reading),
        _ => None,
    }
}

/// The packets that a capture gave.
pub fn packets(capture: &Capture) -> Vec<Packet> {
    own(capture).map_or_else(Vec::new, |reading| reading.packets.clone())
}

/// A transfer's file; or why there is none, in words.
pub fn file(transfer: &mut Received<'_>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut file = transfer.open().map_err(|error| with_causes(&error))?;
    while let Some(piece) = file.next_piece().map_err(|error| with_causes(&error))? {
        bytes.extend(piece);
    }
    Ok(bytes)
}

/// The file of the first transfer that is complete.
pub fn complete(receiver: &mut Receiver) -> Option<Vec<u8>> {
    receiver.complete().map(|mut transfer| file(&mut transfer).unwrap())
}

pub fn choice(profile: Profile, side: usize) -> FormatChoice {
    FormatChoice::new(profile, (side, side))
}

/// Black and white, in tiles that any camera sees.
pub fn poster(size: (usize, usize)) -> FormatChoice {
    let (tile, rate) = (Some(8), Some(0.5));
    FormatChoice { tile, rate, ..FormatChoice::new(Profile::Print, size) }
}

/// A picture whose pixels are `f(x, y)`.
pub fn picture(width: usize, height: usize, f: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
    let rgb = (0..width * height).flat_map(|i| f(i % width, i / width)).collect();
    Picture::from_rgb(width, height, rgb).unwrap()
}

/// The path of something in the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
