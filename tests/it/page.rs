//! The player's page, in a real browser: what it shows decodes back.
//!
//! Needs Chromium; without it these tests say so and end.

#![cfg(unix)]

use crate::support::browser::{Browser, Page, browser};
use crate::support::{Workdir, own, random_bytes, read};
use std::path::{Path, PathBuf};
use tilecast::media::decode_picture;
use tilecast::raster::Picture;
use tilecast::reading::Outcome;

/// A window of the browser.
struct Window<'a> {
    browser: &'a Browser,
    dir: &'a Workdir,
    file: &'a str,
    size: (usize, usize),
    ratio: f64,
}

impl Window<'_> {
    /// What the page shows when it was opened with `fragment`.
    fn screenshot(&self, fragment: &str) -> PathBuf {
        let url = format!("file://{}#{fragment}", self.dir.path(self.file).display());
        let mut page = self.browser.open("about:blank");
        page.resize(self.size, self.ratio);
        page.go(&url);
        page.wait("document.getElementById('place').textContent.startsWith('frame ')");
        let name = format!("shots/{}-{}.png", fragment.replace(['=', '&', ','], "-"), self.ratio);
        self.dir.write(&name, &page.screenshot())
    }
}

fn picture(path: &Path) -> Picture {
    decode_picture(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn screenshots_decode_back_to_the_file() {
    let Some(browser) = browser() else { return };
    for (profile, ratio) in [("dense", 1.0), ("standard", 2.0), ("lossless", 1.0), ("print", 1.5)] {
        let dir = Workdir::new();
        let file = random_bytes(if profile == "print" { 150 } else { 9_000 }, 1);
        dir.write("a <b>&.bin", &file);
        let size = if profile == "print" { "800x640" } else { "400x420" };
        let args = ["encode", "a <b>&.bin", "-o", "a.html", "-p", profile, "--size", size];
        let output = dir.tilecast(&args).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        let frames: u32 = text.split(' ').next().unwrap().parse().unwrap();
        let browser = Browser::start(browser, &dir.path(""), &[]);
        let window =
            Window { browser: &browser, dir: &dir, file: "a.html", size: (900, 900), ratio };
        for number in 1..=frames {
            let shot = window.screenshot(&format!("frame={number}"));
            let capture = read(&picture(&shot));
            assert_eq!(capture.outcome, Outcome::Read, "{profile}, frame {number}");
            assert_eq!(own(&capture).unwrap().header.frame + 1, number, "{profile}");
            // Whole device pixels for each of the frame's: nothing has been interpolated.
            let error = capture.measures.registration_error;
            assert_eq!(error, Some(0.0), "{profile}, frame {number}");
        }
        dir.tilecast(&["decode", "shots", "-o", "out"]).assert().success();
        assert!(dir.read("out") == file, "{profile}");
    }
}

#[test]
fn a_page_of_libcimbars_frames_shows_them() {
    let Some(browser) = browser() else { return };
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(9_000, 2));
    let args = ["encode", "a.bin", "-o", "a.html", "--format", "cimbar", "--mode", "Bu"];
    dir.tilecast(&args).assert().success();
    let browser = Browser::start(browser, &dir.path(""), &[]);
    let window =
        Window { browser: &browser, dir: &dir, file: "a.html", size: (1400, 1400), ratio: 1.0 };
    for number in 1..=3 {
        window.screenshot(&format!("frame={number}"));
    }
    dir.tilecast(&["decode", "shots", "-o", "out"]).assert().success();
    assert!(dir.read("out") == random_bytes(9_000, 2));
}

#[test]
fn a_page_holds_the_frames_that_were_asked_for() {
    let Some(browser) = browser() else { return };
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(20_000, 3));
    let args = ["encode", "a.bin", "--size", "400x420", "-p", "dense", "-o"];
    dir.tilecast(&[&args[..], &["all.html"]].concat()).assert().success();
    dir.tilecast(&[&args[..], &["some.html", "--only", "2,4"]].concat()).assert().success();
    assert!(dir.read("some.html").len() < dir.read("all.html").len());
    let browser = Browser::start(browser, &dir.path(""), &[]);
    for (file, fragment, shown) in [("some.html", "frame=4", 4), ("all.html", "only=3,5-6", 3)] {
        let window = Window { browser: &browser, dir: &dir, file, size: (900, 900), ratio: 1.0 };
        let shot = picture(&window.screenshot(fragment));
        assert_eq!(own(&read(&shot)).unwrap().header.frame + 1, shown, "{fragment}");
    }
}

