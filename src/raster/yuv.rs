//! Pictures as cameras and videos give them: a plane of brightness and two of chroma, 8 bits a
//! sample, converted to RGB row by row.
//!
//! Colours are those of ITU-R BT.601; formats seldom tell, and a receiver that learns how colours
//! are mixed does not care.

use super::Picture;
use crate::vectors::wide;

/// Rows of samples, borrowed from wherever they are.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The first sample of the first row, and everything behind it.
    pub bytes: &'a [u8],
    /// Bytes from the start of one row to the start of the next.
    pub stride: usize,
}

impl<'a> Rows<'a> {
    /// The first `length` bytes of row `y`; `None` if they are not all there.
    fn row(&self, y: usize, length: usize) -> Option<&'a [u8]> {
        self.bytes.get(y.checked_mul(self.stride)?..)?.get(..length)
    }
}

/// Where the chroma samples are.
#[derive(Clone, Copy, Debug)]
pub enum Chroma<'a> {
    /// Nowhere: a grey picture.
    None,
    /// In two planes (I420, YV12, Y42B, ..).
    Planar {
        /// Blue differences.
        u: Rows<'a>,
        /// Red differences.
        v: Rows<'a>,
    },
    /// In one plane, taking turns.
    SemiPlanar {
        /// Both differences.
        uv: Rows<'a>,
        /// Whether red comes first (NV21), and not blue (NV12).
        red_first: bool,
    },
}

/// How chroma samples lie between those of brightness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subsampling {
    /// Columns of brightness for each of chroma: 1 or 2.
    pub columns: usize,
    /// Rows of brightness for each of chroma: 1 or 2.
    pub rows: usize,
    /// Whether a chroma sample lies in the middle of its columns, not on the first.
    pub centred: bool,
}

impl Subsampling {
    /// 4:2:0 as JPEG and MPEG-1 have it: every sample in the middle of four of brightness.
    pub const JPEG_420: Self = Self { columns: 2, rows: 2, centred: true };

    /// Columns and rows of the chroma of a picture of this size.
    pub fn size(&self, width: usize, height: usize) -> (usize, usize) {
        (width.div_ceil(self.columns), height.div_ceil(self.rows))
    }
}

/// A picture as a plane of brightness and chroma, none of it copied.
#[derive(Clone, Copy, Debug)]
pub struct Yuv<'a> {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Brightness, `width` samples a row.
    pub luma: Rows<'a>,
    /// Colour.
    pub chroma: Chroma<'a>,
    /// How it lies.
    pub subsampling: Subsampling,
    /// Whether samples go from 0 to 255, and not from 16 to 235 and 240.
    pub full_range: bool,
}

impl<'a> Yuv<'a> {
    /// A 4:2:0 picture of limited range, as cameras give it.
    pub fn camera(width: usize, height: usize, luma: Rows<'a>, chroma: Chroma<'a>) -> Self {
        let subsampling = Subsampling::JPEG_420;
        Self { width, height, luma, chroma, subsampling, full_range: false }
    }

    /// The planes of blue and red differences; `None` for a grey picture.
    fn differences(&self) -> Option<[Difference<'a>; 2]> {
        let plane = |rows, step, first| Difference { rows, step, first };
        match self.chroma {
            Chroma::None => None,
            Chroma::Planar { u, v } => Some([plane(u, 1, 0), plane(v, 1, 0)]),
            Chroma::SemiPlanar { uv, red_first } => {
                let red = usize::from(!red_first);
                Some([plane(uv, 2, 1 - red), plane(uv, 2, red)])
            }
        }
    }

    /// The picture in RGB; `None` if rows are missing, or it has no pixels.
    pub fn to_picture(&self) -> Option<Picture> {
        let (width, height) = (self.width, self.height);
        let columns = self.subsampling.size(width, height).0;
        let differences = self.differences();
        let matrix = Matrix::new(self.full_range);
        // Before memory is taken for it.
        self.luma.row(height.checked_sub(1)?, width)?;
        let mut rgb = vec![0; width.checked_mul(height)?.checked_mul(3)?];
        let (mut u, mut v) = (vec![0i16; width], vec![0i16; width]);
        let mut scratch = Vec::with_capacity(columns + 2);
        let mut grey = vec![0f32; width];
        let mut channels = [(); 3].map(|()| vec![0u8; width]);
        for (y, target) in rgb.chunks_exact_mut(width.checked_mul(3)?.max(1)).enumerate() {
            if let Some(planes) = &differences {
                for (plane, line) in planes.iter().zip([&mut u, &mut v]) {
                    self.chroma_row(plane, y, &mut scratch)?;
                    self.subsampling.spread(&scratch, line);
                }
            }
            let luma = self.luma.row(y, width)?;
            wide(
                #[inline(always)]
                || matrix.convert(luma, [&u, &v], &mut grey, &mut channels),
            );
            let [r, g, b] = &channels;
            let pixels = target.as_chunks_mut::<3>().0.iter_mut();
            for (pixel, ((&r, &g), &b)) in pixels.zip(r.iter().zip(g).zip(b)) {
                *pixel = [r, g, b];
            }
        }
        Picture::from_rgb(width, height, rgb)
    }

