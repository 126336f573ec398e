//! Reed-Solomon codes over GF(2^8) with errors and erasures, shortened from 255.
//!
//! The field is that of the polynomial x^8 + x^7 + x^2 + x + 1 with generator 2; the code's roots
//! are the generator's powers 1 to P. A block is its data, then P parity bytes; its first byte
//! has the highest power. Decoding: syndromes, Berlekamp and Massey's algorithm started from the
//! erasures' locator, Chien's search, Forney's values (Blahut, "Algebraic Codes for Data
//! Transmission", 2003, §7.4 and §7.6).

const POLYNOMIAL: u16 = 0x187;

/// Powers of the generator, twice over, and discrete logarithms.
struct Tables {
    exp: [u8; 510],
    log: [u8; 256],
}

const TABLES: Tables = tables();

const fn tables() -> Tables {
    let (mut exp, mut log) = ([0; 510], [0; 256]);
    let (mut value, mut i) = (1u16, 0);
    while i < 255 {
        exp[i] = value as u8;
        exp[i + 255] = value as u8;
        log[value as usize] = i as u8;
        value <<= 1;
        if value > 255 {
            value ^= POLYNOMIAL;
        }
        i += 1;
    }
    Tables { exp, log }
}

fn multiply(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    power(usize::from(TABLES.log[usize::from(a)]) + usize::from(TABLES.log[usize::from(b)]))
}

/// The generator to the power of `exponent`.
fn power(exponent: usize) -> u8 {
    TABLES.exp[exponent % 255]
}

/// The inverse of a value that is not 0.
fn inverse(a: u8) -> u8 {
    TABLES.exp[255 - usize::from(TABLES.log[usize::from(a)])]
}

/// The value of a polynomial, lowest power first, at `x`.
fn evaluate(polynomial: &[u8], x: u8) -> u8 {
    polynomial.iter().rev().fold(0, |sum, &coefficient| multiply(sum, x) ^ coefficient)
}

/// A code with a number of parity bytes.
#[derive(Clone, Debug)]
pub(crate) struct ReedSolomon {
    /// Generator polynomial without its leading 1, highest power first.
    generator: Vec<u8>,
}

impl ReedSolomon {
    /// The code with `parity` parity bytes.
    pub(crate) fn new(parity: usize) -> Self {
        let mut generator = vec![1];
        for root in 1..=parity {
            let mut next = generator.clone();
            next.push(0);
            for (target, &coefficient) in next[1..].iter_mut().zip(&generator) {
                *target ^= multiply(coefficient, power(root));
            }
            generator = next;
        }
        generator.remove(0);
        Self { generator }
    }

    /// The parity bytes of a block's data.
    pub(crate) fn parity(&self, data: &[u8]) -> Vec<u8> {
        let mut rest = vec![0; self.generator.len()];
        for &byte in data {
            let factor = byte ^ rest[0];
            rest.rotate_left(1);
            if let Some(last) = rest.last_mut() {
                *last = 0;
            }
            for (target, &coefficient) in rest.iter_mut().zip(&self.generator) {
                *target ^= multiply(factor, coefficient);
            }
        }
        rest
    }

    /// Corrects a block of at most 255 bytes in place; `erasures` are positions in it that are
    /// not to be trusted. Returns how many other bytes were wrong, or `None` if that is more than
    /// the code can correct: two parity bytes for each of those, one for each erasure. Then the
    /// block is as it was.
    pub(crate) fn correct(&self, block: &mut [u8], erasures: &[usize]) -> Option<usize> {
        let parity = self.generator.len();
        let syndromes = syndromes(block, parity);
        if syndromes.iter().all(|&s| s == 0) {
            return Some(0);
        }
        if erasures.len() > parity {
            return None;
        }
        let locators: Vec<u8> = (0..block.len()).map(|i| power(block.len() - 1 - i)).collect();
        let locator = berlekamp_massey(&syndromes, erasures.iter().map(|&i| locators[i]));
        let degree = locator.iter().rposition(|&c| c != 0)?;
        let wrong: Vec<usize> =
            (0..block.len()).filter(|&i| evaluate(&locator, inverse(locators[i])) == 0).collect();
        let errors = wrong.iter().filter(|i| !erasures.contains(i)).count();
        if wrong.len() != degree || 2 * errors + erasures.len() > parity {
            return None;
        }
        let values = forney(&syndromes, &locator, wrong.iter().map(|&i| locators[i]))?;
        for (&i, value) in wrong.iter().zip(&values) {
            block[i] ^= value;
        }
        if self::syndromes(block, parity).iter().any(|&s| s != 0) {
            for (&i, value) in wrong.iter().zip(&values) {
                block[i] ^= value;
            }
            return None;
        }
        Some(errors)
    }
}

