//! What can be typed.

use super::values::{
    parse_bytes, parse_name, parse_only, parse_paper, parse_rate, parse_redundancy, parse_screen,
    parse_size, parse_threads, parse_url,
};
use crate::cimbar::Mode;
use crate::format::{Density, Profile};
use crate::frame::Palette;
use crate::media::paper::Sheet;
use crate::send::{Redundancy, Selection};
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Carry a file through pictures
#[derive(Debug, Parser)]
#[command(name = "tilecast", version, max_term_width = 100, after_help = after_help())]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Command,
}

/// Commands that people begin with, and what they do.
pub(super) const EXAMPLES: &str = "\
tilecast encode report.pdf -o frames          a folder of PNG frames
tilecast encode report.pdf -o player.html     a page that shows them, for a camera
tilecast decode photos -o report.pdf          photos or frames back to the file
tilecast decode recording.mp4 -o report.pdf   a recording of that page
tilecast decode screen: -o report.pdf         what this screen shows; camera: reads a camera
tilecast encode folder -o frames              a folder, or several files; decode makes it again
tar cz x | tilecast encode - -o frames        and: tilecast decode frames -o - | tar xz
tilecast info frames                          what is in these pictures?
tilecast encode --probe -o probe.html         film it: decode names the best profile
tilecast encode keys.tar -o backup.pdf        pages to print; decode reads scans of them
tilecast encode a.zip -o out --format cimbar  for libcimbar's apps
tilecast receiver -o receive.html             a page that receives, for any browser";

/// What programs go by.
pub(super) const EXIT_STATUS: &str = "\
0 complete and verified, 1 more captures needed, 2 usage or I/O error,
3 verification failed, 130 interrupted.";

fn after_help() -> String {
    let examples = EXAMPLES.replace('\n', "\n  ");
    format!("Examples:\n  {examples}\n\nExit status: {EXIT_STATUS}")
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Turn a file or a folder into frames
    Encode(EncodeArgs),
    /// Turn captured frames back into the file or the folder
    Decode(DecodeArgs),
    /// Tell what pictures show
    Info(InfoArgs),
    /// Write a page that receives in any browser: by its camera, from its screen, from videos and photos
    Receiver(ReceiverArgs),
    /// Write completions for a shell, to standard output
    #[command(after_help = SHELLS)]
    Completions(CompletionsArgs),
    /// Write the manual page, to standard output
    Man,
}

impl Command {
    /// The word that was typed for it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Encode(_) => "encode",
            Self::Decode(_) => "decode",
            Self::Info(_) => "info",
            Self::Receiver(_) => "receiver",
            Self::Completions(_) => "completions",
            Self::Man => "man",
        }
    }

    /// Whether programs are to be told what happens.
    pub(super) fn is_for_programs(&self) -> bool {
        match self {
            Self::Encode(EncodeArgs { common, .. }) | Self::Decode(DecodeArgs { common, .. }) => {
                common.json_progress
            }
            _ => false,
        }
    }
}

const SHELLS: &str = "\
Where shells look for it:
  tilecast completions bash >~/.local/share/bash-completion/completions/tilecast
  tilecast completions zsh >DIR/_tilecast          DIR: one that $fpath names
  tilecast completions fish >~/.config/fish/completions/tilecast.fish
  tilecast completions powershell >>$PROFILE
  tilecast completions elvish >>~/.config/elvish/rc.elv";

/// `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `receiver`.
#[derive(Debug, clap::Args)]
pub(super) struct ReceiverArgs {
    /// File for the page, a single one that needs nothing else; - for standard output; or a folder for a
    /// site, which a browser keeps and which then works offline
    #[arg(short, long, value_name = "FILE|DIR|-", default_value = "receive.html")]
    pub output: PathBuf,
    /// Replace what is there
    #[arg(short, long)]
    pub force: bool,
}

