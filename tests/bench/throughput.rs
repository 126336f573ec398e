//! Speed of every layer, on one thread. `cargo bench` runs all, `cargo bench -- capture` some.
//!
//! Bytes a second are file bytes, unless the name says otherwise.

#![allow(clippy::unwrap_used)]

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use tilecast::capture::{Reader, SEARCH_SIDE};
use tilecast::container;
use tilecast::format::{FormatChoice, FrameTables, Profile};
use tilecast::frame::{Layout, Neighbourhood, draw, find_finders};
use tilecast::inner::FrameCode;
use tilecast::ldpc::{Code, Decoder};
use tilecast::media::{Effort, Y4mReader, decode_picture, encode_png};
use tilecast::modem::{FrameHeader, modulate};
use tilecast::outer::{Parity, Shape};
use tilecast::prng::SplitMix64;
use tilecast::raster::Picture;
use tilecast::reading::Outcome;
use tilecast::send::{Outgoing, OwnOptions, OwnTransfer, Selection, SendError, Stream, deliver};

#[path = "../it/camera/mod.rs"]
#[allow(dead_code)]
mod camera;

fn main() {
    divan::main();
}

/// A photo of a dense frame, as the synthetic camera takes it: 1280x960 JPEG, or 12 megapixels.
fn photo(size: (usize, usize)) -> Vec<u8> {
    let frame = decode_picture(&one_frame(Profile::Dense)).unwrap();
    let camera =
        camera::Camera { size, tilt: (8.0, -6.0), lens: 0.01, fill: 0.86, ..camera::Camera::new() };
    camera.shoot_jpeg(&frame)
}

const SIZES: [(usize, usize); 2] = [(1280, 960), (4000, 3000)];

/// A photo, JPEG file to packets.
#[divan::bench(args = SIZES)]
fn capture_photo(bencher: Bencher, size: (usize, usize)) {
    let (jpeg, mut reader) = (photo(size), Reader::default());
    bencher.counter(BytesCount::new(tables(Profile::Dense).capacity())).bench_local(|| {
        let capture = reader.read(&decode_picture(&jpeg).unwrap()).swap_remove(0);
        assert_eq!(capture.outcome, Outcome::Read);
        capture
    });
}

/// Stages of [`capture_photo`]: the JPEG alone.
#[divan::bench(args = SIZES)]
fn capture_photo_stage_jpeg(bencher: Bencher, size: (usize, usize)) {
    let jpeg = photo(size);
    bencher.bench_local(|| decode_picture(&jpeg).unwrap());
}

/// Stages of [`capture_photo`]: brightness and finder search.
#[divan::bench(args = SIZES)]
fn capture_photo_stage_finders(bencher: Bencher, size: (usize, usize)) {
    let picture = decode_picture(&photo(size)).unwrap();
    let factor = size.0.div_ceil(SEARCH_SIDE);
    bencher.bench_local(|| find_finders(&picture.grey(factor), Neighbourhood::Wide));
}

/// A frame of a 1280x960 video, 4:2:0, to RGB.
#[divan::bench]
fn capture_video_stage_rgb(bencher: Bencher) {
    let samples = random(1280 * 960 * 3 / 2);
    let stream = [&b"YUV4MPEG2 W1280 H960 C420mpeg2\nFRAME\n"[..], &samples].concat();
    let mut reader = Y4mReader::new(stream.as_slice()).ok().unwrap();
    let frame = reader.next_frame().unwrap().unwrap();
    bencher.bench_local(|| frame.to_picture().unwrap());
}

/// A photo of a frame of libcimbar's mode B, JPEG file to Reed-Solomon blocks; bytes are those of
/// its fountain blocks.
#[divan::bench]
fn capture_cimbar(bencher: Bencher) {
    let [jpeg, _] = cimbar_photos();
    let mut reader = Reader::default();
    bencher.counter(BytesCount::new(12usize * 619)).bench_local(|| {
        let capture = reader.read(&decode_picture(&jpeg).unwrap()).swap_remove(0);
        assert_eq!(capture.outcome, Outcome::Read);
        capture
    });
}

