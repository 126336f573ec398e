//! Pages for printers: exact dots, true words, the file in them, and what may be lost.

use crate::support::printed::{Drawn, Printed};
use crate::support::{Workdir, complete, hex, random_bytes, read};
use predicates::prelude::*;
use predicates::str::contains;
use tilecast::capture::Reader;
use tilecast::media::decode_picture;
use tilecast::raster::Picture;
use tilecast::reading::Outcome;
use tilecast::receive::Receiver;

/// Paper of the smallest size, which has several pages for a few kilobytes.
const SMALL: [&str; 2] = ["--paper", "60x60mm"];

fn pages(dir: &Workdir, file: &[u8], name: &str, extra: &[&str]) -> (Vec<u8>, String) {
    dir.write(name, file);
    let args = [&["encode", name, "-o", "pages.pdf", "--force"], extra].concat();
    let output = dir.tilecast(&args).assert().success().stdout("").get_output().clone();
    (dir.read("pages.pdf"), String::from_utf8(output.stderr).unwrap())
}

/// The file that these pictures give.
fn restored<'a>(pictures: impl IntoIterator<Item = &'a Picture>) -> Option<Vec<u8>> {
    let (mut reader, mut receiver) = (Reader::default(), Receiver::in_memory());
    for picture in pictures {
        receiver.accept(&reader.read(picture).swap_remove(0), None).unwrap();
    }
    complete(&mut receiver)
}

#[test]
fn pages_are_whole_dots_and_their_pictures_are_the_file() {
    let dir = Workdir::new();
    let file = random_bytes(40_000, 1);
    for (options, size) in [
        (&[][..], [2480, 3508]),
        (&["--paper", "letter", "--density", "colour"], [2550, 3300]),
        (&["--density", "fine", "--paper", "105x148mm"], [1240, 1748]),
        (&["--density", "safe"], [2480, 3508]),
    ] {
        let (bytes, _) = pages(&dir, &file, "a.bin", options);
        let pdf = Printed::new(&bytes);
        for [width, height] in pdf.pages() {
            assert!((width / 0.24 - f64::from(size[0])).abs() < 1e-3, "{width}");
            assert!((height / 0.24 - f64::from(size[1])).abs() < 1e-3, "{height}");
        }
        let drawn = pdf.pictures();
        assert_eq!(drawn.len(), pdf.pages().len());
        for Drawn { picture, place: [left, bottom, width, height] } in &drawn {
            let dots = [picture.width() as f64, picture.height() as f64];
            for (low, length, dots) in [(left, width, dots[0]), (bottom, height, dots[1])] {
                // No more than these dots are touched, at 300 dots an inch or at 600.
                assert_eq!(
                    (low.floor() * 2.0, (low * 2.0).floor()),
                    ((low * 2.0).floor(), low.floor() * 2.0)
                );
                assert_eq!((low + length).ceil() - low.floor(), dots);
                assert_eq!(((low + length) * 2.0).ceil() - (low * 2.0).floor(), dots * 2.0);
            }
            let room = f64::from(size[0]) - 2.0 * 10.0 / 25.4 * 300.0;
            assert!(*left > 118.0 && dots[0] <= room && dots[0] > room - 4.0, "{dots:?} of {room}");
        }
        assert_eq!(restored(drawn.iter().map(|drawn| &drawn.picture)).as_ref(), Some(&file));
    }
}

