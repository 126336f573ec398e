//! Videos of libcimbar's frames: followed through every picture, and none decoded twice.

use crate::camera::Camera;
use crate::support::{choice, encode, file, random_bytes};
use tilecast::capture::{ReadBefore, Reader};
use tilecast::cimbar::{Coding, Mode, tiles};
use tilecast::format::Profile;
use tilecast::media::decode_picture;
use tilecast::raster::Picture;
use tilecast::reading::{Capture, Outcome, Reading};
use tilecast::receive::Receiver;
use tilecast::send::{CimbarOptions, CimbarTransfer, Outgoing, Selection};

fn frames(mode: Mode, file: &[u8]) -> Vec<Picture> {
    let options = CimbarOptions { mode, name: None, level: 3, redundancy: 0.0 };
    let mut transfer = CimbarTransfer::new(file, file.len() as u64, options).unwrap();
    let all = Selection::default();
    let drawn = transfer.frames(&all).map(|frame| frame.unwrap().draw().to_picture().unwrap());
    drawn.collect()
}

/// Picture number `number` of a video filmed by hand.
fn held(number: usize) -> Camera {
    let sway = |period: f64| (number as f64 / period).sin();
    Camera {
        roll: 3.0 + 0.4 * sway(3.0),
        tilt: (5.0 + 0.5 * sway(2.3), -4.0 + 0.5 * sway(4.1)),
        fill: 0.9 * (1.0 + 0.006 * sway(3.7)),
        lens: 0.004,
        seed: number as u64,
        ..Camera::new()
    }
}

fn mode(capture: &Capture) -> Option<Mode> {
    match &capture.reading {
        Some(Reading::Cimbar(reading)) => Some(reading.mode),
        _ => None,
    }
}

fn payload(capture: &Capture) -> Vec<u8> {
    match &capture.reading {
        Some(Reading::Cimbar(reading)) => reading.payload(),
        other => panic!("{other:?}, {:?}", capture.outcome),
    }
}

/// Reads the next picture, which shows one frame.
fn next(reader: &mut Reader, picture: &Picture) -> Capture {
    let mut captures = reader.read_next(picture);
    assert_eq!(captures.len(), 1);
    captures.remove(0)
}

#[test]
fn every_frame_is_read_once_and_known_from_then_on() {
    for (mode, bytes) in [(Mode::B, 9_000), (Mode::FourC, 900), (Mode::Bm, 900), (Mode::Bu, 900)] {
        let sent = random_bytes(bytes, 3);
        let shown = frames(mode, &sent);
        let (mut reader, mut receiver) = (Reader::default(), Receiver::in_memory());
        // Each frame in two pictures; then the first one again.
        let pictures = shown.iter().flat_map(|frame| [frame; 2]).chain(&shown[..1]);
        for (number, frame) in pictures.enumerate() {
            let capture = next(&mut reader, &held(number).shoot(frame));
            let is_first = number < 2 * shown.len() && number % 2 == 0;
            let expected = if is_first { Outcome::Read } else { Outcome::Repeat };
            assert_eq!(capture.outcome, expected, "{mode:?}, picture {number}");
            let intake = receiver.accept(&capture, None).unwrap();
            assert!(is_first || !intake.is_news, "{mode:?}, picture {number}");
        }
        let id = receiver.transfers()[0].id();
        let mut transfer = receiver.transfer(id).unwrap();
        assert_eq!(transfer.report().frames_seen, 2 * shown.len() as u64 + 1);
        assert!(file(&mut transfer).unwrap() == sent, "{mode:?}");
    }
}

#[test]
fn a_show_that_changes_its_mode_is_followed() {
    let mut reader = Reader::default();
    let order = [Mode::B, Mode::FourC, Mode::B, Mode::Bm, Mode::Bu];
    for (number, of) in order.into_iter().enumerate() {
        let frame = &frames(of, &random_bytes(2_000, number as u64))[0];
        let seen = [0, 1].map(|i| next(&mut reader, &held(2 * number + i).shoot(frame)));
        assert_eq!(seen.each_ref().map(mode), [Some(of); 2], "{number}");
        assert_eq!(seen.map(|one| one.outcome), [Outcome::Read, Outcome::Repeat], "{number}");
    }
}

