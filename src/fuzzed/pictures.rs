//! Small pictures: painted by a program, and frames of which everything but the drawing is forged.

use super::input::Input;
use super::receive::take_all;
use super::transfers::stream;
use crate::capture::Reader;
use crate::format::{FormatChoice, FrameTables, Profile};
use crate::frame::draw;
use crate::modem::{FrameHeader, modulate};
use crate::outer::{PACKET_HEADER_BYTES, Packet, PacketId, Shape};
use crate::raster::{IndexedFrame, Picture};
use crate::receive::Receiver;
use crate::send::{Outgoing, OwnTransfer};
use std::cell::RefCell;
use std::sync::LazyLock;

/// Most strokes of a painting, and most frames that are forged.
const MOST: (usize, usize) = (24, 3);
/// Side of a frame, in pixels; and of the largest painting.
const SIDES: (usize, usize) = (320, 400);

/// What the frames here are like.
static CHOICES: LazyLock<Vec<FormatChoice>> = LazyLock::new(|| {
    let kinds = [(Profile::Robust, 4), (Profile::Dense, 3), (Profile::Print, 4)];
    let choice = |(profile, tile)| FormatChoice {
        tile: Some(tile),
        ..FormatChoice::new(profile, (SIDES.0, SIDES.0))
    };
    kinds.into_iter().map(choice).collect()
});

static TABLES: LazyLock<Vec<FrameTables>> =
    LazyLock::new(|| CHOICES.iter().map(|choice| choice.tables().expect("such frames")).collect());

/// True frames.
static FRAMES: LazyLock<Vec<Picture>> = LazyLock::new(|| {
    let frame = |choice| {
        let transfer = OwnTransfer::in_memory(b"a file", Some("name".to_owned()), choice);
        let mut transfer = transfer.expect("a small file");
        let frame = transfer.frame(0).expect("memory");
        frame.as_ref().and_then(IndexedFrame::to_picture).expect("a first frame")
    };
    CHOICES.iter().map(frame).collect()
});

thread_local!(static READER: RefCell<Reader> = RefCell::default());

/// A painting with frames, damaged frames and other things in it; read as a photo, or as the next
/// picture of a video.
pub fn capture(data: &[u8]) {
    let mut input = Input::new(data);
    let (width, height) = (input.below(SIDES.1) + 1, input.below(SIDES.1) + 1);
    let [shade, moving] = input.array();
    let mut picture = Picture::from_rgb(width, height, vec![shade; width * height * 3]);
    let picture = picture.as_mut().expect("a small picture");
    for _ in 0..MOST.0 {
        if input.is_empty() {
            break;
        }
        stroke(picture, &mut input);
    }
    let captures = READER.with_borrow_mut(|reader| match moving & 1 {
        0 => reader.read(picture),
        _ => reader.read_next(picture),
    });
    let mut receiver = Receiver::in_memory();
    for capture in &captures {
        receiver.accept(capture, None).expect("memory");
    }
    take_all(&mut receiver, |_, file| assert_eq!(file, b"a file"));
}

/// Changes a rectangle of a picture.
fn stroke(picture: &mut Picture, input: &mut Input<'_>) {
    let (width, height) = (picture.width(), picture.height());
    let [kind, left, top, across, down, colour, x2, y2] = input.array();
    let at = |share: u8, side: usize| usize::from(share) * side / 256;
    let (left, top) = (at(left, width), at(top, height));
    let (right, bottom) = (left + at(across, width) + 1, top + at(down, height) + 1);
    let frame = &FRAMES[usize::from(kind >> 4) % FRAMES.len()];
    let scale = f64::from(colour % 16 + 12) / 16.0;
    for y in top..bottom.min(height) {
        for x in left..right.min(width) {
            let Some(old) = picture.pixel(x, y) else { continue };
            let (dx, dy) = (x - left, y - top);
            let new = match kind & 7 {
                0 => [colour, colour ^ x2, colour.wrapping_mul(y2)],
                1 => frame.pixel(dx, dy).unwrap_or(old),
                2 => frame.sample(dx as f64 * scale, dy as f64 * scale).map(|v| v as u8),
                3 => old.map(|value| value ^ colour),
                4 => old.map(|value| (u16::from(value) * u16::from(colour) / 255) as u8),
                5 => old.map(|value| value.wrapping_add((dx * 7 + dy * 13) as u8 & colour)),
                6 => [finder(dx, dy, usize::from(colour % 60) + 8); 3],
                _ => [old[2], old[0], old[1]],
            };
            picture.set_pixel(x, y, new);
        }
    }
}

/// The brightness of a pixel among finders of this size, side by side.
fn finder(x: usize, y: usize, size: usize) -> u8 {
    let away = (x % size).abs_diff(size / 2).max((y % size).abs_diff(size / 2));
    if away * 8 / size == 2 { 0 } else { 255 }
}

/// Frames as this program draws them, with any numbers in their headers and any packets: a container
/// that is right, or claims what it likes.
pub fn forge(data: &[u8]) {
    let mut input = Input::new(data);
    let mut receiver = Receiver::in_memory();
    for _ in 0..MOST.1 {
        if input.is_empty() {
            break;
        }
        let picture = forged(&mut input);
        for capture in READER.with_borrow_mut(|reader| reader.read(&picture)) {
            receiver.accept(&capture, None).expect("memory");
        }
    }
    assert!(receiver.transfers().len() <= 64);
    take_all(&mut receiver, |_, _| ());
}

fn forged(input: &mut Input<'_>) -> Picture {
    let tables = &TABLES[input.below(TABLES.len())];
    let (transfer, frame, frames) = (input.u32() & 3, input.u32(), input.u32());
    let mut header = FrameHeader { format: tables.format, transfer, frame, frames };
    if input.byte() & 1 == 0 {
        header.frames = header.frames.max(1);
        header.frame %= header.frames;
    }
    let packets = packets(tables, input);
    let symbols = modulate(&tables.layout, &tables.code.encode(&packets));
    let frame = draw(&tables.layout, &symbols, &header.cells());
    let mut picture = frame.to_picture().expect("a frame");
    let [left, top, across, down, colour] = input.array();
    for y in usize::from(top)..usize::from(top) + usize::from(down / 2) {
        for x in usize::from(left)..usize::from(left) + usize::from(across / 2) {
            picture.set_pixel(x.min(frame.width - 1), y.min(frame.height - 1), [colour; 3]);
        }
    }
    picture
}

/// The packets of a forged frame.
fn packets(tables: &FrameTables, input: &mut Input<'_>) -> Vec<Vec<u8>> {
    let bytes = tables.code.packet_bytes();
    let payload = bytes - PACKET_HEADER_BYTES;
    let [mode, size] = input.array();
    let mut stream = stream(&vec![mode; usize::from(size)]);
    if mode & 2 != 0 {
        let at = input.below(stream.len());
        stream[at] ^= input.byte();
    }
    let source = stream.len().div_ceil(payload).clamp(1, 200) as u8;
    stream.resize(usize::from(source) * payload, 0);
    let packet = |i: usize| {
        let index = i % usize::from(source);
        let shape = Shape { blocks: 1, source, repair: 0, payload };
        let id = PacketId { transfer: u32::from(mode & 3), block: 0, index: index as u8 };
        Packet { id, shape, payload: stream[index * payload..][..payload].to_vec() }.to_bytes()
    };
    let any = |_| input.filled(bytes);
    match mode & 1 {
        0 => (0..tables.packets()).map(packet).collect(),
        _ => (0..tables.packets()).map(any).collect(),
    }
}
