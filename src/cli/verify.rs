//! `encode --verify`: what was written is read back as `decode` would read it, before it appears, and what
//! that gives is compared with the file.

use super::config::{EncodeConfig, Shown};
use super::counted;
use super::exit::{Failure, check_interrupt, stop};
use super::inputs::{input_at, is_stream};
use super::progress::Progress;
use super::sent::Input;
use crate::capture::{ReadCapture, Settings, read_all};
use crate::media::storage;
use crate::outline::Outline;
use crate::receive::{ExtractError, FilePieces, Receiver};
use crate::send::Summary;
use crate::text::thousands;
use crate::text::with_causes;
use anyhow::Context;
use std::collections::{BTreeSet, HashSet};
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

/// What is compared with.
enum Original {
    /// The file, read once more.
    File(Box<dyn Read + Send>),
    /// What went through standard input is gone: this was its digest, and this its length.
    Digest([u8; 32], u64),
}

impl Original {
    /// What was sent.
    ///
    /// # Errors
    /// If nothing is left to compare with.
    fn new(config: &EncodeConfig, outline: &Outline, summary: &Summary) -> Result<Self, Failure> {
        match (&config.shown, summary.digest) {
            (Shown::Sent { inputs, name, .. }, _) if inputs.iter().all(|path| is_lasting(path)) => {
                let again = Input::open(inputs, name.as_deref(), config.output.path())?;
                Ok(Self::File(Box::new(BufReader::new(again.read))))
            }
            (_, Some(digest)) => Ok(Self::Digest(digest, outline.bytes)),
            (_, None) => {
                let error = anyhow::anyhow!("there is nothing to compare with");
                Err(Failure::with_hint(error, "--verify needs a file that can be read twice"))
            }
        }
    }

    /// Whether a file is this one.
    fn is(self, mut pieces: Box<dyn FilePieces + '_>, sent: Sent) -> Result<bool, Failure> {
        let mut original = self;
        while let Some(piece) = pieces.next_piece().map_err(unreadable)? {
            check_interrupt()?;
            if let Self::File(file) = &mut original
                && !begins_with(file, &piece)?
            {
                return Ok(false);
            }
        }
        Ok(match original {
            Self::File(mut file) => file.read(&mut [0]).context("cannot read the file again")? == 0,
            Self::Digest(digest, length) => {
                pieces.is_verified() && sent == Sent { digest: Some(digest), length: Some(length) }
            }
        })
    }
}

/// Whether what is at a path can be read twice.
fn is_lasting(path: &Path) -> bool {
    !is_stream(path) && (path.is_file() || path.is_dir())
}

/// What a transfer says of its file.
#[derive(PartialEq)]
struct Sent {
    digest: Option<[u8; 32]>,
    length: Option<u64>,
}

/// Whether these bytes come next.
fn begins_with(file: &mut dyn Read, piece: &[u8]) -> Result<bool, Failure> {
    let mut there = Vec::with_capacity(piece.len());
    let read = file.take(piece.len() as u64).read_to_end(&mut there);
    read.context("cannot read the file again")?;
    Ok(there == piece)
}

/// Reads back what was `written`, and compares it with the original. What there is to say of it.
///
/// # Errors
/// [`Failure::Unverified`] if it is not what it should be.
pub(super) fn verify(
    written: Option<&Path>,
    (outline, summary): (&Outline, &Summary),
    config: &EncodeConfig,
) -> Result<String, Failure> {
    let Some(written) = written else {
        let error = anyhow::anyhow!("what went into a pipe or a device cannot be read back");
        return Err(Failure::with_hint(error, "leave --verify out, or name a file or a folder"));
    };
    let original = Original::new(config, outline, summary)?;
    let mut receiver = Receiver::new(storage::temporary());
    let found = read_back(written, &mut receiver, outline, config)?;
    let frames = outline.frames;
    receiver.insist();
    let complete = receiver.complete();
    let Some(mut transfer) = complete else {
        let seen = thousands(found.whole);
        let why = found.trouble.map_or_else(String::new, |trouble| format!(": {trouble}"));
        let error =
            anyhow::anyhow!("only {seen} of {} can be read back{why}", counted(frames, "frame"));
        return Err(unverified(error));
    };
    let sent = Sent { digest: transfer.digest(), length: transfer.report().size };
    let is_what_was_read = summary.digest.is_some() && sent.digest == summary.digest;
    if !original.is(transfer.open().map_err(unreadable)?, sent)? {
        if is_what_was_read {
            let error = anyhow::anyhow!("the file was changed while it was sent");
            return Err(Failure::with_hint(error, "run it again"));
        }
        return Err(unverified(anyhow::anyhow!("what was written gives another file back")));
    }
    let all = counted(frames, "frame");
    Ok(match found.whole >= frames {
        true => format!("read back and compared: {all}, the same file"),
        false => format!(
            "read back and compared: the same file, though only {} of {all} could be read whole: fewer may be lost",
            thousands(found.whole)
        ),
    })
}

/// What was found in the frames.
#[derive(Default)]
struct Found {
    /// Frames that were read whole.
    whole: u64,
    /// Why others were not: the first reason.
    trouble: Option<String>,
}

/// Gives everything in `written` to the receiver.
fn read_back(
    written: &Path,
    receiver: &mut Receiver,
    outline: &Outline,
    config: &EncodeConfig,
) -> Result<Found, Failure> {
    let captures = input_at(written)?.into_captures(HashSet::new(), stop());
    let settings = Settings { threads: config.threads, ..Settings::default() };
    let progress = Progress::new(outline.frames, "frames read back", config.quiet);
    let (mut numbers, mut found) = (BTreeSet::new(), Found::default());
    read_all(captures, &settings, |ReadCapture { about, captures, .. }| {
        check_interrupt()?;
        let captures = match captures {
            Ok(captures) => captures,
            Err(error) => {
                found.trouble.get_or_insert_with(|| with_causes(&error));
                Vec::new()
            }
        };
        for capture in captures {
            let report = receiver.accept(&capture, None)?.report(about.path(), &capture);
            match report.frame {
                _ if report.codewords_decoded < report.codewords_total => {
                    found.trouble = found.trouble.take().or(report.reason);
                }
                Some(frame) => _ = numbers.insert(frame),
                // libcimbar's have no numbers.
                None if report.codewords_total > 0 => found.whole += 1,
                _ => found.trouble = found.trouble.take().or(report.reason),
            }
            progress.set(numbers.len() as u64);
        }
        Ok::<_, Failure>(ControlFlow::Continue(()))
    })?;
    check_interrupt()?;
    found.whole += numbers.len() as u64;
    Ok(found)
}

fn unreadable(error: ExtractError) -> Failure {
    match error {
        ExtractError::Unverified(error) => unverified(error.into()),
        storage => anyhow::Error::new(storage).into(),
    }
}

/// That something is wrong with what was written.
fn unverified(error: anyhow::Error) -> Failure {
    let error = error.context("what was written is wrong, and was removed");
    let hint = "a lower --rate, a larger --tile or more --redundancy helps where a video loses too much; \
                anything else may be a bad disk";
    Failure::Unverified { error, hint: hint.to_owned() }
}
