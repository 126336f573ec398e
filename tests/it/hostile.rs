//! Input made to do harm: no panic, no output, bounded memory and time.

use crate::support::{Workdir, choice, encode, picture, random_bytes};
use proptest::prelude::*;
use std::time::{Duration, Instant};
use tilecast::frame::{Layout, draw};
use tilecast::inner::FrameCode;
use tilecast::modem::{FORMAT_VERSION, FrameHeader, Palette, modulate};
use tilecast::outer::{HEADER_BYTES, Packet, PacketId, Shape};
use tilecast::pipeline::capture::CaptureReader;
use tilecast::pipeline::profile::{FrameFormat, Profile};
use tilecast::pipeline::receive::Receiver;
use tilecast::prng::SplitMix64;
use tilecast::raster::{Effort, Picture, decode_picture, write_frame};

/// Pictures that hold no frame.
fn negatives() -> Vec<(&'static str, Picture)> {
    let noise = random_bytes(640 * 480 * 3, 3);
    let square = |x: usize, y: usize, size: usize| {
        let ring = (x % size).abs_diff(size / 2).max((y % size).abs_diff(size / 2)) * 8 / size;
        if ring == 2 { [0; 3] } else { [255; 3] }
    };
    vec![
        ("one pixel", picture(1, 1, |_, _| [9; 3])),
        ("one row", picture(2000, 1, |x, _| [x as u8; 3])),
        ("black", picture(640, 480, |_, _| [0; 3])),
        ("gradient", picture(640, 480, |x, y| [(x / 3) as u8, (y / 2) as u8, 70])),
        ("noise", Picture::new(640, 480, noise).unwrap()),
        ("stripes", picture(640, 480, |x, _| [if x / 5 % 2 == 0 { 255 } else { 0 }; 3])),
        ("checkers", picture(640, 480, |x, y| [if (x / 7 + y / 7) % 2 == 0 { 255 } else { 0 }; 3])),
        ("finders everywhere", picture(900, 700, |x, y| square(x, y, 64))),
        ("large finders", picture(900, 900, |x, y| square(x, y, 450))),
    ]
}

