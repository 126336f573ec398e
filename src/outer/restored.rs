//! Packets that did not arrive but were worked out ([`super::cross`]): kept like the others, and
//! withdrawn all together if the file is not what was sent.

use super::assemble::Assembler;
use super::block::Block;
use super::packet::PACKET_HEADER_BYTES;
use super::store::PacketStore;
use super::{OuterError, Packet};

impl Assembler {
    /// Keeps a packet that was worked out by cross packets.
    pub(super) fn restored(
        &mut self,
        packet: &Packet,
        store: &mut dyn PacketStore,
    ) -> Result<(), OuterError> {
        let place = store.keep_restored(&packet.to_bytes())?;
        self.note_restored(packet, place);
        Ok(())
    }

    /// Takes a packet that was worked out and is in the store already, its body at `place`.
    pub(crate) fn recall_restored(&mut self, packet: &Packet, place: u64) {
        let has_room = |block: &Block| block.has_room(packet.id.index);
        if self.is_ours(packet)
            && !packet.id.is_cross(&self.shape)
            && self.blocks.get(&packet.id.block).is_none_or(has_room)
        {
            self.note_restored(packet, place);
        }
    }

    fn note_restored(&mut self, packet: &Packet, place: u64) {
        let place = place + PACKET_HEADER_BYTES as u64;
        self.restored.insert(place, packet.id.block);
        self.note(packet.id, place);
    }

    /// Leaves out what was worked out, for good; false if there is nothing of that.
    pub(super) fn withdraw(&mut self) -> bool {
        let restored = std::mem::take(&mut self.restored);
        if restored.is_empty() {
            return false;
        }
        for (place, number) in restored {
            if let Some(block) = self.blocks.get_mut(&number) {
                block.remove(place);
            }
        }
        self.is_withdrawn = true;
        self.recount();
        true
    }
}
