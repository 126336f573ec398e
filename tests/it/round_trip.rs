//! File to frames to file over a perfect channel.

use crate::support::{
    choice, complete, encode, packets, picture, pngs, project, random_bytes, read, text,
};
use proptest::prelude::*;
use tilecast::capture::Reader;
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::decode_picture;
use tilecast::raster::Picture;
use tilecast::reading::Outcome;
use tilecast::receive::Receiver;
use tilecast::send::{
    Outgoing, OwnOptions, OwnTransfer, Selection, SendError, Stream, StreamOptions, Undrawn,
};
use tilecast::storage::in_memory;

/// Decodes frames; the file if it is complete and verified.
fn decode(frames: &[impl AsRef<[u8]>]) -> Option<Vec<u8>> {
    let (mut reader, mut receiver) = (Reader::default(), Receiver::in_memory());
    for frame in frames {
        let capture = reader.read(&decode_picture(frame.as_ref()).unwrap()).swap_remove(0);
        assert_eq!(capture.outcome, Outcome::Read);
        receiver.accept(&capture, None).unwrap();
    }
    complete(&mut receiver)
}

#[test]
fn every_profile_carries_files_of_all_sizes() {
    for profile in Profile::ALL {
        let name = profile.name();
        let side = if profile == Profile::Print { 1024 } else { 512 };
        let choice = choice(profile, side);
        let format = choice.tables().unwrap();
        let frame = format.frame_bytes();
        for size in [0, 1, 1000, frame - 51, frame - 50, frame, 2 * frame + 1] {
            let file = random_bytes(size, size as u64);
            let (_, frames) = encode(&file, &choice, 0.0);
            assert_eq!(decode(&frames).as_ref(), Some(&file), "{name}, {size} bytes");
        }
    }
}

#[test]
fn what_fits_one_frame_takes_one() {
    for profile in Profile::ALL {
        let name = profile.name();
        let choice = choice(profile, 1024);
        let format = choice.tables().unwrap();
        // The manifest with its name takes 50 bytes, a chunk's length 4.
        let file = random_bytes(format.frame_bytes() - 54, 1);
        for size in [0, 1, file.len()] {
            let (_, frames) = encode(&file[..size], &choice, 0.0);
            assert_eq!(frames.len(), 1, "{name}, {size} bytes");
        }
    }
}

#[test]
fn the_promised_number_of_frames_may_be_lost_whichever_they_are() {
    for (size, redundancy) in [(150_000, 0.2), (60_000, 0.5), (400_000, 0.1), (40_000, 1.0)] {
        let file = text(size * 4, 1).into_iter().chain(random_bytes(size, 2)).collect::<Vec<_>>();
        let (transfer, frames) = encode(&file, &choice(Profile::Dense, 512), redundancy);
        let lost = transfer.schedule().survivable_losses() as usize;
        assert!(lost > 0, "{size} {redundancy}");
        // Bursts hit each block hardest; try one at every place, and a spread loss.
        for start in (0..=frames.len() - lost).step_by(3) {
            let kept = [&frames[..start], &frames[start + lost..]].concat();
            assert_eq!(decode(&kept).as_ref(), Some(&file), "burst at {start}");
        }
        let spread = frames.len() / lost;
        let kept: Vec<_> = (0..frames.len())
            .filter(|i| !i.is_multiple_of(spread) || i / spread >= lost)
            .map(|i| &frames[i])
            .collect();
        assert_eq!(decode(&kept).as_ref(), Some(&file));
    }
}

#[test]
fn without_the_frames_that_are_needed_there_is_no_file() {
    let file = random_bytes(60_000, 9);
    let (transfer, frames) = encode(&file, &choice(Profile::Dense, 512), 0.0);
    assert_eq!(transfer.schedule().survivable_losses(), 0);
    for skip in 0..frames.len() {
        let kept: Vec<_> = (0..frames.len()).filter(|i| *i != skip).map(|i| &frames[i]).collect();
        assert_eq!(decode(&kept), None);
    }
}

