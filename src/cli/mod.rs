//! The command line: arguments to a checked configuration, reports to text, JSON and exit codes.
//!
//! Data goes to standard output only, progress and messages to standard error. Error texts begin
//! in lower case and have no full stop; a second line says what to do where that is known.

/// A line for people, or what programs get of it.
macro_rules! say {
    ($($text:tt)*) => {
        crate::cli::voice::line(&format!($($text)*))
    };
}

mod advice;
mod args;
mod arrivals;
mod channel;
mod completions;
mod config;
mod decode;
mod delivery;
mod destination;
mod devices;
mod encode;
mod exit;
mod info;
mod inputs;
mod journal;
mod kinds;
mod listing;
mod live;
mod manual;
mod pace;
mod paper;
mod patience;
mod progress;
mod receiver;
mod sent;
mod tally;
mod target;
mod told;
mod values;
mod verify;
mod vigil;
mod voice;
mod watch;
mod words;
mod write;

use crate::text::thousands;
use args::{Args, Command};
use clap::Parser;
use exit::Failure;
use voice::Event;

/// Runs the command with the process's arguments.
pub fn main() -> std::process::ExitCode {
    exit::watch_interrupt();
    // Shells of Windows leave wildcards as they are typed.
    let args = Args::parse_from(wild::args_os());
    if args.command.is_for_programs() {
        voice::speak_json();
    }
    let (command, version) = (args.command.name(), env!("CARGO_PKG_VERSION"));
    voice::event(&Event::Begin { command, version });
    let outcome = match args.command {
        Command::Encode(args) => encode::run(args),
        Command::Decode(args) => decode::run(args),
        Command::Info(args) => info::run(args),
        Command::Receiver(args) => receiver::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man => manual::run(),
    };
    let exit = outcome.unwrap_or_else(|failure: Failure| failure.tell());
    voice::event(&Event::End { status: exit as u8 });
    exit.into()
}

/// Checks words as [`main`] does, and does nothing: whether something would be done.
#[cfg(any(test, fuzzing))]
pub(crate) fn is_accepted(words: impl Iterator<Item = String>) -> bool {
    // Tables of large frames take seconds.
    let is_small = |(width, height): (usize, usize)| width.saturating_mul(height) <= 600 * 600;
    match Args::try_parse_from(std::iter::once("tilecast".to_owned()).chain(words)) {
        Err(_) => false,
        Ok(Args { command: Command::Encode(args) }) => {
            args.size.is_some_and(is_small) && config::EncodeConfig::new(args).is_ok()
        }
        Ok(Args { command: Command::Decode(args) }) => config::DecodeConfig::new(args).is_ok(),
        Ok(_) => true,
    }
}

/// `--threads`: 0 means all cores. More than these would only take memory.
fn thread_count(asked: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if asked == 0 { cores } else { asked.min(cores) }
}

/// "1 frame", "2 frames".
fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(counted(1, "frame"), "1 frame");
        assert_eq!(counted(2000, "frame"), "2,000 frames");
    }
}
