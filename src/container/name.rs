//! A stored name is what some sender says: it is cleaned before it names a file here.

use crate::text::is_visible;

/// The name of a file that came without one, or with none that can be used.
pub const FALLBACK_NAME: &str = "received.bin";

/// Longest name that is used, in bytes: file systems take 255, of which a number takes some.
const MAX_BYTES: usize = 240;

/// Names that are devices on Windows, whatever their extension.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
/// A longer ending is no extension, but a part of the name.
const MAX_EXTENSION_BYTES: usize = 20;

/// A plain file name made from `stored`: its last path component without characters that nobody
/// sees, characters that some file system reserves, leading dots, trailing dots and spaces; never a
/// device's name, never empty. A name that is made so stays as it is.
pub fn safe_name(stored: &str) -> String {
    let base = stored.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base
        .chars()
        .map(|c| if c.is_whitespace() && !c.is_control() { ' ' } else { c })
        .filter(|c| is_visible(*c))
        .map(|c| if r#"<>:"|?*"#.contains(c) { '_' } else { c })
        .collect();
    let clean = clean.trim_start_matches(['.', ' ', '-']).trim_end_matches(['.', ' ']);
    let clean = shorten(clean);
    if clean.is_empty() {
        return FALLBACK_NAME.to_owned();
    }
    if is_device(&clean) { shorten(&format!("_{clean}")) } else { clean }
}

/// The name for file number `number` of several that have the same one, from 1.
pub fn with_number(name: &str, number: u32) -> String {
    if number <= 1 {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    format!("{stem} ({number}){extension}")
}

/// Whether a name is that of a device on Windows, and can name no file there.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    // Windows takes the superscripts for digits.
    let is_number = |rest: &str| {
        let mut digits = rest.chars();
        let digit = digits.next().is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c));
        digit && digits.next().is_none()
    };
    let numbered = |prefix: &str| stem.strip_prefix(prefix).is_some_and(is_number);
    DEVICES.contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// A name's stem and its extension, if that is a short one.
fn split(name: &str) -> (&str, &str) {
    let at = name.rfind('.').filter(|at| name.len() - at <= MAX_EXTENSION_BYTES);
    name.split_at(at.unwrap_or(name.len()))
}

/// Cuts a long name in its stem and keeps the extension.
fn shorten(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    let room = MAX_BYTES - extension.len();
    let end = (0..=room).rev().find(|&end| stem.is_char_boundary(end)).unwrap_or(0);
    let stem = stem[..end].trim_end_matches(['.', ' ']);
    format!("{stem}{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stay() {
        for name in ["report.pdf", "notes v2 (final).txt", "データ.tar.gz", "a", "COM10.txt"] {
            assert_eq!(safe_name(name), name);
        }
    }

    #[test]
    fn hostile_names_lose_their_sting() {
        for (stored, safe) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("/", FALLBACK_NAME),
            ("..", FALLBACK_NAME),
            (".bashrc", "bashrc"),
            ("-rf", "rf"),
            ("a\0b\x1b[2Jc", "ab[2Jc"),
            ("nul.txt", "_nul.txt"),
            ("Lpt1", "_Lpt1"),
            ("c:evil|name?", "c_evil_name_"),
            ("name. . .", "name"),
            ("exe\u{202E}fdp.txt", "exefdp.txt"),
            ("a\u{61C}b\u{E0041}c\u{2028}d\u{A0}e", "abc d e"),
            ("con .tar.gz", "_con .tar.gz"),
            ("CONIN$", "_CONIN$"),
            ("com¹.log", "_com¹.log"),
        ] {
            assert_eq!(safe_name(stored), safe, "{stored:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_plain_component(
            stored in "(\\PC|[. -]|\\u{202E}|con|\\.txt){0,300}",
        ) {
            let name = safe_name(&stored);
            prop_assert!(!name.is_empty() && name.len() <= MAX_BYTES);
            prop_assert!(!name.starts_with('.') && !name.ends_with(['.', ' ']));
            prop_assert!(name.chars().all(is_visible));
            prop_assert!(!name.contains(['/', '\\', '\0', ':']));
            prop_assert_eq!(safe_name(&name), name);
        }
    }

    #[test]
    fn names_are_numbered_before_their_extension() {
        assert_eq!(with_number("a.tar", 1), "a.tar");
        assert_eq!(with_number("a.tar", 2), "a (2).tar");
        assert_eq!(with_number("a", 11), "a (11)");
        let long = with_number(&safe_name(&"ä".repeat(300)), 9999);
        assert!(long.len() <= 255 && long.ends_with(" (9999)"));
    }

    #[test]
    fn cut_names_end_well() {
        let stored = format!("{}. y{}", "x".repeat(239), "z".repeat(30));
        let name = safe_name(&stored);
        assert_eq!(name, "x".repeat(239));
        assert_eq!(safe_name(&format!("nul.{}", "y".repeat(300))).len(), MAX_BYTES);
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe_name(&format!("{}.tar", "x".repeat(400)));
        assert!(name.len() == MAX_BYTES && name.ends_with("x.tar"));
    }
}
