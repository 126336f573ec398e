//! Pictures of a screen or a camera as it shows them: what looks like the picture before is left
//! out, and whoever reads slower than it changes gets the newest.
//!
//! ffmpeg's pictures are taken at once, on a thread of its own, so that none is ever older than the
//! few that wait here.

use super::device::Grab;
use super::ffmpeg::{FfmpegError, Process, start_device};
use super::patient::{PATIENCE, Stop};
use super::picture::check_size;
use super::room::Permit;
use super::y4m::line;
use super::{Loaded, PictureError, Y4mReader, YuvFrame};
use crate::raster::Picture;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Pictures that wait to be read, at most; the oldest goes for the newest.
const WAITING: usize = 3;
/// Buffer for the lines between pictures, which are read past it.
const BUFFER_BYTES: usize = 1 << 16;
/// Bytes of a picture that are believed before they come.
const MAX_AHEAD: usize = 64 << 20;

/// A picture as it came.
#[derive(Debug, PartialEq)]
pub(super) enum Shot {
    Screen(Picture),
    Camera(YuvFrame),
}

impl Shot {
    /// The picture in RGB.
    ///
    /// # Errors
    /// If it is too large.
    pub(super) fn load(&self) -> Result<Loaded, PictureError> {
        let (picture, bytes) = match self {
            Self::Screen(picture) => (picture.clone(), picture.rgb().len() as u64),
            Self::Camera(frame) => (frame.to_picture()?, frame.bytes()),
        };
        let (width, height) = (picture.width() as u32, picture.height() as u32);
        // It accounts for itself.
        let permit = Permit::ahead(bytes, bytes);
        Ok(Loaded::new(picture, permit.ok_or(PictureError::TooLarge { width, height })?))
    }
}

/// What came and was not taken yet.
#[derive(Debug, Default)]
struct Arrived {
    waiting: VecDeque<Arc<Shot>>,
    /// Whether no more comes; and what is wrong with the last.
    ended: bool,
    error: Option<PictureError>,
}

/// What the thread that takes pictures and the one that reads them share.
#[derive(Debug, Default)]
struct Desk {
    arrived: Mutex<Arrived>,
    changed: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what `next` gives up to its end, but for pictures like the one before.
    fn fill(&self, mut next: impl FnMut() -> Result<Option<Shot>, PictureError>) {
        let mut last: Option<Arc<Shot>> = None;
        let error = loop {
            let shot = match next() {
                Ok(Some(shot)) if last.as_deref() == Some(&shot) => continue,
                Ok(Some(shot)) => Arc::new(shot),
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            last = Some(Arc::clone(&shot));
            let mut arrived = self.lock();
            if arrived.waiting.len() == WAITING {
                arrived.waiting.pop_front();
            }
            arrived.waiting.push_back(shot);
            self.changed.notify_all();
        };
        let mut arrived = self.lock();
        (arrived.ended, arrived.error) = (true, error);
        self.changed.notify_all();
    }

    /// Waits for a picture, the end of them, or `stop`.
    fn wait(&self, stop: &Stop) -> MutexGuard<'_, Arrived> {
        let mut arrived = self.lock();
        while arrived.waiting.is_empty() && !arrived.ended && !stop.is_set() {
            let waited = self.changed.wait_timeout(arrived, PATIENCE);
            arrived = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        arrived
    }
}

/// A screen or a camera that is being read.
pub struct LiveReader {
    process: Process,
    desk: Arc<Desk>,
    stop: Stop,
}

impl LiveReader {
    /// Starts reading, and waits for the first picture; ends soon after `stop`.
    ///
    /// # Errors
    /// If there is none: why.
    pub fn open(grab: &Grab, stop: &Stop) -> Result<Self, FfmpegError> {
        let (process, output) = start_device(&grab.words, grab.is_screen)?;
        let desk = Arc::new(Desk::default());
        let (there, is_screen) = (Arc::clone(&desk), grab.is_screen);
        std::thread::spawn(move || {
            let mut output = BufReader::with_capacity(BUFFER_BYTES, output);
            match is_screen {
                true => there.fill(|| plain(&mut output)),
                false => there.fill(video(output)),
            }
        });
        let mut reader = Self { process, desk, stop: stop.clone() };
        let nothing = reader.desk.wait(stop).waiting.is_empty();
        if nothing && !stop.is_set() {
            return Err(reader.process.end_of_device().err().unwrap_or(FfmpegError::Stopped));
        }
        Ok(reader)
    }

    /// The next picture that is unlike the one before; `None` at the end, and after `stop`.
    ///
    /// # Errors
    /// If what comes is no picture.
    pub(super) fn next_shot(&self) -> Result<Option<Arc<Shot>>, PictureError> {
        let mut arrived = self.desk.wait(&self.stop);
        if self.stop.is_set() {
            return Ok(None);
        }
        let shot = arrived.waiting.pop_front();
        shot.map_or_else(|| arrived.error.take().map_or(Ok(None), Err), |shot| Ok(Some(shot)))
    }

