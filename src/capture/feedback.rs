//! The codewords of a frame: decoded from soft values, and what the code says of them fed back to the
//! equaliser, until all are there or nothing more comes (turbo equalisation).
//!
//! Where tiles are small, most of what disturbs one of them are its neighbours. Codewords that decode
//! tell for certain what those are, and so does, less surely, what the decoder came to believe of all
//! others: round after round the equaliser takes out more.

use super::photo::Photo;
use super::tables::ReadTables;
use crate::dsp::sort_by_number;
use crate::inner::FrameCode;
use crate::ldpc::Decoder;
use crate::outer::Packet;
use crate::reading::{Measures, Unsure};

/// Iterations of the code's decoder at first, where most codewords decode or none, and later.
const FEW_ITERATIONS: usize = 16;
const MANY_ITERATIONS: usize = 40;
/// Codewords of a band that may fail in turn, where those that follow carry less: what soft values
/// carry by their own account is right to a few hundredths of a bit, and wrong alike within a picture.
const MAX_FAILURES: usize = 6;
/// If more than one codeword of so many is decoded, they tell enough of their neighbours: in a frame of one
/// band, and in others, where all may be of a part of it.
const TEACHING_SHARE: [usize; 2] = [8, 2];
/// Rounds of feedback at most: each takes about as long as two steps of registration.
const MAX_ROUNDS: usize = 10;
/// So many rounds in turn may decode nothing while there is no codeword yet, since beliefs grow for a
/// while before the first one is complete; and later, when those that are left have damage of their own.
const PATIENCE: [usize; 2] = [4, 3];
/// What feedback adds at most, in bits a bit; with less than the rate by more than this, it leads
/// nowhere.
const REACH: f64 = 0.1;
/// The same once the neighbours' soft decisions have been taken out.
const REACH_OF_CODE: f64 = 0.05;

/// The bytes of each codeword's packet, as far as they are decoded.
pub(super) struct Packets(Vec<Option<Vec<u8>>>);

impl Packets {
    /// None of `codewords` packets.
    pub(super) fn new(codewords: usize) -> Self {
        Self(vec![None; codewords])
    }

    pub(super) fn total(&self) -> usize {
        self.0.len()
    }

