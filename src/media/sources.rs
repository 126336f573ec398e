//! Inputs to captures: a photo is one, an animation, a video or a stream has many.
//!
//! Captures come in order; what takes time, decoding a photo and converting a frame, is left to
//! whoever takes the capture.

use super::animation::{AnimationFrames, is_apng, read_apng, read_gif};
use super::ffmpeg::{FfmpegError, VideoInput, VideoReader};
use super::split::split_stream;
use super::{FRONT_BYTES, Kind, MAX_PIXELS, PictureError, Y4mReader, decode_picture, read_picture};
use crate::raster::Picture;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
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
pub type Load = Box<dyn FnOnce() -> Result<Picture, SourceError> + Send>;

/// A capture before it is read: where it came from, and how to get the picture.
pub struct Source {
    /// What it is part of: the name of a file, say.
    pub origin: Arc<str>,
    /// Its number there, from 1, if it is one of many that follow each other in time.
    pub number: Option<u64>,
    /// What tells the capture from others in later runs, if anything does.
    pub key: Option<String>,
    /// Loads the picture.
    pub load: Load,
}

/// Captures in order.
pub type Sources = Box<dyn Iterator<Item = Source> + Send>;

/// The captures in a file: one if it is a photo, called `origin` in reports; `key` tells the photo
/// from others.
pub fn file_captures(path: &Path, origin: &str, key: Option<String>) -> Sources {
    let origin = Arc::from(origin);
    match moving_captures(path, &origin) {
        Err(error) => failed(origin, error),
        Ok(Some(captures)) => captures,
        Ok(None) => {
            let path = path.to_owned();
            let load: Load = Box::new(move || Ok(read_picture(&path)?));
            Box::new(std::iter::once(Source { origin, number: None, key, load }))
        }
    }
}

/// The captures in a file that holds many; `None` if it is a single picture or nothing.
fn moving_captures(path: &Path, origin: &Arc<str>) -> Result<Option<Sources>, SourceError> {
    let (kind, file) = open(path)?;
    let origin = Arc::clone(origin);
    Ok(match kind {
        Kind::Gif => Some(animation(origin, read_gif(file))),
        Kind::Png => match is_apng(file) {
            true => Some(animation(origin, read_apng(open(path)?.1))),
            false => None,
        },
        Kind::Y4m => Some(y4m(origin, file, |_| Ok(()))),
        Kind::Video => Some(video_captures(&VideoInput::File(path.into()), &origin)),
        _ => None,
    })
}

/// A file, and what kind it is.
fn open(path: &Path) -> Result<(Kind, BufReader<File>), SourceError> {
    let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    let mut front = Vec::new();
    file.by_ref().take(FRONT_BYTES).read_to_end(&mut front)?;
    file.seek_relative(-(front.len() as i64))?;
    Ok((Kind::of(&front), file))
}

/// The captures of a video that ffmpeg reads.
pub fn video_captures(input: &VideoInput, origin: &str) -> Sources {
    let origin = Arc::from(origin);
    match VideoReader::new(input) {
        Err(error) => failed(origin, error.into()),
        Ok(video) => {
            let buffered = BufReader::with_capacity(BUFFER_BYTES, video);
            y4m(origin, buffered, |video| video.get_mut().end())
        }
    }
}

/// The captures in a stream: of pictures one after the other, an animation, or Y4M.
pub fn stream_captures(stream: impl Read + Send + 'static, origin: &str) -> Sources {
    let origin: Arc<str> = Arc::from(origin);
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    // A pipe gives what its writer wrote at once, and nobody writes less than these.
    let kind = match stream.fill_buf() {
        Ok(front) => Kind::of(front),
        Err(error) => return failed(origin, error.into()),
    };
    match kind {
        Kind::Y4m => y4m(origin, stream, |_| Ok(())),
        Kind::Video => failed(origin, SourceError::Compressed),
        Kind::Gif => {
            let mut bytes = Vec::new();
            match stream.take(MAX_PIXELS).read_to_end(&mut bytes) {
                Ok(_) => animation(origin, read_gif(Cursor::new(bytes))),
                Err(error) => failed(origin, error.into()),
            }
        }
        _ => pictures(origin, stream),
    }
}

/// An error where a capture should be.
fn failed(origin: Arc<str>, error: SourceError) -> Sources {
    let load: Load = Box::new(move || Err(error));
    Box::new(std::iter::once(Source { origin, number: None, key: None, load }))
}

/// Numbers what `next` gives, up to the first error.
fn numbered(
    origin: Arc<str>,
    mut next: impl FnMut() -> Option<Result<Load, SourceError>> + Send + 'static,
) -> Sources {
    let mut number = 0;
    let mut ended = false;
    Box::new(std::iter::from_fn(move || {
        let load = if ended { None } else { next() };
        let load = load?.unwrap_or_else(|error| {
            ended = true;
            Box::new(move || Err(error))
        });
        number += 1;
        Some(Source { origin: Arc::clone(&origin), number: Some(number), key: None, load })
    }))
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

/// The frames of a Y4M stream; `end` tells whether its end is a good one.
fn y4m<R: BufRead + Send + 'static>(
    origin: Arc<str>,
    stream: R,
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
        match y4m.next_frame() {
            Ok(Some(frame)) => {
                let load: Load = Box::new(move || Ok(frame.to_picture()?));
                Some(Ok(load))
            }
            Ok(None) => end(y4m.source()).err().map(|error| Err(error.into())),
            Err(error) => Some(Err(end(y4m.source()).err().map_or(error.into(), Into::into))),
        }
    })
}

/// The pictures of a stream; an animation among them gives all of its frames.
fn pictures(origin: Arc<str>, mut stream: impl BufRead + Send + 'static) -> Sources {
    let mut inside: Option<AnimationFrames> = None;
    numbered(origin, move || {
        loop {
            if let Some(frame) = inside.as_mut().and_then(Iterator::next) {
                return Some(
                    frame
                        .map_err(SourceError::from)
                        .map(|frame| -> Load { Box::new(move || Ok(frame.into_picture()?)) }),
                );
            }
            match split_stream(&mut stream) {
                Ok(None) => return None,
                Ok(Some(bytes)) if is_apng(Cursor::new(&bytes)) => {
                    inside = Some(read_apng(Cursor::new(bytes)));
                }
                Ok(Some(bytes)) => {
                    let load: Load = Box::new(move || Ok(decode_picture(&bytes)?));
                    return Some(Ok(load));
                }
                // Nobody knows where the next picture would begin.
                Err(error) => return Some(Err(error.into())),
            }
        }
    })
}
