//! Where `decode` keeps what it has received while it runs, and what becomes of that file.

use super::destination::Destination;
use super::exit::Failure;
use super::inputs::show;
use crate::media::storage;
use crate::receive::{ReceiveError, Receiver};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Name of the file beside the output; the output's own name follows, if it has one.
const PREFIX: &str = ".tilecast-received";

/// What was asked for.
pub(super) struct JournalConfig {
    /// Go on with what an earlier run left beside the output.
    pub(super) resume: bool,
    /// A place of its own, where it stays.
    pub(super) state: Option<PathBuf>,
}

/// The file behind a receiver.
pub(super) struct Journal {
    path: Option<PathBuf>,
    /// Whether it stays when this run ends.
    keep: bool,
    /// Whether it stays even when the file is complete.
    named: bool,
}

impl Journal {
    /// The receiver for a run, with what an earlier one left if that was asked for.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub(super) fn open(
        config: &JournalConfig,
        destination: &Destination,
    ) -> Result<(Receiver, Self), Failure> {
        let beside = beside(destination);
        if config.resume && beside.is_none() {
            let error = anyhow::anyhow!("--resume needs a file or folder to write to");
            return Err(Failure::with_hint(error, "--state FILE names a place of its own"));
        }
        let named = config.state.is_some();
        let keep = config.resume || named;
        let Some(path) = config.state.clone().or(beside) else {
            let journal = Self { path: None, keep: false, named };
            return Ok((Receiver::new(storage::temporary()), journal));
        };
        let context = || format!("cannot use {}", show(&path));
        let receiver = receiver(&path, keep).with_context(context)?;
        Ok((receiver, Self { path: Some(path), keep, named }))
    }

    /// Everything was restored: only what was asked for by name stays.
    pub(super) fn complete(&mut self) {
        self.keep = self.named;
    }
}

/// A receiver with its log at `path`; with what is there already if `resume`.
fn receiver(path: &Path, resume: bool) -> Result<Receiver, ReceiveError> {
    if path.exists() {
        if resume {
            return Receiver::resume(storage::open(path)?);
        }
        // Left behind by a run that was killed, and not asked for.
        std::fs::remove_file(path)?;
    }
    Ok(Receiver::new(storage::create(path)?))
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let (Some(path), false) = (&self.path, self.keep) {
            // It is of no use any more; if it cannot be removed, it does no harm either.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn beside(destination: &Destination) -> Option<PathBuf> {
    match destination {
        Destination::Stream => None,
        Destination::Folder(folder) => Some(folder.join(PREFIX)),
        Destination::File(path) => {
            let name = path.file_name()?.to_string_lossy();
            let folder = path.parent().unwrap_or(Path::new(""));
            Some(folder.join(format!("{PREFIX}-{name}")))
        }
    }
}
