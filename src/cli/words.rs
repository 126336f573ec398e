//! The words by which profiles and modes are chosen, and what `--help` says of them.

use crate::cimbar::Mode;
use crate::format::{Density, Profile};
use crate::frame::Palette;
use clap::ValueEnum;
use clap::builder::PossibleValue;

impl ValueEnum for Profile {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Robust => "distance, poor light, webcams: 6-pixel tiles",
            Self::Standard => "videos by a camera that nobody knows: 4-pixel tiles",
            Self::Video => {
                "videos by a phone that is held still, with --screen: 3-pixel tiles, much repair"
            }
            Self::Dense => "photos by any phone: 3-pixel tiles",
            Self::Ultra => "sharp photos, close by: 2-pixel tiles",
            Self::Photo => "sharp photos of 8 megapixels and more: 2-pixel tiles, 1448x1448",
            Self::Lossless => "screenshots, remote desktops, copied files: 1-pixel tiles",
            Self::Host => {
                "videos that a host or a messenger encodes again: 4-pixel tiles, black and white"
            }
            Self::Print => "paper, see --density and --paper",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

impl ValueEnum for Density {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Safe => "paper that is folded and stained, poor scans",
            Self::Normal => "any printer, any scan from 200 dots an inch on",
            Self::Fine => "laser printers, and grey scans at 600 dots an inch",
            Self::Colour => "colour printers, and scans in colour",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

impl ValueEnum for Palette {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::BlackWhite, Self::Colour]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::BlackWhite => PossibleValue::new("2").help("black and white"),
            Self::Colour => PossibleValue::new("8").help("the corners of the cube of colours"),
        })
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
