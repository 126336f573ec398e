//! What is in a folder, as names and links: the rules to which both packing and unpacking are held.

use super::{
    ArchiveError, MAX_ARCHIVE_DEPTH, MAX_ARCHIVE_ENTRIES, MAX_ARCHIVE_NAME_BYTES,
    MAX_ARCHIVE_PATH_BYTES, name,
};
use crate::text::printable;
use std::collections::BTreeMap;
use std::ops::Bound;

/// The folder that holds everything, by its number.
pub(super) const TOP: usize = 0;
/// Links to links that are followed: no system follows more.
const MAX_HOPS: usize = 64;
/// Work that following all links together may take: a byte of a path is one, a name to be found more.
const MAX_WORK: usize = 20_000_000;
/// That of finding a name, in bytes.
const NAME_WORK: usize = 16;

/// What is in a folder, and in the folders in it.
#[derive(Debug)]
pub(super) struct Tree {
    /// The top one, then those in it, each after the one that it is in.
    folders: Vec<Folder>,
    entries: usize,
    /// Bytes of all names and of what links name.
    name_bytes: usize,
}

#[derive(Debug, Default)]
struct Folder {
    parent: usize,
    depth: usize,
    name: String,
    nodes: BTreeMap<String, Node>,
}

/// What has a name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A folder, by its number.
    Folder(usize),
    /// A file of so many bytes.
    File { bytes: u64, executable: bool },
    /// A symbolic link to a path with slashes.
    Link(String),
}

/// How far somebody has come who goes through a tree, of which no more than this is kept: paths are long.
#[derive(Debug)]
pub(super) struct Walk {
    /// Folders within folders, and the last name in each.
    open: Vec<(usize, Option<String>)>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { open: vec![(TOP, None)] }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self { folders: vec![Folder::default()], entries: 0, name_bytes: 0 }
    }
}

impl Tree {
    /// What has this name in a folder.
    pub(super) fn get(&self, folder: usize, name: &str) -> Option<&Node> {
        self.folders.get(folder)?.nodes.get(name)
    }

    /// Adds a folder; its number.
    pub(super) fn add_folder(&mut self, into: usize, name: &str) -> Result<usize, ArchiveError> {
        self.check(into, name)?;
        let depth = self.folders.get(into).map_or(0, |folder| folder.depth) + 1;
        if depth > MAX_ARCHIVE_DEPTH {
            return Err(ArchiveError::Depth { path: self.shown(into, name) });
        }
        let number = self.folders.len();
        self.put(into, name, Node::Folder(number));
        let (name, nodes) = (name.to_owned(), BTreeMap::new());
        self.folders.push(Folder { parent: into, depth, name, nodes });
        Ok(number)
    }

    /// Adds a file.
    pub(super) fn add_file(
        &mut self,
        into: usize,
        name: &str,
        bytes: u64,
        executable: bool,
    ) -> Result<(), ArchiveError> {
        self.check(into, name)?;
        self.put(into, name, Node::File { bytes, executable });
        Ok(())
    }

    /// Adds a link, wherever it leads.
    pub(super) fn add_link(
        &mut self,
        into: usize,
        name: &str,
        target: String,
    ) -> Result<(), ArchiveError> {
        self.check(into, name)?;
        let is_name = |part: &&str| !matches!(*part, "" | "." | "..");
        let names_are_right =
            target.split('/').filter(is_name).all(|name| name::check(name).is_ok());
        if target.is_empty() || target.len() > MAX_ARCHIVE_PATH_BYTES || !names_are_right {
            return Err(self.outside(into, name, &target));
        }
        self.name_bytes = self.name_bytes.saturating_add(target.len());
        self.put(into, name, Node::Link(target));
        Ok(())
    }

