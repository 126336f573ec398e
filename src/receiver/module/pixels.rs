//! Pictures as browsers have them.

use tilecast::raster::{Chroma, Picture, Rows, Subsampling, Yuv};

/// Bytes of a pixel of RGBA.
const RGBA: usize = 4;

/// How the pixels of a picture lie in the input.
pub(crate) struct Pixels {
    /// 0 RGBA and 5 BGRA, without gaps; 1 I420, 2 NV12, 3 I422, 4 I444, 6 NV21.
    pub(crate) kind: u32,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Whether brightness goes from 0 to 255, and not from 16 to 235.
    pub(crate) full_range: bool,
    /// Where the planes begin, and bytes from row to row: brightness, blue and red differences; of
    /// NV12 and NV21 the second has both.
    pub(crate) planes: [(usize, usize); 3],
}

impl Pixels {
    /// The picture; `None` if there are not as many bytes as it says.
    pub(crate) fn picture(&self, bytes: &[u8]) -> Option<Picture> {
        let (width, height) = (self.width, self.height);
        if matches!(self.kind, 0 | 5) {
            let bytes = bytes.get(..width.checked_mul(height)?.checked_mul(RGBA)?)?;
            return match self.kind {
                0 => Picture::from_rgba(width, height, bytes),
                _ => {
                    let pixels = bytes.as_chunks::<RGBA>().0.iter();
                    let rgb = pixels.flat_map(|&[b, g, r, _]| [r, g, b]).collect();
                    Picture::from_rgb(width, height, rgb)
                }
            };
        }
        let [luma, u, v] =
            self.planes.map(|(at, stride)| bytes.get(at..).map(|bytes| Rows { bytes, stride }));
        let semi = |red_first| Some(Chroma::SemiPlanar { uv: u?, red_first });
        let (chroma, columns, rows) = match self.kind {
            1 => (Chroma::Planar { u: u?, v: v? }, 2, 2),
            2 => (semi(false)?, 2, 2),
            3 => (Chroma::Planar { u: u?, v: v? }, 2, 1),
            4 => (Chroma::Planar { u: u?, v: v? }, 1, 1),
            6 => (semi(true)?, 2, 2),
            _ => return None,
        };
        let subsampling = Subsampling { columns, rows, centred: true };
        let yuv = Yuv {
            subsampling,
            full_range: self.full_range,
            ..Yuv::camera(width, height, luma?, chroma)
        };
        yuv.to_picture()
    }
}
