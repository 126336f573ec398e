//! File to frames.
//!
//! Two passes, so that every frame can tell how many there are: first the input becomes a
//! container stream in a working file ([`Prepared`]; in memory while it is small), then frames are
//! drawn from it ([`Transfer::frames`]). Memory holds a few chunks, then one group of blocks.

use super::ordered::ordered;
use super::profile::FrameFormat;
use super::selection::Selection;
use crate::container::{CHUNK_BYTES, Manifest, compress};
use crate::frame::{HEADER_COLUMNS, HEADER_ROWS, draw, draw_caption};
use crate::modem::{FrameHeader, modulate};
use crate::outer::{Layout, Packet, PacketId, Parity, Shape, ShapeError};
use crate::raster::IndexedFrame;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use tempfile::SpooledTempFile;

/// The container stream stays in memory up to this many bytes.
const MEMORY_BYTES: usize = 32 << 20;

/// Why sending failed.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The input cannot be read.
    #[error("cannot read the input")]
    Input(#[source] std::io::Error),
    /// The working file cannot be written or read.
    #[error("cannot use the working file in the temporary folder")]
    Working(#[source] std::io::Error),
    /// A file that no transfer of such frames can hold.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// More frames than a header can count.
    #[error("the file needs {frames} frames, a transfer has at most {}", u32::MAX)]
    Frames {
        /// Frames that would be needed.
        frames: u64,
    },
    /// A frame cannot be made into what it is wanted as.
    #[error("cannot draw a frame")]
    Draw(#[source] std::io::Error),
    /// The erasure code failed.
    #[error(transparent)]
    Outer(#[from] crate::outer::OuterError),
    /// The receiver of the frames gave up.
    #[error(transparent)]
    Sink(anyhow::Error),
}

/// An input as a container stream.
pub struct Prepared {
    stream: SpooledTempFile,
    length: u64,
    manifest: Manifest,
    hasher: blake3::Hasher,
}

impl Prepared {
    /// Reads `input` to its end, compresses its chunks at zstd level `level` on `threads` threads.
    /// `progress` is told the bytes read so far and may stop everything by failing.
    ///
    /// # Errors
    /// If the input, the working file, or `progress` fails.
    pub fn new(
        input: impl Read + Send,
        name: Option<String>,
        level: i32,
        threads: usize,
        mut progress: impl FnMut(u64) -> anyhow::Result<()>,
    ) -> Result<Self, SendError> {
        let mut stream = SpooledTempFile::new(MEMORY_BYTES);
        // The manifest goes first but is known last.
        let front = Manifest::length(name.as_deref());
        stream.write_all(&vec![0; front]).map_err(SendError::Working)?;
        let mut digest = blake3::Hasher::new();
        let mut packed = blake3::Hasher::new();
        let (mut size, mut length) = (0, front as u64);
        ordered(
            threads,
            chunks(input),
            || (),
            |(), chunk: std::io::Result<Vec<u8>>| {
                let chunk = chunk.map_err(SendError::Input)?;
                let stored = compress(&chunk, level).map_err(SendError::Working)?;
                Ok((chunk, stored))
            },
            |result: Result<_, SendError>| {
                let (chunk, stored) = result?;
                digest.update(&chunk);
                packed.update(&stored);
                stream.write_all(&stored).map_err(SendError::Working)?;
                size += chunk.len() as u64;
                length += stored.len() as u64;
                progress(size).map_err(SendError::Sink)?;
                Ok::<_, SendError>(ControlFlow::Continue(()))
            },
        )?;
        let digest = *digest.finalize().as_bytes();
        let manifest = Manifest { name, size, chunk_bytes: CHUNK_BYTES, digest };
        stream.seek(SeekFrom::Start(0)).map_err(SendError::Working)?;
        stream.write_all(&manifest.to_bytes()).map_err(SendError::Working)?;
        packed.update(&manifest.to_bytes());
        Ok(Self { stream, length, manifest, hasher: packed })
    }

    /// What the stream says about the file.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Bytes of the stream: the file compressed, and what describes it.
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// The input in chunks of [`CHUNK_BYTES`].
fn chunks(mut input: impl Read) -> impl Iterator<Item = std::io::Result<Vec<u8>>> {
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let mut chunk = Vec::new();
        let read = input.by_ref().take(CHUNK_BYTES.into()).read_to_end(&mut chunk);
        ended = chunk.len() < CHUNK_BYTES as usize;
        match read {
            Err(error) => Some(Err(error)),
            Ok(0) => None,
            Ok(_) => Some(Ok(chunk)),
        }
    })
}

/// A prepared input, and how it will travel.
pub struct Transfer {
    prepared: Prepared,
    format: FrameFormat,
    layout: Layout,
    id: u32,
}

impl Transfer {
    /// Plans the frames of `prepared`.
    ///
    /// # Errors
    /// If the file is too long for such frames.
    pub fn new(
        prepared: Prepared,
        format: FrameFormat,
        redundancy: f64,
    ) -> Result<Self, SendError> {
        let shape = Shape::new(prepared.length, format.payload(), format.packets(), redundancy)?;
        let layout = Layout::new(shape, format.packets());
        if layout.frames() > u64::from(u32::MAX) {
            return Err(SendError::Frames { frames: layout.frames() });
        }
        // Two transfers that differ in anything but the picture must not mix their packets.
        let mut hasher = prepared.hasher.clone();
        hasher.update(&shape.blocks.to_le_bytes());
        hasher.update(&[shape.source, shape.repair]);
        hasher.update(&(shape.payload as u64).to_le_bytes());
        hasher.update(&(format.packets() as u64).to_le_bytes());
        let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
        Ok(Self { prepared, format, layout, id: u32::from_le_bytes([a, b, c, d]) })
    }

    /// The transfer's id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How packets and frames go together.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The prepared input.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The transfer's frame of nothing but zeros: what all its frames have in common.
    pub fn background(&self) -> IndexedFrame {
        let layout = &self.format.layout;
        let header = HEADER_ROWS * self.format.palette.header_planes() as usize * HEADER_COLUMNS;
        draw(layout, &vec![0; layout.kinds().len()], &vec![0; header])
    }

    /// The format of its frames.
    pub fn format(&self) -> &FrameFormat {
        &self.format
    }

    /// Draws frames, makes of each what `render` makes on one of several threads, and gives that
    /// with the frame's number, from 0 and in order, to `sink`.
    ///
    /// # Errors
    /// If the working file fails, or `render` or `sink` does.
    pub fn frames<T: Send>(
        &mut self,
        drawing: &Drawing<'_>,
        render: impl Fn(IndexedFrame) -> std::io::Result<T> + Sync,
        mut sink: impl FnMut(u64, T) -> anyhow::Result<()>,
    ) -> Result<(), SendError> {
        let caption = drawing.caption;
        let drawer = Drawer { format: &self.format, layout: self.layout, id: self.id, caption };
        let source = FramePackets {
            stream: &mut self.prepared.stream,
            length: self.prepared.length,
            layout: self.layout,
            parity: Parity::new(self.layout.shape()),
            per_frame: self.format.packets(),
            group: 0,
            ready: Vec::new(),
            first: Vec::new(),
            failed: false,
        };
        let chosen = |(number, _): &(u64, _)| drawing.only.contains(*number);
        ordered(
            drawing.threads,
            (0..).zip(source).filter(chosen),
            || (),
            |(), (number, packets)| {
                let frame = drawer.draw(number, &packets?);
                Ok((number, render(frame).map_err(SendError::Draw)?))
            },
            |frame: Result<_, SendError>| {
                let (number, rendered) = frame?;
                sink(number, rendered).map_err(SendError::Sink)?;
                Ok(ControlFlow::Continue(()))
            },
        )
    }
}

/// How frames are drawn.
#[derive(Clone, Copy)]
pub struct Drawing<'a> {
    /// Threads that draw.
    pub threads: usize,
    /// Makes the line of text below a frame, from the frame's number.
    pub caption: Option<&'a (dyn Fn(u64) -> String + Sync)>,
    /// The frames that are drawn.
    pub only: &'a Selection,
}

/// One packet's place and payload.
type Slot = (u32, u8, Vec<u8>);

/// The packets of each frame, group after group.
struct FramePackets<'a> {
    stream: &'a mut SpooledTempFile,
    length: u64,
    layout: Layout,
    parity: Parity,
    per_frame: usize,
    group: u32,
    /// Packets not yet given out.
    ready: Vec<Slot>,
    /// The transfer's first packets, which fill what is left of the last frame.
    first: Vec<Slot>,
    failed: bool,
}

