//! Frames to where they go: a folder, a stream, an animation, a video, a page that plays them.
//!
//! A sink says in which [`Form`] it takes frames, and gets them as bytes. What a stream has around
//! and between its frames is its framing.

use super::apng::Apng;
use super::canvas::Canvas;
use super::ffmpeg::{Container, FfmpegError, VideoFormat, VideoWriter};
use super::form::Form;
use super::framing::Framing;
use super::gif::Gif;
use super::output::{OutputError, OutputFile, OutputFolder};
pub use super::page::Address;
use super::page::Page;
use super::paper::{Pages, Paper, SCALE};
use super::png::Effort;
use super::y4m::Y4m;
use crate::outline::Outline;
use std::io::{self, Write};
use std::path::PathBuf;

/// How frames are to be shown, as far as an output can say that.
#[derive(Clone, Copy, Debug)]
pub struct Playback {
    /// Frames a second.
    pub fps: u32,
    /// How often they are to be played; 0: for ever.
    pub plays: u32,
    /// Frames that come.
    pub shown: u64,
    /// Width and height of the pictures of a video, if they are to have a certain size.
    pub screen: Option<(usize, usize)>,
}

/// Takes frames.
pub trait FrameSink {
    /// The form in which it takes them.
    fn form(&self) -> Form;

    /// Takes the next frame in that form, and its number in the transfer, from 0.
    ///
    /// # Errors
    /// If it cannot be written.
    fn add(&mut self, number: u64, bytes: &[u8]) -> Result<(), OutputError>;

    /// Writes what comes after the last frame. Says where the whole is until it appears, if it can be read
    /// there.
    ///
    /// # Errors
    /// If it cannot be written; then nothing is left behind.
    fn end(&mut self) -> Result<Option<PathBuf>, OutputError>;

    /// Makes the output, which has ended, appear.
    ///
    /// # Errors
    /// If it cannot; then nothing is left behind.
    fn finish(self: Box<Self>) -> Result<(), OutputError>;
}

/// Frames one after the other, as they are.
struct Plain;

impl Framing for Plain {
    fn frame(&mut self, _: u64, bytes: &[u8], target: &mut dyn Write) -> io::Result<()> {
        target.write_all(bytes)
    }
}

/// Kinds of streams.
#[derive(Clone, Debug)]
pub enum StreamKind {
    /// PNG files.
    Png {
        /// Whether they are for a printer.
        printed: bool,
    },
    /// Uncompressed video.
    Y4m,
    /// A GIF animation.
    Gif,
    /// A PNG animation.
    Apng,
    /// A page that plays frames, and may say where the receiver is; boxed, since it is large.
    Page(Box<(Outline, Option<Address>)>),
    /// Pages for a printer.
    Paper(Box<Paper>),
}

impl StreamKind {
    /// The form in which it takes frames.
    pub(super) fn form(&self) -> Form {
        match self {
            Self::Png { printed } => single(*printed),
            Self::Y4m => Form::Y4m,
            Self::Gif => Form::Gif,
            Self::Apng => Form::Png(Effort::Small),
            Self::Paper(_) => Form::Printed(SCALE),
            // Symbols are smaller than any PNG of them; frames that have other shapes come as PNG.
            Self::Page(page) => page.0.cells.clone().map_or(Form::Png(Effort::Small), Form::Cells),
        }
    }

    /// What it has around frames of this size.
    ///
    /// # Errors
    /// If it has no room for so many.
    pub(super) fn framing(
        &self,
        size: (usize, usize),
        playback: &Playback,
    ) -> io::Result<Box<dyn Framing>> {
        let Playback { fps, plays, shown, .. } = *playback;
        let too_many = |_| io::Error::other("too many frames for an animation");
        Ok(match self {
            Self::Png { .. } => Box::new(Plain),
            Self::Y4m => Box::new(Y4m { size, fps }),
            Self::Gif => Box::new(Gif::new(size, fps, plays)),
            Self::Apng => {
                let count = u32::try_from(shown).map_err(too_many)?;
                Box::new(Apng::new(size, count, fps as u16, plays))
            }
            Self::Paper(paper) => Box::new(Pages::new((**paper).clone())),
            Self::Page(page) => {
                let (outline, receiver) = (**page).clone();
                Box::new(Page::new(outline, fps, plays, receiver))
            }
        })
    }
}

/// The form of frames in PNG files of their own.
fn single(printed: bool) -> Form {
    if printed { Form::Printed(1) } else { Form::Png(Effort::Fast) }
}

/// Where a stream goes.
enum Place {
    File(OutputFile),
    Stdout(io::Stdout),
}

