//! Photos of small tiles that no equaliser alone can read, and what photos cost: how often their tiles
//! are equalised.

use crate::camera::Camera;
use crate::support::{choice, encode, packets, random_bytes, read};
use tilecast::capture::Reader;
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::decode_picture;
use tilecast::raster::Picture;
use tilecast::reading::{Capture, Outcome};

const RATE: f64 = 0.71;

/// A frame of 2-pixel tiles.
fn frame() -> Picture {
    let choice = FormatChoice { rate: Some(RATE), ..choice(Profile::Ultra, 1024) };
    let (_, frames) = encode(&random_bytes(4000, 1), &choice, 0.0);
    decode_picture(&frames[0]).unwrap()
}

fn camera(blur: f64, noise: f32) -> Camera {
    Camera { blur, noise, tilt: (5.0, -4.0), ..Camera::new() }
}

/// The capture of a photo, and how often its tiles were equalised.
fn photographed(frame: &Picture, camera: &Camera) -> (Capture, usize) {
    let mut reader = Reader::default();
    let capture = reader.read(&camera.shoot(frame)).swap_remove(0);
    (capture, reader.equalisations())
}

#[test]
fn what_carries_less_than_its_rate_is_read_by_feedback() {
    let frame = frame();
    let truth = packets(&read(&frame));
    for (blur, noise) in [(1.0, 7.0), (0.9, 11.0)] {
        let (capture, equalised) = photographed(&frame, &camera(blur, noise));
        // No code works with less than its rate: without the neighbours there was nothing to read.
        let information = capture.measures.information.unwrap();
        assert!(information < RATE, "blur {blur}: {information} is too easy");
        assert_eq!(capture.outcome, Outcome::Read, "blur {blur}: {information}");
        assert_eq!(packets(&capture), truth);
        assert!(equalised <= 10, "blur {blur}: {equalised} times");
    }
}

#[test]
fn easy_photos_are_equalised_once_and_hopeless_ones_not_for_long() {
    let frame = frame();
    let (capture, equalised) = photographed(&frame, &camera(0.5, 2.0));
    assert_eq!((capture.outcome, equalised), (Outcome::Read, 1));
    for (blur, noise) in [(1.3, 20.0), (1.8, 4.0), (1.0, 40.0)] {
        let (capture, equalised) = photographed(&frame, &camera(blur, noise));
        let lost =
            matches!(capture.outcome, Outcome::CodewordsLost { lost, total, .. } if lost == total);
        assert!(lost, "blur {blur}: {:?}", capture.outcome);
        assert!(equalised <= 8, "blur {blur}: {equalised} times, {:?}", capture.measures);
    }
}

#[test]
fn no_photo_is_equalised_without_end() {
    let frame = frame();
    for noise in 0..3 {
        let (capture, equalised) = photographed(&frame, &camera(1.15, 3.0 + 6.0 * noise as f32));
        assert!(equalised <= 18, "{equalised} times: {:?}", capture.measures);
    }
}
