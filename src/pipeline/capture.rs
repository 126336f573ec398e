//! One picture to the packets in it.
//!
//! Finders (in a video where they were in the picture before), hypotheses, header; then the samples of all tiles, either as they are (an undistorted
//! frame) or equalised on a mesh that follows marks and data (a photo); then codewords, with what
//! is decoded fed back to the equaliser until nothing more comes.

use super::debug::DebugPictures;
use super::diagnose::{Light, clipped, information, reason, weak_part};
use super::format::{Format, Formats};
use super::repeats::ReadBefore;
use super::report::{CaptureReport, show_id};
use super::search::{Followed, Found, Located, Search, follow_marks};
use crate::cimbar::{Codings, Reading};
use crate::frame::{Hypothesis, Mesh};
use crate::ldpc::Decoder;
use crate::modem::{FrameHeader, Scores, Signal};
use crate::outer::Packet;
use crate::raster::Picture;
use std::sync::Arc;

/// Iterations of the code's decoder at first, and after feedback.
const ITERATIONS: [usize; 2] = [16, 40];
/// With this much more information a bit than the code's rate, codewords decode at once.
const EASY_MARGIN: f64 = 0.08;
/// Rounds of decision feedback at most.
const FEEDBACK_ROUNDS: usize = 4;

/// What a capture gave.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// For people; its path is empty.
    pub report: CaptureReport,
    /// The video or stream that it is from.
    pub origin: Option<Arc<str>>,
    /// Whether there was not even a picture.
    pub unreadable: bool,
    /// What tells the capture from others in later runs.
    pub key: Option<String>,
    /// The header of its frame.
    pub header: Option<FrameHeader>,
    /// Every packet that was decoded.
    pub packets: Vec<Packet>,
    /// Number and soft values of each codeword that was not.
    pub unsure: Vec<(usize, Vec<i8>)>,
    /// What a frame of libcimbar's gave.
    pub cimbar: Option<Reading>,
    /// What it looked like inside, if the reader was asked.
    pub debug: Option<DebugPictures>,
}

/// What is left of a photo when its codewords have been tried.
struct Remains {
    llrs: Vec<f32>,
    light: Light,
    weak: Option<String>,
}

/// A photo's tiles on their mesh, equalised.
struct Photo<'a> {
    picture: &'a Picture,
    mesh: &'a mut Mesh,
    format: &'a Format,
    signal: Signal,
    scores: Scores,
}

impl<'a> Photo<'a> {
    fn new(picture: &'a Picture, mesh: &'a mut Mesh, format: &'a Format) -> Self {
        let signal = Signal::new(mesh.sample(picture));
        let scores = format.demodulator.equalise(&signal);
        Self { picture, mesh, format, signal, scores }
    }

    /// One step of registration on the data.
    fn register(&mut self, report: &mut CaptureReport) {
        let demodulator = &self.format.demodulator;
        let registration = demodulator.registration(&self.signal, &self.scores);
        let gradient = &self.signal.samples().gradient;
        let error = self.mesh.nudge(demodulator.layout(), gradient, &registration.errors);
        report.sharpness = Some(registration.sharpness.into());
        report.registration_error = Some(error);
        self.signal = Signal::new(self.mesh.sample(self.picture));
        self.scores = demodulator.equalise(&self.signal);
    }

    fn llrs(&self) -> Vec<f32> {
        self.format.demodulator.llrs(&self.scores)
    }

    /// Equalises again with the codewords of `packets` as known neighbours.
    fn feed_back(&mut self, packets: &[Option<Vec<u8>>]) {
        let mut known = vec![None; self.format.code.data_bits()];
        for (index, packet) in packets.iter().enumerate() {
            if let Some(packet) = packet {
                self.format.code.note_bits(index, packet, &mut known);
            }
        }
        self.scores = self.format.demodulator.feed_back(&self.signal, &self.scores, &known);
    }
}

