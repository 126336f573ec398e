//! Frames to where they go: a folder, a stream, an animation, a video, a page that plays them.

use super::ffmpeg::{Container, VideoFormat, VideoWriter};
use super::output::{OutputFile, OutputFolder};
use super::rendering::{Piece, Rendering};
use crate::frame::CellRun;
use crate::page::{PageHead, PageWriter};
use crate::raster::{ApngWriter, Effort, GifWriter, IndexedFrame, write_y4m_header};
use anyhow::Context;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

/// What all outputs are told of the frames beforehand.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Name of the file that is sent.
    pub name: String,
    /// Bytes of it.
    pub bytes: u64,
    /// Width and height of a frame, in pixels.
    pub size: (usize, usize),
    /// Frames of the transfer.
    pub frames: u64,
    /// Frames that come.
    pub shown: u64,
    /// Frames a second.
    pub fps: u32,
    /// How often an animation is to be played; 0: for ever.
    pub plays: u32,
    /// Side of a tile, in pixels.
    pub tile: usize,
    /// For frames that can be drawn from symbols: what they have in common, where the symbols are,
    /// and how many bits each has.
    pub cells: Option<(IndexedFrame, Vec<CellRun>, usize)>,
}

/// Takes frames.
pub trait FrameSink {
    /// The form in which it takes them.
    fn rendering(&self) -> Rendering;

    /// Takes the next frame and its number in the transfer, from 0.
    ///
    /// # Errors
    /// If it cannot be written.
    fn add(&mut self, number: u64, piece: Piece) -> anyhow::Result<()>;

    /// Makes the output appear, whole.
    ///
    /// # Errors
    /// If it cannot be; then nothing is left behind.
    fn finish(self: Box<Self>) -> anyhow::Result<()>;
}

/// Bytes of a piece; nothing if the sink asked for another form.
fn bytes(piece: Piece) -> Vec<u8> {
    match piece {
        Piece::Bytes(bytes) => bytes,
        Piece::Gif(_) | Piece::Frame(_) => Vec::new(),
    }
}

/// A PNG file for each frame.
pub struct FolderSink {
    folder: OutputFolder,
    digits: usize,
}

impl FolderSink {
    /// Frames go to `folder`.
    pub fn new(folder: OutputFolder, outline: &Outline) -> Self {
        Self { folder, digits: outline.frames.to_string().len().max(4) }
    }
}

impl FrameSink for FolderSink {
    fn rendering(&self) -> Rendering {
        Rendering::Png(Effort::Fast)
    }

    fn add(&mut self, number: u64, piece: Piece) -> anyhow::Result<()> {
        let digits = self.digits;
        Ok(self.folder.add(format!("frame-{:0digits$}.png", number + 1), &bytes(piece))?)
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        Ok(self.folder.finish()?)
    }
}

/// A file, shared with what writes its format.
#[derive(Clone)]
struct Shared(Rc<RefCell<OutputFile>>);

impl Shared {
    fn new(file: OutputFile) -> Self {
        Self(Rc::new(RefCell::new(file)))
    }

    /// Makes the file appear, once everybody else has let it go.
    fn finish(self) -> anyhow::Result<()> {
        let file = Rc::into_inner(self.0).context("the file is still being written")?;
        Ok(file.into_inner().finish()?)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

/// Frames one after the other as they are, in a file or to standard output.
pub struct StreamSink<W> {
    target: W,
    rendering: Rendering,
}

impl<W: Write> StreamSink<W> {
    /// A stream of PNG files.
    pub fn png(target: W) -> Self {
        Self { target, rendering: Rendering::Png(Effort::Fast) }
    }

    /// A Y4M stream.
    ///
    /// # Errors
    /// If its header cannot be written.
    pub fn y4m(mut target: W, outline: &Outline) -> anyhow::Result<Self> {
        write_y4m_header(outline.size, outline.fps, &mut target)?;
        Ok(Self { target, rendering: Rendering::Y4m })
    }
}

impl FrameSink for StreamSink<std::io::Stdout> {
    fn rendering(&self) -> Rendering {
        self.rendering.clone()
    }

    fn add(&mut self, _: u64, piece: Piece) -> anyhow::Result<()> {
        self.target.write_all(&bytes(piece)).context("cannot write to standard output")
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        self.target.flush().context("cannot write to standard output")
    }
}

impl FrameSink for StreamSink<OutputFile> {
    fn rendering(&self) -> Rendering {
        self.rendering.clone()
    }

    fn add(&mut self, _: u64, piece: Piece) -> anyhow::Result<()> {
        Ok(self.target.append(&bytes(piece))?)
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        Ok(self.target.finish()?)
    }
}

/// An APNG file.
pub struct ApngSink {
    writer: ApngWriter<Shared>,
    file: Shared,
}

impl ApngSink {
    /// Frames go to `file`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(file: OutputFile, outline: &Outline) -> anyhow::Result<Self> {
        let file = Shared::new(file);
        let count = u32::try_from(outline.shown).context("too many frames for an animation")?;
        let fps = outline.fps as u16;
        let writer = ApngWriter::new(file.clone(), outline.size, count, fps, outline.plays)?;
        Ok(Self { writer, file })
    }
}

impl FrameSink for ApngSink {
    fn rendering(&self) -> Rendering {
        Rendering::Plain
    }

