//! What this process itself writes, known again among what it reads: a run that reads its own output would
//! have no end, or send half of it.

use super::{follow, parent};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// What names begin with of files beside output, in which runs keep what they have received.
pub(crate) const RECEIVED: &str = ".tilecast-received";

/// A path by which a file or folder is known, however it was named, whether it is there yet or not.
pub(crate) fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let target = follow(path);
    match (parent(&target).canonicalize(), target.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => std::path::absolute(&target).unwrap_or(target),
    }
}

/// The files that standard output and standard error go to.
pub(crate) struct Streams(Vec<Metadata>);

impl Streams {
    /// As they are now.
    pub(crate) fn now() -> Self {
        Self(streams().into_iter().flatten().filter(Metadata::is_file).collect())
    }

    /// Whether a file is one of them.
    pub(crate) fn has(&self, found: &Metadata) -> bool {
        self.0.iter().any(|stream| is_one(stream, found))
    }
}

#[cfg(unix)]
fn streams() -> [Option<Metadata>; 2] {
    use std::os::fd::AsFd;
    [
        metadata(std::io::stdout().as_fd().try_clone_to_owned()),
        metadata(std::io::stderr().as_fd().try_clone_to_owned()),
    ]
}

/// What is behind a stream.
#[cfg(any(unix, windows))]
fn metadata(stream: std::io::Result<impl Into<std::fs::File>>) -> Option<Metadata> {
    stream.ok()?.into().metadata().ok()
}

#[cfg(unix)]
fn is_one(stream: &Metadata, found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (stream.dev(), stream.ino()) == (found.dev(), found.ino())
}

#[cfg(windows)]
fn streams() -> [Option<Metadata>; 2] {
    use std::os::windows::io::AsHandle;
    [
        metadata(std::io::stdout().as_handle().try_clone_to_owned()),
        metadata(std::io::stderr().as_handle().try_clone_to_owned()),
    ]
}

/// There the number of a file cannot be had; no two are made in the same 100 ns and of one length.
#[cfg(windows)]
fn is_one(stream: &Metadata, found: &Metadata) -> bool {
    use std::os::windows::fs::MetadataExt;
    (stream.creation_time(), stream.len()) == (found.creation_time(), found.len())
}

#[cfg(not(any(unix, windows)))]
fn streams() -> [Option<Metadata>; 2] {
    [None, None]
}

#[cfg(not(any(unix, windows)))]
fn is_one(_: &Metadata, _: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_has_one_place_before_it_is_there_and_after() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let names = [folder.join("file"), folder.join("../folder/./file")];
        let before = names.clone().map(|name| place(&name));
        assert_eq!(before[0], before[1]);
        fs::write(&names[0], "").unwrap();
        assert_eq!(names.map(|name| place(&name)), before);
        assert_eq!(place(&folder.join("..")), place(outer.path()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_known_by_what_it_leads_to() {
        let outer = tempfile::tempdir().unwrap();
        let [link, file] = ["link", "file"].map(|name| outer.path().join(name));
        std::os::unix::fs::symlink("file", &link).unwrap();
        assert_eq!(place(&link), place(&file));
        fs::write(&file, "").unwrap();
        assert_eq!(place(&link), place(&file));
    }
}
