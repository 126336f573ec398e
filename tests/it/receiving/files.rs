//! Photos and films that were taken before.

use super::film::{Film, NAME};
use super::stand::{NEXT_DOOR, Stand};
use crate::support::{Workdir, project};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::PathBuf;

/// How often a film is played at most.
pub const VIEWINGS: usize = 5;

/// Photos of the two frames of a file that is called [`NAME`], too.
pub fn photos() -> [PathBuf; 2] {
    ["photo-1.jpg", "photo-2.jpg"].map(|name| project("samples/captures").join(name))
}

/// What the photos show, as the command reads it.
pub fn photographed(dir: &Workdir) -> Vec<u8> {
    let photos = photos();
    let [first, second] = photos.each_ref().map(|photo| photo.to_str().unwrap());
    dir.tilecast(&["decode", "--force", "-q", first, second, "-o", "photographed"])
        .assert()
        .success();
    dir.read("photographed")
}

fn message() -> Vec<u8> {
    std::fs::read(project("samples/message.txt")).unwrap()
}

#[test]
fn photos_arrive_wherever_the_page_is_from_and_with_any_number_of_workers() {
    let Some(stand) = Stand::new(Workdir::new(), &[]) else { return };
    let file = photographed(&stand.dir);
    for workers in [0, 1, 4] {
        let fragment = format!("workers={workers}");
        let hosts = ["localhost", NEXT_DOOR].map(|host| stand.host(host, &fragment));
        for mut receiving in hosts.into_iter().chain([stand.file(&fragment)]) {
            assert_eq!(receiving.status("workers"), workers);
            receiving.page.choose("#photos", &photos());
            receiving.gets(NAME, &file);
        }
    }
}

#[test]
fn photos_may_be_dropped_and_pasted() {
    let Some(stand) = Stand::new(Workdir::new(), &[]) else { return };
    stand.browser.permit(&["clipboardReadWrite", "clipboardSanitizedWrite"]);
    for mut receiving in [stand.host("localhost", "workers=1"), stand.file("workers=1")] {
        receiving.page.drop_files(&photos());
        receiving.gets(NAME, &photographed(&stand.dir));
    }
    let mut receiving = stand.file("workers=1");
    let screenshot = std::fs::read(project("samples/frames/standard.png")).unwrap();
    receiving.page.gesture(&format!(
        "(async () => {{
            const bytes = Uint8Array.from(atob('{}'), (letter) => letter.charCodeAt(0));
            const blob = new Blob([bytes], {{ type: 'image/png' }});
            await navigator.clipboard.write([new ClipboardItem({{ 'image/png': blob }})]);
        }})()",
        STANDARD.encode(screenshot)
    ));
    receiving.page.press("v", &["paste"]);
    receiving.gets("message.txt", &message());
    let text = String::from_utf8(message()).unwrap();
    assert_eq!(receiving.text("#files pre").trim(), text.trim());
}

#[test]
fn films_arrive_wherever_the_page_is_from_and_with_any_number_of_workers() {
    let Some(film) = Film::get() else { return };
    let Some(stand) = Stand::new(Workdir::new(), &[]) else { return };
    let video = film.video(&stand.dir);
    let here = ["workers=0", "workers=1", "workers=4"].map(|workers| stand.file(workers));
    for mut receiving in here.into_iter().chain([stand.host("localhost", "")]) {
        receiving.page.choose("#video", std::slice::from_ref(&video));
        receiving.gets(NAME, &film.file);
        assert_eq!(receiving.status("method"), "webcodecs");
        assert_eq!(receiving.status("dropped"), 0);
    }
}

#[test]
fn a_film_is_played_where_the_browser_gives_no_decoder() {
    let Some(film) = Film::get() else { return };
    let Some(stand) = Stand::new(Workdir::new(), &[]) else { return };
    let video = film.slowly(&stand.dir);
    let mut receiving = stand.host(NEXT_DOOR, "");
    // A browser with much else to do leaves out pictures: what is missing comes the next time.
    for _ in 0..VIEWINGS {
        receiving.page.value("void (tilecast.ended = null)");
        receiving.page.choose("#video", std::slice::from_ref(&video));
        receiving.page.wait("tilecast.ended === 'video' || tilecast.files.length > 0");
        if receiving.status("files.length") == 1 {
            break;
        }
    }
    receiving.gets(NAME, &film.file);
    assert_eq!(receiving.status("method"), "element");
}
