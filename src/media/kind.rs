//! What a file is, by its first bytes, and where these say nothing by its name.

use std::path::Path;

/// Bytes at the front of a file that tell its kind: a few packets of a transport stream.
pub(crate) const FRONT_BYTES: u64 = 1024;

/// Kinds that are read in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PNG, which may be an animation.
    Png,
    /// GIF, which may be one too.
    Gif,
    /// JPEG, PNM: what can follow each other in a file.
    Plain,
    /// TIFF, which may have many pages.
    Tiff,
    /// The iPhone's default for photos.
    Heic,
    /// Its successor.
    Avif,
    /// WebP, BMP: whole files, and what looks like a picture inside is a smaller copy.
    Single,
    /// Uncompressed video.
    Y4m,
    /// A page, which may be one that plays frames.
    Page,
    /// A container of compressed video.
    Video,
    /// Pages, as scanners give them.
    Pdf,
    /// Something that has a name and cannot be read: which of [`FOREIGN`].
    Foreign(usize),
    /// Another picture, or nothing that is known.
    Other,
}

/// Formats that are known and not read: first bytes and where, what it is and what to do.
pub(super) const FOREIGN: [(usize, &[u8], &str, &str); 11] = [
    (0, b"\xFF\x0A", "a JPEG XL picture", "export it as PNG or JPEG"),
    (4, b"JXL ", "a JPEG XL picture", "export it as PNG or JPEG"),
    (4, b"jP  ", "a JPEG 2000 picture", "export it as PNG or JPEG"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document", "unpack or export its pictures"),
    (0, b"8BPS", "a Photoshop file", "export it as PNG"),
    (0, b"gimp xcf", "a GIMP file", "export it as PNG"),
    (0, b"<svg", "an SVG drawing", "export it as PNG"),
    (0, b"<?xml", "an XML file or SVG drawing", "export it as PNG"),
    (0, b"Rar!", "a RAR archive", "unpack it"),
    (0, b"7z\xBC\xAF\x27\x1C", "a 7z archive", "unpack it"),
    (0, b"\x1F\x8B", "a gzip file", "unpack it, for example: gunzip"),
];

/// What a page begins with.
const PAGE: &[u8] = b"<!doctype html";
/// Endings of camera originals, which look like TIFF from outside.
const RAW_ENDINGS: [&str; 8] = ["dng", "nef", "cr2", "cr3", "arw", "orf", "rw2", "raf"];
/// Endings of what ffmpeg reads and has no first bytes to tell it by, or so many.
const VIDEO_ENDINGS: [&str; 24] = [
    "3gp", "asf", "avi", "dv", "flv", "h264", "264", "h265", "265", "hevc", "ivf", "m2ts", "m3u8",
    "mjpeg", "mjpg", "mpeg", "mpg", "mts", "mxf", "ogv", "rm", "ts", "vob", "wmv",
];

impl Kind {
    /// The kind of a file that begins with `front`, of which [`FRONT_BYTES`] are enough.
    pub fn of(front: &[u8]) -> Self {
        let front = front.get(..FRONT_BYTES as usize).unwrap_or(front);
        let at = |offset: usize, magic: &[u8]| {
            front.get(offset..).is_some_and(|rest| rest.starts_with(magic))
        };
        if at(4, b"ftyp") {
            return Self::of_brands(front);
        }
        // QuickTime without a brand; Matroska and WebM; AVI; MPEG program and elementary streams;
        // Ogg; FLV; ASF; IVF; playlists.
        let containers: [(usize, &[u8]); 13] = [
            (4, b"moov"),
            (4, b"wide"),
            (4, b"mdat"),
            (0, b"\x1A\x45\xDF\xA3"),
            (8, b"AVI "),
            (0, b"\0\0\x01\xBA"),
            (0, b"\0\0\x01\xB3"),
            (0, b"OggS"),
            (0, b"FLV\x01"),
            (0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11"),
            (0, b"DKIF"),
            (0, b"#EXTM3U"),
            (0, b"\0\0\0\x01\x67"),
        ];
        match front {
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [b'G', b'I', b'F', b'8', ..] => Self::Gif,
            [0xFF, 0xD8, 0xFF, ..] => Self::Plain,
            [b'P', b'1'..=b'7', b' ' | b'\n' | b'\r' | b'\t' | b'#', ..] => Self::Plain,
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Self::Tiff,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::Single,
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Self::Single,
            [b'Y', b'U', b'V', b'4', b'M', ..] => Self::Y4m,
            _ if containers.iter().any(|(offset, magic)| at(*offset, magic)) => Self::Video,
            _ if is_transport_stream(front) => Self::Video,
            _ if front.get(..PAGE.len()).is_some_and(|front| front.eq_ignore_ascii_case(PAGE)) => {
                Self::Page
            }
            _ if front.windows(5).any(|window| window == b"%PDF-") => Self::Pdf,
            _ => FOREIGN
                .iter()
                .position(|(offset, magic, ..)| at(*offset, magic))
                .map_or(Self::Other, Self::Foreign),
        }
    }

    /// The kind of the file at a path with such a front: names tell what first bytes do not.
    pub fn of_file(front: &[u8], path: &Path) -> Self {
        match Self::of(front) {
            Self::Other if ends_in(path, &VIDEO_ENDINGS) && !front.is_empty() => Self::Video,
            other => other,
        }
    }

    /// Whether a path is that of a camera's original, which only its own programs can show.
    pub(super) fn is_raw(path: &Path) -> bool {
        ends_in(path, &RAW_ENDINGS)
    }

    /// ISO base media files (ISO/IEC 14496-12): pictures say so in their brands.
    fn of_brands(front: &[u8]) -> Self {
        let length = front.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes) as usize);
        let brands = front.get(8..length.clamp(12, 256).min(front.len())).unwrap_or_default();
        let mut brands = brands.chunks_exact(4);
        let first = brands.next().unwrap_or_default();
        if brands.any(|brand| brand == b"avif" || brand == b"avis") || first.starts_with(b"avi") {
            return Self::Avif;
        }
        let is_heic =
            [b"hei", b"hev", b"mif", b"msf"].iter().any(|brand| first.starts_with(*brand));
        if is_heic { Self::Heic } else { Self::Video }
    }
}

