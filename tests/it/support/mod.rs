//! Working folders, the command under test, seeded data, small pictures.

#[cfg(unix)]
pub mod browser;

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;
use tilecast::pipeline::profile::{FormatChoice, FrameFormat, Profile};
use tilecast::pipeline::selection::Selection;
use tilecast::pipeline::send::{Drawing, Prepared, Transfer};
use tilecast::prng::SplitMix64;
use tilecast::raster::{Effort, IndexedFrame, Picture, write_frame};

pub const PROFILES: [(&str, Profile); 6] = [
    ("robust", Profile::Robust),
    ("standard", Profile::Standard),
    ("dense", Profile::Dense),
    ("ultra", Profile::Ultra),
    ("lossless", Profile::Lossless),
    ("print", Profile::Print),
];

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

/// A file's frames, as PNG files in memory.
pub fn encode(file: &[u8], choice: &FormatChoice, redundancy: f64) -> (Transfer, Vec<Vec<u8>>) {
    let format = FrameFormat::new(choice).unwrap();
    let prepared = Prepared::new(file, Some("file".into()), 3, 2, |_| Ok(())).unwrap();
    let mut transfer = Transfer::new(prepared, format, redundancy).unwrap();
    let mut frames = Vec::new();
    transfer
        .frames(&drawing(2), png, |_, png| {
            frames.push(png);
            Ok(())
        })
        .unwrap();
    (transfer, frames)
}

/// All frames, on so many threads.
pub fn drawing(threads: usize) -> Drawing<'static> {
    static ALL: LazyLock<Selection> = LazyLock::new(Selection::default);
    Drawing { threads, caption: None, only: &ALL }
}

/// A frame as a PNG file.
pub fn png(frame: IndexedFrame) -> std::io::Result<Vec<u8>> {
    let mut png = Vec::new();
    write_frame(&frame, Effort::Fast, &mut png)?;
    Ok(png)
}

pub fn choice(profile: Profile, side: usize) -> FormatChoice {
    FormatChoice { profile, size: (side, side), tile: None, rate: None, bands: 1 }
}

/// A picture whose pixels are `f(x, y)`.
pub fn picture(width: usize, height: usize, f: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
    let rgb = (0..width * height).flat_map(|i| f(i % width, i / width)).collect();
    Picture::new(width, height, rgb).unwrap()
}

/// The path of something in the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
