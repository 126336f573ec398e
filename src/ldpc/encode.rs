//! Systematic encoding. The core parity columns (22 to 25) have a column of weight three and then
//! a double diagonal, so they are solved by summation; each further row gives one more column.

use super::{Code, Edge, INFO_COLUMNS, PUNCTURED_COLUMNS};

/// Rows and parity columns of the core.
const CORE: usize = 4;

impl Code {
    /// The coded bits of `info`.
    ///
    /// `info` holds [`Code::info_bits`] bits, one a byte; the result [`Code::coded_bits`].
    ///
    /// # Panics
    /// If `info` has another length.
    pub fn encode(&self, info: &[u8]) -> Vec<u8> {
        assert_eq!(info.len(), self.info_bits(), "information bits of this code");
        let z = self.lifting;
        let mut word = vec![0u8; self.columns() * z];
        word[..info.len()].copy_from_slice(info);
        self.solve_core(&mut word);
        let mut sum = vec![0u8; z];
        for (row, edges) in self.rows.iter().enumerate().skip(CORE) {
            let column = INFO_COLUMNS + row;
            sum_edges(&mut sum, &word, edges, |edge| edge.column != column);
            word[column * z..][..z].copy_from_slice(&sum);
        }
        word.drain(..PUNCTURED_COLUMNS * z);
        word
    }

    fn solve_core(&self, word: &mut [u8]) {
        let z = self.lifting;
        let sums: Vec<Vec<u8>> = self.rows[..CORE]
            .iter()
            .map(|edges| {
                let mut sum = vec![0u8; z];
                sum_edges(&mut sum, word, edges, |edge| edge.column < INFO_COLUMNS);
                sum
            })
            .collect();
        // The double diagonal cancels in the sum of the four rows. Of the three entries of the
        // first parity column two are equal and cancel too; the third one's shift remains.
        let first: Vec<usize> = self.rows[..CORE]
            .iter()
            .flatten()
            .filter(|edge| edge.column == INFO_COLUMNS)
            .map(|edge| edge.shift)
            .collect();
        let odd = first.iter().fold(0, |acc, shift| acc ^ shift);
        for lane in 0..z {
            let bit = sums.iter().fold(0, |acc, sum| acc ^ sum[lane]);
            word[INFO_COLUMNS * z + (lane + odd) % z] = bit;
        }
        // Row r then gives column 23 + r: all its other columns are known.
        let mut sum = vec![0u8; z];
        for (row, edges) in self.rows.iter().enumerate().take(CORE - 1) {
            let column = INFO_COLUMNS + 1 + row;
            sum_edges(&mut sum, word, edges, |edge| edge.column != column);
            word[column * z..][..z].copy_from_slice(&sum);
        }
    }
}

/// Sets `sum` to the parity of the rows of one layer over the edges that `take` accepts.
fn sum_edges(sum: &mut [u8], word: &[u8], edges: &[Edge], take: impl Fn(&Edge) -> bool) {
    let z = sum.len();
    sum.fill(0);
    for edge in edges.iter().filter(|edge| take(edge)) {
        let column = &word[edge.column * z..][..z];
        let (head, tail) = sum.split_at_mut(z - edge.shift);
        xor_into(head, &column[edge.shift..]);
        xor_into(tail, &column[..edge.shift]);
    }
}

fn xor_into(target: &mut [u8], source: &[u8]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target ^= source;
    }
}
