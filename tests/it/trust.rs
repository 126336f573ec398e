//! Frames of others among those of a transfer: by accident, or made to stop it or to take its place.

use crate::support::{Workdir, choice, encode, own, random_bytes, read};
use predicates::prelude::*;
use predicates::str::contains;
use tilecast::format::{FrameTables, Profile};
use tilecast::frame::draw;
use tilecast::media::{Effort, decode_picture, encode_png};
use tilecast::modem::{FrameHeader, modulate};
use tilecast::outer::{Packet, PacketId, Shape};

/// A transfer, its frames, and what a stranger needs to draw others like them.
struct Honest {
    file: Vec<u8>,
    frames: Vec<Vec<u8>>,
    headers: Vec<FrameHeader>,
    packets: Vec<Vec<Packet>>,
    tables: FrameTables,
}

impl Honest {
    fn new(bytes: usize, redundancy: f64, seed: u64) -> Self {
        let choice = choice(Profile::Standard, 512);
        let file = random_bytes(bytes, seed);
        let (_, frames) = encode(&file, &choice, redundancy);
        let readings: Vec<_> = frames
            .iter()
            .map(|frame| own(&read(&decode_picture(frame).unwrap())).unwrap().clone())
            .collect();
        let headers = readings.iter().map(|reading| reading.header).collect();
        let packets = readings.into_iter().map(|reading| reading.packets).collect();
        Self { file, frames, headers, packets, tables: choice.tables().unwrap() }
    }

    /// A frame with any header and packets; codewords for which there are none hold noise.
    fn frame(&self, header: FrameHeader, packets: &[Packet]) -> Vec<u8> {
        let bytes = self.tables.code.packet_bytes();
        let count = self.tables.packets();
        let mut coded: Vec<Vec<u8>> = packets.iter().map(Packet::to_bytes).collect();
        coded.extend((coded.len()..count).map(|i| random_bytes(bytes, i as u64)));
        let tiles = modulate(&self.tables.layout, &self.tables.code.encode(&coded));
        encode_png(&draw(&self.tables.layout, &tiles, &header.cells()), Effort::Fast).unwrap()
    }

    /// Frame number `number` with `change` done to its packets.
    fn forged(&self, number: usize, change: impl FnMut(&mut Packet)) -> Vec<u8> {
        let mut packets = self.packets[number].clone();
        packets.iter_mut().for_each(change);
        self.frame(self.headers[number], &packets)
    }

    /// Frames into `folder/`, numbered from `first`.
    fn write(&self, dir: &Workdir, folder: &str, frames: &[Vec<u8>], first: usize) {
        for (number, frame) in frames.iter().enumerate() {
            dir.write(&format!("{folder}/{:04}.png", first + number), frame);
        }
    }
}

/// A packet's payload, replaced.
fn spoiled(seed: u64) -> impl FnMut(&mut Packet) {
    let mut count = seed;
    move |packet| {
        count += 1;
        packet.payload = random_bytes(packet.payload.len(), count);
    }
}

