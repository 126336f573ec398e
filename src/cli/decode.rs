//! `tilecast decode`.

use super::args::DecodeArgs;
use super::exit::{Exit, Failure, check_interrupt};
use super::inputs::{Inputs, inputs, is_stream, show};
use super::journal::Journal;
use super::target::hinted;
use super::watch::Watch;
use super::{counted, thousands, thread_count};
use crate::container::{FALLBACK_NAME, safe_name};
use crate::pipeline::output::OutputFile;
use crate::pipeline::receive::{Incoming, Receiver, Unverified, read_captures};
use crate::pipeline::report::{Report, TransferReport, TransferState, ranges};
use anyhow::Context;
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// Runs the command.
///
/// # Errors
/// What keeps the run from going on; missing frames are no error.
pub fn run(args: DecodeArgs) -> Result<Exit, Failure> {
    let destination = Destination::new(args.output.as_deref(), args.common.force)?;
    let mut report_file = match &args.report {
        Some(path) => Some(OutputFile::new(path, args.common.force).map_err(hinted)?),
        None => None,
    };
    let inputs = inputs(&args.inputs)?;
    let (mut receiver, mut journal) = Journal::open(&args, &destination)?;
    let mut report = Report::default();
    // A folder may take several files; one that was asked for by name is enough.
    let one_file = !matches!(destination, Destination::Folder(_));
    let captures = read_all(inputs, &mut receiver, one_file, &args, &mut report)?;
    if receiver.is_empty() {
        say!("tilecast: no frame found in {}", counted(captures, "capture"));
    }
    let exit = write_all(receiver.into_transfers(), &destination, &args, &mut report)?;
    if exit == Exit::Success {
        journal.complete(&args);
    }
    if let Some(mut file) = report_file.take() {
        file.append(&serde_json::to_vec_pretty(&report)?)?;
        file.finish().map_err(hinted)?;
    }
    Ok(exit)
}

