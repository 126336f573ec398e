//! `tilecast` carries a file through pictures: frames of coloured tiles out, photos of them back
//! to the file, verified or not there at all.
//!
//! ```
//! use tilecast::{capture::Reader, raster::Picture, receive::Receiver};
//! use tilecast::{format::{FormatChoice, Profile}, send::{Outgoing, OwnTransfer}};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Bytes in, frames out: by number here, or one after the other by `Outgoing::frames`.
//! let choice = FormatChoice::new(Profile::Dense, (512, 512));
//! let mut transfer = OwnTransfer::in_memory(b"some file", Some("name.txt".into()), &choice)?;
//! let frame = transfer.frame(0)?.ok_or("no frame")?;
//!
//! // Pictures in (here of a canvas, see also `raster::Yuv`), packets, file out.
//! let (mut reader, mut receiver) = (Reader::default(), Receiver::in_memory());
//! let picture = Picture::from_rgba(frame.width, frame.height, &frame.to_rgba()).ok_or("size")?;
//! for capture in reader.read(&picture) {
//!     receiver.accept(&capture, None)?;
//! }
//! let (mut file, mut received) = (Vec::new(), receiver.complete().ok_or("more frames")?);
//! let mut pieces = received.open()?;
//! while let Some(piece) = pieces.next_piece()? { file.extend(piece); }
//! assert!(file == b"some file" && pieces.is_verified());
//! # Ok(())
//! # }
//! ```
//!
//! The library is the command's inside and promises no stable interface.
//!
//! # The walk of a file, and of a capture
//!
//! A **file** goes through [`send::Stream`], which compresses it with [`container`] into working
//! storage; [`send::OwnTransfer`] plans blocks and frames ([`outer`]), hands out frame after frame
//! still to be drawn, and drawing one codes its packets ([`inner`]), maps bits to symbols ([`modem`])
//! and symbols to pixels ([`frame`]). [`send::deliver`] does that on all threads and gives each
//! frame, as a [`media::Form`], to a [`media::sinks`] sink.
//!
//! A **capture** comes from [`media::sources`] as a picture still to be loaded; [`capture::read_all`]
//! loads and reads many on all threads. [`capture::Reader`] finds the frame's corners and header,
//! samples and equalises the tiles and decodes what it can: a [`reading::Capture`], which says how it
//! went. [`receive::Receiver`] keeps its packets in a log, restores blocks, and gives the file back
//! piece by piece, verified when the last piece has come.
//!
//! # The rooms
//!
//! | room | send | receive |
//! |---|---|---|
//! | [`cli`] | arguments to a checked configuration | reports to text, JSON, exit code |
//! | [`media`] | frames to files, streams, videos, a page | files, streams, videos to pictures |
//! | [`send`], [`capture`], [`receive`] | file to frames | picture to packets; packets to file |
//! | [`container`] | file to chunks, zstd each, and a manifest | chunks to the verified file |
//! | [`outer`] | stream to blocks of source and repair packets | any K packets to a block |
//! | [`inner`] | packets to LDPC codewords, interleaved, scrambled | LLRs to packets |
//! | [`modem`] | bits to symbols, pilots, header | samples, equalised, to LLRs |
//! | [`frame`] | symbols to pixels | picture to finders to a mesh to samples |
//! | [`raster`] | indexed pixels | RGB, RGBA and YUV pixels |
//!
//! [`receiver`] is the receiving half once more, as a browser runs it: eyes that read and a desk that
//! collects, between them bytes.
//!
//! [`cimbar`] is another symbology on the same foundations, libcimbar's, both ways. A further one is a
//! folder beside it, a variant of [`reading::Reading`], a file in each of the three stages, and a line
//! where these list what they know: [`send::Outgoing`] for its frames, the turn in which a picture is
//! tried, [`receive::Incoming`] for its transfers. [`format`](mod@format) and [`reading`] are what the
//! stages say to each other; [`report`] and [`outline`] what they say to whoever runs them; [`ldpc`],
//! [`dsp`], [`compression`], [`storage`], [`ordered`], [`bits`], [`prng`],
//! [`text`] and [`wirehair`] are leaves, on [`vectors`].
//!
//! A test holds every room to what it may use: what reads pictures touches no file, what assembles
//! packets touches no picture, media touch no codes. Without the features `cli`, `media` and
//! `receiver` (see `Cargo.toml`) the rest is a core without files, threads of its own, or other programs, which
//! also builds for WebAssembly.
//!
//! Words: a *chunk* is a piece of the file compressed on its own; a *packet* the unit of the outer
//! code; a *codeword* the block of the inner code; a *tile* one coloured square, a *symbol* what it
//! carries; a *pilot* a tile whose symbol the receiver knows; a *frame* one picture, a *capture* a
//! photo of one; a *transfer* all frames of one file. An LLR is positive where the bit is likelier
//! 0. The wire format itself is in [`spec`].

#![forbid(unsafe_code)]
#![warn(unreachable_pub)]
// The documentation is for those who work on the code, who see all of it.
#![allow(rustdoc::private_intra_doc_links)]

mod bits;
pub mod capture;
pub mod cimbar;
#[cfg(feature = "cli")]
pub mod cli;
mod compression;
pub mod container;
mod dsp;
pub mod format;
pub mod frame;
#[cfg(all(any(test, fuzzing), feature = "cli"))]
#[allow(clippy::panic)]
#[doc(hidden)]
pub mod fuzzed;
pub mod inner;
pub mod ldpc;
#[cfg(feature = "media")]
pub mod media;
pub mod modem;
mod ordered;
pub mod outer;
pub mod outline;
pub mod prng;
pub mod raster;
pub mod reading;
pub mod receive;
#[cfg(feature = "receiver")]
pub mod receiver;
pub mod report;
pub mod send;
pub mod storage;
pub mod text;
mod vectors;
mod wirehair;

#[doc = include_str!("spec.md")]
pub mod spec {}