#[test]
fn a_page_plays_pauses_steps_and_stops() {
    let Some(browser) = browser() else { return };
    let dir = Workdir::new();
    dir.write("a.bin", &random_bytes(20_000, 4));
    let args = ["encode", "a.bin", "--size", "400x420", "-p", "dense", "-o", "a.html"];
    let more = ["--fps", "30", "--loop", "2", "--redundancy", "20%"];
    dir.tilecast(&[&args[..], &more].concat()).assert().success();
    let url = format!("file://{}", dir.path("a.html").display());
    let browser = Browser::start(browser, &dir.path(""), &[]);
    let mut page = browser.open(&url);
    let place = "document.getElementById('place').textContent";
    page.wait(&format!("{place}.startsWith('frame 1 of 6')"));
    // Nothing flashes before somebody has been warned and wants it.
    assert_eq!(page.value("playing || document.getElementById('warning').hidden"), false);
    page.press(" ", &[]);
    page.wait(&format!("{place}.includes('pass 2')"));
    page.wait("!playing");
    assert_eq!(page.value(place), "frame 6 of 6, pass 2");
    page.press("ArrowLeft", &[]);
    page.wait(&format!("{place}.startsWith('frame 5 of 6')"));
    page.press("ArrowRight", &[]);
    page.press("ArrowRight", &[]);
    page.wait(&format!("{place}.startsWith('frame 1 of 6')"));
    page.press("ArrowUp", &[]);
    assert_eq!(page.value("fps()"), 31);
    // The frames that a receiver misses, and then only those.
    page.value("document.getElementById('only').value = '2,5-6'");
    page.value("document.getElementById('only').oninput()");
    page.wait(&format!("{place}.startsWith('frame 2 of 6, 1 of 3 chosen')"));
    page.value("window.shown = new Set(); const paintNow = paint; paint = (text) => { shown.add(numbers[chosen[at]]); return paintNow(text); }");
    page.press(" ", &[]);
    page.wait("!playing && passes > 0");
    assert_eq!(page.value("[...shown].sort().join()"), "2,5,6");
    page.value("document.getElementById('only').value = '99'");
    page.value("document.getElementById('only').oninput()");
    assert_eq!(page.value("document.getElementById('only').validity.valid"), false);
}

/// Makes the page fill a screen of this size, as its key does.
fn fill_screen(page: &mut Page, (width, height): (usize, usize)) {
    page.resize((width, height), 1.0);
    page.gesture("void fill()");
    page.wait("document.fullscreenElement !== null");
    page.wait(&format!("innerWidth === {width} && innerHeight === {height}"));
}

#[test]
fn a_frame_for_a_screen_is_whole_in_full_screen() {
    let Some(browser) = browser() else { return };
    // A screen of twice the size shows each pixel as four.
    for (screen, shown, scale) in
        [("1920x1080", (1920, 1080), 1.0), ("1280x720", (2560, 1440), 2.0)]
    {
        let dir = Workdir::new();
        dir.write("a.bin", &random_bytes(9_000, 5));
        let args = ["encode", "a.bin", "-p", "video", "--screen", screen, "-o", "a.html"];
        dir.tilecast(&args).assert().success();
        let url = format!("file://{}#frame=1", dir.path("a.html").display());
        let browser = Browser::start(browser, &dir.path(""), &[]);
        let mut page = browser.open(&url);
        page.wait("document.getElementById('place').textContent.startsWith('frame 1 of')");
        fill_screen(&mut page, shown);
        page.wait("document.getElementById('note').textContent === ''");
        let rect = "canvas.getBoundingClientRect()";
        page.wait(&format!("{rect}.width === {scale} * canvas.width"));
        assert_eq!(page.value(&format!("{rect}.top >= 0 && {rect}.bottom <= innerHeight")), true);
        assert_eq!(page.value(&format!("{rect}.left >= 0 && {rect}.right <= innerWidth")), true);
        // All of the screen but a margin.
        let used = page.value(&format!("{rect}.width * {rect}.height / innerWidth / innerHeight"));
        assert!(used.as_f64().unwrap() > 0.96, "{used}");
        let capture = read(&decode_picture(&page.screenshot()).unwrap());
        assert_eq!(capture.outcome, Outcome::Read);
        assert_eq!(capture.measures.registration_error, Some(0.0));
    }
}

#[test]
fn symbols_take_less_room_than_png_files() {
    for profile in ["robust", "standard", "video", "dense", "ultra", "photo", "lossless", "print"] {
        let dir = Workdir::new();
        dir.write("a.bin", &random_bytes(100, 4));
        dir.tilecast(&["encode", "a.bin", "-o", "a.html", "-p", profile]).assert().success();
        let page = String::from_utf8(dir.read("a.html")).unwrap();
        let text = page.split("data-n=\"1\" type=\"text/plain\">").nth(1).unwrap();
        let symbols = text.split('<').next().unwrap().len() / 4 * 3;
        dir.tilecast(&["encode", "a.bin", "-o", "a.apng", "-p", profile]).assert().success();
        let png = dir.read("a.apng").len();
        assert!(symbols < png, "{profile}: {symbols} bytes of symbols, {png} of PNG");
    }
}