/// Reads captures; keeps tables and working memory from one to the next.
#[derive(Debug, Default)]
pub struct CaptureReader {
    decoder: Decoder,
    debug: bool,
    formats: Formats,
    codings: Codings,
    read_before: ReadBefore,
    /// Where the frame was in the last picture of a video.
    last: Option<Hypothesis>,
}

impl CaptureReader {
    /// A reader that also draws what it sees, if `debug`; frames of videos that are in
    /// `read_before` are not read again, and those that were read in full are put there.
    pub fn new(debug: bool, read_before: ReadBefore) -> Self {
        Self { debug, read_before, ..Self::default() }
    }

    /// Decodes soft values of a codeword of a frame with this header.
    pub fn decode_soft(&mut self, header: &FrameHeader, soft: &[i8]) -> Option<Vec<u8>> {
        let format = self.formats.get(header)?;
        format.code.decode(&mut self.decoder, soft, ITERATIONS[1])
    }

    /// Reads one picture. Whatever it shows, this gives a report, never an error.
    pub fn read(&mut self, picture: &Picture) -> Capture {
        match self.search(picture).run() {
            Ok(Found::Own(located)) => self.read_frame(picture, *located),
            Ok(Found::Cimbar(reading)) => cimbar_capture(reading),
            Err(reason) => failed(reason),
        }
    }

    /// Reads the next picture of a video as [`CaptureReader::read`] does, but looks first where
    /// the frame was before, and leaves out a frame that has been read already.
    pub fn read_next(&mut self, picture: &Picture) -> Capture {
        let read_before = self.read_before.clone();
        let last = self.last.take();
        let mut search = self.search(picture);
        let located = match last.and_then(|last| search.follow(&last, &read_before)) {
            Some(Followed::Repeat(hypothesis, header)) => {
                self.last = Some(hypothesis);
                let report = CaptureReport { repeat: true, ..known_report(&header) };
                return Capture { report, header: Some(header), ..Capture::default() };
            }
            Some(Followed::Located(located)) => located,
            None => match search.run() {
                Ok(Found::Own(located)) => located,
                Ok(Found::Cimbar(reading)) => return cimbar_capture(reading),
                Err(reason) => return failed(reason),
            },
        };
        let hypothesis = located.hypothesis;
        let alone = search.shown_alone(&hypothesis);
        self.last = Some(hypothesis);
        let capture = self.read_frame(picture, *located);
        if let Some(header) = alone.filter(|_| capture.report.reason.is_none()) {
            read_before.insert(&header);
        }
        capture
    }

    fn search<'a>(&'a mut self, picture: &'a Picture) -> Search<'a> {
        Search {
            picture,
            decoder: &mut self.decoder,
            formats: &mut self.formats,
            codings: &self.codings,
        }
    }

    fn read_frame(&mut self, picture: &Picture, located: Located) -> Capture {
        let Located { hypothesis, header, format, mut mesh, exact, marks } = located;
        let format = &*format;
        let mut report = known_report(&header);
        report.codewords_total = format.code.codewords();
        report.pixels_per_tile = Some(mesh.pixels_per_tile());
        let mut packets = vec![None; format.code.codewords()];
        let mut capture = Capture { header: Some(header), ..Capture::default() };
        if let Some(llrs) = exact {
            self.decode_missing(format, &llrs, &mut packets, ITERATIONS[0]);
            report.registration_error = Some(0.0);
        }
        let mut cause = None;
        if packets.iter().any(Option::is_none) {
            let marks =
                marks.unwrap_or_else(|| follow_marks(&mut mesh, picture, &hypothesis, format));
            report.marks_found = Some(marks.share());
            let remains = self.read_photo(picture, &mut mesh, format, &mut packets, &mut report);
            cause = Some((remains.light, remains.weak));
            let soft = format.code.soften(&remains.llrs);
            let lost = packets.iter().enumerate().filter(|(_, packet)| packet.is_none());
            if lost.clone().next().is_some()
                && !self.search(picture).shows_two(&hypothesis, &header)
            {
                // Of a picture that shows two frames nobody knows whose these are.
                capture.unsure =
                    lost.map(|(index, _)| (index, format.code.gather(&soft, index))).collect();
            }
            if self.debug {
                let layout = format.demodulator.layout();
                let bits = header.palette.bits_per_tile();
                let drawn = DebugPictures::new(picture, &mesh, layout, &remains.llrs, bits);
                capture.debug = drawn;
            }
        }
        capture.packets =
            packets.into_iter().flatten().filter_map(|bytes| Packet::parse(&bytes)).collect();
        report.codewords_decoded = capture.packets.len();
        if report.codewords_decoded < report.codewords_total {
            let (light, weak) = cause.unwrap_or_default();
            report.reason = Some(reason(&report, light, weak));
        }
        Capture { report, ..capture }
    }