/// Whether packets of an MPEG transport stream follow each other, of 188 bytes, or 192 on discs and in
/// camcorders.
fn is_transport_stream(front: &[u8]) -> bool {
    [(0, 188), (4, 192)].into_iter().any(|(start, length)| {
        let mut packets = front.get(start..).unwrap_or_default().iter().step_by(length);
        let synced = packets.clone().all(|byte| *byte == 0x47);
        synced && packets.nth(1).is_some()
    })
}

/// Whether a path has one of some endings, in capitals or not.
fn ends_in(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let stream = |length: usize, start: usize| -> Vec<u8> {
            (0..900).map(|i| if i % length == start { 0x47 } else { 3 }).collect()
        };
        let (ts, m2ts, short) = (stream(188, 0), stream(192, 4), [0x47; 5]);
        for (front, kind) in [
            (&b"\x89PNG\r\n\x1a\n"[..], Kind::Png),
            (b"GIF89a", Kind::Gif),
            (b"YUV4MPEG2 W4 H4", Kind::Y4m),
            (b"<!DOCTYPE HTML>", Kind::Page),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Kind::Heic),
            (b"\0\0\0\x1Cftypavif\0\0\0\0mif1avif", Kind::Avif),
            (b"\0\0\0\x1Cftypmif1\0\0\0\0mif1avif", Kind::Avif),
            (b"\0\0\0\x14ftypqt  ", Kind::Video),
            (b"\0\0\0\x20ftypisom", Kind::Video),
            (b"\x1A\x45\xDF\xA3\x9F", Kind::Video),
            (b"RIFF....AVI LIST", Kind::Video),
            (b"RIFF....WEBPVP8 ", Kind::Single),
            (b"BM\x36\x10\0\0\0\0\0\0\x36", Kind::Single),
            (b"BM anything else", Kind::Other),
            (b"#EXTM3U\n", Kind::Video),
            (&ts, Kind::Video),
            (&m2ts, Kind::Video),
            (&short, Kind::Other),
            (b"\xFF\xD8\xFF\xE0", Kind::Plain),
            (b"P4\n8 8\n", Kind::Plain),
            (b"PK\x03\x04", Kind::Foreign(3)),
            (b"II*\0", Kind::Tiff),
            (b"MM\0*", Kind::Tiff),
            (b"%PDF-1.7", Kind::Pdf),
            (b"mail before it\n%PDF-1.4", Kind::Pdf),
            (b"G", Kind::Other),
            (b"", Kind::Other),
        ] {
            assert_eq!(Kind::of(front), kind, "{front:?}");
        }
        assert_eq!(Kind::of_file(b"anything", Path::new("a.MTS")), Kind::Video);
        assert_eq!(Kind::of_file(b"anything", Path::new("a.txt")), Kind::Other);
        assert_eq!(Kind::of_file(b"\xFF\xD8\xFF\xE0", Path::new("a.mjpeg")), Kind::Plain);
    }
}
