//! Text from outside, as it can be shown to people.

use std::error::Error;

/// Characters that nobody sees, or that turn, hide or split the text around them: what is a format
/// character, a filler or a line separator in Unicode 16, variation selectors and tags, what is
/// for private use or none at all.
const HIDDEN: &[(u32, u32)] = &[
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x0600, 0x0605),
    (0x061C, 0x061C),
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xE000, 0xF8FF),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1345F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0x10FFFF),
];

/// Whether a character is one that a person can see for what it is: no control character, and none
/// that turns or hides the text around it. A plain space is one; other kinds of space are not.
pub fn is_visible(c: char) -> bool {
    let code = u32::from(c);
    let is_hidden = HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&code));
    let is_none = code & 0xFFFE == 0xFFFE;
    !(c.is_control() || is_hidden || is_none || (c.is_whitespace() && c != ' '))
}

/// A number with separators between thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text with a question mark in place of each character that cannot be seen.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_visible(c) { c } else { '?' }).collect()
}

/// An error and what it came from, one after the other.
pub fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error: &&dyn Error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_marked() {
        assert_eq!(printable("a\nb\u{202E}gpj.exe\x1b[2J ä"), "a?b?gpj.exe?[2J ä");
        let hidden = [
            '\u{61C}',
            '\u{180E}',
            '\u{200B}',
            '\u{2028}',
            '\u{2066}',
            '\u{2069}',
            '\u{FEFF}',
            '\u{FFF9}',
            '\u{E0041}',
            '\u{E0101}',
            '\u{FE0F}',
            '\u{85}',
            '\u{A0}',
            '\u{3000}',
            '\u{3164}',
            '\u{AD}',
            '\u{1FFFE}',
            '\u{E123}',
        ];
        assert_eq!(hidden.into_iter().filter(|c| is_visible(*c)).count(), 0);
        for text in
            ["Grüße (final) v2", "データ", "отчёт", "תוכנית", "تقرير", "한국어", "हिन्दी", "📷"]
        {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn causes_follow_their_error() {
        let number = "x".parse::<u8>().unwrap_err();
        let error = std::io::Error::other(number);
        assert_eq!(with_causes(&error), "invalid digit found in string");
    }

    #[test]
    fn large_numbers_have_separators() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
    }
}
