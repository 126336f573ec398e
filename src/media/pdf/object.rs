//! Objects of PDF (ISO 32000-1, 7.2 and 7.3) as they are written, and the operators of a page.
//!
//! Everything is read from bytes in memory, of which whoever asks has a bounded number; objects within
//! objects are read to a bounded depth.

/// Objects within objects.
const MAX_DEPTH: usize = 32;
/// Objects that are in one: each takes many times its bytes.
const MAX_WITHIN: usize = 1 << 18;

/// An object, or an operator of a content stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Null,
    Bool(bool),
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dict(Dict),
    /// Another object, by its number.
    Reference(u32),
    /// A word that is none of these.
    Word(Vec<u8>),
}

/// A dictionary; of a key that is there twice the first counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dict(Vec<(Vec<u8>, Object)>);

impl Dict {
    /// A dictionary of one entry.
    pub(super) fn of(key: &str, value: Object) -> Self {
        Self(vec![(key.as_bytes().to_vec(), value)])
    }

    pub(super) fn from_entries(entries: Vec<(Vec<u8>, Object)>) -> Self {
        Self(entries)
    }

    /// Bytes in memory, about.
    pub(super) fn weight(&self) -> usize {
        self.0.iter().map(|(key, value)| size_of_val(key) + key.len() + value.weight()).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is behind a key; null if there is nothing.
    pub(super) fn get(&self, key: &str) -> &Object {
        let found = self.0.iter().find(|(name, _)| name == key.as_bytes());
        found.map_or(&Object::Null, |(_, value)| value)
    }

    /// What is behind a key, or else behind its short form in pictures within a page.
    pub(super) fn either(&self, key: &str, short: &str) -> &Object {
        match self.get(key) {
            Object::Null => self.get(short),
            found => found,
        }
    }
}

impl Object {
    /// Bytes in memory, about.
    pub(super) fn weight(&self) -> usize {
        let inside = match self {
            Self::Name(bytes) | Self::Text(bytes) | Self::Word(bytes) => bytes.len(),
            Self::Array(items) => items.iter().map(Self::weight).sum(),
            Self::Dict(dict) => dict.weight(),
            _ => 0,
        };
        size_of::<Self>() + inside
    }

    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self) -> Option<u64> {
        self.number().filter(|number| *number >= 0.0 && *number < 1e15).map(|number| number as u64)
    }

    pub(super) fn name(&self) -> &[u8] {
        if let Self::Name(name) = self { name } else { &[] }
    }

    pub(super) fn array(&self) -> &[Object] {
        if let Self::Array(items) = self { items } else { &[] }
    }

    pub(super) fn dict(&self) -> Option<&Dict> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }
}