    /// Registers, equalises and decodes a photo whose marks have been found.
    fn read_photo(
        &mut self,
        picture: &Picture,
        mesh: &mut Mesh,
        format: &Format,
        packets: &mut [Option<Vec<u8>>],
        report: &mut CaptureReport,
    ) -> Remains {
        let mut photo = Photo::new(picture, mesh, format);
        photo.register(report);
        let mut llrs = photo.llrs();
        let mut carried = information(&llrs);
        if carried < format.code.rate() + EASY_MARGIN {
            // The second step gains a hundredth of a tile: only worth it where bits are short.
            photo.register(report);
            llrs = photo.llrs();
            carried = information(&llrs);
        }
        report.information = Some(carried);
        self.decode_missing(format, &llrs, packets, ITERATIONS[0]);
        for _ in 0..FEEDBACK_ROUNDS {
            if packets.iter().all(Option::is_some) {
                break;
            }
            photo.feed_back(packets);
            llrs = photo.llrs();
            self.decode_missing(format, &llrs, packets, ITERATIONS[1]);
        }
        let layout = format.demodulator.layout();
        let bits = format.demodulator.palette().bits_per_tile();
        let complete = packets.iter().all(Option::is_some);
        let weak = if complete { None } else { weak_part(layout, &llrs, bits) };
        let signal = &photo.signal;
        let light = Light { contrast: signal.contrast(), clipped: clipped(signal.samples()) };
        Remains { llrs, light, weak }
    }

    /// Decodes the codewords that are not there yet.
    fn decode_missing(
        &mut self,
        format: &Format,
        llrs: &[f32],
        packets: &mut [Option<Vec<u8>>],
        iterations: usize,
    ) {
        let frame = format.code.soften(llrs);
        for (index, packet) in packets.iter_mut().enumerate().filter(|(_, p)| p.is_none()) {
            let soft = format.code.gather(&frame, index);
            *packet = format.code.decode(&mut self.decoder, &soft, iterations);
        }
    }
}

fn known_report(header: &FrameHeader) -> CaptureReport {
    CaptureReport {
        symbology: Some("tilecast"),
        transfer: Some(show_id(header.transfer)),
        frame: Some(header.frame.saturating_add(1)),
        frames: Some(header.frames),
        ..CaptureReport::default()
    }
}

fn cimbar_capture(reading: Reading) -> Capture {
    let (decoded, total) = (reading.blocks.iter().flatten().count(), reading.blocks.len());
    let report = CaptureReport {
        symbology: Some("cimbar"),
        mode: Some(reading.mode.parameters().name),
        codewords_decoded: decoded,
        codewords_total: total,
        pixels_per_tile: Some(reading.pixels_per_cell),
        marks_found: Some(reading.quality.share()),
        reason: (decoded < total).then(|| {
            format!("{} of {total} blocks lost: too noisy or blurred there", total - decoded)
        }),
        ..CaptureReport::default()
    };
    Capture { report, cimbar: Some(reading), ..Capture::default() }
}

fn failed(reason: String) -> Capture {
    let report = CaptureReport { reason: Some(reason), ..CaptureReport::default() };
    Capture { report, ..Capture::default() }
}
