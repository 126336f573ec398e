//! Arithmetic of GF(256), as the heavy rows use it: polynomials over GF(2) modulo
//! x^8 + x^6 + x^3 + x^2 + 1.

use super::store::add;

/// The modulus without its highest term.
const REDUCTION: u8 = 0x4D;

/// The product with x.
const fn double(a: u8) -> u8 {
    (a << 1) ^ ((a >> 7) * REDUCTION)
}

/// The product.
pub(super) const fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        product ^= (b & 1) * a;
        a = double(a);
        b >>= 1;
    }
    product
}

/// The inverse of a number that is not 0, which is its 254th power.
pub(super) fn inverse(a: u8) -> u8 {
    (0..254).fold(1, |power, _| multiply(power, a))
}

/// Sets `out` to the sum of the sources, each times its coefficient. It goes bit by bit of the
/// coefficients, so a whole sum takes seven doublings and nothing else but XOR, which both run on
/// as many bytes at once as the machine has lanes.
pub(super) fn combine(out: &mut [u8], terms: &[(u8, &[u8])]) {
    out.fill(0);
    for bit in (0..8).rev() {
        out.iter_mut().for_each(|byte| *byte = double(*byte));
        let sources = terms.iter().filter(|(factor, _)| factor >> bit & 1 == 1);
        add(out, sources.map(|(_, source)| *source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_field() {
        assert_eq!((multiply(2, 0x80), inverse(2)), (0x4D, 0xA6));
        assert!((1..=255).all(|a| multiply(a, inverse(a)) == 1));
        // 2 generates the field.
        let mut power = 1;
        let order = (1..).find(|_| {
            power = double(power);
            power == 1
        });
        assert_eq!(order, Some(255));
    }

    #[test]
    fn sums_are_those_of_the_products() {
        let (a, b): (Vec<u8>, Vec<u8>) = (0..=255u8).map(|i| (i, i.wrapping_mul(77))).unzip();
        let mut sum = vec![9; 256];
        combine(&mut sum, &[(133, &a), (0, &a), (7, &b)]);
        let expected = a.iter().zip(&b).map(|(a, b)| multiply(133, *a) ^ multiply(7, *b));
        assert!(sum.into_iter().eq(expected));
    }
}
