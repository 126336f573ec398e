//! The pages of a file, by the tree of them (ISO 32000-1, 7.7.3).

use super::error::PdfError;
use super::object::{Dict, Object};
use super::objects::{Objects, Place};
use std::collections::HashSet;

/// Pages that are read of a file at most, and nodes of the tree that they are in.
const MAX_PAGES: usize = 10_000;
const MAX_NODES: usize = 4 * MAX_PAGES;
/// Nodes above a page.
const MAX_DEPTH: usize = 32;

/// The numbers of the pages' objects, in order; what is damaged has no pages.
pub(super) fn pages(objects: &mut Objects<'_>, trailer: &Dict) -> Result<Vec<u32>, PdfError> {
    let root = objects.dict(trailer.get("Root"))?;
    let (mut next, mut seen) = (vec![root.get("Pages").clone()], HashSet::new());
    let mut pages = Vec::new();
    while let Some(node) = next.pop() {
        let Object::Reference(number) = node else { continue };
        if !seen.insert(number) || seen.len() > MAX_NODES || pages.len() == MAX_PAGES {
            continue;
        }
        let Ok(found) = objects.dict(&node) else { continue };
        match objects.entry(&found, "Kids") {
            Ok(Object::Array(kids)) => next.extend(kids.into_iter().rev()),
            _ if found != Dict::default() => pages.push(number),
            _ => {}
        }
    }
    Ok(pages)
}

/// All objects that say that they are pages, in the order in which they are in the file: for what has
/// lost its tree.
pub(super) fn stray_pages(objects: &mut Objects<'_>) -> Vec<u32> {
    let place = |(number, place): (&u32, &Place)| match place {
        Place::At(place) => (*place, 0, *number),
        Place::Within { stream, index } => (u64::from(*stream), *index, *number),
    };
    let mut numbers: Vec<_> = objects.places.iter().map(place).collect();
    numbers.sort_unstable();
    let numbers = numbers.into_iter().map(|(.., number)| number);
    let is_page = |number: &u32| {
        let found = objects.dict(&Object::Reference(*number));
        found.is_ok_and(|found| found.get("Type").name() == b"Page")
    };
    numbers.filter(is_page).take(MAX_PAGES).collect()
}

/// What is said of a page, or else of what it is in.
pub(super) fn inherited(
    objects: &mut Objects<'_>,
    page: &Dict,
    key: &str,
) -> Result<Object, PdfError> {
    let mut node = page.clone();
    for _ in 0..MAX_DEPTH {
        match objects.entry(&node, key)? {
            Object::Null if node.get("Parent") != &Object::Null => {
                node = objects.dict(node.get("Parent"))?;
            }
            found => return Ok(found),
        }
    }
    Ok(Object::Null)
}
