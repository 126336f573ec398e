//! `tilecast encode`.

use super::args::{EncodeArgs, Format};
use super::exit::{Exit, Failure, check_interrupt};
use super::inputs::{is_stream, show};
use super::progress::Progress;
use super::{counted, thousands, thread_count};
use crate::cimbar::Mode;
use crate::pipeline::cimbar_send::{CimbarSendError, CimbarTransfer};
use crate::pipeline::output::{OutputError, OutputFile, OutputFolder};
use crate::pipeline::profile::{FormatChoice, FrameFormat, Profile};
use crate::pipeline::send::{Prepared, SendError, Transfer};
use anyhow::Context;
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;

/// Width and height of a frame.
const DEFAULT_SIZE: (usize, usize) = (1024, 1024);
/// zstd levels: ours, and the one that libcimbar's senders use.
const DEFAULT_LEVEL: i32 = 9;
const CIMBAR_LEVEL: i32 = 16;

/// Runs the command.
///
/// # Errors
/// Whatever keeps the frames from being complete.
pub fn run(args: EncodeArgs) -> Result<Exit, Failure> {
    if args.format == Format::Cimbar {
        return run_cimbar(&args);
    }
    if args.mode.is_some() {
        let error = anyhow::anyhow!("--mode is for libcimbar's format");
        return Err(Failure::with_hint(error, "add --format cimbar"));
    }
    let format = FrameFormat::new(&FormatChoice {
        profile: args.profile.unwrap_or(Profile::Standard),
        size: args.size.unwrap_or(DEFAULT_SIZE),
        tile: args.tile,
        rate: args.rate,
        bands: args.bands.unwrap_or(1),
    })?;
    let mut target = Target::new(&args.output, args.common.force)?;
    let threads = thread_count(args.common.threads);
    let prepared = prepare(&args, threads)?;
    let mut transfer = Transfer::new(prepared, format, args.redundancy)?;
    let frames = transfer.layout().frames();
    target.expect_frames(frames)?;
    let name = transfer.prepared().manifest().name.clone().unwrap_or_else(|| "-".to_owned());
    let caption = |number: u64| format!("{name}  {}/{frames}", number + 1);
    let caption: Option<&(dyn Fn(u64) -> String + Sync)> =
        if args.caption { Some(&caption) } else { None };
    let progress = Progress::new(frames, "frames", args.common.quiet);
    let drawn = transfer.frames(threads, caption, |number, png| {
        check_interrupt()?;
        progress.set(number + 1);
        target.add(number, frames, &png)
    });
    drawn.map_err(own_error)?;
    target.finish()?;
    drop(progress);
    if !args.common.quiet {
        eprintln!("{}", summary(&transfer));
    }
    Ok(Exit::Success)
}

/// Writes frames of libcimbar's format.
fn run_cimbar(args: &EncodeArgs) -> Result<Exit, Failure> {
    let own = [
        ("--profile", args.profile.is_some()),
        ("--size", args.size.is_some()),
        ("--tile", args.tile.is_some()),
        ("--rate", args.rate.is_some()),
        ("--bands", args.bands.is_some()),
        ("--caption", args.caption),
    ];
    if let Some((option, _)) = own.into_iter().find(|(_, given)| *given) {
        let error = anyhow::anyhow!("libcimbar's format has no {option}");
        return Err(Failure::with_hint(error, "--mode chooses between its kinds of frames"));
    }
    let mut target = Target::new(&args.output, args.common.force)?;
    let Input { read, name, .. } = Input::open(args)?;
    let (mode, level) = (args.mode.unwrap_or(Mode::B), args.level.unwrap_or(CIMBAR_LEVEL));
    let transfer = CimbarTransfer::new(mode, read, name.as_deref(), level, args.redundancy)?;
    let frames = transfer.frames();
    target.expect_frames(frames)?;
    let progress = Progress::new(frames, "frames", args.common.quiet);
    let drawn = transfer.draw(thread_count(args.common.threads), |number, png| {
        check_interrupt()?;
        progress.set(number + 1);
        target.add(number, frames, &png)
    });
    drawn.map_err(|error| match error {
        CimbarSendError::Sink(error) => Failure::from(error),
        other => other.into(),
    })?;
    target.finish()?;
    drop(progress);
    if !args.common.quiet {
        eprintln!(
            "{} of libcimbar's mode {} for {} as sent; show them in a loop",
            counted(frames, "frame"),
            mode.parameters().name,
            counted(transfer.message_bytes(), "byte"),
        );
    }
    Ok(Exit::Success)
}

