//! What becomes of the imports of a source.

use super::edit::Edits;
use super::place::{From, Place};
use super::tokens::{Found, Use};
use super::tree::{self, Import, Leaf, Root};
use super::work::{Hit, Source};

/// The part of a `use` item that is rooted in the runtime's crate.
#[derive(Debug)]
pub(super) struct Rooted<'a> {
    /// The item.
    pub(super) item: &'a Use,
    /// The part.
    pub(super) root: Root,
}

/// What becomes of one thing that is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is imported from this path of anyloop.
    Moves(String),
    /// It stays.
    Stays,
    /// It is not needed.
    Dropped,
}

impl Fate {
    /// Where paths lead that begin with the import, if it moves.
    pub(super) fn moves_to(&self, leaf: &Leaf) -> Option<String> {
        match self {
            Fate::Moves(to) if leaf.local.is_some() => Some(to.clone()),
            _ => None,
        }
    }
}

/// The parts of all `use` items that are rooted in the runtime.
pub(super) fn roots<'a>(found: &'a Found, crates: &[String]) -> Vec<Rooted<'a>> {
    let of = |item: &'a Use| {
        tree::roots(&item.item.tree, crates, &item.scope).into_iter().map(move |root| Rooted { item, root })
    };
    found.uses.iter().flat_map(of).collect()
}

/// What becomes of each import.
pub(super) fn fates(source: &Source<'_>, leaves: &[Leaf], hits: &[Hit<'_>], found: &Found) -> Vec<Fate> {
    let fate = |(at, leaf): (usize, &Leaf)| {
        let mine: Vec<&Hit<'_>> = hits.iter().filter(|hit| hit.import == Some(at)).collect();
        let replaced = |hit: &&Hit<'_>| hit.replaced || matches!(hit.place, Place::Becomes(_));
        let unused = !mine.is_empty() && mine.iter().all(replaced);
        let moves = mine.iter().any(|hit| matches!(hit.place, Place::Moves(_)) && !hit.replaced);
        let stays =
            mine.iter().any(|hit| matches!(hit.place, Place::Stays | Place::Kept(_) | Place::Gone { .. }));
        match source.place(&leaf.path) {
            Place::Mixed if leaf.local.is_none() => glob(source, leaf, found),
            Place::Mixed if leaf.path.is_empty() => whole_crate(source, leaf, &mine, hits),
            // All of tokio's `io` is in anyloop's.
            Place::Mixed if source.settings.from == From::Tokio => {
                if moves {
                    Fate::Moves(leaf.path.join("::"))
                } else {
                    Fate::Stays
                }
            }
            Place::Mixed => module(leaf, &mine, stays),
            Place::Moves(to) => {
                if unused {
                    Fate::Dropped
                } else if stays && !moves {
                    Fate::Stays
                } else {
                    Fate::Moves(to)
                }
            }
            Place::Becomes(_) => Fate::Dropped,
            Place::Stays | Place::Kept(_) | Place::Gone { .. } => {
                if unused {
                    Fate::Dropped
                } else {
                    Fate::Stays
                }
            }
        }
    };
    leaves.iter().enumerate().map(fate).collect()
}

/// `io::*`: it moves if one of the names is used that needs a runtime.
fn glob(source: &Source<'_>, leaf: &Leaf, found: &Found) -> Fate {
    let used = |name: &str| {
        let path: Vec<String> = leaf.path.iter().cloned().chain([name.to_owned()]).collect();
        matches!(source.place(&path), Place::Moves(_))
    };
    if !leaf.path.is_empty() && found.paths.iter().any(|path| used(&path.names[0].text)) {
        return Fate::Moves(leaf.path.join("::"));
    }
    Fate::Stays
}

/// `use tokio as rt;`
fn whole_crate(source: &Source<'_>, leaf: &Leaf, mine: &[&Hit<'_>], hits: &[Hit<'_>]) -> Fate {
    let by_crate = leaf.local.as_ref().is_some_and(|local| source.settings.crates.contains(local));
    let (some, all) = if by_crate {
        let mut of_crate = hits.iter().filter(|hit| hit.import.is_none());
        (of_crate.clone().next().is_some(), of_crate.all(Hit::moves))
    } else {
        (!mine.is_empty(), mine.iter().all(|hit| hit.moves()))
    };
    if some && all { Fate::Moves(String::new()) } else { Fate::Stays }
}

