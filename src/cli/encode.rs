//! `tilecast encode`.

use super::args::{EncodeArgs, Format};
use super::exit::{Exit, Failure, check_interrupt};
use super::inputs::{is_stream, show};
use super::progress::Progress;
use super::target::{Target, finished};
use super::{counted, thousands, thread_count};
use crate::cimbar::Mode;
use crate::frame::{CAPTION_HEIGHT, cell_runs};
use crate::pipeline::cimbar_send::{CimbarSendError, CimbarTransfer};
use crate::pipeline::delivery::Outline;
use crate::pipeline::profile::{FormatChoice, FrameFormat, Profile};
use crate::pipeline::rendering::Piece;
use crate::pipeline::selection::Selection;
use crate::pipeline::send::{Drawing, Prepared, SendError, Transfer};
use crate::raster::IndexedFrame;
use anyhow::Context;
use std::fs::File;
use std::io::{IsTerminal, Read};

/// Width and height of a frame.
const DEFAULT_SIZE: (usize, usize) = (1024, 1024);
/// zstd levels: ours, and the one that libcimbar's senders use.
const DEFAULT_LEVEL: i32 = 9;
const CIMBAR_LEVEL: i32 = 16;
/// Side of libcimbar's tiles, which have shapes in them, in pixels.
const CIMBAR_TILE: usize = 8;

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
    let target = Target::new(&args)?;
    let choice = FormatChoice {
        profile: args.profile.unwrap_or(Profile::Standard),
        size: args.size.unwrap_or(DEFAULT_SIZE),
        tile: args.tile,
        rate: args.rate,
        bands: args.bands.unwrap_or(1),
    };
    let format = match args.bands {
        None if target.moves() => FrameFormat::animated(&choice)?,
        _ => FrameFormat::new(&choice)?,
    };
    let threads = thread_count(args.common.threads);
    let prepared = prepare(&args, threads)?;
    let mut transfer = Transfer::new(prepared, format, args.redundancy)?;
    let frames = transfer.layout().frames();
    let outline = outline(&transfer, &args, &target)?;
    let name = &outline.name;
    let caption = |number: u64| format!("{name}  {}/{frames}", number + 1);
    let caption: Option<&(dyn Fn(u64) -> String + Sync)> =
        if args.caption { Some(&caption) } else { None };
    let drawing = Drawing { threads, caption, only: &args.only };
    deliver(target, &outline, args.common.quiet, |render, sink| {
        transfer.frames(&drawing, render, sink).map_err(own_error)
    })?;
    if !args.common.quiet {
        say!("{}", summary(&transfer, outline.shown));
    }
    Ok(Exit::Success)
}

/// What outputs are told of a transfer.
fn outline(transfer: &Transfer, args: &EncodeArgs, target: &Target) -> Result<Outline, Failure> {
    let (format, manifest) = (transfer.format(), transfer.prepared().manifest());
    let background = transfer.background();
    let below = if args.caption { CAPTION_HEIGHT } else { 0 };
    let frames = transfer.layout().frames();
    Ok(Outline {
        name: manifest.name.clone().unwrap_or_else(|| "-".to_owned()),
        bytes: manifest.size,
        size: (background.width, background.height + below),
        frames,
        shown: shown(&args.only, frames)?,
        fps: target.fps,
        plays: target.plays(),
        tile: format.layout.geometry().tile.into(),
        // A caption is no symbol.
        cells: (!args.caption)
            .then(|| (background, cell_runs(&format.layout), format.palette.bits_per_tile())),
    })
}

/// How many of a transfer's frames are wanted.
fn shown(only: &Selection, frames: u64) -> Result<u64, Failure> {
    if let Some(last) = only.last().filter(|last| *last > frames) {
        let error = anyhow::anyhow!("there is no frame {last}, only {}", counted(frames, "frame"));
        let hint = "give the options and the very file of the first time: then frames are the same";
        return Err(Failure::with_hint(error, hint));
    }
    Ok(only.count(frames))
}

/// Lets `draw` draw all frames, as often as the output wants them, and hands them over.
fn deliver(
    target: Target,
    outline: &Outline,
    quiet: bool,
    mut draw: impl FnMut(&Render, &mut Hand) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let passes = target.passes();
    let mut sink = target.begin(outline)?;
    let rendering = sink.rendering();
    let render = |frame| rendering.render(frame);
    let total = passes.map_or(0, |passes| u64::from(passes) * outline.shown);
    let progress = Progress::new(total, "frames", quiet);
    let (mut pass, mut done) = (0, 0);
    while passes.is_none_or(|passes| pass < passes) {
        draw(&render, &mut |number, piece| {
            check_interrupt()?;
            done += 1;
            progress.set(done);
            sink.add(number, piece)
        })?;
        pass += 1;
    }
    finished(sink.finish())
}

/// Makes of a frame what the output wants.
type Render<'a> = dyn Fn(IndexedFrame) -> std::io::Result<Piece> + Sync + 'a;
/// Hands that over.
type Hand<'a> = dyn FnMut(u64, Piece) -> anyhow::Result<()> + 'a;

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
    let target = Target::new(args)?;
    let Input { read, name, size } = Input::open(args)?;
    let (mode, level) = (args.mode.unwrap_or(Mode::B), args.level.unwrap_or(CIMBAR_LEVEL));
    let transfer = CimbarTransfer::new(mode, read, name.as_deref(), level, args.redundancy)?;
    let frames = transfer.frames();
    let outline = Outline {
        name: name.unwrap_or_else(|| "-".to_owned()),
        bytes: size,
        size: transfer.frame_size(),
        frames,
        shown: shown(&args.only, frames)?,
        fps: target.fps,
        plays: target.plays(),
        tile: CIMBAR_TILE,
        cells: None,
    };
    let threads = thread_count(args.common.threads);
    let drawing = Drawing { threads, caption: None, only: &args.only };
    deliver(target, &outline, args.common.quiet, |render, sink| {
        transfer.draw(&drawing, render, sink).map_err(|error| match error {
            CimbarSendError::Sink(error) => Failure::from(error),
            other => other.into(),
        })
    })?;
    if !args.common.quiet {
        say!(
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

fn summary(transfer: &Transfer, shown: u64) -> String {
    let layout = transfer.layout();
    let (frames, size) = (layout.frames(), transfer.prepared().manifest().size);
    if shown < frames {
        return format!("{shown} of {}", counted(frames, "frame"));
    }
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
