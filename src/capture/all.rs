//! Many pictures on many threads.

use super::debug::DebugPictures;
use super::reader::Reader;
use super::repeats::FrameKey;
use super::repeats::ReadBefore;
use super::tables::Formats;
use crate::ordered::{Claims, Step, ordered_claiming};
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
    /// Pixels of the picture; if there is none, as many as a small one has.
    pub pixels: u64,
    /// What it looked like inside, if that was asked for.
    pub debug: Option<DebugPictures>,
}

/// A picture on its way: to be loaded, or loaded and left by another thread.
struct Job<M, F, G> {
    about: M,
    follows: bool,
    picture: Loading<F, G>,
}

enum Loading<F, G> {
    ToDo(F),
    Done(G),
}

/// Reads all pictures as `settings` say; `sink` gets the result of each, in order, and may stop.
///
/// What is decoded does not depend on the number of threads. Which pictures of a video are left out
/// as repeats does: each thread follows the frame through the pictures that it gets, and knows of
/// the frames that are read by then. Pictures of a frame that is just being read are left to the
/// thread that reads it.
///
/// # Errors
/// What `sink` fails with.
pub fn read_all<M: Send, G: AsRef<Picture> + Send, P: Send, F, E>(
    pictures: impl Iterator<Item = Pending<M, F>> + Send,
    settings: &Settings,
    sink: impl FnMut(ReadCapture<M, P>) -> Result<ControlFlow<()>, E>,
) -> Result<(), E>
where
    F: FnOnce() -> Result<G, P> + Send,
{
    let formats = Formats::default();
    let reader = || {
        let reader = if settings.draws { Reader::drawing() } else { Reader::default() };
        reader.remembering(settings.read_before.clone()).sharing(formats.clone())
    };
    let jobs = pictures.map(|Pending { about, follows, load }| Job {
        about,
        follows,
        picture: Loading::ToDo(load),
    });
    ordered_claiming(settings.threads, jobs, reader, work, sink)
}

/// Loads a picture and reads it, unless another thread is at its frame.
fn work<M, G: AsRef<Picture>, P, F: FnOnce() -> Result<G, P>>(
    reader: &mut Reader,
    Job { about, follows, picture }: Job<M, F, G>,
    claims: &Claims<FrameKey, Job<M, F, G>>,
) -> Step<Job<M, F, G>, FrameKey, ReadCapture<M, P>> {
    let loaded = match picture {
        Loading::ToDo(load) => load(),
        Loading::Done(picture) => Ok(picture),
    };
    let picture = match loaded {
        Ok(picture) => picture,
        Err(error) => {
            let nothing = ReadCapture { about, captures: Err(error), pixels: 0, debug: None };
            return Step::Done(nothing, None);
        }
    };
    let mut key = None;
    let captures = if follows {
        reader.read_next_unless(picture.as_ref(), |frame| {
            key = Some(frame);
            !claims.claim(frame)
        })
    } else {
        Some(reader.read(picture.as_ref()))
    };
    match (captures, key) {
        (None, Some(frame)) => {
            Step::Leave(Job { about, follows, picture: Loading::Done(picture) }, frame)
        }
        (captures, key) => {
            let pixels = (picture.as_ref().width() * picture.as_ref().height()) as u64;
            let captures = Ok(captures.unwrap_or_default());
            Step::Done(ReadCapture { about, captures, pixels, debug: reader.debug_pictures() }, key)
        }
    }
}