#[test]
fn a_show_goes_from_our_frames_to_libcimbars_and_back() {
    let ours = encode(&random_bytes(900, 2), &choice(Profile::Dense, 1024), 0.0);
    let ours = decode_picture(&ours.1[0]).unwrap();
    let theirs = &frames(Mode::B, &random_bytes(6_000, 1))[0];
    let mut reader = Reader::default();
    let pictures = [&ours, &ours, theirs, theirs, &ours, theirs];
    let seen = pictures.iter().enumerate().map(|(number, frame)| {
        let capture = next(&mut reader, &held(number).shoot(frame));
        (mode(&capture).is_some(), capture.outcome)
    });
    let (read, repeat) = (Outcome::Read, Outcome::Repeat);
    // Where the kind changes, the frame has to be found first.
    let expected =
        [(false, read), (false, repeat), (true, read), (true, repeat), (false, read), (true, read)];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
}

/// A frame that differs from a known one as little as two frames can.
#[test]
fn a_frame_that_looks_alike_is_read() {
    for of in Mode::ALL {
        let coding = Coding::new(of);
        let drawn = |payload: &[u8]| {
            tiles::draw(coding.parameters(), &coding.encode(payload)).to_picture().unwrap()
        };
        let sent = random_bytes(coding.parameters().payload(), 4);
        let mut reader = Reader::default();
        let honest = next(&mut reader, &held(0).shoot(&drawn(&sent)));
        assert_eq!((honest.outcome, payload(&honest) == sent), (Outcome::Read, true));
        // One bit of a block that tiles carry, and of the last one.
        for (number, at) in [5, sent.len() - 1].into_iter().enumerate() {
            let mut forged = sent.clone();
            forged[at] ^= 1;
            let capture = next(&mut reader, &held(number + 1).shoot(&drawn(&forged)));
            assert_eq!(capture.outcome, Outcome::Read, "{of:?}, byte {at}");
            assert!(payload(&capture) == forged, "{of:?}, byte {at}");
        }
        let again = next(&mut reader, &held(3).shoot(&drawn(&sent)));
        assert_eq!((again.outcome, payload(&again) == sent), (Outcome::Repeat, true), "{of:?}");
    }
}

#[test]
fn a_picture_of_two_frames_is_none_of_them() {
    let shown = frames(Mode::B, &random_bytes(20_000, 5));
    let mut reader = Reader::default();
    let [first, second] = [0, 1].map(|i| payload(&next(&mut reader, &held(i).shoot(&shown[i]))));
    for line in [0.1, 0.4, 0.8] {
        let camera = Camera { jpeg: Some(92), ..held(2) };
        let capture = next(&mut reader, &camera.shoot_two(&shown[1], &shown[0], line));
        assert_ne!(capture.outcome, Outcome::Repeat, "{line}");
        let Some(Reading::Cimbar(reading)) = &capture.reading else { continue };
        let data = reading.mode.parameters().data();
        let both = first.chunks(data).zip(second.chunks(data));
        for (block, (first, second)) in reading.blocks.iter().zip(both) {
            assert!(block.as_ref().is_none_or(|block| block == first || block == second));
        }
    }
}

#[test]
fn a_frame_of_which_a_part_is_hidden_is_read_until_it_is_whole() {
    let frame = &frames(Mode::B, &random_bytes(6_000, 6))[0];
    let mut covered = frame.clone();
    for (x, y) in (300..420).flat_map(|y| (400..900).map(move |x| (x, y))) {
        covered.set_pixel(x, y, [90, 80, 70]);
    }
    let known = ReadBefore::default();
    let mut reader = Reader::default().remembering(known.clone());
    let pictures = [&covered, &covered, frame, &covered, frame];
    let seen: Vec<&str> = pictures
        .iter()
        .enumerate()
        .map(|(number, frame)| next(&mut reader, &held(number).shoot(frame)).outcome.code())
        .collect();
    assert_eq!(seen, ["blocks-lost", "blocks-lost", "read", "blocks-lost", "repeat"]);
    // Whoever reads other pictures of the video knows of it too.
    let mut other = Reader::default().remembering(known);
    let outcomes = [5, 6].map(|number| next(&mut other, &held(number).shoot(frame)).outcome);
    assert_eq!(outcomes, [Outcome::Read, Outcome::Repeat]);
}
