//! Where `decode` keeps what it has received while it runs, and what becomes of that file: it stays
//! until the file that it belongs to exists.

use super::destination::Destination;
use super::exit::{Failure, check_interrupt};
use super::inputs::show;
use crate::media::output::RECEIVED;
use crate::media::storage;
use crate::receive::{ReceiveError, Receiver, TransferId};
use anyhow::Context;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of the output's name that are used: a name of 255 is the longest that file systems have.
const MAX_NAME: usize = 200;
/// Runs for one output that can keep what they received at the same time.
const MAX_RUNS: usize = 1000;
/// How often a file that another run uses is looked at.
const PATIENCE: Duration = Duration::from_millis(100);

/// What was asked for.
pub(super) struct JournalConfig {
    /// Go on with what earlier runs left beside the output.
    pub(super) resume: bool,
    /// A place of its own, where it stays.
    pub(super) state: Option<PathBuf>,
    /// Wait for another run that uses the file.
    pub(super) wait: bool,
}

/// The file behind a receiver.
pub(super) struct Journal {
    /// What the run's file is, and those of earlier runs that it went on with.
    files: Vec<PathBuf>,
    /// Whether it stays whatever happens.
    named: bool,
    /// Where files of other runs for the same output are.
    beside: Option<PathBuf>,
}