/// A module that anyloop has in part: what moves is written by its whole path, unless its module has
/// the same name there.
fn module(leaf: &Leaf, mine: &[&Hit<'_>], stays: bool) -> Fate {
    let name = leaf.path.join("::");
    let same =
        |hit: &&Hit<'_>| matches!(&hit.place, Place::Moves(to) if to.starts_with(&format!("{name}::")));
    if mine.is_empty() || stays {
        Fate::Stays
    } else if mine.iter().any(|hit| same(hit) && !hit.replaced) {
        Fate::Moves(name)
    } else {
        Fate::Dropped
    }
}

/// Changes the imports; tells whether some stay.
pub(super) fn port(
    source: &mut Source<'_>,
    roots: &[Rooted<'_>],
    leaves: &[Leaf],
    fates: &[Fate],
    hits: &[Hit<'_>],
) -> bool {
    let mut first = 0;
    for rooted in roots {
        let these = first..first + rooted.root.leaves.len();
        first = these.end;
        for at in these.clone() {
            note(source, rooted, &leaves[at], &fates[at], hits.iter().any(|hit| hit.import == Some(at)));
        }
        change(source, rooted, &fates[these]);
    }
    fates.contains(&Fate::Stays)
}

/// Notes what an import needs, and what a person has to do for it.
fn note(source: &mut Source<'_>, rooted: &Rooted<'_>, leaf: &Leaf, fate: &Fate, used: bool) {
    let path =
        if leaf.local.is_some() { leaf.path.clone() } else { [&leaf.path[..], &["*".to_owned()]].concat() };
    let written =
        [source.settings.crates[0].clone()].iter().chain(&path).cloned().collect::<Vec<_>>().join("::");
    match (fate, source.place(&leaf.path)) {
        (Fate::Moves(to), _) => source.moved(&path, &to.clone()),
        (Fate::Dropped, _) => {}
        (Fate::Stays, Place::Mixed) if leaf.local.is_none() && leaf.path.is_empty() => {
            let why = "everything of the crate is imported, so that it cannot be told what is used of it";
            source.need(rooted.item.range.start, &written, why, "name what is used, and run this again");
            source.stays(&path, None);
        }
        (Fate::Stays, Place::Mixed) if leaf.local.is_some() => {}
        (Fate::Stays, Place::Gone { why, write }) => {
            if !used {
                source.need(leaf.range.start, &written, why, write);
            }
            source.stays(&path, Some(why));
        }
        (Fate::Stays, Place::Kept(why)) => source.stays(&path, Some(why)),
        (Fate::Stays, _) => source.stays(&path, None),
    }
}

fn change(source: &mut Source<'_>, rooted: &Rooted<'_>, fates: &[Fate]) {
    let (item, root) = (rooted.item, &rooted.root);
    let goes = |fate: &Fate| *fate != Fate::Stays;
    if !fates.iter().any(goes) {
        return;
    }
    let as_before =
        |(leaf, fate): (&Leaf, &Fate)| matches!(fate, Fate::Moves(to) if *to == leaf.path.join("::"));
    if root.leaves.iter().zip(fates).all(as_before) {
        source.edits.replace(root.name.clone(), "anyloop");
        return;
    }
    let imports: Vec<Import> =
        root.leaves.iter().zip(fates).filter_map(|(leaf, fate)| import(source, leaf, fate)).collect();
    let line = source.text[..item.range.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &source.text[line..item.range.start];
    let indent = if indent.trim().is_empty() { indent } else { "" };
    let new = tree::write(&imports, indent);
    let all = fates.iter().all(goes);
    if all && !imports.is_empty() {
        source.edits.replace(root.range.clone(), new);
        keep_comments(source.text, &mut source.edits, root, item, indent);
        return;
    }
    if all && !root.in_group {
        let end = item.range.end;
        let rest = source.text[end..].find('\n').map_or(source.text.len(), |at| end + at + 1);
        let alone =
            source.text[end..rest].trim().is_empty() && source.text[line..item.range.start].trim().is_empty();
        let gone = if alone { line..rest } else { item.range.clone() };
        keep_comments(source.text, &mut source.edits, root, item, indent);
        source.edits.replace(gone, "");
        return;
    }
    if !imports.is_empty() {
        if root.in_group {
            source.edits.insert(root.range.start, format!("{new}, "));
        } else {
            let before = &source.text[item.range.start..item.keyword];
            source.edits.insert(item.range.start, format!("{before}use {new};\n{indent}"));
        }
    }
    let gone: Vec<_> = root
        .leaves
        .iter()
        .zip(fates)
        .filter(|(_, fate)| goes(fate))
        .map(|(leaf, _)| leaf.range.clone())
        .collect();
    let mut ranges = Vec::new();
    tree::without(source.text, &item.item.tree, &|range| gone.contains(range), &mut ranges);
    for range in ranges {
        source.edits.replace(range, "");
    }
}

fn import(source: &Source<'_>, leaf: &Leaf, fate: &Fate) -> Option<Import> {
    let Fate::Moves(to) = fate else { return None };
    let path: Vec<String> = to.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let last = path.last().map_or("anyloop", String::as_str);
    let of_crate = |local: &String| leaf.path.is_empty() && source.settings.crates.contains(local);
    let alias = leaf.local.clone().filter(|local| local != last && !of_crate(local));
    Some(Import { path, alias, glob: leaf.local.is_none() })
}

/// Comments in a tree that is written anew are put before its item.
fn keep_comments(text: &str, edits: &mut Edits, root: &Root, item: &Use, indent: &str) {
    let mut rest = &text[root.range.clone()];
    let mut kept = String::new();
    while let Some(at) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        let block = rest[at..].starts_with("/*");
        let end = if block { rest[at..].find("*/").map(|end| end + 2) } else { rest[at..].find('\n') };
        let end = at + end.unwrap_or(rest.len() - at);
        kept += &format!("{}\n{indent}", rest[at..end].trim_end());
        rest = &rest[end..];
    }
    if !kept.is_empty() {
        edits.insert(item.range.start, kept);
    }
}
