//! A glance at the next picture of a video: sixteen samples a cell, where the frame is known to be and
//! with the colours as they were in the picture before.
//!
//! It decides what cells show almost as well as a whole reading, in a tenth of its time. Whether it is
//! right is left to the code: all blocks are what was read before, or all of them can be corrected; or
//! the picture is read anew.

use super::coding::Cell;
use super::contrasts::{Contrast, Precision, cluster_means, covariance, inverse, squared_distance};
use super::mode::{Mode, PITCH, Parameters, TILE};
use super::read::{Codings, FrameRead, Reading};
use super::tiles::is_coloured;
use super::whole::{KnownFrames, WholeFrame};
use crate::frame::{Hypothesis, Mesh, MeshQuality};
use crate::raster::{Picture, Point};

/// Samples of a tile, a side: each lies where four pixels of the frame meet, and has a part of each.
const SIDE: usize = 4;
const SAMPLES: usize = SIDE * SIDE;
/// Pixels of the frame from one sample to the next.
const STEP: usize = TILE / SIDE;
/// Contrasts that are less, in grey levels, say nothing about colour.
const MIN_CONTRAST: f32 = 1.0;

/// How frames look in a video, as learned from one that was read in full.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    mode: Mode,
    mesh: Mesh,
    quality: MeshQuality,
    shades: Shades,
}

/// Where the four colours are: means, and precision around them.
#[derive(Clone, Debug)]
struct Shades([Contrast; 4], Precision);

/// What was seen of a frame at a glance.
pub(crate) struct Glance<'a> {
    look: &'a Look,
    codings: &'a Codings,
    mesh: Mesh,
    contrasts: Vec<Contrast>,
    received: Vec<u8>,
}

impl Look {
    /// The look of a frame that was read in this picture; `None` if not in full.
    pub(crate) fn of(picture: &Picture, read: &FrameRead, codings: &Codings) -> Option<Self> {
        let Reading { mode, blocks, quality, .. } = &read.reading;
        let contrasts = glimpse(picture, &read.mesh, mode.parameters()).1;
        let shades = Shades::of(&WholeFrame::of(*mode, blocks, codings)?, &contrasts, codings)?;
        Some(Self { mode: *mode, mesh: read.mesh.clone(), quality: *quality, shades })
    }

    /// Looks at a frame in the next picture, at a hypothesis near the one before.
    pub(crate) fn glance<'a>(
        &'a self,
        picture: &Picture,
        hypothesis: &Hypothesis,
        codings: &'a Codings,
    ) -> Option<Glance<'a>> {
        let mesh = self.mesh.moved(hypothesis)?;
        let (symbols, contrasts) = glimpse(picture, &mesh, self.mode.parameters());
        let cell = |(&symbol, contrast): (&u8, &Contrast)| Cell {
            symbol,
            colour: self.shades.nearest(contrast),
            ..Cell::default()
        };
        let cells: Vec<Cell> = symbols.iter().zip(&contrasts).map(cell).collect();
        let received = codings.of(self.mode)?.received(&cells);
        Some(Glance { look: self, codings, mesh, contrasts, received })
    }
}

impl Glance<'_> {
    /// The frame that the picture shows, if it is one of these.
    pub(crate) fn known(&self, frames: &KnownFrames) -> Option<WholeFrame> {
        frames.find(&self.received, self.codings.of(self.look.mode)?)
    }

    /// The frame that the picture shows, if all of it can be corrected.
    pub(crate) fn decode(&self) -> Option<WholeFrame> {
        let coded = self.codings.of(self.look.mode)?.corrected(self.received.clone())?;
        WholeFrame::new(self.look.mode, coded)
    }

    /// What was read, if this is the frame.
    pub(crate) fn reading(&self, frame: &WholeFrame) -> Reading {
        Reading {
            mode: frame.mode(),
            blocks: frame.blocks(),
            quality: self.look.quality,
            pixels_per_cell: self.mesh.pixels_per_tile(),
        }
    }

    /// How frames look now, if this is the frame: the light may change.
    pub(crate) fn look(&self, frame: &WholeFrame) -> Look {
        let shades = Shades::of(frame, &self.contrasts, self.codings);
        let shades = shades.unwrap_or_else(|| self.look.shades.clone());
        Look { mesh: self.mesh.clone(), shades, ..*self.look }
    }
}