impl Place {
    fn error(&self, error: io::Error) -> OutputError {
        match self {
            Self::File(file) => file.error(error),
            Self::Stdout(_) => OutputError::stdout(error),
        }
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stdout(stdout) => stdout.flush(),
        }
    }
}

/// A stream of frames, in a file or on standard output.
pub struct StreamSink {
    place: Place,
    form: Form,
    framing: Box<dyn Framing>,
}

impl StreamSink {
    /// A stream of frames of this size in `file`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn file(
        file: OutputFile,
        kind: &StreamKind,
        size: (usize, usize),
        playback: &Playback,
    ) -> Result<Self, OutputError> {
        Self::new(Place::File(file), kind, size, playback)
    }

    /// A stream of frames of this size on standard output.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn stdout(
        kind: &StreamKind,
        size: (usize, usize),
        playback: &Playback,
    ) -> Result<Self, OutputError> {
        Self::new(Place::Stdout(io::stdout()), kind, size, playback)
    }

    fn new(
        mut place: Place,
        kind: &StreamKind,
        size: (usize, usize),
        playback: &Playback,
    ) -> Result<Self, OutputError> {
        let mut begin = || {
            let mut framing = kind.framing(size, playback)?;
            framing.begin(&mut place)?;
            Ok(framing)
        };
        let framing = begin();
        let framing = framing.map_err(|error| place.error(error))?;
        Ok(Self { form: kind.form(), framing, place })
    }
}

impl FrameSink for StreamSink {
    fn form(&self) -> Form {
        self.form.clone()
    }

    fn add(&mut self, number: u64, bytes: &[u8]) -> Result<(), OutputError> {
        let written = self.framing.frame(number, bytes, &mut self.place);
        written.map_err(|error| self.place.error(error))
    }

    fn end(&mut self) -> Result<Option<PathBuf>, OutputError> {
        let Self { place, framing, .. } = self;
        let ended = framing.end(place).and_then(|()| place.flush());
        ended.map_err(|error| place.error(error))?;
        Ok(match place {
            Place::File(file) => file.readable(),
            Place::Stdout(_) => None,
        })
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        match self.place {
            Place::File(file) => file.finish(),
            Place::Stdout(_) => Ok(()),
        }
    }
}

/// A PNG file for each frame.
pub struct FolderSink {
    folder: OutputFolder,
    digits: usize,
    printed: bool,
}

impl FolderSink {
    /// Frames of a transfer of `frames` frames go to `folder`, maybe for a printer.
    pub fn new(folder: OutputFolder, frames: u64, printed: bool) -> Self {
        Self { folder, digits: frames.to_string().len().max(4), printed }
    }
}

impl FrameSink for FolderSink {
    fn form(&self) -> Form {
        single(self.printed)
    }

    fn add(&mut self, number: u64, bytes: &[u8]) -> Result<(), OutputError> {
        let digits = self.digits;
        self.folder.add(format!("frame-{:0digits$}.png", number + 1), bytes)
    }

    fn end(&mut self) -> Result<Option<PathBuf>, OutputError> {
        Ok(Some(self.folder.unfinished_path().to_owned()))
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        self.folder.finish()
    }
}

/// A video file, by ffmpeg.
pub struct VideoSink {
    /// Nothing once the video has ended.
    writer: Option<VideoWriter>,
    file: OutputFile,
}

impl VideoSink {
    /// Frames go to `file`.
    ///
    /// # Errors
    /// If ffmpeg cannot be run.
    pub fn new(
        file: OutputFile,
        container: Container,
        outline: &Outline,
        playback: &Playback,
    ) -> Result<Self, OutputError> {
        // Smaller tiles need every chroma sample; players that show them are fewer.
        let full_chroma = outline.tile < 3;
        let (size, fps) = (outline.size, playback.fps);
        let canvas = Canvas::new(size, outline.border, playback.screen);
        let format = VideoFormat { container, size, canvas, fps, full_chroma };
        Ok(Self { writer: Some(VideoWriter::new(file.unfinished_path(), &format)?), file })
    }
}

impl FrameSink for VideoSink {
    fn form(&self) -> Form {
        Form::Rgb
    }

    fn add(&mut self, _: u64, bytes: &[u8]) -> Result<(), OutputError> {
        let writer = self.writer.as_mut().ok_or(FfmpegError::Stopped)?;
        Ok(writer.add(bytes)?)
    }

    fn end(&mut self) -> Result<Option<PathBuf>, OutputError> {
        self.writer.take().map_or(Ok(()), VideoWriter::finish)?;
        // Whatever ended without a complaint may have ended before it wrote anything.
        if self.file.is_empty() {
            return Err(FfmpegError::Stopped.into());
        }
        Ok(self.file.readable())
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        self.file.finish()
    }
}