    /// Checks that there may be something of this name in a folder.
    fn check(&self, into: usize, name: &str) -> Result<(), ArchiveError> {
        name::check(name)
            .map_err(|why| ArchiveError::Name { path: self.shown(into, name), why })?;
        if self.path(into, name).len() > MAX_ARCHIVE_PATH_BYTES {
            return Err(ArchiveError::Path { path: self.shown(into, name) });
        }
        if self.entries >= MAX_ARCHIVE_ENTRIES || self.name_bytes >= MAX_ARCHIVE_NAME_BYTES {
            return Err(ArchiveError::Entries);
        }
        match self.get(into, name) {
            Some(_) => Err(ArchiveError::Twice { path: self.shown(into, name) }),
            None => Ok(()),
        }
    }

    fn put(&mut self, into: usize, name: &str, node: Node) {
        if let Some(folder) = self.folders.get_mut(into) {
            folder.nodes.insert(name.to_owned(), node);
            self.entries += 1;
            self.name_bytes = self.name_bytes.saturating_add(name.len());
        }
    }

    /// The path of what has this name in a folder.
    pub(super) fn path(&self, folder: usize, name: &str) -> String {
        let mut names = vec![name];
        let mut at = folder;
        while let Some(folder) = self.folders.get(at).filter(|_| at != TOP) {
            names.push(&folder.name);
            at = folder.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// The same, for people.
    fn shown(&self, folder: usize, name: &str) -> String {
        printable(&self.path(folder, name))
    }

    fn outside(&self, folder: usize, name: &str, target: &str) -> ArchiveError {
        ArchiveError::Outside { path: self.shown(folder, name), target: printable(target) }
    }

    /// What comes next, with its path: folders before what is in them, by the bytes of names.
    pub(super) fn next(&self, walk: &mut Walk) -> Option<(String, &Node)> {
        loop {
            let (number, last) = walk.open.last_mut()?;
            let number = *number;
            let behind = last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let nodes = &self.folders.get(number)?.nodes;
            let Some((name, node)) = nodes.range::<str, _>((behind, Bound::Unbounded)).next()
            else {
                walk.open.pop();
                continue;
            };
            *last = Some(name.clone());
            if let Node::Folder(inside) = node {
                walk.open.push((*inside, None));
            }
            return Some((self.path(number, name), node));
        }
    }

    /// The links: the folder that each is in, its name and target, and whether that is a folder.
    ///
    /// # Errors
    /// If one of them leads outside, now or through others.
    pub(super) fn links(&self) -> Result<Vec<(usize, &str, &str, bool)>, ArchiveError> {
        let (mut links, mut work) = (Vec::new(), 0);
        for (number, folder) in self.folders.iter().enumerate() {
            for (name, node) in &folder.nodes {
                let Node::Link(target) = node else { continue };
                let end = self.follow(number, target, &mut work);
                if work > MAX_WORK {
                    return Err(ArchiveError::Tangled);
                }
                let Some(is_folder) = end else {
                    return Err(self.outside(number, name, target));
                };
                links.push((number, name.as_str(), target.as_str(), is_folder));
            }
        }
        Ok(links)
    }

    /// Whether a path from a folder leads to a folder; `None` if it leads outside. What is not there is
    /// taken for folders, and what goes in circles for nothing. Nobody knows where `..` leads from what is
    /// not there: another name may be this one where case is ignored, that of a link even.
    fn follow(&self, from: usize, path: &str, work: &mut usize) -> Option<bool> {
        let mut rest: Vec<&str> = path.split('/').rev().collect();
        if path.starts_with('/') {
            return None;
        }
        // Folder where it is, and whether it has come to names below it that are not there.
        let (mut at, mut is_missing, mut hops) = (from, false, 0);
        while let Some(part) = rest.pop() {
            *work += NAME_WORK;
            match part {
                "" | "." => {}
                ".." if is_missing || at == TOP => return None,
                ".." => at = self.folders.get(at)?.parent,
                _ if is_missing => {}
                name => match self.get(at, name) {
                    Some(Node::Folder(number)) => at = *number,
                    Some(Node::Link(target)) => {
                        hops += 1;
                        if target.starts_with('/') {
                            return None;
                        }
                        if hops > MAX_HOPS {
                            return Some(false);
                        }
                        *work += target.len();
                        rest.extend(target.split('/').rev());
                    }
                    Some(Node::File { .. }) | None => is_missing = true,
                },
            }
        }
        Some(!is_missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Links: where they are, name by name, and their targets.
    type Links<'a> = &'a [(&'a [&'a str], &'a str)];

    /// A tree with the links, and `d/e/` with a file `f`.
    fn tree(links: Links<'_>) -> Tree {
        let mut tree = Tree::default();
        let d = tree.add_folder(TOP, "d").unwrap();
        let e = tree.add_folder(d, "e").unwrap();
        tree.add_file(e, "f", 1, false).unwrap();
        for (path, target) in links {
            let folder = [TOP, d, e][path.len() - 1];
            tree.add_link(folder, path.last().unwrap(), (*target).to_owned()).unwrap();
        }
        tree
    }

    #[test]
    fn links_that_stay_inside_are_told_from_those_that_do_not() {
        let inside: &[(Links<'_>, bool)] = &[
            (&[(&["l"], "d/e")], true),
            (&[(&["l"], "d/e/f")], false),
            (&[(&["d", "e", "l"], "../..")], true),
            (&[(&["l"], ".")], true),
            (&[(&["l"], "absent")], false),
            (&[(&["l"], "l")], false),
            (&[(&["l"], "absent/more/")], false),
            (&[(&["l"], "m/e"), (&["m"], "d")], true),
        ];
        for (links, is_folder) in inside {
            let tree = tree(links);
            assert_eq!(tree.links().unwrap()[0].3, *is_folder, "{links:?}");
        }
        let outside: &[Links<'_>] = &[
            &[(&["l"], "..")],
            &[(&["l"], "/etc")],
            &[(&["l"], "d/../../x")],
            &[(&["l"], "absent/../..")],
            &[(&["l"], "absent/../d")],
            &[(&["l"], "d/e/f/../f")],
            // Where case is ignored this is `./../x`.
            &[(&["b"], "."), (&["l"], "B/../x")],
            &[(&["b"], "."), (&["l"], "m/../x"), (&["m"], "B")],
            // Inside by its letters, but not where it leads.
            &[(&["d", "e", "up"], "../.."), (&["l"], "d/e/up/..")],
            &[(&["a"], "b/.."), (&["b"], "d/e/c"), (&["d", "e", "c"], "../..")],
        ];
        for links in outside {
            assert!(matches!(tree(links).links(), Err(ArchiveError::Outside { .. })), "{links:?}");
        }
    }

    #[test]
    fn links_that_lead_to_links_end() {
        let mut tree = Tree::default();
        for number in 0..20_000 {
            let target = vec![format!("{}/..", (number * 7919 + 1) % 20_000); 64].join("/");
            tree.add_link(TOP, &number.to_string(), target).unwrap();
        }
        assert!(matches!(tree.links(), Err(ArchiveError::Tangled)));
    }

    #[test]
    fn trees_have_bounds() {
        let mut tree = Tree::default();
        let mut at = TOP;
        for _ in 0..MAX_ARCHIVE_DEPTH {
            at = tree.add_folder(at, "a").unwrap();
        }
        assert!(matches!(tree.add_folder(at, "a"), Err(ArchiveError::Depth { .. })));
        let (mut tree, mut at, name) = (Tree::default(), TOP, "x".repeat(255));
        for _ in 0..MAX_ARCHIVE_PATH_BYTES / 256 {
            at = tree.add_folder(at, &name).unwrap();
        }
        assert!(matches!(tree.add_file(at, "x", 0, false), Err(ArchiveError::Path { .. })));
        let mut tree = Tree::default();
        for number in 0..MAX_ARCHIVE_ENTRIES {
            tree.add_file(TOP, &number.to_string(), 0, false).unwrap();
        }
        assert!(matches!(tree.add_file(TOP, "x", 0, false), Err(ArchiveError::Entries)));
        let (mut tree, target) = (Tree::default(), "x/".repeat(MAX_ARCHIVE_PATH_BYTES / 2));
        let mut links = (0..).map(|number: u32| number.to_string());
        let refused = links.find_map(|name| tree.add_link(TOP, &name, target.clone()).err());
        assert!(matches!(refused, Some(ArchiveError::Entries)));
    }
}
