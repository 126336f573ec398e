//! Looped shows: joined anywhere, half of their frames lost, cut short, forged.

use crate::support::{Workdir, complete, encode, own, random_bytes, read};
use tilecast::format::{FormatChoice, FrameTables, Profile};
use tilecast::frame::draw;
use tilecast::media::{decode_picture, storage};
use tilecast::modem::modulate;
use tilecast::outer::Packet;
use tilecast::prng::SplitMix64;
use tilecast::raster::Picture;
use tilecast::reading::{Capture, Outcome};
use tilecast::receive::Receiver;

/// A file of so many small frames as a show: its blocks have 23 source packets, so that few frames
/// make several groups of blocks.
struct Show {
    file: Vec<u8>,
    frames: Vec<Vec<u8>>,
    tables: FrameTables,
}

impl Show {
    fn new(frames: usize, seed: u64) -> Self {
        let choice = FormatChoice::new(Profile::Lossless, (256, 256));
        let tables = choice.tables().unwrap();
        let file = random_bytes(frames * tables.packets() * tables.payload() - 200, seed);
        let (_, frames) = encode(&file, &choice, 10.0);
        Self { file, frames, tables }
    }

    fn capture(&self, number: usize) -> Capture {
        let capture = read(&decode_picture(&self.frames[number]).unwrap());
        assert_eq!(capture.outcome, Outcome::Read);
        capture
    }

    /// The first frame from `number` on that has cross packets, with other payloads in them.
    fn forged_cross_frame(&self, number: usize) -> Capture {
        let is_cross = |packet: &Packet| packet.id.block >= packet.shape.blocks;
        let captures = (number..self.frames.len()).map(|number| self.capture(number));
        let mut captures =
            captures.filter(|capture| own(capture).unwrap().packets.iter().all(is_cross));
        let reading = own(&captures.next().unwrap()).unwrap().clone();
        let packets = reading.packets.iter().zip(1..).map(|(packet, seed)| {
            let payload = random_bytes(packet.payload.len(), seed);
            Packet { payload, ..packet.clone() }.to_bytes()
        });
        let packets: Vec<Vec<u8>> = packets.collect();
        let tiles = modulate(&self.tables.layout, &self.tables.code.encode(&packets));
        let frame = draw(&self.tables.layout, &tiles, &reading.header.cells());
        read(&Picture::from_rgba(frame.width, frame.height, &frame.to_rgba()).unwrap())
    }
}

#[test]
fn a_show_is_complete_wherever_it_is_joined_and_whichever_frames_are_lost() {
    let (needed, mut total) = (60, 0);
    let show = Show::new(needed, 1);
    for seed in 0..4 {
        let mut prng = SplitMix64::new(seed);
        let start = prng.next_u64() as usize % show.frames.len();
        let mut receiver = Receiver::in_memory();
        let mut received = 0;
        for shown in 0.. {
            let is_lost = if seed == 0 { shown % 2 == 1 } else { prng.next_u64() % 2 == 1 };
            if !is_lost {
                received += 1;
                let capture = show.capture((start + shown) % show.frames.len());
                receiver.accept(&capture, None).unwrap();
            }
            if receiver.is_complete() {
                break;
            }
        }
        assert!(complete(&mut receiver).unwrap() == show.file);
        assert!(received >= needed, "{received} frames");
        total += received;
    }
    // Blocks of 23 packets, far fewer than usual, are the hard case.
    assert!(total < 4 * needed * 125 / 100, "{total} frames for {needed}, four times");
}

/// Frames in an order of their own until the receiver has enough.
fn fill(receiver: &mut Receiver, show: &Show, seed: u64) -> Vec<usize> {
    let mut prng = SplitMix64::new(seed);
    let mut order: Vec<usize> = (0..show.frames.len()).collect();
    order.sort_by_cached_key(|_| prng.next_u64());
    let mut taken = Vec::new();
    for number in order {
        if receiver.is_complete() {
            return taken;
        }
        receiver.accept(&show.capture(number), Some(&format!("frame {number}"))).unwrap();
        taken.push(number);
    }
    panic!("all frames are too few");
}

/// Bytes of a log's records of one kind.
fn kept(log: &[u8], kind: u8) -> usize {
    let (mut at, mut bytes) = (16, 0);
    while let Some(head) = log.get(at..at + 5) {
        let length = u32::from_le_bytes(head[..4].try_into().unwrap()) as usize;
        bytes += if head[4] == kind { length } else { 0 };
        at += 5 + length + 4;
    }
    bytes
}

#[test]
fn what_was_worked_out_is_there_when_a_run_goes_on() {
    let (dir, show) = (Workdir::new(), Show::new(50, 2));
    let worked_out = (0..8).any(|seed| {
        let name = format!("log{seed}");
        let mut receiver = Receiver::new(storage::create(&dir.path(&name)).unwrap());
        fill(&mut receiver, &show, seed);
        let progress = receiver.progress();
        drop(receiver);
        let mut again = Receiver::resume(storage::open(&dir.path(&name)).unwrap()).unwrap();
        assert_eq!(again.progress(), progress);
        assert!(complete(&mut again).unwrap() == show.file);
        kept(&dir.read(&name), 5) > 0
    });
    assert!(worked_out, "nothing had to be worked out");
}

#[test]
fn a_forged_cross_frame_spoils_nothing() {
    let show = Show::new(50, 3);
    for seed in 0..4 {
        let mut receiver = Receiver::in_memory();
        for number in [0, show.frames.len() / 4, show.frames.len() / 2] {
            receiver.accept(&show.forged_cross_frame(number), None).unwrap();
        }
        let mut prng = SplitMix64::new(seed);
        let mut order: Vec<usize> = (0..show.frames.len()).collect();
        order.sort_by_cached_key(|_| prng.next_u64());
        let mut found = None;
        for number in order {
            receiver.accept(&show.capture(number), None).unwrap();
            while found.is_none() && receiver.is_complete() {
                let id = receiver.meant().unwrap();
                let file = crate::support::file(&mut receiver.transfer(id).unwrap());
                match file {
                    Ok(file) => found = Some(file),
                    Err(_) if receiver.reconsider(id).unwrap() => {}
                    Err(_) => break,
                }
            }
            if found.is_some() {
                break;
            }
        }
        assert!(found.unwrap() == show.file, "seed {seed}");
    }
}
