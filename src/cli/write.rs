//! One complete transfer to its file: verified before anybody sees it, no larger than can be believed.

use super::config::DecodeConfig;
use super::counted;
use super::destination::{Destination, Sent, Spot};
use super::exit::{Failure, check_interrupt};
use super::inputs::show;
use crate::media::archive::{ArchiveError, Packing, is_same_but_modes, unpack};
use crate::media::output::{OutputError, OutputFile, OutputTree};
use crate::media::storage::free_bytes;
use crate::receive::{ExtractError, FilePieces, Received, Unverified};
use crate::report::TransferReport;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

/// Why a complete transfer is not written.
pub(super) enum WriteError {
    /// It is not what was sent.
    Unverified(Unverified),
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for WriteError {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl From<ExtractError> for WriteError {
    fn from(error: ExtractError) -> Self {
        match error {
            ExtractError::Unverified(error) => Self::Unverified(error),
            storage => Self::Failure(anyhow::Error::new(storage).into()),
        }
    }
}

/// Where pieces of a file go.
type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), OutputError>;

/// Writes a transfer, beside the `files` that this run has written, and notes in its report where, how
/// long and whether verified.
///
/// # Errors
/// If it is not what was sent, or cannot be written.
pub(super) fn write(
    transfer: &mut Received<'_>,
    destination: &Destination,
    config: &DecodeConfig,
    files: &mut Vec<PathBuf>,
) -> Result<TransferReport, WriteError> {
    let mut result = transfer.report();
    let limit = config.max_size.unwrap_or_else(|| transfer.believable_bytes());
    if let Some(size) = result.size {
        check_size(size, limit)?;
    }
    let digest = transfer.digest().zip(result.size);
    let (content, unpack) = (result.content.unwrap_or_default(), !config.no_unpack);
    let sent = Sent { name: result.name.as_deref(), content, digest, unpack };
    let mut like = |ours: Packing| is_like(transfer, ours);
    let spot = destination.spot(&sent, files, config.force, &mut like)?;
    let (length, verified) = match &spot {
        Spot::Written(_) => (result.size.unwrap_or_default(), true),
        Spot::Stream => to_stdout(transfer, limit)?,
        Spot::File(path) => to_file(transfer, path, config.force, result.size, limit)?,
        Spot::Tree(path) => to_folder(transfer, path, limit)?,
    };
    (result.size, result.verified) = (Some(length), verified);
    result.output = Some(match spot {
        Spot::Stream => "-".to_owned(),
        Spot::File(path) | Spot::Tree(path) | Spot::Written(path) => {
            let shown = show(&path);
            files.push(path);
            shown
        }
    });
    Ok(result)
}

/// Gives a transfer's file to `sink`, piece by piece; its length, and whether it is verified.
fn extract(
    transfer: &mut Received<'_>,
    limit: u64,
    sink: Sink<'_>,
) -> Result<(u64, bool), WriteError> {
    let mut file = transfer.open()?;
    let mut length = 0;
    while let Some(piece) = file.next_piece()? {
        check_interrupt()?;
        length += piece.len() as u64;
        check_size(length, limit)?;
        sink(&piece)?;
    }
    Ok((length, file.is_verified()))
}

fn to_stdout(transfer: &mut Received<'_>, limit: u64) -> Result<(u64, bool), WriteError> {
    // Nothing may go out before all of it has been verified: read twice.
    extract(transfer, limit, &mut |_| Ok(()))?;
    let mut stdout = std::io::stdout().lock();
    let mut sink = |piece: &[u8]| stdout.write_all(piece).map_err(OutputError::stdout);
    let done = extract(transfer, limit, &mut sink)?;
    stdout.flush().map_err(OutputError::stdout)?;
    Ok(done)
}

fn to_file(
    transfer: &mut Received<'_>,
    path: &Path,
    force: bool,
    size: Option<u64>,
    limit: u64,
) -> Result<(u64, bool), WriteError> {
    let mut file = OutputFile::new(path, force)?;
    if file.is_device() {
        extract(transfer, limit, &mut |_| Ok(()))?;
    } else if let Some(size) = size {
        check_room(path, size)?;
    }
    let done = extract(transfer, limit, &mut |piece| file.append(piece))?;
    file.finish()?;
    Ok(done)
}

/// Makes the folder whose archive a transfer is.
fn to_folder(
    transfer: &mut Received<'_>,
    path: &Path,
    limit: u64,
) -> Result<(u64, bool), WriteError> {
    // What is not what was sent is no matter for whoever unpacks: read twice.
    let done = extract(transfer, limit, &mut |_| Ok(()))?;
    check_room(path, done.0)?;
    let tree = OutputTree::new(path).map_err(in_the_way)?;
    let mut archive = Archive::new(transfer.open()?);
    if let Err(error) = unpack(&mut archive, tree.unfinished_path()) {
        return Err(archive.failure.take().unwrap_or_else(|| not_unpacked(error).into()));
    }
    drop(archive);
    tree.finish().map_err(in_the_way)?;
    Ok(done)
}

/// Whether a transfer is the archive of a folder that is there, modes aside; not if it cannot be read.
fn is_like(transfer: &mut Received<'_>, ours: Packing) -> Result<bool, Failure> {
    let Ok(pieces) = transfer.open() else { return Ok(false) };
    let is_same = is_same_but_modes(ours.into_reader(), Archive::new(pieces));
    check_interrupt()?;
    Ok(is_same.unwrap_or_default())
}

/// A transfer's file as a stream.
struct Archive<'a> {
    pieces: Box<dyn FilePieces + 'a>,
    piece: Cursor<Vec<u8>>,
    /// Why it ended early.
    failure: Option<WriteError>,
}

