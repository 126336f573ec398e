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

/// Where the page of a site says what else it has.
const SITE_PLACE: &str = "<!--site-->";
const SITE_HEAD: &str = "\
<link rel=\"manifest\" href=\"manifest.webmanifest\">
<link rel=\"icon\" href=\"icon.svg\" type=\"image/svg+xml\">
<link rel=\"apple-touch-icon\" href=\"icon-192.png\">";
/// What the page of a site may ask for besides: its own files, and those only for being kept.
const SITE_POLICY: [(&str, &str); 3] = [
    ("worker-src blob:", "worker-src blob: 'self'"),
    ("img-src blob:", "img-src blob: 'self'"),
    ("form-action 'none'", "form-action 'none'; manifest-src 'self'"),
];
/// What lies beside the page.
const SITE: [(&str, &[u8]); 5] = [
    ("sw.js", include_bytes!("sw.js")),
    ("manifest.webmanifest", include_bytes!("manifest.webmanifest")),
    ("icon.svg", include_bytes!("icon.svg")),
    ("icon-192.png", include_bytes!("icon-192.png")),
    ("icon-512.png", include_bytes!("icon-512.png")),
];

/// The page as a site that a browser keeps: its files by name.
///
/// # Errors
/// As [`page`].
pub fn site() -> Result<Vec<(&'static str, Vec<u8>)>> {
    let page = page()?.replacen(SITE_PLACE, SITE_HEAD, 1);
    let page = SITE_POLICY.iter().fold(page, |page, (from, to)| page.replacen(from, to, 1));
    let parts = SITE.iter().map(|&(name, bytes)| (name, bytes.to_vec()));
    Ok(std::iter::once(("index.html", page.into_bytes())).chain(parts).collect())
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
    fn a_site_names_its_parts_and_may_ask_for_nothing_else() {
        let site = site().unwrap();
        let part = |name: &str| {
            let found = site.iter().find(|(part, _)| *part == name);
            String::from_utf8_lossy(&found.unwrap_or_else(|| panic!("no {name}")).1).into_owned()
        };
        let (page, worker) = (part("index.html"), part("sw.js"));
        assert!(!page.contains(SITE_PLACE));
        for (_, allowed) in SITE_POLICY {
            assert!(page.contains(allowed), "{allowed}");
        }
        assert!(page.contains("default-src 'none'") && !page.contains("connect-src"));
        for (name, _) in site.iter().filter(|(name, _)| !matches!(*name, "index.html" | "sw.js")) {
            assert!(worker.contains(&format!("'{name}'")), "{name} is not kept");
        }
        assert!(part("manifest.webmanifest").contains("icon-512.png"));
    }

    #[test]
    fn comments_and_indents_go() {
        assert_eq!(lean("a {\n  // why\n  b: c; // kept\n\n}\n"), "a {\nb: c; // kept\n}\n");
    }
}
