//! `decode --watch`: pictures as they arrive in folders, until there is enough. Reading and receiving
//! run on threads of their own, and meet here.

use super::arrivals::Arrivals;
use super::config::DecodeConfig;
use super::delivery::Delivery;
use super::exit::Failure;
use super::inputs::{About, file_key, pending, show};
use super::told::tell_missing;
use super::voice::{self, Event};
use crate::capture::Pending;
use crate::media::Stop;
use crate::media::output::place;
use crate::media::sources::{Load, Sources, file_captures};
use crate::receive::Receiver;
use crate::report::TransferReport;
use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// From one look into the folders to the next,
const BETWEEN: Duration = Duration::from_secs(1);
/// and so many times what a look takes: there may be very many files, far away.
const SHARE: u32 = 10;
/// How often it is looked whether waiting is of use.
const PATIENCE: Duration = Duration::from_millis(50);

/// Watches folders; nothing, if none are to be watched.
pub(super) struct Vigil {
    folders: Vec<PathBuf>,
    quiet: bool,
    state: Arc<State>,
}

/// What reading and receiving say to each other.
#[derive(Default)]
struct State {
    /// Captures that were given out, and those that the receiver has taken.
    given: AtomicU64,
    taken: AtomicU64,
    /// Whether nothing is left to be done for what was seen so far.
    is_settled: AtomicBool,
    /// What is missing since something was taken, until it is said.
    missing: Mutex<Option<Vec<TransferReport>>>,
    /// Files and folders that this run writes: no captures.
    own: Mutex<Vec<PathBuf>>,
}

impl Vigil {
    /// A watch over the folders that `config` names; what this run writes is left out.
    ///
    /// # Errors
    /// If one of them is not there, or is none.
    pub(super) fn new(config: &DecodeConfig) -> Result<Self, Failure> {
        for folder in &config.watch {
            let metadata = std::fs::metadata(folder).map_err(|error| {
                let error =
                    anyhow::Error::new(error).context(format!("cannot watch {}", show(folder)));
                Failure::with_hint(error, "it has to be there before pictures arrive in it")
            })?;
            if !metadata.is_dir() {
                let error = anyhow::anyhow!("{} is no folder to watch", show(folder));
                return Err(Failure::with_hint(error, "files are named without --watch"));
            }
        }
        let (folders, quiet) = (config.watch.clone(), config.quiet);
        let vigil = Self { folders, quiet, state: Arc::default() };
        let state = config.journal.state.as_deref();
        let output = config.output.as_deref().filter(|output| !output.is_dir());
        let own = [config.report.as_deref(), config.debug.as_deref(), state, output];
        own.into_iter().flatten().for_each(|path| vigil.state.keep_out(path));
        Ok(vigil)
    }

    fn is_idle(&self) -> bool {
        self.folders.is_empty()
    }

    /// Takes note of how far everything has come.
    pub(super) fn note(&self, delivery: &Delivery<'_>, receiver: &Receiver) {
        if self.is_idle() {
            return;
        }
        delivery.files().iter().for_each(|file| self.state.keep_out(file));
        self.state.is_settled.store(delivery.is_settled(receiver), Ordering::SeqCst);
    }

    /// The same once the receiver has taken a picture.
    pub(super) fn took(&self, delivery: &Delivery<'_>, receiver: &mut Receiver) {
        if self.is_idle() {
            return;
        }
        self.note(delivery, receiver);
        let is_last = self.state.in_hand() <= 1;
        if is_last && !receiver.is_complete() {
            let missing = Some(delivery.open(receiver));
            *self.state.missing.lock().unwrap_or_else(PoisonError::into_inner) = missing;
        }
        self.state.taken.fetch_add(1, Ordering::SeqCst);
    }

    /// The captures that arrive, but for those whose key is `done`; they end when nothing is left to be
    /// done, or with `stop`.
    pub(super) fn captures(&self, done: HashSet<String>, stop: &Stop) -> Arriving {
        Arriving {
            arrivals: Arrivals::new(self.folders.clone()),
            folders: self.folders.iter().map(|folder| show(folder)).collect(),
            quiet: self.quiet,
            state: Arc::clone(&self.state),
            ready: VecDeque::new(),
            current: None,
            done,
            stop: stop.clone(),
            trouble: None,
            is_told: false,
            next: Instant::now(),
        }
    }
}

