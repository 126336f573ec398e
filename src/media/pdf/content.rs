//! Which pictures a page shows, and where (ISO 32000-1, 8.4, 8.8 to 8.10): of the operators of its
//! content those that move, colour and paint pictures.

use super::error::PdfError;
use super::object::{Dict, Lexer, Object, is_space};
use super::objects::{Objects, Stream};
use super::place::Matrix;
use crate::media::room::Permit;
use std::collections::HashMap;
use std::rc::Rc;

/// Pictures of one page.
const MAX_PLACED: usize = 4096;
/// Contents within contents, states within states, and operators of one page.
const MAX_DEPTH: usize = 8;
const MAX_STATES: usize = 256;
const MAX_OPERATORS: usize = 4_000_000;
/// Bytes that are read in the time of an operator.
const EACH_OPERATOR: usize = 2;
/// Bytes of content, and of all contents within it.
const MAX_CONTENT: usize = 1 << 24;
const ALL_CONTENT: usize = 2 * MAX_CONTENT;
/// Bytes that reading all of it takes, with what is between two filters.
const CONTENT_ROOM: u64 = 5 * MAX_CONTENT as u64;
/// Bytes of pictures in it, which are kept until they are painted, and of what is known of others.
const MAX_KEPT: usize = 1 << 22;
/// What each of these counts beside its bytes.
const EACH_CONTENT: usize = 1 << 14;
/// Numbers before an operator, objects in one of them, and what is said of a picture in the content.
const MAX_OPERANDS: usize = 64;
const MAX_WITHIN: usize = 1 << 13;
const MAX_SAID: usize = 64;
/// Names that are looked through in the time of an operator.
const NAMES_EACH: usize = 8;

const TOO_MUCH: PdfError = PdfError::Damaged("a page with too much on it");

/// A picture and where it is on the page, in points.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) image: Image,
    pub(super) matrix: Matrix,
    /// The colour in which a stencil is painted.
    pub(super) ink: [u8; 3],
}

/// A picture before it is read.
#[derive(Clone, Debug)]
pub(super) enum Image {
    Named(Object),
    /// In the content itself.
    Inline(Stream),
}

/// What has a name: the object, what is said of it, and of how many others it is one.
struct Named<'a> {
    object: &'a Object,
    said: Rc<Dict>,
    of: usize,
}

/// What the names in a content stand for, each list of them read once.
struct Names<'a> {
    resources: &'a Dict,
    pictures: Option<Dict>,
    colours: Option<Dict>,
    /// What is said of the pictures that were painted.
    said: HashMap<Vec<u8>, Rc<Dict>>,
    kept: usize,
}

impl<'a> Names<'a> {
    fn new(resources: &'a Dict) -> Self {
        Self { resources, pictures: None, colours: None, said: HashMap::new(), kept: 0 }
    }

    /// The object with a name, and what is said of it.
    fn picture(&mut self, objects: &mut Objects<'_>, name: &[u8]) -> Result<Named<'_>, PdfError> {
        let pictures = Self::list(&mut self.pictures, self.resources.get("XObject"), objects)?;
        let object = pictures.get(std::str::from_utf8(name).unwrap_or_default());
        let said = match self.said.get(name) {
            Some(said) => Rc::clone(said),
            None => Rc::new(objects.dict(object)?),
        };
        if !self.said.contains_key(name) {
            self.kept += name.len() + said.weight();
            if self.kept > MAX_KEPT {
                self.said.clear();
                self.kept = 0;
            }
            self.said.insert(name.to_vec(), Rc::clone(&said));
        }
        Ok(Named { object, said, of: pictures.len() })
    }

    fn colours(&mut self, objects: &mut Objects<'_>) -> Result<&Dict, PdfError> {
        Self::list(&mut self.colours, self.resources.get("ColorSpace"), objects)
    }

    fn list<'b>(
        known: &'b mut Option<Dict>,
        object: &Object,
        objects: &mut Objects<'_>,
    ) -> Result<&'b Dict, PdfError> {
        if known.is_none() {
            *known = Some(objects.dict(object)?);
        }
        Ok(known.get_or_insert_default())
    }
}

