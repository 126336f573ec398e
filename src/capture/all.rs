//! Many pictures on many threads.

use super::debug::DebugPictures;
use super::reader::Reader;
use super::repeats::ReadBefore;
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

/// What became of a picture.
pub struct ReadCapture<M, P> {
    /// What was said of it.
    pub about: M,
    /// What it gave; or why there is no picture.
    pub capture: Result<Capture, P>,
    /// What it looked like inside, if that was asked for.
    pub debug: Option<DebugPictures>,
}

/// Reads all pictures on `threads` threads, with pictures of what was seen inside if `debug`; `sink`
/// gets the result of each, in order, and may stop.
///
/// What is decoded does not depend on the number of threads. Which pictures of a video are left out
/// as repeats does: each thread follows the frame through the pictures that it gets, and knows of
/// the frames that are read by then.
///
/// # Errors
/// What `sink` fails with.
pub fn read_all<M: Send, P: Send, F: FnOnce() -> Result<Picture, P> + Send, E>(
    pictures: impl Iterator<Item = Pending<M, F>> + Send,
    threads: usize,
    debug: bool,
    sink: impl FnMut(ReadCapture<M, P>) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let read_before = ReadBefore::default();
    let reader = || {
        let reader = if debug { Reader::drawing() } else { Reader::default() };
        reader.sharing(read_before.clone())
    };
    let work = |reader: &mut Reader, Pending { about, follows, load }: Pending<M, F>| {
        let read = |picture: Picture| match follows {
            true => reader.read_next(&picture),
            false => reader.read(&picture),
        };
        let capture = load().map(read);
        ReadCapture { about, capture, debug: reader.debug_pictures() }
    };
    ordered(threads, pictures, reader, work, sink)
}
