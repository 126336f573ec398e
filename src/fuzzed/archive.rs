//! Archives of folders.

use super::input::Input;
use crate::media::archive::{Packing, Sources, unpack};
use std::fs;
use std::io::Read;
use std::path::Path;

/// Kinds of entries: files, folders and links more often than others.
const KINDS: &[u8] = b"000055552222225522LK1xS";
/// Names that meet each other, then what leads elsewhere.
const PARTS: &[&str] = &["a", "b", "c", "d", "a/b", "..", "../..", ".", "top/a"];
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

/// Entries of a few bytes each, in a folder: kind, name, target, contents.
fn headers(input: &mut Input<'_>) -> Vec<u8> {
    let mut bytes = header(b'5', "top/", "", 0);
    for _ in 0..input.below(20) {
        let kind = KINDS[input.below(KINDS.len())];
        let [name, target, contents] = [5, PARTS.len(), PARTS.len()].map(|most| path(input, most));
        let end = if kind == b'5' { "/" } else { "" };
        let name = if input.byte() < 8 { name } else { format!("top/{name}{end}") };
        let blocks = input.below(3) * usize::from(kind != b'5' && kind != b'2');
        bytes.extend(header(kind, &name, &target, blocks));
        bytes.extend(contents.as_bytes());
        bytes.resize(bytes.len() - contents.len() + blocks * BLOCK, 0);
    }
    bytes.resize(bytes.len() + 2 * BLOCK, 0);
    bytes
}

fn header(kind: u8, name: &str, target: &str, blocks: usize) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_mode(0o755);
    header.set_size((blocks * BLOCK) as u64);
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A path of the first parts, `most` of them; and seldom of all.
fn path(input: &mut Input<'_>, most: usize) -> String {
    let count = input.below(3) + 1;
    let most = if input.byte() < 4 { PARTS.len() } else { most };
    let chosen: Vec<&str> = (0..count).map(|_| PARTS[input.below(most)]).collect();
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
