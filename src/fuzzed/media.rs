//! Files of pictures and streams of them.

use super::input::Input;
use crate::media::fuzzed::{self, FRONT_BYTES, MAX_PIXELS, Splitter};
use crate::media::{Effort, Kind, Y4mReader, decode_picture, encode_png};
use crate::raster::{IndexedFrame, Picture};
use std::io::Read;

/// Pictures of a stream that are looked at.
const MOST: usize = 12;

/// An uncompressed video.
pub fn y4m(data: &[u8]) {
    let Ok(mut reader) = Y4mReader::new(data) else { return };
    for _ in 0..MOST {
        let Ok(Some(frame)) = reader.next_frame() else { return };
        check(&frame.to_picture().expect("a frame that was read"));
    }
}

/// A GIF animation.
pub fn gif(data: &[u8]) {
    fuzzed::gif(data).take(MOST).map_while(Result::ok).for_each(|picture| check(&picture));
}

/// An animated PNG.
pub fn apng(data: &[u8]) {
    fuzzed::apng(data).take(MOST).map_while(Result::ok).for_each(|picture| check(&picture));
}

/// A picture of any format.
pub fn picture(data: &[u8]) {
    if let Ok(picture) = decode_picture(data) {
        check(&picture);
    }
}

fn check(picture: &Picture) {
    let (width, height) = (picture.width(), picture.height());
    assert!(width * height > 0 && width as u64 * height as u64 <= MAX_PIXELS);
    assert_eq!(picture.rgb().len(), width * height * 3);
    let grey = picture.grey(2);
    assert_eq!(grey.values.len(), grey.width * grey.height);
}

/// The pages of a TIFF file.
pub fn tiff(data: &[u8]) {
    fuzzed::pages(data).take(MOST).map_while(Result::ok).for_each(|picture| check(&picture));
}

/// The pages of a PDF file.
pub fn pdf(data: &[u8]) {
    fuzzed::pdf_pages(data).take(MOST).filter_map(Result::ok).for_each(|picture| check(&picture));
}

/// A stream that gives a few bytes at a time.
struct Slowly<'a>(&'a [u8], usize);

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(buffer.len());
        self.0.read(&mut buffer[..count])
    }
}

/// Pictures one after the other, read in pieces of any size: each byte is in one picture or left out.
pub fn split(data: &[u8]) {
    let mut input = Input::new(data);
    let size = usize::from(input.byte()) + 1;
    let bytes = input.rest();
    let mut splitter = Splitter::new(Slowly(bytes, size));
    let mut given = 0;
    while let Some(split) = splitter.next_picture().expect("memory") {
        assert!(!split.bytes.is_empty());
        given += split.skipped as usize;
        assert!(bytes[given..].starts_with(&split.bytes));
        given += split.bytes.len();
    }
    assert_eq!(given + splitter.left_out() as usize, bytes.len());
}

/// What a file is, by its front alone.
pub fn kind(data: &[u8]) {
    let front = &data[..data.len().min(FRONT_BYTES as usize)];
    assert_eq!(Kind::of(data), Kind::of(front));
}

/// A frame to PNG and back.
pub fn png(data: &[u8]) {
    let mut input = Input::new(data);
    let (width, height) = (input.below(70) + 1, input.below(70) + 1);
    let effort = if input.byte() & 1 == 0 { Effort::Fast } else { Effort::Small };
    let mut pixels: Vec<u8> = input.rest().iter().map(|byte| byte & 7).collect();
    pixels.resize(width * height, IndexedFrame::WHITE);
    let frame = IndexedFrame { width, height, pixels };
    let png = encode_png(&frame, effort).expect("memory");
    assert_eq!(decode_picture(&png).ok(), frame.to_picture());
}