#[test]
fn a_transfer_completes_whatever_else_is_in_view() {
    let honest = Honest::new(60_000, 0.35, 1);
    let last = honest.frames.len() - 1;
    let (first, header) = (&honest.packets[0][0], honest.headers[0]);
    let other_shape = |packet: &mut Packet| packet.shape.repair += 1;
    let many_blocks = |packet: &mut Packet| {
        packet.shape = Shape { blocks: 1 << 24, ..packet.shape };
        packet.id.block += 12_345_678;
    };
    let strangers = |transfer: u32| -> Vec<Packet> {
        let id = |i: u32| PacketId { transfer: transfer + i, block: 0, index: 0 };
        (0..honest.tables.packets() as u32)
            .map(|i| Packet { id: id(i * 1000), ..first.clone() })
            .collect()
    };
    let attacks: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("another shape", vec![honest.forged(0, other_shape)]),
        ("another shape, huge", vec![honest.forged(0, many_blocks)]),
        ("another payload", vec![honest.forged(0, spoiled(1))]),
        ("another payload, late frame", vec![honest.forged(last, spoiled(2))]),
        (
            "one wrong packet in each of some frames",
            (0..3)
                .map(|number| {
                    let mut change = spoiled(9);
                    let wrong = honest.packets[number][1].id;
                    honest.forged(number, |packet| {
                        if packet.id == wrong {
                            change(packet);
                        }
                    })
                })
                .collect(),
        ),
        ("ids by the dozen", (0..20).map(|i| honest.frame(header, &strangers(i * 7))).collect()),
        (
            "a header that says other numbers",
            vec![honest.frame(FrameHeader { frames: 4_000_000, frame: 77, ..header }, &[])],
        ),
        (
            "right packets under another's header",
            vec![
                honest
                    .frame(FrameHeader { transfer: 5, frames: 900, ..header }, &honest.packets[1]),
            ],
        ),
    ];
    for (name, evil) in attacks {
        for evil_first in [true, false] {
            let dir = Workdir::new();
            let (evil_at, honest_at) = if evil_first { (0, 1000) } else { (1000, 0) };
            honest.write(&dir, "seen", &evil, evil_at);
            honest.write(&dir, "seen", &honest.frames, honest_at);
            dir.tilecast(&["decode", "seen", "-o", "out", "-q"]).assert().success();
            assert!(dir.read("out") == honest.file, "{name}");
            // What was received is of no harm later either.
            let args = ["decode", "seen", "-o", "out", "-f", "--state", "state", "-q"];
            dir.tilecast(&args).assert().success();
            dir.tilecast(&["decode", "seen", "-o", "again", "--state", "state", "-q"])
                .assert()
                .success();
            assert!(dir.read("again") == honest.file, "{name}");
        }
    }
}

#[test]
fn wrong_packets_without_a_check_are_told_and_more_captures_help() {
    let honest = Honest::new(40_000, 0.0, 2);
    let dir = Workdir::new();
    // The stranger's frame takes the place of the honest one, which is never seen at first.
    let mut frames = honest.frames.clone();
    frames[1] = honest.forged(1, spoiled(5));
    honest.write(&dir, "seen", &frames, 0);
    dir.tilecast(&["decode", "seen", "-o", "out", "-q"]).assert().code(3).stderr(
        contains("digest").or(contains("not what was sent")).and(contains("more captures")),
    );
    assert!(!dir.path("out").exists());
    honest.write(&dir, "more", &honest.frames[..3], 0);
    let args = ["decode", "more", "-o", "out", "--resume", "-q"];
    dir.tilecast(&args).assert().success();
    assert!(dir.read("out") == honest.file);
}

#[test]
fn one_file_is_not_made_of_what_was_seen_in_passing() {
    let (honest, stray) = (Honest::new(60_000, 0.2, 3), Honest::new(3_000, 0.0, 4));
    assert!(stray.frames.len() == 1 && honest.frames.len() > 6);
    let dir = Workdir::new();
    honest.write(&dir, "part", &stray.frames, 0);
    honest.write(&dir, "part", &honest.frames[..3], 1);
    let id = format!("{:08x}", stray.headers[0].transfer);
    let args = ["decode", "part", "-o", "out", "-q"];
    dir.tilecast(&args).assert().code(2).stderr(contains(format!("--transfer {id}")));
    assert!(!dir.path("out").exists());
    let args = ["decode", "part", "-o", "out", "-q", "--transfer", &id, "--resume"];
    dir.tilecast(&args).assert().success();
    assert!(dir.read("out") == stray.file);
    // Complete, both: it is asked which one, and nothing is lost meanwhile.
    let dir = Workdir::new();
    honest.write(&dir, "all", &stray.frames, 0);
    honest.write(&dir, "all", &honest.frames, 1);
    dir.tilecast(&["decode", "all", "-o", "out", "-q"])
        .assert()
        .code(2)
        .stderr(contains("2 complete files").and(contains("--transfer")));
    let id = format!("{:08X}", honest.headers[0].transfer);
    let args = ["decode", "all", "-o", "out", "-q", "--resume", "--transfer", &id];
    dir.tilecast(&args).assert().success();
    assert!(dir.read("out") == honest.file);
    let args = ["decode", "all", "-o", "none", "-q", "--transfer", "12345678"];
    dir.tilecast(&args).assert().code(1).stderr(contains("transfer 12345678 is not complete"));
}

