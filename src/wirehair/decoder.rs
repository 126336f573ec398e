//! Blocks to the message, as they come.

use super::ballots::Ballots;
use super::encoder::make;
use super::heavy::Heavy;
use super::params::Params;
use super::peel::peel;
use super::rows::Rows;
use super::solve::{Contradiction, Solver};
use super::store::Store;
use super::system::{Effect, System};

/// Room that is made beyond the fewest blocks.
const SPARE: usize = 8;
/// No block came with this number.
const NEVER: u32 = u32::MAX;
/// A block came with this number, and was of no use.
const DROPPED: u32 = u32::MAX - 1;

/// How far a message has come.
#[derive(Clone, Debug)]
enum Stage {
    /// The system is not looked at before so many blocks are there.
    Collecting { until: usize },
    /// The rows do not determine the message; each further one is added as it comes.
    Short(Box<System>),
    /// They do, but the blocks contradicted each other.
    Determined(Box<(System, Heavy)>),
    /// The message has been given.
    Done,
}

/// The blocks of one message of known length.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    size: usize,
    params: Params,
    blocks: Store,
    rows: Rows,
    /// The number of each block.
    ids: Vec<u16>,
    /// How often each block came.
    votes: Vec<u8>,
    /// Where the block of each number is.
    places: Vec<u32>,
    ballots: Ballots,
    received: usize,
    /// Blocks that are pieces of the message.
    plain: usize,
    stage: Stage,
    /// Whether something has come that may decide.
    news: bool,
}

impl Decoder {
    /// No blocks yet; `None` for a message that cannot be.
    pub(crate) fn new(size: usize, block_bytes: usize) -> Option<Self> {
        let params = Params::of(size, block_bytes)?;
        Some(Self {
            size,
            blocks: Store::new(block_bytes),
            rows: Rows::new(&params),
            ids: Vec::new(),
            votes: Vec::new(),
            places: Vec::new(),
            ballots: Ballots::new(params.n / 16 + 4),
            received: 0,
            plain: 0,
            stage: Stage::Collecting { until: params.n },
            news: false,
            params,
        })
    }

    /// Numbers of which a block has come.
    pub(crate) fn received(&self) -> usize {
        self.received
    }

    /// Numbers of which several contents have come.
    pub(crate) fn disputed(&self) -> usize {
        self.ballots.disputed()
    }

    /// Takes a block; one of another length is ignored, and any after the message was given.
    pub(crate) fn add(&mut self, id: u16, block: &[u8]) {
        if block.len() != self.blocks.block_bytes() || matches!(self.stage, Stage::Done) {
            return;
        }
        // What is sent beyond the end of the message is not part of it.
        let rest = self.size.saturating_sub(usize::from(id) * block.len());
        let short = usize::from(id) + 1 == self.params.n;
        let block = if short { &block[..rest.min(block.len())] } else { block };
        if self.places.len() <= usize::from(id) {
            self.places.resize(usize::from(id) + 1, NEVER);
        }
        match self.places[usize::from(id)] {
            NEVER => self.insert(id, block),
            DROPPED => {}
            place => {
                let place = place as usize;
                let (used, votes) = (self.blocks.block_mut(place), &mut self.votes[place]);
                let used = &mut used[..block.len()];
                self.news |= self.ballots.take(id, block, used, votes);
            }
        }
    }

    /// Takes the first block of a number.
    fn insert(&mut self, id: u16, block: &[u8]) {
        self.received += 1;
        self.places[usize::from(id)] = DROPPED;
        if matches!(self.stage, Stage::Determined(_)) {
            return;
        }
        self.make_room();
        let place = self.blocks.len();
        self.rows.push(&self.params, id);
        self.blocks.push(block);
        let effect = match &mut self.stage {
            Stage::Short(system) => system.add(&self.rows, place as u16),
            _ => Effect::Rank,
        };
        if effect == Effect::Nothing {
            self.rows.pop();
            self.blocks.pop();
            return;
        }
        self.places[usize::from(id)] = place as u32;
        self.ids.push(id);
        self.votes.push(1);
        self.plain += usize::from(usize::from(id) < self.params.n);
        self.news |= effect == Effect::Rank;
    }

    /// Makes room for a block: for three times what is there, but hardly more than the message
    /// needs.
    fn make_room(&mut self) {
        let (there, n) = (self.blocks.len(), self.params.n);
        if there == self.blocks.capacity() {
            let more =
                if there < n { (3 * there).clamp(8, n - there + SPARE) } else { SPARE + n / 16 };
            self.blocks.reserve(more);
        }
    }

    /// The message, once; `None` if more blocks are needed. It does nothing unless something came
    /// that may decide.
    pub(crate) fn message(&mut self) -> Result<Option<Vec<u8>>, Contradiction> {
        if !std::mem::take(&mut self.news) {
            return Ok(None);
        }
        if self.plain == self.params.n {
            return Ok(Some(self.give(None)));
        }
        self.advance();
        let Stage::Determined(solved) = &self.stage else { return Ok(None) };
        let (system, heavy) = solved.as_ref();
        let Self { params, rows, blocks, .. } = &*self;
        let columns = Solver { params, rows, blocks, system, heavy }.columns()?;
        Ok(Some(self.give(Some(columns))))
    }

    /// Comes as far as the rows allow.
    fn advance(&mut self) {
        if let Stage::Collecting { until } = self.stage
            && self.rows.len() >= until
            // Only the dense rows can give a column that no block has.
            && self.rows.bare() <= self.params.dense
        {
            let peeling = peel(&self.rows, self.params.n, most_inactive(self.params.n));
            self.stage = match peeling {
                Some(peeling) => {
                    Stage::Short(Box::new(System::new(&self.params, &self.rows, peeling)))
                }
                // No honest sender's numbers are such; others are.
                None => Stage::Collecting { until: self.rows.len() + self.params.n / 16 + 1 },
            };
        }
        if let Stage::Short(system) = &mut self.stage
            && let Some(heavy) = Heavy::new(&self.params, system)
        {
            system.close();
            let system = std::mem::take(system.as_mut());
            self.stage = Stage::Determined(Box::new((system, heavy)));
        }
    }

    /// Makes the pieces that did not come, in the places of blocks that are none, and forgets all
    /// but the message.
    fn give(&mut self, columns: Option<Store>) -> Vec<u8> {
        self.stage = Stage::Done;
        let mut blocks = std::mem::replace(&mut self.blocks, Store::new(1));
        let mut places = std::mem::take(&mut self.places);
        places.resize(self.params.n, NEVER);
        let ids = std::mem::take(&mut self.ids);
        self.rows = Rows::default();
        self.votes = Vec::new();
        // The memory of the columns is enough for the message.
        let mut message = Vec::new();
        if let Some(columns) = columns {
            let mut peel = Vec::new();
            let repair = (0..).zip(&ids).filter(|(_, id)| usize::from(**id) >= self.params.n);
            let missing = (0..).zip(&mut places).filter(|(_, place)| **place >= DROPPED);
            for ((id, place), (free, _)) in missing.zip(repair) {
                make(&self.params, &columns, id, &mut peel, blocks.get_mut(free as usize));
                *place = free;
            }
            message = columns.into_bytes();
            message.clear();
        }
        message.reserve_exact(self.size);
        for place in places {
            let block = blocks.block(place as usize);
            message.extend_from_slice(&block[..block.len().min(self.size - message.len())]);
        }
        message.shrink_to_fit();
        message
    }
}

/// Most inactive columns that are worked with: several times what random numbers give.
fn most_inactive(n: usize) -> usize {
    2 * n.isqrt() + n / 50 + 600
}