#[derive(Clone, Copy, Debug)]
struct State {
    matrix: Matrix,
    ink: [u8; 3],
}

/// What was found on a page.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) placed: Vec<Placed>,
    /// Areas and lines that are drawn, each with its parts.
    pub(super) drawn: usize,
    /// Parts of what is to be drawn next.
    path: usize,
    operators: usize,
    bytes: usize,
    /// Bytes of pictures in the content.
    inline: usize,
}

impl Content {
    /// The content of a page.
    pub(super) fn of(
        objects: &mut Objects<'_>,
        contents: &Object,
        resources: &Dict,
    ) -> Result<Self, PdfError> {
        let _permit = Permit::for_picture(0, CONTENT_ROOM, 0);
        let mut bytes = Vec::new();
        let parts = match (contents, objects.resolve(contents)?) {
            (_, Object::Array(parts)) => parts,
            (Object::Reference(_), Object::Null) => {
                let missing = "the content of this page is missing: copy the file again";
                return Err(PdfError::Damaged(missing));
            }
            _ => vec![contents.clone()],
        };
        for part in parts {
            let Some(stream) = objects.stream(&part)? else { continue };
            let room = MAX_CONTENT.saturating_sub(bytes.len());
            if room == 0 {
                return Err(TOO_MUCH);
            }
            bytes.extend(objects.unpack(&stream, room)?.plain()?);
            bytes.push(b'\n');
        }
        let mut content = Self::default();
        let state = State { matrix: Matrix::ONE, ink: [0; 3] };
        let read = content.read(objects, &bytes, resources, state, MAX_DEPTH);
        objects.worked(content.operators * EACH_OPERATOR);
        read.map(|()| content)
    }

    fn read(
        &mut self,
        objects: &mut Objects<'_>,
        bytes: &[u8],
        resources: &Dict,
        mut state: State,
        depth: usize,
    ) -> Result<(), PdfError> {
        let (mut lexer, mut operands, mut states) =
            (Lexer::of_few(bytes, MAX_WITHIN), Vec::new(), Vec::new());
        let mut names = Names::new(resources);
        objects.worked(bytes.len());
        while let Some(object) = lexer.object() {
            let Object::Word(word) = object else {
                operands.push(object);
                operands.truncate(MAX_OPERANDS);
                continue;
            };
            self.operators += 1;
            if self.operators > MAX_OPERATORS || self.placed.len() > MAX_PLACED {
                return Err(TOO_MUCH);
            }
            match word.as_slice() {
                b"q" if states.len() < MAX_STATES => states.push(state),
                b"Q" => state = states.pop().unwrap_or(state),
                b"Do" => self.paint(objects, operands.first(), &mut names, state, depth)?,
                b"BI" => {
                    let colours = names.colours(objects)?;
                    self.operators += colours.len() / NAMES_EACH;
                    let stream = inline(&mut lexer, colours)?;
                    self.inline += stream.raw.len() + stream.dict.weight();
                    if self.inline > MAX_KEPT {
                        return Err(TOO_MUCH);
                    }
                    self.place(Image::Inline(stream), state);
                }
                word => self.change(word, &operands, &mut state),
            }
            operands.clear();
        }
        if lexer.is_spent() { Err(TOO_MUCH) } else { Ok(()) }
    }

