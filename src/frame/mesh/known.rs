//! Where marks are not found, or wrong ones are: the tiles around that are known anyway say how far the
//! mesh is off, by up to a few tiles.

use super::Mesh;
use super::sample::colour;
use crate::raster::{Picture, Point};

/// Tiles to each side that the frame is looked for, and steps a tile.
const REACH: isize = 3;
const STEPS: isize = 2;
/// Places that are looked at, a side, and at all.
const SIDE: usize = (2 * REACH * STEPS + 1) as usize;
const PLACES: usize = SIDE * SIDE;
/// Known tiles count that are at most this far from a node, in tiles, in both directions.
const AROUND: f64 = 32.0;
/// A place is taken where known tiles agree by so many deviations of chance; of all places looked at,
/// wrong ones reach four.
const MIN_AGREEMENT: f32 = 6.0;
/// And by so much more than at the place where the mesh is.
const MIN_GAIN: f32 = 1.5;

/// A tile of which the colour is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownTile {
    /// Its position in scan order.
    pub(crate) tile: usize,
    /// What a channel's difference from its level counts: of the sign that it should have.
    pub(crate) weights: [f32; 3],
    /// The channels' levels there.
    pub(crate) levels: [f32; 3],
}

impl Mesh {
    /// Moves the mesh wherever known tiles, in scan order, are plainly elsewhere. Whether that was so.
    pub(crate) fn follow_known(&mut self, picture: &Picture, known: &[KnownTile]) -> bool {
        let scores: Vec<(Point, [f32; PLACES])> =
            known.iter().map(|known| self.scores(picture, known)).collect();
        let moves: Vec<Option<Point>> =
            (0..self.offsets.len()).map(|node| self.plain_move(node, &scores)).collect();
        let moved = moves.iter().flatten().any(|step| *step != Point::default());
        if moved {
            self.move_by(&moves);
        }
        moved
    }

    /// How much the picture looks like a known tile at all places around it.
    fn scores(&self, picture: &Picture, known: &KnownTile) -> (Point, [f32; PLACES]) {
        let (column, row) = (known.tile % self.columns, known.tile / self.columns);
        let at = Point::new(column as f64 + 0.5, row as f64 + 0.5);
        let (place, (dx, dy)) = (self.place(at.x, at.y), self.steps(at));
        let scores = std::array::from_fn(|i| {
            let aside = aside(i);
            let colour = colour(picture, place + dx * aside.x + dy * aside.y);
            (0..3).map(|c| known.weights[c] * (colour[c] - known.levels[c])).sum()
        });
        (at, scores)
    }

    /// How far, in tiles, the frame is from where a node has it; `None` if nothing is plain.
    fn plain_move(&self, node: usize, scores: &[(Point, [f32; PLACES])]) -> Option<Point> {
        let at = self.node_place(node);
        // They are in scan order: those of the rows around follow each other.
        let first = scores.partition_point(|(p, _)| p.y < at.y - AROUND);
        let rows = scores.iter().skip(first).take_while(|(p, _)| p.y <= at.y + AROUND);
        let (mut sums, mut count) = ([0f32; PLACES], 0);
        for (_, scores) in rows.filter(|(p, _)| (p.x - at.x).abs() <= AROUND) {
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
            count += 1;
        }
        let chance = (3.0 * count as f32).sqrt();
        let best = (0..PLACES).max_by(|&a, &b| sums[a].total_cmp(&sums[b]))?;
        let plain = sums[best] >= MIN_AGREEMENT * chance;
        let stays = sums[best] < MIN_GAIN * sums[PLACES / 2];
        plain.then(|| if stays { Point::default() } else { aside(best) })
    }

