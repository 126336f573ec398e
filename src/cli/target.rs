//! Where `encode` writes: what `-o` means, and what else that output can be told.

use super::args::{EncodeArgs, StreamFormat};
use super::exit::Failure;
use super::inputs::is_stream;
use crate::media::ffmpeg::{self, Container};
use crate::media::output::{OutputFile, OutputFolder};
use crate::media::sinks::{
    Address, FolderSink, FrameSink, Playback, StreamKind, StreamSink, VideoSink,
};
use crate::outline::Outline;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Frames a second of animations.
const DEFAULT_FPS: u32 = 15;
/// Viewers show GIF files that are faster than this far slower.
const MAX_GIF_FPS: u32 = 50;

/// Endings of files that cannot hold frames here: a folder of such a name is meant by nobody.
const NO_FOLDERS: [&str; 22] = [
    "7z", "avi", "avif", "bmp", "flv", "gz", "heic", "jpeg", "jpg", "jxl", "mpg", "ogv", "pdf",
    "svg", "tar", "tif", "tiff", "ts", "txt", "webp", "wmv", "zip",
];

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

/// What `-o` and its options ask for.
pub(super) struct OutputConfig {
    kind: Kind,
    path: PathBuf,
    force: bool,
    fps: u32,
    loops: Option<u32>,
    receiver: Option<Address>,
}

impl OutputConfig {
    /// Checks what was typed.
    ///
    /// # Errors
    /// If an option does not go with the output.
    pub(super) fn new(args: &EncodeArgs) -> Result<Self, Failure> {
        let kind = Kind::of(args);
        check_options(args, kind)?;
        let fps = args.fps.unwrap_or(DEFAULT_FPS);
        let (path, force, loops) = (args.output.clone(), args.common.force, args.loops);
        let receiver = args.receiver_url.as_deref().and_then(Address::new);
        Ok(Self { kind, path, force, fps, loops, receiver })
    }

    /// Whether frames follow each other by themselves, however fast a camera is.
    pub(super) fn moves(&self) -> bool {
        self.kind.moves()
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
            Kind::PngStream | Kind::Y4mStream => {
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

    /// Begins, now that it is known what comes: `shown` frames like these.
    ///
    /// # Errors
    /// If that is not what the output can hold, or writing fails.
    pub(super) fn begin(
        self,
        outline: &Outline,
        shown: u64,
    ) -> Result<Box<dyn FrameSink>, Failure> {
        let OutputConfig { kind, fps, loops, .. } = *self.config;
        let playback = Playback { fps, plays: loops.unwrap_or(0), shown };
        let file = match self.reserved {
            Reserved::Folder(folder) => {
                return Ok(Box::new(FolderSink::new(folder, outline.frames)));
            }
            Reserved::Stdout => {
                let kind = if kind == Kind::Y4mStream { StreamKind::Y4m } else { StreamKind::Png };
                return Ok(Box::new(StreamSink::stdout(&kind, outline.size, &playback)?));
            }
            Reserved::File(file) => file,
        };
        let stream = match kind {
            Kind::Video(container) => {
                return Ok(Box::new(VideoSink::new(file, container, outline, &playback)?));
            }
            Kind::Apng => StreamKind::Apng,
            Kind::Gif => StreamKind::Gif,
            Kind::Page => {
                StreamKind::Page(Box::new((outline.clone(), self.config.receiver.clone())))
            }
            Kind::Y4m | Kind::Y4mStream => StreamKind::Y4m,
            Kind::Picture | Kind::PngStream | Kind::Folder if shown > 1 => {
                let error = anyhow::anyhow!("there are {shown} frames, a .png file holds one");
                let hint = "--animate makes it an animation; or give a folder, or a denser profile";
                return Err(Failure::with_hint(error, hint));
            }
            Kind::Picture | Kind::PngStream | Kind::Folder => StreamKind::Png,
        };
        Ok(Box::new(StreamSink::file(file, &stream, outline.size, &playback)?))
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
    let ending = args.output.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if let (Kind::Folder, Some(ending)) = (kind, ending)
        && NO_FOLDERS.contains(&ending.as_str())
        && !args.output.is_dir()
    {
        let error = anyhow::anyhow!("frames cannot be written as .{ending}");
        let hint =
            "give a folder, a .png file for a single frame, or .html, .gif, .apng, .y4m, .mp4";
        return Err(Failure::with_hint(error, hint));
    }
    if args.animate && kind != Kind::Apng {
        return wrong("--animate", "it is for a .png file");
    }
    if !kind.moves() && (args.fps.is_some() || args.loops.is_some()) {
        let option = if args.fps.is_some() { "--fps" } else { "--loop" };
        return wrong(option, "it is for animations, videos, pages and Y4M streams");
    }
    if args.receiver_url.is_some() && kind != Kind::Page {
        return wrong("--receiver-url", "it is for a page (.html), which shows the address");
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
