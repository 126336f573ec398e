//! Agreement with an independent implementation, and algebra of the encoder.

use super::*;
use crate::prng::SplitMix64;
use clap::ValueEnum;
use ldpc_toolbox::codes::nr5g::{BaseGraph, LiftingSize};
use ldpc_toolbox::sparse::SparseMatrix;

fn oracle(lifting: u16) -> SparseMatrix {
    // By its Debug name: the command-line name of Z208 there is "204".
    let name = format!("Z{lifting}");
    let size = LiftingSize::value_variants().iter().find(|size| format!("{size:?}") == name);
    BaseGraph::BG1.h(*size.unwrap())
}

fn info(code: &Code, seed: u64) -> Vec<u8> {
    SplitMix64::new(seed).bits(code.info_bits())
}

#[test]
fn parity_check_matrices_equal_the_independent_ones() {
    for lifting in LIFTING_SIZES {
        let code = Code::new(lifting, MAX_PARITY).unwrap();
        let (h, z) = (oracle(lifting), usize::from(lifting));
        let mut entries = 0;
        for (row, edges) in code.rows.iter().enumerate() {
            for lane in 0..z {
                for edge in edges {
                    entries += 1;
                    let column = edge.column * z + (lane + edge.shift) % z;
                    assert!(h.contains(row * z + lane, column), "Z {z}, row {row}, lane {lane}");
                }
            }
        }
        assert_eq!(entries, h.iter_all().count(), "Z {z}");
    }
}

#[test]
fn every_encoded_word_satisfies_the_independent_matrix() {
    for lifting in LIFTING_SIZES {
        let code = Code::new(lifting, MAX_PARITY).unwrap();
        let (h, z) = (oracle(lifting), usize::from(lifting));
        let info = info(&code, u64::from(lifting));
        let mut word = info[..PUNCTURED_COLUMNS * z].to_vec();
        word.extend(code.encode(&info));
        for row in 0..h.num_rows() {
            let parity = h.iter_row(row).fold(0, |acc, &column| acc ^ word[column]);
            assert_eq!(parity, 0, "Z {z}, check {row}");
        }
    }
}

#[test]
fn fewer_parity_columns_are_a_prefix_of_the_whole_word() {
    let whole = Code::new(32, MAX_PARITY).unwrap();
    let info = info(&whole, 5);
    let word = whole.encode(&info);
    for parity in MIN_PARITY..=MAX_PARITY {
        let code = Code::new(32, parity).unwrap();
        assert_eq!(code.encode(&info), word[..code.coded_bits()], "{parity} columns");
    }
}

#[test]
fn erasures_are_filled_and_a_used_decoder_gives_the_same_result() {
    let mut decoder = Decoder::default();
    for (lifting, parity) in [(384, 7), (9, 46), (96, 24), (384, 4)] {
        let code = Code::new(lifting, parity).unwrap();
        let info = info(&code, 77);
        let mut llrs: Vec<i8> =
            code.encode(&info).iter().map(|&bit| if bit == 1 { -20 } else { 20 }).collect();
        for llr in llrs.iter_mut().step_by(40) {
            *llr = 0;
        }
        let outcome = decoder.decode(&code, &llrs, 30);
        assert!(outcome);
        assert_eq!(outcome, Decoder::default().decode(&code, &llrs, 30));
        let bits: Vec<u8> = decoder.bits().take(info.len()).collect();
        assert_eq!(bits, info);
    }
}

#[test]
fn noise_alone_is_not_a_codeword() {
    let code = Code::new(384, 7).unwrap();
    let mut prng = SplitMix64::new(3);
    let llrs: Vec<i8> = (0..code.coded_bits()).map(|_| (prng.next_u64() % 63) as i8 - 31).collect();
    assert!(!Decoder::default().decode(&code, &llrs, 20));
}

#[test]
fn only_codes_of_the_standard_exist() {
    for (lifting, parity) in [(17, 7), (0, 7), (385, 7), (384, 3), (384, 47)] {
        assert!(Code::new(lifting, parity).is_none(), "{lifting} {parity}");
    }
}

#[test]
fn rates_choose_the_nearest_number_of_columns() {
    let chosen: Vec<u8> =
        [0.33, 0.5, 0.6, 0.733, 0.81, 0.85, 0.92].into_iter().map(parity_for_rate).collect();
    assert_eq!(chosen, [46, 24, 17, 10, 7, 6, 4]);
    assert!((rate_of_parity(7) - 0.815).abs() < 0.001);
}
