//! Compressed video in both directions, by the `ffmpeg` that the user has: a child process that
//! gives or takes uncompressed frames through a pipe.

use super::canvas::Canvas;
use super::patient::{PatientReader, Stop};
use crate::text::printable;
use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;

/// Bytes of what ffmpeg says that are kept: the end of it.
const MESSAGE_BYTES: usize = 4096;

/// What ffmpeg says of a recording without its index.
const NOT_FINISHED: &str = "moov atom not found";

/// Why a video cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FfmpegError {
    /// There is no ffmpeg.
    #[error("ffmpeg is not installed")]
    Missing,
    /// ffmpeg cannot be started.
    #[error("cannot run ffmpeg")]
    Run(#[source] std::io::Error),
    /// ffmpeg failed, and said why.
    #[error("ffmpeg failed: {0}")]
    Failed(String),
    /// A recording without the index that is written when it ends.
    #[error(
        "the recording was not finished: stop the camera before copying it, or record again; some \
         can be repaired with `untrunc` and another recording of the same camera"
    )]
    NotFinished,
    /// ffmpeg ended without a complaint before it had all frames, or without a file.
    #[error("ffmpeg ended before the video was complete")]
    Stopped,
}

/// Whether there is an ffmpeg to run.
///
/// # Errors
/// [`FfmpegError::Missing`] if there is none.
pub fn check() -> Result<(), FfmpegError> {
    let mut command = Command::new("ffmpeg");
    command.arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().map(drop).map_err(run_error)
}

fn run_error(error: std::io::Error) -> FfmpegError {
    if error.kind() == ErrorKind::NotFound { FfmpegError::Missing } else { FfmpegError::Run(error) }
}

/// A running ffmpeg that is stopped when it is dropped.
pub(super) struct Process {
    child: Child,
    messages: Option<JoinHandle<String>>,
}

impl Process {
    fn start(command: &mut Command) -> Result<Self, FfmpegError> {
        let mut child = apart(command).stderr(Stdio::piped()).spawn().map_err(run_error)?;
        let messages = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut kept = Vec::new();
                let mut buffer = [0; 1024];
                while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                    kept.extend(&buffer[..count]);
                    kept.drain(..kept.len().saturating_sub(MESSAGE_BYTES));
                }
                String::from_utf8_lossy(&kept).into_owned()
            })
        });
        Ok(Self { child, messages })
    }

    /// Waits for the end: what went wrong, if anything did.
    fn end(&mut self) -> Result<(), FfmpegError> {
        // The last line names the cause; those before it repeat it.
        self.end_saying(|messages| lines(messages).next_back())
    }

    /// The same for a screen or a camera, of which the last line says less than those before.
    pub(super) fn end_of_device(&mut self) -> Result<(), FfmpegError> {
        self.end_saying(cause_of_device)
    }

    fn end_saying(&mut self, cause: impl Fn(&str) -> Option<&str>) -> Result<(), FfmpegError> {
        let status = self.child.wait().map_err(FfmpegError::Run)?;
        let messages = self.messages.take().and_then(|thread| thread.join().ok());
        if status.success() {
            return Ok(());
        }
        let messages = messages.unwrap_or_default();
        if messages.contains(NOT_FINISHED) {
            return Err(FfmpegError::NotFinished);
        }
        Err(FfmpegError::Failed(cause(&messages).map_or_else(|| status.to_string(), printable)))
    }
}

/// The lines of what ffmpeg said.
fn lines(messages: &str) -> impl DoubleEndedIterator<Item = &str> {
    messages.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// What the last part of ffmpeg that said something said, without its name:
/// `[x11grab @ 0x55d0] Cannot open display :5, error 1.`; or the last line.
fn cause_of_device(messages: &str) -> Option<&str> {
    let parts = lines(messages).filter_map(|line| line.strip_prefix('[')?.split_once("] "));
    let said =
        parts.filter(|(part, _)| part.contains(" @ ")).map(|(_, said)| said.trim()).next_back();
    said.or_else(|| lines(messages).next_back())
}

/// Leaves Ctrl-C in a terminal to this program, which then ends the other one, and does not take its
/// end for a failure.
fn apart(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(windows)]
    {
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        std::os::windows::process::CommandExt::creation_flags(command, CREATE_NEW_PROCESS_GROUP);
    }
    command
}

