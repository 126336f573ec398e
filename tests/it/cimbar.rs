//! libcimbar's format: its own frames, pixel for pixel; photos of them; messages made to do harm.
//!
//! The hashes in `tests/vectors/cimbar` are of frames that libcimbar's command line wrote.

use crate::camera::Camera;
use crate::support::{Workdir, choice, encode, file, picture, project, random_bytes, read};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tilecast::capture::Reader;
use tilecast::cimbar::{self, ChunkHeader, Coding, Encoder, Mode, block_ids, tiles};
use tilecast::format::Profile;
use tilecast::media::{Effort, decode_picture, encode_png, storage};
use tilecast::raster::Picture;
use tilecast::reading::{Capture, Outcome, Reading};
use tilecast::receive::{Receiver, TransferId};
use tilecast::report::TransferState;
use tilecast::send::{CimbarOptions, CimbarTransfer, Outgoing, Selection};

fn frames(mode: Mode, file: &[u8], name: Option<&str>, redundancy: f64) -> Vec<Picture> {
    let options = CimbarOptions { mode, name: name.map(str::to_owned), level: 16, redundancy };
    let mut transfer = CimbarTransfer::new(file, file.len() as u64, options).unwrap();
    let all = Selection::default();
    let draw = |frame: Result<tilecast::send::Undrawn<'_>, _>| frame.unwrap().draw();
    transfer.frames(&all).map(|frame| draw(frame).to_picture().unwrap()).collect()
}

