//! Several frames in one picture, pictures in opposite brightness, frames without colour: what is read
//! of them, and what is said.

use crate::support::{Workdir, own, picture, poster, random_bytes};
use tilecast::capture::Reader;
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::{Effort, encode_png};
use tilecast::raster::{IndexedFrame, Picture};
use tilecast::reading::{Capture, Outcome, Reading};
use tilecast::send::{Outgoing, OwnTransfer};

/// Frames of a file of random bytes.
fn frames(profile: Profile, size: (usize, usize), seed: u64) -> Vec<Picture> {
    let choice = match profile {
        Profile::Print => poster(size),
        profile => FormatChoice::new(profile, size),
    };
    let capacity = choice.tables().unwrap().capacity();
    let mut transfer =
        OwnTransfer::in_memory(&random_bytes(9 * capacity, seed), None, &choice).unwrap();
    (0..9).map(|i| transfer.frame(i).unwrap().unwrap().to_picture().unwrap()).collect()
}

fn paste(page: &mut Picture, frame: &Picture, (x, y): (usize, usize)) {
    for (row, column) in (0..frame.height()).flat_map(|r| (0..frame.width()).map(move |c| (r, c))) {
        page.set_pixel(x + column, y + row, frame.pixel(column, row).unwrap());
    }
}

/// A frame turned by a quarter.
fn turned(frame: &Picture) -> Picture {
    picture(frame.height(), frame.width(), |x, y| frame.pixel(y, frame.height() - 1 - x).unwrap())
}

fn white(width: usize, height: usize) -> Picture {
    picture(width, height, |_, _| [255; 3])
}

fn read(page: &Picture) -> Vec<Capture> {
    Reader::default().read(page)
}

/// The numbers of the frames that were read in full, from 0.
fn numbers(captures: &[Capture]) -> Vec<u32> {
    let full = captures.iter().filter(|capture| capture.outcome == Outcome::Read);
    full.filter_map(own).map(|reading| reading.header.frame).collect()
}

#[test]
fn every_frame_of_a_sheet_is_read_in_reading_order() {
    for (across, gap) in [(2, 12), (3, 24)] {
        for profile in [Profile::Print, Profile::Robust] {
            let frames = frames(profile, (650, 600), across as u64);
            let mut page = white(across * (650 + gap) + gap, across * (600 + gap) + gap);
            for (i, frame) in frames.iter().take(across * across).enumerate() {
                let place = |at: usize, side: usize| gap + at * (side + gap);
                paste(&mut page, frame, (place(i % across, 650), place(i / across, 600)));
            }
            let all: Vec<u32> = (0..(across * across) as u32).collect();
            assert_eq!(numbers(&read(&page)), all, "{across} {profile:?}");
        }
    }
}

#[test]
fn frames_of_different_transfers_sizes_and_turns_are_read() {
    let large = &frames(Profile::Standard, (800, 800), 1)[3];
    let small = turned(&frames(Profile::Robust, (450, 420), 2)[5]);
    let print = &frames(Profile::Print, (700, 600), 3)[7];
    let mut page = white(1600, 1500);
    paste(&mut page, large, (20, 30));
    paste(&mut page, &small, (860, 40));
    paste(&mut page, print, (300, 860));
    assert_eq!(numbers(&read(&page)), [3, 5, 7]);
}

#[test]
fn a_small_frame_on_a_large_page_beside_another_is_read() {
    let small = &frames(Profile::Standard, (330, 300), 4)[1];
    let large = &frames(Profile::Robust, (900, 900), 5)[2];
    let mut page = white(3400, 2600);
    paste(&mut page, large, (2300, 1500));
    paste(&mut page, small, (200, 300));
    assert_eq!(numbers(&read(&page)), [1, 2]);
}

