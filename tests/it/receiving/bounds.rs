//! What the page takes of its machine, and what it lets out.

use super::stand::Stand;
use crate::support::{Workdir, project, random_bytes};
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

/// Receives a file of random bytes, and gives the most memory of the process that ran the page, in
/// bytes, beyond what it took before.
#[cfg(target_os = "linux")]
fn receive(bytes: usize) -> Option<u64> {
    let stand = Stand::new(Workdir::new(), &[])?;
    let file = random_bytes(bytes, 31);
    stand.dir.write("a.bin", &file);
    let frames = stand.frames("a.bin", &["-p", "lossless", "--redundancy", "0"]);
    let mut receiving = stand.file("workers=1");
    let before = peak(&stand);
    receiving.page.choose("#photos", &frames);
    receiving.page.wait_for("tilecast.files.length === 1", PATIENCE);
    let after = peak(&stand);
    eprintln!("{bytes} bytes: {before} before, {after} after, {}", receiving.status("memory"));
    receiving.gets("a.bin", &file);
    Some(after - before)
}

/// Most memory that processes with pages have had.
#[cfg(target_os = "linux")]
fn peak(stand: &Stand) -> u64 {
    let of = |process: u64| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    };
    stand.browser.renderers().into_iter().map(of).max().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_file_is_in_memory_once() {
    receive(20_000_000);
}

#[test]
#[cfg(target_os = "linux")]
#[ignore]
fn huge() {
    receive(5_000_000);
    receive(100_000_000);
}
