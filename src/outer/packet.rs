//! The packet: a header that makes it stand alone, and its payload (spec §3.1).

use super::Shape;
use serde::{Deserialize, Serialize};

/// Bytes of a packet's header.
pub const PACKET_HEADER_BYTES: usize = 13;

/// Which packet of which transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PacketId {
    /// Transfer that it belongs to.
    pub transfer: u32,
    /// Block, from 0; those from the shape's number of blocks on are blocks of cross packets, which
    /// shows have.
    pub block: u32,
    /// Index in the block (its encoding symbol id): source packets first, then repair packets.
    pub index: u8,
}

impl PacketId {
    /// Whether the packet is a sum over blocks, and no block's own.
    pub(crate) fn is_cross(&self, shape: &Shape) -> bool {
        self.block >= shape.blocks
    }
}

/// A packet as it arrived, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<u8>", try_from = "Vec<u8>")]
pub struct Packet {
    /// Place of the packet in its transfer.
    pub id: PacketId,
    /// The shape of its transfer.
    pub shape: Shape,
    /// `shape.payload` bytes.
    pub payload: Vec<u8>,
}

impl Packet {
    /// The packet's bytes: header, then payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { id, shape, payload } = self;
        let mut bytes = Vec::with_capacity(PACKET_HEADER_BYTES + payload.len());
        bytes.extend(id.transfer.to_le_bytes());
        bytes.extend(&id.block.to_le_bytes()[..3]);
        bytes.extend(&(shape.blocks - 1).to_le_bytes()[..3]);
        bytes.extend([id.index, shape.source, shape.repair]);
        bytes.extend(payload);
        bytes
    }

    /// Reads a packet; `None` if it is too short or its header contradicts itself.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, payload) = bytes.split_first_chunk::<PACKET_HEADER_BYTES>()?;
        let [t0, t1, t2, t3, b0, b1, b2, n0, n1, n2, index, source, repair] = *header;
        let id = PacketId {
            transfer: u32::from_le_bytes([t0, t1, t2, t3]),
            block: u32::from_le_bytes([b0, b1, b2, 0]),
            index,
        };
        let blocks = u32::from_le_bytes([n0, n1, n2, 0]).saturating_add(1);
        let shape = Shape { blocks, source, repair, payload: payload.len() };
        let inside =
            usize::from(index) < shape.packets() && (shape.is_looped() || !id.is_cross(&shape));
        (shape.is_valid() && inside).then(|| Self { id, shape, payload: payload.to_vec() })
    }
}

impl From<Packet> for Vec<u8> {
    fn from(packet: Packet) -> Self {
        packet.to_bytes()
    }
}

impl TryFrom<Vec<u8>> for Packet {
    type Error = &'static str;

    fn try_from(bytes: Vec<u8>) -> Result<Self, &'static str> {
        Self::parse(&bytes).ok_or("no packet")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_mean_what_they_say(bytes: Vec<u8>) {
            if let Some(packet) = Packet::parse(&bytes) {
                prop_assert_eq!(packet.to_bytes(), bytes);
            }
        }

        #[test]
        fn a_packet_survives_its_bytes(
            transfer: u32, block in 0u32..1000, source in 1u8..200, repair in 0u8..56,
            payload in prop::collection::vec(any::<u8>(), 1..50), pick: u8,
        ) {
            let shape = Shape { blocks: 1000, source, repair, payload: payload.len() };
            let index = (usize::from(pick) % shape.packets()) as u8;
            let packet = Packet { id: PacketId { transfer, block, index }, shape, payload };
            prop_assert_eq!(Packet::parse(&packet.to_bytes()), Some(packet));
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let header = |block: u8, last: u8, index: u8, source: u8, repair: u8| {
            let mut bytes = vec![1, 2, 3, 4, block, 0, 0, last, 0, 0, index, source, repair];
            bytes.push(9);
            Packet::parse(&bytes)
        };
        assert!(header(1, 1, 2, 2, 1).is_some());
        assert!(header(2, 1, 0, 2, 1).is_none(), "block beyond the last");
        assert!(header(2, 1, 1, 2, 2).is_some(), "a cross packet");
        assert!(header(2, 1, 4, 2, 2).is_none(), "a cross packet beyond the block");
        assert!(header(0, 1, 3, 2, 1).is_none(), "index beyond the block");
        assert!(header(0, 1, 0, 0, 1).is_none(), "no source packets");
        assert!(header(0, 1, 0, 200, 56).is_none(), "more than 255 packets");
        assert!(Packet::parse(&[0; PACKET_HEADER_BYTES]).is_none(), "no payload");
    }
}
