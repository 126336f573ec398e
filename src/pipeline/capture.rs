//! One picture to the packets in it.
//!
//! Finders, hypotheses, header; then the samples of all tiles, either as they are (an undistorted
//! frame) or equalised on a mesh that follows marks and data (a photo); then codewords, with what
//! is decoded fed back to the equaliser until nothing more comes.

use super::debug::DebugPictures;
use super::diagnose::{Light, MIN_BRIGHTNESS, brightest, clipped, information, reason, weak_part};
use super::report::{CaptureReport, show_id};
use crate::frame::{
    Finder, Hypothesis, Layout, Mesh, MeshQuality, Neighbourhood, find_finders, hypotheses,
};
use crate::inner::FrameCode;
use crate::ldpc::Decoder;
use crate::modem::{Demodulator, FrameHeader, HeaderError, Signal, SoftHeader, exact_llrs};
use crate::outer::Packet;
use crate::raster::{Picture, Point};
use std::sync::Arc;

/// Finders are searched in pictures reduced to about this many pixels a side.
const SEARCH_SIDE: usize = 1600;
/// Iterations of the code's decoder at first, and after feedback.
const ITERATIONS: [usize; 2] = [16, 40];
/// Rounds of decision feedback at most.
const FEEDBACK_ROUNDS: usize = 4;
/// Steps of registration on the data.
const REGISTRATION_STEPS: usize = 2;
/// With this share of the alignment marks in place a hypothesis is taken.
const ENOUGH_MARKS: f64 = 0.6;
/// Hypotheses that are tried after the first one with a readable header but without its marks.
const FURTHER_HYPOTHESES: usize = 60;
/// Formats whose tables a reader keeps.
const KEPT_FORMATS: usize = 6;

/// What a capture gave.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// For people; its path is empty.
    pub report: CaptureReport,
    /// The header of its frame.
    pub header: Option<FrameHeader>,
    /// Every packet that was decoded.
    pub packets: Vec<Packet>,
    /// Number and soft values of each codeword that was not.
    pub unsure: Vec<(usize, Vec<i8>)>,
    /// What it looked like inside, if the reader was asked.
    pub debug: Option<DebugPictures>,
}

/// Tables that all frames of one format share.
#[derive(Debug)]
struct Format {
    demodulator: Demodulator,
    code: FrameCode,
}

/// A frame that has been found in a picture.
struct Located {
    hypothesis: Hypothesis,
    header: FrameHeader,
    format: Arc<Format>,
    mesh: Mesh,
    /// LLRs of an undistorted frame.
    exact: Option<Vec<f32>>,
    /// `None` if the mesh has not been bent to the marks.
    marks: Option<MeshQuality>,
}

impl Located {
    /// Share of the alignment marks that were found; 1 for an undistorted frame.
    fn marks_share(&self) -> f64 {
        self.marks.map_or(1.0, |marks| marks.share())
    }
}

/// What is left of a photo when its codewords have been tried.
struct Photo {
    llrs: Vec<f32>,
    light: Light,
    weak: Option<String>,
}

/// Reads captures; keeps tables and working memory from one to the next.
#[derive(Debug, Default)]
pub struct CaptureReader {
    decoder: Decoder,
    debug: bool,
    formats: Vec<(FrameHeader, Arc<Format>)>,
}

impl CaptureReader {
    /// A reader that also draws what it sees, if `debug`.
    pub fn new(debug: bool) -> Self {
        Self { debug, ..Self::default() }
    }

    /// Decodes soft values of a codeword of a frame with this header.
    pub fn decode_soft(&mut self, header: &FrameHeader, soft: &[i8]) -> Option<Vec<u8>> {
        let format = self.format(header)?;
        format.code.decode(&mut self.decoder, soft, ITERATIONS[1])
    }

    /// Reads one picture. Whatever it shows, this gives a report, never an error.
    pub fn read(&mut self, picture: &Picture) -> Capture {
        match self.find_frame(picture) {
            Ok(located) => self.read_frame(picture, located),
            Err(reason) => failed(reason),
        }
    }

