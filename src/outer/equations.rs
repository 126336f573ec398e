//! What the incomplete blocks of a lane lack, and the equations that are known of it.
//!
//! What is unknown is settled once, when a lane is begun: of a block that has K - d packets, d of the
//! others. Each further packet of the lane is an equation in these, whichever it is: a cross packet in
//! those of all blocks, a block's own packet in those of its block. So equations that are there never
//! change, and each packet is worked in once, whenever it comes.

use super::PacketId;
use super::field::mul_slice;
use super::linear::Echelon;
use super::show::Show;

/// What an incomplete block lacks.
#[derive(Debug)]
pub(super) struct Lacking {
    pub(super) block: u32,
    /// The indices of d packets that it lacks.
    pub(super) indices: Vec<u8>,
    /// How much each of its packets has of each of these.
    pub(super) shares: Vec<u8>,
}

impl Lacking {
    fn share(&self, index: u8) -> &[u8] {
        let width = self.indices.len();
        let rest = self.shares.get(usize::from(index) * width..).unwrap_or_default();
        rest.get(..width).unwrap_or_default()
    }
}

/// The equations of a lane, without their payloads.
#[derive(Debug)]
pub(super) struct Equations {
    lacking: Vec<Lacking>,
    /// Packets that are unknown.
    width: usize,
    /// Bytes of all shares.
    shares: usize,
    echelon: Echelon,
    /// Packets that are independent equations, block and index.
    chosen: Vec<(u32, u8)>,
    /// Packets that are to be looked at.
    pending: Vec<(u32, u8)>,
    /// Own packets of blocks came since these were begun.
    has_aged: bool,
}

impl Equations {
    /// What is said of `lacking` by cross packets, blocks and indices.
    pub(super) fn new(lacking: Vec<Lacking>, crosses: Vec<(u32, u8)>) -> Self {
        let width = lacking.iter().map(|one| one.indices.len()).sum();
        let shares = lacking.iter().map(|one| one.shares.len()).sum();
        let (echelon, chosen) = (Echelon::default(), Vec::new());
        Self { lacking, width, shares, echelon, chosen, pending: crosses, has_aged: false }
    }

    pub(super) fn lacking(&self) -> &[Lacking] {
        &self.lacking
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The equations that determine everything, as soon as they do.
    pub(super) fn chosen(&self) -> &[(u32, u8)] {
        &self.chosen
    }

    /// Another packet of the lane.
    pub(super) fn heard(&mut self, id: PacketId, is_cross: bool) {
        self.has_aged |= !is_cross;
        self.pending.push((id.block, id.index));
    }

    /// Equations that are lacking yet; 0 if all can be worked out.
    pub(super) fn wanted(&self) -> usize {
        self.width.saturating_sub(self.echelon.len())
    }

    /// Whether there are packets yet to be looked at, as far as they are needed.
    pub(super) fn is_pending(&self) -> bool {
        self.wanted() > 0 && !self.pending.is_empty()
    }

    /// Whether own packets of blocks came since: the same lane, begun now, lacks less.
    pub(super) fn has_aged(&self) -> bool {
        self.has_aged
    }

    /// Bytes that all of it takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        let lists = self.chosen.capacity() + self.pending.capacity();
        self.shares + self.echelon.bytes() + lists * size_of::<(u32, u8)>()
    }

    /// Works in what is pending, as far as it is needed and takes no more than about `most` products;
    /// those that it took.
    pub(super) fn work_in(&mut self, show: &Show, most: u64) -> u64 {
        let before = self.echelon.work();
        while self.wanted() > 0 && self.echelon.work() - before < most {
            let Some((block, index)) = self.pending.pop() else { break };
            if self.echelon.add(self.values(show, block, index)) {
                self.chosen.push((block, index));
            }
        }
        self.echelon.work() - before
    }

    /// What a packet of the lane has of all that is unknown.
    pub(super) fn values(&self, show: &Show, block: u32, index: u8) -> Vec<u8> {
        let row = show.row_of(block);
        let mut values = vec![0; self.width];
        let mut rest = values.as_mut_slice();
        for lacking in &self.lacking {
            let share = lacking.share(index);
            let Some((part, after)) = rest.split_at_mut_checked(share.len()) else { break };
            let own = || u8::from(lacking.block == block);
            mul_slice(row.map_or_else(own, |row| show.factor(lacking.block, row)), share, part);
            rest = after;
        }
        values
    }
}
