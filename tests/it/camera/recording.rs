//! A screen that shows frames, and the camera's recording of it, compressed by ffmpeg.

use super::Camera;
use super::rolling::Rolling;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use tilecast::raster::Picture;

/// A recording.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// The camera, held by hand.
    pub camera: Camera,
    /// Pictures a second.
    pub fps: u32,
    /// Frames a second that the screen shows.
    pub shown_fps: u32,
    /// While every third picture is exposed, the screen changes; never, if not.
    pub mixes: bool,
    /// Instead, every row is exposed in its turn, and the first picture begins so long after the first
    /// frame, in pictures.
    pub rolls: Option<f64>,
    /// Bits a second of the video, H.264, in millions.
    pub megabits: u32,
}

impl Recorder {
    /// A phone that films at 1280x960.
    pub fn new(shown_fps: u32) -> Self {
        let camera = Camera { tilt: (4.0, -3.0), jpeg: None, ..Camera::new() };
        Self { camera, fps: 30, shown_fps, mixes: true, rolls: None, megabits: 12 }
    }

    /// Whether there is an ffmpeg; tests that need it end where there is none.
    pub fn is_possible() -> bool {
        let possible = Command::new("ffmpeg").arg("-version").output().is_ok();
        if !possible {
            eprintln!("skipped: ffmpeg is not installed");
        }
        possible
    }

    /// Films a screen that shows each of `frames` in turn, and gives the number of pictures.
    pub fn film(&self, frames: &[&Picture], video: &Path) -> usize {
        let (width, height) = self.camera.size;
        let mut ffmpeg = Command::new("ffmpeg")
            .args(["-y", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgb24"])
            .args(["-video_size", &format!("{width}x{height}")])
            .args(["-framerate", &self.fps.to_string(), "-i", "pipe:0"])
            .args(["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"])
            .args(["-b:v", &format!("{}M", self.megabits)])
            .args(["-maxrate", &format!("{}M", self.megabits)])
            .args(["-bufsize", &format!("{}M", self.megabits)])
            .arg(video)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = ffmpeg.stdin.take().unwrap();
        let pictures = frames.len() * self.fps as usize / self.shown_fps as usize;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for first in (0..pictures).step_by(cores) {
            let numbers = first..pictures.min(first + cores);
            std::thread::scope(|scope| {
                let shots: Vec<_> = numbers
                    .map(|number| scope.spawn(move || self.picture(frames, number)))
                    .collect();
                for shot in shots {
                    pipe.write_all(shot.join().unwrap().rgb()).unwrap();
                }
            });
        }
        drop(pipe);
        assert!(ffmpeg.wait().unwrap().success());
        pictures
    }

    /// One picture of the recording.
    fn picture(&self, frames: &[&Picture], number: usize) -> Picture {
        let at = number * self.shown_fps as usize / self.fps as usize;
        let sway = |period: f64| (number as f64 / period).sin();
        let camera = Camera {
            roll: self.camera.roll + 0.4 * sway(19.0),
            tilt: (self.camera.tilt.0 + 0.5 * sway(13.0), self.camera.tilt.1 + 0.5 * sway(29.0)),
            fill: self.camera.fill * (1.0 + 0.006 * sway(23.0)),
            seed: self.camera.seed + number as u64,
            ..self.camera.clone()
        };
        if let Some(phase) = self.rolls {
            let shown_for = f64::from(self.fps) / f64::from(self.shown_fps);
            return camera.film(frames, &Rolling::new(shown_for, phase), number);
        }
        match frames.get(at + 1) {
            Some(next) if self.mixes && number % 3 == 2 => {
                let line = (number as f64 * 0.381_966).fract();
                camera.shoot_two(next, frames[at], line)
            }
            _ => camera.shoot(frames[at]),
        }
    }
}
