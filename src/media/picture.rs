//! A picture in memory, why there is none, and what it may take.

use super::room::Permit;
use crate::raster::Picture;
use image::{DynamicImage, ImageError, Limits};

/// Largest picture that is read, in pixels a side.
const MAX_PICTURE_SIDE: u32 = 20_000;
/// Largest picture that is read, in pixels; of small files less, see [`super::room`].
pub(crate) const MAX_PIXELS: u64 = if cfg!(fuzzing) { 2_000_000 } else { 120_000_000 };

/// What decoders say of a file that ends early.
const CUT: [&str; 4] = ["unexpected eof", "unexpected end", "exhausted", "not enough bytes"];

/// Why something is not a picture that can be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("cannot read the file")]
    Io(#[from] std::io::Error),
    /// Not a picture at all, as far as this program knows.
    #[error("not a picture")]
    Unknown,
    /// A format that is known, and not read: what it is, and what to do.
    #[error("{0}, which this program cannot read: {1}")]
    Foreign(&'static str, &'static str),
    /// More pixels than [`MAX_PIXELS`], a side too long, or far larger than its file is.
    #[error("a picture of {width}x{height} pixels is too large")]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A picture whose file ends before it does.
    #[error("the picture's file ends early: copy it again")]
    Cut,
    /// A picture whose data is damaged.
    #[error("a damaged picture")]
    Damaged(#[source] ImageError),
    /// A page of a TIFF file that is damaged, or of a kind that nobody reads.
    #[error("a damaged TIFF picture")]
    Tiff(#[from] ::tiff::TiffError),
    /// A HEIC picture that is damaged, or of a kind that is not read.
    #[error("a HEIC picture that cannot be read: {0}")]
    Heic(String),
    /// A player's page that is damaged.
    #[error("a damaged page")]
    Page,
    /// A PDF file or a page of one that is damaged: how.
    #[error("a damaged PDF file: {0}")]
    Pdf(&'static str),
    /// A video stream that cannot be read: why.
    #[error("not a video stream that can be read: {0}")]
    Video(&'static str),
}

impl PictureError {
    /// The error in one word for programs, the same in all versions.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "unreadable",
            Self::Unknown => "not-a-picture",
            Self::Foreign(..) => "other-format",
            Self::TooLarge { .. } => "picture-too-large",
            Self::Cut => "picture-cut",
            Self::Damaged(_) | Self::Tiff(_) | Self::Heic(_) | Self::Page | Self::Pdf(_) => {
                "damaged-picture"
            }
            Self::Video(_) => "damaged-video",
        }
    }
}

impl From<ImageError> for PictureError {
    fn from(error: ImageError) -> Self {
        // Decoders say so in many words.
        let text = error.to_string().to_lowercase();
        let cut = match &error {
            ImageError::IoError(error) => error.kind() == std::io::ErrorKind::UnexpectedEof,
            _ => CUT.iter().any(|said| text.contains(said)),
        };
        if cut { Self::Cut } else { Self::Damaged(error) }
    }
}

/// A picture, with its part of the room that pictures have.
#[derive(Debug)]
pub struct Loaded {
    picture: Picture,
    _permit: Permit,
}

impl Loaded {
    /// A picture that has its room already.
    pub(super) fn new(picture: Picture, permit: Permit) -> Self {
        Self { picture: picture.of_file(permit.file_bytes()), _permit: permit }
    }

    /// The picture, whose room others may have now.
    pub(crate) fn into_picture(self) -> Picture {
        self.picture
    }
}

impl AsRef<Picture> for Loaded {
    fn as_ref(&self) -> &Picture {
        &self.picture
    }
}

/// Whether a picture of this size is read.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || width.max(height) > MAX_PICTURE_SIDE || pixels == 0 {
        return Err(PictureError::TooLarge { width, height });
    }
    Ok(())
}

/// Memory that a decoder may take.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    limits
}

/// Room for a picture of this size, of which decoding takes so many bytes a pixel.
pub(super) fn room(
    (width, height): (u32, u32),
    decoding: u64,
    length: u64,
) -> Result<Permit, PictureError> {
    check_size(width, height)?;
    let pixels = u64::from(width) * u64::from(height);
    Permit::for_picture(pixels, pixels * decoding, length)
        .ok_or(PictureError::TooLarge { width, height })
}

/// A decoded picture in RGB.
pub(super) fn finish(image: DynamicImage, mut permit: Permit) -> Result<Loaded, PictureError> {
    let rgb = image.into_rgb8();
    let (width, height) = rgb.dimensions();
    permit.decoded(u64::from(width) * u64::from(height));
    let picture = Picture::from_rgb(width as usize, height as usize, rgb.into_raw());
    picture
        .map(|picture| Loaded::new(picture, permit))
        .ok_or(PictureError::TooLarge { width, height })
}
