//! Reads pictures, in whatever thread it was put: what it has seen is bytes.

use crate::capture::{ReadBefore, Reader};
use crate::raster::Picture;
use crate::reading::Capture;
use crate::receive::Intake;
use crate::report::CaptureReport;

/// Reads pictures; knows of others only what it is told.
#[derive(Debug)]
pub struct Eye {
    reader: Reader,
    read_before: ReadBefore,
}

/// What an eye has seen in a picture.
#[derive(Debug)]
pub struct Sight(Vec<Capture>);

impl Default for Eye {
    fn default() -> Self {
        let read_before = ReadBefore::apart();
        Self { reader: Reader::default().remembering(read_before.clone()), read_before }
    }
}

impl Eye {
    /// Looks at a picture, which may be the next one of a video.
    pub fn look(&mut self, picture: &Picture, moving: bool) -> Sight {
        Sight(match moving {
            true => self.reader.read_next(picture),
            false => self.reader.read(picture),
        })
    }

    /// What was read in full since this was asked last, for [`Eye::learn`] of the others; empty if
    /// nothing.
    pub fn news(&self) -> Vec<u8> {
        self.read_before.news()
    }

    /// Takes the news of another eye, or of the desk.
    pub fn learn(&self, news: &[u8]) {
        self.read_before.learn(news);
    }
}

impl Sight {
    /// What each frame in the picture gave by itself, or why there is none.
    pub fn reports(&self) -> Vec<CaptureReport> {
        let report =
            |capture: &Capture| Intake::nothing(capture.outcome).report(String::new(), capture);
        self.0.iter().map(report).collect()
    }

    /// The sight for a [`super::Desk`].
    pub fn to_bytes(&self) -> Vec<u8> {
        Capture::to_bytes(&self.0)
    }

    /// From [`Sight::to_bytes`]; `None` if it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Capture::from_bytes(bytes).map(Self)
    }

    /// What was read of each frame.
    pub(super) fn captures(&self) -> &[Capture] {
        &self.0
    }
}
