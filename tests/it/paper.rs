//! Photos of printed pages: what is read of curved paper, in shadows, in uneven light.

use crate::camera::Camera;
use crate::support::{choice, encode, random_bytes, read};
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::decode_picture;
use tilecast::raster::Picture;

fn page(tile: usize, size: (usize, usize)) -> Picture {
    let choice = FormatChoice { tile: Some(tile), ..FormatChoice::new(Profile::Print, size) };
    let capacity = choice.tables().unwrap().capacity();
    let (_, frames) = encode(&random_bytes(capacity - 60, 1), &choice, 0.0);
    decode_picture(&frames[0]).unwrap()
}

#[test]
fn adhoc() {
    let _ = choice(Profile::Print, 512);
    let size = if std::env::var("BIG").is_ok() { (2240, 3264) } else { (1120, 1632) };
    let k = size.0 as f64 / 2240.0;
    for tile in [3, 2] {
        let frame = page(tile, size);
        let base = Camera {
            size: ((3024.0 * k) as usize, (4032.0 * k) as usize),
            fill: 1.2,
            blur: 0.6,
            bayer: true,
            noise: 3.0,
            seed: 7,
            ..Camera::new()
        };
        let cases: Vec<(&str, Camera)> = vec![
            ("flat", base.clone()),
            ("curve 15", Camera { curve: 15.0, ..base.clone() }),
            ("curve -15", Camera { curve: -15.0, ..base.clone() }),
            ("curve 30", Camera { curve: 30.0, ..base.clone() }),
            ("curve -30", Camera { curve: -30.0, fill: 1.1, ..base.clone() }),
            ("curve 45", Camera { curve: 45.0, ..base.clone() }),
            (
                "curve 15 tilt",
                Camera { curve: 15.0, tilt: (8.0, -10.0), fill: 1.1, ..base.clone() },
            ),
            (
                "curve 30 tilt",
                Camera { curve: 30.0, tilt: (8.0, -10.0), fill: 1.1, ..base.clone() },
            ),
            (
                "curve 15 lens roll",
                Camera { curve: 15.0, lens: 0.02, roll: 3.0, fill: 1.1, ..base.clone() },
            ),
            ("shadow", Camera { shadow: 0.4, ..base.clone() }),
            ("lamp", Camera { lamp: 0.6, vignetting: 0.5, ..base.clone() }),
            ("grain", Camera { grain: 0.25, ..base.clone() }),
            (
                "all",
                Camera {
                    curve: 15.0,
                    tilt: (5.0, -6.0),
                    fill: 1.1,
                    shadow: 0.4,
                    lamp: 0.3,
                    vignetting: 0.3,
                    grain: 0.1,
                    clutter: true,
                    ..base.clone()
                },
            ),
        ];
        for (name, camera) in cases {
            let photo = camera.shoot(&frame);
            let start = std::time::Instant::now();
            let capture = read(&photo);
            let m = &capture.measures;
            eprintln!(
                "{tile} {name}: {:?} marks {:?} err {:?} px/t {:?} {:.2?} {:?}",
                capture.outcome,
                m.marks_found,
                m.registration_error,
                m.pixels_per_tile,
                start.elapsed(),
                capture.reading.as_ref().map(|r| r.codewords())
            );
        }
    }
}
