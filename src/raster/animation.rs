//! Animations: GIF and APNG, read frame by frame as a viewer shows them, and written from indexed
//! frames.

use super::read::{PictureError, check_size, limits};
use super::write::{PALETTE, describe, io_error, packed};
use super::{IndexedFrame, Picture};
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::{AnimationDecoder, Frames, ImageDecoder, RgbaImage};
use png::{BlendOp, Compression, Encoder, Filter, Writer};
use std::io::{BufRead, Seek, Write};
use std::sync::mpsc;

/// A frame of an animation, not yet a [`Picture`].
#[derive(Debug)]
pub struct AnimationFrame(RgbaImage);

impl AnimationFrame {
    /// The frame on black.
    ///
    /// # Errors
    /// [`PictureError::TooLarge`], never for a frame that was read.
    pub fn into_picture(self) -> Result<Picture, PictureError> {
        let (width, height) = self.0.dimensions();
        let pixels = self.0.as_chunks::<4>().0;
        let rgb = pixels.iter().flat_map(|&[r, g, b, alpha]| {
            [r, g, b].map(|value| (u16::from(value) * u16::from(alpha) / 255) as u8)
        });
        Picture::new(width as usize, height as usize, rgb.collect())
            .ok_or(PictureError::TooLarge { width, height })
    }
}

/// The frames of an animation.
pub type AnimationFrames = mpsc::IntoIter<Result<AnimationFrame, PictureError>>;

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
pub fn read_gif(source: impl BufRead + Seek + Send + 'static) -> AnimationFrames {
    decoded(|| {
        let decoder = GifDecoder::new(source).map_err(PictureError::Damaged)?;
        Ok(prepared(decoder)?.into_frames())
    })
}

/// The frames of a PNG file that [`is_apng`]; what is wrong with it comes in place of a frame.
pub fn read_apng(source: impl BufRead + Seek + Send + 'static) -> AnimationFrames {
    decoded(|| {
        let decoder = prepared(PngDecoder::new(source).map_err(PictureError::Damaged)?)?;
        Ok(decoder.apng().map_err(PictureError::Damaged)?.into_frames())
    })
}

/// Whether a PNG file is an animation.
pub fn is_apng(source: impl BufRead + Seek) -> bool {
    PngDecoder::new(source).is_ok_and(|decoder| decoder.is_apng().unwrap_or(false))
}

/// Writes an animation as APNG.
pub struct ApngWriter<W: Write>(Writer<W>);

impl<W: Write> ApngWriter<W> {
    /// Begins an animation of `count` frames of this size, `fps` of them a second, played `plays`
    /// times (0: for ever).
    ///
    /// # Errors
    /// If `target` fails.
    pub fn new(
        target: W,
        (width, height): (usize, usize),
        count: u32,
        fps: u16,
        plays: u32,
    ) -> std::io::Result<Self> {
        let begin = || {
            let mut encoder = Encoder::new(target, width as u32, height as u32);
            describe(&mut encoder);
            encoder.set_compression(Compression::Balanced);
            encoder.set_filter(Filter::NoFilter);
            encoder.set_animated(count, plays)?;
            encoder.set_frame_delay(1, fps)?;
            encoder.set_blend_op(BlendOp::Source)?;
            encoder.write_header()
        };
        begin().map(Self).map_err(io_error)
    }

