//! Folders as one stream of bytes, an archive in the format of tar (spec §2.3), and back.
//!
//! At both ends of the data path: [`Packing`] lists what is in a folder and reads it as an archive, file by
//! file; [`unpack()`] makes a folder of one. What both build is a [`tree::Tree`], which holds names, numbers
//! and links to the same rules: whatever is packed here is unpacked here, and nothing that somebody else
//! has made leaves the folder, writes over anything, or goes through a link.
//!
//! The crate `tar` reads and writes headers. Of its entries only four kinds are taken, and nothing of
//! what it does with files is used.

mod list;
mod name;
mod pack;
mod same;
#[cfg(test)]
mod tests;
mod tree;
mod unpack;

pub use list::Sources;
pub use pack::Packing;
pub use same::{is_same_but_modes, keeps_modes};
pub use unpack::{Unpacked, unpack};

use std::io;
use std::path::PathBuf;

/// Bytes of a header, and what everything else is filled up to.
const BLOCK_BYTES: u64 = 512;
/// Files, folders and links of an archive at most.
const MAX_ARCHIVE_ENTRIES: usize = 250_000;
/// Bytes of all their names, and of what links name.
const MAX_ARCHIVE_NAME_BYTES: usize = 32 << 20;
/// Folders within folders.
const MAX_ARCHIVE_DEPTH: usize = 128;
/// Longest path within the folder, in bytes: systems take 4096 together with where the folder is.
const MAX_ARCHIVE_PATH_BYTES: usize = 3072;

/// Why a folder cannot be an archive, or an archive no folder.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A name that not every receiver can have, or that nobody should.
    #[error("the name of {path} {why}")]
    Name {
        /// What has it.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// More than is taken.
    #[error(
        "there are more than {MAX_ARCHIVE_ENTRIES} files and folders in it, or their names are too long"
    )]
    Entries,
    /// More folders within folders than are taken.
    #[error("{path} is more than {MAX_ARCHIVE_DEPTH} folders deep")]
    Depth {
        /// The folder.
        path: String,
    },
    /// A longer path than is taken.
    #[error("the path of {path} is longer than {MAX_ARCHIVE_PATH_BYTES} bytes")]
    Path {
        /// The path.
        path: String,
    },
    /// Two things of one name.
    #[error("{path} is there twice")]
    Twice {
        /// The path.
        path: String,
    },
    /// Two names that are one here.
    #[error("{path} has a name that this file system takes for that of another")]
    Clash {
        /// The path.
        path: String,
    },
    /// A link to elsewhere.
    #[error("the link {path} leads out of the folder, to {target}")]
    Outside {
        /// The link.
        path: String,
        /// What it names.
        target: String,
    },
    /// Links that lead to links without end.
    #[error("there are too many links that lead to other links")]
    Tangled,
    /// Something that was named and cannot be sent.
    #[error("{} is neither a file nor a folder", .0.display())]
    Kind(PathBuf),
    /// The output is what is sent.
    #[error("{} is what is sent, and cannot be written at the same time", .0.display())]
    Output(PathBuf),
    /// A file or folder that cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that grows or shrinks.
    #[error("{} was changed while it was read: run it again when it stays as it is", .0.display())]
    Changed(PathBuf),
    /// Something that is no file, folder or link.
    #[error("{path} is a {kind}")]
    Entry {
        /// Its path.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// An archive that is none, or that says two things at once.
    #[error("the archive is damaged: {0}")]
    Damaged(&'static str),
    /// An archive that cannot be read.
    #[error("the archive cannot be read")]
    Archive(#[source] io::Error),
    /// A link that cannot be made: not everybody may, nor is it possible everywhere.
    #[error("cannot make the link {path}")]
    Link {
        /// The link.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A file or folder that cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file or folder.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}