impl Shades {
    /// Where the colours of a frame are in its cells' contrasts.
    fn of(frame: &WholeFrame, contrasts: &[Contrast], codings: &Codings) -> Option<Self> {
        let known = codings.of(frame.mode())?.known(&frame.blocks());
        let labels: Vec<usize> = known.iter().map(|cell| cell[1].unwrap_or(0).into()).collect();
        let mut means = [Contrast::default(); 4];
        cluster_means(contrasts, &labels, &mut means);
        let within = labels.iter().map(|&label| means.get(label).copied().unwrap_or_default());
        let precision = inverse(covariance(contrasts, within)).0;
        Some(Self(means, precision))
    }

    fn nearest(&self, contrast: &Contrast) -> u8 {
        let distances = self.0.map(|mean| squared_distance(&self.1, contrast, &mean));
        (0u8..4)
            .min_by(|&a, &b| distances[usize::from(a)].total_cmp(&distances[usize::from(b)]))
            .unwrap_or(0)
    }
}

/// The likeliest tile of every cell, and the shares of red, green and blue in the contrast of its
/// coloured samples against its dark ones, which are the same in any light.
fn glimpse(picture: &Picture, mesh: &Mesh, parameters: &Parameters) -> (Vec<u8>, Vec<Contrast>) {
    let tiles = coarse_tiles();
    let look = |(column, row): (usize, usize)| {
        let at = Point::new(column as f64 + 0.5, row as f64 + 0.5);
        let ((dx, dy), centre) = (mesh.steps(at), mesh.place(at.x, at.y));
        let step = STEP as f64 / PITCH as f64;
        let (mut scores, mut samples) = ([0f32; 16], [[0f32; 3]; SAMPLES]);
        for (i, (sample, tiles)) in samples.iter_mut().zip(&tiles).enumerate() {
            let along = |v: usize| (v as f64 - (SIDE - 1) as f64 / 2.0) * step;
            let p = centre + dx * along(i % SIDE) + dy * along(i / SIDE);
            *sample = picture.sample(p.x, p.y);
            let brightness: f32 = sample.iter().sum();
            scores.iter_mut().zip(tiles).for_each(|(score, tile)| *score += tile * brightness);
        }
        let best = (0..16).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
        let contrast: Contrast = std::array::from_fn(|c| {
            samples.iter().zip(&tiles).map(|(sample, tiles)| tiles[best] * sample[c]).sum()
        });
        let sum = contrast.iter().sum::<f32>().max(MIN_CONTRAST);
        (best as u8, contrast.map(|value| value / sum))
    };
    parameters.places().into_iter().map(look).unzip()
}

/// What the sixteen tiles are worth in each sample: of mean 0 and length 1 for each tile.
fn coarse_tiles() -> [[f32; 16]; SAMPLES] {
    let mut tiles: [[f32; 16]; SAMPLES] = std::array::from_fn(|i| {
        std::array::from_fn(|symbol| {
            let coloured = (0..STEP * STEP).filter(|pixel| {
                let (x, y) = (i % SIDE * STEP + pixel % STEP, i / SIDE * STEP + pixel / STEP);
                is_coloured(symbol, x, y)
            });
            coloured.count() as f32
        })
    });
    for symbol in 0..16 {
        let mean = tiles.iter().map(|sample| sample[symbol]).sum::<f32>() / SAMPLES as f32;
        tiles.iter_mut().for_each(|sample| sample[symbol] -= mean);
        let length = tiles.iter().map(|sample| sample[symbol].powi(2)).sum::<f32>().sqrt();
        tiles.iter_mut().for_each(|sample| sample[symbol] /= length);
    }
    tiles
}
