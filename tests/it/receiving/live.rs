//! Cameras and screens.

use super::film::{Film, NAME};
use super::stand::Stand;
use crate::support::{Workdir, random_bytes};

#[test]
fn a_camera_is_received_from_a_file_and_from_this_machine() {
    let Some(film) = Film::get() else { return };
    let dir = Workdir::new();
    let fake = film.camera(&dir);
    let flags = [
        "--use-fake-device-for-media-stream".to_owned(),
        "--use-fake-ui-for-media-stream".to_owned(),
        format!("--use-file-for-fake-video-capture={}", fake.display()),
    ];
    let Some(stand) = Stand::new(dir, &flags) else { return };
    for mut receiving in [
        stand.file("workers=0"),
        stand.file("workers=1"),
        stand.file("workers=4"),
        stand.host("localhost", "workers=1"),
    ] {
        receiving.page.click("#camera");
        receiving.gets(NAME, &film.file);
        assert_eq!(receiving.status("camera.width"), 1280);
        receiving.ends("camera");
        // Nobody films on when there is nothing more to be had.
        let feed = "document.getElementById('feed').srcObject === null";
        assert_eq!(receiving.page.value(feed), true);
    }
}

#[test]
fn a_page_next_door_says_that_it_gets_no_camera() {
    let Some(stand) = Stand::new(Workdir::new(), &[]) else { return };
    let mut receiving = stand.host(super::stand::NEXT_DOOR, "");
    assert_eq!(receiving.page.value("document.getElementById('camera').disabled"), true);
    assert!(receiving.text("#nocamera").contains("https"));
}

#[test]
fn a_screen_is_received_from_another_tab() {
    let dir = Workdir::new();
    let file = random_bytes(20_000, 12);
    dir.write("a.bin", &file);
    let args = ["encode", "a.bin", "--size", "400x420", "-p", "dense", "--fps", "10", "-o"];
    dir.tilecast(&[&args[..], &["player.html"]].concat()).assert().success();
    let flags = [
        "--auto-select-tab-capture-source-by-title=the sender".to_owned(),
        "--window-size=1000,800".to_owned(),
    ];
    let Some(stand) = Stand::new(dir, &flags) else { return };
    for fragment in ["workers=1", "workers=0"] {
        let url = format!("file://{}", stand.dir.path("player.html").display());
        let mut player = stand.browser.open(&url);
        player.value("document.title = 'the sender'");
        player.press(" ", &[]);
        let mut receiving = stand.file(fragment);
        receiving.page.click("#screen");
        receiving.gets("a.bin", &file);
    }
}
