//! Collects what eyes have seen, and gives out the files.
//!
//! What is received is kept once, as packets in memory that is never copied; a file is never there as a
//! whole, but leaves piece by piece.

use super::Sight;
use super::giving::Giving;
use crate::capture::ReadBefore;
use crate::receive::{ExtractError, Receiver, TransferId};
use crate::report::{CaptureReport, ProbeReport, TransferReport};
use crate::storage::bounded;
use serde::Serialize;

/// Most bytes that are kept, if nobody says otherwise.
const KEPT_BYTES: u64 = 1 << 30;

/// What became of what an eye has seen.
#[derive(Debug, Serialize)]
pub struct Arrival {
    /// What each frame of the picture gave, together with what was seen before.
    pub pictures: Vec<CaptureReport>,
    /// Whether any of it was new.
    pub news: bool,
    /// Packets of all transfers that have arrived.
    pub received: u64,
    /// Packets that are still needed.
    pub missing: u64,
    /// Bytes that have arrived.
    pub bytes: u64,
    /// Transfers that can be opened: places in [`Standing::transfers`].
    pub complete: Vec<usize>,
    /// Whether nothing more is taken, since there is no more memory for it.
    pub full: bool,
}

/// How far everything has come.
#[derive(Debug, Serialize)]
pub struct Standing {
    /// The transfers, in the order in which they were first seen, under names that files may have.
    pub transfers: Vec<TransferReport>,
    /// How many others there are.
    pub others: usize,
    /// What came of a probe.
    pub probe: Option<ProbeReport>,
}

/// A file that is about to be given out.
#[derive(Debug, Serialize)]
pub struct Opened {
    /// The name that was sent, as a file may have it.
    pub name: String,
    /// Bytes of it, if they are known beforehand.
    pub size: Option<u64>,
    /// BLAKE3 of it as the sender says, in hexadecimal digits.
    pub digest: Option<String>,
}

/// Why there is no file.
#[derive(Debug, Serialize)]
pub struct Refusal {
    /// In words.
    pub error: String,
    /// Whether it is worth another try at once: some of what was received is left out then. Otherwise
    /// more has to be seen.
    pub again: bool,
}

/// The next step of giving out a file.
#[derive(Debug)]
pub enum Step {
    /// Bytes of it, of which nobody knows yet whether they are right.
    Piece(Vec<u8>),
    /// It is whole.
    Whole {
        /// Whether a digest was sent along, and it is right.
        verified: bool,
    },
    /// It is not what was sent: all pieces are to be thrown away.
    Refused(Refusal),
}

/// Collects what eyes have seen.
pub struct Desk {
    /// `None` while it gives out a file.
    receiver: Option<Box<Receiver>>,
    giving: Option<Giving>,
    /// Transfers of which every frame is to be read again.
    doubts: ReadBefore,
    full: bool,
    most: u64,
}

impl Default for Desk {
    fn default() -> Self {
        Self::keeping(KEPT_BYTES)
    }
}

impl Desk {
    /// A desk that keeps so many bytes of what it receives.
    pub fn keeping(bytes: u64) -> Self {
        let receiver = Some(Box::new(Receiver::new(bounded(bytes))));
        Self { receiver, giving: None, doubts: ReadBefore::apart(), full: false, most: bytes }
    }

    /// Takes what an eye has seen. While a file is given out nothing is taken.
    pub fn accept(&mut self, sight: &Sight) -> Arrival {
        let (mut pictures, mut news) = (Vec::new(), false);
        for capture in sight.captures() {
            let taken = match &mut self.receiver {
                Some(receiver) if !self.full => receiver.accept(capture, None).ok(),
                _ => continue,
            };
            self.full = taken.is_none();
            if let Some(intake) = taken {
                news |= intake.is_news;
                pictures.push(intake.report(String::new(), capture));
            }
        }
        self.arrival(pictures, news)
    }

    fn arrival(&self, pictures: Vec<CaptureReport>, news: bool) -> Arrival {
        let progress =
            self.receiver.as_ref().map(|receiver| receiver.progress()).unwrap_or_default();
        let transfers =
            self.receiver.as_ref().map(|receiver| receiver.transfers()).unwrap_or_default();
        let complete = transfers.iter().enumerate().filter(|(_, transfer)| transfer.is_complete());
        Arrival {
            pictures,
            news,
            received: progress.received,
            missing: progress.missing,
            bytes: progress.bytes,
            complete: complete.map(|(place, _)| place).collect(),
            full: self.full,
        }
    }

    /// How far everything has come.
    pub fn standing(&mut self) -> Standing {
        let Some(receiver) = &mut self.receiver else {
            return Standing { transfers: Vec::new(), others: 0, probe: None };
        };
        let ids: Vec<TransferId> = receiver.transfers().iter().map(|one| one.id()).collect();
        let report = |id| {
            let report = receiver.transfer(id)?.report();
            let name = report.name.as_deref();
            let name = name.map(|name| report.content.unwrap_or_default().file_name(Some(name)));
            Some(TransferReport { name, ..report })
        };
        let transfers = ids.into_iter().filter_map(report).collect();
        Standing { transfers, others: receiver.others(), probe: receiver.probe() }
    }