/// `encode`.
#[derive(Debug, clap::Args)]
pub(super) struct EncodeArgs {
    /// File to send; - is standard input. Or a folder, or several files and folders: decode makes a
    /// folder of them again, with the same names, contents, links and executable bits, but with no owners
    /// and times. Links must stay inside; what is no file, folder or link, and the output itself, is left out
    #[arg(required_unless_present = "probe", value_name = "PATH")]
    pub inputs: Vec<PathBuf>,
    /// Send nothing but frames of all kinds: decode then says of captures of them which profile is
    /// best for this screen and this camera
    #[arg(long, conflicts_with_all = [
        "inputs", "format", "mode", "profile", "tile", "rate", "redundancy", "bands", "name",
        "caption", "level", "colours", "density", "paper", "instructions",
    ])]
    pub probe: bool,
    /// Folder for the frames; a file that plays them: .html (a page for any browser), .gif, .apng,
    /// .y4m, .mp4, .mov, .mkv or .webm (these four by ffmpeg); a .pdf file to be printed; a .png file
    /// for a single frame; or - for standard output
    #[arg(short, long, value_name = "DIR|FILE|-")]
    pub output: PathBuf,
    /// Format of the frames
    #[arg(long, value_enum, default_value_t = Format::Tilecast)]
    pub format: Format,
    /// Mode of libcimbar's format [default: B]
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    /// What the frames have to go through [default: standard; print for a .pdf file]
    #[arg(short, long, value_enum)]
    pub profile: Option<Profile>,
    /// Size of a frame in pixels, 256 to 4096 a side [default: the profile's, mostly 1024x1024]
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    pub size: Option<(usize, usize)>,
    /// Frames as large as this screen shows them in full screen, in pixels of the screen: 1920x1080
    /// gives frames of 1904x1064, 2560x1440 of 2544x1424, 3840x2160 (4K) of 3824x2144; on 4K,
    /// 1920x1080 is shown at twice the size, for cameras that do not see its single pixels
    #[arg(long, value_name = "WxH", value_parser = parse_screen, conflicts_with = "size")]
    pub screen: Option<(usize, usize)>,
    /// Side of a tile in pixels, 1 to 12 [default: the profile's]
    #[arg(long, value_name = "N")]
    pub tile: Option<usize>,
    /// Code rate, 0.33 (strong) to 0.92 (dense) [default: the profile's]
    #[arg(long, value_name = "R", value_parser = parse_rate)]
    pub rate: Option<f64>,
    /// Colours of tiles [default: the profile's]
    #[arg(long, value_enum, value_name = "N")]
    pub colours: Option<Palette>,
    /// Paper: how fine its tiles are, if --tile, --rate and --colours do not say so [default: normal]
    #[arg(long, value_enum)]
    pub density: Option<Density>,
    /// Paper: its size: a4, letter, or in millimetres, such as 148x210mm [default: a4]
    #[arg(long, value_name = "SIZE", value_parser = parse_paper, conflicts_with_all = ["size", "screen"])]
    pub paper: Option<Sheet>,
    /// A last page in a PDF file that describes the format of the others
    #[arg(long)]
    pub instructions: bool,
    /// Further packets against lost frames, in percent of the file: 0% to 1000%; from 100% on in an
    /// order for shows that are joined anywhere. Or how many frames may be lost, whichever they are:
    /// 2pages, 3frames [default: 20%; 120% for what plays, but for -p host; for
    /// paper 15%, and a page at least beyond the first]
    #[arg(long, value_name = "PERCENT|N", value_parser = parse_redundancy)]
    pub redundancy: Option<Redundancy>,
    /// Bands that a frame is cut into, 1 to 64: each survives without the others [default: 1;
    /// 4 for what plays and for -p video, where that costs little]
    #[arg(long, value_name = "B")]
    pub bands: Option<u8>,
    /// Name to send along [default: the file's or folder's own; of several, that of the folder they are in]
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub name: Option<String>,
    /// Write name and number of the frame below it
    #[arg(long)]
    pub caption: bool,
    /// Only these frames, such as 12,40-43: those that a receiver misses
    #[arg(long, value_name = "FRAMES", default_value = "", hide_default_value = true, value_parser = parse_only)]
    pub only: Selection,
    /// Make a .png file an animation
    #[arg(long)]
    pub animate: bool,
    /// Frames a second of what plays, 1 to 60: half of what the camera takes, or less [default: 15;
    /// 20 suits a camera that takes 60; 6 for -p host]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60))]
    pub fps: Option<u32>,
    /// How often all frames are played, 0 for ever [default: 0; 1 for videos and streams]
    #[arg(long = "loop", value_name = "N")]
    pub loops: Option<u32>,
    /// Show this address on a page before it plays, as a QR code too: where tilecast's receiver is found
    /// (see tilecast receiver)
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    pub receiver_url: Option<String>,
    /// What goes to standard output [default: png]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub output_format: Option<StreamFormat>,
    /// Read back what was written, and compare it with the file, before it appears and all is well: any
    /// output but standard output
    #[arg(long, conflicts_with_all = ["only", "probe"])]
    pub verify: bool,
    /// zstd level, 1 (fast) to 22 (small) [default: 9; 16 with --format cimbar]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=22))]
    pub level: Option<i32>,
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The formats that are written; reading recognises them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// this program's own
    Tilecast,
    /// libcimbar's, for its apps: at most 33 MB, and much less data in a frame
    Cimbar,
}