/// What ffmpeg says when it is asked something, whether or not it calls that a failure.
pub(super) fn said(question: &[&str]) -> Result<String, FfmpegError> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin"]).args(question).stdin(Stdio::null());
    let output = command.output().map_err(run_error)?;
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn quiet() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin"]);
    command
}

/// What ffmpeg shall read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoInput {
    /// A file.
    File(OsString),
    /// An address that it understands: a camera on the network, say.
    Address(String),
}

/// Frames of a video, as a Y4M stream.
pub struct VideoReader {
    process: Process,
    output: PatientReader,
    stop: Stop,
}

impl VideoReader {
    /// Starts reading; the stream ends soon after `stop`.
    ///
    /// # Errors
    /// If ffmpeg cannot be run; what is wrong with the video shows at the stream's end.
    pub fn new(input: &VideoInput, stop: &Stop) -> Result<Self, FfmpegError> {
        let mut command = quiet();
        match input {
            // With a protocol, so that no name is taken for an option or another protocol; and with
            // none else, so that no file makes it open an address.
            VideoInput::File(path) => {
                let mut address = OsString::from("file:");
                address.push(path);
                let local = ["-protocol_whitelist", "file,crypto,data"];
                command.args(local).arg("-i").arg(address)
            }
            VideoInput::Address(address) => command.arg("-i").arg(address),
        };
        let (process, output) = start_reading(&mut command, Y4M)?;
        let output = PatientReader::new(|| Ok(output), stop);
        Ok(Self { process, output, stop: stop.clone() })
    }

    /// After the stream's end: whether that was the video's end.
    ///
    /// # Errors
    /// If ffmpeg failed before the video ended.
    pub fn end(&mut self) -> Result<(), FfmpegError> {
        if self.stop.is_set() {
            // It may wait for somebody to take its frames.
            return Ok(());
        }
        self.process.end()
    }
}

/// Samples in the nearest of the kinds that are read.
const Y4M: &[&str] = &["-vf", "format=yuv420p|yuv422p|yuv444p", "-f", "yuv4mpegpipe"];
/// Samples as they are on a screen, in files of their own.
const PPM: &[&str] = &["-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe"];

/// Starts to read a device: PPM files of a screen, a Y4M stream of a camera.
pub(super) fn start_device(
    device: &[String],
    is_screen: bool,
) -> Result<(Process, ChildStdout), FfmpegError> {
    start_reading(quiet().args(device), if is_screen { PPM } else { Y4M })
}

/// Starts to read frames as they are, none twice and none left out, in some form.
fn start_reading(
    command: &mut Command,
    form: &[&str],
) -> Result<(Process, ChildStdout), FfmpegError> {
    command.args(["-map", "0:v:0"]).args(frames_as_they_are()).args(form).arg("-");
    let mut process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let output = process.child.stdout.take().ok_or(FfmpegError::Stopped)?;
    Ok((process, output))
}

/// The option that keeps frames as they are; ffmpeg before 5.1 has another name for it.
fn frames_as_they_are() -> [&'static str; 2] {
    static OLD: OnceLock<bool> = OnceLock::new();
    let is_old = || {
        let mut command = Command::new("ffmpeg");
        let output = command.arg("-version").stdin(Stdio::null()).stderr(Stdio::null()).output();
        output.is_ok_and(|output| is_before_5_1(&String::from_utf8_lossy(&output.stdout)))
    };
    match OLD.get_or_init(is_old) {
        true => ["-vsync", "passthrough"],
        false => ["-fps_mode", "passthrough"],
    }
}

/// Whether a version line is that of an ffmpeg before 5.1: `ffmpeg version 4.4.2-0ubuntu0.22.04.1`; one
/// that has no number was built from newer sources.
fn is_before_5_1(text: &str) -> bool {
    let version = text.split_whitespace().nth(2).unwrap_or_default();
    let mut numbers = version.trim_start_matches('n').split(|c: char| !c.is_ascii_digit());
    let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok());
    match (next(), next()) {
        (Some(major), minor) if major < 1000 => (major, minor.unwrap_or(0)) < (5, 1),
        _ => false,
    }
}

impl Read for VideoReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.output.read(buffer)
    }
}

/// Kinds of video files that are written, with what serves small tiles best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// H.264 in MP4.
    Mp4,
    /// H.264 in QuickTime.
    Mov,
    /// H.264 in Matroska.
    Mkv,
    /// VP9 in WebM.
    Webm,
}

