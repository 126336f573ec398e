//! Where `decode` keeps what it has received while it runs, and what becomes of that file.

use super::args::DecodeArgs;
use super::decode::Destination;
use super::exit::Failure;
use super::inputs::show;
use crate::pipeline::receive::Receiver;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Name of the file beside the output; the output's own name follows, if it has one.
const PREFIX: &str = ".tilecast-received";

/// The file behind a receiver.
pub struct Journal {
    path: Option<PathBuf>,
    /// Whether it stays when this run ends without a complete file.
    keep: bool,
}

impl Journal {
    /// The receiver for a run, with what an earlier one left if that was asked for.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn open(args: &DecodeArgs, destination: &Destination) -> Result<(Receiver, Self), Failure> {
        let beside = beside(destination);
        if args.resume && beside.is_none() {
            let error = anyhow::anyhow!("--resume needs a file or folder to write to");
            return Err(Failure::with_hint(error, "--state FILE names a place of its own"));
        }
        let Some(path) = args.state.clone().or(beside) else {
            return Ok((Receiver::default(), Self { path: None, keep: false }));
        };
        let keep = args.resume || args.state.is_some();
        let context = || format!("cannot use {}", show(&path));
        let receiver = if keep && path.exists() {
            Receiver::resume(&path)
        } else {
            // Left behind by a run that was killed, and not asked for.
            if path.exists() {
                std::fs::remove_file(&path).with_context(context)?;
            }
            Receiver::create(&path)
        };
        Ok((receiver.with_context(context)?, Self { path: Some(path), keep }))
    }

    /// Everything was restored: only what was asked for by name stays.
    pub fn complete(&mut self, args: &DecodeArgs) {
        self.keep = args.state.is_some();
    }
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
