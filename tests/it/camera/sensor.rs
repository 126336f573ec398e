//! From light to a file: colours, shading, noise, colour filter, JPEG.

use super::Camera;
use image::codecs::jpeg::JpegEncoder;
use tilecast::prng::SplitMix64;
use tilecast::raster::Picture;

impl Camera {
    /// The picture that the sensor makes of the light on it.
    pub(super) fn develop(&self, light: Vec<[f32; 3]>) -> Picture {
        let (width, height) = self.size;
        let mut prng = SplitMix64::new(self.seed);
        let mut pixels: Vec<[f32; 3]> = light
            .into_iter()
            .enumerate()
            .map(|(i, light)| {
                let (x, y) =
                    ((i % width) as f32 / width as f32, (i / width) as f32 / height as f32);
                let shade = self.shade(x, y);
                let added = self.haze + self.reflection(x, y, i % width, i / width);
                self.mixing.map(|row| {
                    let mixed: f32 = row.iter().zip(light).map(|(m, l)| m * l).sum();
                    mixed * shade + added + self.noise * normal(&mut prng)
                })
            })
            .collect();
        if self.bayer {
            pixels = filtered(&pixels, width, height);
        }
        let rgb = pixels.as_flattened().iter().map(|v| v.round().clamp(0.0, 255.0) as u8).collect();
        self.compressed(Picture::from_rgb(width, height, rgb).unwrap())
    }

    fn shade(&self, x: f32, y: f32) -> f32 {
        let corners = 1.0 - self.vignetting * 2.0 * ((x - 0.5).powi(2) + (y - 0.5).powi(2));
        let shadow = if 0.7 * x + y > 0.8 { self.shadow } else { 1.0 };
        corners * shadow * (1.0 - self.lamp * x)
    }

    fn reflection(&self, x: f32, y: f32, column: usize, row: usize) -> f32 {
        let from_spot = ((x - 0.62).powi(2) + (y - 0.4).powi(2)) / 0.004;
        let wave = (column as f32 * 0.71 + row as f32 * 0.23).sin() * (row as f32 * 0.53).cos();
        self.glare * (-from_spot).exp() + self.moire * wave
    }
}

fn normal(prng: &mut SplitMix64) -> f32 {
    let word = prng.next_u64();
    let uniform = |bits: u64| ((bits & 0xFFFF_FFFF) as f32 + 0.5) / 4_294_967_296.0;
    (-2.0 * uniform(word).ln()).sqrt() * (std::f32::consts::TAU * uniform(word >> 32)).cos()
}

/// Keeps one colour a pixel (red, green / green, blue) and interpolates the others.
fn filtered(pixels: &[[f32; 3]], width: usize, height: usize) -> Vec<[f32; 3]> {
    let colour = |x: usize, y: usize| match (y % 2, x % 2) {
        (0, 0) => 0,
        (1, 1) => 2,
        _ => 1,
    };
    (0..width * height)
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let mut sums = [(0.0, 0.0); 3];
            for v in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for u in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let c = colour(u, v);
                    if c != colour(x, y) || (u, v) == (x, y) {
                        sums[c].0 += pixels[v * width + u][c];
                        sums[c].1 += 1.0;
                    }
                }
            }
            sums.map(|(sum, count)| sum / f32::max(count, 1.0))
        })
        .collect()
}

/// JPEG with chroma at half resolution (4:2:0 in effect: each 2x2 block has one chroma).
pub fn jpeg(picture: &Picture, quality: u8) -> Vec<u8> {
    let (width, height) = (picture.width(), picture.height());
    let luma = |p: [f32; 3]| 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
    let pixel = |x: usize, y: usize| {
        picture.pixel(x.min(width - 1), y.min(height - 1)).unwrap().map(f32::from)
    };
    let mut rgb = Vec::with_capacity(width * height * 3);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let (x0, y0) = (x & !1, y & !1);
        let block = [pixel(x0, y0), pixel(x0 + 1, y0), pixel(x0, y0 + 1), pixel(x0 + 1, y0 + 1)];
        let mean: [f32; 3] = std::array::from_fn(|c| block.iter().map(|p| p[c]).sum::<f32>() / 4.0);
        let shift = luma(pixel(x, y)) - luma(mean);
        rgb.extend(mean.map(|v| (v + shift).round().clamp(0.0, 255.0) as u8));
    }
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, quality);
    let colour = image::ExtendedColorType::Rgb8;
    encoder.encode(&rgb, width as u32, height as u32, colour).unwrap();
    file
}
