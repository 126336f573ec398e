//! The message: the file's name in a skippable zstd frame, then the file in zstd frames.
//!
//! There is no digest and no length: a message is whole if its zstd frames are.

use super::fountain::MAX_MESSAGE_BYTES;
use crate::compression::{Compressor, frames};
use crate::prng::SplitMix64;
use std::io::Read;

/// Bytes of the file in one zstd frame.
const PIECE_BYTES: usize = 16_384;
/// Magic of the skippable frame that holds the name, or padding.
const SKIPPABLE: [u8; 4] = [0x50, 0x2A, 0x4D, 0x18];
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// Bytes of a skippable frame's head.
const HEAD_BYTES: usize = 8;
/// First byte of a name.
const NAME_TAG: u8 = 1;
/// Longest name that the other receivers have room for.
const NAME_BYTES: usize = 255;
/// Largest window of a zstd frame that is read: 32 MiB.
const MAX_WINDOW_LOG: u32 = 25;
/// Seed of the padding.
const PADDING_SEED: u64 = 0x6369_6D62_6172_2E31;

/// The message for a file, longer than `chunk_bytes` so that it has two blocks at least. It stops
/// once it is longer than any message can be.
///
/// # Errors
/// If reading or compressing fails.
pub fn build(
    name: Option<&str>,
    mut file: impl Read,
    chunk_bytes: usize,
    level: i32,
) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    if let Some(name) = name {
        let end = (0..=NAME_BYTES.min(name.len())).rev().find(|&end| name.is_char_boundary(end));
        let name = name.bytes().take(end.unwrap_or(0));
        skippable(&mut message, std::iter::once(NAME_TAG).chain(name));
    }
    let mut compressor = Compressor::new(level)?;
    let mut piece = Vec::new();
    while message.len() <= MAX_MESSAGE_BYTES {
        piece.clear();
        file.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        if piece.is_empty() {
            break;
        }
        message.extend(compressor.compress(&piece)?);
    }
    if message.len() <= chunk_bytes {
        let missing = (chunk_bytes + 1 - message.len()).max(HEAD_BYTES + 1) - HEAD_BYTES;
        // Zeros would draw flat areas, which finder searches take for finders.
        let mut prng = SplitMix64::new(PADDING_SEED);
        skippable(&mut message, (0..missing).map(|_| prng.next_u64() as u8 | 2));
    }
    Ok(message)
}

fn skippable(message: &mut Vec<u8>, content: impl Iterator<Item = u8>) {
    let content: Vec<u8> = content.collect();
    message.extend(SKIPPABLE);
    message.extend((content.len() as u32).to_le_bytes());
    message.extend(content);
}

/// The name in a message, as it was sent: anything at all may be in it.
pub fn name(message: &[u8]) -> Option<String> {
    let content = message.strip_prefix(&SKIPPABLE)?;
    let (length, content) = content.split_first_chunk()?;
    let content = content.get(..u32::from_le_bytes(*length) as usize)?;
    let name = content.strip_prefix(&[NAME_TAG])?;
    Some(String::from_utf8_lossy(&name[..name.len().min(NAME_BYTES)]).into_owned())
}

/// The file in a message: its zstd frames, or, if it has none, the message as it is.
pub fn file(message: &[u8]) -> std::io::Result<Box<dyn Read + '_>> {
    if !message.starts_with(&SKIPPABLE) && !message.starts_with(&ZSTD) {
        return Ok(Box::new(message));
    }
    frames(message, MAX_WINDOW_LOG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(message: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file(message)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn files_come_back(bytes in prop::collection::vec(any::<u8>(), 1..60_000), named: bool) {
            let sent = named.then_some("a name");
            let message = build(sent, &bytes[..], 625, 3).unwrap();
            prop_assert!(message.len() > 625);
            let name = name(&message);
            prop_assert_eq!(name.as_deref(), sent);
            prop_assert_eq!(read(&message).unwrap(), bytes);
        }

        #[test]
        fn any_message_ends(message in prop::collection::vec(any::<u8>(), 0..3000), kind in 0usize..3) {
            let magic: &[u8] = [&[][..], &SKIPPABLE, &ZSTD][kind];
            let message = [magic, &message].concat();
            let _ = (name(&message), read(&message));
        }
    }

    #[test]
    fn cut_messages_are_errors() {
        let message = build(Some("n"), &[7; 40_000][..], 625, 3).unwrap();
        assert!(read(&message[..message.len() - 1]).is_err());
    }

    #[test]
    fn messages_without_zstd_are_files_as_they_are() {
        assert_eq!(read(b"plain text").unwrap(), b"plain text");
        assert_eq!(name(b"plain text"), None);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let message = build(Some(&"ä".repeat(200)), &[1][..], 625, 3).unwrap();
        assert_eq!(name(&message), Some("ä".repeat(127)));
    }
}
