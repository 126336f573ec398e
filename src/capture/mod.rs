//! One picture to the packets in it.
//!
//! [`Reader::read`] goes the way of a capture: finders, hypotheses and the header (`search`,
//! `header`); an undistorted frame as it is (`exact`), a photo registered, equalised and decoded
//! (`own`); why something is missing (`diagnose`). In a video the frame is looked for where it was in
//! the picture before, and not read twice ([`Reader::read_next`]). [`read_all`] reads many pictures on
//! many threads. No files here: pictures come from wherever.

mod all;
mod debug;
mod diagnose;
mod exact;
mod header;
mod own;
mod reader;
mod repeats;
mod search;
mod tables;

pub use all::{Pending, ReadCapture, read_all};
pub use debug::DebugPictures;
pub use reader::Reader;
pub use search::SEARCH_SIDE;
