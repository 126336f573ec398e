//! Every number in the table of `src/spec.md` §1 is the code's.

use crate::support::project;

#[test]
fn the_constants_of_the_spec_are_the_constants_of_the_code() {
    let spec = std::fs::read_to_string(project("src/spec.md")).unwrap();
    let rows: Vec<(String, u64)> = spec
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|');
            let name = cells.next()?.trim().trim_end_matches('`').to_owned();
            let value = cells.next()?.trim();
            let value = match value.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
                None => value.parse().unwrap(),
            };
            Some((name, value))
        })
        .collect();
    let sources = sources();
    assert!(rows.len() >= 23, "{rows:?}");
    for (name, value) in rows {
        let declared = format!("const {name}: ");
        let found: Vec<u64> = sources
            .iter()
            .flat_map(|source| source.split(&declared).skip(1).map(value_of))
            .collect();
        assert_eq!(found, [value], "{name} is declared once, with the spec's value");
    }
}

/// The value of a declaration such as `u32 = 16 << 20;`.
fn value_of(declaration: &str) -> u64 {
    let text = declaration.split(['=', ';']).nth(1).unwrap().replace('_', "");
    let number = |text: &str| match text.trim().strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => text.trim().parse().unwrap(),
    };
    match text.split_once("<<") {
        Some((value, shift)) => number(value) << number(shift),
        None => number(&text),
    }
}

fn sources() -> Vec<String> {
    fn walk(path: std::path::PathBuf, all: &mut Vec<String>) {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(path, all);
            } else if path.extension().is_some_and(|e| e == "rs") {
                all.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut all = Vec::new();
    walk(project("src"), &mut all);
    all
}
