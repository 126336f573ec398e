//! What is said of transfers.

use super::counted;
use super::voice::{self, Event};
use crate::container::Content;
use crate::receive::{TransferId, Unverified};
use crate::report::{ProbeReport, TransferReport, TransferState, ranges};
use crate::text::thousands;

/// Ranges of missing frames that are named.
const NAMED: usize = 40;

/// The name that was sent, as a person may see it: the one that a file here would have.
pub(super) fn shown_name(result: &TransferReport) -> Option<String> {
    let name = result.name.as_deref()?;
    Some(result.content.unwrap_or_default().own_name(Some(name)))
}

/// Whether a transfer is known to be a folder.
pub(super) fn is_folder(result: &TransferReport) -> bool {
    result.content == Some(Content::Folder)
}

/// Frames that are missing, `most` ranges of them by their numbers.
pub(super) fn missing(result: &TransferReport, most: usize) -> String {
    let (needed, frames) = (result.frames_needed, &result.frames_missing);
    match frames.len() as u64 {
        0 => format!("{} needed", counted(needed, "more frame")),
        count if count == needed => {
            format!("{} missing: {}", counted(needed, "frame"), some(frames, most))
        }
        _ => format!("{} needed, of {}", counted(needed, "more frame"), some(frames, most)),
    }
}

/// Says what is still missing of transfers, while there is more to come.
pub(super) fn tell_missing(results: &[TransferReport]) {
    for result in results {
        if told(result) {
            continue;
        }
        let name = shown_name(result).unwrap_or_else(|| format!("transfer {}", result.id));
        let (received, open) = (result.packets_received, result.packets_missing);
        let share = received * 100 / received.saturating_add(open).max(1);
        match result.state {
            TransferState::Incomplete => {
                say!("{name}: {share} %, {}", missing(result, NAMED));
            }
            _ => say!("{name}: what arrived is not the file that was sent"),
        }
    }
}

/// Tells programs how far a transfer has come, if they listen.
fn told(result: &TransferReport) -> bool {
    match result.state {
        TransferState::Incomplete => voice::event(&Event::Missing(result)),
        TransferState::Failed => voice::event(&Event::Failed(result)),
        TransferState::Complete if result.output.is_some() => {
            voice::event(&Event::Complete(result))
        }
        // Why it is not written is said elsewhere.
        TransferState::Complete => voice::is_json(),
    }
}

/// Says what became of a transfer.
pub(super) fn tell(result: &TransferReport, quiet: bool) {
    if told(result) {
        return;
    }
    let name = shown_name(result).map_or_else(String::new, |name| format!(" ({name})"));
    let id = &result.id;
    match (&result.state, &result.output) {
        (TransferState::Complete, Some(output)) if !quiet => say!(
            "transfer {id}{name}: complete{}, {}{} to {output}",
            if result.verified { " and verified" } else { " (the format has no digest)" },
            if is_folder(result) { "a folder of " } else { "" },
            counted(result.size.unwrap_or_default(), "byte")
        ),
        (TransferState::Incomplete, _) => {
            say!(
                "tilecast: transfer {id}{name}: incomplete, {} of {} frames seen; at least {} needed",
                thousands(result.frames_seen),
                thousands(result.frames_total),
                match result.frames_needed {
                    1 => "one more is".to_owned(),
                    count => format!("{} more are", thousands(count)),
                }
            );
            tell_suspects(result);
            if result.frames_missing.is_empty() {
                say!("tilecast: hint: any other frames of it help");
            } else {
                say!("tilecast: hint: take these again: {}", some(&result.frames_missing, NAMED));
            }
        }
        (TransferState::Failed, _) => {
            say!("tilecast: transfer {id}{name}: what arrived is not the file that was sent");
            tell_suspects(result);
            say!("tilecast: hint: more captures of it can show which packets are wrong");
        }
        _ => {}
    }
}

fn tell_suspects(result: &TransferReport) {
    if result.packets_suspected > 0 {
        say!(
            "tilecast: {} of it contradict others and are left out: somebody else's frame was in view",
            counted(result.packets_suspected, "packet")
        );
    }
}

/// Says that a transfer that seemed complete is not what was sent.
pub(super) fn tell_unverified(id: TransferId, error: &Unverified) {
    say!("tilecast: error: transfer {id}: {error}");
}

/// Frames a second for which speeds are told.
const TOLD_FPS: u64 = 15;

/// Says what came of a probe, a line for each kind of frames, and which to use.
pub(super) fn probe_lines(probe: &ProbeReport) -> Vec<String> {
    let width = probe.trials.iter().map(|trial| trial.options.len()).max().unwrap_or_default();
    let mut lines = vec![format!(
        "{:<width$} {:>5} {:>5} {:>6} {:>10} {:>12} {:>13}",
        "frames", "tile", "rate", "views", "codewords", "information", "bytes a frame"
    )];
    lines.extend(probe.trials.iter().map(|trial| {
        let information = trial.information.map_or("-".to_owned(), |bits| format!("{bits:.2}"));
        format!(
            "{:<width$} {:>5} {:>5.2} {:>6} {:>8.0} % {information:>12} {:>13}",
            trial.options,
            trial.tile,
            trial.rate,
            trial.frames_seen,
            trial.codewords_read * 100.0,
            thousands(trial.bytes_per_frame),
        )
    }));
    lines.push(match &probe.best {
        None => {
            "none of these was read: come closer, hold still, or make the screen brighter".into()
        }
        Some(best) => format!(
            "best here: {}: {} a photo; if this was filmed, {} kbit/s at {TOLD_FPS} frames a second",
            best.options,
            counted(best.bytes_per_frame, "byte"),
            thousands(best.bytes_per_frame * TOLD_FPS * 8 / 1000),
        ),
    });
    if probe.larger_may_be_better {
        lines.push(
            "a larger frame may carry more: try encode --probe --size 1448x1448, and -p photo"
                .into(),
        );
    }
    lines
}

/// Says that there are transfers of which nothing else is said.
pub(super) fn tell_others(count: usize) {
    if count > 0 {
        say!("tilecast: and {} of which little was seen", counted(count as u64, "other transfer"));
    }
}

/// Frame numbers as ranges, about as many as can be read.
fn some(frames: &[u64], most: usize) -> String {
    let text = ranges(frames);
    match text.match_indices(", ").nth(most) {
        Some((end, _)) => format!("{} and others", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_missing_frames_some_are_named() {
        assert_eq!(some(&[1, 2, 3, 9], NAMED), "1-3, 9");
        let odd: Vec<u64> = (0..1000).map(|i| 2 * i + 1).collect();
        let text = some(&odd, NAMED);
        assert!(text.starts_with("1, 3, 5, ") && text.ends_with(" and others"), "{text}");
        assert!(text.len() < 400);
    }
}
