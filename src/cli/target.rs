//! Where `encode` writes: what `-o` means, and what else that output can be told.

use super::args::{EncodeArgs, StreamFormat};
use super::exit::Failure;
use super::inputs::is_stream;
use crate::pipeline::delivery::{
    ApngSink, FolderSink, FrameSink, GifSink, Outline, PageSink, StreamSink, VideoSink,
};
use crate::pipeline::ffmpeg::{self, Container};
use crate::pipeline::output::{OutputError, OutputFile, OutputFolder};
use std::io::IsTerminal;

/// Frames a second of animations.
const DEFAULT_FPS: u32 = 15;
/// Viewers show GIF files that are faster than this far slower.
const MAX_GIF_FPS: u32 = 50;

/// Kinds of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Folder,
    Picture,
    PngStream,
    Y4mStream,
    Y4m,
    Apng,
    Gif,
    Page,
    Video(Container),
}

impl Kind {
    fn of(args: &EncodeArgs) -> Self {
        let path = &args.output;
        if is_stream(path) {
            return match args.output_format {
                Some(StreamFormat::Y4m) => Self::Y4mStream,
                _ => Self::PngStream,
            };
        }
        let Some(extension) = path.extension().filter(|_| !path.is_dir()) else {
            return Self::Folder;
        };
        match extension.to_string_lossy().to_ascii_lowercase().as_str() {
            "png" if args.animate => Self::Apng,
            "png" => Self::Picture,
            "apng" => Self::Apng,
            "gif" => Self::Gif,
            "html" | "htm" => Self::Page,
            "y4m" => Self::Y4m,
            _ => Container::of_extension(extension).map_or(Self::Folder, Self::Video),
        }
    }

    /// Whether it shows frames at a speed of its own.
    fn moves(self) -> bool {
        !matches!(self, Self::Folder | Self::Picture | Self::PngStream)
    }

    /// Whether it says itself how often frames are to be shown; others hold them that often.
    fn loops_itself(self) -> bool {
        matches!(self, Self::Apng | Self::Gif | Self::Page)
    }
}

/// Where frames go.
pub struct Target {
    kind: Kind,
    output: Output,
    /// Frames a second.
    pub fps: u32,
    loops: Option<u32>,
}

/// What is reserved before the work begins.
enum Output {
    Folder(OutputFolder),
    File(OutputFile),
    Stream,
}

impl Target {
    /// The output that was asked for, reserved.
    ///
    /// # Errors
    /// If something is in the way, or an option does not go with it.
    pub fn new(args: &EncodeArgs) -> Result<Self, Failure> {
        let kind = Kind::of(args);
        check_options(args, kind)?;
        let (path, force) = (args.output.as_path(), args.common.force);
        let output = match kind {
            Kind::PngStream | Kind::Y4mStream => {
                if std::io::stdout().is_terminal() {
                    let error = anyhow::anyhow!("standard output is a terminal");
                    return Err(Failure::with_hint(error, "redirect it, or name a folder with -o"));
                }
                Output::Stream
            }
            Kind::Folder => OutputFolder::new(path, force).map(Output::Folder).map_err(hinted)?,
            _ => OutputFile::new(path, force).map(Output::File).map_err(hinted)?,
        };
        Ok(Self { kind, output, fps: args.fps.unwrap_or(DEFAULT_FPS), loops: args.loops })
    }

    /// Whether frames follow each other by themselves, however fast a camera is.
    pub fn moves(&self) -> bool {
        self.kind.moves()
    }

    /// How often frames are to be given to it; `None`: until nobody takes them any more.
    pub fn passes(&self) -> Option<u32> {
        match self.loops {
            _ if self.kind.loops_itself() => Some(1),
            Some(0) => None,
            loops => Some(loops.unwrap_or(1)),
        }
    }

    /// How often it plays by itself; 0: for ever.
    pub fn plays(&self) -> u32 {
        self.loops.unwrap_or(0)
    }

    /// Begins, now that it is known what comes.
    ///
    /// # Errors
    /// If that is not what the output can hold, or writing fails.
    pub fn begin(self, outline: &Outline) -> Result<Box<dyn FrameSink>, Failure> {
        let file = match self.output {
            Output::Folder(folder) => return Ok(Box::new(FolderSink::new(folder, outline))),
            Output::Stream => {
                let stdout = std::io::stdout();
                return Ok(match self.kind {
                    Kind::Y4mStream => Box::new(StreamSink::y4m(stdout, outline)?),
                    _ => Box::new(StreamSink::png(stdout)),
                });
            }
            Output::File(file) => file,
        };
        Ok(match self.kind {
            Kind::Apng => Box::new(ApngSink::new(file, outline)?),
            Kind::Gif => Box::new(GifSink::new(file, outline)?),
            Kind::Page => Box::new(PageSink::new(file, outline)?),
            Kind::Y4m => Box::new(StreamSink::y4m(file, outline)?),
            Kind::Video(container) => Box::new(VideoSink::new(file, container, outline)?),
            _ if outline.shown > 1 => {
                let count = outline.shown;
                let error = anyhow::anyhow!("there are {count} frames, a .png file holds one");
                let hint = "--animate makes it an animation; or give a folder, or a denser profile";
                return Err(Failure::with_hint(error, hint));
            }
            _ => Box::new(StreamSink::png(file)),
        })
    }
}

/// Options that do not go with an output are mistakes.
fn check_options(args: &EncodeArgs, kind: Kind) -> Result<(), Failure> {
    let wrong = |option: &str, hint: &str| {
        let error = anyhow::anyhow!("{option} does not go with this output");
        Err(Failure::with_hint(error, hint))
    };
    if args.output_format.is_some() && !is_stream(&args.output) {
        return wrong("--output-format", "it is for -o -; a file's name says what is in it");
    }
    if args.animate && kind != Kind::Apng {
        return wrong("--animate", "it is for a .png file");
    }
    if !kind.moves() && (args.fps.is_some() || args.loops.is_some()) {
        let option = if args.fps.is_some() { "--fps" } else { "--loop" };
        return wrong(option, "it is for animations, videos, pages and Y4M streams");
    }
    if kind == Kind::Gif && args.fps.is_some_and(|fps| fps > MAX_GIF_FPS) {
        return wrong("--fps", "viewers do not show GIF files faster than 50 frames a second");
    }
    if args.loops == Some(0) && matches!(kind, Kind::Y4m | Kind::Video(_)) {
        return wrong("--loop 0", "a video file has an end; its player can repeat it");
    }
    if matches!(kind, Kind::Video(_))
        && let Err(error) = ffmpeg::check()
    {
        let hint = "install it, or make a page (.html), a .gif or a .y4m file, which need nothing";
        return Err(Failure::with_hint(error, hint));
    }
    Ok(())
}

/// Says how to replace what is in the way.
pub fn hinted(error: OutputError) -> Failure {
    match error {
        OutputError::Exists(_) | OutputError::NotEmpty(_) => {
            Failure::with_hint(error, "--force replaces what is there")
        }
        other => other.into(),
    }
}

/// [`hinted`], for an error that may be another one.
pub fn finished(outcome: anyhow::Result<()>) -> Result<(), Failure> {
    outcome.map_err(|error| match error.downcast::<OutputError>() {
        Ok(error) => hinted(error),
        Err(other) => other.into(),
    })
}
