//! Payload to the cells' values and back: Reed-Solomon blocks, bits, interleaving.

use super::mode::{COLOUR_BITS, COLOURS, Mode, Parameters, SYMBOL_BITS};
use super::reed_solomon::ReedSolomon;
use crate::bits;
use crate::dsp::sort_by_number;

/// What is kept of the parity as a check where bytes are erased: two wrong bytes fewer are
/// corrected than could be, so that noise passes for a block once in a thousand million times.
const SPARE: usize = 4;
/// How many of the least certain bytes of a block are erased, one attempt after the other.
const ERASURES: [usize; 6] = [0, 6, 12, 16, 20, 24];

/// What was seen of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// Which tile, 0 to 15.
    pub symbol: u8,
    /// Which of [`COLOURS`].
    pub colour: u8,
    /// How certain the tile is, and the colour: 0 is a guess; only the order counts.
    pub certainty: [f32; 2],
}

/// The code of a mode's frames.
#[derive(Clone, Debug)]
pub struct Coding {
    parameters: &'static Parameters,
    code: ReedSolomon,
    order: Vec<usize>,
    /// The value of each of [`COLOURS`].
    values: [u8; 4],
}

impl Coding {
    /// The code of a mode.
    pub fn new(mode: Mode) -> Self {
        let parameters = mode.parameters();
        let value =
            |colour| parameters.palette.iter().position(|other| *other == colour).unwrap_or(0);
        let values = COLOURS.map(|colour| value(colour) as u8);
        let code = ReedSolomon::new(parameters.parity);
        Self { parameters, code, order: parameters.order(), values }
    }