impl<'a> Archive<'a> {
    fn new(pieces: Box<dyn FilePieces + 'a>) -> Self {
        Self { pieces, piece: Cursor::default(), failure: None }
    }

    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, WriteError> {
        check_interrupt()?;
        Ok(self.pieces.next_piece()?)
    }
}

impl Read for Archive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.next_piece() {
                Ok(Some(piece)) => self.piece = Cursor::new(piece),
                Ok(None) => return Ok(0),
                Err(failure) => {
                    self.failure = Some(failure);
                    return Err(std::io::Error::other("it cannot be had"));
                }
            }
        }
    }
}

/// That an archive is not unpacked, and what to do about it.
fn not_unpacked(error: ArchiveError) -> Failure {
    let is_ours = matches!(error, ArchiveError::Write { .. });
    let error = anyhow::Error::new(error).context("the folder that was sent is not unpacked");
    match is_ours {
        true => error.into(),
        false => Failure::with_hint(error, "--no-unpack writes its archive, a .tar file"),
    }
}

/// That something is where a folder was wanted.
fn in_the_way(error: OutputError) -> Failure {
    match error {
        OutputError::Exists(_) => {
            let hint =
                "a folder replaces nothing: -o names another place, or a folder to put it in";
            Failure::with_hint(error, hint)
        }
        other => other.into(),
    }
}

/// Whether a file is no larger than was said to be right.
fn check_size(size: u64, limit: u64) -> Result<(), Failure> {
    if size <= limit {
        return Ok(());
    }
    let error = anyhow::anyhow!(
        "a file of {} is more than may come of what was received",
        counted(size, "byte")
    );
    Err(Failure::with_hint(error, format!("--max-size {size} allows it, if you trust the sender")))
}

/// Whether there is room for a file.
fn check_room(path: &Path, size: u64) -> Result<(), Failure> {
    match free_bytes(path) {
        Some(free) if free < size => {
            let error = anyhow::anyhow!(
                "{} needs {}, and {} are free",
                show(path),
                counted(size, "byte"),
                counted(free, "byte")
            );
            Err(Failure::with_hint(error, "free some space"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_links_cannot_be_made_the_archive_can_be_had() {
        let source = || std::io::ErrorKind::PermissionDenied.into();
        let link = not_unpacked(ArchiveError::Link { path: "l".into(), source: source() });
        let Failure::Error { hint: Some(hint), .. } = link else { unreachable!("{link:?}") };
        assert!(hint.contains("--no-unpack"), "{hint}");
        let file = not_unpacked(ArchiveError::Write { path: "f".into(), source: source() });
        assert!(matches!(file, Failure::Error { hint: None, .. }));
    }
}
