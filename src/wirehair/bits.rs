//! Rows of bits, side by side, in words.

/// A matrix over GF(2).
#[derive(Clone, Debug, Default)]
pub(super) struct Bits {
    pitch: usize,
    words: Vec<u64>,
}

impl Bits {
    /// `rows` rows of zeros, of `pitch` words each.
    pub(super) fn zeros(rows: usize, pitch: usize) -> Self {
        Self { pitch, words: vec![0; rows * pitch] }
    }

    /// Rows that are there.
    pub(super) fn len(&self) -> usize {
        self.words.len() / self.pitch.max(1)
    }

    /// Words of a row.
    pub(super) fn pitch(&self) -> usize {
        self.pitch
    }

    /// A row.
    pub(super) fn row(&self, row: usize) -> &[u64] {
        &self.words[row * self.pitch..][..self.pitch]
    }

    /// A row.
    pub(super) fn row_mut(&mut self, row: usize) -> &mut [u64] {
        &mut self.words[row * self.pitch..][..self.pitch]
    }

    /// Appends a row of zeros.
    pub(super) fn push(&mut self) {
        self.words.resize(self.words.len() + self.pitch, 0);
    }

    /// Removes the last row.
    pub(super) fn pop(&mut self) {
        self.words.truncate(self.words.len().saturating_sub(self.pitch));
    }

    /// Appends a word of zeros to each row.
    pub(super) fn widen(&mut self) {
        let mut wider = Self::zeros(self.len(), self.pitch + 1);
        for row in 0..self.len() {
            wider.row_mut(row)[..self.pitch].copy_from_slice(self.row(row));
        }
        *self = wider;
    }

    /// A bit.
    pub(super) fn get(&self, row: usize, bit: usize) -> bool {
        self.row(row)[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Changes a bit.
    pub(super) fn flip(&mut self, row: usize, bit: usize) {
        self.row_mut(row)[bit / 64] ^= 1 << (bit % 64);
    }

    /// `count` bits, at most 8, from `bit` on; what is beyond the row is zero.
    pub(super) fn field(&self, row: usize, bit: usize, count: usize) -> usize {
        let row = self.row(row);
        let word = |at| row.get(at).copied().unwrap_or(0);
        let pair = u128::from(word(bit / 64)) | u128::from(word(bit / 64 + 1)) << 64;
        (pair >> (bit % 64)) as usize & ((1 << count) - 1)
    }

    /// Adds a row to another one.
    pub(super) fn add(&mut self, to: usize, from: usize) {
        if to != from {
            let (low, high) = self.words.split_at_mut(to.max(from) * self.pitch);
            let low = &mut low[to.min(from) * self.pitch..][..self.pitch];
            let high = &mut high[..self.pitch];
            if to < from { add(low, high) } else { add(high, low) }
        }
    }
}

/// Adds words to words.
pub(super) fn add(to: &mut [u64], from: &[u64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to ^= from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cross_words_and_end_with_the_row() {
        let mut bits = Bits::zeros(2, 1);
        bits.flip(1, 63);
        bits.widen();
        bits.flip(1, 65);
        assert_eq!((bits.field(1, 62, 5), bits.field(1, 125, 8)), (0b1010, 0));
        bits.add(0, 1);
        bits.flip(0, 64);
        assert_eq!((bits.field(0, 62, 5), bits.len()), (0b1110, 2));
    }
}
