//! What has arrived of one block: where each packet's payload lies, and which are to be used.
//!
//! A packet can be there in several versions: its CRC says that it was received as it was sent, not
//! who sent it. All of them stay until it is known which are wrong.

use super::PacketId;
use std::collections::BTreeSet;

/// Bits of a version that are its place.
const PLACE_BITS: u32 = 56;
/// Versions of one packet that are kept at most.
const MAX_VERSIONS: usize = 4;

/// A payload in the store: its packet's index in the block, and its place. Eight bytes, since a large
/// file has millions. Ordered by index, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u64);

impl Version {
    pub(super) fn new(index: u8, place: u64) -> Self {
        Self(u64::from(index) << PLACE_BITS | place & ((1 << PLACE_BITS) - 1))
    }

    pub(super) fn index(self) -> u8 {
        (self.0 >> PLACE_BITS) as u8
    }

    pub(super) fn place(self) -> u64 {
        self.0 & ((1 << PLACE_BITS) - 1)
    }
}

/// Places of payloads that are not to be used.
pub(super) type Suspects = BTreeSet<u64>;

/// Which version of a packet is used where nothing else tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Preference {
    /// The one that came first.
    #[default]
    Oldest,
    /// The one that came last.
    Newest,
}

/// The packets of a block, as far as they have arrived.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Ascending.
    versions: Vec<Version>,
    /// Packets of which there is a version that is no suspect.
    distinct: u16,
}

impl Block {
    /// Packets that can be used.
    pub(super) fn distinct(&self) -> usize {
        usize::from(self.distinct)
    }

    /// All versions.
    pub(super) fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The versions of one packet.
    pub(super) fn of(&self, index: u8) -> &[Version] {
        let start = self.versions.partition_point(|version| version.index() < index);
        let rest = self.versions.get(start..).unwrap_or_default();
        let count = rest.iter().take_while(|version| version.index() == index).count();
        rest.get(..count).unwrap_or_default()
    }

    /// Whether another version of a packet is worth keeping.
    pub(super) fn has_room(&self, index: u8) -> bool {
        self.of(index).len() < MAX_VERSIONS
    }

    /// Adds a version of a packet.
    pub(super) fn add(&mut self, id: PacketId, place: u64, suspects: &Suspects) {
        let version = Version::new(id.index, place);
        let is_new = self.of(id.index).iter().all(|other| suspects.contains(&other.place()));
        let at = self.versions.partition_point(|other| *other < version);
        self.versions.insert(at, version);
        self.distinct += u16::from(is_new);
    }

    /// Removes the version at a place; what can be used has to be counted again.
    pub(super) fn remove(&mut self, place: u64) {
        self.versions.retain(|version| version.place() != place);
    }

    /// Counts again what can be used.
    pub(super) fn recount(&mut self, suspects: &Suspects) {
        self.distinct = self.packets(suspects).count() as u16;
    }

    /// The usable versions of each packet of which there is one.
    pub(super) fn packets(&self, suspects: &Suspects) -> impl Iterator<Item = Vec<Version>> {
        let usable = |version: &&Version| !suspects.contains(&version.place());
        let by_index = self.versions.chunk_by(|a, b| a.index() == b.index());
        let packets =
            by_index.map(move |versions| versions.iter().filter(usable).copied().collect());
        packets.filter(|versions: &Vec<Version>| !versions.is_empty())
    }

    /// `count` versions of different packets: those that nothing contradicts first, in the order of
    /// their indices, so that source packets come before repair packets.
    pub(super) fn choose(
        &self,
        count: usize,
        suspects: &Suspects,
        preference: Preference,
    ) -> Vec<Version> {
        let (mut chosen, mut doubtful) = (Vec::with_capacity(count), Vec::new());
        for versions in self.packets(suspects) {
            match (versions.as_slice(), preference) {
                ([only], _) => chosen.push(*only),
                ([first, ..], Preference::Oldest) => doubtful.push(*first),
                ([.., last], Preference::Newest) => doubtful.push(*last),
                ([], _) => {}
            }
            if chosen.len() == count {
                return chosen;
            }
        }
        let missing = count.saturating_sub(chosen.len());
        chosen.extend(doubtful.into_iter().take(missing));
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u8) -> PacketId {
        PacketId { transfer: 1, block: 0, index }
    }

    #[test]
    fn versions_keep_index_and_place() {
        let version = Version::new(255, 1 << 40 | 77);
        assert_eq!((version.index(), version.place()), (255, 1 << 40 | 77));
        assert!(Version::new(3, 900) < Version::new(4, 5));
    }

    #[test]
    fn what_nothing_contradicts_is_chosen_first() {
        let (mut block, mut suspects) = (Block::default(), Suspects::new());
        for (index, place) in [(1, 10), (0, 20), (1, 30), (5, 40)] {
            block.add(id(index), place, &suspects);
        }
        let places = |count, suspects: &Suspects, preference| -> Vec<u64> {
            let chosen = block.choose(count, suspects, preference);
            chosen.into_iter().map(Version::place).collect()
        };
        assert_eq!(block.distinct(), 3);
        assert_eq!(places(2, &suspects, Preference::Oldest), [20, 40]);
        assert_eq!(places(3, &suspects, Preference::Oldest), [20, 40, 10]);
        assert_eq!(places(3, &suspects, Preference::Newest), [20, 40, 30]);
        suspects.insert(10);
        assert_eq!(places(2, &suspects, Preference::Oldest), [20, 30]);
    }

    #[test]
    fn suspects_do_not_count_and_can_come_again() {
        let (mut block, mut suspects) = (Block::default(), Suspects::new());
        block.add(id(2), 10, &suspects);
        suspects.insert(10);
        block.recount(&suspects);
        assert_eq!(block.distinct(), 0);
        block.add(id(2), 50, &suspects);
        assert_eq!(block.distinct(), 1);
        assert_eq!(block.of(2).len(), 2);
    }
}
