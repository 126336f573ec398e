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
    tiles: Tiles,
    /// LLRs by the equaliser alone,
    bits: SoftBits,
    /// and by the last round of feedback.
    fed_back: Option<SoftBits>,
    /// More samples of each tile, once feedback needs them.
    detail: Option<Detail>,
    /// Whether data have moved the mesh.
    is_registered: bool,
    /// How often the tiles have been equalised.
    equalised: usize,
}

/// What the tiles show, and what the equaliser makes of it.
struct Tiles {
    signal: Signal,
    scores: Scores,
}

impl Tiles {
    fn new(mesh: &Mesh, picture: &Picture, tables: &ReadTables) -> Self {
        let signal = Signal::new(mesh.sample(picture));
        let scores = tables.demodulator().equalise(&signal);
        Self { signal, scores }
    }
}

impl<'a> Photo<'a> {
    /// Samples and equalises on the mesh as it is: where marks have laid it, that mostly suffices.
    pub(super) fn new(
        picture: &'a Picture,
        mesh: &'a mut Mesh,
        tables: &'a ReadTables,
        measures: &mut Measures,
    ) -> Self {
        let tiles = Tiles::new(mesh, picture, tables);
        let bits = tables.demodulator().soft_bits(&tiles.scores);
        measures.information = Some(information(&bits.data));
        Self {
            picture,
            mesh,
            tables,
            tiles,
            bits,
            fed_back: None,
            detail: None,
            is_registered: false,
            equalised: 1,
        }
    }

    /// Lays the mesh by the pilots where marks are missing, then by as many steps of registration on the
    /// data as bring something.
    pub(super) fn register(&mut self, measures: &mut Measures) {
        // What was seen on the mesh as it was is of no use on another one.
        (self.fed_back, self.detail, self.is_registered) = (None, None, true);
        let known = self.tables.demodulator().known_tiles(&self.tiles.signal);
        if measures.marks_found < Some(ALL_MARKS) && self.mesh.follow_known(self.picture, &known) {
            self.sample();
        }
        for _ in 0..MAX_STEPS {
            if self.step(measures) < STEP_GAIN {
                return;
            }
        }
    }

    /// One step of registration on the data, undone if it takes information. Gives what it added.
    fn step(&mut self, measures: &mut Measures) -> f64 {
        let (mesh, information) = (self.mesh.clone(), self.information());
        let demodulator = self.tables.demodulator();
        let gradient = |tile: usize| self.mesh.gradient(self.picture, tile);
        let Tiles { signal, scores } = &self.tiles;
        let registration = demodulator.registration(signal, scores, gradient);
        let (gradient, errors) = (&registration.gradient, &registration.errors);
        let error = self.mesh.nudge(demodulator.layout(), gradient, errors);
        let (tiles, bits) = self.sample();
        measures.sharpness = Some(registration.sharpness.into());
        measures.registration_error = Some(error);
        let gain = self.information() - information;
        if gain < -STEP_LOSS {
            (*self.mesh, self.tiles, self.bits) = (mesh, tiles, bits);
        }
        measures.information = Some(self.information());
        gain
    }

    /// Samples and equalises on the mesh as it is. Gives what there was before.
    fn sample(&mut self) -> (Tiles, SoftBits) {
        let tiles = Tiles::new(self.mesh, self.picture, self.tables);
        let bits = self.tables.demodulator().soft_bits(&tiles.scores);
        self.equalised += 1;
        (std::mem::replace(&mut self.tiles, tiles), std::mem::replace(&mut self.bits, bits))
    }

    /// Whether the mesh has been laid by the data.
    pub(super) fn is_registered(&self) -> bool {
        self.is_registered
    }

    /// What the LLRs carry, in bits a bit.
    pub(super) fn information(&self) -> f64 {
        information(&self.best().data)
    }

    fn best(&self) -> &SoftBits {
        self.fed_back.as_ref().unwrap_or(&self.bits)
    }

    /// What the frame is read with.
    pub(super) fn tables(&self) -> &'a ReadTables {
        self.tables
    }

    /// The LLRs as the decoder takes them.
    pub(super) fn soft(&self) -> Vec<i8> {
        self.tables.frame.code.soften(&self.best().data)
    }

    /// How often the tiles have been equalised.
    pub(super) fn equalised(&self) -> usize {
        self.equalised
    }

    /// What the tiles say of two frames, before any feedback.
    pub(super) fn mixture(&self) -> Mixture {
        self.tables.demodulator().mixture(&self.tiles.scores, &self.bits)
    }

    /// The LLRs.
    pub(super) fn into_llrs(self) -> Vec<f32> {
        self.fed_back.unwrap_or(self.bits).data
    }

    /// Equalises again with what is expected of the data bits, -1 to 1, or NaN where the code has said
    /// nothing; `taught` if enough is known to learn from. Whether that is possible.
    pub(super) fn feed_back(&mut self, expected: &[f32], taught: bool) -> bool {
        let demodulator = self.tables.demodulator();
        let scores = if taught || !demodulator.has_use_of_detail() {
            demodulator.feed_back_certain(&self.tiles.signal, self.best(), expected)
        } else {
            let detail = self.detail.take();
            let detail = detail.unwrap_or_else(|| Detail::new(self.mesh, self.picture));
            let scores = demodulator.feed_back(&detail, self.best(), expected);
            self.detail = Some(detail);
            Some(scores)
        };
        self.take_scores(scores)
    }

    /// Equalises again with what the soft values say of the neighbours, from the samples that are there:
    /// a fifth of the work of [`Photo::feed_back`], for photos that lack little. Whether that is possible.
    pub(super) fn feed_back_soft(&mut self) -> bool {
        let demodulator = self.tables.demodulator();
        self.take_scores(demodulator.feed_back_soft(&self.tiles.signal, self.best()))
    }

    fn take_scores(&mut self, scores: Option<Scores>) -> bool {
        let Some(scores) = scores else { return false };
        self.fed_back = Some(self.tables.demodulator().soft_bits(&scores));
        self.equalised += 1;
        true
    }

    /// Why codewords are lost, unless the picture shows two frames.
    pub(super) fn cause(&self, measures: &Measures) -> Cause {
        let layout = &self.tables.frame.layout;
        let signal = &self.tiles.signal;
        let white_share = layout.geometry().palette.white_share();
        let clipped = clipped(signal.samples(), white_share);
        let light = Light { contrast: signal.contrast(), clipped };
        cause(measures, light, weak_part(layout, &self.best().data))
    }
}
