//! A stream of pictures, one after the other, cut into pictures: PNG, JPEG and PNM, as
//! `ffmpeg -f image2pipe`, `cat`, webcams and this program write them; with anything at all before,
//! between and behind them, as phones and servers leave it.

use super::picture::{MAX_PIXELS, check_size};
use std::io::{ErrorKind, Read, Result};

/// A picture of a stream is at most this long, in bytes.
const MAX_BYTES: usize = MAX_PIXELS as usize;
/// Bytes that are read at a time.
const STEP_BYTES: usize = 1 << 16;
/// A PNM header, with its comments, is at most this long.
const MAX_PNM_HEADER: usize = 4096;
/// What each PNG begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A picture of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// The picture.
    pub(crate) bytes: Vec<u8>,
    /// Bytes before it that are no picture.
    pub(crate) skipped: u64,
    /// Whether the stream ends before it does.
    pub(crate) cut: bool,
}

/// Where a picture ends that begins somewhere.
enum End {
    /// There.
    At(usize),
    /// The stream ends before, when enough is there to show something.
    Cut,
    /// It is none.
    Nowhere,
}

/// Cuts a stream.
#[derive(Debug)]
pub(crate) struct Splitter<R> {
    source: R,
    /// What has been read; from `start` on it has not been taken.
    buffer: Vec<u8>,
    /// Moving the rest up for every signature would take hours for a file that is full of them.
    start: usize,
    ended: bool,
    skipped: u64,
}