    /// The frame in a picture; or why there is none.
    fn find_frame(&mut self, picture: &Picture) -> Result<Located, String> {
        let factor = picture.width().max(picture.height()).div_ceil(SEARCH_SIDE).max(1);
        let factors = std::iter::successors(Some(factor), |f| (*f > 1).then_some(f / 2));
        let mut most = (0, 0);
        for factor in factors {
            let grey = picture.grey(factor);
            for neighbourhood in [Neighbourhood::Wide, Neighbourhood::Narrow] {
                let scale = factor as f64;
                let finders: Vec<Finder> = find_finders(&grey, neighbourhood)
                    .into_iter()
                    .map(|f| Finder { centre: f.centre * scale, radius: f.radius * scale, ..f })
                    .collect();
                let all = hypotheses(&finders);
                if let Some(result) = self.best_hypothesis(picture, &all) {
                    return result;
                }
                most = most.max((all.len().min(1), finders.len()));
            }
        }
        let brightest = brightest(picture);
        Err(match most {
            _ if brightest < MIN_BRIGHTNESS => {
                format!("too dark: nothing is brighter than {brightest} of 255")
            }
            (_, 0) => "no finder pattern".to_owned(),
            (0, found) => format!("{found} finder patterns found, but no four that are a frame"),
            (_, found) => format!("{found} finder patterns found, but no readable header"),
        })
    }

    /// The first hypothesis whose header can be read and whose alignment marks are where they
    /// should be. A header alone proves little: three right corners and a wrong one can show it.
    fn best_hypothesis(
        &mut self,
        picture: &Picture,
        all: &[Hypothesis],
    ) -> Option<Result<Located, String>> {
        let mut best: Option<Located> = None;
        let mut left = all.len();
        for hypothesis in all {
            if left == 0 {
                break;
            }
            left -= 1;
            let header = match self.read_header(picture, hypothesis) {
                None => continue,
                Some(Err(error)) => return Some(Err(error.to_string())),
                Some(Ok(header)) => header,
            };
            let Some(located) = self.locate(picture, hypothesis, header) else { continue };
            let share = located.marks_share();
            if best.as_ref().is_none_or(|best| best.marks_share() < share) {
                left = if best.is_none() { left.min(FURTHER_HYPOTHESES) } else { left };
                best = Some(located);
            }
            if share >= ENOUGH_MARKS {
                break;
            }
        }
        best.map(Ok)
    }

    /// Lays the mesh for a header and its hypothesis; `None` if the header promises what no frame
    /// can hold, or the frame is seen from the side.
    fn locate(
        &mut self,
        picture: &Picture,
        hypothesis: &Hypothesis,
        header: FrameHeader,
    ) -> Option<Located> {
        let format = self.format(&header)?;
        let mut mesh = Mesh::from_hypothesis(header.geometry, hypothesis)?;
        let exact = exact_frame(picture, hypothesis, &header, &format);
        // An undistorted frame has proved itself by its pilots and needs no mesh.
        let marks = match exact {
            Some(_) => None,
            None => Some(follow_marks(&mut mesh, picture, hypothesis, &format)),
        };
        Some(Located { hypothesis: *hypothesis, header, format, mesh, exact, marks })
    }

    fn read_header(
        &mut self,
        picture: &Picture,
        hypothesis: &Hypothesis,
    ) -> Option<Result<FrameHeader, HeaderError>> {
        let mut copies: [Vec<SoftHeader>; 2] = Default::default();
        for turned in [false, true] {
            for (slot, planes) in [1, 3].into_iter().enumerate() {
                for soft in soft_headers(picture, hypothesis, turned, planes) {
                    if let Some(header) = soft.decode(&mut self.decoder) {
                        return Some(header);
                    }
                    if turned && let Some(other) = copies[slot].first() {
                        let mut both = soft.clone();
                        both.add(other);
                        if let Some(header) = both.decode(&mut self.decoder) {
                            return Some(header);
                        }
                    }
                    copies[slot].push(soft);
                }
            }
        }
        None
    }