    /// The numbers of the mode.
    pub fn parameters(&self) -> &'static Parameters {
        self.parameters
    }

    /// The values of all cells, in the order of their numbers, for a frame's payload; what is
    /// missing of it is zero.
    pub fn encode(&self, payload: &[u8]) -> Vec<u8> {
        let mut payload = payload.to_vec();
        payload.resize(self.parameters.payload(), 0);
        let coded: Vec<u8> = payload
            .chunks_exact(self.parameters.data())
            .flat_map(|data| self.coded(data))
            .collect();
        let coded = bits::unpack(&coded);
        let mut values = vec![0; self.parameters.cells()];
        let number = |first: usize, count: usize| {
            coded[first..first + count].iter().fold(0, |number, bit| number << 1 | bit)
        };
        for (k, &cell) in self.order.iter().enumerate() {
            let (colour, symbol) = self.parameters.bits_at(k);
            values[cell] = number(colour, COLOUR_BITS) << SYMBOL_BITS | number(symbol, SYMBOL_BITS);
        }
        values
    }

    fn coded(&self, data: &[u8]) -> Vec<u8> {
        let mut block = data.to_vec();
        block.extend(self.code.parity(data));
        block
    }

    /// Decodes the blocks in `blocks` that are not there yet, each to its data.
    pub fn decode(&self, cells: &[Cell], blocks: &mut [Option<Vec<u8>>]) {
        let (bytes, certainty) = self.gather(cells);
        let received = bytes.chunks_exact(self.parameters.block);
        let certainty = certainty.chunks_exact(self.parameters.block);
        for (block, (bytes, certainty)) in blocks.iter_mut().zip(received.zip(certainty)) {
            if block.is_none() {
                *block = self.decode_block(bytes, certainty);
            }
        }
    }

    /// The coded bytes that cells carry, each as likely as the others to be wrong.
    pub(super) fn received(&self, cells: &[Cell]) -> Vec<u8> {
        self.gather(cells).0
    }

    /// A frame's coded bytes, corrected; `None` if any block has more wrong ones than are surely
    /// corrected.
    pub(super) fn corrected(&self, mut received: Vec<u8>) -> Option<Vec<u8>> {
        let mut blocks = received.chunks_exact_mut(self.parameters.block);
        blocks.all(|block| self.code.correct(block, &[]).is_some()).then_some(received)
    }

    /// The coded bytes of a frame of which every block is there.
    pub(super) fn coded_frame(&self, blocks: &[Option<Vec<u8>>]) -> Option<Vec<u8>> {
        let blocks = blocks.iter().map(|block| block.as_ref().map(|data| self.coded(data)));
        blocks.collect::<Option<Vec<_>>>().map(|blocks| blocks.concat())
    }

    fn decode_block(&self, received: &[u8], certainty: &[f32]) -> Option<Vec<u8>> {
        let mut order: Vec<usize> = (0..received.len()).collect();
        sort_by_number(&mut order, |&byte| certainty[byte].into());
        ERASURES.into_iter().find_map(|erased| {
            let mut block = received.to_vec();
            let errors = self.code.correct(&mut block, &order[..erased])?;
            let spare = if erased == 0 { 0 } else { SPARE };
            let sure = 2 * errors + erased + spare <= self.parameters.parity;
            block.truncate(self.parameters.data());
            sure.then_some(block)
        })
    }

    /// The coded bytes that cells carry, and how certain each is.
    fn gather(&self, cells: &[Cell]) -> (Vec<u8>, Vec<f32>) {
        let mut coded = vec![0; self.parameters.coded_bytes() * 8];
        let mut certainty = vec![f32::MAX; self.parameters.coded_bytes()];
        let mut put = |first: usize, count: usize, value: u8, sure: f32| {
            for i in 0..count {
                coded[first + i] = value >> (count - 1 - i) & 1;
                let least = &mut certainty[(first + i) / 8];
                *least = least.min(sure);
            }
        };
        for (k, &cell) in self.order.iter().enumerate() {
            let (colour, symbol) = self.parameters.bits_at(k);
            let cell = &cells[cell];
            put(symbol, SYMBOL_BITS, cell.symbol, cell.certainty[0]);
            put(colour, COLOUR_BITS, self.values[usize::from(cell.colour)], cell.certainty[1]);
        }
        (bits::pack(coded), certainty)
    }

    /// What the blocks that are there say about the cells: symbol and colour of each, where known.
    pub fn known(&self, blocks: &[Option<Vec<u8>>]) -> Vec<[Option<u8>; 2]> {
        let mut coded: Vec<Option<u8>> = Vec::with_capacity(self.parameters.coded_bytes() * 8);
        for block in blocks {
            match block {
                Some(data) => coded.extend(bits::unpack(&self.coded(data)).into_iter().map(Some)),
                None => coded.extend(std::iter::repeat_n(None, self.parameters.block * 8)),
            }
        }
        let number = |first: usize, count: usize| {
            coded[first..first + count]
                .iter()
                .try_fold(0u8, |number, bit| bit.map(|bit| number << 1 | bit))
        };
        let mut known = vec![[None; 2]; self.parameters.cells()];
        for (k, &cell) in self.order.iter().enumerate() {
            let (colour, symbol) = self.parameters.bits_at(k);
            let value = number(colour, COLOUR_BITS);
            let colour = value.and_then(|value| self.values.iter().position(|v| *v == value));
            known[cell] = [number(symbol, SYMBOL_BITS), colour.map(|colour| colour as u8)];
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prng::SplitMix64;
    use proptest::prelude::*;

    /// The cells of these values as a receiver numbers their colours.
    fn seen(mode: &Parameters, values: &[u8]) -> Vec<Cell> {
        let number = |v: u8| COLOURS.iter().position(|c| *c == mode.palette[usize::from(v)]);
        let cell = |v: &u8| Cell {
            symbol: v % 16,
            colour: number(v / 16).unwrap() as u8,
            certainty: [9.0; 2],
        };
        values.iter().map(cell).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn payloads_come_back_from_damaged_cells(seed: u64, mode in 0usize..4) {
            let coding = Coding::new(Mode::ALL[mode]);
            let mut prng = SplitMix64::new(seed);
            let payload: Vec<u8> =
                (0..coding.parameters().payload()).map(|_| prng.next_u64() as u8).collect();
            let sent = seen(coding.parameters(), &coding.encode(&payload));
            let mut cells = sent.clone();
            // A cell in fifty is lost, and known to be.
            for _ in 0..cells.len() / 50 {
                let at = prng.next_u64() as usize % cells.len();
                cells[at] = Cell { symbol: prng.next_u64() as u8 % 16, ..Cell::default() };
            }
            let mut blocks = vec![None; coding.parameters().blocks()];
            coding.decode(&cells, &mut blocks);
            let data: Option<Vec<Vec<u8>>> = blocks.iter().cloned().collect();
            prop_assert!(data.map(|data| data.concat()) == Some(payload.clone()));
            let known = coding.known(&blocks);
            let expected: Vec<_> =
                sent.iter().map(|cell| [Some(cell.symbol), Some(cell.colour)]).collect();
            prop_assert!(known == expected);
        }
    }
}
