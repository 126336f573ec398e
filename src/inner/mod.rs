//! The inner code: packets to the data bits of a frame, LLRs of those bits back to packets.
//!
//! Below it, [`crate::modem`] turns bits into symbols and samples into LLRs; above it,
//! [`crate::outer`] deals with packets that did not arrive. A packet gets a CRC-32, becomes one
//! LDPC codeword, and its bits are spread over one band of the frame (`interleave`) and
//! scrambled, so that no payload draws flat areas or imitates a finder.
//!
//! Noise is data here: a codeword that does not decode is `None`, not an error.

mod information;
mod interleave;

pub use information::information;

use crate::bits;
use crate::ldpc::{Code, Decoder, LIFTING_SIZES, LLR_SCALE, quantise};
use crate::prng::SplitMix64;
use information::soft_information;
use interleave::{Band, bands};
use std::ops::Range;

/// Seed of the scrambling sequence (spec §5.4).
const SCRAMBLE_SEED: u64 = 0x7469_6C65_6361_7374;
/// Bytes of the CRC-32 behind each packet (spec §5.1).
const CRC_BYTES: usize = 4;
/// The most bands a frame can have (spec §4.2).
pub(crate) const MAX_BANDS: u8 = 64;
/// Soft values of a video, where noise changes from block to block, carry this much more than they
/// say, in bits a bit, at most.
const CALIBRATION: f64 = 0.05;
/// What is believed of a bit stays below what is known.
const MAX_BELIEF: f32 = 0.9999;
/// A frame holds at least this many codewords a band if a smaller lifting size allows it, so that
/// local damage does not take the whole frame.
const PREFERRED_CODEWORDS: usize = 4;

/// How the data bits of one kind of frame carry packets.
#[derive(Clone, Debug)]
pub struct FrameCode {
    code: Code,
    bands: Vec<Band>,
    codewords: usize,
    scramble: Vec<u8>,
}

impl FrameCode {
    /// The code of a frame with `tiles` data tiles of `bits_per_tile` bits, cut into `bands`
    /// bands. `None` if there is no such code or not even one codeword fits.
    pub fn new(
        tiles: usize,
        bits_per_tile: usize,
        band_count: u8,
        lifting: u16,
        parity: u8,
    ) -> Option<Self> {
        if !(1..=MAX_BANDS).contains(&band_count) || !lifting.is_multiple_of(4) {
            return None;
        }
        let code = Code::new(lifting, parity)?;
        let bands = bands(tiles, bits_per_tile, usize::from(band_count), code.coded_bits());
        let codewords = bands.iter().map(|band| band.codewords).sum();
        let scramble = SplitMix64::new(SCRAMBLE_SEED).bits(tiles * bits_per_tile);
        (codewords > 0).then_some(Self { code, bands, codewords, scramble })
    }

    /// The lifting size that carries most packet bytes beside `header_bytes` a packet, larger
    /// ones first; `None` if nothing fits. Only sizes that make whole bytes are used.
    pub fn best_lifting(
        tiles: usize,
        bits_per_tile: usize,
        band_count: u8,
        parity: u8,
        header_bytes: usize,
    ) -> Option<u16> {
        let net = |lifting: u16, at_least: usize| {
            let code = Code::new(lifting, parity)?;
            let bands = bands(tiles, bits_per_tile, usize::from(band_count), code.coded_bits());
            let codewords: usize = bands.iter().map(|band| band.codewords).sum();
            let bytes = (code.info_bits() / 8).checked_sub(CRC_BYTES + header_bytes)?;
            let enough = bands.iter().all(|band| band.codewords >= at_least);
            (bytes > 0 && enough).then_some(codewords * bytes)
        };
        let best = |at_least: usize| {
            LIFTING_SIZES
                .into_iter()
                .filter(|lifting| lifting % 4 == 0)
                .filter_map(|lifting| Some((net(lifting, at_least)?, lifting)))
                .max()
                .map(|(_, lifting)| lifting)
        };
        best(PREFERRED_CODEWORDS).or_else(|| best(1))
    }

    /// Packets a frame.
    pub fn codewords(&self) -> usize {
        self.codewords
    }

    /// Information bits a coded bit.
    pub fn rate(&self) -> f64 {
        self.code.info_bits() as f64 / self.code.coded_bits() as f64
    }

    /// Bytes of one packet.
    pub fn packet_bytes(&self) -> usize {
        self.code.info_bits() / 8 - CRC_BYTES
    }

    /// Soft values of a codeword.
    pub(crate) fn coded_bits(&self) -> usize {
        self.code.coded_bits()
    }

    /// Data bits of the frame.
    pub(crate) fn data_bits(&self) -> usize {
        self.scramble.len()
    }

    /// The data bits of a frame that carries `packets`, one bit a byte.
    ///
    /// # Panics
    /// If there are not [`FrameCode::codewords`] packets of [`FrameCode::packet_bytes`] bytes.
    pub fn encode<P: AsRef<[u8]>>(&self, packets: &[P]) -> Vec<u8> {
        assert_eq!(packets.len(), self.codewords, "packets of a frame");
        let mut frame = self.scramble.clone();
        for (index, packet) in packets.iter().enumerate() {
            for (position, bit) in self.positions(index).zip(self.codeword(packet.as_ref())) {
                frame[position] ^= bit;
            }
        }
        frame
    }

