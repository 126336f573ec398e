//! Inputs to captures: a photo is one, an animation, a video or a stream has many.
//!
//! Captures come in order; what takes time, decoding a photo and converting a frame, is left to
//! whoever takes the capture.

use super::animation::{AnimationFrames, is_apng, read_apng, read_gif};
use super::ffmpeg::{FfmpegError, VideoInput, VideoReader};
use super::live::LiveReader;
use super::page::PageFrames;
use super::patient::{PatientReader, standard_input};
use super::picture::MAX_PIXELS;
use super::read::{load_page, load_picture, read_picture};
use super::split::Splitter;
use super::{FRONT_BYTES, Kind, Loaded, PictureError, Stop, Y4mReader, pdf, tiff};
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;

/// Buffer for files and pipes.
const BUFFER_BYTES: usize = 1 << 20;

/// Why a capture cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// What should be a picture cannot be read as one.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// ffmpeg does not give the video.
    #[error(transparent)]
    Ffmpeg(#[from] FfmpegError),
    /// A video comes as a stream, which is not in a form that is read without help.
    #[error(
        "a compressed video: pipe it through `ffmpeg -i - -f yuv4mpegpipe -`, or give its file"
    )]
    Compressed,
}

impl From<std::io::Error> for SourceError {
    fn from(error: std::io::Error) -> Self {
        Self::Picture(error.into())
    }
}

impl SourceError {
    /// The error in one word for programs, the same in all versions.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Picture(error) => error.code(),
            Self::Ffmpeg(FfmpegError::Missing) => "no-ffmpeg",
            Self::Ffmpeg(_) => "ffmpeg-failed",
            Self::Compressed => "compressed-stream",
        }
    }
}

/// Gives a capture's picture.
pub type Load = Box<dyn FnOnce() -> Result<Loaded, SourceError> + Send>;

/// A capture before it is read: where it came from, and how to get the picture.
pub struct Source {
    /// What it is part of: the name of a file, say.
    pub origin: Arc<str>,
    /// Its number there, from 1, if it is one of many that follow each other in time.
    pub number: Option<u64>,
    /// Whether it shows what the one before it showed a moment before.
    pub follows: bool,
    /// What tells the capture from others in later runs, if anything does.
    pub key: Option<String>,
    /// Whether its file ends before it does: what there is of it may be enough.
    pub cut: bool,
    /// Loads the picture.
    pub load: Load,
}

/// A picture of several, before it is loaded.
struct Item {
    load: Load,
    cut: bool,
}

impl From<Load> for Item {
    fn from(load: Load) -> Self {
        Self { load, cut: false }
    }
}

/// Captures in order.
pub type Sources = Box<dyn Iterator<Item = Source> + Send>;

/// The captures in a file: one if it is a photo, called `origin` in reports; `key` tells the photo
/// from others.
pub fn file_captures(path: &Path, origin: &str, key: Option<String>, stop: &Stop) -> Sources {
    let origin = Arc::from(origin);
    match several_captures(path, &origin, stop) {
        Err(error) => failed(origin, error),
        Ok(Content::Several(captures)) => captures,
        Ok(Content::One { cut }) => {
            let path = path.to_owned();
            let load: Load = Box::new(move || Ok(read_picture(&path)?));
            Box::new(std::iter::once(Source {
                origin,
                number: None,
                follows: false,
                key,
                cut,
                load,
            }))
        }
    }
}

/// What is in a file.
enum Content {
    /// A single picture, or nothing.
    One {
        /// Whether the file ends before the picture does.
        cut: bool,
    },
    Several(Sources),
}

