//! Values as they are typed: what they mean, and what is no value.

use crate::container::safe_name;
use crate::media::paper::Sheet;
use crate::send::{MAX_LOSSES, Redundancy, Selection, SelectionError};

/// Largest redundancy: ten repair packets for each source packet.
const MAX_REDUNDANCY: f64 = 10.0;
/// Pixels of a side of a screen.
const SCREENS: std::ops::RangeInclusive<usize> = 320..=16384;
/// Longest address of a receiver: a code of more is too fine for a phone across the room.
const MAX_URL_BYTES: usize = 400;
/// Lowest and highest code rate.
const RATES: std::ops::RangeInclusive<f64> = 0.33..=0.92;

pub(super) fn parse_size(text: &str) -> Result<(usize, usize), String> {
    let sides = text.split_once(['x', 'X']).and_then(|(width, height)| {
        Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
    });
    sides.ok_or_else(|| "give width and height in pixels, such as 1920x1080".to_owned())
}

pub(super) fn parse_screen(text: &str) -> Result<(usize, usize), String> {
    let (width, height) = parse_size(text)?;
    if SCREENS.contains(&width) && SCREENS.contains(&height) {
        return Ok((width, height));
    }
    Err(format!("a screen has from {0}x{0} to {1}x{1} pixels", SCREENS.start(), SCREENS.end()))
}

pub(super) fn parse_paper(text: &str) -> Result<Sheet, String> {
    let sides = || {
        let sides = text.strip_suffix("mm").unwrap_or(text);
        let (width, height) = sides.split_once(['x', 'X'])?;
        Sheet::of_millimetres(width.trim().parse().ok()?, height.trim().parse().ok()?)
    };
    let known = match text.to_ascii_lowercase().as_str() {
        "a4" => Some(Sheet::a4()),
        "letter" => Some(Sheet::letter()),
        _ => sides(),
    };
    known.ok_or_else(|| {
        "give a4, letter, or width and height from 60 to 1200 millimetres, such as 148x210mm"
            .to_owned()
    })
}

pub(super) fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if RATES.contains(&rate) => Ok(rate),
        _ => Err(format!("give a number from {} to {}", RATES.start(), RATES.end())),
    }
}

pub(super) fn parse_redundancy(text: &str) -> Result<Redundancy, String> {
    let frames = ["pages", "page", "p", "frames", "frame"];
    if let Some(number) = frames.iter().find_map(|noun| text.strip_suffix(noun)) {
        let losses = number.trim().parse().ok().filter(|count| *count <= MAX_LOSSES);
        let most = || format!("give a number of pages from 0 to {MAX_LOSSES}");
        return losses.map(Redundancy::Losses).ok_or_else(most);
    }
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse::<f64>().map(|percent| percent / 100.0) {
        Ok(share) if (0.0..=MAX_REDUNDANCY).contains(&share) => Ok(Redundancy::Share(share)),
        _ => Err(format!(
            "give a percentage from 0% to {}%, or a number of pages, such as 2pages",
            MAX_REDUNDANCY * 100.0
        )),
    }
}

/// Bytes, with K, M, G or T for powers of 1024.
pub(super) fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let power = match text.get(digits.len()..).unwrap_or_default().to_ascii_uppercase().as_str() {
        "" | "B" => Some(0),
        "K" | "KB" | "KIB" => Some(1),
        "M" | "MB" | "MIB" => Some(2),
        "G" | "GB" | "GIB" => Some(3),
        "T" | "TB" | "TIB" => Some(4),
        _ => None,
    };
    let unit = power.map(|power| 1024u64.pow(power));
    let bytes = digits.parse::<u64>().ok().zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
    bytes.ok_or_else(|| "give a number of bytes, such as 500M or 20G".to_owned())
}

pub(super) fn parse_only(text: &str) -> Result<Selection, SelectionError> {
    if text.is_empty() { Ok(Selection::default()) } else { text.parse() }
}

pub(super) fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count <= 1024 => Ok(count),
        _ => Err("give a number from 0 (all cores) to 1024".to_owned()),
    }
}

pub(super) fn parse_url(text: &str) -> Result<String, String> {
    let plain = text.len() <= MAX_URL_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    if is_web && plain {
        return Ok(text.to_owned());
    }
    Err(format!(
        "an address that begins with https:// or http://, without spaces, of at most {MAX_URL_BYTES} characters"
    ))
}

pub(super) fn parse_name(text: &str) -> Result<String, String> {
    let safe = safe_name(text);
    if safe == text {
        return Ok(safe);
    }
    Err(format!("a receiver would not use it as it is; give a plain file name, such as {safe:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked() {
        assert_eq!(parse_size("1920x1080"), Ok((1920, 1080)));
        assert!(parse_size("1920").is_err() && parse_size("axb").is_err());
        assert_eq!(parse_screen("3840x2160"), Ok((3840, 2160)));
        assert!(parse_screen("3840x200").is_err() && parse_screen("99999x2160").is_err());
        assert_eq!(parse_redundancy("20%"), Ok(Redundancy::Share(0.2)));
        assert_eq!(parse_redundancy("150"), Ok(Redundancy::Share(1.5)));
        for text in ["2pages", "2 pages", "2p", "2frames"] {
            assert_eq!(parse_redundancy(text), Ok(Redundancy::Losses(2)), "{text}");
        }
        assert!(parse_redundancy("255pages").is_err() && parse_redundancy("-1page").is_err());
        assert_eq!(parse_paper("A4"), Ok(Sheet::a4()));
        assert_eq!(parse_paper("210x297mm").map(|sheet| sheet.room()), Ok(Sheet::a4().room()));
        assert!(parse_paper("a9").is_err() && parse_paper("1x1mm").is_err());
        assert!(parse_redundancy("-1").is_err() && parse_redundancy("NaN").is_err());
        assert!(parse_rate("0.95").is_err() && parse_rate("0.5").is_ok());
        assert_eq!(parse_bytes("1073741825"), Ok((1 << 30) + 1));
        assert_eq!(parse_bytes("20g"), Ok(20 << 30));
        assert!(parse_bytes("much").is_err() && parse_bytes("99999999T").is_err());
        assert!(parse_name("../x").is_err() && parse_name("x.txt").is_ok());
    }
}
