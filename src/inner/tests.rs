use super::*;
use proptest::prelude::*;

fn packets(code: &FrameCode, seed: u64) -> Vec<Vec<u8>> {
    let mut prng = SplitMix64::new(seed);
    (0..code.codewords())
        .map(|_| (0..code.packet_bytes()).map(|_| prng.next_u64() as u8).collect())
        .collect()
}

fn llrs(bits: &[u8]) -> Vec<f32> {
    bits.iter().map(|&bit| if bit == 1 { -6.0 } else { 6.0 }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn packets_come_back(
        tiles in 2000usize..20_000,
        bits_per_tile in prop::sample::select(vec![1usize, 3]),
        band_count in 1u8..4,
        parity in 4u8..=46,
        seed: u64,
    ) {
        let Some(lifting) = FrameCode::best_lifting(tiles, bits_per_tile, band_count, parity, 13)
        else { return Ok(()) };
        let code = FrameCode::new(tiles, bits_per_tile, band_count, lifting, parity).unwrap();
        let packets = packets(&code, seed);
        let llrs = llrs(&code.encode(&packets));
        let mut decoder = Decoder::default();
        for (index, packet) in packets.iter().enumerate() {
            let decoded = code.decode(&mut decoder, &code.gather(&code.soften(&llrs), index), 20);
            prop_assert_eq!(decoded.as_ref(), Some(packet));
        }
    }
}

#[test]
fn a_lost_band_costs_only_its_own_packets() {
    let code = FrameCode::new(60_000, 3, 8, 128, 7).unwrap();
    let packets = packets(&code, 1);
    let mut llrs = llrs(&code.encode(&packets));
    llrs[..60_000 * 3 / 2].fill(0.0);
    let mut decoder = Decoder::default();
    let decoded: Vec<bool> = (0..packets.len())
        .map(|index| {
            code.decode(&mut decoder, &code.gather(&code.soften(&llrs), index), 20).is_some()
        })
        .collect();
    let half = packets.len() / 2;
    assert_eq!(decoded, [vec![false; half], vec![true; half]].concat());
}

#[test]
fn foreign_bits_yield_no_packet() {
    let code = FrameCode::new(20_000, 3, 1, 96, 10).unwrap();
    let llrs: Vec<f32> = SplitMix64::new(9)
        .bits(code.data_bits())
        .into_iter()
        .map(|bit| if bit == 1 { 4.0 } else { -4.0 })
        .collect();
    let mut decoder = Decoder::default();
    for index in 0..code.codewords() {
        assert_eq!(code.decode(&mut decoder, &code.gather(&code.soften(&llrs), index), 20), None);
    }
}

#[test]
fn unusable_parameters_are_refused() {
    assert!(FrameCode::new(10, 3, 1, 384, 7).is_none(), "no codeword fits");
    assert!(FrameCode::new(60_000, 3, 0, 384, 7).is_none(), "no band");
    assert!(FrameCode::new(60_000, 3, 65, 384, 7).is_none(), "too many bands");
    assert!(FrameCode::new(60_000, 3, 1, 18, 7).is_none(), "no whole bytes");
    assert!(FrameCode::best_lifting(10, 3, 1, 7, 13).is_none());
}

#[test]
fn what_the_decoder_believes_of_a_failed_codeword_is_mostly_right_and_packets_are_certain() {
    let code = FrameCode::new(8_000, 3, 1, 96, 12).unwrap();
    let packets = packets(&code, 3);
    let bits = code.encode(&packets);
    // Noise of 0.75 a bit leaves hardly more than this rate, so that decoding fails.
    const NOISE: f32 = 0.75;
    let mut prng = SplitMix64::new(5);
    let mut uniform = || (prng.next_u64() >> 40) as f32 / (1u32 << 24) as f32;
    let mut gaussian = || (0..12).map(|_| uniform()).sum::<f32>() - 6.0;
    let llrs: Vec<f32> = llrs(&bits)
        .into_iter()
        .map(|llr| 2.0 / (NOISE * NOISE) * (llr.signum() + NOISE * gaussian()))
        .collect();
    let soft = code.soften(&llrs);
    let mut decoder = Decoder::default();
    let mut expected = vec![f32::NAN; code.data_bits()];
    let failed = (0..code.codewords()).filter(|&index| {
        let failed = code.decode(&mut decoder, &code.gather(&soft, index), 40).is_none();
        code.note_beliefs(index, &decoder, &mut expected);
        failed
    });
    assert!(failed.count() == code.codewords());
    let noted = expected.iter().zip(&bits).filter(|(value, _)| !value.is_nan());
    let right: Vec<f32> = noted.map(|(value, bit)| value * (f32::from(*bit) * 2.0 - 1.0)).collect();
    assert!(right.iter().sum::<f32>() > 0.6 * right.len() as f32);
    assert!(right.iter().all(|value| value.abs() < 1.0));
    for (index, packet) in packets.iter().enumerate() {
        code.note_packet(index, packet, &mut expected);
    }
    let right = |(value, bit): (&f32, &u8)| value.is_nan() || *value == f32::from(*bit) * 2.0 - 1.0;
    assert!(expected.iter().zip(&bits).all(right));
}