/// Pictures of a video of such frames, decompressed: the first one; the next one, with another frame;
/// the next one, with the same frame.
#[divan::bench(args = ["first", "another", "repeat"])]
fn capture_cimbar_video(bencher: Bencher, picture: &str) {
    let [other, shown] = cimbar_photos().map(|jpeg| decode_picture(&jpeg).unwrap());
    let reader = || {
        let mut reader = Reader::default();
        match picture {
            "first" => return reader,
            "another" => reader.read_next(&other),
            _ => reader.read_next(&shown),
        };
        reader
    };
    bencher.with_inputs(reader).bench_local_values(|mut reader| {
        let outcome = reader.read_next(&shown)[0].outcome;
        assert_eq!(outcome == Outcome::Repeat, picture == "repeat");
        assert!(outcome.is_final());
        reader
    });
}

/// Photos of two frames of libcimbar's mode B, from nearly the same place.
fn cimbar_photos() -> [Vec<u8>; 2] {
    use tilecast::cimbar::Mode;
    use tilecast::send::{CimbarOptions, CimbarTransfer};
    let options = CimbarOptions { mode: Mode::B, name: None, level: 3, redundancy: 0.0 };
    let mut transfer = CimbarTransfer::new(&random(20_000)[..], 20_000, options).unwrap();
    [0, 1].map(|number| {
        let frame = transfer.frame(number).unwrap().unwrap().to_picture().unwrap();
        let tilt = (8.0 + 0.2 * number as f64, -6.0);
        camera::Camera { tilt, ..camera::Camera::new() }.shoot_jpeg(&frame)
    })
}

/// Messages of libcimbar's fountain, bytes and bytes of a block.
const FOUNTAINS: [(usize, usize); 3] = [(1_000_000, 619), (10_000_000, 619), (30_000_000, 744)];

/// A message, and blocks of which a tenth are none of its pieces, in a random order.
fn fountain((size, block): (usize, usize)) -> (Vec<u8>, Vec<(u16, Vec<u8>)>) {
    let (message, mut prng) = (random(size), SplitMix64::new(2));
    let encoder = tilecast::cimbar::Encoder::new(&message, block).unwrap();
    let n = size.div_ceil(block);
    let ids = (n / 10..).filter(|id| *id != n - 1).map(|id| id as u16);
    let mut blocks: Vec<_> = ids.take(n + 8).map(|id| (id, encoder.block(id))).collect();
    for at in (1..blocks.len()).rev() {
        blocks.swap(at, prng.next_u64() as usize % (at + 1));
    }
    (message, blocks)
}

/// Makes the allocator keep memory that has been used, more than is needed here: without, whoever is
/// measured later finds what the others have touched, and half of the time for a short message is that
/// for new memory.
fn use_memory() {
    for count in [1, 3] {
        let used: Vec<Vec<u8>> = (0..count).map(|_| black_box(vec![1; 20 << 20])).collect();
        drop(black_box(used));
    }
}

/// Blocks of libcimbar's fountain to the message.
#[divan::bench(args = FOUNTAINS)]
fn fountain_decode(bencher: Bencher, (size, block): (usize, usize)) {
    let (message, blocks) = fountain((size, block));
    use_memory();
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        let mut decoder = tilecast::cimbar::Blocks::new(size, block);
        let decoded = blocks.iter().find_map(|(id, block)| {
            decoder.add(*id, block);
            decoder.message().unwrap()
        });
        assert!(decoded.as_ref() == Some(&message));
        decoded
    });
}