impl Journal {
    /// The receiver for a run, with what earlier ones left if that was asked for.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub(super) fn open(
        config: &JournalConfig,
        destination: &Destination,
    ) -> Result<(Receiver, Self), Failure> {
        if let Some(path) = &config.state {
            let storage = patiently(path, config.wait, || storage::open_or_create(path))?;
            let receiver = resumed(path, storage)?;
            let journal = Self { files: vec![path.clone()], named: true, beside: None };
            return Ok((receiver, journal));
        }
        let base = beside(destination);
        let left = leftovers(&base);
        let mut journal = Self { files: Vec::new(), named: false, beside: Some(base.clone()) };
        if config.resume && !left.is_empty() {
            return Ok((journal.go_on(left, config.wait)?, journal));
        }
        let in_use = |path: &&PathBuf| storage::open(path).is_err();
        if let Some(path) = left.iter().find(|path| !in_use(path)) {
            say!(
                "tilecast: an earlier run left what it received in {}: --resume goes on with it",
                show(path)
            );
        }
        let storage = match journal.create(&base) {
            // Standard output may be anywhere, this folder be of no use.
            Err(_) if !destination.is_in_folder() => storage::temporary(),
            created => created.with_context(|| format!("cannot use {}", show(&base)))?,
        };
        Ok((Receiver::new(storage), journal))
    }

    /// A receiver with everything that earlier runs left.
    fn go_on(&mut self, left: Vec<PathBuf>, wait: bool) -> Result<Receiver, Failure> {
        let mut receiver: Option<Receiver> = None;
        for path in left {
            let storage = patiently(&path, wait, || storage::open(&path))?;
            match &mut receiver {
                None => receiver = Some(resumed(&path, storage)?),
                Some(receiver) => {
                    let context = || format!("cannot use {}", show(&path));
                    receiver.absorb(storage).with_context(context)?;
                }
            }
            self.files.push(path);
        }
        Ok(receiver.unwrap_or_else(|| Receiver::new(storage::temporary())))
    }

    /// A file of its own for this run.
    fn create(&mut self, base: &Path) -> std::io::Result<storage::Opened> {
        for number in 1..MAX_RUNS {
            let path = numbered(base, number);
            match storage::create(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                created => {
                    self.files.extend(created.is_ok().then_some(path));
                    return created;
                }
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Ends the run: with `written`, the files of all its transfers, what was received is of no use any
    /// more; otherwise it stays, and it is said how to go on.
    pub(super) fn close(
        self,
        receiver: Receiver,
        written: Option<&[TransferId]>,
        destination: &Destination,
    ) {
        let is_empty = receiver.progress().received == 0;
        drop(receiver);
        if let (Some(written), Some(base)) = (written, &self.beside) {
            let others = leftovers(base).into_iter().filter(|path| !self.files.contains(path));
            others.filter(|path| is_done(path, written)).for_each(|path| remove(&path));
        }
        if self.named {
            if written.is_none() && !is_empty {
                let state = self.files.first().map(|path| show(path)).unwrap_or_default();
                say!("tilecast: hint: what was received is in {state}; the same --state goes on");
            }
            return;
        }
        match self.files.first() {
            Some(path) if written.is_none() && !is_empty => say!(
                "tilecast: hint: what was received is in {}; to go on: tilecast decode CAPTURES{} \
                 --resume",
                show(path),
                destination.option(),
            ),
            _ => self.files.iter().for_each(|path| remove(path)),
        }
    }
}

/// Removes a file that is of no use; if it cannot be removed, it does no harm either.
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

/// Opens a file; waits for another run that uses it, if asked to.
fn patiently(
    path: &Path,
    wait: bool,
    open: impl Fn() -> std::io::Result<storage::Opened>,
) -> Result<storage::Opened, Failure> {
    let mut told = false;
    loop {
        match open() {
            Err(error) if error.kind() == ErrorKind::ResourceBusy && wait => {
                if !std::mem::replace(&mut told, true) {
                    say!("tilecast: waiting for another run that uses {}", show(path));
                }
                check_interrupt()?;
                std::thread::sleep(PATIENCE);
            }
            Err(error) if error.kind() == ErrorKind::ResourceBusy => {
                let error = anyhow::anyhow!("another run uses {}", show(path));
                return Err(Failure::with_hint(error, "--wait waits until it has ended"));
            }
            // Removed by the run that was waited for.
            Err(error) if error.kind() == ErrorKind::NotFound && told => {
                return Ok(storage::temporary());
            }
            opened => return Ok(opened.with_context(|| format!("cannot use {}", show(path)))?),
        }
    }
}

/// A receiver that goes on with a file.
fn resumed(path: &Path, storage: storage::Opened) -> Result<Receiver, Failure> {
    let receiver = Receiver::resume(storage).map_err(|error: ReceiveError| {
        let error = anyhow::Error::new(error).context(format!("cannot use {}", show(path)));
        Failure::with_hint(error, "it is no file of this program's, or all of it is damaged")
    })?;
    if receiver.damaged() > 0 {
        say!(
            "tilecast: {} is damaged: {} bytes of it are lost, everything else is used",
            show(path),
            receiver.damaged()
        );
    }
    Ok(receiver)
}

/// Whether all that an earlier run left is of files that exist now.
fn is_done(path: &Path, written: &[TransferId]) -> bool {
    let Ok(receiver) = storage::open(path).map_err(Into::into).and_then(Receiver::resume) else {
        return false;
    };
    receiver.transfers().iter().all(|transfer| written.contains(&transfer.id()))
}

/// Files that runs for an output left, or still use, in the order of their numbers.
fn leftovers(base: &Path) -> Vec<PathBuf> {
    let folder = base.parent().filter(|parent| !parent.as_os_str().is_empty());
    let Ok(entries) = std::fs::read_dir(folder.unwrap_or(Path::new("."))) else {
        return Vec::new();
    };
    let name = base.file_name().unwrap_or_default().to_string_lossy();
    let number = |entry: std::fs::DirEntry| {
        let rest = entry.file_name().to_string_lossy().strip_prefix(&*name)?.to_owned();
        let number = if rest.is_empty() { 1 } else { rest.strip_prefix('.')?.parse().ok()? };
        // Exactly the names that are given, and no ".02" or ".1".
        let path = numbered(base, number);
        (path.file_name() == Some(&entry.file_name()) && path.is_file()).then_some((number, path))
    };
    let mut found: Vec<(usize, PathBuf)> = entries.flatten().filter_map(number).collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

fn numbered(base: &Path, number: usize) -> PathBuf {
    let mut path = base.as_os_str().to_owned();
    if number > 1 {
        path.push(format!(".{number}"));
    }
    path.into()
}

/// The file for an output; in the current folder for what has none.
fn beside(destination: &Destination) -> PathBuf {
    match destination {
        Destination::Folder(folder) => folder.join(RECEIVED),
        Destination::Stream => PathBuf::from(format!("{RECEIVED}-")),
        Destination::Device(path) => PathBuf::from(named(path)),
        Destination::File(path) => path.with_file_name(named(path)),
    }
}

fn named(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.len() <= MAX_NAME {
        return format!("{RECEIVED}-{name}");
    }
    let end = (0..=MAX_NAME).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    let rest = name.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{RECEIVED}-{}-{rest:08x}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_have_files_of_their_own() {
        let path = |end: &str| PathBuf::from(format!("folder/{}{end}", "ä".repeat(120)));
        let files = [path("a"), path("b")].map(|path| beside(&Destination::File(path)));
        assert_ne!(files[0], files[1]);
        for file in files {
            assert!(numbered(&file, 999).file_name().unwrap().len() <= 255);
            assert!(file.starts_with("folder"));
        }
    }

    #[test]
    fn runs_leave_each_other_alone_and_what_they_left_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join(RECEIVED);
        let new = || Journal { files: Vec::new(), named: false, beside: Some(base.clone()) };
        let (mut first, mut second) = (new(), new());
        let one = first.create(&base).unwrap();
        let two = second.create(&base).unwrap();
        assert_ne!(first.files, second.files);
        assert_eq!(leftovers(&base), [first.files.clone(), second.files.clone()].concat());
        assert!(new().go_on(leftovers(&base), false).is_err());
        drop((one, two));
        assert!(new().go_on(leftovers(&base), false).is_ok());
    }

    #[test]
    fn gaps_between_numbers_hide_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join(RECEIVED);
        let [one, many, more] = [1, 40, 700].map(|number| numbered(&base, number));
        let others = [".040", ".x", "x", ".1"].map(|end| {
            let mut path = base.clone().into_os_string();
            path.push(end);
            PathBuf::from(path)
        });
        for path in [&more, &one, &many].into_iter().chain(&others) {
            std::fs::write(path, "").unwrap();
        }
        assert_eq!(leftovers(&base), [one, many, more]);
    }
}