#[test]
fn frames_of_libcimbars_and_ours_are_read_side_by_side() {
    use tilecast::cimbar::Mode;
    use tilecast::send::{CimbarOptions, CimbarTransfer};
    let options = CimbarOptions { mode: Mode::Bu, name: None, level: 3, redundancy: 0.0 };
    let bytes = random_bytes(9000, 6);
    let mut transfer = CimbarTransfer::new(&bytes[..], 9000, options).unwrap();
    let cimbar = transfer.frame(0).unwrap().unwrap().to_picture().unwrap();
    let ours = &frames(Profile::Robust, (700, 637), 7)[4];
    let mut page = white(1500, 700);
    paste(&mut page, ours, (20, 20));
    paste(&mut page, &cimbar, (740, 20));
    let captures = read(&page);
    assert_eq!(numbers(&captures), [4]);
    let theirs = captures.iter().filter(|one| matches!(one.reading, Some(Reading::Cimbar(_))));
    assert_eq!(theirs.filter(|one| one.outcome == Outcome::Read).count(), 1);
}

#[test]
fn a_page_completes_a_file_and_is_not_read_again() {
    let file = random_bytes(150, 8);
    let choice = FormatChoice::new(Profile::Print, (640, 640));
    let mut transfer = OwnTransfer::in_memory(&file, Some("a.bin".into()), &choice).unwrap();
    let count = transfer.outline().frames;
    let mut page = IndexedFrame {
        width: 660 * count as usize,
        height: 660,
        pixels: vec![IndexedFrame::WHITE; 660 * 660 * count as usize],
    };
    for number in 0..count {
        let frame = transfer.frame(number).unwrap().unwrap();
        for (y, line) in frame.pixels.chunks_exact(frame.width).enumerate() {
            let start = (y + 10) * page.width + number as usize * 660 + 10;
            page.pixels[start..start + line.len()].copy_from_slice(line);
        }
    }
    let dir = Workdir::new();
    dir.write("page.png", &encode_png(&page, Effort::Fast).unwrap());
    let args = ["decode", "page.png", "-o", "out.bin", "--report", "r.json"];
    dir.tilecast(&args).assert().success();
    assert_eq!(dir.read("out.bin"), file);
    let report: serde_json::Value = serde_json::from_slice(&dir.read("r.json")).unwrap();
    assert_eq!(report["captures"].as_array().unwrap().len() as u64, count);
    assert_eq!(report["captures"][0]["path"], "page.png");
}

