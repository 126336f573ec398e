//! The outer code: a byte stream to packets, any sufficient set of packets back to the stream.
//!
//! Above it, [`crate::container`] makes the stream; below it, [`crate::inner`] carries packets.
//! The stream is cut into blocks of K source packets, to which Reed-Solomon over GF(2^8) adds M
//! repair packets (`reed-solomon-erasure`: K + M at most 255, any K packets restore a block).
//! Every packet tells the whole [`Shape`], so it stands alone. Transfers that are shown in a loop have
//! more repair, and a thin layer of sums across blocks. [`Schedule`] says which packet
//! travels in which frame, [`Assembler`] collects what arrives, in any [`PacketStore`], and finds
//! out which packets are not the sender's where the file is not what was sent.

mod assemble;
mod block;
mod cross;
mod equations;
mod field;
mod lanes;
mod linear;
mod locate;
mod losses;
mod missing;
mod packet;
mod parity;
mod parts;
mod reader;
mod restored;
mod schedule;
mod shape;
mod show;
mod solve;
mod store;
mod suspect;

pub use assemble::{Accepted, Assembler};
pub use cross::cross_payload;
pub use losses::MAX_LOSSES;
pub(crate) use missing::MAX_EXAMINED;
pub use missing::Missing;
pub use packet::{PACKET_HEADER_BYTES, Packet, PacketId};
pub use parity::Parity;
pub use schedule::Schedule;
pub(crate) use shape::{MAX_BLOCKS, MAX_PACKETS};
pub use shape::{Shape, ShapeError};
pub use store::PacketStore;

impl From<OuterError> for std::io::Error {
    fn from(error: OuterError) -> Self {
        match error {
            OuterError::Storage(error) => error,
            code => Self::other(code),
        }
    }
}

/// What can go wrong while packets are stored or restored.
#[derive(Debug, thiserror::Error)]
pub enum OuterError {
    /// Packets cannot be kept, or not be read again.
    #[error("cannot use the working file for received packets")]
    Storage(#[from] std::io::Error),
    /// The erasure code refused a block.
    #[error("the erasure code failed in block {block}: {reason}")]
    Code {
        /// Number of the block.
        block: u32,
        /// What the erasure code says.
        reason: reed_solomon_erasure::Error,
    },
}