    /// The chroma samples that belong to row `y` of brightness, less 128, times 4: between two
    /// rows of them where there is one for two. The first and the last stand there twice.
    fn chroma_row(&self, plane: &Difference<'_>, y: usize, line: &mut Vec<i16>) -> Option<()> {
        let (columns, rows) = self.subsampling.size(self.width, self.height);
        let near = y / self.subsampling.rows;
        let far = match (self.subsampling.rows, y % 2) {
            (1, _) => near,
            (_, 0) => near.saturating_sub(1),
            _ => (near + 1).min(rows - 1),
        };
        let (near, far) = (plane.row(near, columns)?, plane.row(far, columns)?);
        let between = |near: u8, far: u8| 3 * i16::from(near) + i16::from(far) - 512;
        line.clear();
        line.push(0);
        if plane.step == 1 {
            line.extend(near.iter().zip(far).map(|(&near, &far)| between(near, far)));
        } else {
            let pairs = near.iter().zip(far).step_by(plane.step);
            line.extend(pairs.map(|(&near, &far)| between(near, far)));
        }
        line[0] = line[1];
        line.push(line[line.len() - 1]);
        Some(())
    }
}

/// One of the two chroma planes: every `step`-th byte of some rows, from `first` on.
#[derive(Clone, Copy)]
struct Difference<'a> {
    rows: Rows<'a>,
    step: usize,
    first: usize,
}

impl<'a> Difference<'a> {
    /// Row `y`, from its first sample to its last of `columns`.
    fn row(&self, y: usize, columns: usize) -> Option<&'a [u8]> {
        let length = columns.checked_sub(1)? * self.step + self.first + 1;
        self.rows.row(y, length)?.get(self.first..)
    }
}

impl Subsampling {
    /// A row of chroma, ends doubled, spread over the columns of brightness, times 16.
    fn spread(&self, line: &[i16], wide: &mut [i16]) {
        if self.columns == 1 {
            wide.iter_mut().zip(&line[1..]).for_each(|(wide, &value)| *wide = 4 * value);
            return;
        }
        // Weights of a sample and its neighbours, for the first and the second of its columns.
        let [before, first, second, after] = if self.centred { [1, 3, 3, 1] } else { [0, 4, 2, 2] };
        let mut neighbours = line.iter().zip(&line[1..]).zip(&line[2..]);
        let spread = |((left, here), right): ((&i16, &i16), &i16)| {
            [before * left + first * here, second * here + after * right]
        };
        let (pairs, odd) = wide.as_chunks_mut::<2>();
        for (pair, around) in pairs.iter_mut().zip(neighbours.clone()) {
            *pair = spread(around);
        }
        if let (Some(odd), Some(around)) = (odd.first_mut(), neighbours.next_back()) {
            *odd = spread(around)[0];
        }
    }
}

/// The colour matrix of ITU-R BT.601.
struct Matrix {
    black: f32,
    luma: f32,
    /// Red from v, green from u and v, blue from u; those come times 16.
    mix: [f32; 4],
}

impl Matrix {
    fn new(full_range: bool) -> Self {
        let (black, luma, chroma) =
            if full_range { (0.0, 1.0, 1.0) } else { (16.0, 255.0 / 219.0, 255.0 / 224.0) };
        let mix = [1.402, -0.344_136, -0.714_136, 1.772];
        Self { black, luma, mix: mix.map(|factor| factor * chroma / 16.0) }
    }

