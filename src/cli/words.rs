//! The words by which profiles and modes are chosen, and what `--help` says of them.

use crate::cimbar::Mode;
use crate::format::Profile;
use clap::ValueEnum;
use clap::builder::PossibleValue;

impl ValueEnum for Profile {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Robust => "distance, poor light, webcams: 6-pixel tiles",
            Self::Standard => "video of a screen at 1080p: 4-pixel tiles",
            Self::Dense => "steady photos: 3-pixel tiles",
            Self::Ultra => "photos of 8 megapixels and more: 2-pixel tiles",
            Self::Lossless => "screenshots, remote desktops, copied files: 1-pixel tiles",
            Self::Print => "paper: 8-pixel tiles, black and white",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

impl ValueEnum for Mode {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::B, Self::Bm, Self::Bu, Self::FourC]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::B => "1024x1024, the usual one",
            Self::Bm => "1024x720",
            Self::Bu => "736x637",
            Self::FourC => "1024x1024, the older one",
        };
        Some(PossibleValue::new(self.parameters().name).help(help))
    }
}
