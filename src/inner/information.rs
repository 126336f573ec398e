//! How much soft values carry, in bits of mutual information for each coded bit, if they tell their
//! own reliability right.

use crate::ldpc::LLR_SCALE;
use std::sync::LazyLock;

/// Soft values of a frame that information is estimated from.
const SAMPLE: usize = 10_000;
/// The same for one codeword.
const CODEWORD_SAMPLE: usize = 2_000;

/// What one bit is in the table of [`soft_information`].
const ONE_BIT: f64 = (1 << 24) as f64;

/// Information of LLRs.
pub fn information(llrs: &[f32]) -> f64 {
    let loss = |llr: &f32| {
        let x = f64::from(llr.abs());
        let (p, q) = (1.0 / (1.0 + (-x).exp()), 1.0 / (1.0 + x.exp()));
        -(p * p.log2() + q * q.max(1e-300).log2())
    };
    // A sample of them is enough: 10,000 values tell the mean to a hundredth.
    let step = (llrs.len() / SAMPLE).max(1);
    let count = llrs.len().div_ceil(step).max(1);
    1.0 - llrs.iter().step_by(step).map(loss).sum::<f64>() / count as f64
}

/// Information of a codeword's quantised soft values.
pub(crate) fn soft_information(soft: &[i8]) -> f64 {
    // Whole numbers, since their sum does not wait for one addition after the other.
    static TABLE: LazyLock<[u32; 129]> = LazyLock::new(|| {
        std::array::from_fn(|magnitude| {
            (information(&[magnitude as f32 / LLR_SCALE]) * ONE_BIT).round() as u32
        })
    });
    let table = &*TABLE;
    // Two thousand of a long codeword's values tell the mean to a hundredth.
    let sample = soft.iter().step_by((soft.len() / CODEWORD_SAMPLE).max(1));
    let count = sample.len().max(1) as f64;
    let sum: u64 = sample.map(|value| u64::from(table[usize::from(value.unsigned_abs())])).sum();
    sum as f64 / ONE_BIT / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_bits_carry_one_bit_and_unknown_ones_none() {
        assert!(information(&[30.0, -30.0]) > 0.999);
        assert!(information(&[0.0; 4]) < 1e-9);
    }

    #[test]
    fn quantised_values_carry_what_they_carried_before() {
        let llrs: Vec<f32> = (-40..=40).map(|i| i as f32 / LLR_SCALE).collect();
        let soft: Vec<i8> = (-40..=40).collect();
        assert!((soft_information(&soft) - information(&llrs)).abs() < 1e-6);
        assert!(soft_information(&[i8::MIN]) > 0.999 && soft_information(&[]) == 0.0);
    }
}
