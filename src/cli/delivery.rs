//! Transfers to files: each as soon as it is complete, under a name that nothing else has.

use super::config::DecodeConfig;
use super::destination::Destination;
use super::exit::{Exit, Failure};
use super::told::{tell, tell_others, tell_unverified};
use super::write::{WriteError, write};
use crate::capture::ReadBefore;
use crate::receive::{ReceiveError, Receiver, TransferId, Unverified};
use crate::report::{TransferReport, TransferState};
use std::path::PathBuf;

/// Of captures that are all there, this many more are looked at once one file is complete: it may have
/// been seen in passing, and another be meant.
const LOOK_ON: u32 = 4;

/// What has been written, and what has become of the rest.
pub(super) struct Delivery<'a> {
    destination: &'a Destination,
    config: &'a DecodeConfig,
    /// Captures to look at before the one file is written; `None` where nobody knows when the next
    /// one comes.
    look_on: Option<u32>,
    /// Transfers whose files are written.
    written: Vec<(TransferId, TransferReport)>,
    /// Their files.
    files: Vec<PathBuf>,
    /// Transfers whose files cannot be written, and the first reason.
    given_up: Vec<TransferId>,
    failure: Option<Failure>,
    /// Transfers that seemed complete and are not what was sent.
    unverified: Vec<TransferId>,
    /// Frames that need not be read again.
    read_before: ReadBefore,
}

impl<'a> Delivery<'a> {
    /// Nothing is written yet. Captures may be all there, or come as they come.
    pub(super) fn new(
        destination: &'a Destination,
        config: &'a DecodeConfig,
        all_there: bool,
    ) -> Self {
        Self {
            destination,
            config,
            look_on: all_there.then_some(LOOK_ON),
            written: Vec::new(),
            files: Vec::new(),
            given_up: Vec::new(),
            failure: None,
            unverified: Vec::new(),
            read_before: ReadBefore::default(),
        }
    }

    /// Frames that need not be read again; none of a transfer that is not what was sent.
    pub(super) fn read_before(&self) -> ReadBefore {
        self.read_before.clone()
    }

