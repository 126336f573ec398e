//! The letters that every reader of PDF has: how wide they are, and which there are.

/// A font that is not in the file: one of the fourteen that PDF takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    /// For reading.
    Plain,
    /// For what is looked for.
    Bold,
    /// For what is typed.
    Typed,
}

/// Widths of the letters from space to `~`, in thousandths of the font's size, as in Adobe's metrics.
const PLAIN: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667,
    611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556,
    278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];
/// The letters from 0x80 to 0x9F of Windows' Latin alphabet; `?` where there is none.
const MIDDLE: &str = "€?‚ƒ„…†‡ˆ‰Š‹Œ?Ž??‘’“”•–—˜™š›œ?žŸ";
/// What shows that something is left out.
const ELLIPSIS: char = '…';

impl Font {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Plain, Self::Bold, Self::Typed];

    /// What PDF calls it.
    pub(super) fn name(self) -> &'static [u8] {
        match self {
            Self::Plain => b"Helvetica",
            Self::Bold => b"Helvetica-Bold",
            Self::Typed => b"Courier",
        }
    }

    /// Its name on a page.
    pub(super) fn key(self) -> &'static [u8] {
        match self {
            Self::Plain => b"P",
            Self::Bold => b"B",
            Self::Typed => b"T",
        }
    }

    /// How wide a text is, in the unit of the font's `size`.
    pub(super) fn width(self, text: &str, size: f32) -> f32 {
        let thousandths: u32 = text.chars().map(|c| u32::from(self.letter(c))).sum();
        thousandths as f32 * size / 1000.0
    }

    fn letter(self, c: char) -> u16 {
        let widths = match self {
            Self::Plain => &PLAIN,
            Self::Bold => &BOLD,
            Self::Typed => return 600,
        };
        let usual = || (u32::from(c) as usize).checked_sub(32).and_then(|at| widths.get(at));
        usual().copied().unwrap_or(match c {
            '·' | '\u{A0}' => 278,
            '–' => 556,
            '\u{DF}'..='\u{FF}' if c != 'æ' => 611,
            '\u{C0}'..='\u{DE}' if c != 'Æ' => 778,
            // A text that is thought too wide loses a letter at most.
            _ => 1000,
        })
    }

    /// The text, or as much of its beginning and its end as is no wider than `width`.
    pub(super) fn fitted(self, text: &str, size: f32, width: f32) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        let letters: Vec<char> = text.chars().collect();
        let kept = |count: usize| -> String {
            // The end tells one file from another as often as the beginning, and has the kind.
            let tail = count / 3;
            let (head, from) = (count - tail, letters.len() - tail);
            letters.iter().take(head).chain([&ELLIPSIS]).chain(letters.iter().skip(from)).collect()
        };
        let fits = |count: &usize| self.width(&kept(*count), size) <= width;
        kept((0..letters.len()).rev().find(fits).unwrap_or(0))
    }
}

/// A text in Windows' Latin alphabet, with a question mark for each letter that it has not.
pub(super) fn latin(text: &str) -> Vec<u8> {
    let middle = |c: char| MIDDLE.chars().position(|known| known == c && c != '?');
    let letter = |c: char| match u32::from(c) {
        code @ (0x20..=0x7E | 0xA0..=0xFF) => code as u8,
        _ => middle(c).map_or(b'?', |at| 0x80 + at as u8),
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_windows() {
        assert_eq!(latin("a·–…é€Ÿ"), [b'a', 0xB7, 0x96, 0x85, 0xE9, 0x80, 0x9F]);
        assert_eq!(latin("データ\n\u{81}?"), b"??????");
        assert_eq!(MIDDLE.chars().count(), 32);
    }

    #[test]
    fn widths_are_those_of_the_fonts() {
        assert_eq!(Font::Plain.width("Hello", 1000.0), 722.0 + 556.0 + 222.0 * 2.0 + 556.0);
        assert_eq!(Font::Bold.width("~W", 1000.0), 584.0 + 944.0);
        assert_eq!(Font::Typed.width("abc", 10.0), 18.0);
    }

    #[test]
    fn what_is_too_long_keeps_both_ends() {
        let name = "a-very-long-name-of-a-file-that-nobody-wants-to-read-in-full.tar.gz";
        let fitted = Font::Bold.fitted(name, 10.0, 200.0);
        assert!(fitted.starts_with("a-very-long") && fitted.ends_with(".tar.gz"), "{fitted}");
        assert!(fitted.contains('…') && Font::Bold.width(&fitted, 10.0) <= 200.0);
        assert_eq!(Font::Bold.fitted("short", 10.0, 200.0), "short");
        assert_eq!(Font::Bold.fitted("データ", 10.0, 1.0), "…");
    }
}
