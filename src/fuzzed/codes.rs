//! Headers, formats and codewords: what is promised, and what noise makes of it.

use super::input::Input;
use crate::format::{FrameFormat, FrameTables};
use crate::frame::{Geometry, Palette};
use crate::inner::FrameCode;
use crate::ldpc::{Code, Decoder, LIFTING_SIZES};
use crate::modem::{FrameHeader, SoftHeader};

/// Largest frame whose tables are built here, in tiles.
const MOST_TILES: usize = 30_000;
/// Bytes of a header before its check.
const FIELD_BYTES: usize = 20;

/// A header's bytes as they are, and with the right version and check.
pub fn header(data: &[u8]) {
    if let Some(Ok(header)) = FrameHeader::parse(data) {
        check_header(header);
    }
    if let Some(Ok(header)) = checked(data) {
        check_header(header);
    }
}

/// Bytes of an input as a header with a right check.
fn checked(data: &[u8]) -> Option<Result<FrameHeader, crate::modem::HeaderError>> {
    let mut bytes: [u8; FIELD_BYTES] = Input::new(data).array();
    bytes[0] = if bytes[0] < 250 { 1 } else { bytes[0] };
    let check = crc32fast::hash(&bytes).to_le_bytes();
    let parsed = FrameHeader::parse(&[&bytes[..], &check].concat());
    assert!(parsed.is_some(), "a right check");
    parsed
}

fn check_header(header: FrameHeader) {
    let FrameFormat { geometry, lifting, .. } = header.format;
    assert!(geometry.is_valid() && header.frame < header.frames);
    assert_eq!(header.cells().len(), geometry.header_cells());
    if LIFTING_SIZES.contains(&lifting) {
        assert_eq!(FrameHeader::parse(&header.to_bytes()), Some(Ok(header)));
    }
}

/// A header as a camera sees it: a true one in wrong colours, or none at all.
pub fn soft_header(data: &[u8]) {
    let mut input = Input::new(data);
    let (mode, noise) = (input.byte(), input.byte());
    let fields: [u8; FIELD_BYTES] = input.array();
    let Some(Ok(header)) = checked(&fields) else { return };
    let palette = header.format.geometry.palette;
    let see = |(cell, random): (u8, u8)| -> [f32; 3] {
        let away = f32::from(random) / 255.0 * f32::from(noise);
        std::array::from_fn(|c| match mode & 3 {
            0 => f32::from(random) * (c as f32 + 1.0),
            _ => f32::from(cell >> (2 - c) & 1) * 180.0 + 20.0 + away,
        })
    };
    let cells = header.cells();
    let random = input.filled(cells.len());
    let samples: Vec<[f32; 3]> = cells.into_iter().zip(random).map(see).collect();
    let mut soft = SoftHeader::from_samples(&samples, palette);
    if mode & 4 != 0 {
        soft.add(&soft.clone());
    }
    let decoded = soft.decode(&mut Decoder::default());
    if mode & 3 != 0 && noise == 0 && LIFTING_SIZES.contains(&header.format.lifting) {
        assert_eq!(decoded, Some(Ok(header)));
    }
}

/// The tables of any format that a header can promise, and a codeword through them.
pub fn inner(data: &[u8]) {
    let mut input = Input::new(data);
    let [columns, rows] = [input.below(300) as u16 + 1, input.below(300) as u16 + 1];
    let [sides, parity, lifting, bands, noise] = input.array();
    let palette = if parity & 64 == 0 { Palette::Colour } else { Palette::BlackWhite };
    let geometry =
        Geometry { columns, rows, tile: (sides & 15) + 1, unit: (sides >> 4) + 1, palette };
    let few = usize::from(columns) * usize::from(rows) <= MOST_TILES;
    if !geometry.is_valid() || !few {
        return;
    }
    let lifting = LIFTING_SIZES.get(usize::from(lifting)).copied().unwrap_or(lifting.into());
    let format = FrameFormat { geometry, parity: parity & 63, lifting, bands };
    let Some(tables) = FrameTables::new(format) else { return };
    let code = &tables.code;
    assert!(tables.packets() > 0 && tables.frame_bytes() <= tables.capacity());
    let packets: Vec<Vec<u8>> =
        (0..code.codewords()).map(|_| input.filled(code.packet_bytes())).collect();
    check_code(code, &packets, noise);
}

/// A frame's packets to soft values and back, with some of those values gone.
fn check_code(code: &FrameCode, packets: &[Vec<u8>], noise: u8) {
    let bits = code.encode(packets);
    let mut expected = vec![f32::NAN; code.data_bits()];
    packets.iter().enumerate().for_each(|(i, packet)| code.note_packet(i, packet, &mut expected));
    let agree = |(known, bit): (&f32, &u8)| known.is_nan() || (*known > 0.0) == (*bit == 1);
    assert!(expected.iter().zip(&bits).all(agree));
    let llr = |(at, bit): (usize, &u8)| match at % 256 < usize::from(noise) / 4 {
        true => 0.0,
        false => 6.0 - 12.0 * f32::from(*bit),
    };
    let llrs: Vec<f32> = bits.iter().enumerate().map(llr).collect();
    let soft = code.soften(&llrs);
    let mut decoder = Decoder::default();
    for index in [0, packets.len() - 1] {
        let decoded = code.decode(&mut decoder, &code.gather(&soft, index), 20);
        assert!(decoded.as_ref().is_none_or(|decoded| *decoded == packets[index]));
        assert!(noise >= 4 || decoded.is_some());
        code.note_beliefs(index, &decoder, &mut expected);
        assert!(expected.iter().all(|value| value.is_nan() || value.abs() <= 1.0));
    }
}

/// A codeword of any soft values: what decodes is a codeword.
pub fn ldpc(data: &[u8]) {
    let mut input = Input::new(data);
    let lifting = LIFTING_SIZES[input.below(LIFTING_SIZES.len())];
    let parity = input.byte() % 43 + 4;
    let (true_one, iterations) = (input.byte() & 1 != 0, usize::from(input.byte() % 30));
    if lifting > 64 {
        return;
    }
    let code = Code::new(lifting, parity).expect("a code of the standard");
    let info: Vec<u8> = input.filled(code.info_bits()).into_iter().map(|byte| byte & 1).collect();
    let noise = input.filled(code.coded_bits());
    let sent = code.encode(&info);
    let soft = sent.iter().zip(noise).map(|(bit, noise)| {
        let noise = noise as i8;
        if true_one {
            (if *bit == 0 { 20i8 } else { -20 }).saturating_add(noise / 4)
        } else {
            noise
        }
    });
    let soft: Vec<i8> = soft.collect();
    let mut decoder = Decoder::default();
    if decoder.decode(&code, &soft, iterations) {
        let bits: Vec<u8> = decoder.bits().collect();
        let again = code.encode(&bits[..code.info_bits()]);
        assert!(again[..] == bits[2 * usize::from(lifting)..][..again.len()]);
    }
}
