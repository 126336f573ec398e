//! Blocks side by side in memory, and their sums.

/// Blocks are kept at multiples of this, so that sums have no odd ends: they are made in pieces of
/// this length, for which the compiler takes the machine's vectors.
const ALIGNMENT: usize = 64;

/// Blocks of one length.
#[derive(Clone, Debug)]
pub(super) struct Store {
    block: usize,
    stride: usize,
    bytes: Vec<u8>,
}

impl Store {
    /// No blocks yet, of `block` bytes.
    pub(super) fn new(block: usize) -> Self {
        Self { block, stride: block.next_multiple_of(ALIGNMENT), bytes: Vec::new() }
    }

    /// `count` blocks of zeros.
    pub(super) fn zeros(count: usize, block: usize) -> Self {
        let new = Self::new(block);
        Self { bytes: vec![0; count * new.stride], ..new }
    }

    /// The blocks of a message, the last one filled up with zeros.
    pub(super) fn of(message: &[u8], block: usize) -> Self {
        let mut new = Self::new(block);
        new.reserve(message.len().div_ceil(block));
        message.chunks(block).for_each(|piece| new.push(piece));
        new
    }

    /// A block of zeros, to sum in.
    pub(super) fn scratch(&self) -> Vec<u8> {
        vec![0; self.stride]
    }

    /// Blocks that are there.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.stride
    }

    /// Makes room for `count` blocks more, and no more than that.
    pub(super) fn reserve(&mut self, count: usize) {
        self.bytes.reserve_exact(count * self.stride);
    }

    /// Blocks that there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity() / self.stride
    }

    /// Appends a block; what it lacks is zero.
    pub(super) fn push(&mut self, block: &[u8]) {
        let end = self.bytes.len() + self.stride;
        self.bytes.extend_from_slice(&block[..block.len().min(self.block)]);
        self.bytes.resize(end, 0);
    }

    /// Removes the last block.
    pub(super) fn pop(&mut self) {
        self.bytes.truncate(self.bytes.len().saturating_sub(self.stride));
    }

    /// Block `at`, and the zeros after it.
    pub(super) fn get(&self, at: usize) -> &[u8] {
        &self.bytes[at * self.stride..][..self.stride]
    }

    /// Block `at`, and the zeros after it, which have to stay.
    pub(super) fn get_mut(&mut self, at: usize) -> &mut [u8] {
        &mut self.bytes[at * self.stride..][..self.stride]
    }

    /// Block `at` without the zeros after it.
    pub(super) fn block(&self, at: usize) -> &[u8] {
        &self.get(at)[..self.block]
    }

    /// Block `at` without the zeros after it.
    pub(super) fn block_mut(&mut self, at: usize) -> &mut [u8] {
        let block = self.block;
        &mut self.get_mut(at)[..block]
    }

    /// Bytes of a block.
    pub(super) fn block_bytes(&self) -> usize {
        self.block
    }

    /// Sets block `at` to the sum of `first`, which is as long as the blocks here are with their zeros,
    /// and of other blocks than itself: where it is, so that nothing is copied.
    pub(super) fn set(&mut self, at: usize, first: &[u8], others: impl Iterator<Item = usize>) {
        let stride = self.stride;
        let (low, high) = self.bytes.split_at_mut(at * stride);
        let (block, high) = high.split_at_mut(stride);
        let other = |other: usize| match other.checked_sub(at + 1) {
            None => &low[other * stride..][..stride],
            Some(other) => &high[other * stride..][..stride],
        };
        let mut others = others.map(other);
        match (others.next(), others.next()) {
            (Some(a), Some(b)) => set_sum(block, [first, a, b]),
            (Some(a), None) => set_sum(block, [first, a]),
            (None, _) => block.copy_from_slice(first),
        }
        add(block, others);
    }

    /// The blocks' memory, for bytes that are no blocks.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Sets block `at` to the sum of an earlier one and another.
    pub(super) fn set_sum(&mut self, at: usize, earlier: usize, other: &[u8]) {
        self.set(at, other, std::iter::once(earlier));
    }
}

/// Sets `sum` to the sum of blocks, all with the zeros after them.
#[inline(never)]
fn set_sum<const COUNT: usize>(sum: &mut [u8], sources: [&[u8]; COUNT]) {
    let (sum, _) = sum.as_chunks_mut::<ALIGNMENT>();
    let sources = sources.map(|source| &source.as_chunks::<ALIGNMENT>().0[..sum.len()]);
    for (chunk, sum) in sum.iter_mut().enumerate() {
        *sum = sources[0][chunk];
        for source in &sources[1..] {
            for at in 0..ALIGNMENT {
                sum[at] ^= source[chunk][at];
            }
        }
    }
}

