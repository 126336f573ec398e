//! tilecast
pub mod bits;
pub mod ldpc;
pub mod prng;
