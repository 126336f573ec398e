//! Blocks of one number that differ. Nothing in them tells which one is right, but a wrong one seldom
//! comes twice: so that counts which came most often, and of equals the first.

use std::collections::BTreeMap;

/// Other contents of one number that are kept.
const OTHERS: usize = 3;

/// A block, and how often it came.
#[derive(Clone, Debug)]
struct Other {
    votes: u8,
    block: Vec<u8>,
}

/// The contents that are not the ones in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Ballots {
    others: BTreeMap<u16, Vec<Other>>,
    /// How many more can be kept.
    room: usize,
}

impl Ballots {
    /// Room for so many blocks.
    pub(super) fn new(room: usize) -> Self {
        Self { others: BTreeMap::new(), room }
    }

    /// Numbers of which several contents have come.
    pub(super) fn disputed(&self) -> usize {
        self.others.len()
    }

    /// Takes one more block of a number, whose content in use is `used`, with `votes`; tells whether
    /// the two have changed places.
    pub(super) fn take(&mut self, id: u16, block: &[u8], used: &mut [u8], votes: &mut u8) -> bool {
        if used == block {
            *votes = votes.saturating_add(1);
            return false;
        }
        let kept = self.others.get(&id).map_or(0, Vec::len);
        if let Some(other) = self
            .others
            .get_mut(&id)
            .and_then(|all| all.iter_mut().find(|other| other.block == block))
        {
            other.votes = other.votes.saturating_add(1);
            if other.votes > *votes {
                used.swap_with_slice(&mut other.block);
                std::mem::swap(&mut other.votes, votes);
                return true;
            }
        } else if self.room > 0 && kept < OTHERS {
            self.room -= 1;
            self.others.entry(id).or_default().push(Other { votes: 1, block: block.to_vec() });
        }
        false
    }
}
