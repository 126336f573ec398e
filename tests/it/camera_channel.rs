//! Frames through the synthetic camera: a ladder for each impairment, then combinations.
//!
//! Each ladder's last step is one that has to be read in full; what lies beyond is for later.

use crate::camera::Camera;
use crate::support::{choice, encode, file, own, packets, project, random_bytes, read};
use tilecast::format::{FormatChoice, Profile};
use tilecast::frame::{Hypothesis, Mesh};
use tilecast::media::decode_picture;
use tilecast::raster::{Picture, Point};
use tilecast::reading::Outcome;
use tilecast::receive::Receiver;

fn frame(profile: Profile) -> Picture {
    let (_, frames) = encode(&random_bytes(4000, 1), &choice(profile, 1024), 0.0);
    decode_picture(&frames[0]).unwrap()
}

fn all_read(name: &str, profile: Profile, steps: &[Camera]) {
    let frame = frame(profile);
    let truth = packets(&read(&frame));
    for (step, camera) in steps.iter().enumerate() {
        let photo = camera.shoot(&frame);
        let capture = read(&photo);
        let outcome = capture.outcome;
        assert_eq!(outcome, Outcome::Read, "{name}, step {step}: {:?}", capture.measures);
        assert_eq!(packets(&capture), truth, "{name}, step {step}");
    }
}

macro_rules! ladder {
    ($test:ident, $profile:expr, $field:ident: $($value:expr),+) => {
        #[test]
        fn $test() {
            let steps = [$(Camera { $field: $value, ..Camera::new() }),+];
            all_read(stringify!($test), $profile, &steps);
        }
    };
}

ladder!(lens, Profile::Dense, lens: 0.01, -0.01, 0.025, -0.025);
ladder!(blur, Profile::Dense, blur: 0.0, 0.8, 1.1);
ladder!(motion, Profile::Dense, motion: 1.0, 2.0);
ladder!(noise, Profile::Dense, noise: 0.0, 6.0, 12.0);
ladder!(vignetting, Profile::Dense, vignetting: 0.3, 0.7);
ladder!(haze, Profile::Dense, haze: 40.0, 80.0);
ladder!(glare, Profile::Standard, glare: 60.0, 120.0);
ladder!(moire, Profile::Dense, moire: 10.0, 20.0);
ladder!(jpeg, Profile::Dense, jpeg: None, Some(85), Some(70));
ladder!(bayer, Profile::Dense, bayer: true);
ladder!(clutter, Profile::Dense, clutter: true);
ladder!(distance, Profile::Standard, fill: 0.85, 0.6);
ladder!(far_away, Profile::Robust, fill: 0.7, 0.42);
ladder!(paper, Profile::Print, fill: 0.9, 0.5);
ladder!(cast, Profile::Dense, mixing:
    [[0.9, 0.2, 0.0], [0.2, 0.5, 0.2], [0.0, 0.2, 0.35]],
    [[0.35, 0.1, 0.0], [0.2, 0.6, 0.1], [0.1, 0.3, 0.8]],
    [[0.5, 0.3, 0.15], [0.25, 0.45, 0.2], [0.15, 0.3, 0.45]]);

/// A picture large enough for a frame at any angle.
fn roomy() -> Camera {
    Camera { size: (1600, 1200), fill: 0.68, ..Camera::new() }
}

#[test]
fn roll() {
    let steps = [3.0, 45.0, 90.0, 130.0, 180.0, -77.0].map(|roll| Camera { roll, ..roomy() });
    all_read("roll", Profile::Dense, &steps);
}

#[test]
fn tilt() {
    let tilts = [(15.0, 0.0), (0.0, -25.0), (20.0, 20.0), (-30.0, 5.0)];
    let steps = tilts.map(|tilt| Camera { tilt, fill: 0.75, ..roomy() });
    all_read("tilt", Profile::Dense, &steps);
}

#[test]
fn photos_by_hand() {
    let cameras: Vec<Camera> = (1..=6).map(Camera::by_hand).collect();
    all_read("by hand", Profile::Dense, &cameras);
}

#[test]
fn large_photos_of_small_tiles() {
    let camera = Camera { size: (3264, 2448), ..Camera::by_hand(3) };
    all_read("8 megapixels", Profile::Ultra, &[camera]);
}

#[test]
fn a_hidden_finder_is_done_without() {
    let frame = frame(Profile::Dense);
    let size = frame.width();
    for (x, y) in [(0, 0), (size - 60, 0), (0, size - 60), (size - 60, size - 60)] {
        let mut covered = frame.clone();
        for (v, u) in (y..y + 60).flat_map(|v| (x..x + 60).map(move |u| (v, u))) {
            covered.set_pixel(u, v, [90, 70, 60]);
        }
        let camera = Camera { tilt: (8.0, -5.0), roll: 12.0, ..roomy() };
        let capture = read(&camera.shoot(&covered));
        assert_eq!(capture.outcome, Outcome::Read, "({x}, {y}): {:?}", capture.measures);
    }
}

#[test]
fn half_of_one_frame_and_half_of_the_next_give_the_bands_of_both() {
    let choice = FormatChoice { bands: 8, ..choice(Profile::Dense, 1024) };
    let (_, frames) = encode(&random_bytes(50_000, 1), &choice, 0.0);
    let [first, second] = [0, 1].map(|i| decode_picture(&frames[i]).unwrap());
    let truth = [&second, &first].map(|frame| packets(&read(frame)));
    let camera = Camera { tilt: (6.0, 4.0), ..Camera::new() };
    let capture = read(&camera.shoot_two(&second, &first, 0.5));
    let read = packets(&capture);
    let per_band = truth[0].len() / 8;
    for (i, packets) in truth.iter().enumerate() {
        let found = packets.iter().filter(|packet| read.contains(packet)).count();
        // Half of eight bands, less the one that the line may run through.
        assert!(found >= 3 * per_band, "frame {i}: {found} packets");
    }
    let known = truth.concat();
    assert!(read.iter().all(|packet| known.contains(packet)));
}

