//! Kinds of output: what a name after `-o` means, and which options go with it.

use super::args::{EncodeArgs, Format, StreamFormat};
use super::exit::Failure;
use super::inputs::is_stream;
use crate::media::ffmpeg::{self, Container};

/// Viewers show GIF files that are faster than this far slower.
const MAX_GIF_FPS: u32 = 50;

/// Endings of files that cannot hold frames here: a folder of such a name is meant by nobody.
const NO_FOLDERS: [&str; 21] = [
    "7z", "avi", "avif", "bmp", "flv", "gz", "heic", "jpeg", "jpg", "jxl", "mpg", "ogv", "svg",
    "tar", "tif", "tiff", "ts", "txt", "webp", "wmv", "zip",
];

/// Kinds of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    Picture,
    PngStream,
    Y4mStream,
    PdfStream,
    Pdf,
    Y4m,
    Apng,
    Gif,
    Page,
    Video(Container),
}

impl Kind {
    pub(super) fn of(args: &EncodeArgs) -> Self {
        let path = &args.output;
        if is_stream(path) {
            return match args.output_format {
                Some(StreamFormat::Y4m) => Self::Y4mStream,
                Some(StreamFormat::Pdf) => Self::PdfStream,
                Some(StreamFormat::Png) | None => Self::PngStream,
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
            "pdf" => Self::Pdf,
            _ => Container::of_extension(extension).map_or(Self::Folder, Self::Video),
        }
    }

    /// Whether it shows frames at a speed of its own.
    pub(super) fn moves(self) -> bool {
        !matches!(self, Self::Folder | Self::Picture | Self::PngStream) && !self.is_paper()
    }

    /// Whether it is pages for a printer.
    pub(super) fn is_paper(self) -> bool {
        matches!(self, Self::Pdf | Self::PdfStream)
    }

    /// Whether it goes where nobody can read it again.
    pub(super) fn is_stdout(self) -> bool {
        matches!(self, Self::PngStream | Self::Y4mStream | Self::PdfStream)
    }

    /// Whether it says itself how often frames are to be shown; others hold them that often.
    pub(super) fn loops_itself(self) -> bool {
        matches!(self, Self::Apng | Self::Gif | Self::Page)
    }
}

/// Options that do not go with an output are mistakes.
pub(super) fn check_options(args: &EncodeArgs, kind: Kind) -> Result<(), Failure> {
    if args.output_format.is_some() && !is_stream(&args.output) {
        return wrong("--output-format", "it is for -o -; a file's name says what is in it");
    }
    let ending = args.output.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if let (Kind::Folder, Some(ending)) = (kind, ending)
        && NO_FOLDERS.contains(&ending.as_str())
        && !args.output.is_dir()
    {
        let error = anyhow::anyhow!("frames cannot be written as .{ending}");
        let hint = "give a folder, a .png file for a single frame, or .pdf, .html, .gif, .apng, .y4m, .mp4";
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
    check_paper(args, kind)?;
    if args.verify && kind.is_stdout() {
        return wrong("--verify", "what has gone out cannot be read back; name a file or a folder");
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

/// Options that are for paper, and options that are not.
fn check_paper(args: &EncodeArgs, kind: Kind) -> Result<(), Failure> {
    for (option, is_given) in
        [("--paper", args.paper.is_some()), ("--density", args.density.is_some())]
    {
        if is_given && kind.moves() {
            return wrong(option, "it is for what is printed: a .pdf file, or pictures");
        }
    }
    if args.screen.is_some() && kind.is_paper() {
        return wrong("--screen", "a .pdf file has pages: --paper says how large they are");
    }
    if args.instructions && !kind.is_paper() {
        return wrong("--instructions", "it is for a .pdf file, as a page of its own");
    }
    if kind.is_paper() && args.probe {
        return wrong(
            "--probe",
            "it tries screens; paper is tried by printing a page of each --density",
        );
    }
    if kind.is_paper() && args.caption {
        return wrong("--caption", "each page says above its frame what it is");
    }
    if kind.is_paper() && args.format == Format::Cimbar {
        return wrong("--format cimbar", "libcimbar's apps read screens");
    }
    Ok(())
}

/// That an option is a mistake here.
fn wrong(option: &str, hint: &str) -> Result<(), Failure> {
    let error = anyhow::anyhow!("{option} does not go with this output");
    Err(Failure::with_hint(error, hint))
}
