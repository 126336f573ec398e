//! A file to frames of our own.

use super::packets::FramePackets;
use super::{Frames, Outgoing, Redundancy, Selection, SendError, Stream, Summary, Undrawn};
use crate::format::{FormatChoice, FrameTables, PROBE_TRANSFER};
use crate::frame::{CAPTION_HEIGHT, Cells, draw, draw_caption};
use crate::modem::{FrameHeader, modulate};
use crate::outer::{Packet, Schedule};
use crate::outline::Outline;
use crate::raster::IndexedFrame;
use std::sync::Arc;

/// How a file travels in frames of our own, beside their format.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnOptions {
    /// How much more than the file travels.
    pub redundancy: Redundancy,
    /// Whether name and number are written below each frame.
    pub caption: bool,
}

/// A file, and how it travels in frames of our own.
pub struct OwnTransfer {
    stream: Stream,
    drawer: Drawer,
}

impl OwnTransfer {
    /// Plans the frames for a stream.
    ///
    /// # Errors
    /// If the file is too long for such frames.
    pub fn new(
        stream: Stream,
        tables: FrameTables,
        options: OwnOptions,
    ) -> Result<Self, SendError> {
        let packets = tables.packets();
        let shape = options.redundancy.shape(stream.length(), tables.payload(), packets)?;
        let schedule = Schedule::new(shape, packets);
        if schedule.frames() > u64::from(u32::MAX) {
            return Err(SendError::Frames { frames: schedule.frames() });
        }
        // Two transfers that differ in anything but the picture must not mix their packets.
        let mut hasher = stream.hasher();
        hasher.update(&shape.blocks.to_le_bytes());
        hasher.update(&[shape.source, shape.repair]);
        hasher.update(&(shape.payload as u64).to_le_bytes());
        hasher.update(&(packets as u64).to_le_bytes());
        let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
        // Probes have an id of their own.
        let id = u32::from_le_bytes([a, b, c, d]);
        let id = if id == PROBE_TRANSFER { !id } else { id };
        let name = stream.manifest().name.clone().unwrap_or_else(|| "-".to_owned());
        let caption = options.caption.then_some(name);
        Ok(Self { stream, drawer: Drawer { tables, schedule, id, caption } })
    }

    /// The transfer of a file that is in memory.
    ///
    /// # Errors
    /// If there is no such frame, or the file is too long.
    pub fn in_memory(
        file: &[u8],
        name: Option<String>,
        choice: &FormatChoice,
    ) -> Result<Self, SendError> {
        Self::new(Stream::in_memory(file, name)?, choice.tables()?, OwnOptions::default())
    }

    /// How packets and frames go together.
    pub fn schedule(&self) -> Schedule {
        self.drawer.schedule
    }
}

impl Outgoing for OwnTransfer {
    fn outline(&self) -> Outline {
        let (manifest, layout) = (self.stream.manifest(), &self.drawer.tables.layout);
        let cells = Cells::new(layout);
        let below = if self.drawer.caption.is_some() { CAPTION_HEIGHT } else { 0 };
        Outline {
            name: manifest.name.clone().unwrap_or_else(|| "-".to_owned()),
            bytes: manifest.size,
            size: (cells.base.width, cells.base.height + below),
            frames: self.drawer.schedule.frames(),
            tile: layout.geometry().tile.into(),
            border: layout.geometry().border(),
            // A caption is no symbol.
            cells: self.drawer.caption.is_none().then(|| Arc::new(cells)),
        }
    }

    fn summary(&self) -> Summary {
        Summary {
            cimbar_mode: None,
            sent_bytes: self.stream.length(),
            spare_frames: Some(self.drawer.schedule.survivable_losses()),
            digest: Some(self.stream.manifest().digest),
        }
    }

    fn frames<'a>(&'a mut self, only: &'a Selection) -> Frames<'a> {
        let Self { stream, drawer } = self;
        let drawer = &*drawer;
        let mut packets = FramePackets::new(stream, drawer.schedule, drawer.id);
        Box::new(only.numbers(drawer.schedule.frames()).map(move |number| {
            let packets = packets.frame(number)?;
            Ok(Undrawn::new(number, move || drawer.draw(number, &packets)))
        }))
    }
}

/// Draws frames of one transfer.
struct Drawer {
    tables: FrameTables,
    schedule: Schedule,
    id: u32,
    /// The name in captions, if there are any.
    caption: Option<String>,
}

impl Drawer {
    fn draw(&self, number: u64, packets: &[Packet]) -> IndexedFrame {
        let frames = self.schedule.frames();
        let header = FrameHeader {
            format: self.tables.format,
            transfer: self.id,
            frame: number as u32,
            frames: frames as u32,
        };
        let mut frame = draw_frame(&self.tables, &header, packets);
        if let Some(name) = &self.caption {
            draw_caption(&mut frame, &format!("{name}  {}/{frames}", number + 1));
        }
        frame
    }
}

/// A frame that carries these packets.
pub(super) fn draw_frame(
    tables: &FrameTables,
    header: &FrameHeader,
    packets: &[Packet],
) -> IndexedFrame {
    let FrameTables { layout, code, .. } = tables;
    let packets: Vec<Vec<u8>> = packets.iter().map(Packet::to_bytes).collect();
    draw(layout, &modulate(layout, &code.encode(&packets)), &header.cells())
}
