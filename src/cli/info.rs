//! `tilecast info`.

use super::args::InfoArgs;
use super::decode::{unreadable, with_cut};
use super::exit::{Exit, Failure, check_interrupt, ending, stop};
use super::inputs::{About, inputs};
use super::listing::{Ending, Listing};
use super::told::{is_folder, probe_lines, shown_name, tell_others};
use super::watch::describe;
use super::{counted, thread_count};
use crate::capture::{ReadCapture, Settings, read_all};
use crate::format::FrameFormat;
use crate::frame::Palette;
use crate::ldpc::rate_of_parity;
use crate::media::output::OutputError;
use crate::media::sources::SourceError;
use crate::media::storage;
use crate::modem::FORMAT_VERSION;
use crate::reading::Capture;
use crate::receive::Receiver;
use crate::report::{CaptureReport, TransferReport};
use serde::Serialize;
use std::collections::HashSet;
use std::io::{Stdout, Write};
use std::ops::ControlFlow;

/// What a frame's header says.
#[derive(Serialize)]
struct FormatInfo {
    version: u8,
    columns: u16,
    rows: u16,
    tile: u8,
    black_and_white: bool,
    rate: f64,
    lifting_size: u16,
    bands: u8,
}

impl From<FrameFormat> for FormatInfo {
    fn from(format: FrameFormat) -> Self {
        let FrameFormat { geometry, parity, lifting, bands } = format;
        Self {
            version: FORMAT_VERSION,
            columns: geometry.columns,
            rows: geometry.rows,
            tile: geometry.tile,
            black_and_white: geometry.palette == Palette::BlackWhite,
            rate: rate_of_parity(parity),
            lifting_size: lifting,
            bands,
        }
    }
}

#[derive(Serialize)]
struct CaptureInfo {
    #[serde(flatten)]
    capture: CaptureReport,
    format: Option<FormatInfo>,
}

/// Where what is found goes, as it is found.
enum Teller {
    Text(Stdout),
    Json(Listing<Stdout>),
}

impl Teller {
    fn capture(&mut self, info: &CaptureInfo) -> std::io::Result<()> {
        match self {
            Self::Text(stdout) => stdout.write_all(describe_all(info).as_bytes()),
            Self::Json(listing) => {
                listing.capture(info)?;
                listing.target().flush()
            }
        }
    }

    fn finish(self, ending: &Ending<TransferReport>) -> std::io::Result<()> {
        match self {
            Self::Json(listing) => listing.finish(ending).map(drop),
            Self::Text(mut stdout) => {
                for transfer in &ending.transfers {
                    stdout.write_all(describe_transfer(transfer).as_bytes())?;
                }
                for line in ending.probe.iter().flat_map(probe_lines) {
                    writeln!(stdout, "{line}")?;
                }
                tell_others(ending.transfers_not_listed);
                stdout.flush()
            }
        }
    }
}

/// Runs the command. Succeeds if at least one picture shows a frame.
///
/// # Errors
/// If a path cannot be read at all.
pub(super) fn run(args: InfoArgs) -> Result<Exit, Failure> {
    let mut receiver = Receiver::new(storage::temporary());
    let inputs = inputs(&args.inputs, args.json)?;
    // A screen has no end.
    let live = inputs.live_origin();
    let pictures = inputs.into_captures(HashSet::new(), stop());
    let stdout = std::io::stdout();
    let mut teller = match args.json {
        true => Teller::Json(Listing::new(stdout).map_err(OutputError::stdout)?),
        false => Teller::Text(stdout),
    };
    let mut found = false;
    let settings = Settings { threads: thread_count(0), ..Settings::default() };
    let mut step = |ReadCapture { about, captures, .. }: ReadCapture<About, SourceError>| {
        check_interrupt()?;
        let shows = match captures {
            Ok(captures) => tell(&captures, &about, &mut receiver, &mut teller)?,
            Err(error) => {
                let info = CaptureInfo { capture: unreadable(&about, &error), format: None };
                teller.capture(&info).map_err(OutputError::stdout)?;
                false
            }
        };
        found |= shows;
        let ends =
            shows && live.is_some() && about.video().map(|video| &**video) == live.as_deref();
        Ok(if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    read_all(pictures, &settings, |read| ending(step(read)))?;
    check_interrupt()?;
    let ids: Vec<_> = receiver.transfers().iter().map(|transfer| transfer.id()).collect();
    let report = |id| receiver.transfer(id).map(|mut transfer| transfer.report());
    let transfers: Vec<_> = ids.into_iter().filter_map(report).collect();
    let ending =
        Ending { transfers, transfers_not_listed: receiver.others(), probe: receiver.probe() };
    teller.finish(&ending).map_err(OutputError::stdout)?;
    Ok(if found { Exit::Success } else { Exit::Incomplete })
}

/// Tells what is in the captures of a picture; whether it shows a frame.
fn tell(
    captures: &[Capture],
    about: &About,
    receiver: &mut Receiver,
    teller: &mut Teller,
) -> Result<bool, Failure> {
    let mut shows = false;
    for capture in captures {
        shows |= capture.reading.is_some();
        let header = capture.reading.as_ref().and_then(|reading| reading.header());
        let format = header.map(|header| FormatInfo::from(header.format));
        let intake = receiver.accept(capture, None)?;
        let capture = with_cut(intake.report(about.path(), capture), about);
        teller.capture(&CaptureInfo { capture, format }).map_err(OutputError::stdout)?;
    }
    Ok(shows)
}

fn describe_all(CaptureInfo { capture, format }: &CaptureInfo) -> String {
    let mut text = describe(capture) + "\n";
    if let Some(format) = format {
        text += &format!(
            "  format {}: {}x{} tiles of {} pixels{}, rate {:.2}, {}\n",
            format.version,
            format.columns,
            format.rows,
            format.tile,
            if format.black_and_white { ", black and white" } else { "" },
            format.rate,
            counted(format.bands.into(), "band"),
        );
    }
    text
}

fn describe_transfer(transfer: &TransferReport) -> String {
    format!(
        "transfer {}: {}, {}{}, {} of {} frames here\n",
        transfer.id,
        shown_name(transfer).as_deref().unwrap_or("no name"),
        if is_folder(transfer) { "a folder of " } else { "" },
        transfer.size.map_or("size unknown".to_owned(), |size| counted(size, "byte")),
        transfer.frames_seen,
        transfer.frames_total,
    )
}
