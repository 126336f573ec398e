//! What reading a picture costs in a browser, compared with the native program in the same run: `cargo
//! bench --bench receiver`. Needs Chromium.
//!
//! Each picture is a photo of another frame by the synthetic camera, 1280x960, RGBA. Times are those of
//! the processor, of one thread, from the pixels to the bytes for the desk.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../it/camera/mod.rs"]
#[allow(dead_code)]
mod camera;
#[path = "../it/support/mod.rs"]
#[allow(dead_code)]
mod support;

use camera::Camera;
use serde_json::json;
use std::path::Path;
use support::browser::{Browser, Page, browser};
use support::server::Server;
use support::{Workdir, encode, project, random_bytes};
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::decode_picture;
use tilecast::raster::Picture;
use tilecast::receiver::Eye;

/// Pictures a round; the first is not counted.
const PICTURES: usize = 9;
/// Rounds, of which the quickest counts.
const ROUNDS: usize = 5;
const SIZE: (usize, usize) = (1280, 960);

/// Looks at all pictures with a new eye; 0 if one of them was not read.
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><script>
let m, pictures;
async function load(names) {
  const module = await WebAssembly.instantiateStreaming(fetch('receiver.wasm'), {});
  m = module.instance.exports;
  pictures = await Promise.all(names.map(async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer())));
}
function look(rgba, width, height) {
  const at = m.input(rgba.length);
  new Uint8Array(m.memory.buffer, at, rgba.length).set(rgba);
  const length = m.look(0, width, height, 1, 0, 0, 0, 0, 0, 0, 0);
  const out = new Uint8Array(m.memory.buffer, m.output(), length).slice();
  const json = new DataView(out.buffer).getUint32(0, true);
  return JSON.parse(new TextDecoder().decode(out.subarray(4, 4 + json)))[0].code === 'read';
}
const lookAtAll = (from, to) => pictures.slice(from, to).every((rgba) => look(rgba, WIDTH, HEIGHT));
</script>"#;

fn main() {
    let Some(browser) = browser() else { return };
    let dir = Workdir::new();
    let page = PAGE.replace("WIDTH", &SIZE.0.to_string()).replace("HEIGHT", &SIZE.1.to_string());
    dir.write("www/bench.html", page.as_bytes());
    std::fs::copy(project("src/receiver/receiver.wasm"), dir.path("www/receiver.wasm")).unwrap();
    let server = Server::start(&dir.path("www"));
    let browser = Browser::start(browser, &dir.path(""), &[]);
    println!("CPU milliseconds a picture, {}x{}", SIZE.0, SIZE.1);
    println!("profile    native   browser  ratio");
    for profile in [Profile::Standard, Profile::Dense] {
        let pictures = pictures(profile);
        let names = write(&pictures, &dir.path("www"));
        let mut page = browser.open(&server.url("localhost", "bench.html"));
        page.call("Performance.enable", &json!({ "timeDomain": "threadTicks" }));
        page.value(&format!("load({})", json!(names)));
        let (mut native, mut module) = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            native = native.min(in_this_program(&pictures));
            module = module.min(in_the_browser(&mut page));
        }
        println!("{:<9} {native:>7.1} {module:>9.1} {:>6.2}", profile.name(), module / native);
    }
}

/// Photos of as many frames, as RGBA.
fn pictures(profile: Profile) -> Vec<Vec<u8>> {
    let choice = FormatChoice::new(profile, (1024, 1024));
    let bytes = choice.tables().unwrap().frame_bytes();
    let (_, frames) = encode(&random_bytes(bytes * (PICTURES - 1), 1), &choice, 0.2);
    let camera = Camera { tilt: (4.0, -3.0), ..Camera::new() };
    let photo = |(number, png): (usize, &Vec<u8>)| {
        let camera = Camera { size: SIZE, seed: number as u64, ..camera.clone() };
        rgba(&camera.shoot(&decode_picture(png).unwrap()))
    };
    frames.iter().take(PICTURES).enumerate().map(photo).collect()
}

fn rgba(picture: &Picture) -> Vec<u8> {
    let pixels = picture.rgb().as_chunks::<3>().0.iter();
    pixels.flat_map(|&[r, g, b]| [r, g, b, 255]).collect()
}

fn write(pictures: &[Vec<u8>], folder: &Path) -> Vec<String> {
    let write = |(number, picture)| {
        let name = format!("{number}.rgba");
        std::fs::write(folder.join(&name), picture).unwrap();
        name
    };
    pictures.iter().enumerate().map(write).collect()
}

fn in_this_program(pictures: &[Vec<u8>]) -> f64 {
    let mut eye = Eye::default();
    let mut look = |rgba: &Vec<u8>| {
        let picture = Picture::from_rgba(SIZE.0, SIZE.1, rgba).unwrap();
        let sight = eye.look(&picture, true);
        let reports = serde_json::to_vec(&sight.reports()).unwrap();
        assert_eq!(sight.reports()[0].code, "read");
        std::hint::black_box((reports, sight.to_bytes()));
    };
    look(&pictures[0]);
    let start = thread_milliseconds();
    pictures[1..].iter().for_each(look);
    (thread_milliseconds() - start) / (pictures.len() - 1) as f64
}

/// What the processor did for this thread.
fn thread_milliseconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}

fn in_the_browser(page: &mut Page) -> f64 {
    assert_eq!(page.value("m.reset(), lookAtAll(0, 1)"), true);
    let start = page_milliseconds(page);
    assert_eq!(page.value("lookAtAll(1)"), true);
    (page_milliseconds(page) - start) / (PICTURES - 1) as f64
}

fn page_milliseconds(page: &mut Page) -> f64 {
    let metrics = page.call("Performance.getMetrics", &json!({}));
    let metrics = metrics["metrics"].as_array().unwrap();
    let time = metrics.iter().find(|metric| metric["name"] == "ThreadTime").unwrap();
    time["value"].as_f64().unwrap() * 1000.0
}
