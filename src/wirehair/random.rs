//! The generator that rows are drawn from, PCG-XSH-RR, and its shuffle.

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;

/// A PCG generator of 64 bits of state and 32 of output.
#[derive(Clone, Debug)]
pub(super) struct Pcg {
    state: u64,
    increment: u64,
}

impl Pcg {
    /// The generator of a stream, at an offset in it.
    pub(super) fn new(stream: u64, offset: u64) -> Self {
        let increment = stream << 1 | 1;
        let mut new = Self { state: increment.wrapping_add(offset), increment };
        new.step();
        new
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    /// The next 32 bits.
    pub(super) fn next(&mut self) -> u32 {
        let old = self.state;
        self.step();
        let mixed = ((old ^ old >> 18) >> 27) as u32;
        mixed.rotate_right((old >> 59) as u32)
    }

    /// The next 64 bits, the lower half first.
    pub(super) fn next_u64(&mut self) -> u64 {
        let low = u64::from(self.next());
        low | u64::from(self.next()) << 32
    }

    /// Shuffles 0, 1, .. into `deck`, from the inside out, by several fields of each random word.
    ///
    /// Two things are not what one would write: of the last word, the *later* ones of the first
    /// three fields are used; and where the deck is full with a whole word, one more is drawn.
    pub(super) fn shuffle(&mut self, deck: &mut [u16]) {
        let (lanes, bits) = if deck.len() <= 256 { (4, 8) } else { (2, 16) };
        let Some(first) = deck.first_mut() else { return };
        *first = 0;
        let mut filled = 1;
        loop {
            let word = self.next();
            let left = deck.len() - filled;
            let fields = if left >= lanes { 0..lanes } else { lanes - 1 - left..lanes - 1 };
            for field in fields {
                let random = word >> (field * bits) & ((1 << bits) - 1);
                let other = random as usize % filled;
                deck[filled] = deck[other];
                deck[other] = filled as u16;
                filled += 1;
            }
            if left < lanes {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_those_of_other_implementations() {
        let first = |stream, offset| {
            let mut pcg = Pcg::new(stream, offset);
            [pcg.next(), pcg.next()]
        };
        assert_eq!(first(0, 0), [3_837_872_008, 932_996_374]);
        assert_eq!(first(1, 0), [257_813_417, 407_017_181]);
        assert_eq!(first(65_536, 13), [1_998_853_429, 240_501_042]);
    }

    #[test]
    fn shuffles_are_those_of_other_implementations() {
        let shuffled = |length| {
            let (mut pcg, mut deck) = (Pcg::new(5, 0), vec![0; length]);
            pcg.shuffle(&mut deck);
            (deck, pcg.next())
        };
        assert_eq!(shuffled(2), (vec![1, 0], 66_331_552));
        assert_eq!(shuffled(3), (vec![1, 2, 0], 66_331_552));
        assert_eq!(shuffled(4), (vec![1, 3, 0, 2], 66_331_552));
        assert_eq!(shuffled(5), (vec![4, 3, 0, 2, 1], 883_299_354));
        for length in [2, 21, 255, 256, 257, 394] {
            let (mut deck, _) = shuffled(length);
            deck.sort_unstable();
            assert!(deck.into_iter().eq(0..length as u16));
        }
    }
}
