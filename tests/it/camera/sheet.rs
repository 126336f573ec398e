//! Curved paper: a part of a cylinder whose axis is upright on the page, as near a book's binding.

/// A point or direction: across the page, down it, away from it; or in the camera's coordinates.
type Vector = [f64; 3];

/// A page that is bent around its upright axis.
pub struct Sheet {
    /// Radius of the cylinder, negative if the page's sides come towards the camera.
    radius: f64,
    /// The page's directions in the camera's coordinates.
    axes: [Vector; 3],
    distance: f64,
}

impl Sheet {
    /// A page of a width that takes an angle of its cylinder, in degrees; `None` if it is flat.
    pub fn new(width: f64, angle: f64, axes: [(f64, f64, f64); 2], distance: f64) -> Option<Self> {
        let [right, down] = axes.map(|(x, y, z)| [x, y, z]);
        let away = [
            right[1] * down[2] - right[2] * down[1],
            right[2] * down[0] - right[0] * down[2],
            right[0] * down[1] - right[1] * down[0],
        ];
        let radius = width / angle.to_radians();
        (angle != 0.0).then_some(Self { radius, axes: [right, down, away], distance })
    }

    /// Where a point of the flat page is before the camera.
    pub fn to_camera(&self, u: f64, v: f64) -> Vector {
        let angle = u / self.radius;
        let on_page = [self.radius * angle.sin(), v, self.radius * (1.0 - angle.cos())];
        let at = |i: usize| self.axes.iter().zip(on_page).map(|(axis, part)| axis[i] * part).sum();
        let [x, y, z]: Vector = std::array::from_fn(at);
        [x, y, z + self.distance]
    }

    /// The point of the flat page that the ray through (`x`, `y`, 1) meets; far away if it meets none.
    pub fn of_ray(&self, x: f64, y: f64) -> (f64, f64) {
        let along =
            |v: Vector| self.axes.map(|axis| axis[0] * v[0] + axis[1] * v[1] + axis[2] * v[2]);
        let (from, ray) = (along([0.0, 0.0, -self.distance]), along([x, y, 1.0]));
        let depth = from[2] - self.radius;
        let a = ray[0] * ray[0] + ray[2] * ray[2];
        let b = from[0] * ray[0] + depth * ray[2];
        let c = from[0] * from[0] + depth * depth - self.radius * self.radius;
        let root = (b * b - a * c).sqrt();
        if root.is_nan() {
            return (1e9, 1e9);
        }
        // The side of the cylinder on which the page is.
        let away = |t: f64| (from[2] + t * ray[2]).abs();
        let (first, second) = ((-b - root) / a, (-b + root) / a);
        let t = if away(first) < away(second) { first } else { second };
        let [x, y, z] = [0, 1, 2].map(|i| from[i] + t * ray[i]);
        (self.radius * (x / self.radius).atan2(1.0 - z / self.radius), y)
    }
}
