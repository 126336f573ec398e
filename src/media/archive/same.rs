//! Whether a folder is the one of an archive where its file system cannot say which files can be run.

use super::BLOCK_BYTES;
use std::io::{BufReader, ErrorKind, Read, Result};
use std::ops::Range;
use std::path::Path;
use tar::Header;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 16;
/// Where a header says the mode, and its own checksum.
const MODE: [Range<usize>; 2] = [100..108, 148..156];

type Block = [u8; BLOCK_BYTES as usize];

/// Whether `theirs` is the archive `ours`, modes aside.
///
/// # Errors
/// If one of them cannot be read.
pub fn is_same_but_modes(ours: impl Read, theirs: impl Read) -> Result<bool> {
    let mut ours = BufReader::with_capacity(BUFFER_BYTES, ours);
    let mut theirs = BufReader::with_capacity(BUFFER_BYTES, theirs);
    // Blocks of contents until the next header.
    let mut contents = 0;
    loop {
        let (our_block, their_block) = (next(&mut ours)?, next(&mut theirs)?);
        let (Some(mut one), Some(mut other)) = (our_block, their_block) else {
            return Ok(our_block.is_none() && their_block.is_none());
        };
        if contents > 0 {
            contents -= 1;
        } else {
            // A block of zeros, at the end, says no size.
            let bytes = Header::from_byte_slice(&one).entry_size().unwrap_or_default();
            contents = bytes.div_ceil(BLOCK_BYTES);
            for range in MODE {
                one[range.clone()].fill(0);
                other[range].fill(0);
            }
        }
        if one != other {
            return Ok(false);
        }
    }
}

/// The next block; nothing at the end.
fn next(archive: &mut impl Read) -> Result<Option<Block>> {
    let mut block = [0; BLOCK_BYTES as usize];
    match archive.read_exact(&mut block) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        read => read.map(|()| Some(block)),
    }
}

/// Whether the file system of a folder keeps which files can be run; it is tried, if the folder can be
/// written.
#[cfg(unix)]
pub fn keeps_modes(folder: &Path) -> bool {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    let Ok(file) = tempfile::tempfile_in(folder) else { return true };
    [0o700, 0o600].into_iter().all(|mode| {
        let is_set = file.set_permissions(Permissions::from_mode(mode)).is_ok();
        let found = file.metadata().map(|found| found.permissions().mode());
        is_set && found.is_ok_and(|found| (found ^ mode) & 0o100 == 0)
    })
}

/// Whether the file system of a folder keeps which files can be run: none does.
#[cfg(not(unix))]
pub fn keeps_modes(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::archive::{Packing, Sources};
    use std::fs;

    fn archive(folder: &Path) -> Vec<u8> {
        let mut bytes = Vec::new();
        let packing = Packing::new("top", Sources::Folder(folder.to_owned()), None).unwrap();
        packing.into_reader().read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn archives_are_the_same_but_for_who_may_run_what() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(150);
        for (name, bytes) in [("a", &[7; 1300][..]), (&long, b"long"), ("z", b"")] {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let plain = archive(folder.path());
        let mut runs = plain.clone();
        // The mode of `a`, which is the second entry, and the sum of what its header has.
        runs[512 + 100..512 + 108].copy_from_slice(b"0000755\0");
        let mut header = Header::from_byte_slice(&runs[512..1024]).clone();
        header.set_cksum();
        runs[512..1024].copy_from_slice(header.as_bytes());
        assert_ne!(plain, runs);
        let is_same = |other: &[u8]| is_same_but_modes(plain.as_slice(), other).unwrap();
        assert!(is_same(&plain) && is_same(&runs));
        // A name, contents where others have a mode, contents, the size, an end.
        for at in [512, 1024 + 100, 1024 + 1299, 512 + 130, plain.len() - 1] {
            let mut other = runs.clone();
            other[at] ^= 1;
            assert!(!is_same(&other), "{at}");
        }
        assert!(
            !is_same(&plain[..plain.len() - 512]) && !is_same(&[&plain[..], &[0; 512]].concat())
        );
    }

    #[test]
    fn what_cannot_be_written_is_taken_for_what_keeps_all() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(keeps_modes(&folder.path().join("absent")), cfg!(unix));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
