//! Every room uses only what it may, and nothing uses what uses it.
//!
//! Imports are read from the source: `use` items and paths that begin with `crate::` or `super::`,
//! tests aside. Names are followed through the `pub use` of a folder's `mod.rs` to the file that has
//! them.

use crate::support::project;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Rooms, from the bottom up, and what each may use of the others.
const ALLOWED: &[(&str, &[&str])] = &[
    // Below all.
    ("vectors", &[]),
    // Leaves.
    ("bits", &[]),
    ("compression", &[]),
    ("dsp", &["vectors"]),
    ("ldpc", &["vectors"]),
    ("ordered", &[]),
    ("outer", &[]),
    ("prng", &[]),
    ("storage", &[]),
    ("text", &[]),
    ("wirehair", &[]),
    // The format, layer by layer.
    ("raster", &["dsp", "vectors"]),
    ("frame", &["dsp", "raster"]),
    ("modem", &["bits", "dsp", "frame", "ldpc", "prng", "raster"]),
    ("inner", &["bits", "ldpc", "prng"]),
    ("container", &["compression", "text"]),
    ("cimbar", &["bits", "compression", "dsp", "frame", "prng", "raster", "wirehair"]),
    // What the stages say to each other and to others.
    ("format", &["frame", "inner", "ldpc", "modem", "outer"]),
    ("outline", &["frame"]),
    ("report", &["container"]),
    ("reading", &["cimbar", "modem", "outer"]),
    // File to frames: no files, no pictures but its own.
    (
        "send",
        &[
            "cimbar",
            "container",
            "format",
            "frame",
            "modem",
            "ordered",
            "outer",
            "outline",
            "prng",
            "raster",
            "storage",
        ],
    ),
    // Pictures to packets: no files.
    (
        "capture",
        &[
            "cimbar", "dsp", "format", "frame", "inner", "ldpc", "modem", "ordered", "outer",
            "prng", "raster", "reading",
        ],
    ),
    // Packets to files: no pictures, no files yet.
    (
        "receive",
        &[
            "cimbar",
            "container",
            "format",
            "ldpc",
            "modem",
            "outer",
            "reading",
            "report",
            "storage",
        ],
    ),
    // The stages of receiving, for browsers.
    ("receiver", &["capture", "container", "raster", "reading", "receive", "report", "storage"]),
    // Files, streams, other programs: no codes.
    ("media", &["container", "frame", "outline", "raster", "storage", "text"]),
    (
        "cli",
        // The stages and the ends; of the layers, words for messages and JSON alone.
        &[
            "capture",
            "cimbar",
            "container",
            "format",
            "frame",
            "ldpc",
            "media",
            "modem",
            "outline",
            "reading",
            "receive",
            "receiver",
            "report",
            "send",
            "text",
        ],
    ),
    // Tests of everything that reads what comes from outside.
    (
        "fuzzed",
        &[
            "capture",
            "cimbar",
            "cli",
            "container",
            "format",
            "frame",
            "inner",
            "ldpc",
            "media",
            "modem",
            "outer",
            "raster",
            "reading",
            "receive",
            "receiver",
            "send",
            "storage",
            "text",
        ],
    ),
];

/// Parts of the standard library that only these rooms may use.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("std::fs", &["cli", "fuzzed", "media"]),
    ("std::process", &["cli", "media"]),
    ("std::net", &[]),
    ("std::env", &["cli"]),
    ("std::path", &["cli", "fuzzed", "media"]),
    ("std::time", &["cli", "media"]),
    ("std::thread", &["cli", "media", "ordered"]),
];

/// The files of `src/`, by their module paths: `frame/mesh/follow` for `frame/mesh/follow.rs`,
/// `frame` for `frame/mod.rs`; and their code, without comments and tests.
fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, all: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let lines = source.lines().take_while(|line| *line != "#[cfg(test)]");
                let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
                all.insert(module(&path), lines.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(&project("src"), &mut all);
    for root in ["lib", "main"] {
        all.remove(root);
    }
    all
}

fn module(path: &Path) -> String {
    let inside: PathBuf = path.strip_prefix(project("src")).unwrap().with_extension("");
    let inside = inside.to_str().unwrap().replace('\\', "/");
    inside.strip_suffix("/mod").unwrap_or(&inside).to_owned()
}

