//! Where `encode` writes: what `-o` means, and what else that output can be told.

use super::args::EncodeArgs;
use super::exit::Failure;
use super::kinds::{Kind, check_options};
use crate::format::{HOST_SCREEN, Profile};
use crate::media::output::{OutputFile, OutputFolder};
use crate::media::paper::Paper;
use crate::media::sinks::{
    Address, FolderSink, FrameSink, Playback, StreamKind, StreamSink, VideoSink,
};
use crate::outline::Outline;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Frames a second of animations.
const DEFAULT_FPS: u32 = 15;
/// Frames a second of videos that are encoded again, at 2.5 Mbit/s.
const HOST_FPS: u32 = 6;

/// What `-o` and its options ask for.
pub(super) struct OutputConfig {
    kind: Kind,
    path: PathBuf,
    force: bool,
    fps: u32,
    loops: Option<u32>,
    receiver: Option<Address>,
    /// Width and height of the pictures of a video, if its frames are for a screen.
    screen: Option<(usize, usize)>,
}

impl OutputConfig {
    /// Checks what was typed.
    ///
    /// # Errors
    /// If an option does not go with the output.
    pub(super) fn new(args: &EncodeArgs) -> Result<Self, Failure> {
        let kind = Kind::of(args);
        check_options(args, kind)?;
        let (path, force, loops) = (args.output.clone(), args.common.force, args.loops);
        let receiver = args.receiver_url.as_deref().and_then(Address::new);
        let for_host = args.profile == Some(Profile::Host);
        let fps = args.fps.unwrap_or(if for_host { HOST_FPS } else { DEFAULT_FPS });
        let whole = (for_host && args.size.is_none()).then_some(HOST_SCREEN);
        let screen = args.screen.or(whole);
        Ok(Self { kind, path, force, fps, loops, receiver, screen })
    }

    /// The file or folder that is written; none for standard output.
    pub(super) fn path(&self) -> Option<&Path> {
        (!self.kind.is_stdout()).then_some(&self.path)
    }

    /// Whether frames follow each other by themselves, however fast a camera is.
    pub(super) fn moves(&self) -> bool {
        self.kind.moves()
    }

    /// Whether frames go on pages for a printer.
    pub(super) fn is_paper(&self) -> bool {
        self.kind.is_paper()
    }

    /// The stream that is written.
    fn stream(
        &self,
        outline: &Outline,
        shown: u64,
        paper: Option<Paper>,
    ) -> Result<StreamKind, Failure> {
        Ok(match (self.kind, paper) {
            (Kind::Pdf | Kind::PdfStream, Some(paper)) => StreamKind::Paper(Box::new(paper)),
            (Kind::Apng, _) => StreamKind::Apng,
            (Kind::Gif, _) => StreamKind::Gif,
            (Kind::Page, _) => StreamKind::Page(Box::new((outline.clone(), self.receiver.clone()))),
            (Kind::Y4m | Kind::Y4mStream, _) => StreamKind::Y4m,
            (Kind::Picture, _) if shown > 1 => {
                let error = anyhow::anyhow!("there are {shown} frames, a .png file holds one");
                let hint = "--animate makes it an animation; or give a folder, or a denser profile";
                return Err(Failure::with_hint(error, hint));
            }
            (_, paper) => StreamKind::Png { printed: paper.is_some() },
        })
    }
}

/// Where frames go, reserved before the work begins.
pub(super) struct Target<'a> {
    config: &'a OutputConfig,
    reserved: Reserved,
}

enum Reserved {
    Folder(OutputFolder),
    File(OutputFile),
    Stdout,
}

impl<'a> Target<'a> {
    /// Reserves the output.
    ///
    /// # Errors
    /// If something is in the way.
    pub(super) fn reserve(config: &'a OutputConfig) -> Result<Self, Failure> {
        let (path, force) = (config.path.as_path(), config.force);
        let reserved = match config.kind {
            kind if kind.is_stdout() => {
                if std::io::stdout().is_terminal() {
                    let error = anyhow::anyhow!("standard output is a terminal");
                    return Err(Failure::with_hint(error, "redirect it, or name a folder with -o"));
                }
                Reserved::Stdout
            }
            Kind::Folder => Reserved::Folder(OutputFolder::new(path, force)?),
            _ => Reserved::File(OutputFile::new(path, force)?),
        };
        Ok(Self { config, reserved })
    }

    /// How often frames are to be given to it; `None`: until nobody takes them any more.
    pub(super) fn passes(&self) -> Option<u32> {
        match self.config.loops {
            _ if self.config.kind.loops_itself() => Some(1),
            Some(0) => None,
            loops => Some(loops.unwrap_or(1)),
        }
    }

    /// Begins, now that it is known what comes: `shown` frames like these, maybe on paper.
    ///
    /// # Errors
    /// If that is not what the output can hold, or writing fails.
    pub(super) fn begin(
        self,
        outline: &Outline,
        shown: u64,
        paper: Option<Paper>,
    ) -> Result<Box<dyn FrameSink>, Failure> {
        let OutputConfig { kind, fps, loops, screen, .. } = *self.config;
        let playback = Playback { fps, plays: loops.unwrap_or(0), shown, screen };
        let size = outline.size;
        Ok(match (self.reserved, kind) {
            (Reserved::Folder(folder), _) => {
                Box::new(FolderSink::new(folder, outline.frames, paper.is_some()))
            }
            (Reserved::File(file), Kind::Video(container)) => {
                Box::new(VideoSink::new(file, container, outline, &playback)?)
            }
            (Reserved::File(file), _) => {
                let stream = self.config.stream(outline, shown, paper)?;
                Box::new(StreamSink::file(file, &stream, size, &playback)?)
            }
            (Reserved::Stdout, _) => {
                let stream = self.config.stream(outline, shown, paper)?;
                Box::new(StreamSink::stdout(&stream, size, &playback)?)
            }
        })
    }
}
