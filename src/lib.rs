//! `tilecast`.
pub mod bits;
pub mod capture;
pub mod cimbar;
pub mod cli;
pub mod container;
pub mod dsp;
pub mod format;
pub mod frame;
pub mod inner;
pub mod ldpc;
pub mod media;
pub mod modem;
pub mod ordered;
pub mod outer;
pub mod outline;
pub mod prng;
pub mod raster;
pub mod reading;
pub mod receive;
pub mod report;
pub mod send;
pub mod storage;
pub mod text;

#[doc = include_str!("spec.md")]
pub mod spec {}
