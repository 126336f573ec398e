//! `tilecast decode`: check, read captures until there is enough, write what is complete, say what is
//! missing.

use super::args::DecodeArgs;
use super::config::DecodeConfig;
use super::counted;
use super::delivery::Delivery;
use super::destination::Destination;
use super::devices;
use super::exit::{Exit, Failure, check_interrupt, ending, stop};
use super::inputs::{About, Inputs, inputs, show};
use super::journal::Journal;
use super::listing::{Ending, Listing};
use super::patience::{Gave, Patience};
use super::told::{probe_lines, tell};
use super::vigil::Vigil;
use super::voice::{self, Event};
use super::watch::{Watch, WatchConfig};
use crate::capture::{ReadCapture, Settings, read_all};
use crate::media::output::OutputFile;
use crate::media::sources::SourceError;
use crate::media::{PictureError, encode_rgb_png};
use crate::reading::Outcome;
use crate::receive::Receiver;
use crate::report::CaptureReport;
use crate::text::with_causes;
use anyhow::Context;
use std::ops::ControlFlow;
use std::path::Path;

/// The report, as far as it is written.
type ReportFile = Listing<OutputFile>;

/// Runs the command.
///
/// # Errors
/// What keeps the run from going on; missing frames are no error.
pub(super) fn run(args: DecodeArgs) -> Result<Exit, Failure> {
    if args.list_devices {
        return devices::list();
    }
    let config = DecodeConfig::new(args)?;
    let destination = Destination::new(config.output.as_deref(), config.force)?;
    let mut report = config.report.as_deref().map(|path| begin_report(path, config.force));
    let mut report = report.take().transpose()?;
    let inputs = inputs(&config.inputs, config.quiet)?;
    let vigil = Vigil::new(&config)?;
    if let Some(live) = inputs.live_origin().filter(|_| config.is_watching()) {
        let error = anyhow::anyhow!("--watch comes after {live}, which has no end");
        return Err(Failure::with_hint(
            error,
            "two runs with --state, one after the other, read both",
        ));
    }
    if let Some(folder) = &config.debug {
        let context = || format!("cannot create {}", show(folder));
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    let (mut receiver, journal) = Journal::open(&config.journal, &destination)?;
    let all_there = inputs.count() > 0 && !config.is_watching();
    let mut delivery = Delivery::new(&destination, &config, all_there);
    let exit = read(inputs, &vigil, &mut receiver, &mut delivery, &mut report)
        .and_then(|()| finish(&mut receiver, &mut delivery));
    if matches!(exit, Err(Failure::Interrupted)) {
        delivery.open(&mut receiver).iter().for_each(|open| tell(open, config.quiet));
    }
    // Whatever happened: what was received stays, and what was found is told.
    let told = report.map_or(Ok(()), |report| end_report(report, &mut receiver, &delivery));
    let written = delivery.written();
    let is_done = matches!(exit, Ok(Exit::Success));
    journal.close(receiver, is_done.then_some(written.as_slice()), &destination);
    exit.and_then(|exit| told.map(|()| exit))
}

/// No more captures come: writes what can be written, and tells what came of everything.
fn finish(receiver: &mut Receiver, delivery: &mut Delivery<'_>) -> Result<Exit, Failure> {
    let Some(probe) = receiver.probe() else { return delivery.finish(receiver) };
    if !voice::event(&Event::Probe(&probe)) {
        probe_lines(&probe).iter().for_each(|line| say!("{line}"));
    }
    match receiver.transfers().is_empty() {
        true => Ok(if probe.best.is_some() { Exit::Success } else { Exit::Incomplete }),
        false => delivery.finish(receiver),
    }
}

fn begin_report(path: &Path, force: bool) -> Result<ReportFile, Failure> {
    let file = OutputFile::new(path, force)?;
    let context = || format!("cannot write {}", show(path));
    Ok(Listing::new(file).with_context(context)?)
}

fn end_report(
    report: ReportFile,
    receiver: &mut Receiver,
    delivery: &Delivery<'_>,
) -> Result<(), Failure> {
    let transfers = delivery.reports(receiver);
    let ending =
        Ending { transfers, transfers_not_listed: receiver.others(), probe: receiver.probe() };
    let file = report.finish(&ending).context("cannot write the report")?;
    Ok(file.finish()?)
}

/// Reads the captures that have not been read before, and writes files as they become complete, until
/// there is nothing more or, if only one file is wanted, that one is there.
fn read(
    inputs: Inputs,
    vigil: &Vigil,
    receiver: &mut Receiver,
    delivery: &mut Delivery<'_>,
    report: &mut Option<ReportFile>,
) -> Result<(), Failure> {
    let config = delivery.config();
    let done = receiver.done().clone();
    if !config.quiet && !done.is_empty() {
        say!("{} read by an earlier run", counted(done.len() as u64, "capture"));
    }
    let (count, skipped) = (inputs.count(), done.len() as u64);
    let mut patience = Patience::new(inputs.bytes().filter(|_| !config.is_watching()));
    let mut watch = Watch::new(watch_config(config, &inputs), receiver);
    let settings = settings(delivery);
    // What earlier runs received may be enough.
    let mut enough = delivery.deliver(receiver)?;
    let is_open = !enough;
    vigil.note(delivery, receiver);
    let arriving = vigil.captures(done.clone(), stop());
    let captures = inputs.into_captures(done, stop()).chain(arriving);
    let captures = captures.take_while(move |_| is_open);
    let mut step = |read: ReadCapture<About, SourceError>| {
        check_interrupt()?;
        let pixels = read.pixels;
        draw_debug(&read, config, watch.count() + 1)?;
        let gave = take(read, receiver, &mut watch, report)?;
        enough = delivery.deliver(receiver)?;
        vigil.took(delivery, receiver);
        let goes_on = !enough && patience.goes_on(pixels, gave);
        Ok(if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    };
    read_all(captures, &settings, |read| ending(step(read)))?;
    let captures = watch.count();
    let unread = count.saturating_sub(skipped + watch.files());
    drop(watch);
    tell_end(enough, &patience, unread, config.quiet);
    if receiver.transfers().is_empty() && receiver.probe().is_none() {
        say!("tilecast: no frame found in {}", counted(captures, "capture"));
    }
    check_interrupt()
}

/// How pictures are read.
fn settings(delivery: &Delivery<'_>) -> Settings {
    let config = delivery.config();
    Settings {
        threads: config.threads,
        draws: config.debug.is_some(),
        read_before: delivery.read_before(),
    }
}

/// What is to be told while captures come in.
fn watch_config(config: &DecodeConfig, inputs: &Inputs) -> WatchConfig {
    let (files, is_watching) = (inputs.count(), config.is_watching());
    WatchConfig {
        files: if is_watching { 0 } else { files },
        is_live: files == 0 && !is_watching,
        is_screen: inputs.is_screen(),
        quiet: config.quiet,
    }
}

/// Says why captures were left unread, if any were.
fn tell_end(enough: bool, patience: &Patience, unread: u64, quiet: bool) {
    if enough && unread > 0 && !quiet {
        say!("the file is complete: {} left unread", counted(unread, "file"));
    }
    if !enough && patience.is_over() {
        say!("tilecast: what comes after so many pictures without anything new is left unread");
        say!("tilecast: hint: pipe it in, and all of it is read: cat FILE | tilecast decode -");
    }
}

/// Gives the captures of a picture to the receiver, and tells about them.
fn take(
    read: ReadCapture<About, SourceError>,
    receiver: &mut Receiver,
    watch: &mut Watch,
    report: &mut Option<ReportFile>,
) -> Result<Gave, Failure> {
    let ReadCapture { about, captures, .. } = read;
    let mut taken: Vec<(CaptureReport, Option<Outcome>)> = Vec::new();
    let (mut final_ones, mut gave) = (0, Gave::Nothing);
    match &captures {
        Err(error) => taken.push((unreadable(&about, error), None)),
        Ok(captures) => {
            for capture in captures {
                // The picture need not be read again once nothing in it can become more.
                let done = final_ones + 1 == captures.len();
                let intake = receiver.accept(capture, about.key.as_deref().filter(|_| done))?;
                final_ones += usize::from(intake.outcome.is_final());
                gave = match (intake.is_news, intake.outcome) {
                    (true, _) => Gave::News,
                    (false, Outcome::Repeat) if gave == Gave::Nothing => Gave::Repeat,
                    _ => gave,
                };
                let report = intake.report(about.path(), capture);
                taken.push((with_cut(report, &about), Some(intake.outcome)));
            }
        }
    }
    watch.note(&taken, gave == Gave::News, about.video(), receiver);
    if let Some(report) = report {
        let mut all = taken.iter();
        all.try_for_each(|(capture, _)| report.capture(capture))
            .context("cannot write the report")?;
    }
    Ok(gave)
}

/// The report about a capture, with what explains it where the picture's file ends early.
pub(super) fn with_cut(report: CaptureReport, about: &About) -> CaptureReport {
    if !about.cut || report.reason.is_none() {
        return report;
    }
    let cut = PictureError::Cut;
    CaptureReport { code: cut.code(), reason: Some(cut.to_string()), ..report }
}

/// The report about a capture that is no picture.
pub(super) fn unreadable(about: &About, error: &SourceError) -> CaptureReport {
    let (code, reason) = (error.code(), Some(with_causes(error)));
    CaptureReport { path: about.path(), code, reason, ..CaptureReport::default() }
}

/// Writes what was seen in picture number `number` as PNG files, if that was asked for.
fn draw_debug(
    read: &ReadCapture<About, SourceError>,
    config: &DecodeConfig,
    number: u64,
) -> Result<(), Failure> {
    let (Some(folder), Some(debug)) = (&config.debug, &read.debug) else { return Ok(()) };
    for (name, picture) in debug.named() {
        let path = folder.join(format!("{number:04}-{name}.png"));
        let context = || format!("cannot write {}", show(&path));
        let png = encode_rgb_png(picture).with_context(context)?;
        std::fs::write(&path, png).with_context(context)?;
    }
    Ok(())
}
