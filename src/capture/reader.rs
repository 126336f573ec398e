//! Reads one picture after the other: who is asked in which turn.

use super::debug::DebugPictures;
use super::header::shown_alone;
use super::own::OwnReader;
use super::repeats::ReadBefore;
use super::search::{Found, Located, find, find_at, follow_finders};
use super::tables::Tools;
use crate::cimbar;
use crate::frame::Hypothesis;
use crate::raster::Picture;
use crate::reading::{Capture, Measures, Outcome, OwnReading, Reading};

/// Reads captures; keeps tables and working memory from one to the next.
#[derive(Debug, Default)]
pub struct Reader {
    tools: Tools,
    debug: Option<DebugPictures>,
    draws: bool,
    read_before: ReadBefore,
    /// Where the frame was in the last picture of a video.
    last: Option<Hypothesis>,
}

impl Reader {
    /// A reader that also draws what it sees: see [`Reader::debug_pictures`].
    pub fn drawing() -> Self {
        Self { draws: true, ..Self::default() }
    }

    /// Frames of videos that are in `read_before` are not read again, and those that are read in
    /// full are put there.
    pub(super) fn sharing(self, read_before: ReadBefore) -> Self {
        Self { read_before, ..self }
    }

    /// Reads one picture. Whatever it shows, this tells what came of it, and never fails.
    pub fn read(&mut self, picture: &Picture) -> Capture {
        self.debug = None;
        match find(picture, &mut self.tools) {
            Ok(Found::Own(located)) => self.read_own(picture, *located),
            Ok(Found::Cimbar(reading)) => cimbar_capture(reading),
            Err(outcome) => Capture::nothing(outcome),
        }
    }

    /// Reads the next picture of a video as [`Reader::read`] does, but looks first where the frame
    /// was before, and leaves out a frame that has been read already.
    pub fn read_next(&mut self, picture: &Picture) -> Capture {
        self.debug = None;
        let last = self.last.take();
        let followed = last.and_then(|last| follow_finders(picture, &last));
        if let Some(hypothesis) = &followed
            && let Some(header) = shown_alone(picture, hypothesis, &mut self.tools.decoder)
            && self.read_before.contains(&header)
        {
            self.last = followed;
            let (packets, unsure) = (Vec::new(), Vec::new());
            let reading = Reading::Own(OwnReading { header, codewords: 0, packets, unsure });
            let (outcome, measures) = (Outcome::Repeat, Measures::default());
            return Capture { outcome, reading: Some(reading), measures };
        }
        let followed = followed.and_then(|found| find_at(picture, &found, &mut self.tools));
        let located = match followed.map_or_else(|| find(picture, &mut self.tools), own) {
            Ok(Found::Own(located)) => located,
            Ok(Found::Cimbar(reading)) => return cimbar_capture(reading),
            Err(outcome) => return Capture::nothing(outcome),
        };
        let hypothesis = located.hypothesis;
        self.last = Some(hypothesis);
        let alone = shown_alone(picture, &hypothesis, &mut self.tools.decoder);
        let capture = self.read_own(picture, *located);
        if let Some(header) = alone.filter(|_| capture.outcome == Outcome::Read) {
            self.read_before.insert(&header);
        }
        capture
    }

    /// What the last picture looked like inside, if it was a photo of a frame, and the reader draws.
    pub fn debug_pictures(&mut self) -> Option<DebugPictures> {
        self.debug.take()
    }

    fn read_own(&mut self, picture: &Picture, located: Located) -> Capture {
        let reader = OwnReader { picture, tools: &mut self.tools, draws: self.draws };
        let (capture, debug) = reader.read(located);
        self.debug = debug;
        capture
    }
}

fn own(located: Box<Located>) -> Result<Found, Outcome> {
    Ok(Found::Own(located))
}

fn cimbar_capture(reading: cimbar::Reading) -> Capture {
    let (decoded, total) = (reading.decoded(), reading.blocks.len());
    let measures = Measures {
        pixels_per_tile: Some(reading.pixels_per_cell),
        marks_found: Some(reading.quality.share()),
        ..Measures::default()
    };
    let outcome = match total - decoded {
        0 => Outcome::Read,
        lost => Outcome::BlocksLost { lost, total },
    };
    Capture { outcome, reading: Some(Reading::Cimbar(reading)), measures }
}
