//! Animations, GIF and APNG, frame by frame as a viewer shows them.

use super::read::{PictureError, check_size, limits};
use crate::raster::Picture;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::{AnimationDecoder, Frames, ImageDecoder, RgbaImage};
use std::io::{BufRead, Seek};
use std::sync::mpsc;

/// A frame of an animation, not yet a [`Picture`].
#[derive(Debug)]
pub(super) struct AnimationFrame(RgbaImage);

impl AnimationFrame {
    /// The frame on black.
    ///
    /// # Errors
    /// [`PictureError::TooLarge`], never for a frame that was read.
    pub(crate) fn into_picture(self) -> Result<Picture, PictureError> {
        let (width, height) = self.0.dimensions();
        Picture::from_rgba(width as usize, height as usize, &self.0)
            .ok_or(PictureError::TooLarge { width, height })
    }
}

/// The frames of an animation.
pub(super) type AnimationFrames = mpsc::IntoIter<Result<AnimationFrame, PictureError>>;

/// Frames that wait to be taken.
const FRAMES_AHEAD: usize = 2;

/// Decodes on a thread of its own (the decoders cannot move between threads), which ends when the
/// frames are dropped.
fn decoded(
    open: impl FnOnce() -> Result<Frames<'static>, PictureError> + Send + 'static,
) -> AnimationFrames {
    let (send, frames) = mpsc::sync_channel(FRAMES_AHEAD);
    std::thread::spawn(move || match open() {
        Err(error) => drop(send.send(Err(error))),
        Ok(frames) => {
            for frame in frames {
                let failed = frame.is_err();
                let frame = frame.map(|frame| AnimationFrame(frame.into_buffer()));
                if send.send(frame.map_err(PictureError::Damaged)).is_err() || failed {
                    break;
                }
            }
        }
    });
    frames.into_iter()
}

fn prepared<D: ImageDecoder>(mut decoder: D) -> Result<D, PictureError> {
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits()).map_err(PictureError::Damaged)?;
    Ok(decoder)
}

/// The frames of a GIF file; what is wrong with it comes in place of a frame.
pub(crate) fn read_gif(source: impl BufRead + Seek + Send + 'static) -> AnimationFrames {
    decoded(|| {
        let decoder = GifDecoder::new(source).map_err(PictureError::Damaged)?;
        Ok(prepared(decoder)?.into_frames())
    })
}

/// The frames of a PNG file that [`is_apng`]; what is wrong with it comes in place of a frame.
pub(crate) fn read_apng(source: impl BufRead + Seek + Send + 'static) -> AnimationFrames {
    decoded(|| {
        let decoder = prepared(PngDecoder::new(source).map_err(PictureError::Damaged)?)?;
        Ok(decoder.apng().map_err(PictureError::Damaged)?.into_frames())
    })
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
            assert_eq!(Some(frame.unwrap().into_picture().unwrap()), shown.to_picture());
            count += 1;
        }
        assert_eq!(count, 3);
    }

    fn written(kind: StreamKind) -> Vec<u8> {
        let playback = Playback { fps: 15, plays: 0, shown: 3 };
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
        check(read_apng(Cursor::new(apng)));
        check(read_gif(Cursor::new(written(StreamKind::Gif))));
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
            let readings = [read_apng(Cursor::new(bytes.clone())), read_gif(Cursor::new(bytes))];
            for mut reading in readings {
                assert!(reading.any(|frame| frame.is_err()));
            }
        }
    }
}
