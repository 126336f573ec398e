//! tilecast
pub mod bits;
pub mod cli;
pub mod container;
pub mod field;
pub mod frame;
pub mod inner;
pub mod ldpc;
pub mod linear;
pub mod modem;
pub mod outer;
pub mod prng;
pub mod pipeline;
pub mod raster;