    /// After the last picture: whether the device ended well.
    ///
    /// # Errors
    /// If it failed.
    pub(super) fn end(&mut self) -> Result<(), FfmpegError> {
        if self.stop.is_set() { Ok(()) } else { self.process.end_of_device() }
    }
}

/// The next of ffmpeg's PPM files, which keep each pixel as it is on the screen.
fn plain(stream: &mut impl BufRead) -> Result<Option<Shot>, PictureError> {
    const DAMAGED: PictureError = PictureError::Video("not PPM files");
    match line(stream)?.as_deref() {
        None => return Ok(None),
        Some(b"P6") => {}
        Some(_) => return Err(DAMAGED),
    }
    let sizes = line(stream)?.and_then(|line| String::from_utf8(line).ok());
    let depth = line(stream)?;
    let size = sizes.as_deref().and_then(|sizes| sizes.split_once(' '));
    let Some((width, height)) = size.filter(|_| depth.as_deref() == Some(b"255")) else {
        return Err(DAMAGED);
    };
    let (Ok(width), Ok(height)) = (width.parse(), height.parse()) else { return Err(DAMAGED) };
    check_size(width, height)?;
    let length = u64::from(width) * u64::from(height) * 3;
    let mut rgb = Vec::with_capacity((length as usize).min(MAX_AHEAD));
    stream.take(length).read_to_end(&mut rgb)?;
    let picture = Picture::from_rgb(width as usize, height as usize, rgb);
    picture.map(|picture| Some(Shot::Screen(picture))).ok_or(PictureError::Cut)
}

/// The frames of ffmpeg's Y4M stream.
fn video(stream: impl BufRead) -> impl FnMut() -> Result<Option<Shot>, PictureError> {
    let mut unopened = Some(stream);
    let mut reader = None;
    move || {
        if let Some(stream) = unopened.take() {
            reader = Some(Y4mReader::new(stream).map_err(|(error, _)| error)?);
        }
        let frame = reader.as_mut().map_or(Ok(None), Y4mReader::next_frame)?;
        Ok(frame.map(Shot::Camera))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ppm(width: usize, height: usize, value: u8) -> Vec<u8> {
        [format!("P6\n{width} {height}\n255\n").into_bytes(), vec![value; width * height * 3]]
            .concat()
    }

    /// The brightness of each picture that a slow reader gets of a stream, and whether it ends well.
    fn seen(mut stream: &[u8]) -> (Vec<u8>, bool) {
        let desk = Desk::default();
        desk.fill(|| plain(&mut stream));
        let mut arrived = desk.lock();
        let shots = arrived
            .waiting
            .drain(..)
            .map(|shot| shot.load().unwrap().into_picture().rgb()[0])
            .collect();
        (shots, arrived.ended && arrived.error.is_none())
    }

    #[test]
    fn what_looks_the_same_is_left_out_and_the_newest_stay() {
        let stream =
            |values: &[u8]| values.iter().flat_map(|value| ppm(5, 3, *value)).collect::<Vec<_>>();
        assert_eq!(seen(&stream(&[1, 1, 2, 2, 2, 1])), (vec![1, 2, 1], true));
        assert_eq!(seen(&stream(&[1, 2, 3, 4, 5, 5])), (vec![3, 4, 5], true));
        assert_eq!(seen(b""), (vec![], true));
        // A screen may change its size.
        assert_eq!(seen(&[ppm(5, 3, 1), ppm(3, 5, 1)].concat()), (vec![1, 1], true));
    }

    #[test]
    fn what_is_no_stream_of_pictures_ends_in_an_error() {
        let whole = ppm(5, 3, 9);
        for stream in [
            &whole[..20],
            b"P6\n5 3\n65535\n",
            b"P6\n0 3\n255\n",
            b"P6\n99999999 3\n255\n",
            b"P5\n5 3\n255\n",
            b"P6\n5",
        ] {
            assert_eq!(seen(stream), (vec![], false), "{}", String::from_utf8_lossy(stream));
            let after = [&whole, stream].concat();
            assert_eq!(seen(&after), (vec![9], false));
        }
    }

    #[test]
    fn frames_of_cameras_are_told_apart_too() {
        let frame = |value: u8| [b"FRAME\n".to_vec(), vec![value; 6]].concat();
        let stream =
            [b"YUV4MPEG2 W2 H2 C420jpeg\n".to_vec(), frame(7), frame(7), frame(8)].concat();
        let desk = Desk::default();
        desk.fill(video(stream.as_slice()));
        assert_eq!(desk.lock().waiting.len(), 2);
        assert!(desk.lock().error.is_none());
    }

    #[test]
    fn waiting_ends_with_stop() {
        let (desk, stop) = (Desk::default(), Stop::default());
        stop.set();
        assert!(desk.wait(&stop).waiting.is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_error_or_pictures(head in "P6\n[0-9]{0,3} [0-9]{0,2}\n255\n", body: Vec<u8>) {
            seen(&[head.as_bytes(), &body].concat());
            seen(&body);
        }
    }
}
