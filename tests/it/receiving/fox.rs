//! Photos and films in Firefox.

use super::files::{VIEWINGS, photographed, photos};
use super::film::{Film, NAME};
use super::stand::{file_url, write_page};
use crate::support::Workdir;
use crate::support::firefox::{Firefox, firefox};
use std::path::PathBuf;

/// Chooses files, and saves what comes of them.
fn receive(firefox: &mut Firefox, url: &str, input: &str, files: &[PathBuf], sent: (&str, &[u8])) {
    let (name, bytes) = sent;
    firefox.open(url);
    firefox.wait("window.tilecast.ready");
    for _ in 0..VIEWINGS {
        firefox.value("void (window.tilecast.ended = null)");
        firefox.choose(input, files);
        firefox.wait("window.tilecast.ended !== null || window.tilecast.files.length > 0");
        if firefox.value("window.tilecast.files.length") == 1 {
            break;
        }
    }
    firefox.wait("window.tilecast.files.length === 1");
    assert_eq!(firefox.value("window.tilecast.files[0].verified"), true);
    assert_eq!(firefox.value("window.tilecast.files[0].name"), name);
    firefox.click("#save");
    assert!(firefox.saved(name, bytes.len()) == bytes);
}

#[test]
fn firefox_receives_photos_and_films() {
    let Some(browser) = firefox() else { return };
    let dir = Workdir::new();
    write_page(&dir);
    let mut firefox = Firefox::start(browser, &dir.path(""));
    let file = photographed(&dir);
    receive(&mut firefox, &file_url(&dir, "workers=1"), "#photos", &photos(), (NAME, &file));
    let Some(film) = Film::get() else { return };
    let video = [film.video(&dir)];
    let slow = [film.slowly(&dir)];
    let ways = [("workers=2", &video), ("workers=0", &video), ("element", &slow)];
    for (number, (fragment, video)) in ways.into_iter().enumerate() {
        std::fs::remove_file(dir.path("downloads").join(NAME)).unwrap();
        let url = format!("{}?{number}#{fragment}", file_url(&dir, "").trim_end_matches('#'));
        receive(&mut firefox, &url, "#video", video, (NAME, &film.file));
    }
}