/// Reads objects one after the other.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    place: usize,
    /// Objects that may be in one, and how many more in this one.
    most: usize,
    left: usize,
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self::of_few(bytes, MAX_WITHIN)
    }

    /// Of objects in which there are so many others at most.
    pub(super) fn of_few(bytes: &'a [u8], most: usize) -> Self {
        Self { bytes, place: 0, most, left: most }
    }

    /// Whether the last object was none as there are too many in it.
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Where the next object is looked for.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// What comes next.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.place..).unwrap_or_default()
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.place = self.place.saturating_add(count).min(self.bytes.len());
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.place).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.place += 1;
        Some(byte)
    }

    /// Leaves out spaces and comments.
    fn space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'%' => {
                    let line = self.rest().iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                    self.skip(line.unwrap_or(usize::MAX));
                }
                _ if is_space(byte) => self.place += 1,
                _ => break,
            }
        }
    }

    /// Takes a word if it comes next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(word.as_bytes());
        self.skip(if found { word.len() } else { 0 });
        found
    }

    /// The next object; `None` at the end and where objects are within each other too deep, or too
    /// many in one.
    pub(super) fn object(&mut self) -> Option<Object> {
        self.left = self.most;
        self.object_within(MAX_DEPTH)
    }

    fn object_within(&mut self, depth: usize) -> Option<Object> {
        let depth = depth.checked_sub(1)?;
        self.left = self.left.checked_sub(1)?;
        self.space();
        let rest = self.rest();
        match self.next()? {
            b'/' => Some(Object::Name(self.name())),
            b'(' => self.text(),
            b'<' if rest.starts_with(b"<<") => {
                self.place += 1;
                self.dict(depth)
            }
            b'<' => self.hexadecimal(),
            b'[' => self.array(depth),
            // Ends without a beginning: whoever reads a list has seen them.
            byte if is_delimiter(byte) => Some(Object::Word(vec![byte])),
            _ => {
                self.place -= 1;
                Some(self.plain())
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Object> {
        let mut items = Vec::new();
        while !self.word("]") {
            items.push(self.object_within(depth)?);
        }
        Some(Object::Array(items))
    }

    fn dict(&mut self, depth: usize) -> Option<Object> {
        let mut entries = Vec::new();
        while !self.word(">>") {
            match self.object_within(depth)? {
                Object::Name(key) => entries.push((key, self.object_within(depth)?)),
                // Something is wrong here; what comes later may be right.
                _ => continue,
            }
        }
        Some(Object::Dict(Dict(entries)))
    }

    /// Bytes up to a space or delimiter.
    fn regular(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let end = rest.iter().position(|byte| is_space(*byte) || is_delimiter(*byte));
        let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        self.skip(word.len());
        word
    }

    fn name(&mut self) -> Vec<u8> {
        let mut written = self.regular().iter();
        let mut name = Vec::new();
        while let Some(&byte) = written.next() {
            let coded = written.as_slice().first_chunk::<2>().filter(|_| byte == b'#');
            match coded.and_then(|digits| Some(hex(digits[0])? << 4 | hex(digits[1])?)) {
                Some(coded) => {
                    name.push(coded);
                    written.nth(1);
                }
                None => name.push(byte),
            }
        }
        name
    }

    /// A number, a reference or a word.
    fn plain(&mut self) -> Object {
        let word = self.regular();
        let text = std::str::from_utf8(word).unwrap_or_default();
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        match number {
            _ if word == b"true" => Object::Bool(true),
            _ if word == b"false" => Object::Bool(false),
            _ if word == b"null" => Object::Null,
            Some(_) if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
                Object::Word(word.to_vec())
            }
            Some(number) => self.reference(text).map_or(Object::Number(number), Object::Reference),
            None => Object::Word(word.to_vec()),
        }
    }

    /// The number of another object if this word begins a reference: `12 0 R`.
    fn reference(&mut self, first: &str) -> Option<u32> {
        let number = first.parse().ok()?;
        let mut ahead = Lexer { place: self.place, ..Lexer::new(self.bytes) };
        ahead.space();
        let generation = ahead.regular();
        ahead.space();
        let is_reference = !generation.is_empty()
            && generation.iter().all(u8::is_ascii_digit)
            && ahead.regular() == b"R";
        is_reference.then(|| {
            self.place = ahead.place;
            number
        })
    }

    /// Text in brackets, after the first of them.
    fn text(&mut self) -> Option<Object> {
        let (mut text, mut open) = (Vec::new(), 1);
        loop {
            let byte = self.next()?;
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => {
                    text.extend(self.escaped()?);
                    continue;
                }
                _ => {}
            }
            if open == 0 {
                return Some(Object::Text(text));
            }
            text.push(byte);
        }
    }

    /// What is meant by a backslash; nothing at the end of a line.
    fn escaped(&mut self) -> Option<Option<u8>> {
        Some(Some(match self.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\r' => {
                self.skip(usize::from(self.peek() == Some(b'\n')));
                return Some(None);
            }
            b'\n' => return Some(None),
            first @ b'0'..=b'7' => {
                let mut value = u16::from(first - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u16::from(digit - b'0');
                    self.place += 1;
                }
                value as u8
            }
            other => other,
        }))
    }

    /// Text in hexadecimal digits, after the first bracket.
    fn hexadecimal(&mut self) -> Option<Object> {
        let end = self.rest().iter().position(|byte| *byte == b'>')?;
        let digits: Vec<u8> =
            self.rest().get(..end)?.iter().filter_map(|byte| hex(*byte)).collect();
        self.skip(end + 1);
        let pair = |pair: &[u8]| pair[0] << 4 | pair.get(1).copied().unwrap_or(0);
        Some(Object::Text(digits.chunks(2).map(pair).collect()))
    }
}

/// The value of a hexadecimal digit.
pub(super) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Object> {
        Lexer::new(text.as_bytes()).object()
    }

    #[test]
    fn objects_are_read_as_they_are_written() {
        let text =
            "% says nothing\n<</A 1/B[(a\\(b\\051(c))<4 1 4>/N#20x -.5 12 0 R true null]/C<<>>>>";
        let object = read(text).unwrap();
        let dict = object.dict().unwrap();
        assert_eq!(dict.get("A").count(), Some(1));
        let expected = [
            Object::Text(b"a(b)(c)".to_vec()),
            Object::Text(b"A@".to_vec()),
            Object::Name(b"N x".to_vec()),
            Object::Number(-0.5),
            Object::Reference(12),
            Object::Bool(true),
            Object::Null,
        ];
        assert_eq!(dict.get("B").array(), expected);
        assert_eq!(dict.get("C").dict(), Some(&Dict::default()));
        assert_eq!(dict.get("D"), &Object::Null);
    }

    #[test]
    fn what_does_not_end_is_nothing() {
        for text in ["", "<</A 1", "[1 2", "(a", "<41", &"[".repeat(1_000_000)] {
            assert_eq!(read(text), None, "{}", text.len());
        }
    }

    #[test]
    fn objects_are_of_a_bounded_number() {
        let list = |count: usize| format!("[{}]", "[0]".repeat(count / 2));
        assert!(read(&list(MAX_WITHIN - 2)).is_some());
        assert_eq!(read(&list(MAX_WITHIN)), None);
        // Each has a number of its own.
        let several = [list(8), list(8), list(12)].concat();
        let mut lexer = Lexer::of_few(several.as_bytes(), 10);
        assert!(lexer.object().is_some() && lexer.object().is_some() && !lexer.is_spent());
        assert!(lexer.object().is_none() && lexer.is_spent());
    }

    #[test]
    fn operators_are_words() {
        let mut lexer = Lexer::new(b"q 1 0 0 1 0 0 cm/Im0 Do Q nan inf ]");
        let read: Vec<Object> = std::iter::from_fn(|| lexer.object()).collect();
        let words = read.iter().filter(|object| matches!(object, Object::Word(_))).count();
        assert_eq!((read.len(), words), (14, 7));
    }
}