impl FramePackets<'_> {
    /// Codes the next group.
    fn load_group(&mut self) -> Result<(), SendError> {
        let shape = self.layout.shape();
        let blocks = self.layout.group_blocks(self.group);
        let mut coded = Vec::with_capacity(blocks.len());
        for block in blocks.clone() {
            let start = u64::from(block) * shape.block_bytes() as u64;
            let length = self.length.saturating_sub(start).min(shape.block_bytes() as u64);
            let mut bytes = vec![0; length as usize];
            self.stream
                .seek(SeekFrom::Start(start.min(self.length)))
                .map_err(SendError::Working)?;
            self.stream.read_exact(&mut bytes).map_err(SendError::Working)?;
            coded.push(self.parity.encode(block, &bytes)?);
        }
        for (block, index) in self.layout.group_packets(self.group) {
            let packets = &mut coded[(block - blocks.start) as usize];
            let payload = std::mem::take(&mut packets[usize::from(index)]);
            self.ready.push((block, index, payload));
        }
        if self.group == 0 {
            self.first = self.ready.iter().take(self.per_frame).cloned().collect();
        }
        self.group += 1;
        Ok(())
    }
}

impl Iterator for FramePackets<'_> {
    type Item = Result<Vec<Slot>, SendError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.len() < self.per_frame && self.group < self.layout.groups() {
            if self.failed {
                return None;
            }
            if let Err(error) = self.load_group() {
                self.failed = true;
                return Some(Err(error));
            }
        }
        if self.ready.is_empty() {
            return None;
        }
        let rest = self.ready.split_off(self.ready.len().min(self.per_frame));
        let mut frame = std::mem::replace(&mut self.ready, rest);
        let spare = self.per_frame - frame.len();
        frame.extend(self.first.iter().cycle().take(spare).cloned());
        Some(Ok(frame))
    }
}

/// Draws frames of one transfer.
struct Drawer<'a> {
    format: &'a FrameFormat,
    layout: Layout,
    id: u32,
    caption: Option<&'a (dyn Fn(u64) -> String + Sync)>,
}

impl Drawer<'_> {
    fn draw(&self, number: u64, slots: &[Slot]) -> IndexedFrame {
        let shape = self.layout.shape();
        let packets: Vec<Vec<u8>> = slots
            .iter()
            .map(|(block, index, payload)| {
                let id = PacketId { transfer: self.id, block: *block, index: *index };
                Packet { id, shape, payload: payload.clone() }.to_bytes()
            })
            .collect();
        let format = self.format;
        let header = FrameHeader {
            geometry: format.layout.geometry(),
            palette: format.palette,
            parity: format.parity,
            lifting: format.lifting,
            bands: format.bands,
            transfer: self.id,
            frame: number as u32,
            frames: self.layout.frames() as u32,
        };
        let symbols = modulate(&format.layout, format.palette, &format.code.encode(&packets));
        let mut frame = draw(&format.layout, &symbols, &header.cells());
        if let Some(caption) = self.caption {
            draw_caption(&mut frame, &caption(number));
        }
        frame
    }
}
