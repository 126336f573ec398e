//! A layer uses only what the table in `src/lib.rs` allows.

use crate::support::project;
use std::path::Path;

/// Module and what it may use besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("bits", &[]),
    ("field", &[]),
    ("filter", &["linear", "plane"]),
    ("linear", &[]),
    ("plane", &[]),
    ("prng", &[]),
    ("ldpc", &[]),
    ("raster", &[]),
    ("frame", &["raster", "field", "plane"]),
    ("modem", &["frame", "ldpc", "bits", "field", "filter", "linear", "plane", "prng"]),
    ("inner", &["ldpc", "bits", "prng"]),
    ("outer", &[]),
    ("container", &[]),
    ("cimbar", &["frame", "raster", "bits", "field", "filter", "plane", "prng"]),
    ("page", &["frame", "raster"]),
    (
        "pipeline",
        &["cimbar", "container", "outer", "inner", "ldpc", "modem", "frame", "page", "raster"],
    ),
    (
        "cli",
        // Words of the layers in messages and JSON; everything that is done goes through pipeline.
        &["pipeline", "cimbar", "container", "modem", "ldpc", "frame", "raster"],
    ),
];

fn check(module: &str, allowed: &[&str], path: &Path, checked: &mut usize) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            check(module, allowed, &entry.unwrap().path(), checked);
        }
        return;
    }
    if path.ends_with("tests.rs") {
        return;
    }
    let source = std::fs::read_to_string(path).unwrap();
    let code = source.lines().take_while(|line| *line != "#[cfg(test)]");
    let code = code.filter(|line| !line.trim_start().starts_with("//"));
    for line in code {
        assert!(!line.contains("crate::{"), "{}: name one module a line", path.display());
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let used: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let fine = used == module || allowed.contains(&used.as_str());
            assert!(fine, "{}: {module} uses {used}", path.display());
            *checked += 1;
        }
    }
}

#[test]
fn layers_use_only_what_is_below() {
    let mut modules = 0;
    for entry in std::fs::read_dir(project("src")).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if ["main", "lib", "spec"].contains(&module.as_str()) {
            continue;
        }
        let allowed = ALLOWED.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{module} is not in the table"));
        check(&module, allowed, &path, &mut modules);
    }
    assert!(modules > 30, "only {modules} uses found: does the search still work?");
}
