//! Where packets are kept: a log on disc, or memory.

/// Where packets are kept while their blocks are incomplete, and until the file is written.
pub trait PacketStore {
    /// Keeps a packet's bytes, and gives the place of the first.
    ///
    /// # Errors
    /// If there is no room.
    fn keep(&mut self, packet: &[u8]) -> std::io::Result<u64>;

    /// Keeps a packet that did not arrive but was worked out from others.
    ///
    /// # Errors
    /// As [`PacketStore::keep`].
    fn keep_restored(&mut self, packet: &[u8]) -> std::io::Result<u64> {
        self.keep(packet)
    }

    /// Reads `length` bytes at a place.
    ///
    /// # Errors
    /// If there are no such bytes.
    fn read(&mut self, place: u64, length: usize) -> std::io::Result<Vec<u8>>;
}

impl PacketStore for Vec<u8> {
    fn keep(&mut self, packet: &[u8]) -> std::io::Result<u64> {
        self.extend_from_slice(packet);
        Ok((self.len() - packet.len()) as u64)
    }

    fn read(&mut self, place: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let bytes = usize::try_from(place).ok().and_then(|place| self.get(place..)?.get(..length));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}
