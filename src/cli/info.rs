//! `tilecast info`.

use super::args::InfoArgs;
use super::exit::{Exit, Failure, check_interrupt};
use super::inputs::inputs;
use super::thread_count;
use super::watch::describe;
use crate::ldpc::rate_of_parity;
use crate::modem::{FORMAT_VERSION, FrameHeader, Palette};
use crate::pipeline::receive::{Receiver, read_captures};
use crate::pipeline::report::{CaptureReport, TransferReport};
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

impl From<FrameHeader> for FormatInfo {
    fn from(header: FrameHeader) -> Self {
        Self {
            version: FORMAT_VERSION,
            columns: header.geometry.columns,
            rows: header.geometry.rows,
            tile: header.geometry.tile,
            black_and_white: header.palette == Palette::BlackWhite,
            rate: rate_of_parity(header.parity),
            lifting_size: header.lifting,
            bands: header.bands,
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
pub fn run(args: InfoArgs) -> Result<Exit, Failure> {
    let mut receiver = Receiver::default();
    let mut captures = Vec::new();
    read_captures(
        inputs(&args.inputs)?.into_captures(HashSet::new()),
        thread_count(0),
        false,
        |mut capture| {
            check_interrupt()?;
            receiver.accept(&mut capture)?;
            let format = capture.header.map(FormatInfo::from);
            captures.push(CaptureInfo { capture: capture.report, format });
            Ok::<_, anyhow::Error>(ControlFlow::Continue(()))
        },
    )?;
    let transfers = receiver.into_transfers().iter_mut().map(|t| t.report()).collect();
    let info = Info { captures, transfers };
    let text = if args.json { serde_json::to_string_pretty(&info)? + "\n" } else { show(&info) };
    std::io::stdout().write_all(text.as_bytes())?;
    let found = info.captures.iter().any(|info| info.capture.symbology.is_some());
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
                super::counted(format.bands.into(), "band"),
            );
        }
    }
    for transfer in &info.transfers {
        let name: String =
            transfer.name.iter().flat_map(|n| n.chars()).filter(|c| !c.is_control()).collect();
        text += &format!(
            "transfer {}: {}, {}, {} of {} frames here\n",
            transfer.id,
            if name.is_empty() { "no name" } else { &name },
            transfer.size.map_or("size unknown".to_owned(), |size| super::counted(size, "byte")),
            transfer.frames_seen,
            transfer.frames_total,
        );
    }
    text
}
