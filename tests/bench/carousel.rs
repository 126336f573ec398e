//! How long a looped show takes, in shown frames, until a receiver that joins it anywhere has all of
//! the file: `cargo bench --bench carousel` (everything; with a word, the sizes that it begins).
//!
//! Packets only, no pictures: the program's own shapes, order of frames, codes and assembler, with
//! payloads of a few bytes that stand for large ones. Seeded: the same figures each time. Times are
//! lengths of the file; a perfect code is complete with as many packets as the file fills, whichever
//! they are, of the same losses.

#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::io::Read;
use tilecast::outer::{Assembler, Packet, PacketId, Parity, Schedule, Shape, cross_payload};
use tilecast::prng::SplitMix64;
use tilecast::send::SHOW_REDUNDANCY;

/// Bytes of a packet that are taken for granted, and those that are here in their place.
const PAYLOAD: u64 = 1039;
const STAND_IN: usize = 8;
/// Frames of a burst of losses.
const BURST: f64 = 10.0;
/// Shows that are not complete after so many lengths of the file, and so many frames, are given up.
const MOST: u64 = 40;
const MOST_FRAMES: u64 = 400;

/// Files.
const SIZES: [(&str, u64); 6] = [
    ("30KB", 30_000),
    ("100KB", 100_000),
    ("1MB", 1_000_000),
    ("7.5MB", 7_500_000),
    ("35MB", 35_000_000),
    ("200MB", 200_000_000),
];
/// Packets of usual frames of 30 KB, and of large ones.
const PER_FRAME: [usize; 2] = [31, 120];
/// Channels.
const LOSSES: [(&str, Loss); 9] = [
    ("none", Loss::Single(0.0)),
    ("10%", Loss::Single(0.1)),
    ("25%", Loss::Single(0.25)),
    ("50%", Loss::Single(0.5)),
    ("10% in bursts", Loss::Bursts(0.1)),
    ("25% in bursts", Loss::Bursts(0.25)),
    ("50% in bursts", Loss::Bursts(0.5)),
    ("every second", Loss::EverySecond),
    ("25%, and 10% of packets", Loss::Packets(0.25, 0.1)),
];

/// How frames get lost.
#[derive(Clone, Copy)]
enum Loss {
    Single(f64),
    Bursts(f64),
    EverySecond,
    /// Single frames, and single packets of the others.
    Packets(f64, f64),
}

/// A channel that loses frames.
struct Channel {
    loss: Loss,
    prng: SplitMix64,
    bad: bool,
    frames: u64,
}

impl Channel {
    fn new(loss: Loss, seed: u64) -> Self {
        let mut prng = SplitMix64::new(seed);
        let bad = matches!(loss, Loss::Bursts(share) if uniform(&mut prng) < share);
        Self { loss, frames: prng.next_u64() % 2, prng, bad }
    }

    fn loses(&mut self) -> bool {
        self.frames += 1;
        match self.loss {
            Loss::Single(share) | Loss::Packets(share, _) => uniform(&mut self.prng) < share,
            Loss::EverySecond => self.frames.is_multiple_of(2),
            Loss::Bursts(share) => {
                let leave = 1.0 / BURST;
                let change = if self.bad { leave } else { leave * share / (1.0 - share) };
                self.bad ^= uniform(&mut self.prng) < change;
                self.bad
            }
        }
    }

    fn loses_packet(&mut self) -> bool {
        matches!(self.loss, Loss::Packets(_, share) if uniform(&mut self.prng) < share)
    }
}

