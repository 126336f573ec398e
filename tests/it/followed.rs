//! Frames of all sizes that the format has are followed through a video, and read once.

use crate::camera::optics::blurred;
use crate::support::random_bytes;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use tilecast::capture::{Pending, Reader, Settings, read_all};
use tilecast::format::{FormatChoice, Profile};
use tilecast::prng::SplitMix64;
use tilecast::raster::Picture;
use tilecast::reading::Outcome;
use tilecast::send::{Outgoing, OwnTransfer};

/// The first frame of a transfer, as large as that, or nothing if there are no such frames.
fn frame(profile: Profile, size: (usize, usize), tile: usize) -> Option<Picture> {
    let choice = FormatChoice { tile: Some(tile), ..FormatChoice::new(profile, size) };
    let tables = choice.tables().ok()?;
    let file = random_bytes(tables.capacity().min(200_000) / 2, 1);
    let mut transfer = OwnTransfer::in_memory(&file, None, &choice).unwrap();
    transfer.frame(0).unwrap().unwrap().to_picture()
}

/// Sides evenly in the logarithm, with the sizes that screens have and those that once failed.
fn sizes() -> Vec<((usize, usize), usize)> {
    let known = [
        ((1920, 1080), 6),
        ((1920, 1024), 6),
        ((1400, 1000), 6),
        ((1080, 1920), 4),
        ((2560, 1440), 5),
        ((2933, 632), 3),
        ((256, 4096), 5),
        ((4096, 256), 4),
        ((4096, 4096), 12),
        ((380, 256), 1),
    ];
    let mut prng = SplitMix64::new(7);
    let mut side = || {
        let uniform = (prng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        (256.0 * 16f64.powf(uniform)) as usize
    };
    let any = (0..36).map(|_| (side(), side())).zip((1..=12).cycle());
    known.into_iter().chain(any).collect()
}

#[test]
fn frames_of_every_size_are_recognised_as_seen_before() {
    let (mut walked, mut lost) = (0, Vec::new());
    for (size, tile) in sizes() {
        for profile in [Profile::Robust, Profile::Print] {
            let Some(drawn) = frame(profile, size, tile) else { continue };
            // As it was drawn, and as a lens or a video has it.
            let soft = blurred(&drawn, 0.25 * tile.min(3) as f64, 0.0).picture();
            for picture in [&drawn, &soft] {
                let mut reader = Reader::default();
                let outcomes = [0; 3].map(|_| reader.read_next(picture)[0].outcome);
                walked += 1;
                if outcomes != [Outcome::Read, Outcome::Repeat, Outcome::Repeat] {
                    lost.push((profile, size, tile, outcomes));
                }
            }
        }
    }
    assert!(walked > 100, "only {walked}");
    assert!(
        lost.is_empty(),
        "{} of {walked}: {}",
        lost.len(),
        lost.iter().map(|l| format!("\n{l:?}")).collect::<String>()
    );
}

/// A picture that moved as far to the right and down, on a dark ground of twice that on each side, and
/// with one of its corners covered.
fn moved(picture: &Picture, (right, down): (usize, usize), covered: Option<usize>) -> Picture {
    const MARGIN: usize = 20;
    /// Pixels of a corner that are covered: most of its finder.
    const COVERED: usize = 30;
    let (width, height) = (picture.width(), picture.height());
    let is_covered = |x: usize, y: usize| {
        let (left, top) = (x < COVERED, y < COVERED);
        let (far_right, bottom) = (x >= width - COVERED, y >= height - COVERED);
        let corners = [left && top, far_right && top, far_right && bottom, left && bottom];
        covered.is_some_and(|corner| corners[corner])
    };
    let pixel = |x: usize, y: usize| {
        let (x, y) = (x.checked_sub(MARGIN + right)?, y.checked_sub(MARGIN + down)?);
        if is_covered(x, y) { None } else { picture.pixel(x, y) }
    };
    let (wide, high) = (width + 2 * MARGIN, height + 2 * MARGIN);
    let places = (0..high).flat_map(|y| (0..wide).map(move |x| (x, y)));
    let rgb = places.flat_map(|(x, y)| pixel(x, y).unwrap_or([9; 3])).collect();
    Picture::from_rgb(wide, high, rgb).unwrap()
}

#[test]
fn a_frame_is_followed_while_one_of_its_corners_is_not_seen() {
    let choice = FormatChoice::new(Profile::Standard, (600, 800));
    let file = random_bytes(choice.tables().unwrap().capacity() * 2, 3);
    let mut transfer = OwnTransfer::in_memory(&file, None, &choice).unwrap();
    let mut shown = |number| {
        let drawn = transfer.frame(number).unwrap().unwrap().to_picture().unwrap();
        blurred(&drawn, 1.0, 3.0).picture()
    };
    let shown = [shown(0), shown(1)];
    for corner in 0..4 {
        let mut reader = Reader::default();
        let mut outcome = |number: usize, place, covered| {
            reader.read_next(&moved(&shown[number], place, covered))[0].outcome
        };
        assert_eq!(outcome(0, (0, 0), None), Outcome::Read);
        for (place, covered) in [((3, 2), true), ((9, 5), true), ((15, 8), true), ((9, 9), false)] {
            let covered = covered.then_some(corner);
            assert_eq!(outcome(0, place, covered), Outcome::Repeat, "{corner} at {place:?}");
        }
        assert_eq!(outcome(1, (12, 12), Some(corner)), Outcome::Read, "{corner}");
        assert_eq!(outcome(1, (5, 8), Some(corner)), Outcome::Repeat, "{corner}");
    }
}

#[test]
fn a_frame_in_several_pictures_is_read_once_by_many_threads() {
    let choice = FormatChoice::new(Profile::Standard, (800, 800));
    let tables = choice.tables().unwrap();
    let file = random_bytes(tables.capacity() * 7, 2);
    let mut transfer = OwnTransfer::in_memory(&file, None, &choice).unwrap();
    let mut frame = |number| transfer.frame(number).unwrap().unwrap().to_picture().unwrap();
    // As a lens has them: reading takes its time.
    let shown = (0..8).map(|number| Arc::new(blurred(&frame(number), 1.0, 4.0).picture()));
    let shown: Vec<_> = shown.flat_map(|frame| [frame.clone(), frame.clone(), frame]).collect();
    for threads in [1, 2, 4] {
        let pictures = shown.iter().map(|picture| Pending {
            about: (),
            follows: true,
            load: || Ok::<_, Infallible>(picture.clone()),
        });
        let settings = Settings { threads, ..Settings::default() };
        let (mut read, mut again) = (0, 0);
        let take = |picture: tilecast::capture::ReadCapture<(), Infallible>| {
            for capture in picture.captures.into_iter().flatten() {
                match capture.outcome {
                    Outcome::Read => read += 1,
                    Outcome::Repeat => again += 1,
                    other => panic!("{other:?}"),
                }
            }
            Ok::<_, Infallible>(ControlFlow::Continue(()))
        };
        read_all(pictures, &settings, take).unwrap();
        assert_eq!(read + again, shown.len());
        // Nobody knows of the first picture that a thread gets where its frame is.
        assert!((8..8 + threads).contains(&read), "{threads} threads read {read}");
    }
}
