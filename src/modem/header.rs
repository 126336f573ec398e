//! The frame header (spec §4): what a receiver has to know before it can read any packet.
//!
//! 24 bytes in cells of one unit a side, a rate 1/3 codeword, twice in the frame. A column of
//! cells of known colours at either end shows how the camera mixes colours, and whether the
//! assumed scale is right.

use super::Palette;
use crate::bits;
use crate::frame::{Geometry, HEADER_COLUMNS, HEADER_ROWS};
use crate::ldpc::{Code, Decoder, LIFTING_SIZES, MAX_PARITY};
use crate::linear::LeastSquares;
use crate::prng::SplitMix64;

/// Version of the frame format that this program writes and reads.
pub const FORMAT_VERSION: u8 = 1;
/// Seed of the sequence that scrambles the header (spec §4.3).
pub const HEADER_SEED: u64 = 0x6865_6164_6572_2E31;
/// Bytes of the header without its check.
const FIELD_BYTES: usize = 20;
/// Lifting size of the header's code.
const HEADER_LIFTING: u16 = 9;
/// Coded bits, a third of them in each plane of cells.
const CODED_BITS: usize = 594;
const PLANE_BITS: usize = CODED_BITS / 3;
const DATA_COLUMNS: usize = HEADER_COLUMNS - 2;
const ITERATIONS: usize = 50;

/// What every frame says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameHeader {
    /// Size of grid and tiles; its planes follow from the palette.
    pub geometry: Geometry,
    /// Colours of the tiles.
    pub palette: Palette,
    /// Parity columns of the packets' code.
    pub parity: u8,
    /// Its lifting size.
    pub lifting: u16,
    /// Bands that the data tiles are cut into.
    pub bands: u8,
    /// The transfer that the frame belongs to.
    pub transfer: u32,
    /// Number of the frame, from 0.
    pub frame: u32,
    /// Frames of the transfer.
    pub frames: u32,
}

/// A header that is intact but cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A format that this program does not know.
    #[error("the frame has format version {got}, this program reads version {FORMAT_VERSION}: {} is older", if *got > FORMAT_VERSION { "this program" } else { "the sender" })]
    Version {
        /// The version found.
        got: u8,
    },
    /// A field that no sender writes.
    #[error("the frame's header contradicts itself")]
    Contradiction,
}

