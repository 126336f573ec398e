//! A synthetic camera: frame in, photo out, and the truth about where everything went.
//!
//! Shares no geometry and no colour code with the library, so that a mistake in one cannot hide in
//! the other. Fully determined by its settings and seed.

pub mod optics;
mod pose;
pub mod recording;
pub mod rolling;
mod sensor;
mod sheet;

use optics::blurred;
use pose::Pose;
use tilecast::media::decode_picture;
use tilecast::raster::Picture;

/// A camera and where it stands. Start from [`Camera::new`] and change single fields.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Picture size in pixels.
    pub size: (usize, usize),
    /// Share of the picture's shorter side that the frame's longer side takes, untilted.
    pub fill: f64,
    /// Tilt around the vertical and the horizontal axis, degrees.
    pub tilt: (f64, f64),
    /// Turn in the picture plane, degrees.
    pub roll: f64,
    /// Distance in frame sides: the smaller, the stronger the perspective.
    pub distance: f64,
    /// Angle that the frame's width takes of a cylinder, degrees: a page of a bound book, whose middle
    /// comes towards the camera, or goes away from it.
    pub curve: f64,
    /// Radial lens distortion: share by which the picture's corner moves outward.
    pub lens: f64,
    /// Blur of optics and focus, sigma in frame pixels.
    pub blur: f64,
    /// Motion during exposure, frame pixels in x.
    pub motion: f64,
    /// Camera channels (rows) from screen channels (columns).
    pub mixing: [[f32; 3]; 3],
    /// Light that is added everywhere, 0 to 255.
    pub haze: f32,
    /// Loss of brightness in the picture's corners, 0 to 1.
    pub vignetting: f32,
    /// What is left of the light in a shadow with a hard edge across the picture, 0 to 1.
    pub shadow: f32,
    /// Loss of light from the left to the right, 0 to 1.
    pub lamp: f32,
    /// Unevenness of the paper, a share of its brightness.
    pub grain: f32,
    /// Brightness of a round reflection, 0 to 255.
    pub glare: f32,
    /// Contrast of a moire pattern, 0 to 255.
    pub moire: f32,
    /// Noise of a pixel, sigma.
    pub noise: f32,
    /// Whether each pixel sees one colour only (RGGB), the others interpolated.
    pub bayer: bool,
    /// JPEG quality, with chroma at half resolution; `None` for none.
    pub jpeg: Option<u8>,
    /// Bright things around the frame instead of darkness.
    pub clutter: bool,
    /// Seed of noise and clutter.
    pub seed: u64,
}

impl Camera {
    /// A phone on a tripod in front of a screen: 1280x960, the frame upright and nearly filling it.
    pub fn new() -> Self {
        Self {
            size: (1280, 960),
            fill: 0.92,
            tilt: (0.0, 0.0),
            roll: 0.0,
            distance: 2.0,
            curve: 0.0,
            lens: 0.0,
            blur: 0.5,
            motion: 0.0,
            mixing: [[0.8, 0.1, 0.0], [0.1, 0.75, 0.1], [0.0, 0.15, 0.75]],
            haze: 12.0,
            vignetting: 0.0,
            shadow: 1.0,
            lamp: 0.0,
            grain: 0.0,
            glare: 0.0,
            moire: 0.0,
            noise: 2.0,
            bayer: false,
            jpeg: Some(92),
            clutter: false,
            seed: 1,
        }
    }

    /// Everything at once, mildly: an ordinary photo by hand.
    pub fn by_hand(seed: u64) -> Self {
        let mut prng = tilecast::prng::SplitMix64::new(seed);
        let mut uniform = move || (prng.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0;
        Self {
            tilt: (12.0 * uniform(), 12.0 * uniform()),
            roll: 180.0 * uniform(),
            size: (1920, 1440),
            fill: 0.66,
            lens: 0.01 * uniform(),
            blur: 0.6 + 0.15 * uniform(),
            mixing: [[0.75, 0.15, 0.02], [0.12, 0.7, 0.12], [0.03, 0.2, 0.65]],
            vignetting: 0.25,
            haze: 25.0,
            noise: 3.0,
            bayer: true,
            clutter: true,
            seed,
            ..Self::new()
        }
    }

    fn pose(&self, frame: &Picture) -> Pose {
        Pose::new(self, (frame.width() as f64, frame.height() as f64))
    }

    /// Where the frame's point (`x`, `y`) is in the photo: the truth.
    pub fn place(&self, frame: &Picture, x: f64, y: f64) -> (f64, f64) {
        self.pose(frame).to_picture(x, y)
    }

    /// The photo of a frame.
    pub fn shoot(&self, frame: &Picture) -> Picture {
        self.shoot_two(frame, frame, 1.0)
    }

    /// The photo of a screen that changes from `first` to `second` while its rows are exposed:
    /// above `line` (a share of the frame's height) the second is already there.
    pub fn shoot_two(&self, second: &Picture, first: &Picture, line: f64) -> Picture {
        let pose = self.pose(second);
        let frames =
            [blurred(second, self.blur, self.motion), blurred(first, self.blur, self.motion)];
        let (width, height) = self.size;
        let border = line * second.height() as f64;
        let mut light = vec![[0f32; 3]; width * height];
        for (i, pixel) in light.iter_mut().enumerate() {
            let (x, y) = ((i % width) as f64, (i / width) as f64);
            // Four points a pixel: a pixel is an area.
            for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                let (u, v) = pose.to_frame(x + dx, y + dy);
                let seen = frames[usize::from(v >= border)].at(u, v);
                let seen = seen.map_or_else(
                    || self.surroundings(x, y),
                    |seen| seen.map(|value| value * self.paper(u, v)),
                );
                for (sum, value) in pixel.iter_mut().zip(seen) {
                    *sum += value / 4.0;
                }
            }
        }
        self.develop(light)
    }

    /// How bright the paper is at a point of the frame.
    fn paper(&self, u: f64, v: f64) -> f32 {
        if self.grain == 0.0 {
            return 1.0;
        }
        let cell = ((u / 1.7) as i64 as u64) << 32 ^ (v / 1.7) as i64 as u64;
        let value = tilecast::prng::SplitMix64::new(cell ^ self.seed).next_u64();
        1.0 - self.grain * (value >> 40) as f32 / (1u64 << 24) as f32
    }

    /// What is around the frame: darkness, or a desk with bright and dark rectangles.
    fn surroundings(&self, x: f64, y: f64) -> [f32; 3] {
        if !self.clutter {
            return [6.0; 3];
        }
        let cell = ((x / 83.0) as u64) * 31 + (y / 61.0) as u64 + self.seed;
        let value = tilecast::prng::SplitMix64::new(cell).next_u64();
        let stripe = if (x as u64 / 9 + y as u64 / 13).is_multiple_of(3) { 40.0 } else { 0.0 };
        std::array::from_fn(|c| (value >> (8 * c) & 0x9F) as f32 + stripe)
    }

    /// Encodes as JPEG and reads it back, if the camera does so.
    fn compressed(&self, picture: Picture) -> Picture {
        match self.jpeg {
            None => picture,
            Some(quality) => decode_picture(&sensor::jpeg(&picture, quality)).unwrap(),
        }
    }

    /// The photo of a frame as a JPEG file.
    pub fn shoot_jpeg(&self, frame: &Picture) -> Vec<u8> {
        let raw = Self { jpeg: None, ..self.clone() }.shoot(frame);
        sensor::jpeg(&raw, self.jpeg.unwrap_or(95))
    }
}
