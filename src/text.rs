//! Text from outside, as it can be shown to people.

use std::error::Error;

/// Whether a character is one that a person can see for what it is: no control character, and none
/// that turns or hides the text around it.
pub fn is_visible(c: char) -> bool {
    let hides = matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    !c.is_control() && !hides
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
    }

    #[test]
    fn causes_follow_their_error() {
        let number = "x".parse::<u8>().unwrap_err();
        let error = std::io::Error::other(number);
        assert_eq!(with_causes(&error), "invalid digit found in string");
    }
}
