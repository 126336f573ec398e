//! `tilecast encode`: check, reserve the output, prepare the file, draw its frames, say what there is.

use super::args::EncodeArgs;
use super::config::{EncodeConfig, Shown, SymbologyConfig};
use super::counted;
use super::exit::{Exit, Failure, check_interrupt};
use super::paper::{announcement, paper};
use super::progress::Progress;
use super::sent::Input;
use super::target::Target;
use super::verify::verify;
use super::voice::{self, Event};
use crate::container::Content;
use crate::media::paper::Paper;
use crate::media::sinks::FrameSink;
use crate::media::storage;
use crate::outline::Outline;
use crate::send::{
    CimbarOptions, CimbarTransfer, Outgoing, OwnTransfer, Probe, Selection, Stream, StreamOptions,
    Summary, deliver,
};
use crate::text::thousands;
use std::time::SystemTime;

/// Runs the command.
///
/// # Errors
/// Whatever keeps the frames from being complete.
pub(super) fn run(args: EncodeArgs) -> Result<Exit, Failure> {
    let config = EncodeConfig::new(args)?;
    let target = Target::reserve(&config.output)?;
    let Prepared { mut outgoing, changed } = prepare(&config)?;
    let (outline, summary) = (outgoing.outline(), outgoing.summary());
    let shown = shown(&config.only, outline.frames)?;
    let instructions = config.instructions;
    let paper =
        config.sheet.as_ref().map(|sheet| paper(sheet, instructions, &outline, &summary, changed));
    if let Some(paper) = paper.as_ref().filter(|_| !config.quiet) {
        announcement(paper, &summary).iter().for_each(|line| say!("{line}"));
    }
    let is_told = paper.is_some() && shown == outline.frames;
    let mut sink = draw(outgoing.as_mut(), &outline, (target, paper), shown, &config)?;
    let written = sink.end()?;
    let verified = config.verify.then(|| verify(written.as_deref(), (&outline, &summary), &config));
    let verified = verified.transpose()?.unwrap_or_default();
    sink.finish()?;
    let (frames_total, bytes) = (outline.frames, outline.bytes);
    let spare_frames = summary.spare_frames;
    voice::event(&Event::Drawn { frames: shown, frames_total, bytes, spare_frames });
    let told = match config.shown {
        Shown::Sent { .. } if is_told => String::new(),
        Shown::Sent { .. } => describe(&outline, &summary, shown),
        Shown::Probe { .. } => format!(
            "{} of all kinds; film or photograph them, and decode tells which are read",
            counted(shown, "frame")
        ),
    };
    let lines = [told, verified].into_iter().filter(|line| !line.is_empty() && !config.quiet);
    lines.for_each(|line| say!("{line}"));
    Ok(Exit::Success)
}

/// What is ready to be sent.
struct Prepared {
    outgoing: Box<dyn Outgoing>,
    /// When the file was changed last, if it is one.
    changed: Option<SystemTime>,
}

/// Reads the file, and makes it ready to be sent.
fn prepare(config: &EncodeConfig) -> Result<Prepared, Failure> {
    let (inputs, name, symbology) = match &config.shown {
        Shown::Probe { size } => {
            return Ok(Prepared { outgoing: Box::new(Probe::new(*size)?), changed: None });
        }
        Shown::Sent { inputs, name, symbology } => (inputs, name, symbology),
    };
    let input = Input::open(inputs, name.as_deref(), config.output.path())?;
    input.left_out().iter().for_each(|line| say!("{line}"));
    let Input { read, size, name, content, changed, .. } = input;
    let outgoing: Box<dyn Outgoing> = match symbology {
        SymbologyConfig::Own { tables, options, level } => {
            let progress = Progress::new(size, "bytes", config.quiet);
            let threads = config.threads;
            let stream_options = StreamOptions { name, content, level: *level, threads };
            let stream = Stream::new(read, storage::temporary(), stream_options, |read| {
                progress.set(read);
                check_interrupt()
            })?;
            Box::new(OwnTransfer::new(stream, tables.clone(), *options)?)
        }
        SymbologyConfig::Cimbar(options) => {
            // There nothing says what a file is, but its name.
            let name = match content {
                Content::File => name,
                Content::Folder => Some(content.file_name(name.as_deref())),
            };
            let options = CimbarOptions { name, ..options.clone() };
            Box::new(CimbarTransfer::new(read, size, options)?)
        }
    };
    Ok(Prepared { outgoing, changed })
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

/// Draws the frames, as often as the output wants them, and hands them over to it.
fn draw(
    outgoing: &mut dyn Outgoing,
    outline: &Outline,
    (target, paper): (Target, Option<Paper>),
    shown: u64,
    config: &EncodeConfig,
) -> Result<Box<dyn FrameSink>, Failure> {
    let passes = target.passes();
    let mut sink = target.begin(outline, shown, paper)?;
    let form = sink.form();
    let total = passes.map_or(0, |passes| u64::from(passes) * shown);
    let progress = Progress::new(total, "frames", config.quiet);
    let (mut pass, mut done) = (0, 0);
    while passes.is_none_or(|passes| pass < passes) {
        let render = |frame: &_| form.render(frame);
        deliver(outgoing, &config.only, config.threads, render, |number, bytes| {
            check_interrupt()?;
            done += 1;
            progress.set(done);
            Ok::<_, Failure>(sink.add(number, bytes)?)
        })?;
        pass += 1;
    }
    Ok(sink)
}

/// What was made, in a sentence.
fn describe(outline: &Outline, summary: &Summary, shown: u64) -> String {
    let (frames, size) = (outline.frames, outline.bytes);
    if shown < frames {
        return format!("{shown} of {}", counted(frames, "frame"));
    }
    if let Some(mode) = summary.cimbar_mode {
        return format!(
            "{} of libcimbar's mode {mode} for {} as sent; show them in a loop",
            counted(frames, "frame"),
            counted(summary.sent_bytes, "byte"),
        );
    }
    let losses = match summary.spare_frames {
        None => "any that are enough will do".to_owned(),
        Some(0) => "every frame is needed".to_owned(),
        Some(1) => "any one of them may be lost".to_owned(),
        Some(count) => format!("any {} of them may be lost", thousands(count)),
    };
    format!(
        "{} for {} ({} as sent), {} a frame; {losses}",
        counted(frames, "frame"),
        counted(size, "byte"),
        thousands(summary.sent_bytes),
        counted(size / frames.max(1), "byte"),
    )
}
