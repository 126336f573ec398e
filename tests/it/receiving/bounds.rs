//! What the page takes of its machine, and what it lets out.

use super::stand::Stand;
use crate::support::server::Server;
use crate::support::{Workdir, project, random_bytes};
use serde_json::json;
use std::time::Duration;

/// How long a large file may take.
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
fn no_connection_leaves_the_page() {
    let Some(stand) = Stand::new(Workdir::new(), &[]) else { return };
    stand.dir.write("www/secret", b"what a page may fetch elsewhere");
    let mut receiving = stand.host("localhost", "workers=1");
    receiving.page.choose("#photos", &[project("samples/frames/standard.png")]);
    receiving.page.wait("tilecast.files.length === 1");
    assert!(receiving.page.excuse().is_empty());
    let url = stand.server.url("localhost", "secret");
    for attempt in [
        format!("fetch('{url}').then(() => true, () => false)"),
        format!(
            "new Promise((end) => {{ const asked = new XMLHttpRequest(); asked.open('GET', '{url}');
             asked.onload = () => end(true); asked.onerror = () => end(false); asked.send(); }})"
        ),
        format!(
            "new Promise((end) => {{ const image = new Image(); image.onload = image.onerror = () =>
             end(false); image.src = '{url}'; document.body.append(image); setTimeout(() => end(false), 500); }})"
        ),
        format!("navigator.sendBeacon('{url}', 'bytes') && false"),
        format!(
            "new Promise((end) => {{ const frame = document.createElement('iframe'); frame.src = '{url}';
             document.body.append(frame); setTimeout(() => end(false), 300); }})"
        ),
    ] {
        assert_eq!(receiving.page.value(&attempt), false, "{attempt}");
    }
    let asked = stand.server.asked();
    assert!(
        asked.iter().all(|name| ["receive.html", "favicon.ico"].contains(&&**name)),
        "{asked:?}"
    );
    assert!(receiving.page.excuse().iter().any(|error| error.contains("Content Security Policy")));
}

#[test]
fn a_site_works_offline_after_the_first_visit() {
    let Some(stand) = Stand::new(Workdir::new(), &[]) else { return };
    stand.dir.tilecast(&["receiver", "-o", "site"]).assert().success();
    let server = Server::start(&stand.dir.path("site"));
    let url = server.url("localhost", "");
    let mut first = stand.browser.open(&url);
    first.wait("tilecast.ready");
    let manifest = first.call("Page.getAppManifest", &json!({}));
    assert_eq!(manifest["errors"], json!([]));
    assert!(manifest["url"].as_str().unwrap().ends_with(".webmanifest"), "{manifest}");
    let errors = first.call("Page.getInstallabilityErrors", &json!({}));
    assert_eq!(errors["installabilityErrors"], json!([]));
    first.value("navigator.serviceWorker.ready.then(() => true)");
    first.wait("navigator.serviceWorker.controller?.state === 'activated'");
    drop((first, server));
    let mut receiving = stand.open(&url);
    // It looks for what is new, and there is nobody.
    receiving.page.excuse();
    receiving.page.choose("#photos", &[project("samples/frames/standard.png")]);
    receiving.gets("message.txt", &std::fs::read(project("samples/message.txt")).unwrap());
}

#[test]
fn what_is_too_much_for_the_memory_is_refused() {
    let Some(stand) = Stand::new(Workdir::new(), &[]) else { return };
    stand.dir.write("a.bin", &random_bytes(2_000_000, 32));
    let frames = stand.frames("a.bin", &["-p", "lossless"]);
    let mut receiving = stand.file("workers=1&limit=1");
    receiving.page.choose("#photos", &frames);
    receiving.page.wait("tilecast.full");
    receiving.page.wait("document.getElementById('status').textContent.startsWith('No more room')");
    assert_eq!(receiving.status("files.length"), 0);
}

/// Receives a file of random bytes, and gives the most memory of the process that ran the page, in
/// bytes, beyond what it took before.
#[cfg(target_os = "linux")]
fn taken(bytes: usize) -> Option<u64> {
    let stand = Stand::new(Workdir::new(), &[])?;
    let file = random_bytes(bytes, 31);
    stand.dir.write("a.bin", &file);
    let frames = stand.frames("a.bin", &["-p", "lossless", "--redundancy", "0"]);
    let mut receiving = stand.file("workers=1");
    let before = peak(&stand);
    receiving.page.choose("#photos", &frames);
    receiving.page.wait_for("tilecast.files.length === 1", PATIENCE);
    let taken = peak(&stand) - before;
    receiving.gets("a.bin", &file);
    Some(taken)
}

/// Most memory that a process with a page has had.
#[cfg(target_os = "linux")]
fn peak(stand: &Stand) -> u64 {
    let of = |process: u64| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    };
    stand.browser.renderers().into_iter().map(of).max().unwrap()
}

/// Pictures, the eye and the browser's own things take what they take; the file is there once, and some
/// of it is on its way.
#[cfg(target_os = "linux")]
fn take_once(bytes: u64) {
    let Some(taken) = taken(bytes as usize) else { return };
    eprintln!("{bytes} bytes of a file: {taken} bytes of memory");
    assert!(taken < 160_000_000 + 2 * bytes, "{taken} bytes of memory for {bytes}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_file_is_in_memory_once() {
    take_once(20_000_000);
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "a minute: cargo test --release --test it hundred_megabytes -- --ignored --nocapture"]
fn a_hundred_megabytes_are_in_memory_once() {
    take_once(100_000_000);
}
