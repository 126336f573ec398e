//! `tilecast` carries a file through pictures: frames of coloured tiles out, photos of them back
//! to the file, verified or not there at all.
//!
//! The library is the command's inside and promises no stable interface. Start reading at
//! [`pipeline::send`] and [`pipeline::capture`]: they tell the story of both directions.
//!
//! | layer | send | receive |
//! |---|---|---|
//! | [`cli`] | arguments to a checked configuration | reports to text, JSON, exit code |
//! | [`pipeline`] | file to frames to where they go | photos and videos to files; bounded memory, all cores |
//! | [`container`] | file to chunks, zstd each, and a manifest | chunks to the verified file |
//! | [`outer`] | stream to blocks of source and repair packets | any K packets to a block |
//! | [`inner`] | packets to LDPC codewords, interleaved, scrambled | LLRs to packets |
//! | [`modem`] | bits to symbols, pilots, header | samples, equalised, to LLRs |
//! | [`frame`] | symbols to pixels | picture to finders to a mesh to samples |
//! | [`raster`] | pixels to PNG, APNG, GIF, Y4M | any picture, animation or Y4M stream to RGB |
//!
//! [`page`] is a player for frames, an HTML file. [`cimbar`] is another format on the same foundations: libcimbar's, both ways.
//!
//! [`ldpc`], [`bits`], [`field`], [`filter`], [`linear`], [`plane`] and [`prng`] are leaves that layers share. A test
//! holds every module to what it may use.
//!
//! Words: a *chunk* is a piece of the file compressed on its own; a *packet* the unit of the outer
//! code; a *codeword* the block of the inner code; a *tile* one coloured square, a *symbol* what it
//! carries; a *pilot* a tile whose symbol the receiver knows; a *frame* one picture, a *capture* a
//! photo of one; a *transfer* all frames of one file. An LLR is positive where the bit is likelier
//! 0. The format itself is in [`spec`].

pub mod bits;
pub mod cimbar;
pub mod cli;
pub mod container;
pub mod field;
pub mod filter;
pub mod frame;
pub mod inner;
pub mod ldpc;
pub mod linear;
pub mod modem;
pub mod outer;
pub mod page;
pub mod pipeline;
pub mod plane;
pub mod prng;
pub mod raster;

#[doc = include_str!("spec.md")]
pub mod spec {}
