//! What frames have to go through: a screen and a camera, or paper; and what follows from that where
//! nothing else was typed.

use super::args::EncodeArgs;
use super::exit::Failure;
use crate::format::{Density, FormatChoice, Profile, size_on_screen};
use crate::media::paper::Sheet;
use crate::send::{DEFAULT_REDUNDANCY, Redundancy, SHOW_REDUNDANCY};

/// What frames have to go through.
pub(super) struct Channel {
    pub(super) profile: Profile,
    /// Width and height of a frame, in pixels.
    pub(super) size: (usize, usize),
    /// What they are printed on, if they are.
    pub(super) sheet: Option<Sheet>,
    /// Whether they follow each other by themselves.
    moves: bool,
}

impl Channel {
    /// What was typed, for an output that `moves`, or is for a printer.
    ///
    /// # Errors
    /// If options for paper go to what is none, or a frame has no room on its page.
    pub(super) fn new(args: &EncodeArgs, moves: bool, is_paper: bool) -> Result<Self, Failure> {
        let for_paper = is_paper || args.density.is_some() || args.paper.is_some();
        let usual = if for_paper { Profile::Print } else { Profile::Standard };
        let profile = args.profile.unwrap_or(usual);
        if args.density.is_some() && profile != Profile::Print {
            let error = anyhow::anyhow!("--density is for paper, not for -p {}", profile.name());
            return Err(Failure::with_hint(
                error,
                "leave one of them out; --tile and --rate go with both",
            ));
        }
        let for_screen = args.screen.map(|screen| size_on_screen(screen, args.caption));
        let asked = args.size.or(for_screen);
        let is_page = args.paper.is_some() || (profile == Profile::Print && asked.is_none());
        let is_sheet = is_paper || (is_page && !moves);
        let sheet = is_sheet.then(|| args.paper.clone().unwrap_or_else(Sheet::a4));
        let room = sheet.as_ref().map(Sheet::room);
        if let (Some(sheet), Some((width, height))) = (&sheet, asked)
            && (width > sheet.room().0 || height > sheet.room().1)
        {
            let (most_wide, most_high) = sheet.room();
            let error =
                anyhow::anyhow!("a frame of {width}x{height} has no room on {}", sheet.name());
            let hint = format!("leave --size out, or give at most {most_wide}x{most_high}");
            return Err(Failure::with_hint(error, hint));
        }
        let size = asked.or(room).unwrap_or(profile.parameters().size);
        Ok(Self { profile, size, sheet, moves })
    }

    /// The frames that were asked for.
    pub(super) fn choice(&self, args: &EncodeArgs) -> FormatChoice {
        let dense = args.density.map(Density::parameters);
        FormatChoice {
            profile: self.profile,
            size: self.size,
            tile: args.tile.or(dense.map(|dense| dense.tile)),
            rate: args.rate.or(dense.map(|dense| dense.rate())),
            palette: args.colours.or(dense.map(|dense| dense.palette)),
            bands: args.bands.unwrap_or(1),
        }
    }

    /// Whether frames have bands unless something else was asked for.
    pub(super) fn has_bands(&self) -> bool {
        let is_filmed = self.moves && self.profile != Profile::Host;
        is_filmed || self.profile.parameters().bands > 1
    }

    /// How much more than the file travels: what plays is joined anywhere and not waited for, but what a
    /// host has can be had whole.
    pub(super) fn redundancy(&self, args: &EncodeArgs) -> Redundancy {
        args.redundancy.unwrap_or(match &self.sheet {
            Some(_) => Redundancy::Paper,
            None => self.share().into(),
        })
    }

    /// The same as a share of the file.
    pub(super) fn share(&self) -> f64 {
        if self.moves && self.profile != Profile::Host {
            SHOW_REDUNDANCY
        } else {
            DEFAULT_REDUNDANCY
        }
    }
}
