//! The words of a last page for whoever finds the others in twenty years: how the file is restored, and the
//! outline of the format, so that it is known which codes are in use and where all of it is written.

/// Something that is said, in the way in which it is set.
pub(super) enum Said {
    Heading(&'static str),
    Text(&'static str),
    Typed(&'static str),
}

use Said::{Heading, Text, Typed};

/// How a file is restored, with this program and without; the numbers are those of `src/spec.md`. What
/// follows is the digest.
pub(super) const OUTLINE: [Said; 17] = [
    Heading("With the program"),
    Text(
        "Photograph or scan every page, and give the pictures to the program tilecast; their order does not matter, nor which way up they are:",
    ),
    Typed("tilecast decode PICTURES"),
    Text(
        "Scan in grey, or in colour if the pages have colours, at 300 dots an inch or more. Photograph from straight above, in even light, each page as large as the picture has room for. The program tells which pages are missing, goes on with more pictures later (--resume), and writes the file only when it is exactly the one that was printed.",
    ),
    Heading("Without the program"),
    Text(
        "The format is described in full in src/spec.md of tilecast's source code. What follows is its outline (version 1), so that it can be recognised. Nothing is encrypted, unless the file itself is.",
    ),
    Heading("1. Page"),
    Text(
        "A frame is a grid of square tiles inside a dark border: black and white ones, or ones of eight colours (red, green and blue, each off or full). In each corner is a finder: a white square of 8 units, in it a black one of 6, in it a white one of 4, or of 2 at the bottom right. 9 x 9 units in each corner are free of tiles.",
    ),
    Text(
        "Marks straighten the grid: 5 x 5 black tiles, in them 3 x 3 white ones, the middle one black. Along a side of n tiles of t pixels they are at 3 + (i\u{A0}s\u{A0}+\u{A0}k/2)\u{A0}/\u{A0}k, rounded down, i from 0 to k, with s\u{A0}=\u{A0}n\u{A0}-\u{A0}7 and k = s\u{A0}/\u{A0}max(10,\u{A0}114/t), rounded up; none on or next to finders and header. Tiles in columns and rows 4, 13, 22 and so on are pilots, which show a known sequence.",
    ),
    Heading("2. Header"),
    Text(
        "Cells of one unit to the right of the finder at the top left, and once more, turned by 180 degrees, at the bottom right: 8 rows of 27, three times if the tiles are black and white. They hold 24 bytes: version; columns and rows of tiles, less 1; tile and unit in pixels; parity columns of the code, and colours; lifting size; bands; transfer; number of the frame; frames; CRC-32. They are coded as in 3, with lifting size 9 and 46 parity columns, and combined (XOR) with SplitMix64(0x6865616465722E31).",
    ),
    Heading("3. Tiles to packets"),
    Text(
        "All other tiles are data, row by row from the top left: one bit a tile (white is 1), or three (red, green, blue). Bit i is combined (XOR) with bit i of SplitMix64(0x74696C6563617374). The bits are code words of the LDPC code of 5G radio (3GPP TS 38.212, base graph 1, without its first two columns). In a band of N bits, bit i of code word c, each of n bits, is bit (c\u{A0}n\u{A0}+\u{A0}i)\u{A0}S\u{A0}mod\u{A0}N, with S the first number from 610\u{A0}N\u{A0}/\u{A0}987 on that has no factor in common with N. Each code word holds one packet and its CRC-32.",
    ),
    Heading("4. Packets to a stream"),
    Text(
        "A packet begins with 13 bytes: transfer (4), block (3), number of blocks less 1 (3), index (1), K (1), M (1). The K packets of a block with the lowest indices are the data; M more, at most 255 together, are their Reed-Solomon repair: over GF(2^8) with the polynomial 0x11D, generator V (top K rows of V)^-1, V(r,\u{A0}c)\u{A0}=\u{A0}r^c. Any K packets of a block restore it: so pages may be lost. Where M is at least K there may be packets of further blocks, which are not needed.",
    ),
    Heading("5. Stream to file"),
    Text(
        "The blocks one after the other are a stream. It begins with a manifest: version (1), size of the file (8), size of a chunk (4), BLAKE3 digest of the file (32), length of its name (1), the name. Then comes the file in chunks: stored length (4, its highest bit set if nothing is compressed), and so many bytes, compressed by Zstandard (RFC 8878). Numbers have their lowest byte first. The file is right if this is its BLAKE3 digest:",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_spec() {
        let spec = include_str!("../../spec.md");
        let text: String = OUTLINE
            .iter()
            .map(|(Said::Heading(text) | Said::Text(text) | Said::Typed(text))| *text)
            .collect();
        let long =
            text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.starts_with("0x"));
        let long: Vec<&str> = long.collect();
        assert_eq!(long.len(), 3);
        assert!(long.iter().all(|number| spec.contains(number)), "{long:?}");
        for (here, there) in [
            ("114/t", "| `MARK_PITCH` | 114 |"),
            ("8 rows of 27", "| `HEADER_COLUMNS` | 27 |"),
            ("9 x 9 units", "| `FINDER_BOX_UNITS` | 9 |"),
            ("begins with 13 bytes", "| `PACKET_HEADER_BYTES` | 13 |"),
            ("at most 255 together", "| `MAX_PACKETS` | 255 |"),
            ("(version 1)", "| `FORMAT_VERSION` | 1 |"),
        ] {
            assert!(text.contains(here) && spec.contains(there), "{here}");
        }
    }
}
