//! Frames before they are pictures: one index a pixel, into the eight corners of the RGB cube.

use super::Picture;

/// A frame as indices of colours: bit 2 is red, bit 1 green, bit 0 blue, each full or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedFrame {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` indices from 0 to 7, row after row.
    pub pixels: Vec<u8>,
}

impl IndexedFrame {
    /// The index with every channel off.
    pub const BLACK: u8 = 0;
    /// The index with every channel full.
    pub const WHITE: u8 = 7;
    /// How many indices there are.
    pub const COLOURS: usize = 8;

    /// A frame of [`IndexedFrame::BLACK`].
    pub fn black(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![Self::BLACK; width * height] }
    }

    /// Whether red, green and blue are full at an index.
    pub const fn channels(index: u8) -> [bool; 3] {
        [index & 4 != 0, index & 2 != 0, index & 1 != 0]
    }

    /// The index at which these channels are full.
    pub const fn index([red, green, blue]: [bool; 3]) -> u8 {
        (red as u8) << 2 | (green as u8) << 1 | blue as u8
    }

    /// Red, green and blue of an index, 0 or 255 each.
    pub fn rgb(index: u8) -> [u8; 3] {
        Self::channels(index).map(|full| if full { 255 } else { 0 })
    }

    /// The frame as 3 bytes a pixel, row after row.
    pub fn to_rgb(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|&index| Self::rgb(index)).collect()
    }

    /// The frame as 4 bytes a pixel, row after row, opaque: what a canvas takes.
    pub fn to_rgba(&self) -> Vec<u8> {
        let rgba = |&index: &u8| {
            let [red, green, blue] = Self::rgb(index);
            [red, green, blue, 255]
        };
        self.pixels.iter().flat_map(rgba).collect()
    }

    /// The frame as a receiver sees it on a perfect channel; `None` if it has no pixels.
    pub fn to_picture(&self) -> Option<Picture> {
        Picture::from_rgb(self.width, self.height, self.to_rgb())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_red_green_blue() {
        assert_eq!(IndexedFrame::rgb(4), [255, 0, 0]);
        assert_eq!(IndexedFrame::rgb(1), [0, 0, 255]);
        for index in 0..IndexedFrame::COLOURS as u8 {
            assert_eq!(IndexedFrame::index(IndexedFrame::channels(index)), index);
        }
        assert_eq!(IndexedFrame::rgb(IndexedFrame::WHITE), [255; 3]);
    }

    #[test]
    fn pixels_come_out_as_they_are_wanted() {
        let frame = IndexedFrame { width: 2, height: 1, pixels: vec![2, 7] };
        assert_eq!(frame.to_rgb(), [0, 255, 0, 255, 255, 255]);
        assert_eq!(frame.to_rgba(), [0, 255, 0, 255, 255, 255, 255, 255]);
        assert_eq!(frame.to_picture().and_then(|p| p.pixel(0, 0)), Some([0, 255, 0]));
        assert!(IndexedFrame::black(0, 3).to_picture().is_none());
    }
}