    /// A row, channel after channel: loops that vectorise, which pixels of three bytes do not. `grey`
    /// is for what the channels share.
    #[inline(always)]
    fn convert(&self, luma: &[u8], [u, v]: [&[i16]; 2], grey: &mut [f32], rgb: &mut [Vec<u8>; 3]) {
        for (grey, &y) in grey.iter_mut().zip(luma) {
            *grey = (f32::from(y) - self.black) * self.luma;
        }
        let [red_v, green_u, green_v, blue_u] = self.mix;
        let [red, green, blue] = rgb;
        for (channel, chroma, factor) in [(red, v, red_v), (blue, u, blue_u)] {
            for ((value, grey), &chroma) in channel.iter_mut().zip(&*grey).zip(chroma) {
                *value = rounded(grey + factor * f32::from(chroma));
            }
        }
        let chroma = u.iter().zip(v);
        for ((value, grey), (&u, &v)) in green.iter_mut().zip(&*grey).zip(chroma) {
            *value = rounded(grey + green_u * f32::from(u) + green_v * f32::from(v));
        }
    }
}

/// The nearest byte.
#[inline(always)]
fn rounded(value: f32) -> u8 {
    // Beside 2^23 a single-precision number has no room for fractions: its lowest byte is the
    // rounded value.
    const ROUNDING: f32 = 8_388_608.0;
    (value.clamp(0.0, 255.0) + ROUNDING).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(bytes: &[u8], stride: usize) -> Rows<'_> {
        Rows { bytes, stride }
    }

    #[test]
    fn chroma_lies_where_it_is_said_to() {
        // Brightness even, blue-difference a step from 128 to 192 between two chroma columns.
        let (luma, u, v) = ([100; 16], [128, 192, 128, 192], [128; 4]);
        let blue = |centred: bool| {
            let chroma = Chroma::Planar { u: rows(&u, 2), v: rows(&v, 2) };
            let subsampling = Subsampling { centred, ..Subsampling::JPEG_420 };
            let camera = Yuv::camera(4, 4, rows(&luma, 4), chroma);
            let picture = Yuv { subsampling, full_range: true, ..camera }.to_picture().unwrap();
            [0, 1, 2, 3].map(|x| picture.pixel(x, 1).unwrap()[2])
        };
        let step = |quarters: f64| (100.0 + 1.772 * 64.0 * quarters / 4.0).round() as u8;
        assert_eq!(blue(true), [0.0, 1.0, 3.0, 4.0].map(step));
        assert_eq!(blue(false), [0.0, 2.0, 4.0, 4.0].map(step));
    }

    #[test]
    fn missing_rows_are_no_picture() {
        let luma = [0; 12];
        let grey = |bytes: usize| Yuv::camera(4, 3, rows(&luma[..bytes], 4), Chroma::None);
        assert!(grey(12).to_picture().is_some() && grey(11).to_picture().is_none());
        let chroma = Chroma::SemiPlanar { uv: rows(&luma[..7], 4), red_first: true };
        assert!(Yuv { chroma, ..grey(12) }.to_picture().is_none());
        for (width, height) in [(0, 0), (0, 3), (4, 0), (usize::MAX, 1), (1, usize::MAX)] {
            assert!(Yuv { width, height, ..grey(12) }.to_picture().is_none());
        }
    }

    proptest! {
        #[test]
        fn however_samples_lie_the_picture_is_the_same(
            width in 1usize..9, height in 1usize..7, margin in 0usize..3, samples: [u8; 32],
        ) {
            let (columns, lines) = Subsampling::JPEG_420.size(width, height);
            let sample = |channel: usize, x: usize, y: usize| samples[(channel * 7 + y * 5 + x) % 32];
            let plane = |channel: usize, width: usize, height: usize, stride: usize| -> Vec<u8> {
                let at = |i: usize| (i % stride, i / stride);
                (0..stride * height)
                    .map(|i| if at(i).0 < width { sample(channel, at(i).0, at(i).1) } else { 0 })
                    .collect()
            };
            let luma = plane(0, width, height, width + margin);
            let (u, v) = (plane(1, columns, lines, columns), plane(2, columns, lines, columns + margin));
            let planar = Chroma::Planar { u: rows(&u, columns), v: rows(&v, columns + margin) };
            let luma = rows(&luma, width + margin);
            let expected = Yuv::camera(width, height, luma, planar).to_picture();
            prop_assert!(expected.is_some());
            for red_first in [false, true] {
                let stride = 2 * columns + margin;
                let uv: Vec<u8> = (0..stride * lines)
                    .map(|i| match i % stride {
                        x if x >= 2 * columns => 0,
                        x => sample(1 + usize::from((x % 2 == 1) != red_first), x / 2, i / stride),
                    })
                    .collect();
                let chroma = Chroma::SemiPlanar { uv: rows(&uv, stride), red_first };
                let picture = Yuv::camera(width, height, luma, chroma).to_picture();
                prop_assert!(picture == expected);
            }
        }
    }
}
