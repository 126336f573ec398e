//! A frame of our own that has been located, to its packets.
//!
//! The samples of all tiles, either as they are (an undistorted frame) or equalised on a mesh that
//! follows marks and data (a photo); then codewords, with what is decoded fed back to the equaliser
//! until nothing more comes.

use super::debug::FramePictures;
use super::diagnose::{Light, cause, clipped, weak_part};
use super::header::shows_another;
use super::located::Located;
use super::tables::{ReadTables, Tools};
use crate::frame::Mesh;
use crate::inner::information;
use crate::ldpc::Decoder;
use crate::modem::{Scores, Signal};
use crate::outer::Packet;
use crate::raster::Picture;
use crate::reading::{Capture, Cause, Measures, Outcome, OwnReading, Reading, Unsure};

/// Iterations of the code's decoder at first, and after feedback.
const ITERATIONS: [usize; 2] = [16, 40];
/// With this much more information a bit than the code's rate, codewords decode at once.
const EASY_MARGIN: f64 = 0.08;
/// Rounds of decision feedback at most.
const FEEDBACK_ROUNDS: usize = 4;
/// Feedback of soft decisions alone adds at most about 0.06 bits a bit: with this much less than
/// the code's rate, which itself is 0.05 too little, it leads nowhere.
const FEEDBACK_REACH: f64 = 0.03;
/// A round that decodes nothing has to add at least this many bits a bit to be followed by another.
const FEEDBACK_GAIN: f64 = 0.004;

/// A photo's tiles on their mesh, equalised.
struct Photo<'a> {
    picture: &'a Picture,
    mesh: &'a mut Mesh,
    tables: &'a ReadTables,
    signal: Signal,
    scores: Scores,
    llrs: Vec<f32>,
}

impl<'a> Photo<'a> {
    /// Samples and equalises, after as many steps of registration as the data needs.
    fn registered(
        picture: &'a Picture,
        mesh: &'a mut Mesh,
        tables: &'a ReadTables,
        measures: &mut Measures,
    ) -> Self {
        let signal = Signal::new(mesh.sample(picture));
        let scores = tables.demodulator().equalise(&signal);
        let mut photo = Self { picture, mesh, tables, signal, scores, llrs: Vec::new() };
        photo.register(measures);
        if photo.information() < tables.frame.code.rate() + EASY_MARGIN {
            // The second step gains a hundredth of a tile: only worth it where bits are short.
            photo.register(measures);
        }
        measures.information = Some(photo.information());
        photo
    }

    /// One step of registration on the data.
    fn register(&mut self, measures: &mut Measures) {
        let demodulator = self.tables.demodulator();
        let registration = demodulator.registration(&self.signal, &self.scores);
        let gradient = &self.signal.samples().gradient;
        let error = self.mesh.nudge(demodulator.layout(), gradient, &registration.errors);
        measures.sharpness = Some(registration.sharpness.into());
        measures.registration_error = Some(error);
        self.signal = Signal::new(self.mesh.sample(self.picture));
        self.scores = demodulator.equalise(&self.signal);
        self.llrs = demodulator.llrs(&self.scores);
    }

    /// What the LLRs carry, in bits a bit.
    fn information(&self) -> f64 {
        information(&self.llrs)
    }

    /// The LLRs as the decoder takes them.
    fn soft(&self) -> Vec<i8> {
        self.tables.frame.code.soften(&self.llrs)
    }

    /// Equalises again with the codewords of `packets` as known neighbours.
    fn feed_back(&mut self, packets: &Packets) {
        let (frame, demodulator) = (&self.tables.frame, self.tables.demodulator());
        let mut known = vec![None; frame.code.data_bits()];
        for (index, packet) in packets.0.iter().enumerate() {
            if let Some(packet) = packet {
                frame.code.note_bits(index, packet, &mut known);
            }
        }
        self.scores = demodulator.feed_back(&self.signal, &self.scores, &known);
        self.llrs = demodulator.llrs(&self.scores);
    }

    /// Why codewords are lost, unless the picture shows two frames.
    fn cause(&self, measures: &Measures) -> Cause {
        let layout = &self.tables.frame.layout;
        let samples = self.signal.samples();
        let white_share = layout.geometry().palette.white_share();
        let light =
            Light { contrast: self.signal.contrast(), clipped: clipped(samples, white_share) };
        cause(measures, light, weak_part(layout, &self.llrs))
    }
}

/// The bytes of each codeword's packet, as far as they are decoded.
struct Packets(Vec<Option<Vec<u8>>>);

impl Packets {
    fn decoded(&self) -> usize {
        self.0.iter().flatten().count()
    }

