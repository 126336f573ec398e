//! How the process ends.

use std::sync::atomic::{AtomicBool, Ordering};

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Complete and verified.
    Success = 0,
    /// More captures are needed.
    Incomplete = 1,
    /// Usage or I/O.
    Error = 2,
    /// The restored data is not what was sent.
    Unverified = 3,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with what to do about it, if that is known.
#[derive(Debug)]
pub struct Failure {
    error: anyhow::Error,
    hint: Option<String>,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { error: error.into(), hint: None }
    }
}

impl Failure {
    /// An error with a hint.
    pub fn with_hint(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self { error: error.into(), hint: Some(hint.into()) }
    }

    /// Prints the error with its causes, and says how to exit.
    pub fn tell(&self) -> Exit {
        let is = |kind: std::io::ErrorKind| {
            let io = |cause: &(dyn std::error::Error + 'static)| {
                cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == kind)
            };
            self.error.chain().any(io)
        };
        if self.error.chain().any(|cause| cause.is::<Interrupted>()) {
            say!("tilecast: interrupted");
            return Exit::Interrupted;
        }
        // Whoever read our output has enough.
        if is(std::io::ErrorKind::BrokenPipe) {
            return Exit::Success;
        }
        say!("tilecast: error: {:#}", self.error);
        let full = is(std::io::ErrorKind::StorageFull).then(|| "free some space".to_owned());
        if let Some(hint) = self.hint.clone().or(full) {
            say!("tilecast: hint: {hint}");
        }
        Exit::Error
    }
}

/// The user pressed Ctrl-C.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C is noticed by [`check_interrupt`]; a second one ends the process at once.
pub fn watch_interrupt() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    };
    // Without a handler Ctrl-C still ends the process; only its working files would stay.
    let _ = ctrlc::set_handler(handler);
}

/// # Errors
/// [`Interrupted`] after Ctrl-C.
pub fn check_interrupt() -> Result<(), Interrupted> {
    if INTERRUPTED.load(Ordering::Relaxed) { Err(Interrupted) } else { Ok(()) }
}
