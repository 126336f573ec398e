//! Reads one picture after the other: who is asked in which turn.

use super::cimbar::{CimbarShow, cimbar_capture};
use super::debug::DebugPictures;
use super::follow::{find_at, follow_finders};
use super::header::shown_alone;
use super::inversion::{Inversion, is_worth_inverting};
use super::located::Located;
use super::own::OwnReader;
use super::repeats::{FrameKey, ReadBefore, belong};
use super::search::{Found, Seen, search, search_inverted};
use super::signature::Signature;
use super::sketch::Sketch;
use super::tables::{Formats, Tools};
use crate::frame::Hypothesis;
use crate::modem::FrameHeader;
use crate::raster::{Picture, Point};
use crate::reading::{Capture, Measures, Outcome, OwnReading, Reading};

/// Reads captures; keeps tables and working memory from one to the next.
#[derive(Debug, Default)]
pub struct Reader {
    tools: Tools,
    debug: Option<DebugPictures>,
    draws: bool,
    read_before: ReadBefore,
    last: Option<Last>,
}

/// Where the frame was in the last picture of a video, how that was inverted, and how it was read if
/// it was one of libcimbar's.
#[derive(Debug)]
struct Last {
    hypothesis: Hypothesis,
    inversion: Option<Inversion>,
    show: Option<CimbarShow>,
}

/// What came of a picture in which the frame was followed.
enum Followed {
    Read(Box<Capture>),
    /// Another reader is at the frame.
    Taken,
}

impl Reader {
    /// A reader that also draws what it sees: see [`Reader::debug_pictures`].
    pub fn drawing() -> Self {
        Self { draws: true, ..Self::default() }
    }

    /// Frames of videos that are in `read_before` are not read again, and those that are read in
    /// full are put there.
    pub fn remembering(self, read_before: ReadBefore) -> Self {
        Self { read_before, ..self }
    }

    /// A reader that shares tables with others.
    pub(super) fn sharing(mut self, formats: Formats) -> Self {
        self.tools.formats = formats;
        self
    }

    /// Reads one picture: every frame in it, in reading order, or one capture that says why there
    /// is none. Whatever it shows, this tells what came of it, and never fails.
    pub fn read(&mut self, picture: &Picture) -> Vec<Capture> {
        self.last = None;
        self.start();
        self.search(picture, false)
    }

    /// Reads the next picture of a video as [`Reader::read`] does, but looks first where the frame
    /// was before, and leaves out a frame that has been read already. While one frame is followed,
    /// others are not looked for.
    pub fn read_next(&mut self, picture: &Picture) -> Vec<Capture> {
        self.read_next_unless(picture, |_| false).unwrap_or_default()
    }

    /// The same, unless the frame is to be read and `is_taken` says that another one is at it.
    pub(super) fn read_next_unless(
        &mut self,
        picture: &Picture,
        is_taken: impl FnMut(FrameKey) -> bool,
    ) -> Option<Vec<Capture>> {
        self.start();
        let followed =
            self.last.take().and_then(|last| self.read_followed(picture, last, is_taken));
        match followed {
            Some(Followed::Taken) => None,
            Some(Followed::Read(capture)) => Some(vec![*capture]),
            None => Some(self.search(picture, true)),
        }
    }

    /// Headers that were tried to be read in the last picture: what a search costs, for the most
    /// part.
    pub fn header_trials(&self) -> usize {
        self.tools.header_trials
    }

    /// Steps of the rays that told finders from what looks like some in the last picture: the other
    /// part of the cost.
    pub fn ray_steps(&self) -> usize {
        self.tools.ray_steps
    }

    /// Times that the tiles of frames in the last picture were equalised, by steps of registration and
    /// rounds of feedback: what photos cost.
    pub fn equalisations(&self) -> usize {
        self.tools.equalised
    }

    /// What the last picture looked like inside, if the reader draws.
    pub fn debug_pictures(&mut self) -> Option<DebugPictures> {
        self.debug.take()
    }

    fn start(&mut self) {
        self.debug = None;
        (self.tools.header_trials, self.tools.ray_steps) = (0, 0);
        self.tools.equalised = 0;
    }

    /// Reads all frames in a picture, or says why there are none.
    fn search(&mut self, picture: &Picture, follows: bool) -> Vec<Capture> {
        let Seen { found, why, sketch } = search(picture, &mut self.tools);
        let mut captures = match found.is_empty() {
            true => self.read_inverted(picture, &sketch, follows),
            false => self.read_found(picture, found, follows.then_some(None)),
        };
        if captures.is_empty() {
            captures.push(Capture::nothing(why));
        }
        let failed = captures.iter().any(|capture| !capture.outcome.is_final());
        if self.draws && failed {
            self.debug.get_or_insert_default().add_finders(picture, &sketch);
        }
        captures
    }

    /// Reads the frames of a picture that was inverted somehow: in the way in which most is read.
    fn read_inverted(&mut self, shown: &Picture, sketch: &Sketch, follows: bool) -> Vec<Capture> {
        let (mut best, mut most) = ((Vec::new(), None, None), None);
        for inversion in Inversion::ALL {
            if !is_worth_inverting(shown, &sketch.inverted) {
                break;
            }
            let Some(picture) = inversion.of(shown) else { break };
            let seen = search_inverted(&picture, &sketch.inverted, &mut self.tools);
            let captures =
                self.read_found(&picture, seen.found, follows.then_some(Some(inversion)));
            let full = captures.iter().filter(|one| one.outcome == Outcome::Read).count();
            let read = captures.iter().filter_map(|one| one.reading.as_ref());
            let decoded: usize = read.map(|reading| reading.codewords().0).sum();
            let (last, debug) = (self.last.take(), self.debug.take());
            if !captures.is_empty() && most < Some((full, decoded)) {
                best = (captures, last, debug);
                most = Some((full, decoded));
            }
            if full > 0 {
                break;
            }
        }
        (self.last, self.debug) = (best.1, best.2);
        best.0
    }