    /// Writes the next frame.
    ///
    /// # Errors
    /// If the target fails, or there are more frames than were announced.
    pub fn add(&mut self, frame: &IndexedFrame) -> std::io::Result<()> {
        self.0.write_image_data(&packed(frame)).map_err(io_error)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If the target fails, or there are fewer frames than were announced.
    pub fn finish(self) -> std::io::Result<()> {
        self.0.finish().map_err(io_error)
    }
}

/// A frame of a GIF file, compressed.
pub struct GifFrame(gif::Frame<'static>);

/// Compresses a frame for a GIF file.
pub fn gif_frame(frame: &IndexedFrame) -> GifFrame {
    let mut compressed = gif::Frame {
        width: frame.width as u16,
        height: frame.height as u16,
        buffer: frame.pixels.clone().into(),
        ..gif::Frame::default()
    };
    compressed.make_lzw_pre_encoded();
    GifFrame(compressed)
}

/// Writes an animation as GIF.
pub struct GifWriter<W: Write> {
    encoder: gif::Encoder<W>,
    fps: u32,
    written: u32,
}

impl<W: Write> GifWriter<W> {
    /// Begins an animation of frames of this size, `fps` of them a second, played `plays` times
    /// (0: for ever).
    ///
    /// # Errors
    /// If `target` fails.
    pub fn new(
        target: W,
        (width, height): (usize, usize),
        fps: u32,
        plays: u16,
    ) -> std::io::Result<Self> {
        let mut encoder =
            gif::Encoder::new(target, width as u16, height as u16, &PALETTE).map_err(gif_error)?;
        let repeat = match plays {
            0 => Some(gif::Repeat::Infinite),
            1 => None,
            plays => Some(gif::Repeat::Finite(plays - 1)),
        };
        if let Some(repeat) = repeat {
            encoder.set_repeat(repeat).map_err(gif_error)?;
        }
        Ok(Self { encoder, fps, written: 0 })
    }

    /// Writes the next frame.
    ///
    /// # Errors
    /// If the target fails.
    pub fn add(&mut self, GifFrame(mut frame): GifFrame) -> std::io::Result<()> {
        // Delays are whole hundredths: each frame ends at the hundredth nearest to its time.
        let end =
            |frames: u32| (u64::from(frames) * 100 + u64::from(self.fps) / 2) / u64::from(self.fps);
        frame.delay = (end(self.written + 1) - end(self.written)) as u16;
        self.written += 1;
        self.encoder.write_lzw_pre_encoded_frame(&frame).map_err(gif_error)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If the target fails.
    pub fn finish(self) -> std::io::Result<()> {
        self.encoder.into_inner().map(drop).map_err(gif_error)
    }
}

fn gif_error(error: gif::EncodingError) -> std::io::Error {
    match error {
        gif::EncodingError::Io(error) => error,
        other => std::io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Effort, write_frame};
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
            let picture = frame.unwrap().into_picture().unwrap();
            for (i, &index) in shown.pixels.iter().enumerate() {
                let expected = [4, 2, 1].map(|bit| if index & bit == 0 { 0 } else { 255 });
                assert_eq!(picture.pixel(i % 9, i / 9), Some(expected));
            }
            count += 1;
        }
        assert_eq!(count, 3);
    }

    fn apng() -> Vec<u8> {
        let mut bytes = Vec::new();
        let frames = three();
        let mut writer = ApngWriter::new(&mut bytes, (9, 4), 3, 15, 0).unwrap();
        frames.iter().for_each(|frame| writer.add(frame).unwrap());
        writer.finish().unwrap();
        bytes
    }

    fn gif() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = GifWriter::new(&mut bytes, (9, 4), 15, 0).unwrap();
        three().iter().for_each(|frame| writer.add(gif_frame(frame)).unwrap());
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn frames_come_back_as_they_were() {
        assert!(is_apng(Cursor::new(apng())));
        check(read_apng(Cursor::new(apng())));
        check(read_gif(Cursor::new(gif())));
    }

    #[test]
    fn delays_of_a_gif_add_up_to_its_frame_rate() {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::Indexed);
        let bytes = gif();
        let mut decoder = options.read_info(bytes.as_slice()).unwrap();
        let mut delays = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            delays.push(frame.delay);
        }
        assert_eq!(delays, [7, 6, 7]);
    }

    #[test]
    fn a_single_picture_is_no_animation_and_damage_is_an_error() {
        let mut single = Vec::new();
        write_frame(&three()[0], Effort::Fast, &mut single).unwrap();
        assert!(!is_apng(Cursor::new(single)) && !is_apng(Cursor::new(gif())));
        for mut bytes in [apng(), gif()] {
            bytes.truncate(bytes.len() - 20);
            let readings = [read_apng(Cursor::new(bytes.clone())), read_gif(Cursor::new(bytes))];
            for mut reading in readings {
                assert!(reading.any(|frame| frame.is_err()));
            }
        }
    }
}