    /// Notes in `expected` (one entry for each data bit) what the bits of codeword `index` are if it
    /// carries `packet`: -1 for 0, 1 for 1.
    ///
    /// # Panics
    /// If `packet` has not [`FrameCode::packet_bytes`] bytes.
    pub(crate) fn note_packet(&self, index: usize, packet: &[u8], expected: &mut [f32]) {
        for (position, bit) in self.positions(index).zip(self.codeword(packet)) {
            expected[position] = if bit == self.scramble[position] { -1.0 } else { 1.0 };
        }
    }

    /// Notes in `expected` what the decoder came to believe of codeword `index`, the last one that it
    /// tried: something between -1 and 1, neither of which is certain.
    pub(crate) fn note_beliefs(&self, index: usize, decoder: &Decoder, expected: &mut [f32]) {
        // There are few different values, and a hyperbolic tangent takes long.
        let table: [f32; 256] = std::array::from_fn(|total| {
            let llr = f32::from(total as u8 as i8) / LLR_SCALE;
            (0.5 * llr).tanh().clamp(-MAX_BELIEF, MAX_BELIEF)
        });
        for (position, total) in self.positions(index).zip(decoder.beliefs(&self.code)) {
            let of_zero = table[usize::from(total as u8)];
            expected[position] = if self.scramble[position] == 0 { -of_zero } else { of_zero };
        }
    }

    fn codeword(&self, packet: &[u8]) -> Vec<u8> {
        assert_eq!(packet.len(), self.packet_bytes(), "bytes of a packet");
        let mut bytes = packet.to_vec();
        bytes.extend(crc32fast::hash(packet).to_le_bytes());
        self.code.encode(&bits::unpack(&bytes))
    }

    /// The LLRs of a frame's data bits, quantised and descrambled: one pass over the frame, so that
    /// gathering codewords from all over it moves single bytes.
    ///
    /// # Panics
    /// If there are not [`FrameCode::data_bits`] LLRs.
    pub fn soften(&self, llrs: &[f32]) -> Vec<i8> {
        self.descramble(llrs.iter().map(|llr| quantise(*llr)).collect())
    }

    /// Quantised LLRs of a frame's data bits, descrambled.
    ///
    /// # Panics
    /// As [`FrameCode::soften`].
    pub(crate) fn descramble(&self, mut llrs: Vec<i8>) -> Vec<i8> {
        assert_eq!(llrs.len(), self.data_bits(), "data bits of a frame");
        for (llr, &bit) in llrs.iter_mut().zip(&self.scramble) {
            // Negated where the scrambling bit is 1.
            *llr = (*llr ^ -(bit as i8)).wrapping_add(bit as i8);
        }
        llrs
    }

    /// The soft values of codeword `index`, from those of the frame. Those of several captures of
    /// a frame may be added up.
    ///
    /// # Panics
    /// If there are not [`FrameCode::data_bits`] soft values.
    pub fn gather(&self, soft: &[i8], index: usize) -> Vec<i8> {
        assert_eq!(soft.len(), self.data_bits(), "data bits of a frame");
        let mut gathered = vec![0; self.code.coded_bits()];
        for (value, position) in gathered.iter_mut().zip(self.positions(index)) {
            *value = soft[position];
        }
        gathered
    }

    /// Decodes one codeword from its gathered soft values; `None` if it does not decode or its
    /// CRC-32 is wrong.
    ///
    /// # Panics
    /// If `soft` has not one value for each coded bit.
    pub fn decode(
        &self,
        decoder: &mut Decoder,
        soft: &[i8],
        max_iterations: usize,
    ) -> Option<Vec<u8>> {
        if !decoder.decode(&self.code, soft, max_iterations) {
            return None;
        }
        let mut bytes = bits::pack(decoder.bits().take(self.code.info_bits()));
        let check = bytes.split_off(self.packet_bytes());
        (crc32fast::hash(&bytes).to_le_bytes() == *check).then_some(bytes)
    }

    /// Whether soft values carry so much less than the code's rate that no code works with them:
    /// finding that out by trying takes a hundred times as long.
    pub(crate) fn is_hopeless(&self, soft: &[i8]) -> bool {
        Self::is_too_little(self.surplus(soft))
    }

    /// The same of what soft values carry more than the code's rate ([`Self::surplus`]).
    pub(crate) fn is_too_little(surplus: f64) -> bool {
        surplus < -CALIBRATION
    }

    /// By how much the soft values of a codeword carry more than the code's rate, in bits a bit.
    pub(crate) fn surplus(&self, soft: &[i8]) -> f64 {
        soft_information(soft) - self.rate()
    }

    /// The numbers of each band's codewords.
    pub(crate) fn codewords_by_band(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut next = 0;
        self.bands.iter().map(move |band| {
            let first = next;
            next += band.codewords;
            first..next
        })
    }

    /// Where the coded bits of codeword `index` lie among the frame's data bits.
    fn positions(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let mut index = index;
        let mut band = &self.bands[0];
        for next in &self.bands {
            band = next;
            if index < band.codewords {
                break;
            }
            index -= band.codewords;
        }
        band.positions(index * self.code.coded_bits()).take(self.code.coded_bits())
    }
}

#[cfg(test)]
mod tests;
