//! One picture to the packets in it.
//!
//! Finders (in a video where they were in the picture before), hypotheses, header; then the samples
//! of all tiles, either as they are (an undistorted frame) or equalised on a mesh that follows marks
//! and data (a photo); then codewords, with what is decoded fed back to the equaliser until nothing
//! more comes.

use super::debug::DebugPictures;
use super::diagnose::{Light, clipped, information, lost, reason, soft_information, weak_part};
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
/// Feedback of soft decisions alone adds at most about 0.06 bits a bit: with this much less than
/// the code's rate, which itself is 0.05 too little, it leads nowhere.
const FEEDBACK_REACH: f64 = 0.03;
/// Soft values of a video, where noise changes from block to block, carry this much more than they
/// say, at most.
const CALIBRATION: f64 = 0.05;
/// A round that decodes nothing has to add at least this many bits a bit to be followed by another.
const FEEDBACK_GAIN: f64 = 0.004;

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

    /// The data's LLRs, after as many steps of registration as they need.
    fn registered(&mut self, report: &mut CaptureReport) -> Vec<f32> {
        self.register(report);
        let mut llrs = self.llrs();
        let mut carried = information(&llrs);
        if carried < self.format.code.rate() + EASY_MARGIN {
            // The second step gains a hundredth of a tile: only worth it where bits are short.
            self.register(report);
            llrs = self.llrs();
            carried = information(&llrs);
        }
        report.information = Some(carried);
        llrs
    }

    /// Why codewords are lost.
    fn reason(&self, report: &CaptureReport, llrs: &[f32], mixed: bool) -> String {
        if mixed {
            return format!("{}: the screen changed meanwhile", lost(report));
        }
        let (layout, palette) =
            (self.format.demodulator.layout(), self.format.demodulator.palette());
        let weak = weak_part(layout, llrs, palette.bits_per_tile());
        let signal = &self.signal;
        let light = Light { contrast: signal.contrast(), clipped: clipped(signal.samples()) };
        reason(report, light, weak)
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
        if is_hopeless(format.code.rate(), soft) {
            return None;
        }
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
        let mut report = known_report(&located.header);
        let code = &located.format.code;
        report.codewords_total = code.codewords();
        report.pixels_per_tile = Some(located.mesh.pixels_per_tile());
        let mut packets = vec![None; code.codewords()];
        let mut capture = Capture { header: Some(located.header), ..Capture::default() };
        if let Some(llrs) = &located.exact {
            self.decode_missing(&located.format, llrs, &mut packets, ITERATIONS[0]);
            report.registration_error = Some(0.0);
        }
        if is_lacking(&packets) {
            self.read_photo(picture, located, &mut packets, (&mut capture, &mut report));
        }
        capture.packets =
            packets.into_iter().flatten().filter_map(|bytes| Packet::parse(&bytes)).collect();
        report.codewords_decoded = capture.packets.len();
        Capture { report, ..capture }
    }

    /// Registers, equalises and decodes a photo.
    fn read_photo(
        &mut self,
        picture: &Picture,
        located: Located,
        packets: &mut [Option<Vec<u8>>],
        (capture, report): (&mut Capture, &mut CaptureReport),
    ) {
        let Located { hypothesis, header, format, mut mesh, marks, .. } = located;
        let format = &*format;
        let marks = marks.unwrap_or_else(|| follow_marks(&mut mesh, picture, &hypothesis, format));
        report.marks_found = Some(marks.share());
        let mut photo = Photo::new(picture, &mut mesh, format);
        let mut llrs = photo.registered(report);
        self.decode_missing(format, &llrs, packets, ITERATIONS[0]);
        if is_lacking(packets) {
            let mixed = self.search(picture).shows_two(&hypothesis, &header);
            if !mixed || header.bands > 1 {
                self.feed_back(&mut photo, &mut llrs, packets, report.information);
            }
            report.codewords_decoded = packets.iter().flatten().count();
            if is_lacking(packets) {
                report.reason = Some(photo.reason(report, &llrs, mixed));
            }
            if !mixed {
                // Of a picture that shows two frames nobody knows whose these are.
                let soft = format.code.soften(&llrs);
                let lost = packets.iter().enumerate().filter(|(_, packet)| packet.is_none());
                capture.unsure =
                    lost.map(|(index, _)| (index, format.code.gather(&soft, index))).collect();
            }
        }
        if self.debug {
            let layout = format.demodulator.layout();
            let bits = header.palette.bits_per_tile();
            capture.debug = DebugPictures::new(picture, &mesh, layout, &llrs, bits);
        }
    }

    /// Decodes with what is decoded already as known neighbours, as long as that helps.
    fn feed_back(
        &mut self,
        photo: &mut Photo<'_>,
        llrs: &mut Vec<f32>,
        packets: &mut [Option<Vec<u8>>],
        carried: Option<f64>,
    ) {
        let format = photo.format;
        let mut carried = carried.unwrap_or_default();
        let mut decoded = packets.iter().flatten().count();
        if decoded == 0 && carried < format.code.rate() - FEEDBACK_REACH {
            return;
        }
        for _ in 0..FEEDBACK_ROUNDS {
            photo.feed_back(packets);
            *llrs = photo.llrs();
            self.decode_missing(format, llrs, packets, ITERATIONS[1]);
            let (now, more) = (packets.iter().flatten().count(), information(llrs));
            if now == packets.len() || (now == decoded && more < carried + FEEDBACK_GAIN) {
                return;
            }
            (decoded, carried) = (now, more);
        }
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
            if !is_hopeless(format.code.rate(), &soft) {
                *packet = format.code.decode(&mut self.decoder, &soft, iterations);
            }
        }
    }
}

/// Whether the soft values of a codeword carry less than its rate: no code works with that, and
/// finding it out by trying takes a hundred times as long. They may be wrong about themselves.
fn is_hopeless(rate: f64, soft: &[i8]) -> bool {
    soft_information(soft) < rate - CALIBRATION
}

fn is_lacking(packets: &[Option<Vec<u8>>]) -> bool {
    packets.iter().any(Option::is_none)
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