/// All paths that a source names from `crate::` or `super::` on, braces expanded.
fn paths(source: &str) -> Vec<String> {
    let starts = ["crate::", "super::"].iter().flat_map(|start| source.match_indices(start));
    let own = |&(at, _): &(usize, &str)| !source[..at].ends_with(['_', ':']);
    starts.filter(own).flat_map(|(at, _)| expanded(&source[at..])).collect()
}

/// The paths at the front of a text.
fn expanded(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let (path, rest) = text.split_at(end.unwrap_or(text.len()));
    let Some(inside) = rest.strip_prefix('{').filter(|_| path.ends_with("::")) else {
        return vec![path.trim_end_matches("::").to_owned()];
    };
    // The parts between the brace and its partner.
    let (mut depth, mut parts, mut start) = (0, Vec::new(), 0);
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&inside[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.flat_map(expanded).map(|part| format!("{path}{part}")).collect()
}

/// The module that a path leads to, seen from `from`.
fn resolve(path: &str, from: &str, sources: &BTreeMap<String, String>) -> Option<String> {
    let mut segments = path.split("::").collect::<Vec<_>>().into_iter();
    let mut at = match segments.next()? {
        "crate" => segments.next()?.to_owned(),
        _ => from.rsplit_once('/').map_or_else(String::new, |(parent, _)| parent.to_owned()),
    };
    for name in segments {
        let child = format!("{at}/{name}");
        if sources.contains_key(&child) {
            at = child;
            continue;
        }
        // A name, maybe one that a file of the folder has.
        let has = |line: &&&str| {
            line.contains("pub use ")
                && line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
        };
        let source = sources.get(&at)?.replace(",\n", ",").replace("{\n", "{");
        let source: Vec<&str> = source.lines().collect();
        if let Some(line) = source.iter().find(has) {
            let file = line.trim().trim_start_matches("pub use ").split("::").next()?;
            let file = format!("{at}/{file}");
            return Some(if sources.contains_key(&file) { file } else { at });
        }
        break;
    }
    Some(at)
}

#[test]
fn rooms_use_only_what_they_may() {
    let sources = sources();
    let mut uses = 0;
    for (from, source) in &sources {
        let room = from.split('/').next().unwrap();
        let allowed = ALLOWED.iter().find(|(name, _)| *name == room);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{room} is not in the table"));
        assert!(!source.contains("super::super"), "{from}: name the module from `crate::`");
        for path in paths(source).iter().filter_map(|path| path.strip_prefix("crate::")) {
            let used = path.split("::").next().unwrap();
            assert!(used == room || allowed.contains(&used), "{from} uses {used}");
            uses += 1;
        }
        for (part, rooms) in OUTSIDE {
            assert!(rooms.contains(&room) || !source.contains(part), "{from} uses {part}");
        }
    }
    assert!(uses > 150, "only {uses} uses found: does the search still work?");
}

#[test]
fn the_table_runs_downward() {
    for (at, (room, allowed)) in ALLOWED.iter().enumerate() {
        for used in *allowed {
            let below = ALLOWED[..at].iter().any(|(name, _)| name == used);
            assert!(below, "{room} may use {used}, which does not stand above it in the table");
        }
    }
}

#[test]
fn no_file_uses_what_uses_it() {
    let sources = sources();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, source) in &sources {
        // What a folder's `mod.rs` passes on is nothing that it uses itself.
        let own: String =
            source.split("pub use ").enumerate().fold(String::new(), |own, (i, part)| {
                own + if i == 0 { part } else { part.split_once(';').map_or("", |(_, rest)| rest) }
            });
        let found = paths(&own).into_iter().filter_map(|path| resolve(&path, from, &sources));
        // A folder's `mod.rs` names its files without a prefix.
        let named = own.lines().filter_map(|line| line.strip_prefix("use ")?.split("::").next());
        let inside = named.map(|name| format!("{from}/{name}"));
        let found = found.chain(inside.filter(|file| sources.contains_key(file)));
        uses.insert(from.clone(), found.filter(|to| to != from).collect());
    }
    assert!(uses["capture/reader"].contains("capture/search"), "does the search still work?");
    assert!(uses["modem/exact"].contains("modem/symbols"), "does it follow names?");
    // Files that use nothing which is left are taken away; what stays is a circle.
    while let Some(free) =
        uses.iter().find(|(_, used)| used.is_empty()).map(|(free, _)| free.clone())
    {
        uses.remove(&free);
        uses.values_mut().for_each(|used| {
            used.remove(&free);
        });
    }
    assert!(uses.is_empty(), "these use each other: {uses:#?}");
}