type Inversion = (&'static str, fn([u8; 3]) -> [u8; 3]);

/// Ways in which screens show the opposite.
fn inversions() -> [Inversion; 3] {
    let rotated = |rgb: [u8; 3]| {
        let v = rgb.map(|value| 1.0 - f64::from(value) / 255.0);
        let y = 0.213 * v[0] + 0.715 * v[1] + 0.072 * v[2];
        v.map(|value| (255.0 * (2.0 * y - value).clamp(0.0, 1.0)) as u8)
    };
    let lightness = |rgb: [u8; 3]| {
        let [low, high] = [rgb.iter().min(), rgb.iter().max()].map(|v| i32::from(*v.unwrap()));
        rgb.map(|value| (i32::from(value) + 255 - high - low) as u8)
    };
    [("plain", |rgb| rgb.map(|value| 255 - value)), ("rotated", rotated), ("lightness", lightness)]
}

#[test]
fn inverted_frames_are_read() {
    for profile in [Profile::Robust, Profile::Standard, Profile::Print] {
        let frame = &frames(profile, (700, 700), 9)[2];
        for (name, invert) in inversions() {
            let page = picture(900, 800, |x, y| {
                let inside = x.checked_sub(90).zip(y.checked_sub(50));
                let pixel = inside.and_then(|(x, y)| frame.pixel(x, y)).unwrap_or([230; 3]);
                invert(pixel)
            });
            assert_eq!(numbers(&read(&page)), [2], "{name} {profile:?}");
        }
    }
}

#[test]
fn an_inverted_video_is_followed_and_its_repeats_are_known() {
    let frame = &frames(Profile::Robust, (600, 600), 10)[0];
    let inverted = picture(frame.width(), frame.height(), |x, y| {
        frame.pixel(x, y).unwrap().map(|value| 255 - value)
    });
    let mut reader = Reader::default();
    let outcomes = [0; 3].map(|_| reader.read_next(&inverted)[0].outcome);
    assert_eq!(outcomes, [Outcome::Read, Outcome::Repeat, Outcome::Repeat]);
}

fn grey(page: &Picture) -> Picture {
    picture(page.width(), page.height(), |x, y| {
        let [r, g, b] = page.pixel(x, y).unwrap().map(u32::from);
        [((77 * r + 150 * g + 29 * b) >> 8) as u8; 3]
    })
}

#[test]
fn a_frame_without_colour_is_named_and_costs_little() {
    for profile in [Profile::Robust, Profile::Standard, Profile::Dense] {
        let frame = &frames(profile, (800, 700), 11)[1];
        let mut reader = Reader::default();
        let captures = reader.read(&grey(frame));
        assert_eq!(captures[0].outcome, Outcome::Colourless, "{profile:?}");
        assert!(reader.header_trials() < 10, "{}", reader.header_trials());
    }
    // In black and white nothing is lost, whatever the tint, nor by a threshold.
    let print = &frames(Profile::Print, (700, 700), 12)[1];
    let tinted = |rgb: [u8; 3]| [rgb[0], (f64::from(rgb[1]) * 0.8) as u8, rgb[2] / 2];
    let (width, height) = (print.width(), print.height());
    let sepia = picture(width, height, |x, y| tinted(print.pixel(x, y).unwrap()));
    let lines = picture(width, height, |x, y| {
        [if print.pixel(x, y).unwrap()[1] > 128 { 255 } else { 0 }; 3]
    });
    for page in [&grey(print), &sepia, &lines] {
        assert_eq!(numbers(&read(page)), [1]);
    }
}

#[test]
fn what_was_seen_is_drawn_even_without_a_frame() {
    let frame = &frames(Profile::Robust, (600, 600), 13)[0];
    let mut hidden = frame.clone();
    for (y, x) in (0..600).flat_map(|y| (70..530).map(move |x| (y, x))) {
        hidden.set_pixel(x, y, [90, 120, 60]);
    }
    for page in [white(300, 300), grey(frame), hidden] {
        let mut reader = Reader::drawing();
        assert!(reader.read(&page)[0].reading.is_none());
        let debug = reader.debug_pictures().unwrap();
        let names: Vec<&str> = debug.named().map(|(name, _)| name).collect();
        assert_eq!(names, ["finders"]);
        let drawn = debug.named().next().unwrap().1;
        assert_eq!((drawn.width(), drawn.height()), (page.width(), page.height()));
    }
}

/// A frame turned by some degrees on white paper, drawn at the middle of each pixel.
fn askew(frame: &Picture, degrees: f64) -> Picture {
    let (width, height) = (frame.width() + 100, frame.height() + 100);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = |size: usize| size as f64 / 2.0;
    picture(width, height, |x, y| {
        let (x, y) = (x as f64 + 0.5 - middle(width), y as f64 + 0.5 - middle(height));
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        let (x, y) = (x + middle(frame.width()), y + middle(frame.height()));
        let inside = x >= 0.0 && y >= 0.0;
        inside.then(|| frame.pixel(x as usize, y as usize)).flatten().unwrap_or([255; 3])
    })
}

#[test]
fn sheets_on_one_glass_are_all_read_each_a_little_askew() {
    let frames = frames(Profile::Print, (1040, 1552), 9);
    let skews = [0.6, -0.9, 1.4, -0.3];
    let places = [(75, 75), (1300, 85), (80, 1825), (1310, 1810)];
    let mut page = white(2480, 3508);
    for ((frame, place), skew) in frames.iter().zip(places).zip(skews) {
        paste(&mut page, &askew(frame, skew), place);
    }
    assert_eq!(numbers(&read(&page)), [0, 1, 2, 3]);
}