/// Reads the captures that have not been read before, until all or, if only one file is wanted,
/// that one is there; gives their number.
fn read_all(
    inputs: Inputs,
    receiver: &mut Receiver,
    one_file: bool,
    args: &DecodeArgs,
    report: &mut Report,
) -> Result<u64, Failure> {
    let done = receiver.done().clone();
    if !args.common.quiet && !done.is_empty() {
        say!("{} read by an earlier run", counted(done.len() as u64, "capture"));
    }
    let count = inputs.count();
    if let Some(folder) = &args.debug {
        let context = || format!("cannot create {}", show(folder));
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    let skipped = done.len() as u64;
    let mut watch = Watch::new(count, args.common.quiet, receiver);
    let captures = inputs.into_captures(done);
    let threads = thread_count(args.common.threads);
    let mut enough = false;
    read_captures(captures, threads, args.debug.is_some(), |mut capture| {
        check_interrupt()?;
        receiver.accept(&mut capture)?;
        if let (Some(folder), Some(debug)) = (&args.debug, &capture.debug) {
            debug.write(folder, watch.count() as usize + 1)?;
        }
        watch.note(&capture, receiver);
        if args.report.is_some() {
            // A camera can go on for days.
            report.captures.push(capture.report);
        }
        enough = one_file && receiver.is_complete();
        let next = if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        Ok::<_, anyhow::Error>(next)
    })?;
    let (captures, files) = (watch.count(), watch.files());
    drop(watch);
    let unread = count.saturating_sub(skipped + files);
    if enough && unread > 0 && !args.common.quiet {
        say!("the file is complete: {} left unread", counted(unread, "file"));
    }
    Ok(captures)
}

/// Writes every transfer that is complete, and says what became of each.
fn write_all(
    transfers: Vec<Incoming>,
    destination: &Destination,
    args: &DecodeArgs,
    report: &mut Report,
) -> Result<Exit, Failure> {
    let complete = transfers.iter().filter(|transfer| transfer.is_complete()).count();
    if complete > 1 && matches!(destination, Destination::File(_) | Destination::Stream) {
        let error = anyhow::anyhow!("the captures hold {complete} complete files");
        return Err(Failure::with_hint(error, "give a folder with -o, or fewer captures"));
    }
    let mut exit = if transfers.is_empty() { Exit::Incomplete } else { Exit::Success };
    for mut transfer in transfers {
        let mut result = transfer.report();
        if result.state == TransferState::Complete {
            match write_one(&mut transfer, &result, destination, args.common.force)? {
                Ok((output, length)) => {
                    result.output = Some(output);
                    result.size = Some(length);
                }
                Err(error) => {
                    say!("tilecast: error: transfer {}: {error}", result.id);
                    result.state = TransferState::Failed;
                    exit = Exit::Unverified;
                }
            }
        } else if exit == Exit::Success {
            exit = Exit::Incomplete;
        }
        tell(&result, args.common.quiet);
        report.transfers.push(result);
    }
    Ok(exit)
}

/// Writes a complete transfer and gives the place and the length; the inner result tells whether
/// it is what was sent.
fn write_one(
    transfer: &mut Incoming,
    result: &TransferReport,
    destination: &Destination,
    force: bool,
) -> Result<Result<(String, u64), Unverified>, Failure> {
    let path = match destination {
        Destination::Stream => {
            // Nothing may go out before all of it has been verified: read twice.
            let length = match unverified(transfer.extract(|_| Ok(check_interrupt()?)))? {
                Ok(length) => length,
                Err(error) => return Ok(Err(error)),
            };
            let mut stdout = std::io::stdout().lock();
            transfer.extract(|chunk| {
                check_interrupt()?;
                stdout.write_all(chunk).context("cannot write to standard output")
            })?;
            stdout.flush().context("cannot write to standard output")?;
            return Ok(Ok(("-".to_owned(), length)));
        }
        Destination::File(path) => path.clone(),
        Destination::Folder(folder) => {
            folder.join(safe_name(result.name.as_deref().unwrap_or(FALLBACK_NAME)))
        }
    };
    let mut file = OutputFile::new(&path, force).map_err(hinted)?;
    let outcome = transfer.extract(|chunk| {
        check_interrupt()?;
        Ok(file.append(chunk)?)
    });
    let length = match unverified(outcome)? {
        Ok(length) => length,
        Err(error) => return Ok(Err(error)),
    };
    file.finish().map_err(hinted)?;
    Ok(Ok((show(&path), length)))
}

/// Tells what is wrong with the data from what is wrong with this machine.
fn unverified<T>(outcome: anyhow::Result<T>) -> Result<Result<T, Unverified>, Failure> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(error) => Ok(Err(error.downcast::<Unverified>()?)),
    }
}

fn tell(result: &TransferReport, quiet: bool) {
    let name = result.name.as_deref().map_or_else(String::new, |name| {
        format!(" ({})", name.chars().filter(|c| !c.is_control()).collect::<String>())
    });
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

/// Where files go.
pub enum Destination {
    /// Under the names that were sent.
    Folder(PathBuf),
    /// To a name of its own.
    File(PathBuf),
    /// To standard output.
    Stream,
}

impl Destination {
    fn new(output: Option<&Path>, force: bool) -> Result<Self, Failure> {
        let Some(path) = output else { return Ok(Self::Folder(PathBuf::from("."))) };
        if is_stream(path) {
            if std::io::stdout().is_terminal() {
                let error = anyhow::anyhow!("standard output is a terminal");
                return Err(Failure::with_hint(error, "redirect it, or name a file with -o"));
            }
            return Ok(Self::Stream);
        }
        let ends_like_folder = path.as_os_str().to_string_lossy().ends_with(['/', MAIN_SEPARATOR]);
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if ends_like_folder {
            let context = || format!("cannot create {}", show(path));
            std::fs::create_dir_all(path).with_context(context)?;
            return Ok(Self::Folder(path.to_owned()));
        }
        // Better now than after reading a thousand captures.
        OutputFile::new(path, force).map_err(hinted)?;
        Ok(Self::File(path.to_owned()))
    }
}