    pub(super) fn decoded(&self) -> usize {
        self.0.iter().flatten().count()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// Whether enough is decoded to teach an equaliser more than pilots do, all over the frame.
    fn teach(&self, code: &FrameCode) -> bool {
        let share = TEACHING_SHARE[usize::from(code.codewords_by_band().count() > 1)];
        share * self.decoded() > self.total()
    }

    /// The packets that are there, and the numbers of their codewords.
    pub(super) fn into_packets(self) -> (Vec<Packet>, Vec<usize>) {
        let numbered = self.0.into_iter().enumerate();
        numbered.filter_map(|(number, bytes)| Some((Packet::parse(&bytes?)?, number))).unzip()
    }

    /// Decodes the codewords of an undistorted frame, from its soft values.
    pub(super) fn decode_exact(
        &mut self,
        tables: &ReadTables,
        frame: &[i8],
        decoder: &mut Decoder,
    ) {
        self.decode(tables, frame, FEW_ITERATIONS, decoder);
    }

    /// Decodes the codewords of a photo: as the marks have laid its mesh; if next to nothing is missing, with
    /// what is believed of the neighbours; else registered on the data.
    pub(super) fn decode_photo(
        &mut self,
        photo: &mut Photo<'_>,
        measures: &mut Measures,
        decoder: &mut Decoder,
    ) {
        self.decode(photo.tables(), &photo.soft(), FEW_ITERATIONS, decoder);
        if self.is_complete() {
            return;
        }
        let code = &photo.tables().frame.code;
        let lacking = code.rate() - photo.information();
        if !self.teach(code) && lacking < REACH_OF_CODE && photo.feed_back_soft() {
            self.decode(photo.tables(), &photo.soft(), MANY_ITERATIONS, decoder);
            if self.teach(code) {
                return;
            }
        }
        match self.teach(code) {
            true => self.decode(photo.tables(), &photo.soft(), MANY_ITERATIONS, decoder),
            false => self.decode_registered(photo, measures, decoder),
        }
    }

    /// Registers a photo on its data, and decodes what is left.
    pub(super) fn decode_registered(
        &mut self,
        photo: &mut Photo<'_>,
        measures: &mut Measures,
        decoder: &mut Decoder,
    ) {
        photo.register(measures);
        self.decode(photo.tables(), &photo.soft(), MANY_ITERATIONS, decoder);
    }

    /// Decodes the codewords that are not there yet: in each band those first that carry most, until
    /// some in turn do not decode.
    fn decode(
        &mut self,
        tables: &ReadTables,
        frame: &[i8],
        iterations: usize,
        decoder: &mut Decoder,
    ) {
        let code = &tables.frame.code;
        for band in code.codewords_by_band() {
            let missing = band.filter(|index| self.0.get(*index).is_some_and(Option::is_none));
            let gathered = missing.map(|index| (index, code.gather(frame, index)));
            let mut left: Vec<_> =
                gathered.map(|(i, soft)| (code.surplus(&soft), i, soft)).collect();
            sort_by_number(&mut left, |(surplus, ..)| -surplus);
            let mut failed = 0;
            for (surplus, index, soft) in left {
                if failed == MAX_FAILURES || FrameCode::is_too_little(surplus) {
                    break;
                }
                let packet = code.decode(decoder, &soft, iterations);
                failed = if packet.is_some() { 0 } else { failed + 1 };
                self.0[index] = packet;
            }
        }
    }

    /// Decodes what is left with what is known and believed of the neighbours, and if that is not
    /// enough for a photo that was not, registers it first.
    pub(super) fn decode_further(
        &mut self,
        photo: &mut Photo<'_>,
        measures: &mut Measures,
        decoder: &mut Decoder,
    ) {
        self.decode_with_feedback(photo, decoder);
        if !self.is_complete() && !photo.is_registered() {
            self.decode_registered(photo, measures, decoder);
            self.decode_with_feedback(photo, decoder);
        }
    }

    /// Decodes with what is known and believed of the neighbours, as long as that helps.
    fn decode_with_feedback(&mut self, photo: &mut Photo<'_>, decoder: &mut Decoder) {
        let code = &photo.tables().frame.code;
        let mut expected = vec![f32::NAN; code.data_bits()];
        for (index, packet) in self.0.iter().enumerate() {
            if let Some(packet) = packet {
                code.note_packet(index, packet, &mut expected);
            }
        }
        let (mut idle, mut reach) = (0, REACH);
        for _ in 0..MAX_ROUNDS {
            let decoded = self.decoded();
            let too_little = photo.information() < code.rate() - reach;
            let taught = self.teach(code) && idle == 0;
            if (decoded == 0 && too_little) || !photo.feed_back(&expected, taught) {
                return;
            }
            let tried = self.decode_believing(photo, &mut expected, decoder);
            idle = if self.decoded() > decoded { 0 } else { idle + 1 };
            let patience = PATIENCE[usize::from(self.decoded() > 0)];
            if self.is_complete() || !tried || idle >= patience {
                return;
            }
            reach = REACH_OF_CODE;
        }
    }

    /// Decodes the codewords that are not there yet, unless they are out of reach, and notes in
    /// `expected` what comes of each. Whether there were any.
    fn decode_believing(
        &mut self,
        photo: &Photo<'_>,
        expected: &mut [f32],
        decoder: &mut Decoder,
    ) -> bool {
        let (code, frame) = (&photo.tables().frame.code, photo.soft());
        let mut tried = false;
        for (index, packet) in self.0.iter_mut().enumerate().filter(|(_, p)| p.is_none()) {
            let soft = code.gather(&frame, index);
            if code.surplus(&soft) < -REACH {
                continue;
            }
            tried = true;
            *packet = code.decode(decoder, &soft, MANY_ITERATIONS);
            match packet {
                Some(packet) => code.note_packet(index, packet, expected),
                None => code.note_beliefs(index, decoder, expected),
            }
        }
        tried
    }

    /// The soft values of the codewords that are not there.
    pub(super) fn unsure(&self, photo: &Photo<'_>) -> Vec<Unsure> {
        let code = &photo.tables().frame.code;
        let soft = photo.soft();
        let lost = self.0.iter().enumerate().filter(|(_, packet)| packet.is_none());
        lost.map(|(index, _)| Unsure { index, soft: code.gather(&soft, index) }).collect()
    }
}
