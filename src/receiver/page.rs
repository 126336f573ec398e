//! The page that receives: one HTML file with everything in it, or a site that works offline.

use std::io::Result;
use std::num::NonZeroU64;

/// The module, as `.ci/receiver` builds it.
pub const MODULE: &[u8] = include_bytes!("receiver.wasm");

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// The page's script, in the order in which its parts need each other.
const SCRIPTS: [&str; 14] = [
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
    include_str!("status.js"),
    include_str!("ways.js"),
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
        .replace("/*bytes*/", &packed.len().to_string())
        .replace("/*module*/", &digits(&packed)))
}

/// Bytes as text that an element of data takes as it is: four bytes are five digits to the base 85,
/// from `#` on without `<`. In base64 it would be 30 KB more.
fn digits(bytes: &[u8]) -> String {
    let digit = |value: u32| {
        let code = b'#' + (value % 85) as u8;
        char::from(if code < b'<' { code } else { code + 1 })
    };
    let group = |chunk: &[u8]| {
        let byte = |place| u32::from(chunk.get(place).copied().unwrap_or_default());
        (0..4).fold(0, |group, place| group << 8 | byte(place))
    };
    let places = (0..5).rev().map(|place| 85_u32.pow(place));
    let five = |group: u32| places.clone().map(move |place| digit(group / place));
    bytes.chunks(4).map(group).flat_map(five).collect()
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
        for place in ["/*style*/", "/*script*/", "/*bytes*/", "/*module*/"] {
            assert!(HTML.contains(place) && !page.contains(place), "{place}");
        }
        // One script of data, one of code, and none ends early.
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
        assert!(!page.contains("http://") && !page.contains("https://"), "needs no network");
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
    fn digits_are_text_without_elements() {
        assert_eq!(digits(&[0; 4]), "#####");
        let all: Vec<u8> = (0..=255).collect();
        let text = digits(&all);
        assert_eq!(text.len(), 320);
        assert!(text.bytes().all(|byte| (b'#'..=b'x').contains(&byte) && byte != b'<'));
        let value = |byte: u8| u64::from(byte - b'#' - u8::from(byte > b'<'));
        let groups = text.as_bytes().chunks(5);
        let back = groups.map(|five| five.iter().fold(0, |all, &byte| 85 * all + value(byte)));
        assert!(back.eq(
            all.chunks(4).map(|four| four.iter().fold(0, |all, &byte| 256 * all + u64::from(byte)))
        ));
    }

    #[test]
    fn comments_and_indents_go() {
        assert_eq!(lean("a {\n  // why\n  b: c; // kept\n\n}\n"), "a {\nb: c; // kept\n}\n");
    }
}