    /// Reads the frames that were found, and follows the first one through a video, inverted as it
    /// is.
    fn read_found(
        &mut self,
        picture: &Picture,
        found: Vec<Found>,
        follows: Option<Option<Inversion>>,
    ) -> Vec<Capture> {
        if let (Some(inversion), Some(first)) = (follows, found.first()) {
            let (hypothesis, known) = (*first.hypothesis(), &self.read_before);
            self.last = match first {
                Found::Own(_) => Some(Last { hypothesis, inversion, show: None }),
                // Beside others it is left to the search.
                Found::Cimbar(_) if found.len() > 1 => None,
                Found::Cimbar(frame) => {
                    let show = CimbarShow::begin(picture, frame, &self.tools, known);
                    Some(Last { hypothesis, inversion, show: Some(show) })
                }
            };
        }
        let read = |found| match found {
            Found::Own(located) => self.read_own(picture, *located),
            Found::Cimbar(frame) => cimbar_capture(frame.reading).at(&frame.hypothesis),
        };
        found.into_iter().map(read).collect()
    }

    /// Reads the frame where it was in the picture before; `None` if it is not there.
    fn read_followed(
        &mut self,
        picture: &Picture,
        last: Last,
        mut is_taken: impl FnMut(FrameKey) -> bool,
    ) -> Option<Followed> {
        let Last { hypothesis, inversion, show } = last;
        let inverted = inversion.and_then(|inversion| inversion.of(picture));
        let picture = inverted.as_ref().unwrap_or(picture);
        let hypothesis = follow_finders(picture, &hypothesis)?;
        if let Some(show) = show {
            let read = show.read_next(picture, &hypothesis, &self.tools, &self.read_before);
            let (capture, show) = read?;
            self.last = Some(Last { hypothesis, inversion, show: Some(show) });
            return Some(Followed::Read(Box::new(capture.at(&hypothesis))));
        }
        if let Some(header) = shown_alone(picture, &hypothesis, &mut self.tools.decoder) {
            let is_repeat = self.is_repeat(picture, &hypothesis, &header);
            if is_repeat || is_taken((header.transfer, header.frame)) {
                self.last = Some(Last { hypothesis, inversion, show: None });
                return Some(match is_repeat {
                    true => Followed::Read(Box::new(repeat(header).at(&hypothesis))),
                    false => Followed::Taken,
                });
            }
        }
        let located = find_at(picture, &hypothesis, &mut self.tools)?;
        self.last = Some(Last { hypothesis: located.hypothesis, inversion, show: None });
        Some(Followed::Read(Box::new(self.read_own(picture, *located))))
    }

    /// Whether the frame with this header has been read in full, and showed the same.
    fn is_repeat(&self, picture: &Picture, at: &Hypothesis, header: &FrameHeader) -> bool {
        self.read_before.shown(header).is_some_and(|shown| {
            self.signature(picture, at, header).is_some_and(|now| shown.is_like(&now))
        })
    }

    fn signature(&self, p: &Picture, at: &Hypothesis, header: &FrameHeader) -> Option<Signature> {
        Signature::of(p, at, &self.tools.tables(header.format)?.frame.layout)
    }

    /// Reads a frame, and remembers it if everything in it was read.
    fn read_own(&mut self, picture: &Picture, located: Located) -> Capture {
        let hypothesis = located.hypothesis;
        let reader = OwnReader { picture, tools: &mut self.tools, draws: self.draws };
        let (capture, debug) = reader.read(located);
        let capture = capture.at(&hypothesis);
        if let Some(debug) = debug {
            self.debug.get_or_insert_default().add(debug);
        }
        if self.last.is_some() && capture.outcome == Outcome::Read {
            self.remember(picture, &hypothesis, &capture);
        }
        capture
    }

    /// Remembers a frame of a video that has been read in full, if the picture shows it alone and
    /// its packets are its own.
    fn remember(&mut self, picture: &Picture, hypothesis: &Hypothesis, capture: &Capture) {
        let Some(Reading::Own(reading)) = &capture.reading else { return };
        let header = &reading.header;
        if reading.packets.len() == reading.codewords
            && belong(header, &reading.packets)
            && shown_alone(picture, hypothesis, &mut self.tools.decoder) == Some(*header)
            && let Some(signature) = self.signature(picture, hypothesis, header)
        {
            self.read_before.insert(header, signature);
        }
    }
}

impl Capture {
    /// The capture of a frame at this place.
    fn at(mut self, hypothesis: &Hypothesis) -> Self {
        self.measures.corners = Some(hypothesis.corners.map(|Point { x, y }| [x, y]));
        self
    }
}

fn repeat(header: FrameHeader) -> Capture {
    let (packets, numbers, unsure) = (Vec::new(), Vec::new(), Vec::new());
    let reading = OwnReading { header, codewords: 0, packets, numbers, unsure, mixed: None };
    let reading = Reading::Own(reading);
    Capture { outcome: Outcome::Repeat, reading: Some(reading), measures: Measures::default() }
}
