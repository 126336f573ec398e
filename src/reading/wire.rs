//! Captures as bytes, from whoever reads a picture to whoever collects what pictures gave: in a
//! browser these are two threads that share nothing.

use super::{Capture, Reading};

impl Capture {
    /// What one picture gave, for [`Capture::from_bytes`].
    pub fn to_bytes(captures: &[Self]) -> Vec<u8> {
        postcard::to_allocvec(captures).unwrap_or_default()
    }

    /// What [`Capture::to_bytes`] was given; `None` if the bytes are something else. Headers, packets
    /// and blocks are checked as if they came from a picture.
    pub fn from_bytes(bytes: &[u8]) -> Option<Vec<Self>> {
        let captures: Vec<Self> = postcard::from_bytes(bytes).ok()?;
        captures.iter().all(Self::is_sound).then_some(captures)
    }

    fn is_sound(&self) -> bool {
        match &self.reading {
            None => true,
            Some(Reading::Own(reading)) => {
                reading.packets.len() <= reading.codewords
                    && reading.unsure.iter().all(|unsure| unsure.index < reading.codewords)
            }
            Some(Reading::Cimbar(reading)) => reading.is_sound(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cimbar::Mode;
    use crate::frame::MeshQuality;
    use crate::modem::HeaderError;
    use crate::outer::{Packet, PacketId, Shape};
    use crate::reading::{
        Capture, Cause, Measures, Mixed, Outcome, OwnReading, Part, Reading, Unsure,
    };
    use crate::{cimbar, modem};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn header() -> modem::FrameHeader {
        use crate::format::{FormatChoice, Profile};
        let format = FormatChoice::new(Profile::Dense, (512, 512)).tables().unwrap().format;
        modem::FrameHeader { format, transfer: 7, frame: 2, frames: 5 }
    }

    fn own(payload: Vec<u8>, soft: Vec<i8>) -> Reading {
        let shape = Shape { blocks: 3, source: 6, repair: 2, payload: payload.len() };
        let id = PacketId { transfer: 7, block: 1, index: 3 };
        let packets = vec![Packet { id, shape, payload }];
        let unsure = vec![Unsure { index: 1, soft }];
        let headers = [header(), modem::FrameHeader { frame: 3, ..header() }];
        let mixed = Some(Arc::new(Mixed { headers, mixture: modem::Mixture::silent(12) }));
        let (header, numbers) = (header(), vec![0]);
        Reading::Own(OwnReading { header, codewords: 2, packets, numbers, unsure, mixed })
    }

    fn cimbar(lost: usize) -> Reading {
        let mode = Mode::Bu;
        let parameters = mode.parameters();
        let block = |i| (i != lost).then(|| vec![i as u8; parameters.data()]);
        let blocks = (0..parameters.blocks()).map(block).collect();
        let quality = MeshQuality { found: 3, expected: 9 };
        Reading::Cimbar(cimbar::Reading { mode, blocks, quality, pixels_per_cell: 2.5 })
    }

    fn same(captures: &[Capture]) {
        let bytes = Capture::to_bytes(captures);
        let again = Capture::from_bytes(&bytes).unwrap();
        assert_eq!(format!("{again:?}"), format!("{captures:?}"));
    }

    proptest! {
        #[test]
        fn captures_survive_their_bytes(
            payload in prop::collection::vec(any::<u8>(), 1..90), soft: Vec<i8>, lost in 0usize..40,
            corner in -9.0..9e3,
        ) {
            let corners = Some([[corner; 2]; 4]);
            let measures = Measures { corners, information: Some(0.5), ..Measures::default() };
            let outcome = Outcome::CodewordsLost { lost, total: 40, cause: Cause::Noisy };
            let weak = Cause::WeakPart(Part { column: 1, row: 2 });
            same(&[
                Capture { outcome, reading: Some(own(payload, soft)), measures },
                Capture { outcome: Outcome::Repeat, reading: Some(cimbar(lost)), measures },
                Capture::nothing(Outcome::Header(HeaderError::Version { got: 9 })),
                Capture::nothing(Outcome::CodewordsLost { lost, total: 99, cause: weak }),
            ]);
        }

        #[test]
        fn other_bytes_are_refused_or_are_captures(bytes: Vec<u8>) {
            if let Some(captures) = Capture::from_bytes(&bytes) {
                same(&captures);
            }
        }
    }

    #[test]
    fn blocks_of_another_size_are_refused() {
        let Reading::Cimbar(mut reading) = cimbar(0) else { return };
        reading.blocks[1] = Some(vec![0; 3]);
        let capture =
            Capture { reading: Some(Reading::Cimbar(reading)), ..Capture::nothing(Outcome::Read) };
        assert!(Capture::from_bytes(&Capture::to_bytes(&[capture])).is_none());
    }
}
