//! `tilecast info`.

use super::args::InfoArgs;
use super::decode::unreadable;
use super::exit::{Exit, Failure, check_interrupt};
use super::inputs::inputs;
use super::watch::describe;
use super::{counted, thread_count};
use crate::capture::{ReadCapture, Settings, read_all};
use crate::format::FrameFormat;
use crate::frame::Palette;
use crate::ldpc::rate_of_parity;
use crate::media::output::OutputError;
use crate::media::storage;
use crate::modem::FORMAT_VERSION;
use crate::receive::Receiver;
use crate::report::{CaptureReport, TransferReport};
use crate::text::printable;
use serde::Serialize;
use std::collections::HashSet;
use std::io::Write;
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

#[derive(Serialize)]
struct Info {
    captures: Vec<CaptureInfo>,
    transfers: Vec<TransferReport>,
}

/// Runs the command. Succeeds if at least one picture shows a frame.
///
/// # Errors
/// If a path cannot be read at all.
pub(super) fn run(args: InfoArgs) -> Result<Exit, Failure> {
    let mut receiver = Receiver::new(storage::temporary());
    let (mut captures, mut found) = (Vec::new(), false);
    let pictures = inputs(&args.inputs)?.into_captures(HashSet::new());
    let settings = Settings { threads: thread_count(0), ..Settings::default() };
    read_all(pictures, &settings, |ReadCapture { about, captures: read, .. }| {
        check_interrupt()?;
        match read {
            Err(error) => {
                captures.push(CaptureInfo { capture: unreadable(&about, &error), format: None });
            }
            Ok(read) => {
                for capture in &read {
                    found |= capture.reading.is_some();
                    let header = capture.reading.as_ref().and_then(|reading| reading.header());
                    let format = header.map(|header| FormatInfo::from(header.format));
                    let intake = receiver.accept(capture, None)?;
                    let capture = intake.report(about.path(), capture);
                    captures.push(CaptureInfo { capture, format });
                }
            }
        }
        Ok::<_, Failure>(ControlFlow::Continue(()))
    })?;
    let ids: Vec<_> = receiver.transfers().iter().map(|transfer| transfer.id()).collect();
    let report = |id| receiver.transfer(id).map(|mut transfer| transfer.report());
    let info = Info { captures, transfers: ids.into_iter().filter_map(report).collect() };
    let text = if args.json { serde_json::to_string_pretty(&info)? + "\n" } else { show(&info) };
    std::io::stdout().write_all(text.as_bytes()).map_err(OutputError::stdout)?;
    Ok(if found { Exit::Success } else { Exit::Incomplete })
}

fn show(info: &Info) -> String {
    let mut text = String::new();
    for CaptureInfo { capture, format } in &info.captures {
        text += &describe(capture);
        text.push('\n');
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
    }
    for transfer in &info.transfers {
        let name = transfer.name.as_deref().map(printable);
        text += &format!(
            "transfer {}: {}, {}, {} of {} frames here\n",
            transfer.id,
            name.as_deref().unwrap_or("no name"),
            transfer.size.map_or("size unknown".to_owned(), |size| counted(size, "byte")),
            transfer.frames_seen,
            transfer.frames_total,
        );
    }
    text
}
