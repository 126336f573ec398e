//! Input made to do harm: no panic, no output, bounded memory and time.

use crate::support::{Workdir, choice, encode, file, own, packets, picture, random_bytes, read};
use proptest::prelude::*;
use std::time::{Duration, Instant};
use tilecast::capture::{ReadBefore, Reader};
use tilecast::format::Profile;
use tilecast::frame::{Geometry, Layout, draw};
use tilecast::inner::FrameCode;
use tilecast::media::{Effort, decode_picture, encode_png};
use tilecast::modem::{FORMAT_VERSION, FrameFormat, FrameHeader, modulate};
use tilecast::outer::{PACKET_HEADER_BYTES, Packet, PacketId, Shape};
use tilecast::prng::SplitMix64;
use tilecast::raster::Picture;
use tilecast::reading::Outcome;
use tilecast::receive::Receiver;

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
        ("noise", Picture::from_rgb(640, 480, noise).unwrap()),
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
        let capture = read(&picture);
        assert!(capture.reading.is_none() && !capture.outcome.is_final(), "{name}");
        assert!(start.elapsed() < Duration::from_secs(30), "{name} takes {:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn random_pictures_yield_nothing(width in 1usize..300, height in 1usize..300, seed: u64) {
        let picture = Picture::from_rgb(width, height, random_bytes(width * height * 3, seed)).unwrap();
        prop_assert!(read(&picture).reading.is_none());
    }

    #[test]
    fn a_painted_over_frame_yields_only_true_packets(
        x in 0usize..500, y in 0usize..500, w in 20usize..500, h in 20usize..500, colour: [u8; 3],
    ) {
        let (_, frames) = encode(&random_bytes(6000, 1), &choice(Profile::Dense, 512), 0.0);
        let mut picture = decode_picture(&frames[0]).unwrap();
        let truth = packets(&read(&picture));
        for (y, x) in (y..y + h).flat_map(|y| (x..x + w).map(move |x| (y, x))) {
            picture.set_pixel(x, y, colour);
        }
        for packet in packets(&read(&picture)) {
            prop_assert!(truth.contains(&packet));
        }
    }
}

/// A frame of one codeword format with any header numbers and any packets.
fn forged(frames: u32, frame: u32, packet: &dyn Fn(usize, usize) -> Vec<u8>) -> Picture {
    let tables = choice(Profile::Standard, 512).tables().unwrap();
    let header = FrameHeader { format: tables.format, transfer: 7, frame, frames };
    let packets: Vec<Vec<u8>> =
        (0..tables.packets()).map(|i| packet(i, tables.code.packet_bytes())).collect();
    let tiles = modulate(&tables.layout, &tables.code.encode(&packets));
    draw(&tables.layout, &tiles, &header.cells()).to_picture().unwrap()
}

