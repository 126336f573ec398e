//! Why a PDF file or a page of it cannot be read.

use crate::media::PictureError;

/// What can be done with a page that is read by others only.
const ADVICE: &str = "save its pages as pictures, for example: pdftoppm -r 300 -png";

#[derive(Debug)]
pub(super) enum PdfError {
    /// Its file cannot be read.
    Io(std::io::Error),
    /// What is wrong with it.
    Damaged(&'static str),
    /// It is sound, and something in it is not read.
    Unread(&'static str),
    /// There is no picture of it in memory.
    Picture(PictureError),
}

impl PdfError {
    /// Objects that should be in a stream of them.
    pub(super) fn no_stream() -> Self {
        Self::Damaged("a stream of objects is missing")
    }
}

impl From<std::io::Error> for PdfError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            // Of what is metered.
            std::io::ErrorKind::QuotaExceeded => Self::Damaged("it is read over and over"),
            _ => Self::Io(error),
        }
    }
}

impl From<PictureError> for PdfError {
    fn from(error: PictureError) -> Self {
        Self::Picture(error)
    }
}

impl From<PdfError> for PictureError {
    fn from(error: PdfError) -> Self {
        match error {
            PdfError::Io(error) => Self::Io(error),
            PdfError::Damaged(why) => Self::Pdf(why),
            PdfError::Unread(what) => Self::Foreign(what, ADVICE),
            PdfError::Picture(error) => error,
        }
    }
}