/// What was read of a frame of libcimbar's.
fn reading(capture: &Capture) -> &cimbar::Reading {
    match &capture.reading {
        Some(Reading::Cimbar(reading)) => reading,
        other => panic!("{other:?}, {:?}", capture.outcome),
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file and the name that was sent with it; or why there is none.
type Restored = (Option<String>, Result<Vec<u8>, String>);

/// Everything that was received.
fn restored(mut receiver: Receiver) -> Vec<Restored> {
    let ids: Vec<_> = receiver.transfers().iter().map(|transfer| transfer.id()).collect();
    let extract = |id| {
        let mut transfer = receiver.transfer(id).unwrap();
        (transfer.report().name, file(&mut transfer))
    };
    ids.into_iter().map(extract).collect()
}

#[test]
fn frames_are_those_of_libcimbar() {
    let list = std::fs::read_to_string(project("tests/vectors/cimbar/frames.txt")).unwrap();
    let mut compared = 0;
    for mode in Mode::ALL {
        let name = mode.parameters().name;
        let input = format!("input-{name}.bin");
        let file = std::fs::read(project("tests/vectors/cimbar").join(&input)).unwrap();
        let drawn = frames(mode, &file, Some(&input), 1.0);
        let mut receiver = Receiver::in_memory();
        for line in list.lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            let [of, number, pixels, payload] = fields[..] else { continue };
            if of != name {
                continue;
            }
            let frame = &drawn[number.parse::<usize>().unwrap()];
            assert_eq!(hex(frame.rgb()), pixels, "{line}");
            let capture = read(frame);
            assert_eq!(hex(&reading(&capture).payload()), payload, "{line}");
            receiver.accept(&capture, None).unwrap();
            compared += 1;
        }
        let (sent_name, result) = restored(receiver).remove(0);
        assert_eq!(sent_name, Some(input));
        assert!(result.unwrap() == file);
    }
    assert_eq!(compared, 15);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn files_come_back_from_any_frames(seed: u64, length in 1usize..60_000, mode in 0usize..4) {
        let file = random_bytes(length, seed);
        let mut receiver = Receiver::in_memory();
        let mut reader = Reader::default();
        // Every third frame is lost.
        let drawn = frames(Mode::ALL[mode], &file, None, 1.0);
        for (_, frame) in drawn.iter().enumerate().filter(|(i, _)| i % 3 != 1) {
            receiver.accept(&reader.read(frame)[0], None).unwrap();
        }
        let (name, result) = restored(receiver).remove(0);
        prop_assert_eq!(name, None);
        prop_assert!(result.unwrap() == file);
    }
}

/// Every block of one frame is read in each of these photos.
fn all_read(mode: Mode, cameras: &[Camera]) {
    let frame = frames(mode, &random_bytes(20_000, 5), None, 0.0).remove(0);
    let truth = reading(&read(&frame)).payload();
    for (step, camera) in cameras.iter().enumerate() {
        let capture = read(&camera.shoot(&frame));
        assert_eq!(capture.outcome, Outcome::Read, "step {step}: {:?}", capture.measures);
        assert_eq!(reading(&capture).mode, mode, "step {step}");
        assert!(reading(&capture).payload() == truth, "step {step}");
    }
}

#[test]
fn photos_by_hand() {
    let by_hand = |seed| Camera { fill: 0.68, ..Camera::by_hand(seed) };
    all_read(Mode::B, &[by_hand(1), by_hand(2)]);
    all_read(Mode::FourC, &[by_hand(3)]);
    all_read(Mode::Bm, &[by_hand(4)]);
    all_read(Mode::Bu, &[by_hand(5)]);
}

#[test]
fn strong_casts_and_uneven_light() {
    let casts = [
        [[0.9, 0.1, 0.0], [0.1, 0.6, 0.1], [0.0, 0.05, 0.12]],
        [[0.15, 0.1, 0.0], [0.1, 0.7, 0.1], [0.05, 0.2, 0.9]],
        [[0.5, 0.3, 0.15], [0.25, 0.45, 0.2], [0.15, 0.3, 0.45]],
    ];
    for mode in [Mode::B, Mode::FourC] {
        let camera = |mixing| Camera { mixing, vignetting: 0.5, haze: 30.0, ..Camera::new() };
        all_read(mode, &casts.map(camera));
    }
}

#[test]
fn lens_noise_and_distance() {
    let base = Camera::new();
    let cameras = [
        Camera { lens: 0.02, ..base.clone() },
        Camera { lens: -0.02, tilt: (10.0, 8.0), ..base.clone() },
        Camera { noise: 12.0, ..base.clone() },
        Camera { blur: 1.2, ..base.clone() },
        Camera { fill: 0.6, ..base.clone() },
        Camera { roll: 137.0, fill: 0.7, clutter: true, ..base },
    ];
    all_read(Mode::B, &cameras);
}

/// Frames of a message as it is, without our container.
fn raw_frames(dir: &Workdir, message: &[u8], encode_id: u8) {
    let coding = Coding::new(Mode::B);
    let (block, size) = (coding.parameters().block_bytes(), message.len());
    let encoder = Encoder::new(message, block).unwrap();
    let mut ids = block_ids(size, block);
    for number in 0..size.div_ceil(block).div_ceil(12) + 1 {
        let mut payload = Vec::new();
        for block in ids.by_ref().take(coding.parameters().chunks) {
            payload.extend(ChunkHeader { encode_id, size: size as u32, block }.to_bytes());
            payload.extend(encoder.block(block));
        }
        let frame = tiles::draw(coding.parameters(), &coding.encode(&payload));
        let png = encode_png(&frame, Effort::Fast).unwrap();
        dir.write(&format!("frames/{encode_id}-{number}.png"), &png);
    }
}

#[test]
fn bare_messages_are_files_and_damaged_ones_are_nothing() {
    let dir = Workdir::new();
    let file = random_bytes(9_000, 1);
    raw_frames(&dir, &file, 3);
    dir.tilecast(&["decode", "frames", "-o", "bare", "-q"]).assert().success();
    assert!(dir.read("bare") == file);
    let dir = Workdir::new();
    raw_frames(&dir, &[&[0x28, 0xB5, 0x2F, 0xFD][..], &file].concat(), 4);
    let run = dir.tilecast(&["decode", "frames", "-o", "damaged"]).assert().code(3);
    let text = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(text.contains("damaged data"), "{text}");
    assert!(!dir.path("damaged").exists());
    assert_eq!(dir.list("."), [".tilecast-received-damaged", "frames"]);
}

#[test]
fn hostile_names_stay_in_the_folder() {
    let dir = Workdir::new();
    let message = cimbar::container::build(Some("../../etc/\u{1b}evil"), &b"content"[..], 625, 3);
    raw_frames(&dir, &message.unwrap(), 9);
    dir.tilecast(&["decode", "frames", "-q"]).assert().success();
    let names: Vec<String> = dir.list(".").into_iter().filter(|name| name != "frames").collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(!names[0].contains(['/', '\u{1b}']) && !names[0].starts_with('.'), "{names:?}");
    assert_eq!(dir.read(&names[0]), b"content");
}

#[test]
fn mixed_transfers_are_kept_apart() {
    let (a, b) = (random_bytes(30_000, 1), random_bytes(31_000, 2));
    let (first, second) =
        (frames(Mode::B, &a, Some("a"), 1.0), frames(Mode::FourC, &b, Some("b"), 1.0));
    let mut receiver = Receiver::in_memory();
    let mut reader = Reader::default();
    for frame in first.iter().zip(&second).flat_map(|(a, b)| [a, b]) {
        receiver.accept(&reader.read(frame)[0], None).unwrap();
    }
    let files: Vec<Vec<u8>> =
        restored(receiver).into_iter().map(|(_, result)| result.unwrap()).collect();
    assert!(files == [a, b]);
}

#[test]
fn transfers_of_all_symbologies_come_in_the_order_of_their_first_captures() {
    let own = encode(&random_bytes(900, 2), &choice(Profile::Dense, 512), 0.0);
    let own = decode_picture(&own.1[0]).unwrap();
    let cimbar = frames(Mode::B, &random_bytes(9_000, 1), None, 0.0).remove(0);
    let dir = Workdir::new();
    for (name, pictures) in [("a", [&own, &cimbar]), ("b", [&cimbar, &own])] {
        let path = dir.path(name);
        let mut receiver = Receiver::new(storage::create(&path).unwrap());
        for picture in pictures {
            receiver.accept(&read(picture), None).unwrap();
        }
        let ids = |receiver: &Receiver| {
            receiver.transfers().iter().map(|transfer| transfer.id()).collect::<Vec<_>>()
        };
        let seen = ids(&receiver);
        assert_eq!(
            matches!(seen[..], [TransferId::Own { .. }, TransferId::Cimbar(_)]),
            name == "a"
        );
        drop(receiver);
        let again = Receiver::resume(storage::open(&path).unwrap()).unwrap();
        assert_eq!((ids(&again), seen.len()), (seen, 2));
    }
}

#[test]
fn too_few_frames_say_how_many_more() {
    let frame = frames(Mode::B, &random_bytes(40_000, 1), None, 0.0).remove(0);
    let mut receiver = Receiver::in_memory();
    receiver.accept(&read(&frame), None).unwrap();
    let id = receiver.transfers()[0].id();
    let report = receiver.transfer(id).unwrap().report();
    assert_eq!(report.state, TransferState::Incomplete);
    assert_eq!((report.frames_seen, report.frames_needed, report.frames_total), (1, 5, 6));
}

#[test]
fn half_a_frame_gives_its_whole_chunks() {
    let frame = frames(Mode::B, &random_bytes(20_000, 5), None, 0.0).remove(0);
    let cut = picture(1024, 1024, |x, y| {
        let hidden = (400..1024).contains(&x) && (300..420).contains(&y);
        if hidden { [90, 80, 70] } else { frame.pixel(x, y).unwrap() }
    });
    let capture = read(&cut);
    let seen = reading(&capture);
    let lost = seen.blocks.iter().filter(|block| block.is_none()).count();
    assert!((1..40).contains(&lost), "{lost}");
    assert_eq!(capture.outcome, Outcome::BlocksLost { lost, total: 60 });
    let whole = read(&frame);
    for (seen, sent) in seen.blocks.iter().zip(&reading(&whole).blocks) {
        assert!(seen.is_none() || seen == sent);
    }
}

#[test]
fn options_of_the_other_format_are_refused() {
    let dir = Workdir::new();
    dir.write("file", b"x");
    let refused = [["--format", "cimbar", "--tile", "3"], ["--mode", "B", "--level", "3"]];
    for options in refused {
        dir.tilecast(&["encode", "file", "-o", "out"]).args(options).assert().code(2);
        assert!(!dir.path("out").exists());
    }
}

/// Frames that are mostly empty look like those of another mode.
#[test]
fn tiny_files_come_back_alone_in_every_mode() {
    for mode in Mode::ALL {
        let file = random_bytes(302, 6);
        let mut receiver = Receiver::in_memory();
        for frame in frames(mode, &file, None, 1.0) {
            let capture = read(&frame);
            assert_eq!(reading(&capture).mode, mode);
            receiver.accept(&capture, None).unwrap();
        }
        let mut all = restored(receiver);
        assert_eq!(all.len(), 1, "{mode:?}");
        assert!(all.remove(0).1.unwrap() == file, "{mode:?}");
    }
}
