//! Vectors that must be refused, with the reason: `tests/vectors/refused/*.txt`, a line each of name,
//! bytes and what is said about them.
//!
//! `REGENERATE=1 cargo test --release --test it refused` writes them anew; a reason that changes is
//! a change of what programs and people are told.

use crate::support::{hex, project, random_bytes};
use std::io::{Cursor, Read};
use tilecast::cimbar::{ChunkHeader, container};
use tilecast::container::{Content, Manifest, Reader, compress};
use tilecast::media::{Y4mReader, decode_picture};
use tilecast::modem::FrameHeader;
use tilecast::outer::{Packet, PacketId, Shape};
use tilecast::receive::Receiver;
use tilecast::text::with_causes;

/// What is said of an input that is taken.
const TAKEN: &str = "taken";

/// Compares with, or writes, the vectors of one layer, all of which `judge` refuses.
fn check(layer: &str, inputs: &[(&str, Vec<u8>)], judge: impl Fn(&[u8]) -> String) {
    let path = project(&format!("tests/vectors/refused/{layer}.txt"));
    let line =
        |(name, bytes): &(&str, Vec<u8>)| format!("{name} {} {}\n", hex(bytes), judge(bytes));
    let lines: String = inputs.iter().map(line).collect();
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&path, &lines).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (found, golden) in lines.lines().zip(golden.lines()) {
        assert!(!found.ends_with(TAKEN), "{layer}: {found}");
        assert_eq!(found, golden, "{layer}");
    }
    assert_eq!(golden.lines().count(), inputs.len(), "{layer}");
}

/// A copy with one byte changed.
fn with(bytes: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] = value;
    bytes
}

#[test]
fn packets() {
    let shape = Shape { blocks: 3, source: 5, repair: 3, payload: 4 };
    let id = PacketId { transfer: 7, block: 2, index: 7 };
    let packet = Packet { id, shape, payload: vec![9; 4] }.to_bytes();
    assert!(Packet::parse(&packet).is_some());
    let inputs = [
        ("empty", Vec::new()),
        ("cut_header", packet[..12].to_vec()),
        ("no_payload", packet[..13].to_vec()),
        ("block_outside", with(&packet, 4, 3)),
        ("index_outside", with(&packet, 10, 8)),
        ("no_source", with(&packet, 11, 0)),
        ("too_many_packets", with(&packet, 12, 251)),
    ];
    let judge = |bytes: &[u8]| match Packet::parse(bytes) {
        None => "no packet",
        Some(_) => TAKEN,
    };
    check("packet", &inputs, |bytes| judge(bytes).to_owned());
}

/// Header fields with their check.
fn checked(fields: [u8; 20]) -> Vec<u8> {
    [&fields[..], &crc32fast::hash(&fields).to_le_bytes()].concat()
}

#[test]
fn headers() {
    // 100 by 100 tiles of 4 pixels, units of 5, colour; frame 2 of 9.
    let fields: [u8; 20] = [1, 99, 48, 6, 67, 7, 10, 1, 7, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0];
    let change = |at: usize, value: u8| {
        let mut fields = fields;
        fields[at] = value;
        checked(fields)
    };
    let header = checked(fields);
    assert!(matches!(FrameHeader::parse(&header), Some(Ok(_))));
    let inputs = [
        ("cut", header[..23].to_vec()),
        ("wrong_check", with(&header, 12, 3)),
        ("version_0", change(0, 0)),
        ("version_2", change(0, 2)),
        ("no_such_palette", change(5, 0xC7)),
        ("tile_of_13_pixels", change(4, 76)),
        ("unit_of_1_pixel", change(4, 3)),
        ("too_small_for_its_finders", change(1, 9)),
        ("frame_behind_the_last", change(12, 9)),
        ("no_frames", change(16, 0)),
    ];
    check("header", &inputs, |bytes| match FrameHeader::parse(bytes) {
        None => "no header".to_owned(),
        Some(Err(error)) => error.to_string(),
        Some(Ok(_)) => TAKEN.to_owned(),
    });
}

fn manifest(file: &[u8], size: u64, chunk_bytes: u32) -> Vec<u8> {
    let digest = *blake3::hash(file).as_bytes();
    Manifest { name: None, content: Content::File, size, chunk_bytes, digest }.to_bytes()
}