    /// Begins to give out the transfer at a place in [`Standing::transfers`].
    ///
    /// # Errors
    /// If it cannot be had, or not yet.
    pub fn open(&mut self, place: usize) -> Result<Opened, Refusal> {
        self.close();
        let Some(mut receiver) = self.receiver.take() else { return Err(refusal("no receiver")) };
        match opened(&mut receiver, place) {
            Ok((id, opened)) => match Giving::begin(receiver, id) {
                Ok(giving) => {
                    self.giving = Some(giving);
                    Ok(opened)
                }
                Err((receiver, error)) => {
                    self.receiver = Some(receiver);
                    Err(self.refuse(id, &error))
                }
            },
            Err(refusal) => {
                self.receiver = Some(receiver);
                Err(refusal)
            }
        }
    }

    /// The next step of the file that was opened.
    pub fn next_step(&mut self) -> Step {
        let Some(giving) = &mut self.giving else {
            return Step::Refused(refusal("nothing is open"));
        };
        let id = giving.id();
        match giving.next_piece() {
            Ok(Some(piece)) => Step::Piece(piece),
            Ok(None) => {
                let verified = giving.is_verified();
                self.close();
                Step::Whole { verified }
            }
            Err(error) => {
                self.close();
                Step::Refused(self.refuse(id, &error))
            }
        }
    }

    /// Stops giving out the file; goes on to collect.
    fn close(&mut self) {
        if let Some(giving) = self.giving.take() {
            self.receiver = Some(giving.into_receiver());
        }
    }

    /// What to do about a file that is not what was sent.
    fn refuse(&mut self, id: TransferId, error: &ExtractError) -> Refusal {
        let again = match (&mut self.receiver, error) {
            (Some(receiver), ExtractError::Unverified(_)) => {
                receiver.reconsider(id).unwrap_or(false)
            }
            _ => false,
        };
        if let (TransferId::Own { id, .. }, false) = (id, again) {
            self.doubts.distrust(id);
        }
        Refusal { error: error.to_string(), again }
    }

    /// For all eyes: transfers of which frames have to be read again; empty if there are none.
    pub fn distrusted(&self) -> Vec<u8> {
        self.doubts.news()
    }

    /// As new, with as much memory.
    pub fn reset(&mut self) {
        *self = Self::keeping(self.most);
    }
}

fn refusal(error: &str) -> Refusal {
    Refusal { error: error.to_owned(), again: false }
}

