//! Blur.

use tilecast::raster::Picture;

/// A frame as the lens shows it, to be read at any point.
pub struct Blurred {
    width: usize,
    height: usize,
    rgb: Vec<[f32; 3]>,
}

/// The frame, blurred by a Gaussian of deviation `sigma` and by motion along x, in frame pixels.
pub fn blurred(frame: &Picture, sigma: f64, motion: f64) -> Blurred {
    let (width, height) = (frame.width(), frame.height());
    let rgb = frame.rgb().chunks_exact(3).map(|p| [p[0], p[1], p[2]].map(f32::from)).collect();
    let mut image = Blurred { width, height, rgb };
    let gauss: Vec<f32> = kernel(sigma);
    image.convolve(&gauss, 1, width);
    image.convolve(&gauss, width, height);
    let streak = vec![1.0 / (motion.round() as usize + 1) as f32; motion.round() as usize + 1];
    image.convolve(&streak, 1, width);
    image
}

fn kernel(sigma: f64) -> Vec<f32> {
    if sigma <= 0.0 {
        return vec![1.0];
    }
    let reach = (3.0 * sigma).ceil() as i32;
    let weights: Vec<f64> =
        (-reach..=reach).map(|i| (-f64::from(i * i) / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| (w / sum) as f32).collect()
}

impl Blurred {
    /// The frame as it is, at its own pixels.
    pub fn picture(&self) -> Picture {
        let bytes = |rgb: &[f32; 3]| rgb.map(|value| value.round().clamp(0.0, 255.0) as u8);
        let rgb = self.rgb.iter().flat_map(bytes).collect();
        Picture::from_rgb(self.width, self.height, rgb).unwrap()
    }

    /// Convolves along the direction in which neighbours are `step` apart; `length` is the
    /// picture's extent in it. Outside there is darkness.
    fn convolve(&mut self, kernel: &[f32], step: usize, length: usize) {
        if kernel.len() == 1 {
            return;
        }
        let half = kernel.len() / 2;
        let source = self.rgb.clone();
        for (i, pixel) in self.rgb.iter_mut().enumerate() {
            let at = i / step % length;
            *pixel = [0.0; 3];
            for (k, weight) in kernel.iter().enumerate() {
                if (half..length + half).contains(&(at + k)) {
                    let other = source[i + k * step - half * step];
                    for (sum, value) in pixel.iter_mut().zip(other) {
                        *sum += weight * value;
                    }
                }
            }
        }
    }

    /// The colour at a point, bilinear; `None` outside of the frame.
    pub fn at(&self, x: f64, y: f64) -> Option<[f32; 3]> {
        let (x, y) = (x - 0.5, y - 0.5);
        let inside =
            x > -0.5 && y > -0.5 && x < self.width as f64 - 0.5 && y < self.height as f64 - 0.5;
        if !inside {
            return None;
        }
        let index = |v: f64, size: usize| (v.max(0.0) as usize).min(size.max(2) - 2);
        let (x0, y0) = (index(x, self.width), index(y, self.height));
        let (fx, fy) = ((x - x0 as f64) as f32, (y - y0 as f64) as f32);
        let pixel = |dx: usize, dy: usize| self.rgb[(y0 + dy) * self.width + x0 + dx];
        let (a, b, c, d) = (pixel(0, 0), pixel(1, 0), pixel(0, 1), pixel(1, 1));
        Some(std::array::from_fn(|i| {
            let (top, bottom) = (a[i] + fx * (b[i] - a[i]), c[i] + fx * (d[i] - c[i]));
            top + fy * (bottom - top)
        }))
    }
}
