//! How the process ends: every error that a command can end with has its place in [`Failure`], and
//! from there its exit code.

use super::voice::{self, Event};
use crate::format::FormatError;
use crate::media::Stop;
use crate::media::output::OutputError;
use crate::receive::ReceiveError;
use crate::send::SendError;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Complete and verified.
    Success = 0,
    /// More captures are needed.
    Incomplete = 1,
    /// Usage or I/O.
    Error = 2,
    /// The restored data is not what was sent, or what was written does not restore it.
    Unverified = 3,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}

/// What keeps a command from going on.
#[derive(Debug)]
pub(super) enum Failure {
    /// The user pressed Ctrl-C.
    Interrupted,
    /// Whoever read standard output has enough: nothing is wrong.
    StdoutClosed,
    /// What was written is not what it should be.
    Unverified {
        /// In what.
        error: anyhow::Error,
        /// What to do about it.
        hint: String,
    },
    /// Something is wrong.
    Error {
        /// What.
        error: anyhow::Error,
        /// What to do about it, if that is known.
        hint: Option<String>,
    },
}

impl Failure {
    /// An error and what to do about it.
    pub(super) fn with_hint(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self::Error { error: error.into(), hint: Some(hint.into()) }
    }

    /// Prints the error with its causes, and says how to exit.
    pub(super) fn tell(self) -> Exit {
        let (error, hint, exit) = match self {
            Self::Interrupted => {
                say!("tilecast: interrupted");
                return Exit::Interrupted;
            }
            Self::StdoutClosed => return Exit::Success,
            Self::Unverified { error, hint } => (error, Some(hint), Exit::Unverified),
            Self::Error { error, hint } => (error, hint, Exit::Error),
        };
        let full = is_full(&error).then(|| "free some space".to_owned());
        let (message, hint) = (format!("{error:#}"), hint.or(full));
        if voice::event(&Event::Error { message: &message, hint: hint.as_deref() }) {
            return exit;
        }
        say!("tilecast: error: {message}");
        if let Some(hint) = hint {
            say!("tilecast: hint: {hint}");
        }
        exit
    }
}

/// Whether a full disk is behind an error.
fn is_full(error: &anyhow::Error) -> bool {
    let causes = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.into_iter().any(|error| error.kind() == std::io::ErrorKind::StorageFull)
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Error { error, hint: None }
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::StdoutClosed => Self::StdoutClosed,
            OutputError::Exists(_) | OutputError::NotEmpty(_) => {
                Self::with_hint(error, "--force replaces what is there")
            }
            other => anyhow::Error::new(other).into(),
        }
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        anyhow::Error::new(error).into()
    }
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Self {
        anyhow::Error::new(error).into()
    }
}

impl From<ReceiveError> for Failure {
    fn from(error: ReceiveError) -> Self {
        anyhow::Error::new(error).into()
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        anyhow::Error::new(error).into()
    }
}

static STOP: OnceLock<Stop> = OnceLock::new();

/// What ends waiting for input: the user's Ctrl-C, or that there is enough.
pub(super) fn stop() -> &'static Stop {
    STOP.get_or_init(Stop::default)
}

/// What came of a step, for whoever takes captures: nobody waits for further ones unless it goes on.
pub(super) fn ending(step: Result<ControlFlow<()>, Failure>) -> Result<ControlFlow<()>, Failure> {
    if !matches!(step, Ok(ControlFlow::Continue(()))) {
        stop().set();
    }
    step
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C is noticed by [`check_interrupt`], and ends waiting for input; a second one ends
/// the process at once.
pub(super) fn watch_interrupt() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        stop().set();
    };
    // Without a handler Ctrl-C still ends the process; only its working files would stay.
    let _ = ctrlc::set_handler(handler);
}

/// What is read, until Ctrl-C.
pub(super) struct Attentive<R>(pub(super) R);

impl<R: Read> Read for Attentive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        check_interrupt().map_err(|_| std::io::Error::other("interrupted"))?;
        self.0.read(buffer)
    }
}

/// # Errors
/// [`Failure::Interrupted`] after Ctrl-C.
pub(super) fn check_interrupt() -> Result<(), Failure> {
    if INTERRUPTED.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(()) }
}
