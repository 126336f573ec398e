//! Names of files within a folder: they stay as they are, or the folder is not taken.
//!
//! The name of what is received may be changed; that of a file within it must not be, since others in the
//! folder know it. So names may have whatever a file system here can hold, but for what deceives.

use crate::container::is_device;

/// Longest name, in bytes, that file systems have.
const MAX_BYTES: usize = 255;
/// What no name has on Windows.
const RESERVED: [char; 8] = ['\\', ':', '<', '>', '"', '|', '?', '*'];

/// Checks a name for this system.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(name: &str) -> Result<(), &'static str> {
    check_for(name, cfg!(windows))
}

/// Checks a name for Windows, or for other systems.
fn check_for(name: &str, windows: bool) -> Result<(), &'static str> {
    if name.is_empty() || name == "." || name == ".." || name.contains('/') {
        return Err("is none");
    }
    if name.len() > MAX_BYTES {
        return Err("is too long");
    }
    if name.chars().any(deceives) {
        return Err("has control characters in it");
    }
    if windows && (name.contains(RESERVED) || name.ends_with(['.', ' ']) || is_device(name)) {
        return Err("cannot be had on Windows");
    }
    Ok(())
}

/// Whether a character is none, or makes those around it look different: one that controls a terminal,
/// splits lines or turns the direction of writing. Joiners and variants are parts of letters.
fn deceives(c: char) -> bool {
    let turns = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_where_they_can_be_had() {
        let everywhere = [
            ".git",
            "-rf",
            "a b",
            "ä",
            "データ",
            "👩\u{200D}🚀.png",
            "❤\u{FE0F}",
            "...",
            "CONSOLE",
        ];
        for name in everywhere {
            assert_eq!(check_for(name, false), Ok(()), "{name}");
            assert_eq!(check_for(name, true).is_ok(), name != "...", "{name}");
        }
        for name in ["12:30", "a\\b", "nul", "com1.txt", "a.", "a ", "what?", "C:", "x:stream"] {
            assert_eq!(check_for(name, false), Ok(()), "{name}");
            assert!(check_for(name, true).is_err(), "{name}");
        }
        let long = "x".repeat(256);
        for name in ["", ".", "..", "a/b", "/", "a\nb", "a\0", "\x1b[2J", "a\u{202E}b", &long] {
            assert!(check_for(name, false).is_err() && check_for(name, true).is_err(), "{name:?}");
        }
    }
}