impl<R: Read> Splitter<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), start: 0, ended: false, skipped: 0 }
    }

    /// The next picture; `None` at the end.
    ///
    /// # Errors
    /// If the stream cannot be read.
    pub(crate) fn next_picture(&mut self) -> Result<Option<Split>> {
        let mut searched = 0;
        loop {
            let Some(start) = self.signature(searched)? else {
                self.skip(self.rest().len());
                return Ok(None);
            };
            self.skip(start);
            let (length, cut) = match self.end()? {
                End::At(length) => (length, false),
                End::Cut => (self.rest().len(), true),
                End::Nowhere => {
                    searched = 1;
                    continue;
                }
            };
            let bytes = self.rest().get(..length).unwrap_or_default().to_vec();
            self.pass(length);
            return Ok(Some(Split { bytes, skipped: std::mem::take(&mut self.skipped), cut }));
        }
    }

    /// Bytes behind the last picture, after the end.
    pub(crate) fn left_out(&self) -> u64 {
        self.skipped
    }

    fn skip(&mut self, count: usize) {
        self.pass(count);
        self.skipped += count as u64;
    }

    fn pass(&mut self, count: usize) {
        self.start += count;
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..std::mem::take(&mut self.start));
        }
    }

    /// What has been read and not been taken.
    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Whether the rest has, or can be made to have, `length` bytes.
    fn has(&mut self, length: usize) -> Result<bool> {
        while self.rest().len() < length && !self.ended {
            if self.rest().len() >= MAX_BYTES {
                return Ok(false);
            }
            let before = self.buffer.len();
            self.buffer.resize(before + STEP_BYTES, 0);
            let read = match self.source.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => Ok(0),
                Ok(0) => {
                    self.ended = true;
                    Ok(0)
                }
                other => other,
            };
            self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
            read?;
        }
        Ok(self.rest().len() >= length)
    }

    fn byte(&mut self, at: usize) -> Result<Option<u8>> {
        self.has(at + 1)?;
        Ok(self.rest().get(at).copied())
    }

    fn array<const N: usize>(&mut self, at: usize) -> Result<Option<[u8; N]>> {
        self.has(at + N)?;
        Ok(self.rest().get(at..).and_then(|rest| rest.first_chunk()).copied())
    }

    /// Where the next picture may begin, from `from` on; what lies before is dropped now and then.
    fn signature(&mut self, mut from: usize) -> Result<Option<usize>> {
        const LONGEST: usize = 8;
        loop {
            let more = self.has(from + LONGEST)?;
            let front = self.rest().get(from..).unwrap_or_default();
            let found = front.windows(3).position(|window| {
                matches!(
                    window,
                    [0x89, b'P', b'N']
                        | [0xFF, 0xD8, 0xFF]
                        | [b'P', b'1'..=b'7', b' ' | b'\n' | b'\r' | b'\t' | b'#']
                )
            });
            if let Some(at) = found {
                return Ok(Some(from + at));
            }
            if !more {
                return Ok(None);
            }
            let keep = self.rest().len().saturating_sub(LONGEST);
            self.skip(keep);
            from = 0;
            if !self.has(self.rest().len() + 1)? {
                return Ok(None);
            }
        }
    }

    /// The end of the picture that the rest begins with.
    fn end(&mut self) -> Result<End> {
        let (end, begun) = match self.rest().first() {
            Some(0x89) => self.png()?,
            Some(0xFF) => self.jpeg()?,
            _ => self.pnm()?,
        };
        Ok(match end {
            Some(end) if self.has(end)? => End::At(end),
            // A lying length is no reason to drop what follows.
            Some(_) if begun && self.ended && !self.holds_another()? => End::Cut,
            None if begun && self.ended && self.rest().len() < MAX_BYTES => End::Cut,
            _ => End::Nowhere,
        })
    }

    /// Whether another picture seems to begin within what would be the rest of one that is cut.
    fn holds_another(&mut self) -> Result<bool> {
        Ok(self.rest().get(PNG.len()..).unwrap_or_default().windows(8).any(|window| {
            window == PNG || matches!(window, [0xFF, 0xD8, 0xFF, 0xE0 | 0xE1 | 0xDB, ..])
        }))
    }

    /// The end of a PNG, as its chunks say, and whether it has any data.
    fn png(&mut self) -> Result<(Option<usize>, bool)> {
        if !self.has(PNG.len())? || !self.rest().starts_with(PNG) {
            return Ok((None, false));
        }
        let (mut at, mut begun) = (PNG.len(), false);
        loop {
            let Some([l0, l1, l2, l3, kind @ ..]) = self.array::<8>(at)? else {
                return Ok((None, begun));
            };
            if !kind.iter().all(u8::is_ascii_alphabetic) {
                return Ok((None, false));
            }
            let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
            begun |= &kind == b"IDAT";
            // The chunk's data and its CRC.
            let end = at.saturating_add(length).saturating_add(12);
            if &kind == b"IEND" || end > MAX_BYTES || !self.has(end)? {
                return Ok(((end <= MAX_BYTES).then_some(end), begun));
            }
            at = end;
        }
    }

    /// The end of a JPEG, by its marker segments (ITU-T T.81, annex B), and whether it has a scan.
    fn jpeg(&mut self) -> Result<(Option<usize>, bool)> {
        const END: u8 = 0xD9;
        const SCAN: u8 = 0xDA;
        let (mut at, mut begun) = (2, false);
        loop {
            let Some([first, marker]) = self.array::<2>(at)? else { return Ok((None, begun)) };
            match (first, marker) {
                (0xFF, END) => return Ok((Some(at + 2), begun)),
                // Fill bytes, and markers without data.
                (0xFF, 0xFF) => at += 1,
                (0xFF, 0x01 | 0xD0..=0xD7) => at += 2,
                (0xFF, 0x02..) => {
                    let Some(length) = self.array::<2>(at + 2)? else { return Ok((None, begun)) };
                    at += 2 + usize::from(u16::from_be_bytes(length).max(2));
                    if marker == SCAN {
                        begun = true;
                        match self.entropy_coded(at)? {
                            Some(end) => at = end,
                            None => return Ok((None, true)),
                        }
                    }
                }
                _ => return Ok((None, false)),
            }
        }
    }

    /// Where the data of a scan ends that begins somewhere: at the next marker.
    fn entropy_coded(&mut self, mut at: usize) -> Result<Option<usize>> {
        loop {
            self.has(at + 2)?;
            let rest = self.rest().get(at..).unwrap_or_default();
            match rest.iter().position(|byte| *byte == 0xFF) {
                Some(found) => at += found,
                None => {
                    at = self.rest().len();
                    if !self.has(at + 1)? {
                        return Ok(None);
                    }
                    continue;
                }
            }
            match self.byte(at + 1)? {
                // A stuffed byte, or a restart marker: the scan goes on.
                Some(0x00 | 0xD0..=0xD7) => at += 2,
                Some(_) => return Ok(Some(at)),
                None => return Ok(None),
            }
        }
    }

    /// The end of a PNM picture (netpbm's pbm(5) to pam(5)): header fields, then samples.
    fn pnm(&mut self) -> Result<(Option<usize>, bool)> {
        let Some([_, kind]) = self.array::<2>(0)? else { return Ok((None, false)) };
        let header = match kind {
            b'7' => self.pam_header()?,
            _ => self.pnm_header(kind)?,
        };
        let Some((start, bytes)) = header else { return Ok((None, false)) };
        if matches!(kind, b'1'..=b'3') {
            return Ok((self.text_end(start)?, true));
        }
        let end = usize::try_from(bytes).ok().and_then(|bytes| start.checked_add(bytes));
        Ok((end.filter(|end| *end <= MAX_BYTES), true))
    }

    /// Where samples begin, and their bytes.
    fn pnm_header(&mut self, kind: u8) -> Result<Option<(usize, u64)>> {
        let mut at = 2;
        let mut fields = [1u32; 3];
        let count = if matches!(kind, b'1' | b'4') { 2 } else { 3 };
        for field in fields.iter_mut().take(count) {
            let Some((number, end)) = self.number(at)? else { return Ok(None) };
            (*field, at) = (number, end);
        }
        let [width, height, maximum] = fields;
        if check_size(width, height).is_err() || maximum > 65_535 || maximum == 0 {
            return Ok(None);
        }
        let sample = if maximum > 255 { 2 } else { 1 };
        let row = match kind {
            b'4' => u64::from(width).div_ceil(8),
            b'5' => u64::from(width) * sample,
            _ => u64::from(width) * sample * 3,
        };
        Ok(Some((at + 1, row * u64::from(height))))
    }

    fn pam_header(&mut self) -> Result<Option<(usize, u64)>> {
        const END: &[u8] = b"ENDHDR\n";
        self.has(MAX_PNM_HEADER)?;
        let front = self.rest().get(..MAX_PNM_HEADER.min(self.rest().len())).unwrap_or_default();
        let Some(end) = front.windows(END.len()).position(|window| window == END) else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(front.get(..end).unwrap_or_default()).into_owned();
        let field = |name: &str| {
            let mut words = text.lines().filter_map(|line| line.split_once(' '));
            words.find(|(key, _)| *key == name).and_then(|(_, v)| v.trim().parse::<u32>().ok())
        };
        let (Some(width), Some(height), Some(depth @ 1..=4), Some(maximum @ 1..=65_535)) =
            (field("WIDTH"), field("HEIGHT"), field("DEPTH"), field("MAXVAL"))
        else {
            return Ok(None);
        };
        if check_size(width, height).is_err() {
            return Ok(None);
        }
        let sample = if maximum > 255 { 2 } else { 1 };
        let bytes = u64::from(width) * u64::from(height) * u64::from(depth) * sample;
        Ok(Some((end + END.len(), bytes)))
    }

    /// The end of samples that are written as numbers: where something else follows.
    fn text_end(&mut self, start: usize) -> Result<Option<usize>> {
        let mut at = start;
        while let Some(byte) = self.byte(at)? {
            if !byte.is_ascii_digit() && !byte.is_ascii_whitespace() {
                return Ok(Some(at));
            }
            at += 1;
        }
        Ok(self.ended.then_some(at))
    }

    /// The next number of a PNM header from `at` on, and where it ends; comments are passed over.
    fn number(&mut self, mut at: usize) -> Result<Option<(u32, usize)>> {
        let (mut number, mut comment): (Option<u32>, bool) = (None, false);
        while at < MAX_PNM_HEADER {
            match (self.byte(at)?, number) {
                (Some(b'\n' | b'\r'), None) => comment = false,
                (Some(_), None) if comment => {}
                (Some(digit @ b'0'..=b'9'), _) => {
                    let longer = number.unwrap_or(0).checked_mul(10);
                    let longer = longer.and_then(|n| n.checked_add(u32::from(digit - b'0')));
                    let Some(longer) = longer else { return Ok(None) };
                    number = Some(longer);
                }
                (Some(b'#'), None) => comment = true,
                (Some(byte), Some(number)) if byte.is_ascii_whitespace() => {
                    return Ok(Some((number, at)));
                }
                (Some(byte), None) if byte.is_ascii_whitespace() => {}
                _ => return Ok(None),
            }
            at += 1;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, ImageEncoder};
    use proptest::prelude::*;

    const RGB: [u8; 5 * 4 * 3] = [77; 60];

    fn png_file() -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.write_image(&RGB, 5, 4, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    fn jpeg_file() -> Vec<u8> {
        let mut bytes = Vec::new();
        let rgb: Vec<u8> = (0..64u32 * 64 * 3).map(|i| (i * i % 251) as u8).collect();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 100);
        encoder.write_image(&rgb, 64, 64, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    fn pictures() -> Vec<Vec<u8>> {
        vec![
            png_file(),
            jpeg_file(),
            [b"P6\n# a comment 5\n5 4\n255\n".as_slice(), &RGB].concat(),
            [b"P4\n12 3\n".as_slice(), &[0xA5; 6]].concat(),
            [b"P5 4 4 1000\n".as_slice(), &[1; 32]].concat(),
            b"P1\n# x\n3 2\n1 0 1\n0 1 0\n".to_vec(),
            b"P3 2 1 255\n1 2 3 4 5 6\n".to_vec(),
            [
                &b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"[..],
                &[9; 16],
            ]
            .concat(),
        ]
    }

    fn split(stream: &[u8]) -> (Vec<Split>, u64) {
        let mut splitter = Splitter::new(stream);
        let mut all = Vec::new();
        while let Some(split) = splitter.next_picture().unwrap() {
            all.push(split);
        }
        (all, splitter.left_out())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn pictures_come_out_whatever_lies_between_them(
            order in prop::collection::vec(0usize..8, 1..8),
            junk in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 9),
            step in 1usize..5000,
        ) {
            // Junk that begins like no picture, and does not go on with the numbers before it.
            let junk: Vec<Vec<u8>> = junk.into_iter().map(|junk| {
                junk.into_iter().map(|byte| if b"P\xFF\x890123456789 \n\t\r\x0C\x0B".contains(&byte) { b'-' } else { byte }).collect()
            }).collect();
            let pictures = pictures();
            let mut stream = junk[0].clone();
            for (at, kind) in order.iter().enumerate() {
                stream.extend(&pictures[*kind]);
                stream.extend(&junk[at + 1]);
            }
            struct Slowly<'a>(&'a [u8], usize);
            impl Read for Slowly<'_> {
                fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
                    let count = self.1.min(buffer.len());
                    self.0.read(&mut buffer[..count])
                }
            }
            let mut splitter = Splitter::new(Slowly(&stream, step));
            for (at, kind) in order.iter().enumerate() {
                let split = splitter.next_picture().unwrap().unwrap();
                prop_assert_eq!(&split.bytes, &pictures[*kind]);
                prop_assert_eq!(split.skipped, junk[at].len() as u64);
            }
            prop_assert_eq!(splitter.next_picture().unwrap(), None);
            prop_assert_eq!(splitter.left_out(), junk[order.len()].len() as u64);
        }

        #[test]
        fn any_bytes_end(bytes: Vec<u8>, kind in 0usize..9) {
            let front = pictures().get(kind).map_or(Vec::new(), |picture| picture[..9].to_vec());
            split(&[front, bytes].concat());
        }
    }

    #[test]
    fn what_is_cut_is_given_as_far_as_it_goes() {
        for whole in [png_file(), jpeg_file()] {
            let cut = &whole[..whole.len() - 10];
            let (all, left) = split(cut);
            assert_eq!((all.len(), left), (1, 0));
            assert_eq!(all[0].bytes, cut);
        }
        for other in [&[7u8; 40][..], b"P5 99999999999 3 255 ", b"P6 9 9 x ", &[0xFF; 40]] {
            assert_eq!(split(other), (Vec::new(), other.len() as u64));
        }
    }

    #[test]
    fn a_lying_length_does_not_hide_what_follows() {
        let mut lying = png_file();
        let at = lying.windows(4).position(|window| window == b"IDAT").unwrap() - 4;
        lying[at..at + 4].copy_from_slice(&30_000_000u32.to_be_bytes());
        let (all, _) = split(&[lying, jpeg_file(), png_file()].concat());
        assert_eq!(
            all.iter().map(|split| &split.bytes).collect::<Vec<_>>(),
            [&jpeg_file(), &png_file()]
        );
    }
}
