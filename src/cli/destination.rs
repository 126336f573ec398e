//! Where `decode` writes files.

use super::exit::{Attentive, Failure, check_interrupt};
use super::inputs::{is_stream, show};
use crate::container::{Content, digest, with_number};
use crate::media::archive::{Packing, Sources, keeps_modes};
use crate::media::output::OutputFile;
use anyhow::Context;
use std::fs::File;
use std::io::{BufReader, IsTerminal};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// Files of one name that are kept apart by numbers.
const MAX_NUMBER: u32 = 10_000;

/// Where files go.
pub(super) enum Destination {
    /// Under the names that were sent.
    Folder(PathBuf),
    /// To a name of its own.
    File(PathBuf),
    /// Into what is there and is no file: a pipe, a device.
    Device(PathBuf),
    /// To standard output.
    Stream,
}

/// Says whether a folder has the archive that was sent, modes aside.
type Like<'a> = &'a mut dyn FnMut(Packing) -> Result<bool, Failure>;

/// Where one file goes.
pub(super) enum Spot {
    /// To standard output.
    Stream,
    /// Here.
    File(PathBuf),
    /// Here, as a folder.
    Tree(PathBuf),
    /// It is here already.
    Written(PathBuf),
}

impl Destination {
    /// What `-o` means; without it, the current folder.
    ///
    /// # Errors
    /// If something is in the way.
    pub(super) fn new(output: Option<&Path>, force: bool) -> Result<Self, Failure> {
        let Some(path) = output else { return Ok(Self::Folder(PathBuf::from("."))) };
        if is_stream(path) {
            if std::io::stdout().is_terminal() {
                let error = anyhow::anyhow!("standard output is a terminal");
                return Err(Failure::with_hint(error, "redirect it, or name a file with -o"));
            }
            return Ok(Self::Stream);
        }
        let ends_like_folder = path.as_os_str().to_string_lossy().ends_with(['/', MAIN_SEPARATOR]);
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if ends_like_folder {
            let context = || format!("cannot create {}", show(path));
            std::fs::create_dir_all(path).with_context(context)?;
            return Ok(Self::Folder(path.to_owned()));
        }
        // Better now than after reading a thousand captures.
        Ok(match OutputFile::new(path, force)?.is_device() {
            true => Self::Device(path.to_owned()),
            false => Self::File(path.to_owned()),
        })
    }

    /// Whether one file was asked for, and not several.
    pub(super) fn is_one_file(&self) -> bool {
        !matches!(self, Self::Folder(_))
    }

    /// Whether files are written in a folder that is known.
    pub(super) fn is_in_folder(&self) -> bool {
        matches!(self, Self::Folder(_) | Self::File(_))
    }

    /// What was typed for it, with a space before.
    pub(super) fn option(&self) -> String {
        match self {
            Self::Stream => " -o -".to_owned(),
            Self::Folder(path) if path.as_os_str() == "." => String::new(),
            Self::File(path) | Self::Device(path) | Self::Folder(path) => {
                format!(" -o {}", show(path))
            }
        }
    }

    /// Whether what was sent becomes a folder here.
    fn unpacks(&self, sent: &Sent<'_>) -> bool {
        let is_archive =
            |path: &Path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tar"));
        sent.content == Content::Folder
            && sent.unpack
            && match self {
                Self::Folder(_) => true,
                Self::File(path) => !is_archive(path),
                Self::Device(_) | Self::Stream => false,
            }
    }

    /// The place for what was sent, beside the files that this run has `written`. What is there already is
    /// only replaced with `force`, and no folder ever: others of the same name get numbers, the same file
    /// or folder stays as it is.
    ///
    /// # Errors
    /// If all names are taken, or after Ctrl-C.
    pub(super) fn spot(
        &self,
        sent: &Sent<'_>,
        written: &[PathBuf],
        force: bool,
        like: Like<'_>,
    ) -> Result<Spot, Failure> {
        let unpacks = self.unpacks(sent);
        let folder = match self {
            Self::Stream => return Ok(Spot::Stream),
            Self::File(path) if unpacks => return Ok(Spot::Tree(path.clone())),
            Self::File(path) | Self::Device(path) => return Ok(Spot::File(path.clone())),
            Self::Folder(folder) => folder,
        };
        if unpacks {
            return sent.free_folder(folder, like);
        }
        let name = sent.content.file_name(sent.name);
        for number in 1..=MAX_NUMBER {
            let path = folder.join(with_number(&name, number));
            let is_there = path.symlink_metadata().is_ok();
            if is_there && sent.digest.is_some_and(|sent| is_same(&path, sent)) {
                return Ok(Spot::Written(path));
            }
            // Some file systems do not tell upper from lower case.
            let lower = |path: &Path| path.to_string_lossy().to_lowercase();
            let is_ours = written.iter().any(|ours| lower(ours) == lower(&path));
            if !is_there || (force && !is_ours && path.is_file()) {
                return Ok(Spot::File(path));
            }
        }
        Err(too_many("files", &folder.join(name)))
    }
}

/// What there is to know of a file or folder before it is written.
pub(super) struct Sent<'a> {
    /// The name that was sent.
    pub(super) name: Option<&'a str>,
    pub(super) content: Content,
    /// Digest and size of the file, or of the folder's archive.
    pub(super) digest: Option<([u8; 32], u64)>,
    /// Whether a folder is wanted as such.
    pub(super) unpack: bool,
}

impl Sent<'_> {
    /// The place for it as a folder within another one.
    fn free_folder(&self, folder: &Path, like: Like<'_>) -> Result<Spot, Failure> {
        let name = self.content.own_name(self.name);
        let numbered = |number| match number {
            1 => name.clone(),
            number => format!("{name} ({number})"),
        };
        for path in (1..=MAX_NUMBER).map(|number| folder.join(numbered(number))) {
            if path.symlink_metadata().is_err() {
                return Ok(Spot::Tree(path));
            }
            if self.is_folder(&path, &mut *like)? {
                return Ok(Spot::Written(path));
            }
        }
        Err(too_many("folders", &folder.join(name)))
    }

    /// Whether a folder is this one: then it has the same archive, as far as its file system can tell.
    fn is_folder(&self, path: &Path, like: Like<'_>) -> Result<bool, Failure> {
        let Some(((sent, size), name)) = self.digest.zip(self.name) else { return Ok(false) };
        if !path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Ok(false);
        }
        let packing = || {
            let packing = Packing::new(name, Sources::Folder(path.to_owned()), None).ok();
            packing.filter(|packing| packing.length() == size && packing.is_whole())
        };
        let Some(found) = packing() else { return Ok(false) };
        let found = digest(Attentive(found.into_reader()));
        check_interrupt()?;
        if found.is_ok_and(|found| found == sent) {
            return Ok(true);
        }
        let is_kept = keeps_modes(path.parent().unwrap_or(path));
        packing().filter(|_| !is_kept).map_or(Ok(false), like)
    }
}

fn too_many(what: &str, like: &Path) -> Failure {
    anyhow::anyhow!("there are {MAX_NUMBER} {what} like {}", show(like)).into()
}

/// Whether a file is the one with this digest and size.
fn is_same(path: &Path, (sent, size): ([u8; 32], u64)) -> bool {
    let Ok(file) = File::open(path) else { return false };
    file.metadata().is_ok_and(|found| found.is_file() && found.len() == size)
        && digest(Attentive(BufReader::new(file))).is_ok_and(|digest| digest == sent)
}
