//! The pictures in `samples/` decode to the files that are said to be in them.

use crate::support::{Workdir, project};

/// BLAKE3 of the text that every sample holds.
const DIGEST: &str = "4675a1b9a78ebe9932efbb5fa1de7c48d0ee0658cc52c47c5047bf1e4dfd0561";

#[test]
fn every_reference_frame_decodes() {
    let dir = Workdir::new();
    let mut count = 0;
    for entry in std::fs::read_dir(project("samples/frames")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        dir.tilecast(&["decode", path.to_str().unwrap(), "-o", &name, "-q"]).assert().success();
        assert_eq!(blake3::hash(&dir.read(&name)).to_hex().as_str(), DIGEST, "{name}");
        count += 1;
    }
    assert_eq!(count, 6);
}