impl State {
    /// Captures that are being read.
    fn in_hand(&self) -> u64 {
        let given = self.given.load(Ordering::SeqCst);
        given.saturating_sub(self.taken.load(Ordering::SeqCst))
    }

    fn keep_out(&self, path: &Path) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let place = place(path);
        if own.last() != Some(&place) && !own.contains(&place) {
            own.push(place);
        }
    }

    /// Whether this run has written a file.
    fn is_own(&self, file: &Path) -> bool {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let place = place(file);
        own.iter().any(|own| place.starts_with(own))
    }
}

/// Captures as they arrive.
pub(super) struct Arriving {
    arrivals: Arrivals,
    /// The folders' names, as they are shown.
    folders: Vec<String>,
    quiet: bool,
    state: Arc<State>,
    /// Files to be read.
    ready: VecDeque<PathBuf>,
    /// What comes of the file that is being read.
    current: Option<Sources>,
    done: HashSet<String>,
    stop: Stop,
    /// The folder that could not be read the last time.
    trouble: Option<PathBuf>,
    /// Whether it was said that more is waited for.
    is_told: bool,
    /// When to look again.
    next: Instant,
}

impl Iterator for Arriving {
    type Item = Pending<About, Load>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.folders.is_empty() {
            return None;
        }
        while !self.stop.is_set() {
            if let Some(source) = self.current.as_mut().and_then(Iterator::next) {
                self.state.given.fetch_add(1, Ordering::SeqCst);
                // Programs want to know each time.
                self.is_told &= !voice::is_json();
                return Some(pending(source));
            }
            self.current = None;
            if let Some(file) = self.ready.pop_front() {
                self.current = self.open(&file);
            } else if self.is_over() {
                break;
            } else if self.next <= Instant::now() {
                self.look();
            } else {
                self.wait();
            }
        }
        None
    }
}

impl Arriving {
    /// What is in a file, if it is to be read.
    fn open(&self, file: &Path) -> Option<Sources> {
        // It may have gone meanwhile.
        let key = file_key(file)?;
        let is_done = self.done.contains(&key) || self.state.is_own(file);
        (!is_done).then(|| file_captures(file, &show(file), Some(key), &self.stop))
    }

    /// Whether nothing is left to be done: everything that is there was read, and of all that was seen
    /// nothing is missing.
    fn is_over(&self) -> bool {
        let is_settled = self.state.is_settled.load(Ordering::SeqCst);
        is_settled && self.state.in_hand() == 0 && self.arrivals.is_quiet()
    }

    fn look(&mut self) {
        let (start, mut ready) = (Instant::now(), Vec::new());
        let trouble = self.arrivals.look(&mut ready).err();
        self.ready.extend(ready);
        if let Some((folder, error)) = &trouble
            && self.trouble.as_ref() != Some(folder)
        {
            say!("tilecast: cannot read {}: {error}; waiting until that is possible", show(folder));
        }
        self.trouble = trouble.map(|(folder, _)| folder);
        self.next = Instant::now() + BETWEEN.max(start.elapsed() * SHARE);
    }

    /// Waits a moment; says what is missing once everything has been taken.
    fn wait(&mut self) {
        if self.state.in_hand() == 0 {
            let missing = self.state.missing.lock().unwrap_or_else(PoisonError::into_inner).take();
            tell_missing(&missing.unwrap_or_default());
            if self.arrivals.is_quiet() && !std::mem::replace(&mut self.is_told, true) {
                self.tell_waiting();
            }
        }
        std::thread::sleep(PATIENCE);
    }

    fn tell_waiting(&self) {
        let folders = self.folders.clone();
        if !voice::event(&Event::Waiting { folders }) && !self.quiet {
            let folders = self.folders.join(", ");
            say!("waiting for pictures in {folders}; Ctrl-C ends, and keeps what was received");
        }
    }
}