/// The same by the original, which frees none of its decoders.
#[cfg(target_arch = "x86_64")]
#[divan::bench(args = FOUNTAINS, sample_count = 10, sample_size = 1)]
fn fountain_decode_original(bencher: Bencher, (size, block): (usize, usize)) {
    use wirehair_wrapper::wirehair::{WirehairDecoder, WirehairResult, wirehair_init};
    wirehair_init().unwrap();
    let (message, blocks) = fountain((size, block));
    use_memory();
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        let decoder = WirehairDecoder::new(size as u64, block as u32);
        let complete = |(id, bytes): &(u16, Vec<u8>)| {
            decoder.decode((*id).into(), bytes, block as u32).unwrap() == WirehairResult::Success
        };
        assert!(blocks.iter().any(complete));
        let mut decoded = vec![0; size];
        decoder.recover(&mut decoded, size as u64).unwrap();
        assert!(decoded == message);
        decoded
    });
}

fn random(bytes: usize) -> Vec<u8> {
    let mut prng = SplitMix64::new(1);
    (0..bytes).map(|_| prng.next_u64() as u8).collect()
}

fn tables(profile: Profile) -> FrameTables {
    FormatChoice::new(profile, (1024, 1024)).tables().unwrap()
}

fn one_frame(profile: Profile) -> Vec<u8> {
    let tables = tables(profile);
    let stream = Stream::in_memory(&random(tables.capacity() - 200), None).unwrap();
    let options = OwnOptions { redundancy: 0.0.into(), caption: false };
    let mut transfer = OwnTransfer::new(stream, tables, options).unwrap();
    let last = transfer.outline().frames - 1;
    encode_png(&transfer.frame(last).unwrap().unwrap(), Effort::Fast).unwrap()
}

const PROFILES: [Profile; 4] =
    [Profile::Standard, Profile::Dense, Profile::Ultra, Profile::Lossless];

/// Packets to a PNG in memory.
#[divan::bench(args = PROFILES)]
fn encode_frame(bencher: Bencher, profile: Profile) {
    let tables = tables(profile);
    let bytes = random(tables.code.packet_bytes());
    let packets: Vec<&[u8]> = vec![&bytes; tables.packets()];
    let header = FrameHeader { format: tables.format, transfer: 1, frame: 0, frames: 1 };
    bencher.counter(BytesCount::new(tables.capacity())).bench_local(|| {
        let tiles = modulate(&tables.layout, &tables.code.encode(&packets));
        encode_png(&draw(&tables.layout, &tiles, &header.cells()), Effort::Fast).unwrap()
    });
}

/// An undistorted PNG in memory to packets.
#[divan::bench(args = PROFILES)]
fn capture_undistorted(bencher: Bencher, profile: Profile) {
    let png = one_frame(profile);
    let mut reader = Reader::default();
    bencher.counter(BytesCount::new(tables(profile).capacity())).bench_local(|| {
        let capture = reader.read(&decode_picture(&png).unwrap()).swap_remove(0);
        assert_eq!(capture.outcome, Outcome::Read);
        capture
    });
}

/// Reading the PNG alone.
#[divan::bench]
fn raster_read_png(bencher: Bencher) {
    let png = one_frame(Profile::Dense);
    bencher.counter(BytesCount::new(png.len())).bench_local(|| decode_picture(&png).unwrap());
}

/// The finder search in a dense frame.
#[divan::bench]
fn frame_find_finders(bencher: Bencher) {
    let picture: Picture = decode_picture(&one_frame(Profile::Dense)).unwrap();
    bencher
        .counter(ItemsCount::new(picture.width() * picture.height()))
        .bench_local(|| find_finders(&picture.grey(1), Neighbourhood::Wide));
}

/// The layout of a dense frame.
#[divan::bench]
fn frame_layout(bencher: Bencher) {
    let geometry = tables(Profile::Dense).format.geometry;
    bencher.bench_local(|| Layout::new(black_box(geometry)));
}

/// Coding and interleaving the packets of a dense frame.
#[divan::bench]
fn inner_encode(bencher: Bencher) {
    let tables = tables(Profile::Dense);
    let bytes = random(tables.code.packet_bytes());
    let packets: Vec<&[u8]> = vec![&bytes; tables.packets()];
    bencher
        .counter(BytesCount::new(bytes.len() * packets.len()))
        .bench_local(|| tables.code.encode(&packets));
}