#[test]
fn the_same_input_gives_the_same_frames_whatever_the_threads() {
    let file = text(9_000_000, 4);
    let frames = |threads: usize| {
        let options = StreamOptions { level: 1, threads, ..StreamOptions::default() };
        let progress = |_| Ok::<_, SendError>(());
        let stream = Stream::new(file.as_slice(), in_memory(), options, progress).unwrap();
        let tables = choice(Profile::Dense, 512).tables().unwrap();
        let mut transfer = OwnTransfer::new(stream, tables, OwnOptions::default()).unwrap();
        blake3::hash(&pngs(&mut transfer, threads).concat())
    };
    assert_eq!(frames(1), frames(3));
}

#[test]
fn single_frames_are_those_of_the_whole() {
    let file = random_bytes(40_000, 3);
    let choice = choice(Profile::Dense, 512);
    let mut transfer = OwnTransfer::in_memory(&file, None, &choice).unwrap();
    let all = Selection::default();
    let frames: Vec<_> =
        transfer.frames(&all).map(|frame| frame.map(Undrawn::draw).unwrap()).collect();
    for number in (0..frames.len()).rev() {
        assert_eq!(transfer.frame(number as u64).unwrap().as_ref(), frames.get(number));
    }
    assert_eq!(transfer.frame(frames.len() as u64).unwrap(), None);
    assert_eq!(transfer.outline().size, (frames[0].width, frames[0].height));
}

/// A frame inside a larger picture, scaled, turned and mirrored.
fn screenshot(frame: &Picture, scale: usize, turn: usize, mirror: bool, margin: u8) -> Picture {
    let (width, height) = (frame.width() * scale + 150, frame.height() * scale + 90);
    let placed = picture(width, height, |x, y| {
        let inside = x.checked_sub(97).zip(y.checked_sub(31));
        inside.and_then(|(x, y)| frame.pixel(x / scale, y / scale)).unwrap_or([margin; 3])
    });
    let (w, h) = if turn.is_multiple_of(2) { (width, height) } else { (height, width) };
    picture(w, h, |x, y| {
        let x = if mirror { w - 1 - x } else { x };
        let (x, y) = match turn {
            0 => (x, y),
            1 => (y, height - 1 - x),
            2 => (width - 1 - x, height - 1 - y),
            _ => (width - 1 - y, x),
        };
        placed.pixel(x, y).unwrap()
    })
}

#[test]
fn screenshots_at_any_scale_turn_and_side_are_read() {
    let file = random_bytes(5_000, 5);
    for profile in Profile::ALL {
        let name = profile.name();
        if profile == Profile::Print {
            continue;
        }
        let (_, frames) = encode(&file, &choice(profile, 512), 0.0);
        let frame = decode_picture(&frames[0]).unwrap();
        let whole = packets(&read(&frame));
        for turn in 0..4 {
            for mirror in [false, true] {
                let (scale, margin) = (1 + turn % 3, if mirror { 255 } else { 40 });
                let shot = screenshot(&frame, scale, turn, mirror, margin);
                let capture = read(&shot);
                let text = format!("{name} x{scale}, turn {turn}, mirror {mirror}");
                assert_eq!(capture.outcome, Outcome::Read, "{text}");
                assert_eq!(packets(&capture), whole, "{text}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_format_carries_its_file(
        width in 256usize..900, height in 256usize..900, tile in 1usize..7,
        rate in 0.33f64..0.92, bands in 1u8..5, size in 0usize..3000, seed: u64,
    ) {
        let choice = FormatChoice {
            profile: Profile::Standard, size: (width, height), tile: Some(tile), rate: Some(rate),
            bands, palette: None,
        };
        if choice.tables().is_err() {
            return Ok(());
        }
        let file = random_bytes(size, seed);
        let (_, frames) = encode(&file, &choice, 0.0);
        prop_assert_eq!(decode(&frames), Some(file));
    }
}

#[test]
fn the_readme_tells_what_a_frame_carries() {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    for profile in Profile::ALL {
        let name = profile.name();
        let usual = FormatChoice::new(profile, profile.parameters().size);
        let format = usual.tables().unwrap();
        let bytes = format.frame_bytes().to_string();
        let split = bytes.len().saturating_sub(3);
        let bytes = match split {
            0 => bytes,
            _ => format!("{},{}", &bytes[..split], &bytes[split..]),
        };
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}`"))).unwrap();
        assert!(row.contains(&format!("| {bytes} |")), "{name}: {bytes}");
    }
}
