//! Uncompressed video: YUV4MPEG2 ("Y4M", as mjpegtools' yuv4mpeg(5) describes it), 8 bits a sample.
//!
//! What `ffmpeg -f yuv4mpegpipe` writes, and what players read.

use super::framing::Framing;
use super::picture::{PictureError, check_size};
use super::room::{Permit, READING_BYTES};
use crate::raster::{Chroma, IndexedFrame, Picture, Rows, Subsampling, Yuv};
use std::io::{BufRead, Read, Write};

/// What every stream begins with.
const SIGNATURE: &[u8] = b"YUV4MPEG2";
/// Bytes of a frame that are believed before they come.
const MAX_AHEAD: usize = 64 << 20;
/// Frames of a video that its file's length accounts for.
const ACCOUNTED_FRAMES: u64 = 32;
/// Header lines are at most this long.
const MAX_LINE: u64 = 4096;

/// What all frames of a stream share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format {
    width: usize,
    height: usize,
    /// `None`: no colour.
    chroma: Option<Subsampling>,
    /// Samples from 0 to 255 instead of 16 to 235 and 240.
    full_range: bool,
}

impl Format {
    /// Columns and rows of a chroma plane.
    fn chroma_size(&self) -> (usize, usize) {
        self.chroma.map_or((0, 0), |chroma| chroma.size(self.width, self.height))
    }

    fn frame_bytes(&self) -> usize {
        let (columns, rows) = self.chroma_size();
        self.width * self.height + 2 * columns * rows
    }

    /// From the line that begins a stream.
    fn parse(line: &[u8]) -> Result<Self, PictureError> {
        let text = std::str::from_utf8(line).map_err(|_| PictureError::Video("damaged header"))?;
        let (mut width, mut height) = (0, 0);
        let mut chroma = Some(Subsampling::JPEG_420);
        let mut full_range = false;
        for field in text.split_ascii_whitespace().skip(1) {
            let (kind, value) = field.split_at(field.chars().next().map_or(0, char::len_utf8));
            match kind {
                "W" => width = value.parse().unwrap_or(0),
                "H" => height = value.parse().unwrap_or(0),
                "C" => chroma = parse_chroma(value)?,
                "X" if value == "COLORRANGE=FULL" => full_range = true,
                _ => {}
            }
        }
        check_size(width, height)?;
        Ok(Self { width: width as usize, height: height as usize, chroma, full_range })
    }
}

fn parse_chroma(value: &str) -> Result<Option<Subsampling>, PictureError> {
    let chroma = |columns, rows, centred| Ok(Some(Subsampling { columns, rows, centred }));
    match value {
        "mono" => Ok(None),
        "420" | "420jpeg" => chroma(2, 2, true),
        "420mpeg2" | "420paldv" => chroma(2, 2, false),
        "422" => chroma(2, 1, false),
        "444" => chroma(1, 1, false),
        _ => Err(PictureError::Video("its samples are not 8 bits, 4:2:0, 4:2:2 or 4:4:4")),
    }
}

/// A frame as it came: planes of brightness and chroma.
#[derive(Debug, PartialEq)]
pub struct YuvFrame {
    format: Format,
    samples: Vec<u8>,
}

/// Reads the frames of a stream.
#[derive(Debug)]
pub struct Y4mReader<R> {
    source: R,
    format: Format,
}

impl<R: BufRead> Y4mReader<R> {
    /// Reads the stream's header.
    ///
    /// # Errors
    /// [`PictureError::Video`] if it is not one that can be read; the source comes back.
    pub fn new(mut source: R) -> Result<Self, (PictureError, R)> {
        match Self::header(&mut source) {
            Ok(format) => Ok(Self { format, source }),
            Err(error) => Err((error, source)),
        }
    }

    fn header(source: &mut R) -> Result<Format, PictureError> {
        let line = line(source)?.ok_or(PictureError::Video("no frame"))?;
        if !line.starts_with(SIGNATURE) {
            return Err(PictureError::Video("not a Y4M stream"));
        }
        Format::parse(&line)
    }

    /// Where the stream comes from.
    pub fn source(&mut self) -> &mut R {
        &mut self.source
    }

