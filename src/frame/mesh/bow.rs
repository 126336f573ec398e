//! Sides that bow: on curved paper, and behind strong lenses, what lies between two finders is beside
//! the straight line from one to the other, and not where it would be along it, further than a mark is
//! looked for. How far is found side by side, from some of the marks near it.

use super::Mesh;
use super::marks::Template;
use crate::raster::{Picture, Point};

/// How far a side may bow, as a share of its length, and steps, in tiles.
const MOST: f64 = 0.035;
const STEP: f64 = 1.5;
/// How far its halves may be drawn apart or, less, together; the same.
const APART: [f64; 2] = [-0.012, 0.035];
const APART_STEP: f64 = 3.0;
/// Steps by which opposite sides differ in that.
const ALIKE: i32 = 2;
/// Marks this near a side tell of it, as a share of the distance to the other one; so many at most.
const NEAR: f64 = 0.14;
const MARKS: usize = 16;
/// Marks that have to be found for a side to bow.
const ENOUGH: usize = 4;

/// How a side is off the straight line between its finders, in picture pixels.
#[derive(Clone, Copy, Debug, Default)]
struct Side {
    /// At its middle.
    across: Point,
    /// By so much its halves are drawn apart along it.
    apart: Point,
}

impl Side {
    /// How far off a point is, from 0 to 1 along the side.
    fn at(&self, v: f64) -> Point {
        (self.across + self.apart * (2.0 * v - 1.0)) * (4.0 * v * (1.0 - v))
    }
}

/// How the four sides are off: the upper one, the lower one, the left and the right one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bow([Side; 4]);

impl Bow {
    /// How far off a point is, given its place between the finders, from 0 to 1 in both directions.
    pub(super) fn at(&self, place: Point) -> Point {
        let [upper, lower, left, right] = &self.0;
        upper.at(place.x) * (1.0 - place.y)
            + lower.at(place.x) * place.y
            + left.at(place.y) * (1.0 - place.x)
            + right.at(place.y) * place.x
    }

    /// With one side changed.
    fn with(&self, side: usize, bow: Side) -> Self {
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

    /// How the sides bow, by the marks near them. The halves of opposite ones are drawn apart alike, and
    /// paper is bent in one direction.
    pub(super) fn bow(&self, picture: &Picture, marks: &[Point], template: &Template) -> Bow {
        let (mut bow, mut apart) = (Bow::default(), None);
        for side in 0..4 {
            let away = |mark: &&Point| {
                let place = self.between_finders(**mark);
                [place.y, 1.0 - place.y, place.x, 1.0 - place.x][side] < NEAR
            };
            let near: Vec<&Point> = marks.iter().filter(away).collect();
            let step = near.len().div_ceil(MARKS).max(1);
            let found = |bow: &Bow| {
                let seen = |mark: &&&Point| {
                    let predicted = bow.at(self.between_finders(***mark));
                    self.find_mark(picture, template, ***mark, predicted).is_some()
                };
                near.iter().step_by(step).filter(seen).count()
            };
            let tried =
                self.sides(side, apart).map(|tried| (found(&bow.with(side, tried.1)), tried));
            let best =
                tried.max_by_key(|(count, ((apart, step), _))| (*count, -apart.abs() - step));
            if let Some((count, ((step, _), one))) = best
                && count >= ENOUGH
            {
                bow = bow.with(side, one);
                apart = if side % 2 == 0 { Some((step, ALIKE)) } else { apart };
            }
            if side == 1 {
                apart = apart.filter(|(step, _)| *step != 0).map(|_| (0, 0));
            }
        }
        bow
    }

    /// All ways in which a side may bow, and how many steps apart and across each is; those near a
    /// number of steps apart, if one is known.
    fn sides(
        &self,
        side: usize,
        known: Option<(i32, i32)>,
    ) -> impl Iterator<Item = ((i32, i32), Side)> + use<> {
        let [first, _, last, _] = self.finders;
        let middle = (first + last) * 0.5;
        let (dx, dy) = self.map.steps(match side {
            0 => Point::new(middle.x, first.y),
            1 => Point::new(middle.x, last.y),
            2 => Point::new(first.x, middle.y),
            _ => Point::new(last.x, middle.y),
        });
        let (across, along, length) = match side {
            0 | 1 => (dy, dx, last.x - first.x),
            _ => (dx, dy, last.y - first.y),
        };
        let most = (MOST * length / STEP) as i32;
        let aparts = APART.map(|share| (share * length / APART_STEP) as i32);
        let [least, greatest] =
            known.map_or(aparts, |(step, around)| [step - around, step + around]);
        (least..=greatest).flat_map(move |apart| {
            let side = move |step: i32| Side {
                across: across * (f64::from(step) * STEP),
                apart: along * (f64::from(apart) * APART_STEP),
            };
            (-most..=most).map(move |step| ((apart, step.abs()), side(step)))
        })
    }
}
