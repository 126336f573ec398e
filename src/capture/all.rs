//! Many pictures on many threads.

use super::debug::DebugPictures;
use super::reader::Reader;
use super::repeats::ReadBefore;
use super::tables::Formats;
use crate::ordered::ordered;
use crate::raster::Picture;
use crate::reading::Capture;
use std::ops::ControlFlow;

/// A picture that is still to be loaded.
pub struct Pending<M, F> {
    /// What whoever gets the result wants to know of it.
    pub about: M,
    /// Whether it is the next picture of a video: see [`Reader::read_next`].
    pub follows: bool,
    /// Gives the picture.
    pub load: F,
}

/// How pictures are read.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Threads that read.
    pub threads: usize,
    /// Whether it is drawn what was seen inside.
    pub draws: bool,
    /// Frames of videos that are left out: those that were read in full already. Whoever takes the
    /// captures can say which may not be.
    pub read_before: ReadBefore,
}

/// What became of a picture.
pub struct ReadCapture<M, P> {
    /// What was said of it.
    pub about: M,
    /// What its frames gave, in reading order, at least one capture; or why there is no picture.
    pub captures: Result<Vec<Capture>, P>,
    /// Pixels of the picture; 0 if there is none.
    pub pixels: u64,
    /// What it looked like inside, if that was asked for.
    pub debug: Option<DebugPictures>,
}

/// Reads all pictures as `settings` say; `sink` gets the result of each, in order, and may stop.
///
/// What is decoded does not depend on the number of threads. Which pictures of a video are left out
/// as repeats does: each thread follows the frame through the pictures that it gets, and knows of
/// the frames that are read by then.
///
/// # Errors
/// What `sink` fails with.
pub fn read_all<M: Send, G: AsRef<Picture>, P: Send, F: FnOnce() -> Result<G, P> + Send, E>(
    pictures: impl Iterator<Item = Pending<M, F>> + Send,
    settings: &Settings,
    sink: impl FnMut(ReadCapture<M, P>) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let formats = Formats::default();
    let reader = || {
        let reader = if settings.draws { Reader::drawing() } else { Reader::default() };
        reader.remembering(settings.read_before.clone()).sharing(formats.clone())
    };
    let work = |reader: &mut Reader, Pending { about, follows, load }: Pending<M, F>| {
        let mut pixels = 0;
        let read = |picture: G| {
            let picture = picture.as_ref();
            pixels = (picture.width() * picture.height()) as u64;
            match follows {
                true => reader.read_next(picture),
                false => reader.read(picture),
            }
        };
        let captures = load().map(read);
        ReadCapture { about, captures, pixels, debug: reader.debug_pictures() }
    };
    ordered(settings.threads, pictures, reader, work, sink)
}
