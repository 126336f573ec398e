//! What was typed, checked: options that do not go together are errors here, and everything behind
//! works with what is needed, not with what was typed.

use super::args::{DecodeArgs, EncodeArgs, Format};
use super::channel::Channel;
use super::exit::Failure;
use super::journal::JournalConfig;
use super::target::OutputConfig;
use super::thread_count;
use crate::cimbar::Mode;
use crate::format::FrameTables;
use crate::media::output::place;
use crate::media::paper::Sheet;
use crate::send::{CimbarOptions, DEFAULT_LEVEL, OwnOptions, Redundancy, Selection};
use std::path::{Path, PathBuf};

/// The zstd level that libcimbar's senders use.
const CIMBAR_LEVEL: i32 = 16;

/// What `encode` is to do.
pub(super) struct EncodeConfig {
    pub(super) shown: Shown,
    pub(super) output: OutputConfig,
    /// What frames are printed on, if they are.
    pub(super) sheet: Option<Sheet>,
    /// Whether a last page describes the format.
    pub(super) instructions: bool,
    /// Whether it is read back.
    pub(super) verify: bool,
    /// Frames that are wanted.
    pub(super) only: Selection,
    pub(super) threads: usize,
    pub(super) quiet: bool,
}

/// What is shown.
pub(super) enum Shown {
    /// What is sent.
    Sent {
        /// A file, `-`, or files and folders.
        inputs: Vec<PathBuf>,
        /// Name to send along, if not its own.
        name: Option<String>,
        symbology: SymbologyConfig,
    },
    /// Frames of all kinds, about this large.
    Probe { size: (usize, usize) },
}

/// In whose frames a file travels, and how.
pub(super) enum SymbologyConfig {
    Own { tables: FrameTables, options: OwnOptions, level: i32 },
    Cimbar(CimbarOptions),
}

impl EncodeConfig {
    /// Checks what was typed.
    ///
    /// # Errors
    /// If options do not go together, or there is no such frame.
    pub(super) fn new(args: EncodeArgs) -> Result<Self, Failure> {
        let output = OutputConfig::new(&args)?;
        let channel = Channel::new(&args, output.moves(), output.is_paper())?;
        let shown = match args.probe {
            true => Shown::Probe { size: channel.size },
            false => sent(&args, &channel)?,
        };
        Ok(Self {
            shown,
            output,
            sheet: channel.sheet,
            instructions: args.instructions,
            verify: args.verify,
            only: args.only,
            threads: thread_count(args.common.threads),
            quiet: args.common.quiet,
        })
    }
}

/// What is to be sent.
fn sent(args: &EncodeArgs, channel: &Channel) -> Result<Shown, Failure> {
    let symbology = match args.format {
        Format::Tilecast => own(args, channel)?,
        Format::Cimbar => cimbar(args, channel)?,
    };
    Ok(Shown::Sent { inputs: args.inputs.clone(), name: args.name.clone(), symbology })
}

/// Frames of our own; with bands where they play by themselves.
fn own(args: &EncodeArgs, channel: &Channel) -> Result<SymbologyConfig, Failure> {
    if args.mode.is_some() {
        let error = anyhow::anyhow!("--mode is for libcimbar's format");
        return Err(Failure::with_hint(error, "add --format cimbar"));
    }
    let choice = channel.choice(args);
    let has_bands = args.bands.is_none() && channel.has_bands();
    let tables = if has_bands { choice.animated()? } else { choice.tables()? };
    let options = OwnOptions { redundancy: channel.redundancy(args), caption: args.caption };
    Ok(SymbologyConfig::Own { tables, options, level: args.level.unwrap_or(DEFAULT_LEVEL) })
}

/// Frames of libcimbar's, which know none of the options of our own.
fn cimbar(args: &EncodeArgs, channel: &Channel) -> Result<SymbologyConfig, Failure> {
    let foreign = [
        ("--profile", args.profile.is_some()),
        ("--size", args.size.is_some()),
        ("--screen", args.screen.is_some()),
        ("--tile", args.tile.is_some()),
        ("--rate", args.rate.is_some()),
        ("--colours", args.colours.is_some()),
        ("--density", args.density.is_some()),
        ("--paper", args.paper.is_some()),
        ("--bands", args.bands.is_some()),
        ("--caption", args.caption),
    ];
    if let Some((option, _)) = foreign.into_iter().find(|(_, given)| *given) {
        let error = anyhow::anyhow!("libcimbar's format has no {option}");
        return Err(Failure::with_hint(error, "--mode chooses between its kinds of frames"));
    }
    let redundancy = match args.redundancy {
        None => channel.share(),
        Some(Redundancy::Share(share)) => share,
        Some(_) => {
            let error = anyhow::anyhow!("libcimbar's format has no --redundancy in frames");
            return Err(Failure::with_hint(
                error,
                "any frames that are enough will do: give a share",
            ));
        }
    };
    Ok(SymbologyConfig::Cimbar(CimbarOptions {
        mode: args.mode.unwrap_or(Mode::B),
        name: None,
        level: args.level.unwrap_or(CIMBAR_LEVEL),
        redundancy,
    }))
}

/// What `decode` is to do.
pub(super) struct DecodeConfig {
    pub(super) inputs: Vec<PathBuf>,
    /// Folders that pictures arrive in.
    pub(super) watch: Vec<PathBuf>,
    /// File, folder or `-`; nothing: the names that were sent, in the current folder.
    pub(super) output: Option<PathBuf>,
    /// The transfer that is wanted, if it was named.
    pub(super) transfer: Option<String>,
    /// Whether a folder is written as its archive.
    pub(super) no_unpack: bool,
    /// Bytes that a file may have; nothing: what is plausible.
    pub(super) max_size: Option<u64>,
    /// Where the report goes.
    pub(super) report: Option<PathBuf>,
    pub(super) journal: JournalConfig,
    /// Where pictures of what was seen go.
    pub(super) debug: Option<PathBuf>,
    pub(super) threads: usize,
    pub(super) force: bool,
    pub(super) quiet: bool,
}

impl DecodeConfig {
    /// Whether captures arrive while this runs.
    pub(super) fn is_watching(&self) -> bool {
        !self.watch.is_empty()
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// If two files would be one.
    pub(super) fn new(args: DecodeArgs) -> Result<Self, Failure> {
        let files = [("-o", &args.output), ("--report", &args.report), ("--state", &args.state)];
        for (at, (option, path)) in files.iter().enumerate() {
            for (other, second) in files.iter().take(at) {
                if path.as_deref().zip(second.as_deref()).is_some_and(|(a, b)| is_one(a, b)) {
                    let error = anyhow::anyhow!("{other} and {option} name the same file");
                    return Err(error.into());
                }
            }
        }
        Ok(Self {
            inputs: args.inputs,
            watch: args.watch,
            output: args.output,
            transfer: args.transfer,
            no_unpack: args.no_unpack,
            max_size: args.max_size,
            report: args.report,
            journal: JournalConfig { resume: args.resume, state: args.state, wait: args.wait },
            debug: args.debug,
            threads: thread_count(args.common.threads),
            force: args.common.force,
            quiet: args.common.quiet,
        })
    }
}

/// Whether two paths name one file, as far as that can be told before there are files.
fn is_one(a: &Path, b: &Path) -> bool {
    !a.is_dir() && place(a) == place(b)
}
