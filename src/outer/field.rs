//! GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11D), the field of the outer code.
//!
//! Many bytes times one are worked out bit by bit of the one, which compilers turn into vectors: as fast
//! as a table of products, and without its 64 KiB.

use reed_solomon_erasure::Field;

/// The polynomial without its highest power.
const POLYNOMIAL: u8 = 0x1D;
/// Nonzero elements.
const NONZERO: usize = 255;
/// What stands for the logarithm of 0: any sum with it has no power.
const NEVER: u16 = 511;
/// Sums of two logarithms, and with [`NEVER`].
const SUMS: usize = 1 << 10;
/// Bytes that are worked on together.
const LANES: usize = 32;

/// 2 to the power of a sum of two logarithms, 0 where one is [`NEVER`].
static POWERS: [u8; SUMS] = tables().0;
/// Which power of 2 a byte is.
static LOGARITHMS: [u16; 256] = tables().1;

const fn tables() -> ([u8; SUMS], [u16; 256]) {
    let (mut powers, mut logarithms) = ([0; SUMS], [NEVER; 256]);
    let (mut power, mut i) = (1, 0);
    while i < NONZERO {
        powers[i] = power;
        powers[i + NONZERO] = power;
        logarithms[power as usize] = i as u16;
        power = double(power);
        i += 1;
    }
    (powers, logarithms)
}

const fn double(a: u8) -> u8 {
    (a << 1) ^ if a & 0x80 != 0 { POLYNOMIAL } else { 0 }
}

fn logarithm(a: u8) -> usize {
    usize::from(LOGARITHMS[usize::from(a)])
}

/// The product.
pub(super) fn mul(a: u8, b: u8) -> u8 {
    POWERS[(logarithm(a) + logarithm(b)) % SUMS]
}

/// The quotient.
///
/// # Panics
/// If `b` is 0.
pub(super) fn div(a: u8, b: u8) -> u8 {
    assert_ne!(b, 0, "a divisor");
    if a == 0 { 0 } else { POWERS[(logarithm(a) + NONZERO - logarithm(b)) % SUMS] }
}

/// `a` to the power of `n`.
pub(super) fn exp(a: u8, n: usize) -> u8 {
    match (a, n) {
        (_, 0) => 1,
        (0, _) => 0,
        _ => POWERS[logarithm(a) * (n % NONZERO) % NONZERO],
    }
}

/// Products of a few bytes with one.
fn products(by: u8, mut bytes: [u8; LANES]) -> [u8; LANES] {
    let mut sum = [0; LANES];
    let mut left = by;
    while left != 0 {
        let mask = 0u8.wrapping_sub(left & 1);
        for (sum, byte) in sum.iter_mut().zip(&mut bytes) {
            *sum ^= *byte & mask;
            *byte = double(*byte);
        }
        left >>= 1;
    }
    sum
}

/// Gives `out` and the products of `by` and `input`, as long, to `put`.
fn with_products(by: u8, input: &[u8], out: &mut [u8], put: impl Fn(&mut u8, u8)) {
    assert_eq!(input.len(), out.len(), "as many bytes");
    let ((whole, rest), (to, to_rest)) = (input.as_chunks(), out.as_chunks_mut::<LANES>());
    for (bytes, out) in whole.iter().zip(to) {
        out.iter_mut().zip(products(by, *bytes)).for_each(|(out, product)| put(out, product));
    }
    for (byte, out) in rest.iter().zip(to_rest) {
        put(out, mul(by, *byte));
    }
}

/// Writes `by` times `input` to `out`, which is as long.
pub(super) fn mul_slice(by: u8, input: &[u8], out: &mut [u8]) {
    with_products(by, input, out, |out, product| *out = product);
}

/// Adds `by` times `input` to `out`, which is as long.
pub(super) fn mul_slice_xor(by: u8, input: &[u8], out: &mut [u8]) {
    with_products(by, input, out, |out, product| *out ^= product);
}

/// The field, for the codec.
#[derive(Debug)]
pub(super) struct Gf256;

impl Field for Gf256 {
    type Elem = u8;

    const ORDER: usize = 256;

    fn add(a: u8, b: u8) -> u8 {
        a ^ b
    }

    fn mul(a: u8, b: u8) -> u8 {
        mul(a, b)
    }

    fn div(a: u8, b: u8) -> u8 {
        div(a, b)
    }

    fn exp(a: u8, n: usize) -> u8 {
        exp(a, n)
    }

    fn zero() -> u8 {
        0
    }

    fn one() -> u8 {
        1
    }

    fn nth_internal(n: usize) -> u8 {
        n as u8
    }

    fn mul_slice(by: u8, input: &[u8], out: &mut [u8]) {
        mul_slice(by, input, out);
    }

    fn mul_slice_add(by: u8, input: &[u8], out: &mut [u8]) {
        mul_slice_xor(by, input, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reed_solomon_erasure::galois_8;

    #[test]
    fn every_product_quotient_and_power_is_the_field_s() {
        for (a, b) in (0..=255).flat_map(|a| (0..=255).map(move |b| (a, b))) {
            assert_eq!(mul(a, b), galois_8::mul(a, b));
            assert_eq!(exp(a, b.into()), galois_8::exp(a, b.into()));
            if b != 0 {
                assert_eq!(div(a, b), galois_8::div(a, b));
            }
        }
    }

    proptest! {
        #[test]
        fn many_at_once_are_as_one_by_one(by: u8, input in prop::collection::vec(any::<u8>(), 0..200), start: u8) {
            let (mut ours, mut theirs) = (vec![start; input.len()], vec![start; input.len()]);
            mul_slice_xor(by, &input, &mut ours);
            galois_8::mul_slice_xor(by, &input, &mut theirs);
            prop_assert_eq!(&ours, &theirs);
            mul_slice(by, &input, &mut ours);
            galois_8::mul_slice(by, &input, &mut theirs);
            prop_assert_eq!(ours, theirs);
        }
    }
}
