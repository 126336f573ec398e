//! How much time is given to a small input that shows nothing new: a few kilobytes of an animation can
//! be hours of pictures.

/// Inputs that are smaller than this, all together, are read with patience that ends: bytes.
const SMALL: u64 = 1 << 20;
/// Pixels that are looked at in vain in those.
const PIXELS: u64 = 100_000_000;
/// Each picture counts as so many at least: the smallest takes time, and the damaged.
const LEAST: u64 = 50_000;

/// What a picture gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gave {
    /// Something that was not there before.
    News,
    /// A frame that was recognised as one that had been read.
    Repeat,
    /// Nothing new.
    Nothing,
}

/// Patience with an input.
#[derive(Debug)]
pub(super) struct Patience {
    /// Pixels that may still be looked at in vain; `None` without a limit.
    left: Option<u64>,
}

impl Patience {
    /// Patience with an input of so many bytes, if that is known.
    pub(super) fn new(bytes: Option<u64>) -> Self {
        Self { left: bytes.filter(|bytes| *bytes < SMALL).map(|_| PIXELS) }
    }

    /// Whether there is none left.
    pub(super) fn is_over(&self) -> bool {
        self.left == Some(0)
    }

    /// Takes note of a picture; tells whether to go on.
    pub(super) fn goes_on(&mut self, pixels: u64, gave: Gave) -> bool {
        let cost = match gave {
            Gave::News => 0,
            Gave::Repeat => pixels / 4,
            Gave::Nothing => pixels.max(LEAST),
        };
        let Some(left) = &mut self.left else { return true };
        *left = left.saturating_sub(cost);
        *left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_with_small_inputs_that_give_nothing() {
        let pictures = |bytes, gave| {
            let mut patience = Patience::new(bytes);
            (0..1000).take_while(|_| patience.goes_on(1_000_000, gave)).count()
        };
        assert_eq!(pictures(Some(300_000), Gave::Nothing), 99);
        assert_eq!(pictures(Some(300_000), Gave::Repeat), 399);
        let mut patience = Patience::new(Some(300_000));
        assert_eq!((0..).take_while(|_| patience.goes_on(0, Gave::Nothing)).count(), 1999);
        assert_eq!(pictures(Some(300_000), Gave::News), 1000);
        assert_eq!(pictures(Some(3_000_000), Gave::Nothing), 1000);
        assert_eq!(pictures(None, Gave::Nothing), 1000);
    }
}
