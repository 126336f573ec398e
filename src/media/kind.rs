//! What a file is, by its first bytes.

/// Bytes at the front of a file that tell its kind.
pub(crate) const FRONT_BYTES: u64 = 16;

/// Kinds that are read in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PNG, which may be an animation.
    Png,
    /// GIF, which may be one too.
    Gif,
    /// The iPhone's default for photos.
    Heic,
    /// Uncompressed video.
    Y4m,
    /// A container of compressed video.
    Video,
    /// Another picture, or nothing that is known.
    Other,
}

impl Kind {
    /// The kind of a file that begins with `front`, of which [`FRONT_BYTES`] are enough.
    pub fn of(front: &[u8]) -> Self {
        let at = |offset: usize, magic: &[u8]| {
            front.get(offset..).is_some_and(|rest| rest.starts_with(magic))
        };
        if at(4, b"ftyp") {
            let picture = [b"hei", b"hev", b"mif", b"avi"].iter().any(|brand| at(8, *brand));
            return if picture { Self::Heic } else { Self::Video };
        }
        // QuickTime without a brand; Matroska and WebM; AVI; MPEG program stream; Ogg; FLV; ASF.
        let containers: [(usize, &[u8]); 9] = [
            (4, b"moov"),
            (4, b"wide"),
            (4, b"mdat"),
            (0, b"\x1A\x45\xDF\xA3"),
            (8, b"AVI "),
            (0, b"\0\0\x01\xBA"),
            (0, b"OggS"),
            (0, b"FLV\x01"),
            (0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11"),
        ];
        match front {
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [b'G', b'I', b'F', b'8', ..] => Self::Gif,
            [b'Y', b'U', b'V', b'4', b'M', ..] => Self::Y4m,
            _ if containers.iter().any(|(offset, magic)| at(*offset, magic)) => Self::Video,
            // MPEG transport stream: packets of 188 bytes, the first with a program table.
            [0x47, 0x40 | 0x41 | 0x50, _, 0x10, ..] => Self::Video,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        for (front, kind) in [
            (&b"\x89PNG\r\n\x1a\n"[..], Kind::Png),
            (b"GIF89a", Kind::Gif),
            (b"YUV4MPEG2 W4 H4", Kind::Y4m),
            (b"\0\0\0\x18ftypheic", Kind::Heic),
            (b"\0\0\0\x14ftypqt  ", Kind::Video),
            (b"\0\0\0\x20ftypisom", Kind::Video),
            (b"\x1A\x45\xDF\xA3\x9F", Kind::Video),
            (b"RIFF....AVI LIST", Kind::Video),
            (b"RIFF....WEBPVP8 ", Kind::Other),
            (b"\x47\x40\x11\x10\0", Kind::Video),
            (b"\xFF\xD8\xFF\xE0", Kind::Other),
            (b"G", Kind::Other),
            (b"", Kind::Other),
        ] {
            assert_eq!(Kind::of(front), kind, "{front:?}");
        }
    }
}