impl FrameHeader {
    /// The header's bytes, with their check.
    pub fn to_bytes(self) -> Vec<u8> {
        let g = self.geometry;
        let size = u32::from(g.columns - 1) | u32::from(g.rows - 1) << 12;
        let palette = u8::from(self.palette == Palette::BlackWhite);
        let lifting = LIFTING_SIZES.iter().position(|&size| size == self.lifting).unwrap_or(0);
        let mut bytes = vec![FORMAT_VERSION];
        bytes.extend(&size.to_le_bytes()[..3]);
        bytes.push((g.tile - 1) | (g.unit - 1) << 4);
        bytes.extend([self.parity | palette << 6, lifting as u8, self.bands]);
        for number in [self.transfer, self.frame, self.frames] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// Reads a header; `None` if its check is wrong.
    pub fn parse(bytes: &[u8]) -> Option<Result<Self, HeaderError>> {
        let (fields, check) = bytes.split_first_chunk::<FIELD_BYTES>()?;
        if crc32fast::hash(fields).to_le_bytes() != *check {
            return None;
        }
        let [version, s0, s1, s2, sides, code, lifting, bands, numbers @ ..] = *fields;
        if version != FORMAT_VERSION {
            return Some(Err(HeaderError::Version { got: version }));
        }
        let size = u32::from_le_bytes([s0, s1, s2, 0]);
        let [t0, t1, t2, t3, f0, f1, f2, f3, n0, n1, n2, n3] = numbers;
        let palette = if code >> 6 == 1 { Palette::BlackWhite } else { Palette::Colour };
        let header = Self {
            geometry: Geometry {
                columns: (size & 0xFFF) as u16 + 1,
                rows: (size >> 12) as u16 + 1,
                tile: (sides & 15) + 1,
                unit: (sides >> 4) + 1,
                planes: palette.header_planes(),
            },
            palette,
            parity: code & 0x3F,
            lifting: LIFTING_SIZES.get(usize::from(lifting)).copied().unwrap_or(0),
            bands,
            transfer: u32::from_le_bytes([t0, t1, t2, t3]),
            frame: u32::from_le_bytes([f0, f1, f2, f3]),
            frames: u32::from_le_bytes([n0, n1, n2, n3]),
        };
        let consistent =
            header.geometry.is_valid() && header.frame < header.frames && code >> 6 <= 1;
        Some(if consistent { Ok(header) } else { Err(HeaderError::Contradiction) })
    }

    /// The symbols of the header's cells: plane after plane, rows from the top.
    pub fn cells(&self) -> Vec<u8> {
        let mut info = bits::unpack(&self.to_bytes());
        info.resize(code().info_bits(), 0);
        let mut coded = code().encode(&info);
        for (bit, scramble) in coded.iter_mut().zip(SplitMix64::new(HEADER_SEED).bits(CODED_BITS)) {
            *bit ^= scramble;
        }
        let planes = usize::from(self.geometry.planes);
        cells(planes)
            .map(|cell| match cell {
                Cell::Known(symbol) => symbol,
                Cell::Spare => 0,
                Cell::Bits(at) if planes == 1 => {
                    let bit = |plane: usize| coded[plane * PLANE_BITS + at];
                    bit(0) << 2 | bit(1) << 1 | bit(2)
                }
                Cell::Bits(at) => coded[at] * 7,
            })
            .collect()
    }
}

#[allow(clippy::expect_used)]
fn code() -> Code {
    Code::new(HEADER_LIFTING, MAX_PARITY).expect("a code of the standard")
}

/// What a header cell holds.
#[derive(Clone, Copy)]
enum Cell {
    /// A symbol that the receiver knows.
    Known(u8),
    /// With one plane: bit `i` of each third of the coded bits; with three: coded bit `i`.
    Bits(usize),
    /// Nothing.
    Spare,
}

/// The cells of `planes` planes in the order of [`FrameHeader::cells`].
fn cells(planes: usize) -> impl Iterator<Item = Cell> {
    (0..planes * HEADER_ROWS * HEADER_COLUMNS).map(move |i| {
        let (row, column) = (i / HEADER_COLUMNS, i % HEADER_COLUMNS);
        let end = column == HEADER_COLUMNS - 1;
        let (plane, in_plane) = (row / HEADER_ROWS, row % HEADER_ROWS);
        let at = in_plane * DATA_COLUMNS + column.wrapping_sub(1);
        match (column, planes) {
            (0, 1) => Cell::Known(row as u8),
            (0, _) => Cell::Known(if row % 2 == 0 { 7 } else { 0 }),
            (_, 1) if end => Cell::Known(7 - row as u8),
            (_, _) if end => Cell::Known(if row % 2 == 0 { 0 } else { 7 }),
            _ if at < PLANE_BITS => Cell::Bits(plane * PLANE_BITS + at),
            _ => Cell::Spare,
        }
    })
}

/// The LLRs of a header's coded bits, from one copy or several added up.
#[derive(Clone, Debug)]
pub struct SoftHeader(Vec<f32>);

impl SoftHeader {
    /// Columns of cells whose symbols are known.
    pub const KNOWN_COLUMNS: [usize; 2] = [0, HEADER_COLUMNS - 1];

