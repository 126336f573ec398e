//! What all frames of a transfer share, for both directions: the numbers in their headers
//! ([`FrameFormat`]), all that follows from them ([`FrameTables`]), and the choices that people make
//! by name ([`Profile`]).

mod density;
mod parameters;
mod probe;
mod profile;
mod screen;

pub use crate::modem::FrameFormat;
pub use density::Density;
pub use parameters::Parameters;
pub use probe::{PROBE_FRAMES, PROBE_TRANSFER, Trial};
pub use profile::{FormatChoice, FormatError, HOST_SCREEN, Profile};
pub use screen::size_on_screen;

use crate::frame::Layout;
use crate::inner::FrameCode;
use crate::outer::{MAX_PACKETS, PACKET_HEADER_BYTES};
use std::sync::Arc;

/// What follows from a format: where everything lies, and how data bits carry packets.
#[derive(Clone, Debug)]
pub struct FrameTables {
    /// The format.
    pub format: FrameFormat,
    /// Where everything lies.
    pub layout: Arc<Layout>,
    /// How data bits carry packets.
    pub code: FrameCode,
}

impl FrameTables {
    /// The tables of a format; `None` if it promises what no frame can hold.
    pub fn new(format: FrameFormat) -> Option<Self> {
        let layout = Layout::new(format.geometry);
        let (tiles, bits) = (layout.data().len(), format.geometry.palette.bits_per_tile());
        let code = FrameCode::new(tiles, bits, format.bands, format.lifting, format.parity)?;
        // Codewords too short for a packet are many, and say nothing.
        if code.packet_bytes() <= PACKET_HEADER_BYTES {
            return None;
        }
        Some(Self { format, layout: Arc::new(layout), code })
    }

    /// Packets a frame.
    pub fn packets(&self) -> usize {
        self.code.codewords()
    }

    /// Payload bytes of a packet.
    pub fn payload(&self) -> usize {
        self.code.packet_bytes().saturating_sub(PACKET_HEADER_BYTES)
    }

    /// Payload bytes of a frame.
    pub fn capacity(&self) -> usize {
        self.packets() * self.payload()
    }

    /// The longest stream that fits one frame: its packets have to make equally large blocks.
    pub fn frame_bytes(&self) -> usize {
        let blocks = self.packets().div_ceil(MAX_PACKETS);
        self.packets() / blocks * blocks * self.payload()
    }
}

/// What was made for the formats met last, in memory of a bounded size.
#[derive(Debug)]
pub struct Recent<T>(Vec<(FrameFormat, Arc<T>)>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Recent<T> {
    /// Formats that are kept at most.
    const KEPT: usize = 6;
    /// Tiles of all formats that are kept, unless it is the last one alone: tables take up to 130
    /// bytes a tile.
    const KEPT_TILES: usize = 400_000;

    /// What `make` makes for a format, now or earlier; `None` if it makes nothing.
    pub fn get(
        &mut self,
        format: FrameFormat,
        make: impl FnOnce(FrameFormat) -> Option<T>,
    ) -> Option<Arc<T>> {
        if let Some(at) = self.0.iter().position(|(known, _)| *known == format) {
            self.0[..=at].rotate_right(1);
        } else {
            // Before, not after: two large ones are never there at once.
            self.make_room(format);
            self.0.insert(0, (format, Arc::new(make(format)?)));
        }
        self.0.first().map(|(_, made)| Arc::clone(made))
    }

    /// Drops what would be too much together with a new format, what was used longest ago first.
    fn make_room(&mut self, format: FrameFormat) {
        let tiles = |format: &FrameFormat| {
            usize::from(format.geometry.columns) * usize::from(format.geometry.rows)
        };
        let mut sum = tiles(&format);
        let fitting = self.0.iter().take(Self::KEPT - 1).take_while(|(known, _)| {
            sum += tiles(known);
            sum <= Self::KEPT_TILES
        });
        let kept = fitting.count();
        self.0.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Geometry;

    fn format(profile: Profile, side: usize) -> FrameFormat {
        let Parameters { tile, parity, palette, .. } = profile.parameters();
        let geometry = Geometry::new(side, side, tile, palette).unwrap();
        FrameFormat { geometry, parity, lifting: 384, bands: 1 }
    }

    #[test]
    fn small_formats_are_kept_and_of_large_ones_the_last() {
        let mut recent = Recent::default();
        let small: Vec<FrameFormat> =
            (0..8).map(|i| format(Profile::Standard, 600 + 10 * i)).collect();
        for &format in &small {
            assert!(recent.get(format, Some).is_some());
        }
        assert_eq!(recent.0.len(), 6);
        let large = format(Profile::Lossless, 2000);
        assert!(recent.get(large, Some).is_some());
        assert_eq!(recent.0.len(), 1);
        assert!(recent.get(small[0], Some).is_some());
        assert_eq!(recent.0.len(), 1, "a large one goes when anything else comes");
        let again = recent.get(small[0], |_| None);
        assert_eq!(again.as_deref(), Some(&small[0]));
    }

    #[test]
    fn codewords_without_room_for_a_packet_are_refused() {
        let made = |lifting| {
            let format = FrameFormat { lifting, bands: 64, ..format(Profile::Standard, 1024) };
            FrameTables::new(format).is_some()
        };
        assert!(!made(4) && made(48));
    }
}
