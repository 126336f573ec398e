//! Reed-Solomon over the packets of one block, with the codec kept: building its matrix costs
//! more than coding a block with it.

use super::field::{Gf256, div, mul};
use super::{OuterError, Shape};
use reed_solomon_erasure::ReedSolomon;

/// The erasure code of one shape.
#[derive(Debug)]
pub struct Parity {
    shape: Shape,
    /// `None` without repair packets.
    codec: Option<ReedSolomon<Gf256>>,
}

impl Parity {
    /// The code of a valid `shape`.
    pub fn new(shape: Shape) -> Self {
        let (source, repair) = (usize::from(shape.source), usize::from(shape.repair));
        let codec = (shape.is_valid() && repair > 0)
            .then(|| ReedSolomon::new(source, repair).ok())
            .flatten();
        Self { shape, codec }
    }

    /// All packets' payloads of a block with these source bytes (zero-padded): K, then M.
    ///
    /// # Errors
    /// Only what the codec refuses, which no valid shape makes it do.
    pub fn encode(&self, block: u32, source: &[u8]) -> Result<Vec<Vec<u8>>, OuterError> {
        let mut padded = source.to_vec();
        padded.resize(self.shape.block_bytes(), 0);
        let mut packets: Vec<Vec<u8>> =
            padded.chunks_exact(self.shape.payload).map(<[u8]>::to_vec).collect();
        packets.resize(self.shape.packets(), vec![0; self.shape.payload]);
        if let Some(codec) = &self.codec {
            codec.encode(&mut packets).map_err(|reason| OuterError::Code { block, reason })?;
        }
        Ok(packets)
    }

    /// These packets of a block in a list by index.
    pub(super) fn placed(
        &self,
        packets: impl IntoIterator<Item = (u8, Vec<u8>)>,
    ) -> Vec<Option<Vec<u8>>> {
        let mut list = vec![None; self.shape.packets()];
        for (index, payload) in packets {
            if let Some(place) = list.get_mut(usize::from(index)) {
                *place = Some(payload);
            }
        }
        list
    }

    /// How much each packet of a block has of some of the K that are its `basis`, packet by packet.
    /// Packets are values of a polynomial of degree K - 1 at the points of their indices (spec §3.2),
    /// so these are Lagrange's factors.
    pub(super) fn shares(&self, basis: &[u8], of: &[u8]) -> Vec<u8> {
        let others = |at: u8| basis.iter().filter(move |one| **one != at);
        let product = |at: u8| others(at).fold(1, |product, one| mul(product, at ^ one));
        let scales: Vec<u8> = of.iter().map(|one| product(*one)).collect();
        let mut shares = Vec::with_capacity(self.shape.packets() * of.len());
        for index in (0..self.shape.packets()).map(|index| index as u8) {
            if basis.contains(&index) {
                shares.extend(of.iter().map(|one| u8::from(*one == index)));
                continue;
            }
            let whole = product(index);
            let of_scales = of.iter().zip(&scales);
            shares.extend(of_scales.map(|(one, scale)| div(whole, mul(index ^ one, *scale))));
        }
        shares
    }

    /// Fills in the source packets that are `None`; at least K of the packets must be there.
    ///
    /// # Errors
    /// [`OuterError::Code`] if there are fewer.
    pub fn restore(&self, block: u32, packets: &mut [Option<Vec<u8>>]) -> Result<(), OuterError> {
        let missing = packets.iter().take(usize::from(self.shape.source)).any(Option::is_none);
        match &self.codec {
            Some(codec) if missing => {
                codec.reconstruct_data(packets).map_err(|reason| OuterError::Code { block, reason })
            }
            None if missing => Err(OuterError::Code {
                block,
                reason: reed_solomon_erasure::Error::TooFewShardsPresent,
            }),
            _ => Ok(()),
        }
    }

    /// Fills in all packets that are `None`, as [`Parity::restore`] does; they may have any length.
    ///
    /// # Errors
    /// As [`Parity::restore`].
    pub(super) fn complete(
        &self,
        block: u32,
        packets: &mut [Option<Vec<u8>>],
    ) -> Result<(), OuterError> {
        match &self.codec {
            Some(codec) => {
                codec.reconstruct(packets).map_err(|reason| OuterError::Code { block, reason })
            }
            None => self.restore(block, packets),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prng::SplitMix64;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_k_packets_restore_the_block(
            source in 1u8..80, repair in 0u8..40, payload in 1usize..40, seed: u64,
        ) {
            let shape = Shape { blocks: 1, source, repair, payload };
            let mut prng = SplitMix64::new(seed);
            let bytes: Vec<u8> = (0..shape.block_bytes()).map(|_| prng.next_u64() as u8).collect();
            let parity = Parity::new(shape);
            let packets = parity.encode(0, &bytes).unwrap();
            let mut received: Vec<Option<Vec<u8>>> = packets.into_iter().map(Some).collect();
            let mut lost = 0;
            while lost < repair {
                let at = (prng.next_u64() % received.len() as u64) as usize;
                lost += u8::from(received[at].take().is_some());
            }
            parity.restore(0, &mut received).unwrap();
            let restored: Vec<u8> =
                received.into_iter().take(usize::from(source)).flatten().flatten().collect();
            prop_assert_eq!(restored, bytes);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn shares_are_what_the_codec_makes_of_a_packet_alone(
            source in 1u8..40, repair in 1u8..40, seed: u64,
        ) {
            let shape = Shape { blocks: 1, source, repair, payload: 1 };
            let (parity, mut prng) = (Parity::new(shape), SplitMix64::new(seed));
            let mut basis: Vec<u8> = (0..source + repair).collect();
            basis.sort_by_cached_key(|_| prng.next_u64());
            basis.truncate(source.into());
            let of = &basis[usize::from(source) / 2..];
            let shares = parity.shares(&basis, of);
            for (at, one) in of.iter().enumerate() {
                let alone = basis.iter().map(|index| (*index, vec![u8::from(index == one)]));
                let mut packets = parity.placed(alone);
                parity.complete(0, &mut packets).unwrap();
                let made: Vec<u8> = packets.into_iter().flatten().flatten().collect();
                let found: Vec<u8> = shares.chunks(of.len()).map(|shares| shares[at]).collect();
                prop_assert_eq!(made, found);
            }
        }
    }

    #[test]
    fn one_packet_too_few_is_an_error() {
        let shape = Shape { blocks: 1, source: 3, repair: 2, payload: 4 };
        let parity = Parity::new(shape);
        let packets = parity.encode(0, &[7; 12]).unwrap();
        let mut received: Vec<Option<Vec<u8>>> = packets.into_iter().map(Some).collect();
        received[..3].fill(None);
        assert!(parity.restore(0, &mut received).is_err());
    }
}
