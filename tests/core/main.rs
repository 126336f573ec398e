//! The core by itself, both ways: a file to frames, the frames as a camera's YUV and as RGBA, and
//! back; and through a video of libcimbar's frames. A panic is a failure.
//!
//! `cargo run --release --no-default-features --example core` runs it here; built with
//! `--target wasm32-unknown-unknown`, its `main` is what a browser would call.

use tilecast::capture::Reader;
use tilecast::cimbar::Mode;
use tilecast::format::{FormatChoice, Profile};
use tilecast::raster::{Chroma, IndexedFrame, Picture, Rows, Yuv};
use tilecast::reading::Outcome;
use tilecast::receive::Receiver;
use tilecast::send::{
    CimbarOptions, CimbarTransfer, Outgoing, OwnOptions, OwnTransfer, Selection, Stream,
};

/// A file that compresses a little.
fn file() -> Vec<u8> {
    (0..40_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> (20 + i % 7)) as u8).collect()
}

/// A frame as a camera of limited range would give it, semi-planar, in rows with a margin.
fn as_yuv(frame: &IndexedFrame) -> Option<Picture> {
    let (width, height) = (frame.width, frame.height);
    let stride = width.next_multiple_of(64);
    let (mut luma, mut uv) = (vec![0; stride * height], vec![128; stride * height.div_ceil(2)]);
    for (i, &index) in frame.pixels.iter().enumerate() {
        let [r, g, b] = IndexedFrame::rgb(index).map(f64::from);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let (column, row) = (i % width, i / width);
        luma[row * stride + column] = (16.0 + y * 219.0 / 255.0).round() as u8;
        if column % 2 == 0 && row % 2 == 0 {
            let at = row / 2 * stride + column;
            uv[at] = (128.0 + (b - y) / 1.772 * 224.0 / 255.0).round() as u8;
            uv[at + 1] = (128.0 + (r - y) / 1.402 * 224.0 / 255.0).round() as u8;
        }
    }
    let rows = |bytes| Rows { bytes, stride };
    let chroma = Chroma::SemiPlanar { uv: rows(&uv), red_first: false };
    Yuv::camera(width, height, rows(&luma), chroma).to_picture()
}

fn as_rgba(frame: &IndexedFrame) -> Option<Picture> {
    Picture::from_rgba(frame.width, frame.height, &frame.to_rgba())
}

/// Sends the file through pictures of its frames, the first one lost.
fn carry(profile: Profile, picture: impl Fn(&IndexedFrame) -> Option<Picture>) {
    let (file, choice) = (file(), FormatChoice::new(profile, (1024, 768)));
    let stream = Stream::in_memory(&file, Some("name.bin".to_owned())).expect("memory");
    let options = OwnOptions { redundancy: 1.0.into(), caption: false };
    let tables = choice.tables().expect("a size that frames can have");
    let mut transfer = OwnTransfer::new(stream, tables, options).expect("a small file");
    let (mut reader, mut receiver) = (Reader::default(), Receiver::in_memory());
    let all = Selection::default();
    for frame in transfer.frames(&all).skip(1) {
        let frame = frame.expect("memory").draw();
        let capture = reader.read(&picture(&frame).expect("a picture of that size")).swap_remove(0);
        assert_eq!(capture.outcome, Outcome::Read, "{profile:?}");
        receiver.accept(&capture, None).expect("memory");
        if receiver.is_complete() {
            break;
        }
    }
    assert!(restored(&mut receiver, "name.bin") == (file, true), "{profile:?}");
}

/// Sends the file through a video of libcimbar's frames, the first one lost, each in two pictures.
fn carry_cimbar(mode: Mode) {
    let (file, name) = (file(), "name.bin".to_owned());
    let options = CimbarOptions { mode, name: Some(name), level: 3, redundancy: 1.0 };
    let size = file.len() as u64;
    let mut transfer = CimbarTransfer::new(&file[..], size, options).expect("a small file");
    let (mut reader, mut receiver) = (Reader::default(), Receiver::in_memory());
    let all = Selection::default();
    for frame in transfer.frames(&all).skip(1) {
        let picture = as_rgba(&frame.expect("memory").draw()).expect("a picture of that size");
        for outcome in [Outcome::Read, Outcome::Repeat] {
            let capture = reader.read_next(&picture).swap_remove(0);
            assert_eq!(capture.outcome, outcome, "{mode:?}");
            receiver.accept(&capture, None).expect("memory");
        }
        if receiver.is_complete() {
            break;
        }
    }
    assert!(restored(&mut receiver, "name.bin") == (file, false), "{mode:?}");
}

/// The file that was received under this name, and whether its digest is right.
fn restored(receiver: &mut Receiver, name: &str) -> (Vec<u8>, bool) {
    let mut received = receiver.complete().expect("enough frames");
    assert_eq!(received.report().name.as_deref(), Some(name));
    let (mut restored, mut pieces) = (Vec::new(), received.open().expect("the beginning"));
    while let Some(piece) = pieces.next_piece().expect("the right digest") {
        restored.extend(piece);
    }
    (restored, pieces.is_verified())
}

fn main() {
    carry(Profile::Dense, as_rgba);
    carry(Profile::Standard, as_yuv);
    Mode::ALL.into_iter().for_each(carry_cimbar);
}
