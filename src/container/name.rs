//! A stored name is what some sender says: it is cleaned before it names a file here.

use crate::text::is_visible;

/// The name of a file that came without one, or with none that can be used.
pub const FALLBACK_NAME: &str = "received.bin";

/// Longest name that is used, in bytes: file systems take 255, and a working file's name beside it
/// is a little longer.
const MAX_BYTES: usize = 200;

/// Names that are devices on Windows, whatever their extension.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// A plain file name made from `stored`: its last path component without control characters,
/// characters that some file system reserves, leading dots, trailing dots and spaces; never a
/// device's name, never empty.
pub fn safe_name(stored: &str) -> String {
    let base = stored.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base
        .chars()
        .filter(|c| is_visible(*c))
        .map(|c| if r#"<>:"|?*"#.contains(c) { '_' } else { c })
        .collect();
    let clean = clean.trim_start_matches(['.', ' ', '-']).trim_end_matches(['.', ' ']);
    let clean = shorten(clean);
    if clean.is_empty() {
        return FALLBACK_NAME.to_owned();
    }
    if is_device(&clean) { format!("_{clean}") } else { clean }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    DEVICES.contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// Cuts a long name in its stem and keeps the extension.
fn shorten(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let extension = name.rfind('.').map_or("", |at| &name[at..]);
    let extension = if extension.len() <= 20 { extension } else { "" };
    let mut end = MAX_BYTES - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", &name[..end])
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
        ] {
            assert_eq!(safe_name(stored), safe, "{stored:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_plain_component(stored: String) {
            let name = safe_name(&stored);
            prop_assert!(!name.is_empty() && name.len() <= 201);
            prop_assert!(!name.starts_with('.'));
            prop_assert!(!name.contains(['/', '\\', '\0', ':']));
            prop_assert_eq!(safe_name(&name), name);
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe_name(&format!("{}.tar", "x".repeat(400)));
        assert!(name.len() == 200 && name.ends_with("x.tar"));
    }
}
