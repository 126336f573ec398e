//! Screens that change as fast as a camera films: every picture shows two frames, each frame is in parts
//! of two pictures.

use crate::camera::Camera;
use crate::camera::rolling::{Rolling, Start};
use crate::support::{choice, encode, own, packets, random_bytes, read};
use std::collections::HashSet;
use tilecast::capture::Reader;
use tilecast::format::{FormatChoice, Profile};
use tilecast::media::decode_picture;
use tilecast::outer::Packet;
use tilecast::raster::Picture;
use tilecast::reading::Outcome;
use tilecast::receive::Receiver;

/// A show, and the packets of each frame.
struct Show {
    frames: Vec<Picture>,
    packets: Vec<Vec<Packet>>,
}

impl Show {
    fn new(count: usize, bands: u8, rate: f64) -> Self {
        let choice = FormatChoice { rate: Some(rate), bands, ..choice(Profile::Dense, 512) };
        let bytes = choice.tables().unwrap().frame_bytes() * count - 300;
        let (_, pngs) = encode(&random_bytes(bytes, 1), &choice, 0.0);
        let frames: Vec<Picture> = pngs.iter().map(|png| decode_picture(png).unwrap()).collect();
        let packets = frames.iter().map(|frame| packets(&read(frame))).collect();
        Self { frames, packets }
    }

    /// Films the show; gives the packets that arrive, and those that one picture was enough for, by
    /// those of the frames that are surely seen in full.
    fn filmed(&self, camera: &Camera, rolling: &Rolling, pictures: usize) -> (f64, f64) {
        let frames: Vec<&Picture> = self.frames.iter().collect();
        let (mut reader, mut receiver) = (Reader::default(), Receiver::in_memory());
        let mut alone = HashSet::new();
        for number in 0..pictures {
            let camera = Camera { seed: number as u64, ..camera.clone() };
            let picture = camera.film(&frames, rolling, number);
            for capture in reader.read_next(&picture) {
                alone.extend(packets(&capture).iter().map(|packet| packet.id));
                receiver.accept(&capture, None).unwrap();
            }
        }
        let shown = (0..self.frames.len()).filter(|frame| rolling.shows(*frame, pictures));
        let expected: usize = shown.map(|frame| self.packets[frame].len()).sum();
        let arrived = receiver.progress().received as usize;
        (arrived as f64 / expected as f64, alone.len() as f64 / expected as f64)
    }
}

fn camera() -> Camera {
    Camera { size: (720, 540), noise: 10.0, blur: 0.8, tilt: (4.0, -3.0), ..Camera::new() }
}

#[test]
fn frames_come_together_from_the_parts_that_pictures_show() {
    let show = Show::new(5, 1, 0.5);
    for phase in [0.3, 0.5, 0.65] {
        let (arrived, alone) = show.filmed(&camera(), &Rolling::new(1.0, phase), 5);
        assert!(arrived >= 1.0, "phase {phase}: {arrived} of the packets");
        assert!(alone < 0.6, "phase {phase}: {alone} of the packets from single pictures");
    }
}

#[test]
fn a_shutter_may_run_in_any_direction() {
    let show = Show::new(4, 1, 0.5);
    for start in [Start::Bottom, Start::Left, Start::Right] {
        let rolling = Rolling { start, ..Rolling::new(1.0, 0.5) };
        let (arrived, alone) = show.filmed(&camera(), &rolling, 4);
        assert!(arrived >= 1.0, "{start:?}: {arrived} of the packets");
        assert!(alone < 0.6, "{start:?}: {alone} of the packets from single pictures");
    }
}

#[test]
fn screens_and_cameras_may_be_out_of_step() {
    let show = Show::new(6, 4, 0.6);
    for shown_for in [1.25, 1.5] {
        let (arrived, _) = show.filmed(&camera(), &Rolling::new(shown_for, 0.2), 7);
        assert!(arrived >= 1.0, "{shown_for} pictures a frame: {arrived} of the packets");
    }
}

#[test]
fn a_header_in_the_seam_is_read_beside_the_other() {
    let show = Show::new(2, 1, 0.9);
    let frames: Vec<&Picture> = show.frames.iter().collect();
    let numbers = [0, 1].map(|number| own(&read(frames[number])).unwrap().header.frame);
    // So long an exposure that both headers show both frames somewhere: from 59 % of the second one in
    // its last copy to 55 % of the first one in its first copy.
    for phase in [0.0, 0.04, 0.58, 0.62] {
        let camera = Camera { noise: 8.0, ..camera() };
        let rolling = Rolling { exposure: 0.6, ..Rolling::new(1.0, phase) };
        let capture = read(&camera.film(&frames, &rolling, 0));
        let mixed = own(&capture).unwrap().mixed.as_ref();
        let seen = mixed.map(|mixed| mixed.headers.map(|header| header.frame));
        assert_eq!(seen, Some(numbers), "phase {phase}: {:?}", capture.outcome);
    }
}

#[test]
fn what_one_picture_is_enough_for_is_not_looked_at_twice() {
    let show = Show::new(2, 1, 0.5);
    let frames: Vec<&Picture> = show.frames.iter().collect();
    let mut reader = Reader::default();
    let camera = Camera { noise: 3.0, ..camera() };
    let capture = reader.read(&camera.film(&frames, &Rolling::new(1.0, 0.02), 0)).swap_remove(0);
    assert_eq!(capture.outcome, Outcome::Read);
    assert!(own(&capture).unwrap().mixed.is_none());
    assert_eq!(reader.equalisations(), 1);
}
