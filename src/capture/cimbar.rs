//! libcimbar's frames: the capture that a reading is, and how they are followed through a video.
//!
//! What the picture before was read with is good for the next one too, most likely: first at a glance,
//! then as a whole. What has been read before is not decoded again, and handed on as if it had been:
//! whoever weighs contents that contradict each other counts every sight.

use super::repeats::ReadBefore;
use super::tables::Tools;
use crate::cimbar::{FrameRead, Look, Mode, Reading, WholeFrame, read_at};
use crate::frame::Hypothesis;
use crate::raster::Picture;
use crate::reading::{self, Capture, Measures, Outcome};

/// How a video's frames were read last.
#[derive(Clone, Debug)]
pub(super) struct CimbarShow {
    mode: Mode,
    /// `None` if none has been read in full.
    look: Option<Look>,
}

impl CimbarShow {
    /// A show that begins with a frame; it is remembered if it was read in full.
    pub(super) fn begin(
        picture: &Picture,
        read: &FrameRead,
        tools: &Tools,
        known: &ReadBefore,
    ) -> Self {
        let Reading { mode, blocks, .. } = &read.reading;
        if let Some(whole) = WholeFrame::of(*mode, blocks, &tools.codings) {
            known.insert_cimbar(whole);
        }
        Self { mode: *mode, look: Look::of(picture, read, &tools.codings) }
    }

    /// Reads the frame of the next picture; `None` if there is none of the kind.
    pub(super) fn read_next(
        self,
        picture: &Picture,
        hypothesis: &Hypothesis,
        tools: &Tools,
        known: &ReadBefore,
    ) -> Option<(Capture, Self)> {
        let glance =
            self.look.as_ref().and_then(|look| look.glance(picture, hypothesis, &tools.codings));
        if let Some(glance) = glance {
            if let Some(frame) = known.shown_cimbar(&glance) {
                let capture = cimbar_capture(glance.reading(&frame));
                return Some((Capture { outcome: Outcome::Repeat, ..capture }, self));
            }
            if let Some(frame) = glance.decode() {
                let (capture, look) = (cimbar_capture(glance.reading(&frame)), glance.look(&frame));
                known.insert_cimbar(frame);
                return Some((capture, Self { look: Some(look), ..self }));
            }
        }
        let read = read_at(picture, hypothesis, self.mode, &tools.codings)?;
        let next = Self::begin(picture, &read, tools, known);
        // How frames looked before is worth more than nothing.
        let look = next.look.or(self.look.filter(|_| next.mode == self.mode));
        Some((cimbar_capture(read.reading), Self { look, mode: next.mode }))
    }
}

/// The capture that a reading is.
pub(super) fn cimbar_capture(reading: Reading) -> Capture {
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
    Capture { outcome, reading: Some(reading::Reading::Cimbar(reading)), measures }
}
