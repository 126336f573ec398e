//! A shutter that exposes a picture's rows one after the other, and a screen that does not wait for it.

use super::Camera;
use super::optics::{Blurred, blurred};
use std::collections::BTreeMap;
use tilecast::raster::Picture;

/// Where a picture's first row is.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    Top,
    Bottom,
    Left,
    Right,
}

/// Shutter and screen; times in pictures, from the first one on.
#[derive(Clone, Copy, Debug)]
pub struct Rolling {
    /// How long a frame is shown.
    pub shown_for: f64,
    /// When the first picture begins after the first frame did.
    pub phase: f64,
    /// From the first row to the last one.
    pub readout: f64,
    /// How long each row is exposed.
    pub exposure: f64,
    pub start: Start,
}

impl Rolling {
    /// As phones do indoors.
    pub fn new(shown_for: f64, phase: f64) -> Self {
        Self { shown_for, phase, readout: 0.8, exposure: 0.25, start: Start::Top }
    }

    /// The frames that a part of a picture shows, and how much of each; `place` is 0 where it begins
    /// and 1 where it ends.
    fn shares(&self, number: usize, place: f64) -> Vec<(usize, f32)> {
        let opens = number as f64 + self.phase + self.readout * place;
        let closes = opens + self.exposure;
        let frame = |time: f64| (time / self.shown_for).floor() as usize;
        let share = |frame: usize| {
            let [from, to] = [frame, frame + 1].map(|frame| frame as f64 * self.shown_for);
            (closes.min(to) - opens.max(from)).max(0.0) / self.exposure
        };
        (frame(opens)..=frame(closes)).map(|frame| (frame, share(frame) as f32)).collect()
    }

    /// Whether so many pictures show surely all of a frame.
    pub fn shows(&self, frame: usize, pictures: usize) -> bool {
        let [from, to] = [frame, frame + 1].map(|frame| frame as f64 * self.shown_for);
        from >= self.phase + self.exposure && to <= self.phase + (pictures - 1) as f64
    }
}

impl Camera {
    /// A picture of a screen that shows one frame after the other.
    pub fn film(&self, frames: &[&Picture], rolling: &Rolling, number: usize) -> Picture {
        let (width, height) = self.size;
        let mut seen: BTreeMap<usize, Blurred> = BTreeMap::new();
        let mut light = vec![[0f32; 3]; width * height];
        let pose = self.pose(frames[0]);
        for (i, pixel) in light.iter_mut().enumerate() {
            let (x, y) = ((i % width) as f64, (i / width) as f64);
            let place = match rolling.start {
                Start::Top => y / height as f64,
                Start::Bottom => 1.0 - y / height as f64,
                Start::Left => x / width as f64,
                Start::Right => 1.0 - x / width as f64,
            };
            for (frame, share) in rolling.shares(number, place) {
                let frame = frame.min(frames.len() - 1);
                let shown = seen
                    .entry(frame)
                    .or_insert_with(|| blurred(frames[frame], self.blur, self.motion));
                for (dx, dy) in [(0.25, 0.25), (0.75, 0.75)] {
                    let (u, v) = pose.to_frame(x + dx, y + dy);
                    let colour = shown.at(u, v).unwrap_or_else(|| self.surroundings(x, y));
                    for (sum, value) in pixel.iter_mut().zip(colour) {
                        *sum += share * value / 2.0;
                    }
                }
            }
        }
        self.develop(light)
    }
}
