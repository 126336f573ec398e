//! Golden vectors: `tests/vectors/v1/*.txt`, one `name value` a line.
//!
//! `REGENERATE=1 cargo test --release --test it vectors` writes them anew; that is a change of the
//! format.

use crate::support::{choice, encode, hex, poster, project, random_bytes};
use tilecast::container::{CHUNK_BYTES, Content, Manifest, Reader, compress};
use tilecast::format::{FrameFormat, Profile};
use tilecast::frame::{Geometry, Layout, Palette, TileKind};
use tilecast::inner::FrameCode;
use tilecast::ldpc::{Code, Decoder};
use tilecast::media::decode_picture;
use tilecast::modem::{FrameHeader, pilot_symbols};
use tilecast::outer::{Packet, PacketId, Parity, Schedule, Shape, cross_payload};
use tilecast::prng::SplitMix64;

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Compares with, or writes, the vectors of one layer.
fn check(layer: &str, found: &[(String, String)]) {
    let path = project(&format!("tests/vectors/v1/{layer}.txt"));
    let lines: String = found.iter().map(|(name, value)| format!("{name} {value}\n")).collect();
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&path, &lines).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (golden, found) in golden.lines().zip(lines.lines()) {
        assert_eq!(found, golden, "{layer}");
    }
    assert_eq!(golden.lines().count(), found.len(), "{layer}");
}

fn golden(layer: &str, name: &str) -> String {
    let path = project(&format!("tests/vectors/v1/{layer}.txt"));
    let golden = std::fs::read_to_string(path).unwrap();
    let line = golden.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name}")).to_owned()
}

fn entry(name: impl Into<String>, value: impl ToString) -> (String, String) {
    (name.into(), value.to_string())
}

#[test]
fn container() {
    let file = b"tilecast tilecast tilecast tilecast tilecast";
    let manifest = |name: Option<&str>, content| Manifest {
        name: name.map(str::to_owned),
        content,
        size: file.len() as u64,
        chunk_bytes: CHUNK_BYTES,
        digest: *blake3::hash(file).as_bytes(),
    };
    // What zstd makes of a chunk may change with its version: only raw chunks are golden bytes.
    let raw = compress(&random_bytes(20, 1), 1).unwrap();
    check(
        "container",
        &[
            entry("manifest_named", hex(&manifest(Some("ä.txt"), Content::File).to_bytes())),
            entry("manifest_unnamed", hex(&manifest(None, Content::File).to_bytes())),
            entry("manifest_folder", hex(&manifest(Some("ä"), Content::Folder).to_bytes())),
            entry("chunk_raw", hex(&raw)),
        ],
    );
    // A stream with a zstd chunk as it was written once has to stay readable.
    let stream = unhex(&golden("container_stream", "stream"));
    let mut reader = Reader::new(stream.as_slice()).unwrap();
    assert_eq!(reader.next_chunk().unwrap().unwrap(), file);
    assert_eq!(reader.next_chunk().unwrap(), None);
}

#[test]
fn outer() {
    let shape = Shape { blocks: 300, source: 5, repair: 3, payload: 8 };
    let packets = Parity::new(shape).encode(0, &(0..40).collect::<Vec<u8>>()).unwrap();
    let packet = Packet {
        id: PacketId { transfer: 0x0123_4567, block: 258, index: 6 },
        shape,
        payload: packets[6].clone(),
    };
    let schedule = Schedule::new(Shape { blocks: 7, payload: 1039, ..shape }, 3);
    let order = |schedule: &Schedule| -> Vec<String> {
        let packets = (0..schedule.frames()).flat_map(|frame| schedule.packets_of(frame));
        packets.map(|(block, index)| format!("{block}.{index}")).collect()
    };
    // What is left of the last frame repeats the first.
    let own = order(&schedule)[..7 * 8].join(",");
    let looped = Shape { blocks: 10, source: 5, repair: 7, payload: 8 };
    let show = Schedule::new(looped, 2);
    let large = Shape { blocks: 2000, source: 212, repair: 43, payload: 1039 };
    let mut found = vec![
        entry("packet", hex(&packet.to_bytes())),
        entry("order", own),
        entry("order_of_a_show", order(&show).join(",")),
        entry("order_of_a_small_show", order(&Schedule::new(looped, 16)).join(",")),
        entry("groups_of_a_large_transfer", Schedule::new(large, 323).groups()),
    ];
    found.extend((5..8).map(|i| entry(format!("repair_{i}"), hex(&packets[i]))));
    // A lane of five groups: blocks 1, 3, 5, 7 and 9, in rows 0 and 3 of cross packets.
    for (block, index) in [(11, 9), (17, 2)] {
        let payload = |block: u32| {
            let bytes: Vec<u8> = (0..40).map(|i| (block * 40 + i) as u8).collect();
            Parity::new(looped).encode(block, &bytes).map(|all| all[index].clone())
        };
        let payload = cross_payload(&show, block, payload).unwrap();
        found.push(entry(format!("cross_{block}_{index}"), hex(&payload)));
    }
    check("outer", &found);
    assert_eq!(Packet::parse(&unhex(&golden("outer", "packet"))), Some(packet));
}

