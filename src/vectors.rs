//! Loops over rows of numbers, in the widest vectors that the machine has.
//!
//! The compiler makes vector code of loops without branches; for x86-64 it may only use what every such
//! processor has, 16 bytes at once. What runs inside of [`wide`] it compiles a second time, for those with
//! AVX2. Results are the same to the bit: sums keep their order, and nothing is fused.

/// Runs `loops`, a closure that is always inlined, as all functions are that it calls.
#[inline(always)]
pub(crate) fn wide<R>(loops: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    return pulp::Arch::new().dispatch(loops);
    #[cfg(not(target_arch = "x86_64"))]
    loops()
}

#[cfg(test)]
mod tests {
    use super::wide;
    use crate::prng::SplitMix64;

    #[inline(always)]
    fn mixed(sums: &mut [f32], others: &[f32]) {
        for (sum, other) in sums.iter_mut().zip(others) {
            *sum = *sum * other + (other - *sum * 0.1) / (1.0 + sum.abs());
        }
    }

    #[test]
    fn results_are_the_same_to_the_bit() {
        let mut prng = SplitMix64::new(4);
        let mut numbers = || -> Vec<f32> {
            (0..1003).map(|_| (prng.next_u64() >> 40) as f32 / 1e6 - 8.0).collect()
        };
        let (mut one, others) = (numbers(), numbers());
        let mut other = one.clone();
        mixed(&mut one, &others);
        wide(
            #[inline(always)]
            || mixed(&mut other, &others),
        );
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&other));
    }
}