    /// Room for the next frame, of a stream that was made from a file of `length` bytes; one that comes
    /// as it is accounts for itself.
    ///
    /// # Errors
    /// [`PictureError::TooLarge`].
    pub(super) fn room(&self, length: Option<u64>) -> Result<Permit, PictureError> {
        let Format { width, height, .. } = self.format;
        let frame = self.format.frame_bytes() as u64;
        let length = length.map_or(frame, |length| length / ACCOUNTED_FRAMES);
        let bytes = frame + READING_BYTES * (width * height) as u64;
        let too_large = || PictureError::TooLarge { width: width as u32, height: height as u32 };
        Permit::ahead(bytes, length).ok_or_else(too_large)
    }

    /// The next frame; `None` at the end.
    ///
    /// # Errors
    /// If the stream is damaged or ends inside a frame.
    pub fn next_frame(&mut self) -> Result<Option<YuvFrame>, PictureError> {
        let Some(line) = line(&mut self.source)? else { return Ok(None) };
        if !line.starts_with(b"FRAME") {
            return Err(PictureError::Video("damaged between two frames"));
        }
        let length = self.format.frame_bytes();
        let mut samples = Vec::with_capacity(length.min(MAX_AHEAD));
        self.source.by_ref().take(length as u64).read_to_end(&mut samples)?;
        if samples.len() < length {
            return Err(PictureError::Video("it ends inside a frame"));
        }
        Ok(Some(YuvFrame { format: self.format, samples }))
    }
}

/// A line without its end; `None` at the end of the stream.
pub(super) fn line(source: &mut impl BufRead) -> Result<Option<Vec<u8>>, PictureError> {
    let mut line = Vec::new();
    source.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(PictureError::Video("a header without end")),
    }
}

impl YuvFrame {
    /// Bytes of its samples.
    pub(super) fn bytes(&self) -> u64 {
        self.samples.len() as u64
    }

    /// The frame in RGB.
    ///
    /// # Errors
    /// [`PictureError::TooLarge`] never for a frame of [`Y4mReader`].
    pub fn to_picture(&self) -> Result<Picture, PictureError> {
        let Format { width, height, chroma, full_range } = self.format;
        let (luma, colour) = self.samples.split_at(width * height);
        let (columns, rows) = self.format.chroma_size();
        let (u, v) = colour.split_at(columns * rows);
        let plane = |bytes| Rows { bytes, stride: columns };
        let yuv = Yuv {
            width,
            height,
            luma: Rows { bytes: luma, stride: width },
            chroma: match chroma {
                None => Chroma::None,
                Some(_) => Chroma::Planar { u: plane(u), v: plane(v) },
            },
            subsampling: chroma.unwrap_or(Subsampling::JPEG_420),
            full_range,
        };
        let too_large = PictureError::TooLarge { width: width as u32, height: height as u32 };
        yuv.to_picture().ok_or(too_large)
    }
}

/// The eight colours of frames as Y, U, V of limited range, in the order of their indices.
fn palette() -> [[u8; 3]; IndexedFrame::COLOURS] {
    std::array::from_fn(|index| {
        let [r, g, b] = IndexedFrame::channels(index as u8).map(|full| f64::from(u8::from(full)));
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        let (u, v) = ((b - luma) / 1.772, (r - luma) / 1.402);
        [16.0 + 219.0 * luma, 128.0 + 224.0 * u, 128.0 + 224.0 * v].map(|v| v.round() as u8)
    })
}

/// A frame as it is in a stream.
pub(super) fn frame_bytes(frame: &IndexedFrame) -> Vec<u8> {
    let palette = palette();
    let mut bytes = Vec::with_capacity(frame.pixels.len() * 3 + 6);
    bytes.extend(b"FRAME\n");
    for plane in 0..3 {
        let values = palette.map(|colour| colour[plane]);
        bytes.extend(frame.pixels.iter().map(|&pixel| values[usize::from(pixel & 7)]));
    }
    bytes
}

/// A stream of such frames, with full chroma.
pub(super) struct Y4m {
    /// Width and height of a frame.
    pub(super) size: (usize, usize),
    /// Frames a second.
    pub(super) fps: u32,
}