fn uniform(prng: &mut SplitMix64) -> f64 {
    (prng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// All packets of a transfer, frame by frame, and what they are made of.
struct Show {
    schedule: Schedule,
    stream: Vec<u8>,
    frames: Vec<Vec<Packet>>,
    /// Packets and frames that the file fills.
    packets: u64,
    length: f64,
}

impl Show {
    fn new(bytes: u64, per_frame: usize, redundancy: f64) -> Self {
        let packets = bytes.div_ceil(PAYLOAD);
        let shape = Shape::new(packets * STAND_IN as u64, STAND_IN, per_frame, redundancy).unwrap();
        let (schedule, parity) = (Schedule::new(shape, per_frame), Parity::new(shape));
        let mut prng = SplitMix64::new(bytes);
        let length = shape.blocks as usize * shape.block_bytes();
        let stream: Vec<u8> = (0..length).map(|_| prng.next_u64() as u8).collect();
        let blocks = stream.chunks(shape.block_bytes()).enumerate();
        let coded: Vec<Vec<Vec<u8>>> =
            blocks.map(|(block, bytes)| parity.encode(block as u32, bytes).unwrap()).collect();
        let packet = |(block, index): (u32, u8)| {
            let own = |block: u32| coded[block as usize][usize::from(index)].clone();
            let payload = match block < shape.blocks {
                true => own(block),
                false => cross_payload(&schedule, block, |b| Ok::<_, Infallible>(own(b))).unwrap(),
            };
            Packet { id: PacketId { transfer: 1, block, index }, shape, payload }
        };
        let frame = |number| schedule.packets_of(number).into_iter().map(packet).collect();
        let frames = (0..schedule.frames()).map(frame).collect();
        Self { schedule, stream, frames, packets, length: packets as f64 / per_frame as f64 }
    }

    /// Frames that are shown until a receiver has everything, and until one of a perfect code has.
    fn time(&self, loss: Loss, seed: u64) -> (u64, u64) {
        let mut channel = Channel::new(loss, seed);
        let start = SplitMix64::new(!seed).next_u64() % self.frames.len() as u64;
        let (mut assembler, mut store) = (Assembler::new(1, self.schedule.shape()), Vec::new());
        let (mut shown, mut received, mut perfect) = (0, 0, 0);
        let all = self.frames.iter().cycle().skip(start as usize);
        let most = (self.length.ceil() as u64 * MOST).max(MOST_FRAMES);
        for frame in all.take(most as usize) {
            shown += 1;
            if channel.loses() {
                continue;
            }
            for packet in frame {
                if channel.loses_packet() {
                    continue;
                }
                received += 1;
                assembler.accept(packet, &mut store).unwrap();
            }
            if perfect == 0 && received >= self.packets {
                perfect = shown;
            }
            assembler.cross(&self.schedule, &mut store).unwrap();
            if assembler.is_complete() {
                break;
            }
        }
        // Reading takes longer than everything else: not every time.
        if seed == 0 && assembler.is_complete() {
            let mut stream = Vec::new();
            assembler.reader(&mut store).read_to_end(&mut stream).unwrap();
            assert!(stream == self.stream, "another file");
        }
        (shown, perfect)
    }

    /// The same in lengths of the file, on average.
    fn times(&self, loss: Loss, trials: u64) -> (f64, f64) {
        let (mut own, mut perfect) = (0, 0);
        for seed in 0..trials {
            let (shown, least) = self.time(loss, seed);
            (own, perfect) = (own + shown, perfect + least);
        }
        let unit = self.length.ceil() * trials as f64;
        (own as f64 / unit, perfect as f64 / unit)
    }
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    println!(
        "| file | packets a frame | frames lost | perfect | 20% | 100% | 120% | 120% / perfect |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, bytes) in SIZES {
        if wanted.as_ref().is_some_and(|wanted| !name.starts_with(wanted.as_str())) {
            continue;
        }
        let trials = (500_000_000 / bytes).clamp(4, 100);
        for per_frame in PER_FRAME {
            let shows = [0.2, 1.0, SHOW_REDUNDANCY].map(|share| Show::new(bytes, per_frame, share));
            for (loss_name, loss) in LOSSES {
                let times = shows.each_ref().map(|show| show.times(loss, trials));
                let perfect = times[2].1;
                let cells = times.map(|(time, _)| format!("{time:.2}")).join(" | ");
                println!(
                    "| {name} | {per_frame} | {loss_name} | {perfect:.2} | {cells} | {:.2} |",
                    times[2].0 / perfect
                );
            }
        }
    }
}
