//! `tilecast completions`.

use super::args::{Args, CompletionsArgs};
use super::exit::{Exit, Failure};
use crate::media::output::OutputError;
use clap::CommandFactory;
use std::io::Write;

/// Writes what the shell needs to complete commands, options and their values.
pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    // The generators panic where writing fails, and memory does not.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "tilecast", &mut script);
    std::io::stdout().lock().write_all(&script).map_err(OutputError::stdout)?;
    Ok(Exit::Success)
}
