//! What is fuzzed: a function for every parser of data from outside, with the properties that hold
//! whatever it is given.
//!
//! Beside the data path, and in no build but for tests. `tests/fuzz` gives these functions the inputs
//! of a fuzzer; the test here those that are kept there: a small corpus for each, and everything that
//! once failed.

mod archive;
mod cimbar;
mod codes;
mod input;
mod media;
mod pictures;
mod receive;
mod storage;
mod stream;
mod transfers;
mod words;

/// Names the functions once: they are passed on, and listed.
macro_rules! targets {
    ($($room:ident: $($name:ident)+;)+) => {
        $(pub use $room::{$($name),+};)+

        /// What is fuzzed, by name.
        pub const TARGETS: &[(&str, fn(&[u8]))] =
            &[$($((stringify!($name), $name as fn(&[u8]))),+),+];
    };
}

targets! {
    archive: archive;
    cimbar: cimbar_container coding fountain reed_solomon;
    codes: header inner ldpc soft_header;
    media: apng gif kind page pdf picture png split tiff y4m;
    pictures: capture forge;
    receive: assembler log receiver sight;
    stream: container manifest packet shape;
    words: arguments name selection text;
}

#[cfg(test)]
mod tests {
    use super::TARGETS;
    use std::path::PathBuf;

    /// The inputs that are kept for a target, of one kind.
    fn kept(kind: &str, target: &str) -> Vec<PathBuf> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
        let Ok(folder) = std::fs::read_dir(root.join(kind).join(target)) else { return Vec::new() };
        let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    #[test]
    fn inputs_that_are_kept_do_no_harm() {
        for (name, target) in TARGETS {
            target(b"");
            let corpus = kept("corpus", name);
            assert!(!corpus.is_empty(), "no corpus for {name}");
            for file in corpus.into_iter().chain(kept("regressions", name)) {
                // Seen if it panics.
                println!("{}", file.display());
                target(&std::fs::read(&file).unwrap());
            }
        }
    }
}