    /// Moves each node by the mean of what is plain around it.
    fn move_by(&mut self, moves: &[Option<Point>]) {
        let (across, down) = (self.nodes_across, moves.len() / self.nodes_across);
        let reach = (AROUND as usize / 2).div_ceil(self.node);
        for node in 0..moves.len() {
            let (i, j) = (node % across, node / across);
            let rows = j.saturating_sub(reach)..(j + reach + 1).min(down);
            let columns = i.saturating_sub(reach)..(i + reach + 1).min(across);
            let around =
                rows.flat_map(|y| columns.clone().filter_map(move |x| moves[y * across + x]));
            let (sum, count) =
                around.fold((Point::default(), 0.0), |(sum, n), step| (sum + step, n + 1.0));
            let (dx, dy) = self.steps(self.node_place(node));
            let step = sum * (1.0 / f64::max(count, 1.0));
            self.offsets[node] = self.offsets[node] + dx * step.x + dy * step.y;
        }
    }
}

/// The place with this number, in tiles from the middle.
fn aside(place: usize) -> Point {
    let of = |v: usize| (v as f64 - (SIDE / 2) as f64) / STEPS as f64;
    Point::new(of(place % SIDE), of(place / SIDE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Geometry, Hypothesis, Palette};
    use crate::prng::SplitMix64;

    /// Every ninth tile, of these bits.
    fn pilots(columns: usize, bits: &[u8]) -> Vec<KnownTile> {
        let tiles = (0..22 * 22).map(|i| (i / 22 * 9 + 4) * columns + i % 22 * 9 + 4);
        let weights =
            |tile: usize| std::array::from_fn(|c| (f32::from(bits[3 * tile + c]) - 0.5) / 30.0);
        let known = |tile| KnownTile { tile, weights: weights(tile), levels: [120.0; 3] };
        tiles.map(known).collect()
    }

    #[test]
    fn parts_of_the_mesh_that_are_off_by_tiles_come_back() {
        const TILE: usize = 3;
        let geometry = Geometry::new(612, 612, TILE, Palette::Colour).unwrap();
        let (columns, rows) = (usize::from(geometry.columns), usize::from(geometry.rows));
        let tiles = SplitMix64::new(3).bits(columns * rows * 3);
        let (width, height) = (columns * TILE, rows * TILE);
        let of_pixel = |i: usize| i / width / TILE * columns + i % width / TILE;
        let rgb = (0..width * height).flat_map(|i| {
            let bits = &tiles[3 * of_pixel(i)..][..3];
            bits.iter().map(|bit| 60 + 120 * bit).collect::<Vec<u8>>()
        });
        let picture = Picture::from_rgb(width, height, rgb.collect()).unwrap();
        let inset = geometry.finder_inset() as f64 - 0.5;
        let (near, far) = (inset, width as f64 - 1.0 - inset);
        let corners =
            [(near, near), (far, near), (far, far), (near, far)].map(|(x, y)| Point::new(x, y));
        let hypothesis = Hypothesis { corners, radii: [9.0; 4], guessed: None, plausibility: 0.0 };
        let mut mesh = Mesh::from_hypothesis(geometry, &hypothesis).unwrap();
        let known = pilots(columns, &tiles);
        assert!(!mesh.follow_known(&picture, &known), "it is in place");
        let away = Point::new(2.0 * TILE as f64, -1.5 * TILE as f64);
        for node in 0..mesh.offsets.len() / 2 {
            mesh.offsets[node] = away;
        }
        assert!(mesh.follow_known(&picture, &known));
        let worst = |mesh: &Mesh| {
            // But for those around the seam.
            let (above, below) = (mesh.offsets.len() * 3 / 10, mesh.offsets.len() * 7 / 10);
            let offsets = mesh.offsets[..above].iter().chain(&mesh.offsets[below..]);
            offsets.map(|offset| offset.norm()).fold(0.0, f64::max)
        };
        assert!(worst(&mesh) < 0.8 * TILE as f64, "{}", worst(&mesh));
        let grey = Picture::from_rgb(width, height, vec![120; 3 * width * height]).unwrap();
        assert!(!mesh.follow_known(&grey, &known), "nothing is there");
    }
}
