//! A film of frames on a screen, by the synthetic camera; made once for all tests.

use crate::camera::recording::Recorder;
use crate::support::{Workdir, choice, encode, random_bytes};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tilecast::format::Profile;
use tilecast::media::decode_picture;
use tilecast::raster::Picture;

/// The name of the file that is filmed.
pub const NAME: &str = "file";

/// A file, and the film of its frames as an MP4 file.
pub struct Film {
    pub file: Vec<u8>,
    mp4: Vec<u8>,
}

impl Film {
    /// The only one; `None` where there is no ffmpeg.
    pub fn get() -> Option<&'static Self> {
        static FILM: OnceLock<Option<Film>> = OnceLock::new();
        FILM.get_or_init(|| Recorder::is_possible().then(Self::make)).as_ref()
    }

    fn make() -> Self {
        let choice = choice(Profile::Standard, 1024);
        let file = random_bytes(3 * choice.tables().unwrap().frame_bytes(), 11);
        let (_, frames) = encode(&file, &choice, 0.3);
        let frames: Vec<Picture> = frames.iter().map(|png| decode_picture(png).unwrap()).collect();
        let dir = Workdir::new();
        let path = dir.path("film.mp4");
        Recorder::new(15).film(&frames.iter().collect::<Vec<_>>(), &path);
        Self { file, mp4: std::fs::read(path).unwrap() }
    }

    /// The film as a file.
    pub fn video(&self, dir: &Workdir) -> PathBuf {
        dir.write("film.mp4", &self.mp4)
    }

    /// The same pictures at leisure: browsers that only play them leave some out.
    pub fn slowly(&self, dir: &Workdir) -> PathBuf {
        let (video, slow) = (self.video(dir), dir.path("slow.mp4"));
        ffmpeg(&[&"-itsscale", &"4", &"-i", &video, &"-c", &"copy", &slow]);
        slow
    }

    /// The film as a browser takes it for a camera's.
    pub fn camera(&self, dir: &Workdir) -> PathBuf {
        let camera = dir.path("camera.y4m");
        convert(&self.video(dir), &camera);
        camera
    }
}

/// Has ffmpeg make another file of a film.
pub fn convert(from: &Path, to: &Path) {
    ffmpeg(&[&"-i", &from, &"-pix_fmt", &"yuv420p", &to]);
}

fn ffmpeg(args: &[&dyn AsRef<OsStr>]) {
    let mut command = Command::new("ffmpeg");
    let status = command.args(["-y", "-loglevel", "error"]).args(args).status();
    assert!(status.unwrap().success());
}