/// The captures in a file that holds many, if it does.
fn several_captures(path: &Path, origin: &Arc<str>, stop: &Stop) -> Result<Content, SourceError> {
    let (kind, file, length) = open(path)?;
    let origin = Arc::clone(origin);
    Ok(Content::Several(match kind {
        Kind::Gif => animation(origin, read_gif(file, length)),
        Kind::Png if is_apng(open(path)?.1) => animation(origin, read_apng(open(path)?.1, length)),
        Kind::Png | Kind::Plain | Kind::Other => return following(path, origin),
        Kind::Tiff => return tiff_captures(path, origin),
        Kind::Pdf => return pdf_captures(path, origin),
        Kind::Y4m => y4m(origin, file, None, |_| Ok(())),
        Kind::Page => page(origin, file),
        // ffmpeg reads AVIF as well.
        Kind::Video | Kind::Avif => video_captures(&VideoInput::File(path.into()), &origin, stop),
        _ => return Ok(Content::One { cut: false }),
    }))
}

/// Whether ffmpeg is needed for a file.
///
/// # Errors
/// If it cannot be read.
pub fn is_video(path: &Path) -> std::io::Result<bool> {
    let mut front = Vec::new();
    File::open(path)?.take(FRONT_BYTES).read_to_end(&mut front)?;
    Ok(matches!(Kind::of_file(&front, path), Kind::Video | Kind::Avif))
}

/// A file, what kind it is, and its length.
fn open(path: &Path) -> Result<(Kind, BufReader<File>, u64), SourceError> {
    let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    let length = file.get_ref().metadata()?.len();
    let mut front = Vec::new();
    file.by_ref().take(FRONT_BYTES).read_to_end(&mut front)?;
    file.rewind()?;
    Ok((Kind::of_file(&front, path), file, length))
}

/// Pictures of those that can follow each other: a file that holds several, or something before the
/// first.
fn following(path: &Path, origin: Arc<str>) -> Result<Content, SourceError> {
    let mut splitter = Splitter::new(File::open(path)?);
    let Some(first) = splitter.next_picture()? else { return Ok(Content::One { cut: false }) };
    let several = first.skipped > 0 || splitter.next_picture()?.is_some();
    Ok(match several {
        true => Content::Several(pictures(origin, open(path)?.1)),
        false => Content::One { cut: first.cut },
    })
}

/// The pages of a TIFF file, if it has several.
fn tiff_captures(path: &Path, origin: Arc<str>) -> Result<Content, SourceError> {
    let (_, mut file, length) = open(path)?;
    let pages = tiff::pages(&mut file);
    Ok(several(path, origin, pages, move |path, page| Ok(load_page(open(path)?.1, &page, length)?)))
}

/// The pages of a PDF file, if it has several.
fn pdf_captures(path: &Path, origin: Arc<str>) -> Result<Content, SourceError> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let pages = pdf::pages(&mut file, length)?;
    let load = move |path: &Path, page: pdf::Page| Ok(page.load(&mut File::open(path)?, length)?);
    Ok(several(path, origin, pages, load))
}

/// The pages of a file, each loaded when its turn comes, if there are several.
fn several<P: Send + 'static>(
    path: &Path,
    origin: Arc<str>,
    pages: Vec<P>,
    load_one: impl Fn(&Path, P) -> Result<Loaded, SourceError> + Copy + Send + 'static,
) -> Content {
    if pages.len() < 2 {
        return Content::One { cut: false };
    }
    let path = path.to_owned();
    let mut pages = pages.into_iter();
    Content::Several(paged(origin, move || {
        let (page, path) = (pages.next()?, path.clone());
        let load: Load = Box::new(move || load_one(&path, page));
        Some(load)
    }))
}

/// The captures of a video that ffmpeg reads.
pub fn video_captures(input: &VideoInput, origin: &str, stop: &Stop) -> Sources {
    let origin = Arc::from(origin);
    match VideoReader::new(input, stop) {
        Err(error) => failed(origin, error.into()),
        Ok(video) => {
            let length = match input {
                VideoInput::File(path) => std::fs::metadata(path).ok().map(|found| found.len()),
                _ => None,
            };
            let buffered = BufReader::with_capacity(BUFFER_BYTES, video);
            y4m(origin, buffered, Some(length.unwrap_or(0)), |video| video.get_mut().end())
        }
    }
}

