//! What was found, for people and for `--report`. The names of the fields are those of the JSON.

use crate::container::Content;
use serde::Serialize;

/// What one capture gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CaptureReport {
    /// Where it came from.
    pub path: String,
    /// Kind of frame: `tilecast`, `cimbar`, or null without one.
    pub symbology: Option<&'static str>,
    /// Its mode, where the kind has several.
    pub mode: Option<&'static str>,
    /// Transfer id, in hexadecimal digits.
    pub transfer: Option<String>,
    /// Number of the frame, from 1 as captions count.
    pub frame: Option<u32>,
    /// Frames of its transfer.
    pub frames: Option<u32>,
    /// Codewords, or Reed-Solomon blocks, that were decoded.
    pub codewords_decoded: usize,
    /// Codewords of the frame.
    pub codewords_total: usize,
    /// Where the frame is: the centres of its finders, in picture pixels (x, y); top left, top right,
    /// bottom right, bottom left of the frame as it was drawn.
    pub corners: Option<[[f64; 2]; 4]>,
    /// Picture pixels a tile.
    pub pixels_per_tile: Option<f64>,
    /// How far the last step of registration moved the tiles, rms, in tiles. What is left after it
    /// is less.
    pub registration_error: Option<f64>,
    /// Share of the alignment marks that were found.
    pub marks_found: Option<f64>,
    /// Share of a tile's sample that is its own, 0 to 1: low when blurred.
    pub sharpness: Option<f64>,
    /// Information that the soft values carry as far as the pilots bear it out, in bits for each
    /// coded bit, before any feedback. A code decodes at once with 0.05 more than its rate, and
    /// with feedback sometimes with 0.08 less.
    pub information: Option<f64>,
    /// Whether this is a frame of a video that has been read in full before, and was not read
    /// again.
    pub repeat: bool,
    /// How it went, in one word that is the same in all versions.
    pub code: &'static str,
    /// What went wrong, in a sentence for people; null when all is well.
    pub reason: Option<String>,
}

/// How far a transfer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TransferState {
    /// Everything that is needed has arrived. The file was compared with its digest only where
    /// `verified` says so.
    Complete,
    /// More captures are needed.
    Incomplete,
    /// It is there but cannot be restored, or its digest is wrong.
    Failed,
}

/// What became of one transfer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TransferReport {
    /// Transfer id, in hexadecimal digits.
    pub id: String,
    /// The name that was sent, as it was sent.
    pub name: Option<String>,
    /// What was sent: a file, or a folder as an archive; null as long as that is not known.
    pub content: Option<Content>,
    /// Bytes of the file, or of the archive.
    pub size: Option<u64>,
    /// How far it has come.
    pub state: TransferState,
    /// Whether a digest of the whole file was sent, the restored file has been compared with it, and
    /// is the same.
    pub verified: bool,
    /// Where the file was written.
    pub output: Option<String>,
    /// Frames of which at least one packet arrived.
    pub frames_seen: u64,
    /// Frames of the transfer; where that is not sent, those that are enough.
    pub frames_total: u64,
    /// Frames that have something that is still needed, from 1 as captions count; empty where
    /// frames have no numbers.
    pub frames_missing: Vec<u64>,
    /// Packets that have arrived, of those needed.
    pub packets_received: u64,
    /// Packets that are still needed.
    pub packets_missing: u64,
    /// No fewer than this many further frames complete it.
    pub frames_needed: u64,
    /// Packets that arrived whole but contradict others: they are not the sender's, and are not used.
    pub packets_suspected: u64,
}

/// What a screen and a camera leave of one kind of frames.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialReport {
    /// The options of `encode` that choose such frames.
    pub options: String,
    /// Their profile.
    pub profile: &'static str,
    /// Side of a tile, in pixels.
    pub tile: u8,
    /// Code rate.
    pub rate: f64,
    /// Views of such frames: captures, those of one frame in a row counted once.
    pub frames_seen: u64,
    /// Mean share of their codewords that was read, 0 to 1.
    pub codewords_read: f64,
    /// Mean information that soft values carried, as that of a capture.
    pub information: Option<f64>,
    /// Payload bytes that arrived of a frame.
    pub bytes_per_frame: u64,
}

/// What came of a probe.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbeReport {
    /// Every kind of frames that was seen, the least dense first.
    pub trials: Vec<TrialReport>,
    /// The kind that carries most of those that were read nearly whole.
    pub best: Option<TrialReport>,
    /// Whether a larger frame may carry more: no denser kind of this size is tried.
    pub larger_may_be_better: bool,
}

/// Numbers as ranges: `3, 7-9, 12`.
pub fn ranges(numbers: &[u64]) -> String {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let show = |&(first, last): &(u64, u64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    };
    parts.iter().map(show).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn numbers_become_ranges() {
        assert_eq!(ranges(&[3, 7, 8, 9, 12, 13]), "3, 7-9, 12, 13");
        assert_eq!(ranges(&[]), "");
    }
}
