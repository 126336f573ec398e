//! Progress on standard error, if that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A progress bar, or nothing at all.
pub(super) struct Progress {
    bar: ProgressBar,
    quiet: bool,
}

impl Progress {
    /// A bar from 0 to `total` (0: unknown) that counts in `unit`.
    pub(super) fn new(total: u64, unit: &str, quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target((total > 0).then_some(total), target);
        let template = match (unit, total) {
            ("bytes", 0) => "{spinner} {bytes} {bytes_per_sec}".to_owned(),
            ("bytes", _) => "{wide_bar} {bytes}/{total_bytes} {eta}".to_owned(),
            (unit, 0) => format!("{{spinner}} {{pos}} {unit} {{msg}}"),
            (unit, _) => format!("{{wide_bar}} {{pos}}/{{len}} {unit} {{eta}} {{msg}}"),
        };
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self { bar, quiet }
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
    }

    /// Shows a few words beside the bar.
    pub(super) fn say(&self, text: String) {
        self.bar.set_message(text);
    }

    /// Prints a line above the bar, unless quiet.
    pub(super) fn line(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| say!("{text}"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
