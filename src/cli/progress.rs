//! Progress on standard error: a bar or a line if that is a terminal, events if programs listen.

use super::voice::{self, Event};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Programs are told so often at most.
pub(super) const TOLD: Duration = Duration::from_millis(250);

/// A progress bar, or nothing at all.
pub(super) struct Progress {
    bar: ProgressBar,
    unit: &'static str,
    total: Option<u64>,
    /// When programs were told last, if that is done here.
    told: Option<Mutex<Option<Instant>>>,
}

impl Progress {
    /// A bar from 0 to `total` (0: unknown) that counts in `unit`; programs get the steps.
    pub(super) fn new(total: u64, unit: &'static str, quiet: bool) -> Self {
        let told = (voice::is_json() && !quiet).then(|| Mutex::new(None));
        let mut progress = Self::of_captures(total, unit, quiet);
        progress.told = told;
        progress
    }

    /// The same, but what programs get of it is not said here.
    pub(super) fn of_captures(total: u64, unit: &'static str, quiet: bool) -> Self {
        let shown = !quiet && !voice::is_json() && std::io::stderr().is_terminal();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let total = (total > 0).then_some(total);
        let bar = ProgressBar::with_draw_target(total, target);
        if shown {
            voice::above(Some(bar.clone()));
        }
        let progress = Self { bar, unit, total, told: None };
        progress.count();
        progress
    }

    /// From now on it is a bar, or a count, with a few words beside it.
    pub(super) fn count(&self) {
        self.style(&match (self.unit, self.total) {
            ("bytes", None) => "{spinner} {bytes} {bytes_per_sec}".to_owned(),
            ("bytes", _) => "{wide_bar} {bytes}/{total_bytes} {eta}".to_owned(),
            (unit, None) => format!("{{spinner}} {{pos}} {unit} {{wide_msg}}"),
            (unit, _) => format!("{{wide_bar}} {{pos}}/{{len}} {unit} {{eta}} {{msg}}"),
        });
    }

    /// From now on it is nothing but the words, cut at the end of the line.
    pub(super) fn words(&self) {
        self.style("{wide_msg}");
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    /// Whether anybody sees the bar.
    pub(super) fn is_shown(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Moves the bar; beyond its end, nobody knows how far it is.
    pub(super) fn set(&self, position: u64) {
        if self.bar.length().is_some_and(|length| position > length) {
            self.bar.unset_length();
        }
        self.bar.set_position(position);
        if let Some(told) = &self.told {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            let is_last = self.total == Some(position);
            if is_last || told.is_none_or(|told| told.elapsed() >= TOLD) {
                *told = Some(Instant::now());
                voice::event(&Event::Step { unit: self.unit, done: position, total: self.total });
            }
        }
    }

    /// Shows a few words.
    pub(super) fn say(&self, text: String) {
        self.bar.set_message(text);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if self.is_shown() {
            voice::above(None);
        }
    }
}
