//! The page that receives: one HTML file with everything in it, or a site that works offline.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Result;
use std::num::NonZeroU64;

/// The module, as `.ci/receiver` builds it.
pub const MODULE: &[u8] = include_bytes!("receiver.wasm");

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// The page's script, in the order in which its parts need each other.
const SCRIPTS: [&str; 12] = [
    include_str!("words.js"),
    include_str!("worker.js"),
    include_str!("pool.js"),
    include_str!("movie.js"),
    include_str!("codec.js"),
    include_str!("video.js"),
    include_str!("live.js"),
    include_str!("pictures.js"),
    include_str!("told.js"),
    include_str!("file.js"),
    include_str!("advice.js"),
    include_str!("main.js"),
];

/// The page. It opens no connection, and says so to the browser.
///
/// # Errors
/// None but for want of memory.
pub fn page() -> Result<String> {
    let once = zopfli::Options { iteration_count: NonZeroU64::MIN, ..zopfli::Options::default() };
    let mut packed = Vec::new();
    zopfli::compress(once, zopfli::Format::Gzip, MODULE, &mut packed)?;
    Ok(HTML
        .replace("/*style*/", &lean(STYLE))
        .replace("/*script*/", &lean(&SCRIPTS.concat()))
        .replace("/*module*/", &STANDARD.encode(packed)))
}

/// The page as a site that a browser keeps: its files by name.
///
/// # Errors
/// As [`page`].
pub fn site() -> Result<Vec<(&'static str, Vec<u8>)>> {
    Ok(vec![("index.html", page()?.into_bytes())])
}

/// A style or a script without what only people need: indents, and lines that are comments.
fn lean(text: &str) -> String {
    let lines = text.lines().map(str::trim_start);
    let kept = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_whole_and_small() {
        let page = page().unwrap();
        assert!(page.len() <= 550_000, "{} bytes", page.len());
        for place in ["/*style*/", "/*script*/", "/*module*/"] {
            assert!(HTML.contains(place) && !page.contains(place), "{place}");
        }
        // One script of data, one of code, and none ends early.
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
        assert!(!page.contains("http://") || page.contains("http://www.w3.org/2000/svg"));
    }

    #[test]
    fn comments_and_indents_go() {
        assert_eq!(lean("a {\n  // why\n  b: c; // kept\n\n}\n"), "a {\nb: c; // kept\n}\n");
    }
}