    /// The tables for a header's format; `None` if it promises what no frame can hold.
    fn format(&mut self, header: &FrameHeader) -> Option<Arc<Format>> {
        let key = FrameHeader { transfer: 0, frame: 0, frames: 1, ..*header };
        if let Some((_, format)) = self.formats.iter().find(|(known, _)| *known == key) {
            return Some(Arc::clone(format));
        }
        let layout = Layout::new(header.geometry);
        let (tiles, bits) = (layout.data().len(), header.palette.bits_per_tile());
        let code = FrameCode::new(tiles, bits, header.bands, header.lifting, header.parity)?;
        let demodulator = Demodulator::new(layout, header.palette);
        let format = Arc::new(Format { demodulator, code });
        self.formats.truncate(KEPT_FORMATS - 1);
        self.formats.insert(0, (key, Arc::clone(&format)));
        Some(format)
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
            let photo = self.read_photo(picture, &mut mesh, format, &mut packets, &mut report);
            cause = Some((photo.light, photo.weak));
            let lost = packets.iter().enumerate().filter(|(_, packet)| packet.is_none());
            capture.unsure =
                lost.map(|(index, _)| (index, format.code.gather(&photo.llrs, index))).collect();
            if self.debug {
                let layout = format.demodulator.layout();
                let bits = header.palette.bits_per_tile();
                let drawn = DebugPictures::new(picture, &mesh, layout, &photo.llrs, bits);
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
    ) -> Photo {
        let demodulator = &format.demodulator;
        let mut samples = mesh.sample(picture);
        let mut signal = Signal::new(demodulator.layout(), &samples);
        let mut scores = demodulator.equalise(&signal);
        for _ in 0..REGISTRATION_STEPS {
            let registration = demodulator.registration(&signal, &scores);
            report.sharpness = Some(registration.sharpness.into());
            report.registration_error = Some(mesh.nudge(registration.errors.into_iter()));
            samples = mesh.sample(picture);
            signal = Signal::new(demodulator.layout(), &samples);
            scores = demodulator.equalise(&signal);
        }
        let mut llrs = demodulator.llrs(&scores);
        report.information = Some(information(&llrs));
        let light = Light { contrast: signal.contrast(), clipped: clipped(&samples) };
        self.decode_missing(format, &llrs, packets, ITERATIONS[0]);
        for _ in 0..FEEDBACK_ROUNDS {
            if packets.iter().all(Option::is_some) {
                break;
            }
            let mut known = vec![None; format.code.data_bits()];
            for (index, packet) in packets.iter().enumerate() {
                if let Some(packet) = packet {
                    format.code.note_bits(index, packet, &mut known);
                }
            }
            scores = demodulator.feed_back(&signal, &scores, &known);
            llrs = demodulator.llrs(&scores);
            self.decode_missing(format, &llrs, packets, ITERATIONS[1]);
        }
        let bits = demodulator.palette().bits_per_tile();
        let complete = packets.iter().all(Option::is_some);
        let weak = if complete { None } else { weak_part(demodulator.layout(), &llrs, bits) };
        Photo { llrs, light, weak }
    }

    /// Decodes the codewords that are not there yet.
    fn decode_missing(
        &mut self,
        format: &Format,
        llrs: &[f32],
        packets: &mut [Option<Vec<u8>>],
        iterations: usize,
    ) {
        for (index, packet) in packets.iter_mut().enumerate().filter(|(_, p)| p.is_none()) {
            let soft = format.code.gather(llrs, index);
            *packet = format.code.decode(&mut self.decoder, &soft, iterations);
        }
    }
}

/// Bends a mesh to the alignment marks, from the finders that were really seen.
fn follow_marks(
    mesh: &mut Mesh,
    picture: &Picture,
    hypothesis: &Hypothesis,
    format: &Format,
) -> MeshQuality {
    let trusted = std::array::from_fn(|corner| hypothesis.guessed != Some(corner));
    mesh.follow_marks(picture, format.demodulator.layout(), trusted)
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

fn failed(reason: String) -> Capture {
    let report = CaptureReport { reason: Some(reason), ..CaptureReport::default() };
    Capture { report, ..Capture::default() }
}

/// Soft headers of one copy, for the scales at which its known cells look right.
fn soft_headers(
    picture: &Picture,
    hypothesis: &Hypothesis,
    turned: bool,
    planes: usize,
) -> Vec<SoftHeader> {
    /// Share of the variance of the known cells that must be explained.
    const MIN_FIT: f32 = 0.55;
    /// Scales that are tried in full.
    const TRIES: usize = 3;
    let Some(estimate) = hypothesis.unit_estimate(picture, turned) else { return Vec::new() };
    let mut fits = Vec::new();
    for y in [0.0, -0.05, 0.05] {
        // Up to 10 % off, in steps that move the far end of the header by an eighth of a cell.
        for x in -20..=20 {
            let unit =
                Point::new(estimate.x * (1.0 + f64::from(x) * 0.005), estimate.y * (1.0 + y));
            let Some(place) = hypothesis.header(unit, turned) else { continue };
            let fit = SoftHeader::fit(planes, |x, y| place.centre(picture, x, y));
            if fit > MIN_FIT {
                fits.push((fit, place));
            }
        }
    }
    fits.sort_by(|a, b| b.0.total_cmp(&a.0));
    fits.iter()
        .take(TRIES)
        .map(|(_, place)| SoftHeader::from_samples(&place.samples(picture, planes), planes))
        .collect()
}

/// LLRs of an undistorted frame: as located, or with its corners moved to whole pixels.
fn exact_frame(
    picture: &Picture,
    hypothesis: &Hypothesis,
    header: &FrameHeader,
    format: &Format,
) -> Option<Vec<f32>> {
    let layout = format.demodulator.layout();
    let attempt = |hypothesis: &Hypothesis| {
        let mesh = Mesh::from_hypothesis(header.geometry, hypothesis)?;
        exact_llrs(layout, header.palette, &mesh.nearest(picture))
    };
    let snapped = snap(hypothesis, header)?;
    [0.0, 1.0, -1.0].into_iter().flat_map(|y| [0.0, 1.0, -1.0].map(|x| Point::new(x, y))).find_map(
        |shift| attempt(&Hypothesis { corners: snapped.corners.map(|c| c + shift), ..*hypothesis }),
    )
}

/// The hypothesis with its corners on whole pixels, if the frame is upright (or turned by a
/// multiple of 90 degrees) and at a whole-number scale.
fn snap(hypothesis: &Hypothesis, header: &FrameHeader) -> Option<Hypothesis> {
    let (width, height) = header.geometry.grid_size();
    let inset = 2 * header.geometry.finder_inset();
    let [top_left, top_right, _, bottom_left] = hypothesis.corners;
    let side = |to: Point, length: usize| {
        let vector = to - top_left;
        let scale = (vector.norm() / length as f64).round().max(1.0);
        let ideal = if vector.x.abs() > vector.y.abs() {
            Point::new(vector.x.signum(), 0.0)
        } else {
            Point::new(0.0, vector.y.signum())
        };
        let ideal = ideal * (scale * length as f64);
        // Finder centres are good to a pixel at least.
        (ideal.distance(vector) < 3.0).then_some(ideal)
    };
    let across = side(top_right, width - inset)?;
    let down = side(bottom_left, height - inset)?;
    let origin = Point::new(top_left.x.round(), top_left.y.round());
    let corners = [origin, origin + across, origin + across + down, origin + down];
    Some(Hypothesis { corners, ..*hypothesis })
}