    /// What was asked for.
    pub(super) fn config(&self) -> &'a DecodeConfig {
        self.config
    }

    /// Writes what is complete by now; tells whether that is all that was asked for.
    ///
    /// # Errors
    /// If the one file that is wanted cannot be written, or the user has had enough.
    pub(super) fn deliver(&mut self, receiver: &mut Receiver) -> Result<bool, Failure> {
        for id in self.ready(receiver) {
            match self.write(receiver, id) {
                Ok(report) => {
                    tell(&report, self.config.quiet);
                    self.written.push((id, report));
                    if self.wants_one() {
                        return Ok(true);
                    }
                }
                Err(WriteError::Unverified(error)) => {
                    // Once: more captures may help, and are on their way.
                    if !self.unverified.contains(&id) {
                        self.unverified.push(id);
                        tell_unverified(id, &error);
                    }
                }
                Err(WriteError::Failure(failure)) => {
                    if self.wants_one() || !matches!(failure, Failure::Error { .. }) {
                        return Err(failure);
                    }
                    // The others are written all the same.
                    self.given_up.push(id);
                    self.failure.get_or_insert(failure);
                }
            }
        }
        Ok(false)
    }

    fn wants_one(&self) -> bool {
        self.destination.is_one_file() || self.config.transfer.is_some()
    }

    /// Transfers that can be written now and are wanted.
    fn ready(&mut self, receiver: &Receiver) -> Vec<TransferId> {
        let meant = self.meant(receiver);
        let is_new = |id: &TransferId| {
            !self.given_up.contains(id) && self.written.iter().all(|(written, _)| written != id)
        };
        let complete = || {
            let complete =
                receiver.transfers().into_iter().filter(|transfer| transfer.is_complete());
            complete.map(|transfer| transfer.id())
        };
        match &self.config.transfer {
            Some(wanted) => complete()
                .filter(is_new)
                .filter(|id| wanted.eq_ignore_ascii_case(&id.to_string()))
                .collect(),
            None if self.destination.is_one_file() => meant.into_iter().filter(is_new).collect(),
            None => complete().filter(is_new).collect(),
        }
    }

    /// The transfer that is meant where one file is wanted, as soon as that is clear.
    fn meant(&mut self, receiver: &Receiver) -> Option<TransferId> {
        let meant = receiver.meant()?;
        let Some(look_on) = &mut self.look_on else { return Some(meant) };
        let others = receiver.transfers();
        let mut others = others.iter().map(|transfer| transfer.id());
        if !others.all(|id| id == meant || id.is_forgery_of(meant)) {
            // All captures tell more than some.
            return None;
        }
        *look_on = look_on.saturating_sub(1);
        (*look_on == 0).then_some(meant)
    }

    /// Writes a transfer that is complete; what contradicts others is left out if that helps.
    fn write(
        &mut self,
        receiver: &mut Receiver,
        id: TransferId,
    ) -> Result<TransferReport, WriteError> {
        loop {
            let Some(mut transfer) = receiver.transfer(id) else {
                return Err(WriteError::Unverified(Unverified::Incomplete));
            };
            match write(&mut transfer, self.destination, self.config, &mut self.files) {
                Err(WriteError::Unverified(error)) => {
                    if let TransferId::Own { id, .. } = id {
                        self.read_before.distrust(id);
                    }
                    let again: Result<bool, ReceiveError> = receiver.reconsider(id);
                    if !again.map_err(Failure::from)? {
                        return Err(WriteError::Unverified(error));
                    }
                }
                other => return other,
            }
        }
    }

    /// No more captures come: writes what can be written, and says what became of every transfer.
    ///
    /// # Errors
    /// The first reason why a file could not be written; or that one file is wanted and there are
    /// several.
    pub(super) fn finish(&mut self, receiver: &mut Receiver) -> Result<Exit, Failure> {
        receiver.insist();
        self.look_on = None;
        self.deliver(receiver)?;
        let reports = self.reports(receiver);
        let open: Vec<_> = reports.iter().filter(|report| report.output.is_none()).collect();
        open.iter().for_each(|report| tell(report, self.config.quiet));
        tell_others(receiver.others());
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let complete: Vec<&TransferReport> =
            open.iter().copied().filter(|report| report.state == TransferState::Complete).collect();
        if self.wants_one() && !self.written.is_empty() {
            return Ok(Exit::Success);
        }
        if let (Some(wanted), true) = (&self.config.transfer, self.written.is_empty()) {
            say!("tilecast: transfer {wanted} is not complete");
        } else if !complete.is_empty() {
            return Err(ambiguous(&complete));
        }
        Ok(match open.iter().any(|report| report.state == TransferState::Failed) {
            true => Exit::Unverified,
            false if open.is_empty() && !self.written.is_empty() => Exit::Success,
            false => Exit::Incomplete,
        })
    }

    /// What became of each transfer so far. What says that it is one of which the file is written, and
    /// is another, is forged and of no interest.
    pub(super) fn reports(&self, receiver: &mut Receiver) -> Vec<TransferReport> {
        let ids: Vec<TransferId> =
            receiver.transfers().into_iter().map(|transfer| transfer.id()).collect();
        let report = |id: TransferId| {
            if let Some((_, report)) = self.written.iter().find(|(written, _)| *written == id) {
                return Some(report.clone());
            }
            if self.written.iter().any(|(written, _)| id.is_forgery_of(*written)) {
                return None;
            }
            Some(receiver.transfer(id)?.report())
        };
        ids.into_iter().filter_map(report).collect()
    }

    /// What is still missing of each transfer that was seen.
    pub(super) fn open(&self, receiver: &mut Receiver) -> Vec<TransferReport> {
        let is_open = |report: &TransferReport| {
            report.output.is_none() && report.state != TransferState::Complete
        };
        self.reports(receiver).into_iter().filter(is_open).collect()
    }

    /// Whether there is a transfer, and nothing is left to be done for any.
    pub(super) fn is_settled(&self, receiver: &Receiver) -> bool {
        let all = receiver.transfers();
        let is_done = |id: TransferId| {
            let mut written = self.written.iter().map(|(written, _)| *written);
            self.given_up.contains(&id)
                || written.any(|written| written == id || id.is_forgery_of(written))
        };
        !all.is_empty() && all.iter().all(|transfer| is_done(transfer.id()))
    }

    /// The files that are written.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The transfers whose files are written.
    pub(super) fn written(&self) -> Vec<TransferId> {
        self.written.iter().map(|(id, _)| *id).collect()
    }
}

/// That it is not clear which file is wanted.
fn ambiguous(complete: &[&TransferReport]) -> Failure {
    let ids: Vec<&str> = complete.iter().map(|report| report.id.as_str()).collect();
    let error = match ids.len() {
        1 => anyhow::anyhow!("another transfer was seen as often as the one that is complete"),
        count => anyhow::anyhow!("the captures hold {count} complete files"),
    };
    let ids = ids.join(" or ");
    let hint = format!("--transfer {ids} chooses; or give a folder with -o, or fewer captures");
    Failure::with_hint(error, hint)
}
