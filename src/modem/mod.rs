//! Bits to symbols and samples to LLRs.
//!
//! Above it, [`crate::inner`] codes packets into bits; below it, [`crate::frame`] draws tiles and
//! finds them in a picture. Sending, [`modulate`] maps data bits and pilots to symbols, and
//! [`FrameHeader`] to the header's cells. Receiving, [`SoftHeader`] reads those again, and [`Demodulator`] equalises the samples of all
//! tiles (blur reaches over neighbours, cameras mix colours) and gives an LLR for every data bit;
//! positive means 0. What the codes above find out comes back as known bits.

mod demodulate;
mod exact;
mod feedback;
mod header;
mod mixture;
mod seam;
mod signal;
mod soft;
mod soft_header;
mod symbols;

pub use demodulate::{Demodulator, Registration, Scores};
pub(crate) use exact::exact_llrs;
pub use header::{FORMAT_VERSION, FrameFormat, FrameHeader, HeaderError};
pub use mixture::{Mixture, Side};
pub(crate) use signal::Detail;
pub use signal::Signal;
pub use soft::SoftBits;
pub use soft_header::SoftHeader;
pub use symbols::{modulate, pilot_symbols};