/// What frames can be on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StreamFormat {
    /// PNG files, one after the other
    Png,
    /// uncompressed video, for ffmpeg and players
    Y4m,
    /// pages for a printer
    Pdf,
}

/// `decode`.
#[derive(Debug, clap::Args)]
pub(super) struct DecodeArgs {
    /// Pictures, folders of pictures, animations, videos and addresses of cameras (by ffmpeg), in
    /// any order; - is standard input: Y4M, or PNG, JPEG and PNM files one after the other; screen: and
    /// camera: are this machine's, live (by ffmpeg), until the file is complete: screen:NUMBER,
    /// screen:window=ID, screen:title=NAME (Windows), each with ,WxH+X+Y for a part, camera:NAME,WxH; a
    /// file of such a name is ./screen:
    #[arg(required_unless_present_any = ["watch", "list_devices"], value_name = "PATH")]
    pub inputs: Vec<PathBuf>,
    /// List the screens and cameras that can be read
    #[arg(long, exclusive = true)]
    pub list_devices: bool,
    /// Read pictures in this folder as they arrive, say after each what is still missing, and end when
    /// the file is complete
    #[arg(long, value_name = "FOLDER")]
    pub watch: Vec<PathBuf>,
    /// File to write, folder for it, or - for standard output [default: the name that was sent]. What was
    /// sent as a folder becomes a new one, of that name; or its archive for a .tar file, and for -
    #[arg(short, long, value_name = "FILE|DIR|-")]
    pub output: Option<PathBuf>,
    /// Write folders that were sent as their archives, .tar files
    #[arg(long)]
    pub no_unpack: bool,
    /// Write only this transfer, of several
    #[arg(long, value_name = "ID")]
    pub transfer: Option<String>,
    /// Largest file to write, such as 500M or 20G [default: 64 times what was received, at least 1G]
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub max_size: Option<u64>,
    /// Write what was found in each capture as JSON
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// Go on with what earlier runs for the same output received
    #[arg(long, conflicts_with = "state")]
    pub resume: bool,
    /// Keep what is received in this file, and go on with what is in it; later runs can add captures
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Wait for another run that uses the same --state, or --resume
    #[arg(long)]
    pub wait: bool,
    /// For each photo, write pictures of what was seen: mesh, tiles, local quality
    #[arg(long, value_name = "DIR")]
    pub debug: Option<PathBuf>,
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What `encode` and `decode` share.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct CommonArgs {
    /// Threads, one a core at most; 0 means all cores
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_threads)]
    pub threads: usize,
    /// Replace what exists
    #[arg(short, long)]
    pub force: bool,
    /// Only errors, and what is missing
    #[arg(short, long)]
    pub quiet: bool,
    /// Tell programs, instead of people, what happens: lines of JSON on standard error
    #[arg(long)]
    pub json_progress: bool,
}

/// `info`.
#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    /// Pictures, folders, animations, videos, as for decode; of a screen or a camera, what comes up to
    /// the first frame
    #[arg(required = true, value_name = "PATH")]
    pub inputs: Vec<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_option_has_help() {
        for command in Args::command().get_subcommands() {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
            }
        }
    }
}