/// What is to be sent.
struct Input {
    read: Box<dyn Read + Send>,
    /// 0 if that is not known.
    size: u64,
    name: Option<String>,
}

impl Input {
    fn open(args: &EncodeArgs) -> Result<Self, Failure> {
        if is_stream(&args.input) {
            if std::io::stdin().is_terminal() {
                let error = anyhow::anyhow!("standard input is a terminal");
                return Err(Failure::with_hint(error, "pipe data in, or name a file"));
            }
            return Ok(Self { read: Box::new(std::io::stdin()), size: 0, name: args.name.clone() });
        }
        let context = || format!("cannot read {}", show(&args.input));
        let metadata = std::fs::metadata(&args.input).with_context(context)?;
        if metadata.is_dir() {
            let error = anyhow::anyhow!("{} is a folder", show(&args.input));
            let hint = format!("tar c {} | tilecast encode - -o DIR", show(&args.input));
            return Err(Failure::with_hint(error, hint));
        }
        let file = File::open(&args.input).with_context(context)?;
        let own_name = args.input.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = args.name.clone().or(own_name);
        Ok(Self { read: Box::new(file), size: metadata.len(), name })
    }
}

fn prepare(args: &EncodeArgs, threads: usize) -> Result<Prepared, Failure> {
    let Input { read, size, name } = Input::open(args)?;
    let progress = Progress::new(size, "bytes", args.common.quiet);
    let level = args.level.unwrap_or(DEFAULT_LEVEL);
    Prepared::new(read, name, level, threads, |read| {
        progress.set(read);
        Ok(check_interrupt()?)
    })
    .map_err(own_error)
}

/// Gives errors of our own callbacks back as they were.
fn own_error(error: SendError) -> Failure {
    match error {
        SendError::Sink(error) => error.into(),
        other => other.into(),
    }
}

fn summary(transfer: &Transfer) -> String {
    let layout = transfer.layout();
    let (frames, size) = (layout.frames(), transfer.prepared().manifest().size);
    let losses = match layout.survivable_losses() {
        0 => "every frame is needed".to_owned(),
        1 => "any one of them may be lost".to_owned(),
        count => format!("any {} of them may be lost", thousands(count)),
    };
    format!(
        "{} for {} ({} as sent), {} a frame; {losses}",
        counted(frames, "frame"),
        counted(size, "byte"),
        thousands(transfer.prepared().length()),
        counted(size / frames.max(1), "byte"),
    )
}

/// Where frames go.
enum Target {
    Folder(OutputFolder),
    File(OutputFile),
    Stream(std::io::Stdout),
}

impl Target {
    fn new(path: &Path, force: bool) -> Result<Self, Failure> {
        if is_stream(path) {
            if std::io::stdout().is_terminal() {
                let error = anyhow::anyhow!("standard output is a terminal");
                return Err(Failure::with_hint(error, "redirect it, or name a folder with -o"));
            }
            return Ok(Self::Stream(std::io::stdout()));
        }
        let is_png = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
        let target = if is_png && !path.is_dir() {
            OutputFile::new(path, force).map(Self::File)
        } else {
            OutputFolder::new(path, force).map(Self::Folder)
        };
        target.map_err(with_force_hint)
    }

    /// A single file holds a single frame.
    fn expect_frames(&self, frames: u64) -> Result<(), Failure> {
        if matches!(self, Self::File(_)) && frames > 1 {
            let error = anyhow::anyhow!("the file needs {frames} frames, a .png file holds one");
            return Err(Failure::with_hint(error, "give a folder, or a denser profile"));
        }
        Ok(())
    }

    fn add(&mut self, number: u64, frames: u64, png: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => {
                let width = frames.to_string().len().max(4);
                folder.add(format!("frame-{:0width$}.png", number + 1), png)?;
            }
            Self::File(file) => file.write(png)?,
            Self::Stream(stream) => {
                stream.write_all(png).context("cannot write to standard output")?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Folder(folder) => folder.finish().map_err(with_force_hint),
            Self::File(file) => file.finish().map_err(with_force_hint),
            Self::Stream(mut stream) => {
                Ok(stream.flush().context("cannot write to standard output")?)
            }
        }
    }
}

/// Says how to replace what is in the way.
pub fn with_force_hint(error: OutputError) -> Failure {
    match error {
        OutputError::Exists(_) | OutputError::NotEmpty(_) => {
            Failure::with_hint(error, "--force replaces what is there")
        }
        other => other.into(),
    }
}
