//! Sides that bow: on curved paper, and behind strong lenses, what lies between two finders is beside
//! the straight line from one to the other, further than a mark is looked for. How far is found side
//! by side, from the marks that are near it.

use super::Mesh;
use super::marks::Template;
use crate::raster::{Picture, Point};

/// How far a side may bow, as a share of its length, and steps, in tiles.
const MOST: f64 = 0.035;
const STEP: f64 = 0.75;
/// Marks this near a side tell of it, as a share of the distance to the other one.
const NEAR: f64 = 0.14;
/// Marks that have to be found for a side to bow.
const ENOUGH: usize = 3;

/// By how much the middles of the four sides between the finders are off the straight line, in picture
/// pixels: the upper one, the lower one, the left and the right one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bow([Point; 4]);

impl Bow {
    /// How far off a point is, given its place between the finders, from 0 to 1 in both directions.
    pub(super) fn at(&self, place: Point) -> Point {
        let arc = |v: f64| 4.0 * v * (1.0 - v);
        let [upper, lower, left, right] = self.0;
        (upper * (1.0 - place.y) + lower * place.y) * arc(place.x)
            + (left * (1.0 - place.x) + right * place.x) * arc(place.y)
    }

    /// With one side changed.
    fn with(&self, side: usize, bow: Point) -> Self {
        let mut changed = *self;
        if let Some(side) = changed.0.get_mut(side) {
            *side = bow;
        }
        changed
    }
}

impl Mesh {
    /// A point's place between the finders.
    pub(super) fn between_finders(&self, at: Point) -> Point {
        let [first, _, last, _] = self.finders;
        let share = |v: f64, from: f64, to: f64| (v - from) / (to - from).max(1e-9);
        Point::new(share(at.x, first.x, last.x), share(at.y, first.y, last.y))
    }

    /// How the sides bow, by the marks near them.
    pub(super) fn bow(&self, picture: &Picture, marks: &[Point], template: &Template) -> Bow {
        let find = |mark: &Point, bow: &Bow| {
            let predicted = bow.at(self.between_finders(*mark));
            self.find_mark(picture, template, *mark, predicted).is_some()
        };
        (0..4).fold(Bow::default(), |bow, side| {
            let away = |mark: &&Point| {
                let place = self.between_finders(**mark);
                [place.y, 1.0 - place.y, place.x, 1.0 - place.x][side] < NEAR
            };
            let near: Vec<&Point> = marks.iter().filter(away).collect();
            let (outward, length) = self.outward(side);
            let steps = (MOST * length / STEP) as i32;
            let bowed = |step: i32| bow.with(side, outward * (f64::from(step) * STEP));
            let tried = (-steps..=steps).map(|step| {
                let bow = bowed(step);
                (near.iter().filter(|mark| find(mark, &bow)).count(), -step.abs(), step)
            });
            match tried.max() {
                Some((count, _, step)) if count >= ENOUGH => bowed(step),
                _ => bow,
            }
        })
    }

    /// The picture's step for a tile across a side, at its middle, and the side's length in tiles.
    fn outward(&self, side: usize) -> (Point, f64) {
        let [first, _, last, _] = self.finders;
        let middle = (first + last) * 0.5;
        let (dx, dy) = self.map.steps(match side {
            0 => Point::new(middle.x, first.y),
            1 => Point::new(middle.x, last.y),
            2 => Point::new(first.x, middle.y),
            _ => Point::new(last.x, middle.y),
        });
        if side < 2 { (dy, last.x - first.x) } else { (dx, last.y - first.y) }
    }
}
