//! One picture to the packets in it.
//!
//! [`Reader::read`] goes the way of a capture: finders and hypotheses (`search`), the header (`header`,
//! and without one what `colour` and `inversion` can tell), its frame in the picture (`located`); an
//! undistorted frame as it is (`exact`), a photo registered and equalised (`photo`), its codewords decoded
//! and fed back to the equaliser (`feedback`), all in the order of `own`; why something
//! is missing (`diagnose`, and `debug` draws it from a `sketch`). Every frame in a picture is read, each
//! in a `region` of its own. In a video the frame is looked for where it was in the picture before
//! (`follow`), and not read twice (`repeats`, by what it shows: `signature`; `cimbar` for libcimbar's).
//! [`read_all`] reads many pictures on many threads. No files here: pictures come from wherever.

mod all;
mod cimbar;
mod colour;
mod debug;
mod diagnose;
mod exact;
mod feedback;
mod follow;
mod header;
mod inversion;
mod located;
mod own;
mod photo;
mod reader;
mod region;
mod repeats;
mod search;
mod signature;
mod sketch;
mod tables;

pub use all::{Pending, ReadCapture, Settings, read_all};
pub use debug::DebugPictures;
pub use reader::Reader;
pub use repeats::ReadBefore;
pub use search::SEARCH_SIDE;
