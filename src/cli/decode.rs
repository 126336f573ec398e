//! `tilecast decode`: check, read captures until there is enough, write what is complete, say what is
//! missing.

use super::args::DecodeArgs;
use super::config::DecodeConfig;
use super::counted;
use super::delivery::Delivery;
use super::destination::Destination;
use super::exit::{Exit, Failure, check_interrupt, stop};
use super::inputs::{About, Inputs, inputs, show};
use super::journal::Journal;
use super::listing::Listing;
use super::watch::Watch;
use crate::capture::{DebugPictures, ReadCapture, Settings, read_all};
use crate::media::encode_rgb_png;
use crate::media::output::OutputFile;
use crate::media::sources::SourceError;
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
    let config = DecodeConfig::new(args)?;
    let destination = Destination::new(config.output.as_deref(), config.force)?;
    let mut report = config.report.as_deref().map(|path| begin_report(path, config.force));
    let mut report = report.take().transpose()?;
    let inputs = inputs(&config.inputs)?;
    if let Some(folder) = &config.debug {
        let context = || format!("cannot create {}", show(folder));
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    let (mut receiver, journal) = Journal::open(&config.journal, &destination)?;
    let mut delivery = Delivery::new(&destination, &config, inputs.count() > 0);
    let exit = read(inputs, &mut receiver, &mut delivery, &mut report)
        .and_then(|()| delivery.finish(&mut receiver));
    // Whatever happened: what was received stays, and what was found is told.
    let told = report.map_or(Ok(()), |report| end_report(report, &mut receiver, &delivery));
    let written = delivery.written();
    let is_done = matches!(exit, Ok(Exit::Success));
    journal.close(receiver, is_done.then_some(written.as_slice()), &destination);
    exit.and_then(|exit| told.map(|()| exit))
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
    let file = report.finish(&transfers, receiver.others()).context("cannot write the report")?;
    Ok(file.finish()?)
}

/// Reads the captures that have not been read before, and writes files as they become complete, until
/// there is nothing more or, if only one file is wanted, that one is there.
fn read(
    inputs: Inputs,
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
    // What earlier runs received may be enough.
    let mut enough = delivery.deliver(receiver)?;
    let mut watch = Watch::new(count, config.quiet, receiver);
    let captures = inputs.into_captures(done, stop());
    let settings = Settings {
        threads: config.threads,
        draws: config.debug.is_some(),
        read_before: delivery.read_before(),
    };
    if !enough {
        read_all(captures, &settings, |read| {
            check_interrupt()?;
            if let (Some(folder), Some(debug)) = (&config.debug, &read.debug) {
                write_debug(debug, folder, watch.count() + 1)?;
            }
            for capture in take(read, receiver, &mut watch)? {
                if let Some(report) = report {
                    report.capture(&capture).context("cannot write the report")?;
                }
            }
            enough = delivery.deliver(receiver)?;
            if enough {
                // Nobody waits for what comes after it.
                stop().set();
            }
            let next = if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            Ok::<_, Failure>(next)
        })?;
    }
    let (captures, files) = (watch.count(), watch.files());
    drop(watch);
    if enough && !config.quiet {
        tell_unread(count.saturating_sub(skipped + files));
    }
    if receiver.transfers().is_empty() {
        say!("tilecast: no frame found in {}", counted(captures, "capture"));
    }
    check_interrupt()
}

fn tell_unread(files: u64) {
    if files > 0 {
        say!("the file is complete: {} left unread", counted(files, "file"));
    }
}

/// Gives the captures of a picture to the receiver, and tells about them.
fn take(
    read: ReadCapture<About, SourceError>,
    receiver: &mut Receiver,
    watch: &mut Watch,
) -> Result<Vec<CaptureReport>, Failure> {
    let ReadCapture { about, captures, .. } = read;
    let captures = match captures {
        Ok(captures) => captures,
        Err(error) => {
            let report = unreadable(&about, &error);
            watch.note(&[(report.clone(), None)], about.video(), receiver);
            return Ok(vec![report]);
        }
    };
    let mut taken: Vec<(CaptureReport, Option<Outcome>)> = Vec::new();
    let mut final_ones = 0;
    for capture in &captures {
        // The picture need not be read again once nothing in it can become more.
        let done = final_ones + 1 == captures.len();
        let intake = receiver.accept(capture, about.key.as_deref().filter(|_| done))?;
        final_ones += usize::from(intake.outcome.is_final());
        taken.push((intake.report(about.path(), capture), Some(intake.outcome)));
    }
    watch.note(&taken, about.video(), receiver);
    Ok(taken.into_iter().map(|(report, _)| report).collect())
}

/// The report about a capture that is no picture.
pub(super) fn unreadable(about: &About, error: &SourceError) -> CaptureReport {
    let (code, reason) = (error.code(), Some(with_causes(error)));
    CaptureReport { path: about.path(), code, reason, ..CaptureReport::default() }
}

/// Writes what was seen in capture number `number` as PNG files.
fn write_debug(debug: &DebugPictures, folder: &Path, number: u64) -> Result<(), Failure> {
    for (name, picture) in debug.named() {
        let path = folder.join(format!("{number:04}-{name}.png"));
        let context = || format!("cannot write {}", show(&path));
        let png = encode_rgb_png(picture).with_context(context)?;
        std::fs::write(&path, png).with_context(context)?;
    }
    Ok(())
}
