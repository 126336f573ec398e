//! The page that receives: one HTML file with everything in it, or a site that works offline.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Result, Write};

/// The module, as `.ci/receiver` builds it.
pub const MODULE: &[u8] = include_bytes!("receiver.wasm");

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// The page's script, and that of its workers, in the order in which they are read.
const PAGE: &[&str] = &[include_str!("page.js")];
const WORKER: &[&str] = &[include_str!("worker.js")];

/// The page. It opens no connection, and says so to the browser.
///
/// # Errors
/// None that memory does not have.
pub fn page() -> Result<String> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(MODULE)?;
    let module = STANDARD.encode(packed.finish()?);
    let text = |text: &str| serde_json::to_string(text).map(|text| text.replace('<', "\\u003c"));
    let script = PAGE.concat();
    let script = script.replace("/*module*/''", &text(&module)?);
    let script = script.replace("/*worker*/''", &text(&WORKER.concat())?);
    Ok(HTML.replace("/*style*/", STYLE).replace("/*script*/", &script))
}

/// The page as a site that a browser keeps: its files by name.
///
/// # Errors
/// As [`page`].
pub fn site() -> Result<Vec<(&'static str, Vec<u8>)>> {
    Ok(vec![("index.html", page()?.into_bytes())])
}
