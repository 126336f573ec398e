//! A picture and its hypotheses to the data of Reed-Solomon blocks.
//!
//! Of the hypotheses those are read at which tiles look most like tiles. Rounds of deciding what each
//! cell shows (`decide`) and decoding follow, each learning from what the blocks that decoded say.

use super::align::{align, likeness};
use super::coding::{Cell, Coding};
use super::decide::{Belief, decide, first_look};
use super::mode::{Mode, Parameters};
use super::patches::{Patch, Sampler};
use super::shapes::Shapes;
use crate::dsp::sort_by_number;
use crate::frame::{Hypothesis, Mesh, MeshQuality};
use crate::raster::Picture;
use serde::{Deserialize, Serialize};

/// Hypotheses that are compared with each other, likeliest first, and how many of them are read.
const BATCHES: [(usize, usize); 3] = [(2, 2), (10, 3), (36, 3)];
/// With this share of the groups of cells in place a frame is read.
const ENOUGH_GROUPS: f64 = 0.7;
/// What is tried without a result in one picture: likenesses of hypotheses, meshes, and frames whose
/// mesh fits but no block of which decodes. A tenth of a second and more each, the last two.
const EFFORT: Effort = Effort { likenesses: 150, meshes: 4, frames: 1 };
/// With this share no better place is looked for: in other pictures two thirds are the most.
const SURE_GROUPS: f64 = 0.8;
/// Rounds of learning and decoding at most.
const ROUNDS: usize = 3;

/// The data of Reed-Solomon blocks, as far as they could be read.
pub(super) type Blocks = Vec<Option<Vec<u8>>>;

/// What a frame gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reading {
    /// Its mode.
    pub mode: Mode,
    /// The data of every Reed-Solomon block, in the order of the stream; `None` if it was lost.
    pub blocks: Blocks,
    /// How well the mesh fits.
    pub quality: MeshQuality,
    /// Picture pixels a cell.
    pub pixels_per_cell: f64,
}

/// A frame that was read, and where.
#[derive(Clone, Debug)]
pub(crate) struct FrameRead {
    pub(crate) hypothesis: Hypothesis,
    pub(crate) reading: Reading,
    pub(super) mesh: Mesh,
}

/// The tables of all modes.
#[derive(Clone, Debug)]
pub struct Codings(Vec<Coding>);

impl Codings {
    /// The table of a mode.
    pub(super) fn of(&self, mode: Mode) -> Option<&Coding> {
        self.0.iter().find(|coding| coding.parameters().mode == mode)
    }

    /// The tables of the modes whose frames have their cells at the same places.
    fn groups(&self) -> impl Iterator<Item = &[Coding]> {
        self.0.chunk_by(|a, b| same_cells(a.parameters(), b.parameters()))
    }
}

impl Default for Codings {
    fn default() -> Self {
        Self(Mode::ALL.map(Coding::new).into())
    }
}

impl Reading {
    /// The fountain chunks all of whose blocks are there.
    pub fn chunks(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let length = self.mode.parameters().chunk_blocks();
        let whole = |blocks: &[Option<Vec<u8>>]| blocks.iter().cloned().collect::<Option<Vec<_>>>();
        self.blocks.chunks_exact(length).filter_map(whole).map(|blocks| blocks.concat())
    }

    /// How many blocks could be read.
    pub fn decoded(&self) -> usize {
        count(&self.blocks)
    }

    /// Whether it has as many blocks as a frame of its mode, each as long.
    #[cfg(feature = "receiver")]
    pub(crate) fn is_sound(&self) -> bool {
        let parameters = self.mode.parameters();
        self.blocks.len() == parameters.blocks()
            && self.blocks.iter().flatten().all(|block| block.len() == parameters.data())
    }

    /// The whole payload, zeros where blocks were lost.
    pub fn payload(&self) -> Vec<u8> {
        let lost = vec![0; self.mode.parameters().data()];
        self.blocks.iter().flat_map(|block| block.as_ref().unwrap_or(&lost)).copied().collect()
    }
}

/// What may still be tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Hypotheses that are looked at.
    pub(crate) likenesses: usize,
    /// Meshes that are laid.
    pub(crate) meshes: usize,
    /// Frames that are decoded.
    pub(crate) frames: usize,
}

impl Effort {
    /// No more than another.
    pub(crate) fn min(self, other: Self) -> Self {
        Self {
            likenesses: self.likenesses.min(other.likenesses),
            meshes: self.meshes.min(other.meshes),
            frames: self.frames.min(other.frames),
        }
    }
}

impl Default for Effort {
    fn default() -> Self {
        EFFORT
    }
}

/// Reads a frame at one of several hypotheses, and says which: where tiles look most like tiles, in
/// the first mode of which at least one block decodes.
pub(crate) fn read_frame(
    picture: &Picture,
    hypotheses: &[Hypothesis],
    codings: &Codings,
    effort: &mut Effort,
) -> Option<FrameRead> {
    let groups: Vec<&[Coding]> = codings.groups().collect();
    let mut rest = hypotheses;
    BATCHES.into_iter().find_map(|(batch, reads)| {
        let (batch, others) = rest.split_at(batch.min(rest.len()));
        rest = others;
        let mut ranked = Vec::new();
        for (hypothesis, group) in batch.iter().flat_map(|h| groups.iter().map(move |g| (h, *g))) {
            effort.likenesses = effort.likenesses.checked_sub(1)?;
            let likeness = likeness(picture, group.first()?.parameters(), hypothesis);
            ranked.extend(likeness.map(|likeness| (likeness, hypothesis, group)));
        }
        // A frame that is turned or mirrored looks like tiles too, but less so.
        sort_by_number(&mut ranked, |(likeness, ..)| (-likeness).into());
        let best = ranked.into_iter().take(reads);
        read_best(picture, best.map(|(_, hypothesis, group)| (hypothesis, group)), effort)
    })
}