impl Framing for Y4m {
    fn begin(&mut self, target: &mut dyn Write) -> std::io::Result<()> {
        let Self { size: (width, height), fps } = self;
        writeln!(target, "YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C444 XCOLORRANGE=LIMITED")
    }

    fn frame(&mut self, _: u64, bytes: &[u8], target: &mut dyn Write) -> std::io::Result<()> {
        target.write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Picture, PictureError> {
        let mut reader = Y4mReader::new(bytes).map_err(|(error, _)| error)?;
        reader.next_frame()?.ok_or(PictureError::Video("empty"))?.to_picture()
    }

    fn stream(head: &str, samples: &[u8]) -> Vec<u8> {
        [format!("YUV4MPEG2 {head}\nFRAME\n").as_bytes(), samples].concat()
    }

    #[test]
    fn frames_come_back_in_their_colours() {
        let frame = IndexedFrame { width: 7, height: 3, pixels: (0..21).map(|i| i % 8).collect() };
        let mut bytes = Vec::new();
        Y4m { size: (7, 3), fps: 15 }.begin(&mut bytes).unwrap();
        bytes.extend(frame_bytes(&frame));
        bytes.extend(frame_bytes(&frame));
        let mut reader = Y4mReader::new(bytes.as_slice()).unwrap();
        for _ in 0..2 {
            let picture = reader.next_frame().unwrap().unwrap().to_picture().unwrap();
            for (i, &index) in frame.pixels.iter().enumerate() {
                let expected = IndexedFrame::rgb(index).map(i32::from);
                let got = picture.pixel(i % 7, i / 7).unwrap().map(i32::from);
                let near =
                    got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 4);
                assert!(near, "{index}: {got:?}");
            }
        }
        assert!(reader.next_frame().unwrap().is_none());
    }

    #[test]
    fn chroma_lies_where_the_header_says() {
        // Brightness even, blue-difference a step from 128 to 192 between two chroma columns.
        let chroma = vec![128, 192, 128, 192];
        let samples = [vec![100; 16], chroma, vec![128; 4]].concat();
        let blue = |head: &str| {
            let picture = read(&stream(head, &samples)).unwrap();
            [0, 1, 2, 3].map(|x| picture.pixel(x, 1).unwrap()[2])
        };
        let step = |quarters: f64| (100.0 + 1.772 * 64.0 * quarters / 4.0).round() as u8;
        assert_eq!(blue("W4 H4 C420jpeg XCOLORRANGE=FULL"), [0.0, 1.0, 3.0, 4.0].map(step));
        assert_eq!(blue("W4 H4 C420mpeg2 XCOLORRANGE=FULL"), [0.0, 2.0, 4.0, 4.0].map(step));
    }

    #[test]
    fn odd_sizes_and_grey_are_read() {
        let picture = read(&stream("W3 H3 Cmono XCOLORRANGE=FULL", &[9; 9])).unwrap();
        assert_eq!(picture.pixel(2, 2), Some([9; 3]));
        let samples = [vec![50; 9], vec![128; 8]].concat();
        let picture = read(&stream("W3 H3 F30:1 C420 XCOLORRANGE=FULL", &samples)).unwrap();
        assert_eq!(picture.pixel(2, 2), Some([50; 3]));
    }

    #[test]
    fn other_and_cut_streams_are_errors() {
        for bytes in [
            stream("W4 H4 C420p10", &[0; 99]),
            stream("W4 H4 C444", &[0; 47]),
            stream("W4", &[0; 99]),
            stream("W99999 H4", &[0; 99]),
            b"YUV4MPEG2 W4 H4".to_vec(),
            b"YUV4MPEG2 W4 H4\nFRAMES".to_vec(),
            vec![b'Y'; 9000],
        ] {
            assert!(read(&bytes).is_err(), "{:?}", String::from_utf8_lossy(&bytes[..20]));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_error_or_a_picture(head in "[WHC0-9 a-z]{0,20}", body: Vec<u8>) {
            let _ = read(&stream(&head, &body));
            let _ = read(&body);
        }
    }
}