    fn add(&mut self, _: u64, piece: Piece) -> anyhow::Result<()> {
        match piece {
            Piece::Frame(frame) => Ok(self.writer.add(&frame)?),
            Piece::Bytes(_) | Piece::Gif(_) => Ok(()),
        }
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        self.writer.finish()?;
        self.file.finish()
    }
}

/// A GIF file.
pub struct GifSink {
    writer: GifWriter<Shared>,
    file: Shared,
}

impl GifSink {
    /// Frames go to `file`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(file: OutputFile, outline: &Outline) -> anyhow::Result<Self> {
        let file = Shared::new(file);
        let plays = u16::try_from(outline.plays).unwrap_or(u16::MAX);
        let writer = GifWriter::new(file.clone(), outline.size, outline.fps, plays)?;
        Ok(Self { writer, file })
    }
}

impl FrameSink for GifSink {
    fn rendering(&self) -> Rendering {
        Rendering::Gif
    }

    fn add(&mut self, _: u64, piece: Piece) -> anyhow::Result<()> {
        match piece {
            Piece::Gif(frame) => Ok(self.writer.add(frame)?),
            Piece::Bytes(_) | Piece::Frame(_) => Ok(()),
        }
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        self.writer.finish()?;
        self.file.finish()
    }
}

/// A video file, by ffmpeg.
pub struct VideoSink {
    writer: VideoWriter,
    file: OutputFile,
}

impl VideoSink {
    /// Frames go to `file`.
    ///
    /// # Errors
    /// If ffmpeg cannot be run.
    pub fn new(file: OutputFile, container: Container, outline: &Outline) -> anyhow::Result<Self> {
        // Smaller tiles need every chroma sample; players that show them are fewer.
        let full_chroma = outline.tile < 3;
        let format = VideoFormat { container, size: outline.size, fps: outline.fps, full_chroma };
        Ok(Self { writer: VideoWriter::new(file.unfinished_path(), &format)?, file })
    }
}

impl FrameSink for VideoSink {
    fn rendering(&self) -> Rendering {
        Rendering::Rgb
    }

    fn add(&mut self, _: u64, piece: Piece) -> anyhow::Result<()> {
        Ok(self.writer.add(&bytes(piece))?)
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        self.writer.finish()?;
        Ok(self.file.finish()?)
    }
}

/// A page that plays the frames.
pub struct PageSink {
    writer: PageWriter<Shared>,
    file: Shared,
    rendering: Rendering,
}

impl PageSink {
    /// Frames go to `file`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(file: OutputFile, outline: &Outline) -> anyhow::Result<Self> {
        let file = Shared::new(file);
        let head = PageHead {
            name: &outline.name,
            bytes: outline.bytes,
            frames: outline.frames,
            size: outline.size,
            fps: outline.fps,
            plays: outline.plays,
            cells: outline.cells.as_ref(),
        };
        let writer = PageWriter::new(file.clone(), &head)?;
        // Symbols are smaller than any PNG of them; frames that have other shapes come as PNG.
        let rendering = match &outline.cells {
            Some((_, runs, bits)) => Rendering::Cells(runs.clone(), *bits),
            None => Rendering::Png(Effort::Small),
        };
        Ok(Self { writer, file, rendering })
    }
}

impl FrameSink for PageSink {
    fn rendering(&self) -> Rendering {
        self.rendering.clone()
    }

    fn add(&mut self, number: u64, piece: Piece) -> anyhow::Result<()> {
        Ok(self.writer.add(number, &bytes(piece))?)
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        self.writer.finish()?;
        self.file.finish()
    }
}