/// What there is to know beforehand of the file at a place.
fn opened(receiver: &mut Receiver, place: usize) -> Result<(TransferId, Opened), Refusal> {
    let id = receiver.transfers().get(place).filter(|one| one.is_complete()).map(|one| one.id());
    let Some((id, mut transfer)) = id.and_then(|id| Some((id, receiver.transfer(id)?))) else {
        return Err(refusal("it is not complete"));
    };
    let report = transfer.report();
    if report.size.is_some_and(|size| size > transfer.believable_bytes()) {
        return Err(refusal("it says that it is larger than can be believed"));
    }
    let name = report.content.unwrap_or_default().file_name(report.name.as_deref());
    let digest =
        transfer.digest().map(|digest| digest.iter().map(|byte| format!("{byte:02x}")).collect());
    Ok((id, Opened { name, size: report.size, digest }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::Content;
    use crate::format::{FormatChoice, Profile};
    use crate::prng::SplitMix64;
    use crate::raster::Picture;
    use crate::receiver::Eye;
    use crate::send::{Outgoing, OwnOptions, OwnTransfer, SendError, Stream, StreamOptions};
    use crate::storage::in_memory;

    /// Pictures of the frames of a file.
    fn pictures(file: &[u8], name: &str) -> Vec<Picture> {
        let choice = FormatChoice::new(Profile::Lossless, (256, 256));
        all(&mut OwnTransfer::in_memory(file, Some(name.into()), &choice).unwrap())
    }

    fn all(transfer: &mut OwnTransfer) -> Vec<Picture> {
        let frames = (0..).map_while(|number| transfer.frame(number).unwrap());
        let picture = |frame: crate::raster::IndexedFrame| {
            Picture::from_rgba(frame.width, frame.height, &frame.to_rgba()).unwrap()
        };
        frames.map(picture).collect()
    }

    fn file(seed: u64) -> Vec<u8> {
        let mut prng = SplitMix64::new(seed);
        (0..40_000).map(|_| prng.next_u64() as u8).collect()
    }

    /// Everything that an eye sees goes through bytes, as between workers.
    fn show(desk: &mut Desk, eye: &mut Eye, picture: &Picture) -> Arrival {
        let sight = eye.look(picture, true).to_bytes();
        desk.accept(&Sight::from_bytes(&sight).unwrap())
    }

    fn take(desk: &mut Desk, place: usize) -> Result<(String, Vec<u8>), Refusal> {
        let (opened, mut bytes) = (desk.open(place)?, Vec::new());
        loop {
            match desk.next_step() {
                Step::Piece(piece) => bytes.extend(piece),
                Step::Whole { verified } => {
                    assert!(verified);
                    assert_eq!(opened.digest, Some(blake3::hash(&bytes).to_hex().to_string()));
                    return Ok((opened.name, bytes));
                }
                Step::Refused(refusal) => return Err(refusal),
            }
        }
    }

    #[test]
    fn two_files_of_three_eyes_come_out_of_one_desk() {
        let (mut desk, mut eyes) = (Desk::default(), [(); 3].map(|()| Eye::default()));
        let files = [("../a b.txt", file(1)), ("c?.bin", file(2))];
        let all: Vec<_> = files.iter().flat_map(|(name, file)| pictures(file, name)).collect();
        for (turn, picture) in all.iter().enumerate() {
            let before = desk.standing().transfers.len();
            let arrival = show(&mut desk, &mut eyes[turn % 3], picture);
            assert!(arrival.news || !arrival.complete.is_empty(), "{turn}");
            assert!(desk.standing().transfers.len() >= before);
        }
        let standing = desk.standing();
        assert_eq!(standing.transfers.len(), 2);
        assert_eq!(standing.transfers[0].name.as_deref(), Some("a b.txt"));
        for (place, (name, file)) in
            [("a b.txt", file(1)), ("c_.bin", file(2))].into_iter().enumerate()
        {
            assert_eq!(take(&mut desk, place).unwrap(), (name.to_owned(), file));
        }
        assert!(desk.open(2).is_err());
        desk.reset();
        assert!(desk.standing().transfers.is_empty());
    }

    #[test]
    fn what_one_eye_has_read_the_others_leave_out() {
        let pictures = pictures(&file(3), "a");
        let (mut one, mut other) = (Eye::default(), Eye::default());
        let code = |sight: &Sight| sight.reports()[0].code;
        assert_eq!(code(&one.look(&pictures[0], true)), "read");
        other.look(&pictures[1], true);
        other.learn(&one.news());
        assert!(one.news().is_empty());
        assert_eq!(code(&other.look(&pictures[0], true)), "repeat");
    }

    #[test]
    fn with_no_memory_left_it_says_so_and_takes_nothing_more() {
        let pictures = pictures(&file(4), "a");
        let (mut desk, mut eye) = (Desk::keeping(20_000), Eye::default());
        let arrivals: Vec<Arrival> =
            pictures.iter().map(|picture| show(&mut desk, &mut eye, picture)).collect();
        assert!(!arrivals[0].full && arrivals.last().unwrap().full);
        assert!(arrivals.last().unwrap().complete.is_empty() && desk.open(0).is_err());
        desk.reset();
        let mut eye = Eye::default();
        assert!(!show(&mut desk, &mut eye, &pictures[0]).full);
    }

    #[test]
    fn a_folder_comes_as_its_archive() {
        let options = StreamOptions {
            name: Some("../photos".into()),
            content: Content::Folder,
            ..StreamOptions::default()
        };
        let archive = file(6);
        let stream = Stream::new(&archive[..], in_memory(), options, |_| Ok::<_, SendError>(()));
        let tables = FormatChoice::new(Profile::Lossless, (256, 256)).tables().unwrap();
        let transfer = OwnTransfer::new(stream.unwrap(), tables, OwnOptions::default());
        let (mut desk, mut eye) = (Desk::default(), Eye::default());
        for picture in all(&mut transfer.unwrap()) {
            show(&mut desk, &mut eye, &picture);
        }
        assert_eq!(desk.standing().transfers[0].name.as_deref(), Some("photos.tar"));
        assert_eq!(take(&mut desk, 0).unwrap(), ("photos.tar".to_owned(), archive));
    }

    #[test]
    fn an_incomplete_file_is_not_opened_and_goes_on() {
        let (contents, mut desk, mut eye) = (file(5), Desk::default(), Eye::default());
        let pictures = pictures(&contents, "a");
        show(&mut desk, &mut eye, &pictures[0]);
        assert!(!desk.open(0).unwrap_err().again);
        assert!(matches!(desk.next_step(), Step::Refused(_)));
        for picture in &pictures {
            show(&mut desk, &mut eye, picture);
        }
        // What was begun and left is begun anew.
        desk.open(0).unwrap();
        assert!(matches!(desk.next_step(), Step::Piece(_)));
        assert_eq!(take(&mut desk, 0).unwrap().1, contents);
    }
}
