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