/// Reads the frame at a hypothesis where one of this mode was before, or one that has its cells at the
/// same places.
pub(crate) fn read_at(
    picture: &Picture,
    hypothesis: &Hypothesis,
    mode: Mode,
    codings: &Codings,
) -> Option<FrameRead> {
    let is_its = |group: &&[Coding]| group.iter().any(|coding| coding.parameters().mode == mode);
    let group = codings.groups().find(is_its)?;
    read_best(picture, std::iter::once((hypothesis, group)), &mut Effort::default())
}

/// Reads the first frame whose mesh fits well; or the one whose mesh fits best.
fn read_best<'a>(
    picture: &Picture,
    candidates: impl Iterator<Item = (&'a Hypothesis, &'a [Coding])>,
    effort: &mut Effort,
) -> Option<FrameRead> {
    let mut best: Option<(MeshQuality, Mesh, &Hypothesis, &[Coding])> = None;
    for (hypothesis, group) in candidates {
        let Some(left) = effort.meshes.checked_sub(1) else { break };
        effort.meshes = left;
        let aligned = align(picture, group.first()?.parameters(), hypothesis);
        let Some((mesh, quality)) = aligned else { continue };
        if best.as_ref().is_none_or(|(before, ..)| before.share() < quality.share()) {
            best = Some((quality, mesh, hypothesis, group));
        }
        if quality.share() >= SURE_GROUPS {
            break;
        }
    }
    let (quality, mesh, hypothesis, group) = best?;
    if quality.share() < ENOUGH_GROUPS {
        return None;
    }
    effort.frames = effort.frames.checked_sub(1)?;
    let patches = Sampler::new(picture, &mesh).patches(&mesh, group.first()?.parameters());
    let (mode, blocks) = read_cells(group, &patches)?;
    let pixels_per_cell = mesh.pixels_per_tile();
    let reading = Reading { mode, blocks, quality, pixels_per_cell };
    Some(FrameRead { hypothesis: *hypothesis, reading, mesh })
}

/// Whether frames of two modes have their cells at the same places.
fn same_cells(a: &Parameters, b: &Parameters) -> bool {
    (a.size, a.offset) == (b.size, b.offset)
}

/// The one of `codings` that finds most blocks in the cells, if any does. Cells of a frame that is
/// mostly empty are blocks of more than one coding.
fn choose<'a>(codings: &'a [Coding], cells: &[Cell]) -> Option<(&'a Coding, Blocks)> {
    let tried = codings.iter().map(|coding| {
        let mut blocks = vec![None; coding.parameters().blocks()];
        coding.decode(cells, &mut blocks);
        (coding, blocks)
    });
    let most = tried.max_by_key(|(_, blocks)| count(blocks));
    // Whatever looks the same all over is blocks of zeros.
    let says = |blocks: &Blocks| blocks.iter().flatten().flatten().any(|byte| *byte != 0);
    most.filter(|(_, blocks)| says(blocks))
}

/// The one of `codings` that the cells' samples are of, and its blocks.
fn read_cells(codings: &[Coding], patches: &[Patch]) -> Option<(Mode, Blocks)> {
    let layout = codings.first()?.parameters();
    let mut cells = first_look(patches);
    let mut known = vec![[None; 2]; patches.len()];
    let mut chosen: Option<(&Coding, Blocks)> = None;
    // Colours can be told apart in a wrong way; when nothing decodes any more, try another.
    let mut attempt = 0;
    for _ in 0..ROUNDS {
        let shapes = Shapes::learn(layout, patches, &cells);
        cells = decide(layout, &shapes, patches, Belief { cells: &cells, known: &known }, attempt);
        let before = chosen.as_ref().map_or(0, |(_, blocks)| count(blocks));
        match &mut chosen {
            Some((coding, blocks)) => coding.decode(&cells, blocks),
            None => chosen = choose(codings, &cells),
        }
        let now = chosen.as_ref().map_or(0, |(_, blocks)| count(blocks));
        attempt += usize::from(now == before);
        // Shapes and colours are apart in most modes, and shapes are read at once or never.
        let Some((coding, blocks)) = &chosen else { break };
        if now == blocks.len() {
            break;
        }
        known = coding.known(blocks);
        for (cell, known) in cells.iter_mut().zip(&known) {
            cell.symbol = known[0].unwrap_or(cell.symbol);
            cell.colour = known[1].unwrap_or(cell.colour);
        }
    }
    chosen.map(|(coding, blocks)| (coding.parameters().mode, blocks))
}

/// Blocks that could be read.
fn count(blocks: &Blocks) -> usize {
    blocks.iter().flatten().count()
}
