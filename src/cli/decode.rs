//! `tilecast decode`: check, read captures until there is enough, write what is complete, say what is
//! missing.

use super::args::DecodeArgs;
use super::config::DecodeConfig;
use super::destination::Destination;
use super::exit::{Exit, Failure, check_interrupt};
use super::inputs::{About, Inputs, inputs, show};
use super::journal::Journal;
use super::watch::Watch;
use super::{counted, thousands};
use crate::capture::{DebugPictures, ReadCapture, Settings, read_all};
use crate::media::encode_rgb_png;
use crate::media::output::{OutputError, OutputFile};
use crate::media::sources::SourceError;
use crate::reading::Outcome;
use crate::receive::{ExtractError, Received, Receiver, Unverified};
use crate::report::{CaptureReport, Report, TransferReport, TransferState, ranges};
use crate::text::{printable, with_causes};
use anyhow::Context;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

/// Runs the command.
///
/// # Errors
/// What keeps the run from going on; missing frames are no error.
pub(super) fn run(args: DecodeArgs) -> Result<Exit, Failure> {
    let config = DecodeConfig::from(args);
    let destination = Destination::new(config.output.as_deref(), config.force)?;
    let report_file = config.report.as_deref().map(|path| OutputFile::new(path, config.force));
    let report_file = report_file.transpose()?;
    let inputs = inputs(&config.inputs)?;
    if let Some(folder) = &config.debug {
        let context = || format!("cannot create {}", show(folder));
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    let (mut receiver, mut journal) = Journal::open(&config.journal, &destination)?;
    let mut report = Report::default();
    let captures = read(inputs, &mut receiver, &destination, &config, &mut report)?;
    if receiver.transfers().is_empty() {
        say!("tilecast: no frame found in {}", counted(captures, "capture"));
    }
    let exit = write_all(&mut receiver, &destination, &config, &mut report)?;
    if exit == Exit::Success {
        journal.complete();
    }
    if let Some(mut file) = report_file {
        file.append(&serde_json::to_vec_pretty(&report)?)?;
        file.finish()?;
    }
    Ok(exit)
}

/// Reads the captures that have not been read before, until all or, if only one file is wanted,
/// that one is there; gives their number.
fn read(
    inputs: Inputs,
    receiver: &mut Receiver,
    destination: &Destination,
    config: &DecodeConfig,
    report: &mut Report,
) -> Result<u64, Failure> {
    let done = receiver.done().clone();
    if !config.quiet && !done.is_empty() {
        say!("{} read by an earlier run", counted(done.len() as u64, "capture"));
    }
    let (count, skipped) = (inputs.count(), done.len() as u64);
    let mut watch = Watch::new(count, config.quiet, receiver);
    let captures = inputs.into_captures(done);
    let mut enough = false;
    let draws = config.debug.is_some();
    let settings = Settings { threads: config.threads, draws, ..Settings::default() };
    read_all(captures, &settings, |read| {
        check_interrupt()?;
        if let (Some(folder), Some(debug)) = (&config.debug, &read.debug) {
            write_debug(debug, folder, watch.count() + 1)?;
        }
        let captures = take(read, receiver, &mut watch)?;
        if config.report.is_some() {
            // A camera can go on for days.
            report.captures.extend(captures);
        }
        // A folder may take several files; one that was asked for by name is enough.
        enough = destination.is_one_file() && receiver.is_complete();
        let next = if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        Ok::<_, Failure>(next)
    })?;
    let (captures, files) = (watch.count(), watch.files());
    drop(watch);
    let unread = count.saturating_sub(skipped + files);
    if enough && unread > 0 && !config.quiet {
        say!("the file is complete: {} left unread", counted(unread, "file"));
    }
    Ok(captures)
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

/// Writes every transfer that is complete, and says what became of each.
fn write_all(
    receiver: &mut Receiver,
    destination: &Destination,
    config: &DecodeConfig,
    report: &mut Report,
) -> Result<Exit, Failure> {
    let transfers = receiver.transfers();
    let complete = transfers.iter().filter(|transfer| transfer.is_complete()).count();
    if complete > 1 && destination.is_one_file() {
        let error = anyhow::anyhow!("the captures hold {complete} complete files");
        return Err(Failure::with_hint(error, "give a folder with -o, or fewer captures"));
    }
    let ids: Vec<_> = transfers.iter().map(|transfer| transfer.id()).collect();
    let mut exit = if ids.is_empty() { Exit::Incomplete } else { Exit::Success };
    for id in ids {
        let Some(mut transfer) = receiver.transfer(id) else { continue };
        let mut result = transfer.report();
        if result.state == TransferState::Complete {
            match write_one(&mut transfer, &mut result, destination, config.force) {
                Ok(()) => {}
                Err(WriteError::Failure(failure)) => return Err(failure),
                Err(WriteError::Unverified(error)) => {
                    say!("tilecast: error: transfer {id}: {error}");
                    result.state = TransferState::Failed;
                    exit = Exit::Unverified;
                }
            }
        } else if exit == Exit::Success {
            exit = Exit::Incomplete;
        }
        tell(&result, config.quiet);
        report.transfers.push(result);
    }
    Ok(exit)
}

/// Why a complete transfer is not written.
enum WriteError {
    /// It is not what was sent: the others are written all the same.
    Unverified(Unverified),
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for WriteError {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl From<ExtractError> for WriteError {
    fn from(error: ExtractError) -> Self {
        match error {
            ExtractError::Unverified(error) => Self::Unverified(error),
            storage => Self::Failure(anyhow::Error::new(storage).into()),
        }
    }
}

/// Writes a complete transfer, and notes in `result` where, how long and whether verified.
fn write_one(
    transfer: &mut Received<'_>,
    result: &mut TransferReport,
    destination: &Destination,
    force: bool,
) -> Result<(), WriteError> {
    let Some(path) = destination.path(result.name.as_deref()) else {
        // Nothing may go out before all of it has been verified: read twice.
        extract(transfer, result, |_| Ok(()))?;
        let mut stdout = std::io::stdout().lock();
        extract(transfer, result, |piece| stdout.write_all(piece).map_err(OutputError::stdout))?;
        stdout.flush().map_err(OutputError::stdout)?;
        result.output = Some("-".to_owned());
        return Ok(());
    };
    let mut file = OutputFile::new(&path, force)?;
    extract(transfer, result, |piece| file.append(piece))?;
    file.finish()?;
    result.output = Some(show(&path));
    Ok(())
}

/// Gives a transfer's file to `sink`, piece by piece, and notes its length and whether it is verified.
fn extract(
    transfer: &mut Received<'_>,
    result: &mut TransferReport,
    mut sink: impl FnMut(&[u8]) -> Result<(), OutputError>,
) -> Result<(), WriteError> {
    let mut file = transfer.open()?;
    let mut length = 0;
    while let Some(piece) = file.next_piece()? {
        check_interrupt()?;
        sink(&piece)?;
        length += piece.len() as u64;
    }
    (result.size, result.verified) = (Some(length), file.is_verified());
    Ok(())
}

/// Says what became of a transfer.
fn tell(result: &TransferReport, quiet: bool) {
    let name = result.name.as_deref();
    let name = name.map_or_else(String::new, |name| format!(" ({})", printable(name)));
    match (&result.state, &result.output) {
        (TransferState::Complete, Some(output)) if !quiet => say!(
            "transfer {}{name}: complete{}, {} to {output}",
            result.id,
            if result.verified { " and verified" } else { " (the format has no digest)" },
            counted(result.size.unwrap_or_default(), "byte")
        ),
        (TransferState::Incomplete, _) => {
            say!(
                "tilecast: transfer {}{name}: incomplete, {} of {} frames seen; at least {} needed",
                result.id,
                thousands(result.frames_seen),
                thousands(result.frames_total),
                match result.frames_needed {
                    1 => "one more is".to_owned(),
                    count => format!("{} more are", thousands(count)),
                }
            );
            if result.frames_missing.is_empty() {
                say!("tilecast: hint: any other frames of it help");
            } else {
                say!("tilecast: hint: take these again: {}", ranges(&result.frames_missing));
            }
        }
        _ => {}
    }
}
