//! What the file in a container is: one that somebody had, or made of a folder to travel (spec §2.3).

use super::{ContainerError, FALLBACK_NAME, safe_name};
use serde::Serialize;

/// The name of a folder that came without one, or with none that can be used.
const FALLBACK_FOLDER: &str = "received";

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// A file.
    #[default]
    File = 0,
    /// A folder, as an archive.
    Folder = 1,
}

impl Content {
    /// The content that a manifest says with this byte.
    pub(super) fn of(byte: u8) -> Result<Self, ContainerError> {
        match byte {
            0 => Ok(Self::File),
            1 => Ok(Self::Folder),
            got => Err(ContainerError::Content { got }),
        }
    }

    /// A name for a file, or for a folder, that was `sent` with one.
    pub fn own_name(self, sent: Option<&str>) -> String {
        safe_name(sent.unwrap_or(match self {
            Self::File => FALLBACK_NAME,
            Self::Folder => FALLBACK_FOLDER,
        }))
    }

    /// A name for it where it is a file whatever it was: a folder's is that of its archive.
    pub fn file_name(self, sent: Option<&str>) -> String {
        match self {
            Self::File => self.own_name(sent),
            Self::Folder => safe_name(&(self.own_name(sent) + ".tar")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_stay_archives_are_called_so() {
        assert_eq!(Content::File.file_name(Some("../a")), "a");
        assert_eq!(Content::Folder.own_name(Some("a.b")), "a.b");
        assert_eq!(Content::Folder.file_name(Some("a.b")), "a.b.tar");
        assert_eq!(Content::Folder.file_name(None), "received.tar");
        let long = Content::Folder.file_name(Some(&"x".repeat(300)));
        assert!(long.len() <= 255 && long.ends_with("x.tar"));
    }
}
