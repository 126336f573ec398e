//! Where camera and frame are: pinhole projection and radial distortion.

use super::Camera;
use super::sheet::Sheet;

/// The map between frame pixels and picture pixels.
pub struct Pose {
    /// The curved page that the frame is on, if it is on none that is flat.
    sheet: Option<Sheet>,
    /// Rows of the matrix from frame plane (centre 0, longer side 1) to camera coordinates.
    matrix: [[f64; 3]; 3],
    inverse: [[f64; 3]; 3],
    frame: (f64, f64),
    picture: (f64, f64),
    focal: f64,
    lens: f64,
}

impl Pose {
    pub fn new(camera: &Camera, frame: (f64, f64)) -> Self {
        let picture = (camera.size.0 as f64, camera.size.1 as f64);
        let focal = camera.fill * picture.0.min(picture.1) * camera.distance;
        let (a, b, c) =
            (camera.tilt.0.to_radians(), camera.tilt.1.to_radians(), camera.roll.to_radians());
        // Roll first, then tilt around x, then around y.
        let turn = |x: f64, y: f64| {
            let (x, y) = (x * c.cos() - y * c.sin(), x * c.sin() + y * c.cos());
            let (y, z) = (y * b.cos(), y * b.sin());
            (x * a.cos() + z * a.sin(), y, z * a.cos() - x * a.sin())
        };
        let (right, down) = (turn(1.0, 0.0), turn(0.0, 1.0));
        let matrix =
            [[right.0, down.0, 0.0], [right.1, down.1, 0.0], [right.2, down.2, camera.distance]];
        let width = frame.0 / frame.0.max(frame.1);
        let sheet = Sheet::new(width, camera.curve, [right, down], camera.distance);
        Self { sheet, matrix, inverse: invert(matrix), frame, picture, focal, lens: camera.lens }
    }

    fn scale(&self) -> f64 {
        self.frame.0.max(self.frame.1)
    }

    /// Half the picture's diagonal, to which distortion is relative.
    fn reach(&self) -> f64 {
        self.picture.0.hypot(self.picture.1) / 2.0
    }

    pub fn to_picture(&self, x: f64, y: f64) -> (f64, f64) {
        let (u, v) =
            ((x - self.frame.0 / 2.0) / self.scale(), (y - self.frame.1 / 2.0) / self.scale());
        let [px, py, pz] = match &self.sheet {
            Some(sheet) => sheet.to_camera(u, v),
            None => self.matrix.map(|row| row[0] * u + row[1] * v + row[2]),
        };
        let (x, y) = (self.focal * px / pz, self.focal * py / pz);
        let r = x.hypot(y) / self.reach();
        let factor = 1.0 + self.lens * r * r;
        (x * factor + self.picture.0 / 2.0, y * factor + self.picture.1 / 2.0)
    }

    pub fn to_frame(&self, x: f64, y: f64) -> (f64, f64) {
        let (dx, dy) = (x - self.picture.0 / 2.0, y - self.picture.1 / 2.0);
        // The inverse of the distortion, by iteration.
        let mut factor = 1.0;
        for _ in 0..6 {
            let r = dx.hypot(dy) / factor / self.reach();
            factor = 1.0 + self.lens * r * r;
        }
        let (x, y) = (dx / factor / self.focal, dy / factor / self.focal);
        let (u, v) = match &self.sheet {
            Some(sheet) => sheet.of_ray(x, y),
            None => {
                let [u, v, w] = self.inverse.map(|row| row[0] * x + row[1] * y + row[2]);
                (u / w, v / w)
            }
        };
        (u * self.scale() + self.frame.0 / 2.0, v * self.scale() + self.frame.1 / 2.0)
    }
}

/// The inverse of a 3x3 matrix by Gauss and Jordan.
fn invert(mut m: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let mut inverse = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for i in 0..3 {
        let pivot = (i..3).max_by(|&a, &b| m[a][i].abs().total_cmp(&m[b][i].abs())).unwrap();
        m.swap(i, pivot);
        inverse.swap(i, pivot);
        let p = m[i][i];
        for j in 0..3 {
            m[i][j] /= p;
            inverse[i][j] /= p;
        }
        for k in (0..3).filter(|k| *k != i) {
            let f = m[k][i];
            for j in 0..3 {
                m[k][j] -= f * m[i][j];
                inverse[k][j] -= f * inverse[i][j];
            }
        }
    }
    inverse
}