    fn is_complete(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// Decodes the codewords that are not there yet, from the soft values of the frame.
    fn decode(
        &mut self,
        tables: &ReadTables,
        frame: &[i8],
        iterations: usize,
        decoder: &mut Decoder,
    ) {
        let code = &tables.frame.code;
        for (index, packet) in self.0.iter_mut().enumerate().filter(|(_, p)| p.is_none()) {
            let soft = code.gather(frame, index);
            if !code.is_hopeless(&soft) {
                *packet = code.decode(decoder, &soft, iterations);
            }
        }
    }

    /// Decodes with what is decoded already as known neighbours, as long as that helps.
    fn decode_with_feedback(&mut self, photo: &mut Photo<'_>, decoder: &mut Decoder) {
        let (mut carried, mut decoded) = (photo.information(), self.decoded());
        if decoded == 0 && carried < photo.tables.frame.code.rate() - FEEDBACK_REACH {
            return;
        }
        for _ in 0..FEEDBACK_ROUNDS {
            photo.feed_back(self);
            self.decode(photo.tables, &photo.soft(), ITERATIONS[1], decoder);
            let (now, more) = (self.decoded(), photo.information());
            if self.is_complete() || (now == decoded && more < carried + FEEDBACK_GAIN) {
                return;
            }
            (decoded, carried) = (now, more);
        }
    }

    /// The soft values of the codewords that are not there.
    fn unsure(&self, photo: &Photo<'_>) -> Vec<Unsure> {
        let code = &photo.tables.frame.code;
        let soft = photo.soft();
        let lost = self.0.iter().enumerate().filter(|(_, packet)| packet.is_none());
        lost.map(|(index, _)| Unsure { index, soft: code.gather(&soft, index) }).collect()
    }
}

/// What reading a photo adds to its packets.
struct PhotoResult {
    outcome: Outcome,
    unsure: Vec<Unsure>,
    debug: Option<FramePictures>,
}

/// A picture, and what it is read with.
pub(super) struct OwnReader<'a> {
    pub(super) picture: &'a Picture,
    pub(super) tools: &'a mut Tools,
    /// Whether it is drawn what was seen of a photo.
    pub(super) draws: bool,
}

impl OwnReader<'_> {
    /// Reads the frame that has been located.
    pub(super) fn read(self, mut located: Located) -> (Capture, Option<FramePictures>) {
        let (header, codewords) = (located.header, located.tables.frame.code.codewords());
        let mut measures = Measures {
            pixels_per_tile: Some(located.mesh.pixels_per_tile()),
            ..Measures::default()
        };
        let mut packets = Packets(vec![None; codewords]);
        if let Some(llrs) = located.exact.take() {
            let soft = located.tables.frame.code.descramble(llrs);
            packets.decode(&located.tables, &soft, ITERATIONS[0], &mut self.tools.decoder);
            measures.registration_error = Some(0.0);
        }
        let PhotoResult { outcome, unsure, debug } = if packets.is_complete() {
            PhotoResult { outcome: Outcome::Read, unsure: Vec::new(), debug: None }
        } else {
            self.read_photo(located, &mut packets, &mut measures)
        };
        let packets =
            packets.0.into_iter().flatten().filter_map(|bytes| Packet::parse(&bytes)).collect();
        let reading = Reading::Own(OwnReading { header, codewords, packets, unsure });
        (Capture { outcome, reading: Some(reading), measures }, debug)
    }

    /// Registers, equalises and decodes a photo.
    fn read_photo(
        self,
        located: Located,
        packets: &mut Packets,
        measures: &mut Measures,
    ) -> PhotoResult {
        let Self { picture, tools: Tools { decoder, .. }, draws } = self;
        let Located { hypothesis, header, tables, mut mesh, marks, .. } = located;
        let layout = &tables.frame.layout;
        let follow = |mesh: &mut Mesh| mesh.follow_marks(picture, layout, hypothesis.trusted());
        measures.marks_found = Some(marks.unwrap_or_else(|| follow(&mut mesh)).share());
        let mut photo = Photo::registered(picture, &mut mesh, &tables, measures);
        packets.decode(&tables, &photo.soft(), ITERATIONS[0], decoder);
        let mixed = !packets.is_complete() && shows_another(picture, &hypothesis, &header, decoder);
        if !packets.is_complete() && (!mixed || header.format.bands > 1) {
            packets.decode_with_feedback(&mut photo, decoder);
        }
        let total = packets.0.len();
        let (outcome, unsure) = match total - packets.decoded() {
            0 => (Outcome::Read, Vec::new()),
            // Of a picture that shows two frames nobody knows whose the others are.
            lost if mixed => {
                let cause = Cause::ScreenChanged;
                (Outcome::CodewordsLost { lost, total, cause }, Vec::new())
            }
            lost => {
                let cause = photo.cause(measures);
                (Outcome::CodewordsLost { lost, total, cause }, packets.unsure(&photo))
            }
        };
        let llrs = photo.llrs;
        let debug = if draws { FramePictures::new(picture, &mesh, layout, &llrs) } else { None };
        PhotoResult { outcome, unsure, debug }
    }
}