#[test]
fn inner() {
    let mut found = Vec::new();
    for (lifting, parity) in [(16, 4), (56, 7), (352, 24), (384, 46)] {
        let code = Code::new(lifting, parity).unwrap();
        let info = SplitMix64::new(11).bits(code.info_bits());
        found.push(entry(format!("ldpc_{lifting}_{parity}"), hash(&code.encode(&info))));
    }
    for (tiles, width, bands, lifting, parity) in [(900, 3, 1, 16, 7), (5000, 1, 3, 16, 24)] {
        let code = FrameCode::new(tiles, width, bands, lifting, parity).unwrap();
        let packet = random_bytes(code.packet_bytes(), 12);
        let bits = code.encode(&vec![&packet; code.codewords()]);
        found.push(entry(format!("frame_bits_{tiles}_{width}_{bands}"), hash(&bits)));
        let best = FrameCode::best_lifting(tiles, width, bands, parity, 13).unwrap();
        found.push(entry(format!("best_lifting_{tiles}_{width}_{bands}"), best));
    }
    check("inner", &found);
}

fn header(width: usize, height: usize, tile: usize, palette: Palette) -> FrameHeader {
    let geometry = Geometry::new(width, height, tile, palette).unwrap();
    let format = FrameFormat { geometry, parity: 7, lifting: 384, bands: 2 };
    FrameHeader { format, transfer: 0x89AB_CDEF, frame: 4, frames: 70_000 }
}

#[test]
fn modem() {
    let mut found = Vec::new();
    for (name, palette) in [("colour", Palette::Colour), ("bw", Palette::BlackWhite)] {
        let header = header(1024, 768, 3, palette);
        found.push(entry(format!("header_cells_{name}"), hex(&header.cells())));
        let layout = Layout::new(header.format.geometry);
        found.push(entry(format!("pilots_{name}"), hash(&pilot_symbols(&layout))));
    }
    check("modem", &found);
    let cells = unhex(&golden("modem", "header_cells_colour"));
    let samples: Vec<[f32; 3]> = cells
        .iter()
        .map(|s| std::array::from_fn(|c| f32::from(s >> (2 - c) & 1) * 255.0))
        .collect();
    let soft = tilecast::modem::SoftHeader::from_samples(&samples, Palette::Colour);
    let read = soft.decode(&mut Decoder::default());
    assert_eq!(read, Some(Ok(header(1024, 768, 3, Palette::Colour))));
}

#[test]
fn frame() {
    let mut found = Vec::new();
    for (width, height, tile) in [(1024, 1024, 3), (256, 300, 1), (1920, 1080, 4), (800, 600, 6)] {
        let layout = Layout::new(Geometry::new(width, height, tile, Palette::Colour).unwrap());
        let kinds: Vec<u8> = layout
            .kinds()
            .iter()
            .map(|kind| match kind {
                TileKind::Finder => 0,
                TileKind::Header => 1,
                TileKind::Mark => 2,
                TileKind::Pilot => 3,
                TileKind::Data => 4,
            })
            .collect();
        let name = format!("{width}x{height}_{tile}");
        found.push(entry(
            format!("tiles_{name}"),
            format!("{}x{}", layout.columns(), layout.rows()),
        ));
        found.push(entry(format!("data_{name}"), layout.data().len()));
        found.push(entry(format!("kinds_{name}"), hash(&kinds)));
    }
    for profile in Profile::ALL {
        let name = profile.name();
        let choice = match profile {
            Profile::Print => poster((1024, 1024)),
            profile => choice(profile, 512),
        };
        // Incompressible, so that the pixels do not depend on zstd.
        let (_, frames) = encode(&random_bytes(300, 2), &choice, 0.2);
        let picture = decode_picture(&frames[0]).unwrap();
        found.push(entry(format!("pixels_{name}"), hash(picture.rgb())));
    }
    check("frame", &found);
}

/// Writes the container stream that [`container`] reads.
#[test]
fn container_stream_is_there() {
    if std::env::var_os("REGENERATE").is_some() {
        let file = b"tilecast tilecast tilecast tilecast tilecast";
        let manifest = Manifest {
            name: None,
            content: Content::File,
            size: file.len() as u64,
            chunk_bytes: CHUNK_BYTES,
            digest: *blake3::hash(file).as_bytes(),
        };
        let stream = [manifest.to_bytes(), compress(file, 3).unwrap()].concat();
        let path = project("tests/vectors/v1/container_stream.txt");
        std::fs::write(path, format!("stream {}\n", hex(&stream))).unwrap();
    }
    assert!(golden("container_stream", "stream").len() > 100);
}
