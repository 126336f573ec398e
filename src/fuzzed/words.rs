//! Words: of people who type them, and of strangers who send them.

use super::input::Input;
use crate::cli::is_accepted;
use crate::container::{safe_name, with_number};
use crate::send::Selection;
use crate::text::{is_visible, printable};

/// Characters that a name must never have, whatever else counts as invisible.
const NEVER: &[char] = &[
    '/',
    '\\',
    ':',
    '*',
    '?',
    '"',
    '<',
    '>',
    '|',
    '\0',
    '\n',
    '\x1b',
    '\x7f',
    '\u{85}',
    '\u{9b}',
    '\u{61c}',
    '\u{180e}',
    '\u{200b}',
    '\u{200e}',
    '\u{200f}',
    '\u{2028}',
    '\u{2029}',
    '\u{202a}',
    '\u{202e}',
    '\u{2066}',
    '\u{2069}',
    '\u{feff}',
    '\u{e0001}',
    '\u{e0041}',
    '\u{e007f}',
];

/// A name that was sent.
pub fn name(data: &[u8]) {
    let name = safe_name(&String::from_utf8_lossy(data));
    check_name(&name);
    assert_eq!(safe_name(&name), name);
    for number in [2, 10, 4_000_000_000] {
        let numbered = with_number(&name, number);
        assert_ne!(numbered, name);
        check_name(&numbered);
    }
}

fn check_name(name: &str) {
    assert!(!name.is_empty() && name.len() <= 255, "{} bytes", name.len());
    assert!(!name.contains(NEVER) && name.chars().all(is_visible), "{name:?}");
    assert!(!name.starts_with(['.', '-', ' ']) && !name.ends_with(['.', ' ']), "{name:?}");
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    assert!(!["CON", "NUL", "COM1", "LPT9", "CONIN$"].contains(&stem.as_str()), "{name:?}");
}

/// A text for a terminal.
pub fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shown = printable(&text);
    assert_eq!(shown.chars().count(), text.chars().count());
    let never = |c: &char| c.is_control() || (NEVER.contains(c) && !c.is_ascii());
    assert!(!shown.chars().any(|c| never(&c)), "{shown:?}");
    assert_eq!(printable(&shown), shown);
}

/// Numbers of frames, as people write them.
pub fn selection(data: &[u8]) {
    let mut input = Input::new(data);
    let frames = input.below(300) as u64;
    let Ok(selection) = String::from_utf8_lossy(input.rest()).parse::<Selection>() else { return };
    let chosen = (0..frames).filter(|index| selection.contains(*index)).count();
    assert_eq!(selection.count(frames), chosen as u64);
    assert!(selection.count(u32::MAX.into()) >= selection.count(frames));
    assert!(selection.last().is_some_and(|last| last > 0 && selection.contains(last - 1)));
}

/// A command line, a word in each line.
pub fn arguments(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    is_accepted(text.split('\n').map(str::to_owned));
}
