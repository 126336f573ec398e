//! A frame of our own that has been located, to its packets.
//!
//! The samples of all tiles, either as they are (an undistorted frame) or equalised on a mesh that
//! follows marks and data (a photo); then codewords, with what is decoded fed back to the equaliser
//! until nothing more comes.

use super::debug::FramePictures;
use super::feedback::Packets;
use super::header::both_headers;
use super::located::Located;
use super::photo::Photo;
use super::tables::Tools;
use crate::frame::{Hypothesis, Mesh};
use crate::ldpc::Decoder;
use crate::modem::FrameHeader;
use crate::raster::Picture;
use crate::reading::{Capture, Cause, Measures, Mixed, Outcome, OwnReading, Reading, Unsure};
use std::sync::Arc;

/// What reading a photo adds to its packets.
struct PhotoResult {
    outcome: Outcome,
    unsure: Vec<Unsure>,
    mixed: Option<Arc<Mixed>>,
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
        let mut packets = Packets::new(codewords);
        if let Some(llrs) = located.exact.take() {
            let soft = located.tables.frame.code.descramble(llrs);
            packets.decode_exact(&located.tables, &soft, &mut self.tools.decoder);
            measures.registration_error = Some(0.0);
        }
        let PhotoResult { outcome, unsure, mixed, debug } = if packets.is_complete() {
            PhotoResult { outcome: Outcome::Read, unsure: Vec::new(), mixed: None, debug: None }
        } else {
            self.read_photo(located, &mut packets, &mut measures)
        };
        let (packets, numbers) = packets.into_packets();
        let reading = OwnReading { header, codewords, packets, numbers, unsure, mixed };
        (Capture { outcome, reading: Some(Reading::Own(reading)), measures }, debug)
    }

    /// Registers, equalises and decodes a photo.
    fn read_photo(
        self,
        located: Located,
        packets: &mut Packets,
        measures: &mut Measures,
    ) -> PhotoResult {
        let Self { picture, tools: Tools { decoder, equalised, formats, .. }, draws } = self;
        let Located { hypothesis, header, tables, mut mesh, marks, .. } = located;
        let large = formats.large(&tables);
        let _alone = large.as_ref().map(|large| large.lock());
        let layout = &tables.frame.layout;
        let follow = |mesh: &mut Mesh| mesh.follow_marks(picture, layout, hypothesis.trusted());
        measures.marks_found = Some(marks.unwrap_or_else(|| follow(&mut mesh)).share());
        let mut photo = Photo::new(picture, &mut mesh, &tables, measures);
        packets.decode_photo(&mut photo, measures, decoder);
        let mut shown = Shown::Alone;
        if !packets.is_complete() {
            shown = Shown::of(picture, &hypothesis, &header, decoder);
        }
        let alone = matches!(shown, Shown::Alone);
        if !alone && !photo.is_registered() {
            packets.decode_registered(&mut photo, measures, decoder);
        }
        let mut mixed = match shown {
            Shown::Both(headers) => Some(Arc::new(Mixed { headers, mixture: photo.mixture() })),
            _ => None,
        };
        if !packets.is_complete() && (alone || header.format.bands > 1) {
            packets.decode_further(&mut photo, measures, decoder);
        }
        let total = packets.total();
        let (outcome, unsure) = match total - packets.decoded() {
            0 => {
                mixed = None;
                (Outcome::Read, Vec::new())
            }
            lost if !alone => {
                let cause = Cause::ScreenChanged;
                (Outcome::CodewordsLost { lost, total, cause }, Vec::new())
            }
            lost => {
                let cause = photo.cause(measures);
                (Outcome::CodewordsLost { lost, total, cause }, packets.unsure(&photo))
            }
        };
        *equalised += photo.equalised();
        let llrs = photo.into_llrs();
        let debug = if draws { FramePictures::new(picture, &mesh, layout, &llrs) } else { None };
        PhotoResult { outcome, unsure, mixed, debug }
    }
}

/// What a picture shows besides the frame that it was located by.
enum Shown {
    Alone,
    /// Another frame of the same kind, so that what the tiles say can be told apart.
    Both([FrameHeader; 2]),
    /// Some other frame.
    Other,
}

impl Shown {
    fn of(picture: &Picture, at: &Hypothesis, header: &FrameHeader, decoder: &mut Decoder) -> Self {
        let copies = both_headers(picture, at, decoder);
        if copies.into_iter().flatten().all(|copy| copy == *header) {
            return Self::Alone;
        }
        match copies {
            [Some(first), Some(second)]
                if first.format == second.format && [first, second].contains(header) =>
            {
                Self::Both([first, second])
            }
            _ => Self::Other,
        }
    }
}
