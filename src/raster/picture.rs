//! Pixel buffers.

use super::Point;

/// The most by which [`Picture::grey`] reduces: sums of a column then have 16 bits.
const MAX_REDUCTION: usize = 256;

/// A colour picture: 8-bit RGB, row after row.
#[derive(Clone)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    /// Bytes of the file that it came from; 0 if nobody said so.
    file_bytes: u64,
}

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        (self.width, &self.rgb) == (other.width, &other.rgb)
    }
}

impl Eq for Picture {}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture {}x{}", self.width, self.height)
    }
}

impl Picture {
    /// A picture from its pixels, 3 bytes each; `None` if their number is not `width * height`.
    pub fn from_rgb(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let expected = width.checked_mul(height)?.checked_mul(3)?;
        (rgb.len() == expected && expected > 0).then_some(Self {
            width,
            height,
            rgb,
            file_bytes: 0,
        })
    }

    /// The same picture, from a file of so many bytes. Reading takes most memory for scans of pages
    /// with millions of tiles, and does so only for files that are large themselves.
    pub fn of_file(self, bytes: u64) -> Self {
        Self { file_bytes: bytes, ..self }
    }

    /// Bytes of the file that the picture came from; 0 if that is not known.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// A picture from pixels of 4 bytes, as canvases give them, row after row, on black where they
    /// are transparent; `None` if their number is not `width * height`.
    pub fn from_rgba(width: usize, height: usize, rgba: &[u8]) -> Option<Self> {
        let (pixels, rest) = rgba.as_chunks::<4>();
        if !rest.is_empty() || Some(pixels.len()) != width.checked_mul(height) {
            return None;
        }
        let mut rgb = vec![0; pixels.len() * 3];
        for (target, &[red, green, blue, alpha]) in
            rgb.as_chunks_mut::<3>().0.iter_mut().zip(pixels)
        {
            *target = match alpha {
                255 => [red, green, blue],
                alpha => [red, green, blue]
                    .map(|value| (u16::from(value) * u16::from(alpha) / 255) as u8),
            };
        }
        Self::from_rgb(width, height, rgb)
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The samples, 3 a pixel.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The pixel at column `x`, row `y`, or `None` outside.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        if x >= self.width {
            return None;
        }
        self.rgb.get((y * self.width + x) * 3..)?.first_chunk().copied()
    }

    /// Sets a pixel; nothing happens outside.
    pub fn set_pixel(&mut self, x: usize, y: usize, rgb: [u8; 3]) {
        if x < self.width
            && let Some(pixel) = self.rgb.get_mut((y * self.width + x) * 3..)
            && let Some(pixel) = pixel.first_chunk_mut()
        {
            *pixel = rgb;
        }
    }

    /// The part of the picture between two points, and the place of its corner in the whole;
    /// `None` if nothing of it is inside.
    pub fn window(&self, from: Point, to: Point) -> Option<(Self, Point)> {
        let inside = |v: f64, size: usize| v.max(0.0).min(size as f64) as usize;
        let (left, right) = (inside(from.x, self.width), inside(to.x.ceil(), self.width));
        let (top, bottom) = (inside(from.y, self.height), inside(to.y.ceil(), self.height));
        let rows = self.rgb.chunks_exact(self.width * 3).take(bottom).skip(top);
        let rows: Vec<&[u8]> = rows.filter_map(|row| row.get(left * 3..right * 3)).collect();
        let rgb = rows.concat();
        let window = Self::from_rgb(right.checked_sub(left)?, bottom.checked_sub(top)?, rgb)?;
        Some((window, Point::new(left as f64, top as f64)))
    }

    /// The bilinear sample at `(x, y)`, pixel centres at halves; outside, the border continues.
    pub fn sample(&self, x: f64, y: f64) -> [f32; 3] {
        let (top, bottom, fx, fy) = self.around(x, y);
        std::array::from_fn(|c| {
            let [a, b, d, e] = [top[c], top[c + 3], bottom[c], bottom[c + 3]].map(f32::from);
            let (upper, lower) = (a + fx * (b - a), d + fx * (e - d));
            upper + fy * (lower - upper)
        })
    }

    /// The four pixels around `(x, y)`, two of the upper and two of the lower row, and how far
    /// the point lies from the first towards the others, 0 to 1. Outside, the border continues.
    #[inline]
    pub fn around(&self, x: f64, y: f64) -> ([u8; 6], [u8; 6], f32, f32) {
        let inside = |v: f64, size: usize| (v - 0.5).max(0.0).min((size.max(2) - 2) as f64 + 1.0);
        let (x, y) = (inside(x, self.width), inside(y, self.height));
        // Pictures are far smaller than 2^31 pixels a side, and the conversion is much cheaper.
        let x0 = (x as i32 as usize).min(self.width.max(2) - 2);
        let y0 = (y as i32 as usize).min(self.height.max(2) - 2);
        let (fx, fy) = ((x - x0 as i32 as f64) as f32, (y - y0 as i32 as f64) as f32);
        let at = (y0 * self.width + x0) * 3;
        let pair = |at: usize| self.rgb.get(at..).and_then(<[u8]>::first_chunk::<6>).copied();
        let top = pair(at).unwrap_or_else(|| self.narrow_pair(at));
        (top, pair(at + self.width * 3).unwrap_or(top), fx, fy)
    }

    /// One pixel twice: all that pictures of one column, or their last pixel, have.
    #[cold]
    fn narrow_pair(&self, at: usize) -> [u8; 6] {
        let pixel: [u8; 3] =
            self.rgb.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        std::array::from_fn(|i| pixel[i % 3])
    }