#[test]
fn promises_of_absurd_sizes_cost_nothing() {
    // The largest transfer there can be: four billion frames, sixteen million blocks.
    let absurd = |i: usize, bytes: usize| {
        let payload = bytes - PACKET_HEADER_BYTES;
        let shape = Shape { blocks: 1 << 24, source: 200, repair: 55, payload };
        let id = PacketId { transfer: 7, block: (1 << 24) - 1 - i as u32, index: 254 };
        Packet { id, shape, payload: vec![1; payload] }.to_bytes()
    };
    let start = Instant::now();
    let capture = read(&forged(u32::MAX, u32::MAX - 1, &absurd));
    assert!(!packets(&capture).is_empty());
    let mut receiver = Receiver::in_memory();
    receiver.accept(&capture, None).unwrap();
    assert!(!receiver.is_complete());
    let id = receiver.transfers()[0].id();
    let report = receiver.transfer(id).unwrap().report();
    assert!(report.packets_missing > 3_000_000_000 && report.frames_missing.len() <= 1 << 20);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

/// A picture of what a header of these numbers alone shows, reduced to at most `side` pixels.
fn promised(geometry: Geometry, (lifting, bands): (u16, u8), side: usize) -> Picture {
    let small = choice(Profile::Lossless, 384).tables().unwrap();
    let format = FrameFormat { geometry, lifting, bands, ..small.format };
    let header = FrameHeader { format, transfer: 7, frame: 0, frames: 1 };
    // Drawn as a small frame, with the header of the large one.
    let tiles = vec![0; small.layout.kinds().len()];
    let drawn = draw(&small.layout, &tiles, &header.cells()).to_picture().unwrap();
    let scale = drawn.width() as f64 / side as f64;
    picture(side, side, |x, y| {
        drawn.sample((x as f64 + 0.5) * scale, (y as f64 + 0.5) * scale).map(|v| v as u8)
    })
}

#[test]
fn headers_that_promise_more_tiles_than_pixels_are_refused() {
    let geometry = choice(Profile::Lossless, 384).tables().unwrap().format.geometry;
    let forged = [
        (4096, 4096, 1, 3),
        (4096, 4096, 1, 16),
        (4096, 200, 1, 3),
        (600, 600, 1, 3),
        (341, 341, 12, 16),
    ];
    for (columns, rows, tile, unit) in forged {
        for numbers in [(384, 1), (4, 64), (16, 64)] {
            for side in [384, 1200] {
                let geometry = Geometry { columns, rows, tile, unit, ..geometry };
                let capture = read(&promised(geometry, numbers, side));
                assert!(capture.reading.is_none(), "{geometry:?} {numbers:?} in {side}");
                assert_eq!(capture.outcome.code(), "does-not-fit", "{geometry:?} in {side}");
            }
        }
    }
}

#[test]
fn a_large_picture_with_the_header_of_a_large_frame_alone_yields_nothing() {
    // All of it is there but the tiles: what would be equalised is the size of the picture.
    let tables = choice(Profile::Lossless, 2600).tables().unwrap();
    let header = FrameHeader { format: tables.format, transfer: 7, frame: 0, frames: 1 };
    let tiles = vec![0; tables.layout.kinds().len()];
    let drawn = draw(&tables.layout, &tiles, &header.cells()).to_picture().unwrap();
    assert_eq!(read(&drawn).outcome.code(), "does-not-fit");
}

#[test]
fn a_search_without_a_result_tries_few_headers() {
    let finder = |x: usize, y: usize, side: usize| {
        let from = |v: usize| (v % side).abs_diff(side / 2) * 16 / side;
        match from(x).max(from(y)) {
            4 | 5 => [0; 3],
            7.. => [30, 0, 0],
            _ => [255 - (x % 40) as u8, 255, 255 - (y % 60) as u8],
        }
    };
    for side in [24, 40, 64, 100, 400] {
        for size in [(640, 480), (1600, 1200)] {
            let mut reader = Reader::default();
            let captures = reader.read(&picture(size.0, size.1, |x, y| finder(x, y, side)));
            assert!(captures.iter().all(|capture| capture.reading.is_none()));
            assert!(reader.header_trials() <= 170, "{side}: {}", reader.header_trials());
            assert!(reader.ray_steps() <= 5_000_000, "{side}: {}", reader.ray_steps());
        }
    }
}

#[test]
fn a_large_picture_of_textures_costs_what_a_small_one_does() {
    let noise = random_bytes(4000 * 3000 * 3, 5);
    let table = random_bytes(1 << 16, 9);
    let tiles = picture(4000, 3000, |x, y| {
        let value = table[(x / 4 * 251 + y / 4 * 4099) & 0xFFFF];
        [value & 1, value >> 1 & 1, value >> 2 & 1].map(|bit| bit * 255)
    });
    for picture in [Picture::from_rgb(4000, 3000, noise).unwrap(), tiles] {
        let mut reader = Reader::default();
        assert!(reader.read(&picture).iter().all(|capture| capture.reading.is_none()));
        assert!(reader.header_trials() <= 250, "{}", reader.header_trials());
        assert!(reader.ray_steps() <= 5_000_000, "{}", reader.ray_steps());
    }
}

/// A frame with the header of frame 0 of 1, and its packets of one transfer with a payload.
fn whole(transfer: u32, payload: u8) -> Picture {
    let packet = |i: usize, bytes: usize| {
        let payload = vec![payload ^ i as u8; bytes - PACKET_HEADER_BYTES];
        let tables = choice(Profile::Standard, 512).tables().unwrap();
        let source = tables.packets() as u8;
        let shape = Shape { blocks: 1, source, repair: 0, payload: payload.len() };
        Packet { id: PacketId { transfer, block: 0, index: i as u8 }, shape, payload }.to_bytes()
    };
    forged(1, 0, &packet)
}

#[test]
fn a_forged_frame_does_not_make_the_true_one_seen_before() {
    let (honest, seen) =
        (whole(7, 1), |p: &Picture, reader: &mut Reader| reader.read_next(p)[0].outcome);
    // Packets of another transfer under the header; then the right ones, but another payload.
    for forged in [whole(8, 1), whole(7, 200)] {
        let mut reader = Reader::default();
        assert_eq!(seen(&forged, &mut reader), Outcome::Read);
        assert_eq!(seen(&honest, &mut reader), Outcome::Read);
        assert_eq!(seen(&honest, &mut reader), Outcome::Repeat);
    }
    // And whoever finds out later that something was wrong has everything read again.
    let known = ReadBefore::default();
    let mut reader = Reader::default().remembering(known.clone());
    assert_eq!(seen(&honest, &mut reader), Outcome::Read);
    assert_eq!(seen(&honest, &mut reader), Outcome::Repeat);
    known.distrust(7);
    assert_eq!([0; 2].map(|_| seen(&honest, &mut reader)), [Outcome::Read; 2]);
}

#[test]
fn packets_of_noise_are_counted_and_dropped() {
    let noise = |i: usize, bytes: usize| random_bytes(bytes, i as u64);
    let capture = read(&forged(3, 0, &noise));
    let reading = own(&capture).unwrap();
    assert!(reading.packets.len() < reading.codewords / 2);
    Receiver::in_memory().accept(&capture, None).unwrap();
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
        let payload = bytes - PACKET_HEADER_BYTES;
        let source = stream.len().div_ceil(payload);
        let index = (i % source) as u8;
        let mut part: Vec<u8> =
            stream.iter().skip(usize::from(index) * payload).take(payload).copied().collect();
        part.resize(payload, 0);
        let shape = Shape { blocks: 1, source: source as u8, repair: 0, payload };
        Packet { id: PacketId { transfer: 7, block: 0, index }, shape, payload: part }.to_bytes()
    };
    let mut receiver = Receiver::in_memory();
    receiver.accept(&read(&forged(1, 0, &packet)), None).unwrap();
    let mut transfer = receiver.complete().unwrap();
    // Before any piece: nothing was decompressed that is longer than was promised.
    let mut pieces = transfer.open().unwrap();
    assert!(pieces.next_piece().is_err() && !pieces.is_verified());
    drop(pieces);
    let error = file(&mut transfer).unwrap_err();
    assert!(error.contains("impossible chunk length"), "{error}");
}

#[test]
fn a_frame_of_another_version_is_named() {
    // Draw a header whose version byte is one more, by way of its own code.
    let layout = Layout::new(choice(Profile::Standard, 512).tables().unwrap().format.geometry);
    let mut fields = vec![FORMAT_VERSION + 1];
    fields.extend(random_bytes(19, 4));
    fields.extend(crc32fast::hash(&fields).to_le_bytes());
    let cells = header_cells(&fields);
    let tiles = vec![0; layout.kinds().len()];
    let png = encode_png(&draw(&layout, &tiles, &cells), Effort::Fast).unwrap();
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