fn syndromes(block: &[u8], parity: usize) -> Vec<u8> {
    (1..=parity)
        .map(|j| {
            let root = power(j);
            block.iter().fold(0, |sum, &byte| multiply(sum, root) ^ byte)
        })
        .collect()
}

/// The locator of erasures and errors, lowest power first, for the erasures' locators.
fn berlekamp_massey(syndromes: &[u8], erasures: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut locator = vec![0; syndromes.len() + 1];
    locator[0] = 1;
    let mut length = 0;
    for x in erasures {
        length += 1;
        for i in (1..=length).rev() {
            locator[i] ^= multiply(locator[i - 1], x);
        }
    }
    let erased = length;
    let mut previous = locator.clone();
    for n in erased..syndromes.len() {
        let discrepancy = (0..=n).fold(0, |sum, i| sum ^ multiply(locator[i], syndromes[n - i]));
        previous.rotate_right(1);
        previous[0] = 0;
        if discrepancy == 0 {
            continue;
        }
        let next: Vec<u8> =
            locator.iter().zip(&previous).map(|(&a, &b)| a ^ multiply(discrepancy, b)).collect();
        if 2 * length <= n + erased {
            length = n + 1 + erased - length;
            let scale = inverse(discrepancy);
            previous = locator.iter().map(|&c| multiply(c, scale)).collect();
        }
        locator = next;
    }
    locator
}

/// What has to be added at each of the places with these locators.
fn forney(syndromes: &[u8], locator: &[u8], places: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let evaluator: Vec<u8> = (0..syndromes.len())
        .map(|n| (0..=n).fold(0, |sum, i| sum ^ multiply(locator[i], syndromes[n - i])))
        .collect();
    // The formal derivative keeps odd powers only.
    let derivative: Vec<u8> =
        (0..locator.len() - 1).map(|i| if i % 2 == 0 { locator[i + 1] } else { 0 }).collect();
    places
        .map(|x| {
            let at = inverse(x);
            let slope = evaluate(&derivative, at);
            (slope != 0).then(|| multiply(evaluate(&evaluator, at), inverse(slope)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parity_is_that_of_the_published_blocks() {
        let parity = |length: u8, parity: usize| {
            let data: Vec<u8> = (0..length).collect();
            let bytes = ReedSolomon::new(parity).parity(&data);
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let b = "2949ecf591682beb222d308bb6deddc5713fb0952c2e0451d7e2844bc6ed";
        assert_eq!(parity(125, 30), b);
        let bm = "e21ef7305f682a1fa47246df8085a157173cb98b83b6455a1b1ea1e4f8905888fa4567ac";
        assert_eq!(parity(143, 36), bm);
        let bu = "36d1c50d8f8b6af8c51a0623ede9f4447e02a14312d3ba455665350f12cdbc4ae9";
        assert_eq!(parity(135, 33), bu);
    }

    proptest! {
        #[test]
        fn what_the_code_can_correct_comes_back(
            data in prop::collection::vec(any::<u8>(), 10..200),
            parity in 2usize..40,
            order in Just((0..10usize).collect::<Vec<_>>()).prop_shuffle(),
            noise in prop::collection::vec(1u8.., 50),
            share in 0usize..40,
        ) {
            let code = ReedSolomon::new(parity);
            let mut block = data.clone();
            block.extend(code.parity(&data));
            let sent = block.clone();
            let erased = share.min(parity);
            let wrong = (parity - erased) / 2;
            // Distinct places: a stride that shares no factor with a prime above the length.
            let places: Vec<usize> =
                (1..257).map(|i| i * (order[0] * 7 + 5) % 257).filter(|&i| i < block.len()).collect();
            let (erasures, rest) = places.split_at(erased.min(places.len()));
            for (&i, noise) in erasures.iter().chain(&rest[..wrong.min(rest.len())]).zip(&noise) {
                block[i] ^= noise;
            }
            prop_assert_eq!(code.correct(&mut block, erasures), Some(wrong));
            prop_assert_eq!(block, sent);
        }

        #[test]
        fn noise_is_refused_or_becomes_a_codeword(mut block in prop::collection::vec(any::<u8>(), 60..255)) {
            let (before, code) = (block.clone(), ReedSolomon::new(30));
            match code.correct(&mut block, &[0, 3]) {
                None => prop_assert_eq!(block, before),
                Some(_) => prop_assert!(syndromes(&block, 30).iter().all(|&s| s == 0)),
            }
        }
    }
}