    /// Brightness, reduced to `1 / factor` of the size by averaging (`factor` from 1 to
    /// 256; rows and columns that do not fill a block are dropped).
    pub fn grey(&self, factor: usize) -> Grey {
        let factor = factor.clamp(1, MAX_REDUCTION);
        let (width, height) = ((self.width / factor).max(1), (self.height / factor).max(1));
        let mut values = vec![0; width * height];
        if factor == 1 {
            let pixels = self.rgb.as_chunks::<3>().0;
            values.iter_mut().zip(pixels).for_each(|(value, pixel)| *value = luma(*pixel));
        } else {
            self.reduce(factor, values.chunks_exact_mut(width));
        }
        Grey { width, height, values }
    }

    /// Mean brightness of blocks of `factor` pixels a side, row after row.
    fn reduce<'a>(&self, factor: usize, lines: impl Iterator<Item = &'a mut [u8]>) {
        // Whole rows are added up first: that vectorises, and leaves one row in `factor` to do.
        let mut sums = vec![0u16; self.width * 3];
        let area = (factor * factor) as u32 * 256;
        for (rows, line) in self.rgb.chunks(self.width * 3 * factor).zip(lines) {
            sums.fill(0);
            for row in rows.chunks_exact(self.width * 3) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += u16::from(value);
                }
            }
            for (value, block) in line.iter_mut().zip(sums.as_chunks::<3>().0.chunks(factor)) {
                let mut total = [0u32; 3];
                for pixel in block {
                    total.iter_mut().zip(pixel).for_each(|(total, &v)| *total += u32::from(v));
                }
                let [r, g, b] = total;
                *value = ((77 * r + 150 * g + 29 * b) / area) as u8;
            }
        }
    }
}

/// Luma by the weights of ITU-R BT.601 in 1/256, as JPEG uses them.
#[inline]
fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((77 * u16::from(r) + 150 * u16::from(g) + 29 * u16::from(b)) >> 8) as u8
}

/// A picture of brightness alone.
#[derive(Clone, Debug)]
pub struct Grey {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row after row.
    pub values: Vec<u8>,
}

impl AsRef<Picture> for Picture {
    fn as_ref(&self) -> &Picture {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Picture {
        let rgb = (0..6 * 4).flat_map(|i| [i as u8 * 10, i as u8, 100]).collect();
        Picture::from_rgb(6, 4, rgb).unwrap()
    }

    #[test]
    fn sampling_a_pixel_centre_gives_the_pixel() {
        let picture = ramp();
        for (x, y) in [(0, 0), (5, 3), (2, 1)] {
            let pixel = picture.pixel(x, y).unwrap().map(f32::from);
            assert_eq!(picture.sample(x as f64 + 0.5, y as f64 + 0.5), pixel);
        }
        assert_eq!(picture.sample(-9.0, 99.0), picture.pixel(0, 3).unwrap().map(f32::from));
    }

    #[test]
    fn sampling_between_pixels_is_linear() {
        assert_eq!(ramp().sample(1.25, 0.5), [7.5, 0.75, 100.0]);
        assert_eq!(ramp().sample(0.5, 1.0), [30.0, 3.0, 100.0]);
    }

    #[test]
    fn grey_averages_blocks() {
        let grey = Picture::from_rgb(4, 2, vec![200; 24]).unwrap().grey(2);
        assert_eq!((grey.width, grey.height, grey.values), (2, 1, vec![200; 2]));
        for (width, height) in [(1, 9), (9, 1), (1, 1)] {
            let grey = Picture::from_rgb(width, height, vec![9; 27][..width * height * 3].to_vec());
            let grey = grey.unwrap().grey(4);
            assert_eq!(grey.values.len(), grey.width * grey.height);
        }
    }

    #[test]
    fn a_window_is_the_part_inside() {
        let picture = ramp();
        let (window, corner) = picture.window(Point::new(1.5, -3.0), Point::new(4.2, 1.0)).unwrap();
        assert_eq!((window.width(), window.height(), corner), (4, 1, Point::new(1.0, 0.0)));
        assert_eq!(window.pixel(3, 0), picture.pixel(4, 0));
        assert!(picture.window(Point::new(9.0, 0.0), Point::new(12.0, 2.0)).is_none());
        assert!(picture.window(Point::new(f64::NAN, 0.0), Point::new(f64::NAN, 2.0)).is_none());
    }

    #[test]
    fn transparent_pixels_lie_on_black() {
        let rgba = [10, 20, 30, 255, 200, 100, 0, 0, 200, 100, 50, 51];
        let picture = Picture::from_rgba(3, 1, &rgba).unwrap();
        assert_eq!(picture.rgb(), [10, 20, 30, 0, 0, 0, 40, 20, 10]);
        assert!(Picture::from_rgba(3, 1, &rgba[..11]).is_none());
        assert!(Picture::from_rgba(2, 1, &rgba).is_none());
        assert!(Picture::from_rgba(0, 0, &[]).is_none());
    }

    #[test]
    fn a_wrong_number_of_samples_is_refused() {
        assert!(Picture::from_rgb(2, 2, vec![0; 11]).is_none());
        assert!(Picture::from_rgb(usize::MAX, 2, vec![]).is_none());
        assert!(Picture::from_rgb(0, 0, vec![]).is_none());
        assert_eq!(ramp().pixel(6, 0), None);
    }
}
