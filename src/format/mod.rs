//! What all frames of a transfer share, for both directions: the numbers in their headers
//! ([`FrameFormat`]), all that follows from them ([`FrameTables`]), and the choices that people make
//! by name ([`Profile`]).

mod profile;

pub use crate::modem::FrameFormat;
pub use profile::{FormatChoice, FormatError, Profile};

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

    /// What `make` makes for a format, now or earlier; `None` if it makes nothing.
    pub fn get(
        &mut self,
        format: FrameFormat,
        make: impl FnOnce(FrameFormat) -> Option<T>,
    ) -> Option<Arc<T>> {
        if let Some((_, made)) = self.0.iter().find(|(known, _)| *known == format) {
            return Some(Arc::clone(made));
        }
        let made = Arc::new(make(format)?);
        self.0.truncate(Self::KEPT - 1);
        self.0.insert(0, (format, Arc::clone(&made)));
        Some(made)
    }
}