#[test]
fn pages_say_what_they_are() {
    let dir = Workdir::new();
    let file = random_bytes(12_345, 2);
    let digest = hex(&tilecast::container::digest(file.as_slice()).unwrap());
    let extra = ["--paper", "148x210mm", "--redundancy", "2pages", "--tile", "4"];
    let (bytes, told) = pages(&dir, &file, "Größe データ.tar", &extra);
    let texts = Printed::new(&bytes).texts();
    let count = texts.len();
    assert!(
        told.starts_with(&format!(
            "{count} pages of 148 x 210 mm ({} needed; any 2 may be lost)",
            count - 2
        )),
        "{told}"
    );
    for (at, text) in texts.iter().enumerate() {
        for part in [
            "Gr\u{F6}\u{DF}e ???.tar",
            &format!("page {} of {count}", at + 1),
            "12,345 bytes",
            "changed 20",
            &format!("BLAKE3 {} {}", &digest[..4], &digest[4..8]),
            &format!("any 2 of the {count} pages may be lost"),
            "To restore the file",
            "tilecast decode PICTURES",
            "src/spec.md",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let dir = Workdir::new();
    let file = random_bytes(9_000, 3);
    let (first, _) = pages(&dir, &file, "a.bin", &SMALL);
    let day = || {
        let changed = std::fs::metadata(dir.path("a.bin")).unwrap().modified().unwrap();
        changed.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 86_400
    };
    let first_day = day();
    let again = [&SMALL[..], &["--threads", "1"]].concat();
    let (second, _) = pages(&dir, &file, "a.bin", &again);
    // The file is written anew, and pages say on which day.
    let (first, second) = match day() == first_day {
        true => (first, second),
        false => (second.clone(), second),
    };
    assert!(first == second);
    let args =
        [&["encode", "a.bin", "-o", "-", "--output-format", "pdf", "-q"], &SMALL[..]].concat();
    let stream = dir.tilecast(&args).assert().success().get_output().stdout.clone();
    assert!(first == stream);
}

#[test]
fn instructions_are_a_page_of_their_own() {
    let dir = Workdir::new();
    let file = random_bytes(100, 4);
    let digest = hex(&tilecast::container::digest(file.as_slice()).unwrap());
    let (bytes, _) = pages(&dir, &file, "a.bin", &["--instructions"]);
    let pdf = Printed::new(&bytes);
    let texts = pdf.texts();
    assert_eq!((texts.len(), pdf.pictures().len()), (2, 1));
    for part in [
        "38.212",
        "0x11D",
        "RFC 8878",
        "src/spec.md",
        "BLAKE3",
        "tilecast decode PICTURES",
        &digest[..16],
        &digest[48..],
    ] {
        assert!(texts[1].contains(part), "{part}");
    }
    // On small paper on as many as it takes.
    let (bytes, _) = pages(&dir, &file, "a.bin", &["--instructions", "--paper", "74x105mm"]);
    let texts = Printed::new(&bytes).texts();
    assert!(texts.len() > 3 && texts[texts.len() - 1].contains(&digest[48..]), "{}", texts.len());
}

#[test]
fn any_two_of_a_few_pages_may_be_lost() {
    let dir = Workdir::new();
    let extra = [&SMALL[..], &["--redundancy", "2 pages"]].concat();
    for size in [0, 3_000, 9_000, 14_321] {
        let file = random_bytes(size, 5);
        let (bytes, _) = pages(&dir, &file, "a.bin", &extra);
        let drawn = Printed::new(&bytes).pictures();
        assert!(drawn.len() > 2);
        for first in 0..drawn.len() {
            for second in first + 1..drawn.len() {
                let left = drawn.iter().enumerate().filter(|(at, _)| *at != first && *at != second);
                let left = left.map(|(_, drawn)| &drawn.picture);
                assert_eq!(
                    restored(left).as_ref(),
                    Some(&file),
                    "{size} bytes without {first}, {second}"
                );
            }
        }
    }
}

#[test]
fn print_makes_pictures_for_printers() {
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(200_000, 6));
    dir.tilecast(&["encode", "a.bin", "-o", "pages", "-p", "print", "--density", "safe"])
        .assert()
        .success()
        .stderr(contains("pages of A4").and(contains("needed")));
    let page = dir.read("pages/frame-0001.png");
    assert!(page.windows(4).any(|chunk| chunk == b"pHYs"));
    let picture = decode_picture(&page).unwrap();
    assert!((2238..=2242).contains(&picture.width()) && picture.height() > 3000);
    assert_eq!(read(&picture).outcome, Outcome::Read);
    dir.tilecast(&["decode", "pages", "-o", "b.bin", "-q"]).assert().success();
    assert!(dir.read("a.bin") == dir.read("b.bin"));
}

#[test]
fn what_does_not_go_with_paper_is_told() {
    let dir = Workdir::new();
    dir.write("a", b"1");
    for (args, error) in [
        (
            &["-o", "x.pdf", "--format", "cimbar"][..],
            "--format cimbar does not go with this output",
        ),
        (&["-o", "x.pdf", "--caption"], "--caption does not go with this output"),
        (&["-o", "x.pdf", "--fps", "9"], "--fps does not go with this output"),
        (&["-o", "x.pdf", "--size", "4000x4000"], "has no room on A4"),
        (&["-o", "x.pdf", "-p", "dense", "--density", "fine"], "--density is for paper"),
        (&["-o", "x", "--instructions"], "--instructions does not go with this output"),
        (&["-o", "x.gif", "--paper", "a4"], "--paper does not go with this output"),
        (&["-o", "x.pdf", "--paper", "60x1200mmm"], "give a4, letter"),
        (&["-o", "x.pdf", "--redundancy", "300pages"], "from 0 to 254"),
    ] {
        let args = [&["encode", "a"], args].concat();
        dir.tilecast(&args).assert().code(2).stderr(contains(error));
    }
    assert_eq!(dir.list(""), ["a"]);
}