/// The captures of a screen or a camera of this machine: those that there is time for.
pub fn live_captures(mut reader: LiveReader, origin: &str) -> Sources {
    numbered(Arc::from(origin), move || match reader.next_shot() {
        Ok(Some(shot)) => {
            let load: Load = Box::new(move || Ok(shot.load()?));
            Some(Ok(load))
        }
        Ok(None) => reader.end().err().map(|error| Err(error.into())),
        Err(error) => Some(Err(reader.end().err().map_or(error.into(), Into::into))),
    })
}

/// The captures in what is read once from its start and may be silent: a named pipe, say.
pub fn pipe_captures(path: &Path, origin: &str, stop: &Stop) -> Sources {
    let path = path.to_owned();
    stream_captures(PatientReader::new(move || File::open(path), stop), origin)
}

/// The captures in standard input.
pub fn standard_captures(origin: &str, stop: &Stop) -> Sources {
    stream_captures(standard_input(stop), origin)
}

/// The captures in a stream: of pictures one after the other, an animation, pages, or Y4M.
fn stream_captures(stream: impl Read + Send + 'static, origin: &str) -> Sources {
    let origin: Arc<str> = Arc::from(origin);
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    // A pipe gives what its writer wrote at once, and nobody writes less than these.
    let kind = match stream.fill_buf() {
        Ok(front) => Kind::of(front),
        Err(error) => return failed(origin, error.into()),
    };
    match kind {
        Kind::Y4m => y4m(origin, stream, None, |_| Ok(())),
        Kind::Page => page(origin, stream),
        Kind::Video => failed(origin, SourceError::Compressed),
        Kind::Png | Kind::Plain | Kind::Other => pictures(origin, stream),
        // These are read from anywhere in them.
        kind => match whole(stream) {
            Ok(bytes) => whole_captures(kind, bytes, origin),
            Err(error) => failed(origin, error.into()),
        },
    }
}

