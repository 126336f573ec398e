//! Archives of folders.

use super::input::Input;
use crate::media::archive::{Packing, Sources, unpack};
use std::fs;
use std::io::Read;
use std::path::Path;

/// Bytes of a block.
const BLOCK: usize = 512;

/// An archive: any blocks, or short names and targets in headers whose sums are right.
pub fn archive(data: &[u8]) {
    let mut input = Input::new(data);
    let bytes = if input.byte() & 1 == 0 { input.rest().to_vec() } else { headers(&mut input) };
    let outer = tempfile::tempdir().expect("a temporary folder");
    let into = outer.path().join("into");
    fs::create_dir(&into).expect("a folder");
    let unpacked = unpack(bytes.as_slice(), &into);
    assert_eq!(fs::read_dir(outer.path()).expect("a folder").count(), 1);
    let inside = into.canonicalize().expect("a folder");
    check(&into, &inside);
    if unpacked.is_ok() {
        // Whatever is unpacked can be packed.
        let packing = Packing::new("top", Sources::Folder(into), None).expect("a folder");
        let (length, mut again) = (packing.length(), Vec::new());
        packing.into_reader().read_to_end(&mut again).expect("files");
        assert_eq!(again.len() as u64, length);
    }
}

/// Entries of a few bytes each: kind, name, target, contents.
fn headers(input: &mut Input<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..input.below(20) {
        let kind = [b'0', b'5', b'2', b'L', b'K', b'1', b'x', b'S'][input.below(8)];
        let [name, target] = [(); 2].map(|()| path(input));
        let contents = input.below(3) * usize::from(kind != b'5' && kind != b'2');
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_mode(0o755);
        header.set_size(contents as u64 * BLOCK as u64);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        bytes.extend(header.as_bytes());
        let block = path(input).into_bytes();
        let block = block.into_iter().chain(std::iter::repeat(0)).take(BLOCK);
        bytes.extend(block.collect::<Vec<u8>>().repeat(contents));
    }
    bytes.resize(bytes.len() + 2 * BLOCK, 0);
    bytes
}

/// A path of names that meet each other.
fn path(input: &mut Input<'_>) -> String {
    let parts = ["top", "a", "b", "..", ".", "", "/", "top/a", "top/b", "top/"];
    let count = input.below(4);
    let chosen: Vec<&str> = (0..count).map(|_| parts[input.below(parts.len())]).collect();
    chosen.join("/")
}

/// Checks that no link in a folder leads outside.
fn check(folder: &Path, inside: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        if let Ok(real) = entry.path().canonicalize() {
            assert!(real.starts_with(inside), "{} is {}", entry.path().display(), real.display());
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            check(&entry.path(), inside);
        }
    }
}