#[test]
fn files_larger_than_can_be_believed_are_asked_about() {
    let dir = Workdir::new();
    dir.write("zeros", &vec![0; 4 << 20]);
    let args = ["encode", "zeros", "-o", "frames", "-p", "lossless", "--size", "512x512", "-q"];
    dir.tilecast(&args).assert().success();
    dir.tilecast(&["decode", "frames", "-o", "out", "--max-size", "4M"]).assert().success();
    assert_eq!(dir.read("out").len(), 4 << 20);
    let limit = ((4 << 20) - 1).to_string();
    dir.tilecast(&["decode", "frames", "-o", "small", "--max-size", &limit])
        .assert()
        .code(2)
        .stderr(contains("4,194,304 bytes").and(contains("--max-size 4194304 allows it")));
    assert!(!dir.path("small").exists());
    // The same for a format that does not say how large its file is.
    let args = ["encode", "zeros", "-o", "cimbar", "--format", "cimbar", "-q"];
    dir.tilecast(&args).assert().success();
    dir.tilecast(&["decode", "cimbar", "-o", "small", "--max-size", "1M"]).assert().code(2);
    assert!(!dir.path("small").exists());
}

#[test]
fn two_files_of_one_name_get_two_names() {
    let (one, two) = (Honest::new(3_000, 0.0, 5), Honest::new(3_000, 0.0, 6));
    let dir = Workdir::new();
    honest_pair(&dir, &one, &two);
    for force in [&["-q"][..], &["-q", "-f"]] {
        let out = format!("out{}", force.len());
        std::fs::create_dir(dir.path(&out)).unwrap();
        let decode = |from: &str| {
            let args = [&["decode", from, "-o", &out], force].concat();
            dir.tilecast(&args).assert().success();
        };
        decode("both");
        assert_eq!(dir.list(&out), ["file", "file (2)"]);
        assert!(dir.read(&format!("{out}/file")) == one.file);
        assert!(dir.read(&format!("{out}/file (2)")) == two.file);
        // What is there already needs no other name, and no other file is replaced unasked.
        decode("both");
        assert_eq!(dir.list(&out), ["file", "file (2)"]);
    }
    dir.write("mine/file", b"of mine");
    dir.tilecast(&["decode", "both", "-o", "mine", "-q"]).assert().success();
    assert_eq!(dir.list("mine"), ["file", "file (2)", "file (3)"]);
    assert_eq!(dir.read("mine/file"), b"of mine");
}

fn honest_pair(dir: &Workdir, one: &Honest, two: &Honest) {
    one.write(dir, "both", &one.frames, 0);
    two.write(dir, "both", &two.frames, 100);
}

#[test]
fn a_name_is_shown_as_its_file_is_called() {
    let dir = Workdir::new();
    dir.write("a", b"content");
    let args = ["encode", "a", "-o", "b.png", "-q", "--size", "512x512", "-p", "dense"];
    dir.tilecast(&args).assert().success();
    // The name in the manifest is what the sender likes.
    let honest = Honest::new(100, 0.0, 7);
    let name = "harmless\u{202E}fdp\u{61C}\u{E0041}\u{1b}[2J.exe";
    let frame = renamed(&honest, name);
    dir.write("evil/0.png", &frame);
    for args in [&["decode", "evil"][..], &["info", "evil"], &["info", "evil", "--json"]] {
        let output = dir.tilecast(args).assert().success().get_output().clone();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!text.contains(['\u{202E}', '\u{61C}', '\u{E0041}', '\u{1b}']), "{text}");
        assert!(text.contains("harmless"));
    }
    assert!(dir.path("harmlessfdp[2J.exe").exists());
}

/// A frame of the same file under another name.
fn renamed(honest: &Honest, name: &str) -> Vec<u8> {
    use tilecast::send::{OwnOptions, OwnTransfer, Stream};
    let stream = Stream::in_memory(&honest.file, Some(name.into())).unwrap();
    let options = OwnOptions { redundancy: 0.0.into(), caption: false };
    let tables = choice(Profile::Standard, 512).tables().unwrap();
    let mut transfer = OwnTransfer::new(stream, tables, options).unwrap();
    crate::support::pngs(&mut transfer, 1).remove(0)
}
