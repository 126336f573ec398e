//! Room for pictures: what all threads together may have in memory of inputs that are small
//! themselves. A few kilobytes can unpack to a picture of gigabytes; photos do not.
//!
//! Whoever decodes a picture waits for other pictures only, which are read and gone: frames decoded
//! ahead may be held until that very picture's turn is over. Who decodes ahead waits for both.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes that pictures take beyond what their files account for, all together.
const ROOM_BYTES: u64 = 256 << 20;
/// Each byte of a file accounts for so many bytes of its picture in memory.
const ACCOUNTED: u64 = 64;
/// Bytes a pixel that a picture takes while it is read: its colours, and what is searched.
pub(super) const READING_BYTES: u64 = 6;

/// What of the room is taken.
#[derive(Debug)]
struct Taken {
    pictures: u64,
    /// Frames of animations and videos, which are decoded ahead.
    ahead: u64,
}

/// What of the room is taken, and who waits for more.
static ROOM: (Mutex<Taken>, Condvar) =
    (Mutex::new(Taken { pictures: 0, ahead: 0 }), Condvar::new());

/// Who takes room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Picture,
    Ahead,
}

impl Taken {
    /// What has to be gone for more to fit.
    fn seen_by(&self, user: For) -> u64 {
        match user {
            For::Picture => self.pictures,
            For::Ahead => self.pictures + self.ahead,
        }
    }

    fn of(&mut self, user: For) -> &mut u64 {
        match user {
            For::Picture => &mut self.pictures,
            For::Ahead => &mut self.ahead,
        }
    }
}

/// A picture's part of the room, given back when this is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    user: For,
    bytes: u64,
    accounted: u64,
}

impl Permit {
    /// Waits for room for something that is decoded ahead of its turn, of `bytes` from a file of
    /// `length` bytes; `None` if there never will be.
    pub(super) fn ahead(bytes: u64, length: u64) -> Option<Self> {
        Self::take(For::Ahead, bytes, length)
    }

    fn take(user: For, bytes: u64, length: u64) -> Option<Self> {
        let accounted = length.saturating_mul(ACCOUNTED);
        let bytes = bytes.saturating_sub(accounted);
        if bytes > ROOM_BYTES {
            return None;
        }
        let (taken, freed) = &ROOM;
        let taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |taken: &mut Taken| taken.seen_by(user) + bytes > ROOM_BYTES;
        let mut taken = freed.wait_while(taken, full).unwrap_or_else(PoisonError::into_inner);
        *taken.of(user) += bytes;
        Some(Self { user, bytes, accounted })
    }

    /// For a picture with `pixels` of which decoding takes `decoding` bytes.
    pub(super) fn for_picture(pixels: u64, decoding: u64, length: u64) -> Option<Self> {
        Self::take(For::Picture, decoding.max(pixels.saturating_mul(READING_BYTES)), length)
    }

    /// Bytes of the file that accounts for the picture.
    pub(super) fn file_bytes(&self) -> u64 {
        self.accounted / ACCOUNTED
    }

    /// Gives back what is not needed any more, now that a picture of `pixels` is decoded.
    pub(super) fn decoded(&mut self, pixels: u64) {
        let bytes = pixels.saturating_mul(READING_BYTES).saturating_sub(self.accounted);
        let given_back = self.bytes.saturating_sub(bytes);
        self.bytes -= given_back;
        give_back(self.user, given_back);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        give_back(self.user, self.bytes);
    }
}

fn give_back(user: For, bytes: u64) {
    let (taken, freed) = &ROOM;
    *taken.lock().unwrap_or_else(PoisonError::into_inner).of(user) -= bytes;
    freed.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pictures_of_small_files_come_one_after_the_other_or_not_at_all() {
        assert!(Permit::ahead(ROOM_BYTES + 1, 0).is_none());
        assert!(Permit::for_picture(120_000_000, 0, 600_000).is_none());
        // A photo accounts for itself.
        let photo = Permit::for_picture(12_000_000, 108_000_000, 3_000_000).unwrap();
        assert_eq!(photo.bytes, 0);
        let mut first = Permit::ahead(ROOM_BYTES / 2 + 1, 0).unwrap();
        let second = std::thread::spawn(|| Permit::ahead(ROOM_BYTES / 2 + 1, 0).unwrap().bytes);
        std::thread::sleep(std::time::Duration::from_millis(30));
        assert!(!second.is_finished());
        first.decoded(1);
        assert_eq!((first.bytes, second.join().unwrap()), (READING_BYTES, ROOM_BYTES / 2 + 1));
    }
}
