//! Packets, their dimensions, and the container: bytes that came out of frames.

use super::input::Input;
use crate::container::{Content, Manifest, Reader, compress};
use crate::outer::{Packet, PacketId, Schedule, Shape};

/// Bytes of a file that are looked at.
const MOST: usize = 32 << 20;

/// A packet, and in which frame it travels.
pub fn packet(data: &[u8]) {
    let mut input = Input::new(data);
    let per_frame = usize::from(input.byte()).max(1) * 7;
    let bytes = input.rest();
    let Some(packet) = Packet::parse(bytes) else { return };
    assert_eq!(packet.to_bytes(), bytes);
    let schedule = Schedule::new(packet.shape, per_frame);
    let frame = schedule.frame_of(packet.id);
    assert!(frame.is_none_or(|frame| frame < schedule.frames()));
    assert!(frame.is_some() || packet.id.is_cross(&packet.shape));
    assert!(schedule.groups() >= 1);
    if packet.shape.blocks < 50 {
        assert!(schedule.survivable_losses() <= schedule.frames());
    }
}

/// The shape of a transfer for a file and frames of any size.
pub fn shape(data: &[u8]) {
    let mut input = Input::new(data);
    let length = u64::from_le_bytes(input.array()) >> input.below(64);
    let (payload, per_frame) = (input.below(2000) + 1, input.below(20_000) + 1);
    let redundancy = input.below(1001) as f64 / 100.0;
    let Ok(shape) = Shape::new(length, payload, per_frame, redundancy) else { return };
    assert!(shape.is_valid());
    let bytes = u128::from(shape.blocks) * shape.block_bytes() as u128;
    assert!(bytes >= u128::from(length));
    let schedule = Schedule::new(shape, per_frame);
    assert!(schedule.frames() as u128 * per_frame as u128 >= u128::from(shape.total_packets()));
    for frame in [0, length % schedule.frames(), schedule.frames() - 1] {
        for (block, index) in schedule.packets_of(frame) {
            let id = PacketId { transfer: 0, block, index };
            assert!(schedule.holds(frame, id), "{id:?} in frame {frame}");
        }
    }
}

/// A manifest.
pub fn manifest(data: &[u8]) {
    let Ok(manifest) = Manifest::read(&mut &*data) else { return };
    let bytes = manifest.to_bytes();
    assert_eq!(bytes.len(), Manifest::length(manifest.name.as_deref(), manifest.content));
    let again = Manifest::read(&mut bytes.as_slice()).expect("what was written");
    assert_eq!((again.size, again.digest), (manifest.size, manifest.digest));
    // Bytes that are no text become longer, so that such a name may be cut.
    let (name, cut) = (manifest.name.unwrap_or_default(), again.name.unwrap_or_default());
    assert!(name.starts_with(&cut) && (name == cut || name.len() > 255 && cut.len() > 251));
}

/// A stream: any bytes, or what a sender writes with one byte changed.
pub fn container(data: &[u8]) {
    let mut input = Input::new(data);
    if input.byte() & 1 == 0 {
        read(input.rest());
        return;
    }
    let (chunk_bytes, at, by) = (input.below(400) + 1, input.below(1 << 16), input.byte());
    let file = input.rest();
    let manifest = Manifest {
        name: None,
        content: Content::File,
        size: file.len() as u64,
        chunk_bytes: chunk_bytes as u32,
        digest: *blake3::hash(file).as_bytes(),
    };
    let mut stream = manifest.to_bytes();
    for chunk in file.chunks(chunk_bytes) {
        stream.extend(compress(chunk, 1).expect("memory"));
    }
    if let Some(byte) = stream.get_mut(at) {
        *byte ^= by;
    }
    let read = read(&stream);
    assert!(read.is_none_or(|read| read == file), "a wrong file");
    assert!(by != 0 || at >= stream.len() || self::read(&stream).is_some());
}

/// The file of a stream, if it is whole.
fn read(stream: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(stream).ok()?;
    let (mut file, size) = (Vec::new(), reader.manifest().size);
    while let Some(chunk) = reader.next_chunk().ok()? {
        file.extend(chunk);
        assert!(file.len() as u64 <= size);
        if file.len() > MOST {
            return None;
        }
    }
    assert_eq!(file.len() as u64, size);
    assert_eq!(*blake3::hash(&file).as_bytes(), reader.manifest().digest);
    Some(file)
}
