//! Frames that are PNG files to one animated PNG file (W3C PNG, third edition, §11.3.6): the chunks
//! of their data are taken over as they are, so that compressing is done where frames are drawn.

use super::framing::Framing;
use super::png::{SIGNATURE, chunks};
use std::io::{Error, Result, Write};

/// `dispose_op` none, `blend_op` source: each frame is the whole picture.
const OPERATIONS: [u8; 2] = [0, 0];

/// An APNG file around PNG files of one size, palette and depth.
pub(super) struct Apng {
    size: (u32, u32),
    count: u32,
    fps: u16,
    plays: u32,
    frames: u32,
    /// Number of the next chunk that has one.
    sequence: u32,
}

impl Apng {
    /// A file of `count` frames of this size, `fps` of them a second, played `plays` times (0: for
    /// ever).
    pub(super) fn new((width, height): (usize, usize), count: u32, fps: u16, plays: u32) -> Self {
        let size = (width as u32, height as u32);
        Self { size, count, fps, plays, frames: 0, sequence: 0 }
    }

    fn next_sequence(&mut self) -> [u8; 4] {
        self.sequence += 1;
        (self.sequence - 1).to_be_bytes()
    }

    /// The chunk that tells when a frame is shown, and where.
    fn control(&mut self) -> Vec<u8> {
        let (width, height) = self.size;
        let mut control = self.next_sequence().to_vec();
        for number in [width, height, 0, 0] {
            control.extend(number.to_be_bytes());
        }
        control.extend(1u16.to_be_bytes());
        control.extend(self.fps.to_be_bytes());
        control.extend(OPERATIONS);
        control
    }
}

impl Framing for Apng {
    fn frame(&mut self, _: u64, bytes: &[u8], target: &mut dyn Write) -> Result<()> {
        let first = self.frames == 0;
        if first {
            target.write_all(&SIGNATURE)?;
        }
        let mut controlled = false;
        for (kind, data) in chunks(bytes)? {
            match &kind {
                b"IDAT" => {
                    if !controlled {
                        if first {
                            let counts = [self.count.to_be_bytes(), self.plays.to_be_bytes()];
                            write_chunk(target, b"acTL", &[&counts.concat()])?;
                        }
                        write_chunk(target, b"fcTL", &[&self.control()])?;
                        controlled = true;
                    }
                    if first {
                        write_chunk(target, b"IDAT", &[data])?;
                    } else {
                        write_chunk(target, b"fdAT", &[&self.next_sequence(), data])?;
                    }
                }
                b"IEND" => {}
                kind if first => write_chunk(target, kind, &[data])?,
                _ => {}
            }
        }
        self.frames += 1;
        Ok(())
    }

    fn end(&mut self, target: &mut dyn Write) -> Result<()> {
        if self.frames != self.count {
            let (written, count) = (self.frames, self.count);
            return Err(Error::other(format!("{written} frames where {count} were announced")));
        }
        write_chunk(target, b"IEND", &[])
    }
}

/// Writes a chunk whose data is the `parts` one after the other.
fn write_chunk(target: &mut dyn Write, kind: &[u8; 4], parts: &[&[u8]]) -> Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut crc = crc32fast::Hasher::new();
    crc.update(kind);
    target.write_all(&(length as u32).to_be_bytes())?;
    target.write_all(kind)?;
    for part in parts {
        crc.update(part);
        target.write_all(part)?;
    }
    target.write_all(&crc.finalize().to_be_bytes())
}
