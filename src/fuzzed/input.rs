//! An input taken as a small program: numbers and bytes from its front.

/// What is left of an input; zeros follow when it has ended, so that every input means something.
pub(super) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// At most `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    pub(super) fn byte(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    /// A number below `limit`, of two bytes.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::from(u16::from_le_bytes(self.array())) % limit.max(1)
    }

    /// `length` bytes, some of them from the input and the rest one and the same.
    pub(super) fn filled(&mut self, length: usize) -> Vec<u8> {
        let (own, fill) = (usize::from(self.byte()), self.byte());
        let mut bytes = self.take(own.min(length)).to_vec();
        bytes.resize(length, fill);
        bytes
    }

    /// What is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }
}