/// Adds blocks to `sum`, all with the zeros after them, up to four on one way through it: the sum's
/// own bytes are then read and written a quarter as often.
pub(super) fn add<'a>(sum: &mut [u8], sources: impl Iterator<Item = &'a [u8]>) {
    let mut sources = sources.fuse();
    while let Some(a) = sources.next() {
        match (sources.next(), sources.next(), sources.next()) {
            (Some(b), Some(c), Some(d)) => add_four(sum, a, b, c, d),
            (Some(b), Some(c), None) => add_three(sum, a, b, c),
            (Some(b), ..) => add_two(sum, a, b),
            (None, ..) => add_one(sum, a),
        }
    }
}

#[inline(never)]
fn add_one(sum: &mut [u8], a: &[u8]) {
    let (sum, _) = sum.as_chunks_mut::<ALIGNMENT>();
    let (a, _) = a.as_chunks::<ALIGNMENT>();
    for (sum, a) in sum.iter_mut().zip(a) {
        for at in 0..ALIGNMENT {
            sum[at] ^= a[at];
        }
    }
}

#[inline(never)]
fn add_two(sum: &mut [u8], a: &[u8], b: &[u8]) {
    let (sum, _) = sum.as_chunks_mut::<ALIGNMENT>();
    let (a, _) = a.as_chunks::<ALIGNMENT>();
    let (b, _) = b.as_chunks::<ALIGNMENT>();
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        for at in 0..ALIGNMENT {
            sum[at] ^= a[at] ^ b[at];
        }
    }
}

#[inline(never)]
fn add_three(sum: &mut [u8], a: &[u8], b: &[u8], c: &[u8]) {
    let (sum, _) = sum.as_chunks_mut::<ALIGNMENT>();
    let (a, _) = a.as_chunks::<ALIGNMENT>();
    let (b, _) = b.as_chunks::<ALIGNMENT>();
    let (c, _) = c.as_chunks::<ALIGNMENT>();
    for (((sum, a), b), c) in sum.iter_mut().zip(a).zip(b).zip(c) {
        for at in 0..ALIGNMENT {
            sum[at] ^= a[at] ^ b[at] ^ c[at];
        }
    }
}

#[inline(never)]
fn add_four(sum: &mut [u8], a: &[u8], b: &[u8], c: &[u8], d: &[u8]) {
    let (sum, _) = sum.as_chunks_mut::<ALIGNMENT>();
    let (a, _) = a.as_chunks::<ALIGNMENT>();
    let (b, _) = b.as_chunks::<ALIGNMENT>();
    let (c, _) = c.as_chunks::<ALIGNMENT>();
    let (d, _) = d.as_chunks::<ALIGNMENT>();
    for ((((sum, a), b), c), d) in sum.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        for at in 0..ALIGNMENT {
            sum[at] ^= a[at] ^ b[at] ^ c[at] ^ d[at];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_number_of_blocks_are_right() {
        let blocks: Vec<Vec<u8>> = (0..11).map(|i| [1 << (i % 8), i, 0].repeat(64)).collect();
        for count in 0..blocks.len() {
            let mut sum = vec![7; 192];
            add(&mut sum, blocks[..count].iter().map(Vec::as_slice));
            let expected = |byte: usize| blocks[..count].iter().fold(7, |sum, b| sum ^ b[byte]);
            assert!(sum.into_iter().eq((0..192).map(expected)));
        }
    }

    #[test]
    fn blocks_are_set_to_sums_of_those_on_both_sides() {
        let filled = |i: usize| vec![1 << i; 64];
        for count in 0..6 {
            let mut store = Store::of(&(0..7).flat_map(filled).collect::<Vec<_>>(), 64);
            let others = [6, 0, 2, 5, 1, 4];
            store.set(3, &[128; 64], others[..count].iter().copied());
            let expected = others[..count].iter().fold(128, |sum, i| sum ^ (1 << i));
            assert_eq!(store.get(3), [expected; 64], "{count}");
        }
    }

    #[test]
    fn messages_are_cut_to_blocks() {
        let message: Vec<u8> = (0..100).collect();
        let mut store = Store::of(&message, 33);
        assert_eq!((store.len(), &store.get(3)[..2]), (4, &[99, 0][..]));
        store.push(&[1; 50]);
        store.pop();
        let all: Vec<u8> = (0..4).flat_map(|at| store.block(at).to_vec()).collect();
        assert_eq!(all[..100], message);
    }
}