    /// How well the known cells of a header look like themselves: the share of their samples'
    /// variance that a linear mixing of colours explains, up to 1. Wrong places give about 0.2.
    ///
    /// `sample` gives the colour of the cell at (column, row).
    pub fn fit(planes: usize, sample: impl Fn(usize, usize) -> [f32; 3]) -> f32 {
        let known: Vec<([f32; 3], u8)> = cells(planes)
            .enumerate()
            .filter_map(|(i, cell)| match cell {
                Cell::Known(symbol) => {
                    Some((sample(i % HEADER_COLUMNS, i / HEADER_COLUMNS), symbol))
                }
                _ => None,
            })
            .collect();
        let unmix = Unmix::train(known.iter().copied());
        let (error, total) = known.iter().fold((0.0, 0.0), |(error, total), (rgb, symbol)| {
            let score = unmix.apply(*rgb);
            let target = targets(*symbol);
            let squared: f32 = score.iter().zip(target).map(|(s, t)| (s - t) * (s - t)).sum();
            (error + squared, total + target.len() as f32)
        });
        1.0 - error / total.max(1.0)
    }

    /// LLRs from the samples of all cells.
    ///
    /// # Panics
    /// If `samples` is not one colour for each cell of `planes` planes.
    pub fn from_samples(samples: &[[f32; 3]], planes: usize) -> Self {
        assert_eq!(samples.len(), planes * HEADER_ROWS * HEADER_COLUMNS, "a sample for each cell");
        let known = samples.iter().zip(cells(planes)).filter_map(|(rgb, cell)| match cell {
            Cell::Known(symbol) => Some((*rgb, symbol)),
            _ => None,
        });
        let first = Unmix::train(known);
        // Once more, with all cells, as the first attempt decides them.
        let decided = samples.iter().zip(cells(planes)).map(|(rgb, cell)| match cell {
            Cell::Known(symbol) => (*rgb, symbol),
            _ => (*rgb, decide(first.apply(*rgb), planes)),
        });
        let unmix = Unmix::train(decided);
        let scores: Vec<[f32; 3]> = samples.iter().map(|rgb| unmix.apply(*rgb)).collect();
        let mut noise = 0.05;
        for score in scores.iter().flatten() {
            noise += (score.abs() - 1.0).powi(2) / (scores.len() * 3) as f32;
        }
        let mut llrs = vec![0.0; CODED_BITS];
        for (score, cell) in scores.iter().zip(cells(planes)) {
            match cell {
                Cell::Bits(at) if planes == 1 => {
                    for (plane, score) in score.iter().enumerate() {
                        llrs[plane * PLANE_BITS + at] = -2.0 * score / noise;
                    }
                }
                Cell::Bits(at) => {
                    llrs[at] = -2.0 * score.iter().sum::<f32>() / 3.0 / noise;
                }
                _ => {}
            }
        }
        Self(llrs)
    }

    /// Adds what another copy says.
    pub fn add(&mut self, other: &Self) {
        for (sum, llr) in self.0.iter_mut().zip(&other.0) {
            *sum += llr;
        }
    }

    /// Decodes; `None` if this is no header.
    pub fn decode(&self, decoder: &mut Decoder) -> Option<Result<FrameHeader, HeaderError>> {
        let quantised: Vec<i8> = self
            .0
            .iter()
            .zip(SplitMix64::new(HEADER_SEED).bits(CODED_BITS))
            .map(|(llr, scramble)| {
                let llr = if scramble == 1 { -llr } else { *llr };
                (llr * 3.0).clamp(-31.0, 31.0) as i8
            })
            .collect();
        let code = code();
        if !decoder.decode(&code, &quantised, ITERATIONS).valid {
            return None;
        }
        FrameHeader::parse(&bits::pack(decoder.bits().take((FIELD_BYTES + 4) * 8)))
    }
}

/// -1 or 1 for each of red, green, blue.
fn targets(symbol: u8) -> [f32; 3] {
    std::array::from_fn(|i| if symbol >> (2 - i) & 1 == 1 { 1.0 } else { -1.0 })
}

fn decide(score: [f32; 3], planes: usize) -> u8 {
    if planes == 1 {
        score.iter().fold(0, |symbol, &s| symbol << 1 | u8::from(s > 0.0))
    } else if score.iter().sum::<f32>() > 0.0 {
        7
    } else {
        0
    }
}

/// A linear map from camera colours to channel scores of about ±1.
struct Unmix(Vec<f32>);

impl Unmix {
    fn features(rgb: [f32; 3]) -> [f32; 4] {
        let [r, g, b] = rgb.map(|value| value / 128.0 - 1.0);
        [r, g, b, 1.0]
    }