/// Everything in a stream, up to what a picture has.
fn whole(stream: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(MAX_PIXELS).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The captures in a file that is in memory.
fn whole_captures(kind: Kind, bytes: Vec<u8>, origin: Arc<str>) -> Sources {
    let length = bytes.len() as u64;
    match kind {
        Kind::Gif => animation(origin, read_gif(Cursor::new(bytes), length)),
        Kind::Tiff => {
            let mut pages = tiff::pages(&mut Cursor::new(&bytes)).into_iter();
            let bytes: Arc<[u8]> = bytes.into();
            paged(origin, move || {
                let (page, bytes) = (pages.next()?, Arc::clone(&bytes));
                Some(Box::new(move || Ok(load_page(Cursor::new(bytes), &page, length)?)))
            })
        }
        Kind::Pdf => match pdf::pages(&mut Cursor::new(&bytes), length) {
            Err(error) => failed(origin, error.into()),
            Ok(pages) => {
                let (mut pages, bytes) = (pages.into_iter(), Arc::<[u8]>::from(bytes));
                paged(origin, move || {
                    let (page, bytes) = (pages.next()?, Arc::clone(&bytes));
                    Some(Box::new(move || Ok(page.load(&mut Cursor::new(bytes), length)?)))
                })
            }
        },
        _ => {
            let load: Load = Box::new(move || Ok(load_picture(&bytes)?));
            numbered(origin, once(load))
        }
    }
}

fn once(load: Load) -> impl FnMut() -> Option<Result<Load, SourceError>> {
    let mut load = Some(load);
    move || load.take().map(Ok)
}

/// An error where a capture should be.
fn failed(origin: Arc<str>, error: SourceError) -> Sources {
    let load: Load = Box::new(move || Err(error));
    Box::new(std::iter::once(Source {
        origin,
        number: None,
        follows: false,
        key: None,
        cut: false,
        load,
    }))
}

/// Numbers what `next` gives, up to the first error.
fn numbered<I: Into<Item>>(
    origin: Arc<str>,
    mut next: impl FnMut() -> Option<Result<I, SourceError>> + Send + 'static,
) -> Sources {
    let mut number = 0;
    let mut ended = false;
    Box::new(std::iter::from_fn(move || {
        let item = if ended { None } else { next() };
        let Item { load, cut } = item?.map_or_else(
            |error| {
                ended = true;
                let load: Load = Box::new(move || Err(error));
                load.into()
            },
            Into::into,
        );
        number += 1;
        let origin = Arc::clone(&origin);
        Some(Source { origin, number: Some(number), follows: true, key: None, cut, load })
    }))
}

/// Numbers what `next` gives, each of which is a picture of its own.
fn paged(origin: Arc<str>, mut next: impl FnMut() -> Option<Load> + Send + 'static) -> Sources {
    let pages = numbered(origin, move || next().map(Ok));
    Box::new(pages.map(|page| Source { follows: false, ..page }))
}

fn animation(origin: Arc<str>, mut frames: AnimationFrames) -> Sources {
    numbered(origin, move || {
        let frame = frames.next()?;
        Some(
            frame
                .map_err(SourceError::from)
                .map(|frame| -> Load { Box::new(move || Ok(frame.into_picture()?)) }),
        )
    })
}

/// The frames of a player's page.
fn page(origin: Arc<str>, source: impl BufRead + Send + 'static) -> Sources {
    let mut frames = PageFrames::new(source);
    numbered(origin, move || {
        let frame = frames.next().map_err(SourceError::from).transpose()?;
        Some(frame.map(|frame| -> Load { Box::new(move || Ok(frame.load()?)) }))
    })
}

/// The frames of a Y4M stream, made by ffmpeg from a file of `length` bytes if it is `Some`; `end` tells
/// whether its end is a good one.
fn y4m<R: BufRead + Send + 'static>(
    origin: Arc<str>,
    stream: R,
    length: Option<u64>,
    end: impl Fn(&mut R) -> Result<(), FfmpegError> + Send + 'static,
) -> Sources {
    let mut opened = Some(stream);
    let mut reader = None;
    numbered(origin, move || {
        if let Some(stream) = opened.take() {
            match Y4mReader::new(stream) {
                Ok(new) => reader = Some(new),
                Err((error, mut stream)) => {
                    // Without a single frame ffmpeg knows better what is wrong.
                    return Some(Err(end(&mut stream).err().map_or(error.into(), Into::into)));
                }
            }
        }
        let y4m = reader.as_mut()?;
        let permit = match y4m.room(length) {
            Ok(permit) => permit,
            Err(error) => return Some(Err(error.into())),
        };
        match y4m.next_frame() {
            Ok(Some(frame)) => {
                let load: Load = Box::new(move || Ok(Loaded::new(frame.to_picture()?, permit)));
                Some(Ok(load))
            }
            Ok(None) => end(y4m.source()).err().map(|error| Err(error.into())),
            Err(error) => Some(Err(end(y4m.source()).err().map_or(error.into(), Into::into))),
        }
    })
}

/// The pictures of a stream; an animation among them gives all of its frames.
fn pictures(origin: Arc<str>, stream: impl Read + Send + 'static) -> Sources {
    let mut splitter = Splitter::new(stream);
    let mut inside: Option<AnimationFrames> = None;
    let mut found = false;
    numbered(origin, move || {
        loop {
            if let Some(frame) = inside.as_mut().and_then(Iterator::next) {
                return Some(
                    frame
                        .map_err(SourceError::from)
                        .map(|frame| -> Load { Box::new(move || Ok(frame.into_picture()?)) })
                        .map(Item::from),
                );
            }
            inside = None;
            match splitter.next_picture() {
                Err(error) => return Some(Err(error.into())),
                Ok(None) => {
                    // Not a single picture in all that.
                    let nothing = splitter.left_out() > 0 && !std::mem::replace(&mut found, true);
                    return nothing.then_some(Err(PictureError::Unknown.into()));
                }
                Ok(Some(split)) => {
                    found = true;
                    if is_apng(Cursor::new(&split.bytes)) {
                        let length = split.bytes.len() as u64;
                        inside = Some(read_apng(Cursor::new(split.bytes), length));
                        continue;
                    }
                    let cut = split.cut;
                    let load: Load = Box::new(move || Ok(load_picture(&split.bytes)?));
                    return Some(Ok(Item { load, cut }));
                }
            }
        }
    })
}
