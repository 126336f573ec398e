//! The tiles of a photo: sampled on a mesh that follows the data, equalised, made soft values of.

use super::diagnose::{Light, cause, clipped, weak_part};
use super::tables::ReadTables;
use crate::frame::Mesh;
use crate::inner::information;
use crate::modem::{Detail, Mixture, Scores, Signal, SoftBits};
use crate::raster::Picture;
use crate::reading::{Cause, Measures};

/// Where fewer of the marks are found, some parts of the mesh may be off by a tile and more.
const ALL_MARKS: f64 = 0.99;
/// Steps of registration at most.
const MAX_STEPS: usize = 6;
/// A step has to add this much information, in bits a bit, to be followed by another.
const STEP_GAIN: f64 = 0.002;
/// A step that takes more than this is undone: an equaliser tells differences of a thousandth by
/// chance.
const STEP_LOSS: f64 = 0.004;

/// A photo's tiles on their mesh, equalised.
pub(super) struct Photo<'a> {
    picture: &'a Picture,
    mesh: &'a mut Mesh,
    tables: &'a ReadTables,
    signal: Signal,
    scores: Scores,
    bits: SoftBits,
    /// More samples of each tile, once feedback needs them.
    detail: Option<Detail>,
    /// How often the tiles have been equalised.
    equalised: usize,
}

impl<'a> Photo<'a> {
    /// Samples and equalises, after one step of registration.
    pub(super) fn registered(
        picture: &'a Picture,
        mesh: &'a mut Mesh,
        tables: &'a ReadTables,
        measures: &mut Measures,
    ) -> Self {
        let signal = Signal::new(mesh.sample(picture));
        let scores = tables.demodulator().equalise(&signal);
        let bits = SoftBits::default();
        let detail = None;
        let mut photo = Self { picture, mesh, tables, signal, scores, bits, detail, equalised: 1 };
        photo.register(measures);
        photo
    }

    /// One step of registration on the data.
    fn register(&mut self, measures: &mut Measures) {
        let demodulator = self.tables.demodulator();
        let gradient = |tile: usize| self.mesh.gradient(self.picture, tile);
        let registration = demodulator.registration(&self.signal, &self.scores, gradient);
        let (gradient, errors) = (&registration.gradient, &registration.errors);
        let error = self.mesh.nudge(demodulator.layout(), gradient, errors);
        measures.sharpness = Some(registration.sharpness.into());
        measures.registration_error = Some(error);
        self.sample();
        measures.information = Some(self.information());
    }

    /// Lays the mesh by the pilots, then as many further steps of registration as bring something.
    pub(super) fn register_further(&mut self, measures: &mut Measures) {
        let known = self.tables.demodulator().known_tiles(&self.signal);
        if measures.marks_found < Some(ALL_MARKS) && self.mesh.follow_known(self.picture, &known) {
            self.sample();
        }
        for _ in 1..MAX_STEPS {
            let (mesh, before, information) = (self.mesh.clone(), *measures, self.information());
            self.register(measures);
            let gain = self.information() - information;
            if gain < -STEP_LOSS {
                *self.mesh = mesh;
                *measures = before;
                self.sample();
            }
            if gain < STEP_GAIN {
                return;
            }
        }
    }

    /// Samples and equalises on the mesh as it is.
    fn sample(&mut self) {
        let demodulator = self.tables.demodulator();
        self.signal = Signal::new(self.mesh.sample(self.picture));
        self.scores = demodulator.equalise(&self.signal);
        self.bits = demodulator.soft_bits(&self.scores);
        self.equalised += 1;
    }

    /// What the LLRs carry, in bits a bit.
    pub(super) fn information(&self) -> f64 {
        information(&self.bits.data)
    }

    /// What the frame is read with.
    pub(super) fn tables(&self) -> &'a ReadTables {
        self.tables
    }

    /// The LLRs as the decoder takes them.
    pub(super) fn soft(&self) -> Vec<i8> {
        self.tables.frame.code.soften(&self.bits.data)
    }

    /// How often the tiles have been equalised.
    pub(super) fn equalised(&self) -> usize {
        self.equalised
    }

    /// What the tiles say of two frames, before any feedback.
    pub(super) fn mixture(&self) -> Mixture {
        self.tables.demodulator().mixture(&self.scores, &self.bits)
    }

    /// The LLRs.
    pub(super) fn into_llrs(self) -> Vec<f32> {
        self.bits.data
    }

    /// Equalises again with what is expected of the data bits, -1 to 1, or NaN where the code has said
    /// nothing; `mostly` if it is known of most of them. Whether that is possible.
    pub(super) fn feed_back(&mut self, expected: &[f32], mostly: bool) -> bool {
        let demodulator = self.tables.demodulator();
        let scores = if mostly || !demodulator.has_use_of_detail() {
            demodulator.feed_back_certain(&self.signal, &self.bits, expected)
        } else {
            let detail = self.detail.get_or_insert_with(|| Detail::new(self.mesh, self.picture));
            Some(demodulator.feed_back(detail, &self.bits, expected))
        };
        let Some(scores) = scores else { return false };
        self.bits = demodulator.soft_bits(&scores);
        self.equalised += 1;
        true
    }

    /// Why codewords are lost, unless the picture shows two frames.
    pub(super) fn cause(&self, measures: &Measures) -> Cause {
        let layout = &self.tables.frame.layout;
        let samples = self.signal.samples();
        let white_share = layout.geometry().palette.white_share();
        let light =
            Light { contrast: self.signal.contrast(), clipped: clipped(samples, white_share) };
        cause(measures, light, weak_part(layout, &self.bits.data))
    }
}