#[test]
fn containers() {
    let file = random_bytes(20, 1);
    let raw = compress(&file, 1).unwrap();
    let packed = compress(&[7; 100], 1).unwrap();
    let bomb = [&(packed.len() as u32 - 4).to_le_bytes()[..], &packed[4..]].concat();
    let whole = [manifest(&file, 20, 20), raw.clone()].concat();
    let lie = |length: u32| [manifest(&file, 20, 20), length.to_le_bytes().to_vec(), vec![0; 30]];
    let inputs = [
        ("empty", Vec::new()),
        ("cut_manifest", whole[..40].to_vec()),
        ("version_3", with(&whole, 0, 3)),
        ("content_of_the_future", [&[2, 2], &whole[1..]].concat()),
        ("no_chunk_size", manifest(&file, 20, 0)),
        ("chunk_size_above_the_most", manifest(&file, 20, (16 << 20) + 1)),
        ("cut_chunk", whole[..whole.len() - 1].to_vec()),
        ("size_too_large", [manifest(&file, 21, 20), raw.clone()].concat()),
        ("size_too_small", [manifest(&file, 19, 20), raw].concat()),
        ("raw_chunk_of_another_length", lie(1 << 31 | 19).concat()),
        ("chunk_longer_than_its_content", lie(21).concat()),
        ("chunk_that_is_no_zstd", lie(20).concat()),
        ("chunk_that_grows_beyond_its_size", [manifest(&[7; 100], 60, 60), bomb.clone()].concat()),
        ("chunk_that_stays_below_its_size", [manifest(&[7; 100], 101, 200), bomb].concat()),
        ("wrong_digest", with(&whole, 20, whole[20] ^ 1)),
        ("wrong_byte", with(&whole, 60, whole[60] ^ 1)),
        ("wrong_digest_of_nothing", manifest(&file, 0, 1)),
    ];
    let read = |bytes: &[u8]| {
        let mut reader = Reader::new(bytes)?;
        while reader.next_chunk()?.is_some() {}
        Ok(())
    };
    check("container", &inputs, |bytes| match read(bytes) {
        Ok(()) => TAKEN.to_owned(),
        Err::<(), tilecast::container::ContainerError>(error) => with_causes(&error),
    });
}

#[test]
fn logs() {
    let inputs = [
        ("another_file", b"something else entirely".to_vec()),
        ("another_version", b"tilecast state 9".to_vec()),
    ];
    check("log", &inputs, |bytes| match Receiver::resume(Box::new(Cursor::new(bytes.to_vec()))) {
        Ok(_) => TAKEN.to_owned(),
        Err(error) => with_causes(&error),
    });
}

#[test]
fn chunks_of_libcimbar() {
    let chunk = |header: [u8; 6], block: usize| [&header[..], &vec![3; block][..]].concat();
    let inputs = [
        ("header_alone", chunk([0, 0, 4, 0, 0, 0], 0)),
        ("no_message", chunk([0; 6], 619)),
        ("one_block", chunk([1, 0, 1, 0, 0, 0], 619)),
        ("more_than_64000_blocks", chunk([255, 255, 255, 255, 0, 0], 423)),
    ];
    let judge = |bytes: &[u8]| if ChunkHeader::split(bytes).is_none() { "no chunk" } else { TAKEN };
    check("cimbar_chunk", &inputs, |bytes| judge(bytes).to_owned());
}

#[test]
fn messages_of_libcimbar() {
    let message = container::build(None, &[5u8; 400][..], 10, 3).unwrap();
    let inputs = [
        ("cut", message[..message.len() - 1].to_vec()),
        ("window_of_64_mib", [0x28, 0xB5, 0x2F, 0xFD, 0, 0x80, 1, 0, 0].to_vec()),
        ("damaged", with(&message, 5, message[5] ^ 0xFF)),
    ];
    let read = |bytes: &[u8]| container::file(bytes)?.read_to_end(&mut Vec::new());
    check("cimbar_message", &inputs, |bytes| match read(bytes) {
        Ok(_) => TAKEN.to_owned(),
        Err(_) => "damaged data".to_owned(),
    });
}

#[test]
fn pictures() {
    let ppm = |side: u32| format!("P6 {side} {side} 255\n").into_bytes();
    let video = |header: &str| format!("YUV4MPEG2 {header}\nFRAME\n").into_bytes();
    let inputs = [
        ("empty", Vec::new()),
        ("text", b"no picture at all".to_vec()),
        ("cut_pnm", ppm(20)),
        ("too_large_a_side", ppm(20_001)),
        ("too_many_pixels", ppm(12_000)),
        ("cut_png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0".to_vec()),
        ("cut_jpeg", b"\xFF\xD8\xFF\xE0\0\x10JFIF".to_vec()),
    ];
    check("picture", &inputs, |bytes| match decode_picture(bytes) {
        Ok(_) => TAKEN.to_owned(),
        Err(error) => error.code().to_owned(),
    });
    let inputs = [
        ("no_size", video("F5:1")),
        ("too_large", video("W30000 H2")),
        ("ten_bits", video("W4 H4 C420p10")),
        ("cut_frame", video("W4 H4")),
        ("header_without_end", vec![b'Y'; 5000][..40].to_vec()),
    ];
    check("video", &inputs, |bytes| {
        let mut reader = match Y4mReader::new(bytes) {
            Err((error, _)) => return error.code().to_owned(),
            Ok(reader) => reader,
        };
        reader.next_frame().map_or_else(|error| error.code().to_owned(), |_| TAKEN.to_owned())
    });
}