    fn train(known: impl Iterator<Item = ([f32; 3], u8)>) -> Self {
        let mut problem = LeastSquares::new(4, 3);
        for (rgb, symbol) in known {
            problem.add(&Self::features(rgb), &targets(symbol));
        }
        Self(problem.solve(0.01))
    }

    fn apply(&self, rgb: [f32; 3]) -> [f32; 3] {
        let features = Self::features(rgb);
        std::array::from_fn(|i| {
            self.0[i * 4..(i + 1) * 4].iter().zip(features).map(|(w, f)| w * f).sum()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers() -> impl Strategy<Value = FrameHeader> {
        (256usize..1500, 256usize..1500, 1usize..5, any::<bool>(), any::<[u32; 2]>(), 4u8..=46)
            .prop_filter_map("no such frame", |(w, h, tile, colours, [transfer, frame], parity)| {
                let geometry = Geometry::new(w, h, tile, colours).ok()?;
                let palette = if colours { Palette::Colour } else { Palette::BlackWhite };
                let (lifting, bands, frames) = (384, 8, frame.checked_add(1)?);
                Some(FrameHeader {
                    geometry,
                    palette,
                    parity,
                    lifting,
                    bands,
                    transfer,
                    frame,
                    frames,
                })
            })
    }

    /// What a camera with this colour mixing would see of the cells.
    fn seen(cells: &[u8], mixing: [[f32; 3]; 3]) -> Vec<[f32; 3]> {
        let see = |symbol: &u8| {
            let rgb = targets(*symbol).map(|v| v * 0.5 + 0.5);
            mixing.map(|row| 20.0 + row.iter().zip(rgb).map(|(m, v)| m * v * 200.0).sum::<f32>())
        };
        cells.iter().map(see).collect()
    }

    const CAST: [[f32; 3]; 3] = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.2], [0.1, 0.3, 0.4]];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn headers_come_back_through_a_colour_cast(header in headers()) {
            let cells = header.cells();
            let planes = usize::from(header.geometry.planes);
            let samples = seen(&cells, CAST);
            let fit = SoftHeader::fit(planes, |x, y| samples[y * HEADER_COLUMNS + x]);
            prop_assert!(fit > 0.9, "fit {}", fit);
            let soft = SoftHeader::from_samples(&samples, planes);
            prop_assert_eq!(soft.decode(&mut Decoder::default()), Some(Ok(header)));
        }

        #[test]
        fn any_bytes_are_refused_or_consistent(mut bytes in prop::collection::vec(any::<u8>(), 20)) {
            bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
            match FrameHeader::parse(&bytes) {
                Some(Ok(header)) => prop_assert!(header.geometry.is_valid()),
                other => prop_assert!(other.is_some()),
            }
        }
    }

    #[test]
    fn another_version_says_which_side_is_older() {
        let mut bytes = vec![FORMAT_VERSION + 1];
        bytes.extend([0; FIELD_BYTES - 1]);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let error = FrameHeader::parse(&bytes).unwrap().unwrap_err();
        assert!(error.to_string().ends_with("this program is older"), "{error}");
    }

    #[test]
    fn a_quarter_of_the_cells_may_be_covered() {
        let geometry = Geometry::new(1024, 1024, 3, true).unwrap();
        let header = FrameHeader {
            geometry,
            palette: Palette::Colour,
            parity: 7,
            lifting: 384,
            bands: 1,
            transfer: 0xDEAD_BEEF,
            frame: 3,
            frames: 9,
        };
        let mut samples = seen(&header.cells(), CAST);
        for (i, sample) in samples.iter_mut().enumerate() {
            if (5..12).contains(&(i % HEADER_COLUMNS)) {
                *sample = [130.0; 3];
            }
        }
        let soft = SoftHeader::from_samples(&samples, 1);
        assert_eq!(soft.decode(&mut Decoder::default()), Some(Ok(header)));
    }
}