#[test]
fn photos_of_other_things_yield_nothing() {
    let grey = Picture::from_rgb(1024, 1024, vec![120; 3 * 1024 * 1024]).unwrap();
    for seed in 1..4 {
        let capture = read(&Camera::by_hand(seed).shoot(&grey));
        assert!(capture.reading.is_none());
    }
}

/// The sample captures, as `REGENERATE=1 cargo test --release --test it sample_captures` makes
/// them.
#[test]
fn sample_captures() {
    let folder = project("samples/captures");
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        let text = [project("samples/message.txt"), project("src/spec.md")]
            .map(|path| std::fs::read(path).unwrap())
            .concat();
        let (_, frames) = encode(&text, &choice(Profile::Standard, 512), 0.5);
        for (i, png) in frames.iter().enumerate() {
            let camera =
                Camera { size: (880, 660), jpeg: Some(80), ..Camera::by_hand(i as u64 + 20) };
            let photo = camera.shoot_jpeg(&decode_picture(png).unwrap());
            std::fs::write(folder.join(format!("photo-{}.jpg", i + 1)), photo).unwrap();
        }
    }
    let mut receiver = Receiver::in_memory();
    for entry in std::fs::read_dir(folder).unwrap() {
        let picture = decode_picture(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        receiver.accept(&read(&picture), None).unwrap();
    }
    assert!(receiver.is_complete());
    let mut transfer = receiver.complete().unwrap();
    assert_eq!(transfer.report().name.as_deref(), Some("file"));
    let text = file(&mut transfer).unwrap();
    assert!(text.starts_with(&std::fs::read(project("samples/message.txt")).unwrap()));
}

#[test]
fn marks_bend_the_mesh_to_the_truth() {
    let choice = choice(Profile::Dense, 1024);
    let layout = choice.tables().unwrap().layout;
    let geometry = layout.geometry();
    let frame = frame(Profile::Dense);
    for (lens, tilt) in [(0.0, (0.0, 0.0)), (0.02, (10.0, 5.0)), (-0.02, (-5.0, 15.0))] {
        let camera = Camera { lens, tilt, fill: 0.85, ..Camera::new() };
        let picture = camera.shoot(&frame);
        let (border, inset) = (geometry.border() as f64, geometry.finder_inset() as f64);
        let (near, far) = (border + inset, frame.width() as f64 - border - inset);
        let corners = [(near, near), (far, near), (far, far), (near, far)].map(|(x, y)| {
            let (x, y) = camera.place(&frame, x, y);
            // As wrong as a finder's centre may be.
            Point::new(x + 0.4, y - 0.3)
        });
        let hypothesis = Hypothesis { corners, radii: [20.0; 4], guessed: None, plausibility: 0.0 };
        let mut mesh = Mesh::from_hypothesis(geometry, &hypothesis).unwrap();
        let quality = mesh.follow_marks(&picture, &layout, [true; 4]);
        assert!(quality.found * 10 >= quality.expected * 9, "{quality:?}");
        let (mut squared, mut count) = (0.0, 0.0);
        for (row, column) in
            (0..layout.rows()).step_by(7).zip((0..layout.columns()).step_by(5).cycle())
        {
            let (x, y) = (column as f64 + 0.5, row as f64 + 0.5);
            let tile = f64::from(geometry.tile);
            let (tx, ty) = camera.place(&frame, border + x * tile, border + y * tile);
            squared += mesh.place(x, y).distance(Point::new(tx, ty)).powi(2);
            count += 1.0;
        }
        let error = (squared / count).sqrt() / mesh.pixels_per_tile();
        assert!(error < 0.12, "lens {lens}, tilt {tilt:?}: {error} tiles rms");
    }
}

#[test]
fn captures_that_fail_alone_are_added_up() {
    let frame = frame(Profile::Dense);
    let truth = packets(&read(&frame));
    let noisy = |seed: u64| Camera { noise: 62.0, blur: 1.0, seed, ..Camera::new() };
    let mut receiver = Receiver::in_memory();
    let mut alone = 0;
    let (mut recovered, mut last) = (0, Outcome::NoFinder);
    for seed in 1..=4 {
        let capture = read(&noisy(seed).shoot(&frame));
        let decoded = packets(&capture);
        alone = alone.max(decoded.len());
        let intake = receiver.accept(&capture, None).unwrap();
        recovered += intake.recovered;
        last = intake.outcome;
        assert!(decoded.iter().all(|packet| truth.contains(packet)));
        assert_eq!(own(&capture).unwrap().codewords, truth.len());
    }
    assert!(alone < truth.len() / 2, "{alone} packets from one capture: not noisy enough to tell");
    assert!(recovered > truth.len() / 2, "{recovered} packets only together");
    assert!(receiver.is_complete(), "{last:?}: {:?}", receiver.progress());
}

#[test]
fn what_is_wrong_with_a_capture_is_said() {
    let frame = frame(Profile::Dense);
    let dim = Camera::new().mixing.map(|row| row.map(|v| v * 0.1));
    for (camera, word) in [
        (Camera { fill: 0.35, ..Camera::new() }, "too small"),
        (Camera { blur: 2.6, ..Camera::new() }, "blurred"),
        (Camera { mixing: dim, noise: 9.0, ..Camera::new() }, "too dark"),
    ] {
        let reason = read(&camera.shoot(&frame)).outcome.to_string();
        assert!(reason.contains(word), "{word}: {reason}");
    }
}
