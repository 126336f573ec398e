//! Animations, GIF and APNG, frame by frame as a viewer shows them.

use super::picture::{Loaded, PictureError, check_size, limits};
use super::room::{Permit, READING_BYTES};
use crate::raster::Picture;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::{AnimationDecoder, Frames, ImageDecoder, RgbaImage};
use std::io::{BufRead, Seek};
use std::sync::mpsc;

/// Frames that wait to be taken.
const FRAMES_AHEAD: usize = 1;
/// Bytes a pixel that a decoder keeps: what is shown, what was shown before, the next frame.
const DECODER_BYTES: u64 = 12;
/// Bytes a pixel of a frame until it has been read: in four channels, then as it is read.
const FRAME_BYTES: u64 = 4 + READING_BYTES;
/// Frames of a long animation that its length accounts for.
const ACCOUNTED_FRAMES: u64 = 32;

/// A frame of an animation, not yet a [`Picture`], with its room.
#[derive(Debug)]
pub(super) struct AnimationFrame(RgbaImage, Permit);

impl AnimationFrame {
    /// The frame on black.
    ///
    /// # Errors
    /// [`PictureError::TooLarge`], never for a frame that was read.
    pub(super) fn into_picture(self) -> Result<Loaded, PictureError> {
        let (width, height) = self.0.dimensions();
        let picture = Picture::from_rgba(width as usize, height as usize, &self.0);
        let picture = picture.ok_or(PictureError::TooLarge { width, height })?;
        Ok(Loaded::new(picture, self.1))
    }
}

/// The frames of an animation.
pub(super) type AnimationFrames = mpsc::IntoIter<Result<AnimationFrame, PictureError>>;

/// A decoder that is open: the size of its pictures, and the pictures.
type Opened = ((u32, u32), Frames<'static>);

/// Decodes on a thread of its own (the decoders cannot move between threads), which ends when the
/// frames are dropped. The file has `length` bytes.
fn decoded(
    open: impl FnOnce() -> Result<Opened, PictureError> + Send + 'static,
    length: u64,
) -> AnimationFrames {
    let (send, frames) = mpsc::sync_channel(FRAMES_AHEAD);
    std::thread::spawn(move || {
        if let Err(error) = decode_all(open, length, &send) {
            let _ = send.send(Err(error));
        }
    });
    frames.into_iter()
}

fn decode_all(
    open: impl FnOnce() -> Result<Opened, PictureError>,
    length: u64,
    send: &mpsc::SyncSender<Result<AnimationFrame, PictureError>>,
) -> Result<(), PictureError> {
    let ((width, height), frames) = open()?;
    let pixels = u64::from(width) * u64::from(height);
    let too_large = || PictureError::TooLarge { width, height };
    // Both have to fit beside each other.
    Permit::ahead(pixels * (DECODER_BYTES + FRAME_BYTES), length).ok_or_else(too_large)?;
    let _decoder = Permit::ahead(pixels * DECODER_BYTES, length / 2).ok_or_else(too_large)?;
    for frame in frames {
        let share = length / ACCOUNTED_FRAMES;
        let permit = Permit::ahead(pixels * FRAME_BYTES, share).ok_or_else(too_large)?;
        let frame = AnimationFrame(frame?.into_buffer(), permit);
        if send.send(Ok(frame)).is_err() {
            break;
        }
    }
    Ok(())
}

fn prepared<D: ImageDecoder>(mut decoder: D) -> Result<D, PictureError> {
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits())?;
    Ok(decoder)
}

/// The frames of a GIF file of `length` bytes; what is wrong with it comes in place of a frame.
pub(super) fn read_gif(
    source: impl BufRead + Seek + Send + 'static,
    length: u64,
) -> AnimationFrames {
    let open = || {
        let decoder = prepared(GifDecoder::new(source)?)?;
        Ok((decoder.dimensions(), decoder.into_frames()))
    };
    decoded(open, length)
}

/// The frames of a PNG file of `length` bytes that [`is_apng`]; what is wrong with it comes in place of a
/// frame.
pub(super) fn read_apng(
    source: impl BufRead + Seek + Send + 'static,
    length: u64,
) -> AnimationFrames {
    let open = || {
        let decoder = prepared(PngDecoder::new(source)?)?;
        Ok((decoder.dimensions(), decoder.apng()?.into_frames()))
    };
    decoded(open, length)
}

/// Whether a PNG file is an animation.
pub(crate) fn is_apng(source: impl BufRead + Seek) -> bool {
    PngDecoder::new(source).is_ok_and(|decoder| decoder.is_apng().unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::form::Form;
    use crate::media::sinks::{Playback, StreamKind};
    use crate::media::{Effort, encode_png};
    use crate::raster::IndexedFrame;
    use std::io::Cursor;

    /// Three frames, each of another colour in half of its pixels.
    fn three() -> [IndexedFrame; 3] {
        [1u8, 4, 6].map(|colour| IndexedFrame {
            width: 9,
            height: 4,
            pixels: (0..36).map(|i| if i % 2 == 0 { colour } else { 0 }).collect(),
        })
    }

    fn check(reading: AnimationFrames) {
        let mut count = 0;
        for (frame, shown) in reading.zip(three()) {
            let picture = frame.unwrap().into_picture().unwrap().into_picture();
            assert_eq!(Some(picture), shown.to_picture());
            count += 1;
        }
        assert_eq!(count, 3);
    }

    fn written(kind: StreamKind) -> Vec<u8> {
        let playback = Playback { fps: 15, plays: 0, shown: 3, screen: None };
        let mut framing = kind.framing((9, 4), &playback).unwrap();
        let mut bytes = Vec::new();
        framing.begin(&mut bytes).unwrap();
        for (number, frame) in three().iter().enumerate() {
            let form: Form = kind.form();
            framing.frame(number as u64, &form.render(frame).unwrap(), &mut bytes).unwrap();
        }
        framing.end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn frames_come_back_as_they_were() {
        let apng = written(StreamKind::Apng);
        assert!(is_apng(Cursor::new(apng.clone())));
        check(read_apng(Cursor::new(apng), 1000));
        check(read_gif(Cursor::new(written(StreamKind::Gif)), 1000));
    }

    #[test]
    fn delays_of_a_gif_add_up_to_its_frame_rate() {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::Indexed);
        let bytes = written(StreamKind::Gif);
        let mut decoder = options.read_info(bytes.as_slice()).unwrap();
        let mut delays = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            delays.push(frame.delay);
        }
        assert_eq!(delays, [7, 6, 7]);
    }

    #[test]
    fn a_single_picture_is_no_animation_and_damage_is_an_error() {
        let single = encode_png(&three()[0], Effort::Fast).unwrap();
        let (apng, gif) = (written(StreamKind::Apng), written(StreamKind::Gif));
        assert!(!is_apng(Cursor::new(single)) && !is_apng(Cursor::new(gif.clone())));
        for mut bytes in [apng, gif] {
            bytes.truncate(bytes.len() - 20);
            let readings =
                [read_apng(Cursor::new(bytes.clone()), 1000), read_gif(Cursor::new(bytes), 1000)];
            for mut reading in readings {
                assert!(reading.any(|frame| frame.is_err()));
            }
        }
    }
}
