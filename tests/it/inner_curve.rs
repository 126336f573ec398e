//! Frame error rate of the inner code on the binary-input AWGN channel, at fixed seeds.
//!
//! The bounds are the mutual information a bit at which published layered min-sum decoders of
//! this code reach a frame error rate of 1 %, with 0.006 to spare; a little below, the code must
//! fail, or the noise is not what it says.

use tilecast::inner::FrameCode;
use tilecast::ldpc::Decoder;
use tilecast::prng::SplitMix64;

const WORDS: u64 = 60;
const ITERATIONS: usize = 20;

struct Gaussian(SplitMix64);

impl Gaussian {
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Mutual information a bit at noise deviation `sigma`, by numerical integration over the LLR.
fn information(sigma: f64) -> f64 {
    let (mean, deviation) = (2.0 / (sigma * sigma), 2.0 / sigma);
    let steps = 4000;
    let loss: f64 = (0..steps)
        .map(|i| {
            let z = -8.0 + 16.0 * (f64::from(i) + 0.5) / f64::from(steps);
            let density = (-z * z / 2.0).exp() / (std::f64::consts::TAU).sqrt();
            density * (1.0 + (-(mean + deviation * z)).exp()).log2()
        })
        .sum();
    1.0 - loss * 16.0 / f64::from(steps)
}

fn sigma_for(wanted: f64) -> f64 {
    let (mut low, mut high) = (0.1, 3.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if information(middle) > wanted { low = middle } else { high = middle }
    }
    low
}

/// Words lost of [`WORDS`].
fn lost(lifting: u16, parity: u8, wanted: f64) -> u64 {
    let bits = (20 + usize::from(parity)) * usize::from(lifting);
    let code = FrameCode::new(bits, 1, 1, lifting, parity).unwrap();
    let sigma = sigma_for(wanted);
    let mut decoder = Decoder::default();
    (0..WORDS)
        .filter(|seed| {
            let mut prng = SplitMix64::new(*seed);
            let packet: Vec<u8> = (0..code.packet_bytes()).map(|_| prng.next_u64() as u8).collect();
            let mut noise = Gaussian(SplitMix64::new(seed + 1000));
            let llrs: Vec<f32> = code
                .encode(&[&packet])
                .iter()
                .map(|&bit| {
                    let sent = if bit == 1 { -1.0 } else { 1.0 };
                    (2.0 * (sent + sigma * noise.next()) / (sigma * sigma)) as f32
                })
                .collect();
            code.decode(&mut decoder, &code.gather(&code.soften(&llrs), 0), ITERATIONS)
                != Some(packet)
        })
        .count() as u64
}

#[test]
fn the_code_needs_no_more_information_than_published() {
    for (lifting, parity, needed) in [
        (384, 4, 0.950),
        (384, 6, 0.885),
        (384, 7, 0.862),
        (384, 10, 0.792),
        (384, 13, 0.735),
        (384, 24, 0.578),
        (96, 4, 0.960),
        (96, 7, 0.875),
        (96, 24, 0.593),
    ] {
        let good = lost(lifting, parity, needed + 0.006);
        assert!(good <= 2, "Z {lifting}, {parity} columns, {needed}: {good} of {WORDS} lost");
        let bad = lost(lifting, parity, needed - 0.04);
        assert!(bad >= WORDS / 3, "Z {lifting}, {parity} columns: only {bad} lost below");
    }
}