    /// What other operators change.
    fn change(&mut self, word: &[u8], operands: &[Object], state: &mut State) {
        let numbers: Vec<f64> = operands.iter().filter_map(Object::number).collect();
        match word {
            b"cm" => {
                if let Some(matrix) = Matrix::of(&numbers) {
                    state.matrix = matrix.then(state.matrix);
                }
            }
            b"g" | b"rg" | b"k" | b"sc" | b"scn" => {
                state.ink = ink(&numbers).unwrap_or(state.ink);
            }
            b"re" | b"l" | b"c" | b"v" | b"y" => self.path += 1,
            b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" | b"S" | b"s" | b"sh" => {
                self.drawn += std::mem::take(&mut self.path).max(1);
            }
            b"n" => self.path = 0,
            _ => {}
        }
    }

    /// A picture, or content of its own.
    fn paint(
        &mut self,
        objects: &mut Objects<'_>,
        name: Option<&Object>,
        names: &mut Names<'_>,
        mut state: State,
        depth: usize,
    ) -> Result<(), PdfError> {
        let name = name.unwrap_or(&Object::Null).name();
        let Named { object: named, said: dict, of } = names.picture(objects, name)?;
        self.operators += of / NAMES_EACH;
        if matches!(named, Object::Reference(_)) && dict.len() == 0 {
            return Err(PdfError::Damaged(
                "a picture of this page is missing: copy the file again",
            ));
        }
        if objects.entry(&dict, "Subtype")?.name() == b"Image" {
            if !matches!(named, Object::Reference(_)) {
                return Err(PdfError::Damaged("a picture without data"));
            }
            self.place(Image::Named(named.clone()), state);
            return Ok(());
        }
        let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
        let Some(stream) = objects.stream(named)? else { return Ok(()) };
        let matrix = objects.entry(&dict, "Matrix")?;
        let numbers: Vec<f64> = matrix.array().iter().filter_map(Object::number).collect();
        if let Some(matrix) = Matrix::of(&numbers) {
            state.matrix = matrix.then(state.matrix);
        }
        let own = objects.entry(&dict, "Resources")?;
        let bytes = objects.unpack(&stream, MAX_CONTENT)?.plain()?;
        self.bytes += stream.raw.len() + bytes.len() + EACH_CONTENT;
        if self.bytes > ALL_CONTENT {
            return Err(TOO_MUCH);
        }
        self.read(objects, &bytes, own.dict().unwrap_or(names.resources), state, depth)
    }

    fn place(&mut self, image: Image, state: State) {
        self.placed.push(Placed { image, matrix: state.matrix, ink: state.ink });
    }
}

/// A colour of one, three or four numbers.
fn ink(numbers: &[f64]) -> Option<[u8; 3]> {
    let value = |number: f64| (number.clamp(0.0, 1.0) * 255.0).round() as u8;
    match *numbers {
        [grey] => Some([value(grey); 3]),
        [red, green, blue] => Some([red, green, blue].map(value)),
        [cyan, magenta, yellow, black] => {
            Some([cyan, magenta, yellow].map(|ink| value((1.0 - ink) * (1.0 - black))))
        }
        _ => None,
    }
}

/// A picture within the content: its dictionary without brackets, `ID`, a space, its bytes, `EI`.
fn inline(lexer: &mut Lexer<'_>, colours: &Dict) -> Result<Stream, PdfError> {
    const DAMAGED: PdfError = PdfError::Damaged("a picture in its content does not end");
    let mut entries = Vec::new();
    while !lexer.word("ID") {
        let (Some(key), Some(value)) = (lexer.object(), lexer.object()) else {
            return Err(DAMAGED);
        };
        if entries.len() == MAX_SAID {
            return Err(TOO_MUCH);
        }
        entries.push((key.name().to_vec(), value));
    }
    lexer.skip(1);
    let rest = lexer.rest();
    let is_end = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| rest.get(before));
        let after = rest.get(at + 2).copied().unwrap_or(b' ');
        before.is_some_and(|byte| is_space(*byte)) && is_space(after)
    };
    // Bytes that look like an end are followed by more of the picture, and no words.
    let is_text = |at: &usize| {
        let after = rest.get(at + 2..).unwrap_or_default().iter().take(12);
        after.into_iter().all(|byte| byte.is_ascii_graphic() || is_space(*byte))
    };
    let ends = rest.windows(2).enumerate().filter(|(_, pair)| *pair == b"EI").map(|(at, _)| at);
    let end = ends.filter(is_end).find(is_text).ok_or(DAMAGED)?;
    lexer.skip(end + 2);
    // Colours that have a name on the page.
    let is_colour = |(key, _): &&mut (Vec<u8>, Object)| matches!(&key[..], b"CS" | b"ColorSpace");
    if let Some((_, value)) = entries.iter_mut().find(is_colour) {
        match colours.get(std::str::from_utf8(value.name()).unwrap_or_default()) {
            Object::Null => {}
            colour => *value = colour.clone(),
        }
    }
    let raw: Rc<[u8]> = rest.get(..end).unwrap_or_default().into();
    Ok(Stream { dict: Dict::from_entries(entries), raw })
}