/// Decoding one codeword of rate 0.81 at the given mutual information a bit (BI-AWGN).
#[divan::bench(args = [0.99, 0.92, 0.88])]
fn inner_decode_codeword(bencher: Bencher, information: f64) {
    let code = FrameCode::new(10_368 / 3, 3, 1, 384, 7).unwrap();
    let packet = random(code.packet_bytes());
    let bits = code.encode(&[&packet]);
    let llrs = noisy(&bits, sigma_for(information));
    let mut decoder = Decoder::default();
    bencher
        .counter(BytesCount::new(packet.len()))
        .bench_local(|| code.decode(&mut decoder, &code.gather(&code.soften(&llrs), 0), 40));
}

/// Noise deviation of a BI-AWGN channel with this capacity (Brännström's approximation of the
/// J-function, IEEE Trans. Inf. Theory 51(9), 2005).
fn sigma_for(information: f64) -> f64 {
    let inner = -(1.0 / 0.3073) * (1.0 - information.powf(1.0 / 1.1064)).log2();
    2.0 / inner.powf(1.0 / (2.0 * 0.8935))
}

fn noisy(bits: &[u8], sigma: f64) -> Vec<f32> {
    let mut prng = SplitMix64::new(7);
    let mut uniform = || (prng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    bits.iter()
        .map(|&bit| {
            let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
            let noise = radius * (std::f64::consts::TAU * uniform()).cos() * sigma;
            let sent = if bit == 1 { -1.0 } else { 1.0 };
            (2.0 * (sent + noise) / (sigma * sigma)) as f32
        })
        .collect()
}

/// LDPC encoding alone, information bytes.
#[divan::bench]
fn ldpc_encode(bencher: Bencher) {
    let code = Code::new(384, 7).unwrap();
    let info = SplitMix64::new(1).bits(code.info_bits());
    bencher.counter(BytesCount::new(info.len() / 8)).bench_local(|| code.encode(&info));
}

const BLOCK: Shape = Shape { blocks: 1, source: 212, repair: 43, payload: 1039 };

/// Repair packets of one block.
#[divan::bench]
fn outer_encode(bencher: Bencher) {
    let (parity, bytes) = (Parity::new(BLOCK), random(BLOCK.block_bytes()));
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| parity.encode(0, &bytes).unwrap());
}

/// Restoring one block that lost as much as it can.
#[divan::bench]
fn outer_restore(bencher: Bencher) {
    let (parity, bytes) = (Parity::new(BLOCK), random(BLOCK.block_bytes()));
    let mut packets: Vec<Option<Vec<u8>>> =
        parity.encode(0, &bytes).unwrap().into_iter().map(Some).collect();
    packets[..usize::from(BLOCK.repair)].fill(None);
    bencher
        .counter(BytesCount::new(bytes.len()))
        .with_inputs(|| packets.clone())
        .bench_local_values(|mut packets| parity.restore(0, &mut packets).unwrap());
}

/// Compressing a chunk of text at the default level.
#[divan::bench]
fn container_compress(bencher: Bencher) {
    let words = ["tile ", "frame ", "packet ", "codeword ", "pilot ", "symbol "];
    let mut prng = SplitMix64::new(3);
    let text: String = (0..200_000).map(|_| words[prng.next_u64() as usize % 6]).collect();
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| container::compress(text.as_bytes(), 9).unwrap());
}

/// File to frames, everything together.
#[divan::bench]
fn pipeline_send(bencher: Bencher) {
    let file = random(1_000_000);
    bencher.counter(BytesCount::new(file.len())).bench_local(|| {
        let stream = Stream::in_memory(&file, None).unwrap();
        let options = OwnOptions::default();
        let mut transfer = OwnTransfer::new(stream, tables(Profile::Dense), options).unwrap();
        let mut bytes = 0;
        let png = |frame: &_| encode_png(frame, Effort::Fast);
        deliver(&mut transfer, &Selection::default(), 1, png, |_, png| {
            bytes += png.len();
            Ok::<_, SendError>(())
        })
        .unwrap();
        bytes
    });
}