impl Container {
    /// The container that a file name's ending asks for.
    pub(crate) fn of_extension(extension: &OsStr) -> Option<Self> {
        match extension.to_str()?.to_ascii_lowercase().as_str() {
            "mp4" | "m4v" => Some(Self::Mp4),
            "mov" => Some(Self::Mov),
            "mkv" => Some(Self::Mkv),
            "webm" => Some(Self::Webm),
            _ => None,
        }
    }

    fn format(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Mkv => "matroska",
            Self::Webm => "webm",
        }
    }

    /// Codec and quality: 0.999 bits of mutual information a bit and more are left of 3-pixel tiles
    /// at half-resolution chroma, so that what films the screen decides what is lost.
    fn codec(self) -> &'static [&'static str] {
        match self {
            Self::Webm => &["-c:v", "libvpx-vp9", "-crf", "28", "-b:v", "0", "-cpu-used", "5"],
            _ => &["-c:v", "libx264", "-preset", "veryfast", "-crf", "23"],
        }
    }
}

/// How a video is to be made.
#[derive(Clone, Copy, Debug)]
pub struct VideoFormat {
    /// Kind of file.
    pub container: Container,
    /// Width and height of the frames.
    pub size: (usize, usize),
    /// Where they lie in its pictures.
    pub canvas: Canvas,
    /// Frames a second.
    pub fps: u32,
    /// Whether colours keep their full resolution, which not every player can show.
    pub full_chroma: bool,
}

/// Takes frames as RGB and writes a video file.
pub struct VideoWriter {
    process: Process,
    input: Option<ChildStdin>,
}

impl VideoWriter {
    /// Starts writing to the file at `path`, which may be there already.
    ///
    /// # Errors
    /// If ffmpeg cannot be run.
    pub fn new(path: &Path, format: &VideoFormat) -> Result<Self, FfmpegError> {
        let (width, height) = format.size;
        let mut command = quiet();
        command.args(["-y", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size"]);
        command.arg(format!("{width}x{height}")).arg("-framerate").arg(format.fps.to_string());
        command.args(["-i", "pipe:0"]).args(format.container.codec());
        let Canvas { size: (width, height), at: (left, top) } = format.canvas;
        command.arg("-vf").arg(format!("pad={width}:{height}:{left}:{top}")).arg("-pix_fmt");
        command.arg(if format.full_chroma { "yuv444p" } else { "yuv420p" });
        let mut address = OsString::from("file:");
        address.push(path);
        command.args(["-f", format.container.format()]).arg(address);
        let mut process = Process::start(command.stdin(Stdio::piped()).stdout(Stdio::null()))?;
        let input = process.child.stdin.take();
        Ok(Self { process, input })
    }

    /// Writes a frame: 3 bytes a pixel.
    ///
    /// # Errors
    /// If ffmpeg gave up: what it said.
    pub fn add(&mut self, rgb: &[u8]) -> Result<(), FfmpegError> {
        let written = self.input.as_mut().is_some_and(|input| input.write_all(rgb).is_ok());
        if written {
            return Ok(());
        }
        // It knows better than the broken pipe why it ended.
        self.input = None;
        self.process.end().and(Err(FfmpegError::Stopped))
    }

    /// Waits until the file is complete.
    ///
    /// # Errors
    /// If ffmpeg failed before the file was complete.
    pub(crate) fn finish(mut self) -> Result<(), FfmpegError> {
        self.input = None;
        self.process.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_says_last_is_the_cause() {
        for (messages, cause) in [
            (
                "[x11grab @ 0x55f6b0cb08c0] Cannot open display :55, error 1.\n:55: Input/output error\n",
                Some("Cannot open display :55, error 1."),
            ),
            ("[0] odd\nUnknown input format: 'dshow'\n", Some("Unknown input format: 'dshow'")),
            ("\n", None),
        ] {
            assert_eq!(cause_of_device(messages), cause);
        }
    }

    #[test]
    fn versions_are_told_apart() {
        for (text, is_old) in [
            ("ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c)", true),
            ("ffmpeg version 5.0 Copyright", true),
            ("ffmpeg version 5.1.6-0+deb12u1 Copyright", false),
            ("ffmpeg version n4.3.1 Copyright", true),
            ("ffmpeg version 7.1 Copyright", false),
            ("ffmpeg version N-109469-g62da0b4a74 Copyright", false),
            ("ffmpeg version 2024-01-01-git-e1c1dc8347 Copyright", false),
            ("", false),
        ] {
            assert_eq!(is_before_5_1(text), is_old, "{text}");
        }
    }
}
