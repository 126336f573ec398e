//! Photos of printed pages: what is read of curved paper, in shadows, in uneven light.

use crate::camera::Camera;
use crate::support::{encode, random_bytes, read};
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::decode_picture;
use tilecast::raster::Picture;
use tilecast::reading::Outcome;

fn page(tile: usize, size: (usize, usize)) -> Picture {
    let choice = FormatChoice { tile: Some(tile), ..FormatChoice::new(Profile::Print, size) };
    let capacity = choice.tables().unwrap().capacity();
    let (_, frames) = encode(&random_bytes(capacity - 60, 1), &choice, 0.0);
    decode_picture(&frames[0]).unwrap()
}

/// A phone over a page that fills the picture: a pixel for each of the printer's dots, and a little.
fn phone(size: (usize, usize)) -> Camera {
    Camera {
        size: (size.0 * 27 / 20, size.1 * 5 / 4),
        fill: 1.2,
        blur: 0.6,
        bayer: true,
        noise: 3.0,
        seed: 7,
        ..Camera::new()
    }
}

fn all_read(tile: usize, size: (usize, usize), cameras: &[Camera]) {
    let page = page(tile, size);
    for (number, camera) in cameras.iter().enumerate() {
        let capture = read(&camera.shoot(&page));
        let outcome = capture.outcome;
        assert_eq!(outcome, Outcome::Read, "tile {tile}, photo {number}: {:?}", capture.measures);
    }
}

const SMALL: (usize, usize) = (840, 1224);
const LARGE: (usize, usize) = (1120, 1632);

#[test]
fn pages_of_bound_books_are_read() {
    let tilted = Camera { tilt: (8.0, -10.0), fill: 1.1, ..phone(SMALL) };
    let cameras = [
        Camera { curve: 15.0, ..phone(SMALL) },
        Camera { curve: -15.0, ..phone(SMALL) },
        Camera { curve: 15.0, ..tilted },
    ];
    all_read(2, SMALL, &cameras);
    all_read(3, SMALL, &cameras[..1]);
}

#[test]
fn headers_are_read_where_paper_bends_them() {
    all_read(2, LARGE, &[Camera { curve: 15.0, ..phone(LARGE) }]);
}

#[test]
fn strongly_bent_pages_are_read() {
    let cameras = [30.0, 45.0].map(|curve| Camera { curve, ..phone(LARGE) });
    all_read(2, LARGE, &cameras);
}

#[test]
fn pages_in_shadow_and_uneven_light_are_read_without_colour() {
    let sepia = [[0.3, 0.55, 0.1], [0.25, 0.45, 0.08], [0.18, 0.32, 0.05]];
    all_read(
        2,
        SMALL,
        &[
            Camera { shadow: 0.4, ..phone(SMALL) },
            Camera { lamp: 0.6, vignetting: 0.5, grain: 0.1, ..phone(SMALL) },
            Camera { grain: 0.25, mixing: sepia, ..phone(SMALL) },
            Camera {
                curve: 15.0,
                tilt: (5.0, -6.0),
                fill: 1.1,
                shadow: 0.4,
                lamp: 0.3,
                vignetting: 0.3,
                grain: 0.1,
                clutter: true,
                mixing: [[0.33, 0.34, 0.11]; 3],
                ..phone(SMALL)
            },
        ],
    );
}

#[test]
fn a_whole_page_bent_and_seen_from_the_side_is_read() {
    let page = (2242, 3086);
    all_read(2, page, &[Camera { curve: 15.0, tilt: (6.0, -7.0), fill: 1.1, ..phone(page) }]);
}