#[test]
fn pictures_without_a_frame_yield_nothing_and_say_why() {
    for (name, picture) in negatives() {
        let start = Instant::now();
        let capture = CaptureReader::default().read(&picture);
        assert!(capture.packets.is_empty() && capture.header.is_none(), "{name}");
        assert!(capture.report.reason.is_some(), "{name}");
        assert!(start.elapsed() < Duration::from_secs(30), "{name} takes {:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn random_pictures_yield_nothing(width in 1usize..300, height in 1usize..300, seed: u64) {
        let picture = Picture::new(width, height, random_bytes(width * height * 3, seed)).unwrap();
        prop_assert!(CaptureReader::default().read(&picture).packets.is_empty());
    }

    #[test]
    fn a_painted_over_frame_yields_only_true_packets(
        x in 0usize..500, y in 0usize..500, w in 20usize..500, h in 20usize..500, colour: [u8; 3],
    ) {
        let (_, frames) = encode(&random_bytes(6000, 1), &choice(Profile::Dense, 512), 0.0);
        let mut picture = decode_picture(&frames[0]).unwrap();
        let truth = CaptureReader::default().read(&picture).packets;
        for (y, x) in (y..y + h).flat_map(|y| (x..x + w).map(move |x| (y, x))) {
            picture.set_pixel(x, y, colour);
        }
        for packet in CaptureReader::default().read(&picture).packets {
            prop_assert!(truth.contains(&packet));
        }
    }
}

/// A frame of one codeword format with any header numbers and any packets.
fn forged(frames: u32, frame: u32, packet: &dyn Fn(usize, usize) -> Vec<u8>) -> Picture {
    let format = FrameFormat::new(&choice(Profile::Standard, 512)).unwrap();
    let header = FrameHeader {
        geometry: format.layout.geometry(),
        palette: Palette::Colour,
        parity: format.parity,
        lifting: format.lifting,
        bands: 1,
        transfer: 7,
        frame,
        frames,
    };
    let packets: Vec<Vec<u8>> =
        (0..format.packets()).map(|i| packet(i, format.code.packet_bytes())).collect();
    let tiles = modulate(&format.layout, format.palette, &format.code.encode(&packets));
    let mut png = Vec::new();
    write_frame(&draw(&format.layout, &tiles, &header.cells()), Effort::Fast, &mut png).unwrap();
    decode_picture(&png).unwrap()
}

#[test]
fn promises_of_absurd_sizes_cost_nothing() {
    // The largest transfer there can be: four billion frames, sixteen million blocks.
    let absurd = |i: usize, bytes: usize| {
        let payload = bytes - HEADER_BYTES;
        let shape = Shape { blocks: 1 << 24, source: 200, repair: 55, payload };
        let id = PacketId { transfer: 7, block: (1 << 24) - 1 - i as u32, index: 254 };
        Packet { id, shape, payload: vec![1; payload] }.to_bytes()
    };
    let start = Instant::now();
    let mut capture = CaptureReader::default().read(&forged(u32::MAX, u32::MAX - 1, &absurd));
    assert!(!capture.packets.is_empty());
    let mut receiver = Receiver::default();
    receiver.accept(&mut capture).unwrap();
    assert!(!receiver.is_complete());
    let report = receiver.into_transfers().remove(0).report();
    assert!(report.packets_missing > 3_000_000_000 && report.frames_missing.len() <= 1 << 20);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn packets_of_noise_are_counted_and_dropped() {
    let noise = |i: usize, bytes: usize| random_bytes(bytes, i as u64);
    let mut capture = CaptureReader::default().read(&forged(3, 0, &noise));
    assert!(capture.packets.len() < capture.report.codewords_total / 2);
    Receiver::default().accept(&mut capture).unwrap();
}

#[test]
fn a_bomb_in_valid_packets_writes_nothing() {
    // A manifest that promises 5 bytes, and a chunk that decompresses to 64 MiB.
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 19).unwrap();
    let mut stream = vec![1];
    stream.extend(5u64.to_le_bytes());
    stream.extend((4u32 << 20).to_le_bytes());
    stream.extend([0; 33]);
    stream.extend((bomb.len() as u32).to_le_bytes());
    stream.extend(bomb);
    let packet = |i: usize, bytes: usize| {
        let payload = bytes - HEADER_BYTES;
        let source = stream.len().div_ceil(payload);
        let index = (i % source) as u8;
        let mut part: Vec<u8> =
            stream.iter().skip(usize::from(index) * payload).take(payload).copied().collect();
        part.resize(payload, 0);
        let shape = Shape { blocks: 1, source: source as u8, repair: 0, payload };
        Packet { id: PacketId { transfer: 7, block: 0, index }, shape, payload: part }.to_bytes()
    };
    let mut receiver = Receiver::default();
    receiver.accept(&mut CaptureReader::default().read(&forged(1, 0, &packet))).unwrap();
    assert!(receiver.is_complete());
    let mut transfer = receiver.into_transfers().remove(0);
    let mut written = 0;
    let outcome = transfer.extract(|chunk| {
        written += chunk.len();
        Ok(())
    });
    assert!(outcome.is_err() && written == 0);
}

#[test]
fn a_frame_of_another_version_is_named() {
    // Draw a header whose version byte is one more, by way of its own code.
    let format = FrameFormat::new(&choice(Profile::Standard, 512)).unwrap();
    let layout = Layout::new(format.layout.geometry());
    let mut fields = vec![FORMAT_VERSION + 1];
    fields.extend(random_bytes(19, 4));
    fields.extend(crc32fast::hash(&fields).to_le_bytes());
    let cells = header_cells(&fields);
    let tiles = vec![0; layout.kinds().len()];
    let mut png = Vec::new();
    write_frame(&draw(&layout, &tiles, &cells), Effort::Fast, &mut png).unwrap();
    let dir = Workdir::new();
    dir.write("future.png", &png);
    let output = dir.tilecast(&["decode", "future.png", "-o", "x"]).assert().code(1);
    let text = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    assert!(text.contains("version 2") && text.contains("this program is older"), "{text}");
}

/// Header cells as the spec says, without the library's header type (spec §4).
fn header_cells(bytes: &[u8]) -> Vec<u8> {
    let mut info: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1)).collect();
    info.resize(198, 0);
    let code = tilecast::ldpc::Code::new(9, 46).unwrap();
    let scramble = SplitMix64::new(0x6865_6164_6572_2E31).bits(594);
    let coded: Vec<u8> = code.encode(&info).iter().zip(scramble).map(|(a, b)| a ^ b).collect();
    (0..8 * 27)
        .map(|i| match (i / 27, i % 27) {
            (row, 0) => row as u8,
            (row, 26) => 7 - row as u8,
            (row, column) => {
                let at = row * 25 + column - 1;
                let bit = |plane: usize| if at < 198 { coded[plane * 198 + at] } else { 0 };
                bit(0) * 4 + bit(1) * 2 + bit(2)
            }
        })
        .collect()
}

#[test]
fn codes_that_cannot_be_are_refused() {
    for lifting in [0, 1, 2, 3, 5, 17, 385, u16::MAX] {
        assert!(FrameCode::new(100_000, 3, 1, lifting, 7).is_none(), "{lifting}");
    }
}
