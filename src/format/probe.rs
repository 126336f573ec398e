//! The probe: a show of frames that carry nothing, of one kind after the other, which tells what a
//! screen and a camera leave of each. Any two captures of a kind will do.

use super::{FormatChoice, FormatError, FrameFormat, FrameTables, Parameters, Profile};
use crate::ldpc::{parity_for_rate, rate_of_parity};

/// The transfer id of all probes, "prob" in bytes (spec §4.4).
pub const PROBE_TRANSFER: u32 = 0x626F_7270;
/// Frames of each kind: of two that follow each other a camera catches at least one alone.
pub const PROBE_FRAMES: u64 = 2;

/// A kind of frames that is tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// The profile.
    pub profile: Profile,
    /// The code rate, if it is not the profile's.
    pub rate: Option<f64>,
}

impl Trial {
    /// All kinds, in the order of the show: what people choose by name, and in between, where
    /// profiles are far apart, further rates.
    pub const ALL: [Self; 12] = [
        Self::of(Profile::Robust, None),
        Self::of(Profile::Standard, None),
        Self::of(Profile::Video, None),
        Self::of(Profile::Dense, None),
        Self::of(Profile::Dense, Some(0.92)),
        Self::of(Profile::Ultra, Some(0.53)),
        Self::of(Profile::Ultra, Some(0.62)),
        Self::of(Profile::Ultra, None),
        Self::of(Profile::Ultra, Some(0.76)),
        Self::of(Profile::Ultra, Some(0.81)),
        Self::of(Profile::Ultra, Some(0.88)),
        Self::of(Profile::Lossless, None),
    ];

    const fn of(profile: Profile, rate: Option<f64>) -> Self {
        Self { profile, rate }
    }

    /// Frames of this kind and size.
    ///
    /// # Errors
    /// If there are none of this size.
    pub fn tables(self, size: (usize, usize)) -> Result<FrameTables, FormatError> {
        FormatChoice { rate: self.rate, ..FormatChoice::new(self.profile, size) }.animated()
    }

    /// The kind that frames are of; `None` for others.
    pub fn of_format(format: &FrameFormat) -> Option<Self> {
        let fits = |trial: &&Self| {
            let usual = trial.profile.parameters();
            let parity = trial.rate.map_or(usual.parity, parity_for_rate);
            usual.tile == usize::from(format.geometry.tile)
                && (usual.palette, parity) == (format.geometry.palette, format.parity)
        };
        Self::ALL.iter().find(fits).copied()
    }

    /// Its code rate.
    pub fn code_rate(self) -> f64 {
        rate_of_parity(self.rate.map_or(self.profile.parameters().parity, parity_for_rate))
    }

    /// The options that choose such frames of this size.
    pub fn options(self, size: (usize, usize)) -> String {
        let named = |profile: &Profile| {
            let usual = profile.parameters();
            let own = self.profile.parameters();
            let same = (usual.tile, usual.palette) == (own.tile, own.palette);
            same && rate_of_parity(usual.parity) == self.code_rate() && is_about(size, usual)
        };
        if let Some(profile) = Profile::ALL.iter().find(|profile| named(profile)) {
            return format!("-p {}", profile.name());
        }
        let mut options = format!("-p {}", self.profile.name());
        if let Some(rate) = self.rate {
            options += &format!(" --rate 0.{:02}", (100.0 * rate).round() as u32);
        }
        if !is_about(size, self.profile.parameters()) {
            options += &format!(" --size {}x{}", size.0, size.1);
        }
        options
    }

    /// Whether a larger frame could carry more, and no other of this size.
    pub fn is_densest(self) -> bool {
        self == Self::of(Profile::Ultra, Some(0.88))
    }
}

/// Whether frames of a size are the usual ones: whole tiles are a little less than was asked for.
fn is_about((width, height): (usize, usize), usual: Parameters) -> bool {
    let is_usual =
        |side: usize, usual_side: usize| side <= usual_side && side + usual.tile > usual_side;
    is_usual(width, usual.size.0) && is_usual(height, usual.size.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_frames() {
        for size in [(600, 500), (1024, 1024), (1904, 1064)] {
            for trial in Trial::ALL {
                let tables = trial.tables(size).unwrap();
                assert_eq!(Trial::of_format(&tables.format), Some(trial), "{size:?}");
                let rate = tables.code.rate();
                assert!((trial.code_rate() - rate).abs() < 0.01, "{trial:?}: {rate}");
            }
        }
        let print = FormatChoice::new(Profile::Print, (1024, 1024)).tables().unwrap();
        assert_eq!(Trial::of_format(&print.format), None);
    }

    #[test]
    fn options_say_what_is_unusual() {
        let options = |profile, rate, size| Trial { profile, rate }.options(size);
        assert_eq!(options(Profile::Dense, None, (1023, 1023)), "-p dense");
        assert_eq!(options(Profile::Ultra, Some(0.53), (1024, 1024)), "-p ultra --rate 0.53");
        assert_eq!(options(Profile::Ultra, Some(0.76), (1448, 1448)), "-p photo");
        assert_eq!(options(Profile::Ultra, Some(0.76), (1024, 1024)), "-p ultra --rate 0.76");
        assert_eq!(options(Profile::Video, None, (1904, 1064)), "-p video --size 1904x1064");
    }
}
