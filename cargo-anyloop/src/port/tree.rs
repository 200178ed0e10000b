//! `use` trees: taken apart into what each imports, and written anew.

use std::ops::Range;

use syn::UseTree;
use syn::spanned::Spanned;

/// One thing that is imported.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Its path inside the crate; that of the module for `self` and `*`.
    pub(super) path: Vec<String>,
    /// What it is called here; nothing for `*`.
    pub(super) local: Option<String>,
    /// The bytes of the leaf.
    pub(super) range: Range<usize>,
    /// Where it can be used.
    pub(super) scope: Range<usize>,
}

/// The part of a tree that is rooted in a crate.
#[derive(Debug)]
pub(super) struct Root {
    /// The crate's name.
    pub(super) name: Range<usize>,
    /// The whole part.
    pub(super) range: Range<usize>,
    /// Whether it stands in a group of other crates.
    pub(super) in_group: bool,
    /// What it imports.
    pub(super) leaves: Vec<Leaf>,
}

/// The bytes of a tree.
pub(super) fn range(tree: &UseTree) -> Range<usize> {
    match tree {
        UseTree::Path(path) => path.ident.span().byte_range().start..range(&path.tree).end,
        UseTree::Name(name) => name.ident.span().byte_range(),
        UseTree::Rename(rename) => {
            rename.ident.span().byte_range().start..rename.rename.span().byte_range().end
        }
        UseTree::Glob(glob) => glob.star_token.span().byte_range(),
        UseTree::Group(group) => {
            group.brace_token.span.open().byte_range().start..group.brace_token.span.close().byte_range().end
        }
    }
}

/// The parts of a tree that are rooted in one of the crates; `scope` is where its item stands.
pub(super) fn roots(tree: &UseTree, crates: &[String], scope: &Range<usize>) -> Vec<Root> {
    let mut found = Vec::new();
    top(tree, crates, false, &mut found);
    for leaf in found.iter_mut().flat_map(|root| &mut root.leaves) {
        leaf.scope = scope.clone();
    }
    found
}

fn top(tree: &UseTree, crates: &[String], in_group: bool, found: &mut Vec<Root>) {
    let ident = match tree {
        UseTree::Path(path) => &path.ident,
        UseTree::Name(name) => &name.ident,
        UseTree::Rename(rename) => &rename.ident,
        UseTree::Group(group) => {
            for tree in &group.items {
                top(tree, crates, true, found);
            }
            return;
        }
        UseTree::Glob(_) => return,
    };
    if !crates.contains(&ident.to_string()) {
        return;
    }
    let mut leaves = Vec::new();
    match tree {
        UseTree::Path(path) => gather(&path.tree, &mut Vec::new(), &mut leaves),
        UseTree::Name(_) => leaves.push(Leaf {
            path: Vec::new(),
            local: Some(ident.to_string()),
            range: range(tree),
            scope: 0..0,
        }),
        UseTree::Rename(rename) => leaves.push(Leaf {
            path: Vec::new(),
            local: Some(rename.rename.to_string()),
            range: range(tree),
            scope: 0..0,
        }),
        UseTree::Glob(_) | UseTree::Group(_) => {}
    }
    found.push(Root { name: ident.span().byte_range(), range: range(tree), in_group, leaves });
}

fn gather(tree: &UseTree, above: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    let mut leaf = |name: Option<&syn::Ident>, local: Option<String>| {
        let mut path = above.clone();
        path.extend(name.map(ToString::to_string).filter(|name| name != "self"));
        let local =
            local.map(|local| if local == "self" { path.last().cloned().unwrap_or(local) } else { local });
        leaves.push(Leaf { path, local, range: range(tree), scope: 0..0 });
    };
    match tree {
        UseTree::Path(path) => {
            above.push(path.ident.to_string());
            gather(&path.tree, above, leaves);
            above.pop();
        }
        UseTree::Name(name) => leaf(Some(&name.ident), Some(name.ident.to_string())),
        UseTree::Rename(rename) => leaf(Some(&rename.ident), Some(rename.rename.to_string())),
        UseTree::Glob(_) => leaf(None, None),
        UseTree::Group(group) => {
            for tree in &group.items {
                gather(tree, above, leaves);
            }
        }
    }
}

/// An import to be written.
#[derive(Debug, Clone)]
pub(super) struct Import {
    /// The path inside anyloop.
    pub(super) path: Vec<String>,
    /// `as` what.
    pub(super) alias: Option<String>,
    /// Whether all of that module is meant.
    pub(super) glob: bool,
}

#[derive(Default)]
struct Node {
    name: String,
    /// `self`, under these names.
    own: Vec<Option<String>>,
    glob: bool,
    below: Vec<Node>,
}

/// `anyloop::...` with all of the imports; long ones are written over several lines, each with
/// `indent`.
pub(super) fn write(imports: &[Import], indent: &str) -> String {
    let mut root = Node { name: "anyloop".to_owned(), ..Node::default() };
    for import in imports {
        let mut node = &mut root;
        for name in &import.path {
            let at = node.below.iter().position(|below| below.name == *name).unwrap_or_else(|| {
                node.below.push(Node { name: name.clone(), ..Node::default() });
                node.below.len() - 1
            });
            node = &mut node.below[at];
        }
        if import.glob {
            node.glob = true;
        } else {
            node.own.push(import.alias.clone());
        }
    }
    let line = root.line();
    if indent.len() + line.len() <= 94 {
        return line;
    }
    let (head, items) = root.parts();
    let items: String = items.iter().map(|item| format!("{indent}    {item},\n")).collect();
    format!("{head}::{{\n{items}{indent}}}")
}

impl Node {
    /// Its name with the single modules below it, and what stands in its group.
    fn parts(&self) -> (String, Vec<String>) {
        let mut items = Vec::new();
        for alias in &self.own {
            items.push(alias.as_ref().map_or("self".to_owned(), |alias| format!("self as {alias}")));
        }
        items.extend(self.glob.then(|| "*".to_owned()));
        if let ([], [only]) = (&items[..], &self.below[..]) {
            if !only.below.is_empty() || only.glob {
                let (head, items) = only.parts();
                return (format!("{}::{head}", self.name), items);
            }
        }
        items.extend(self.below.iter().map(Node::line));
        (self.name.clone(), items)
    }

    fn line(&self) -> String {
        if let ([alias], [], false) = (&self.own[..], &self.below[..], self.glob) {
            let alias = alias.as_ref().map(|alias| format!(" as {alias}"));
            return format!("{}{}", self.name, alias.unwrap_or_default());
        }
        match self.parts() {
            (head, items) if items.len() == 1 && items[0] != "self" && !items[0].starts_with("self as") => {
                format!("{head}::{}", items[0])
            }
            (head, items) => format!("{head}::{{{}}}", items.join(", ")),
        }
    }
}

/// The ranges that are to go so that a tree is left without the leaves for which `goes` is true. Not
/// all of them may go.
pub(super) fn without(
    text: &str,
    tree: &UseTree,
    goes: &dyn Fn(&Range<usize>) -> bool,
    out: &mut Vec<Range<usize>>,
) {
    match tree {
        UseTree::Path(path) => without(text, &path.tree, goes, out),
        UseTree::Group(group) => {
            let pairs: Vec<_> = group.items.pairs().collect();
            let stays: Vec<bool> = pairs.iter().map(|pair| !all_go(pair.value(), goes)).collect();
            let count = stays.iter().filter(|stays| **stays).count();
            let outside = range(tree);
            for (at, pair) in pairs.iter().enumerate() {
                let item = range(pair.value());
                let comma = pair.punct().map(|comma| comma.spans[0].byte_range());
                if stays[at] {
                    without(text, pair.value(), goes, out);
                    // The comma before what went at the end.
                    let last = !stays[at + 1..].contains(&true);
                    let rest = pairs.get(at + 1).is_some()
                        && pairs.last().is_some_and(|last| last.punct().is_none());
                    if let (true, true, Some(comma)) = (last, rest, comma) {
                        let space = &text[comma.end..];
                        let space = space.len() - space.trim_start_matches([' ', '\t']).len();
                        out.push(comma.start..comma.end + space);
                    }
                    continue;
                }
                match comma {
                    // A comment between an item and its comma is kept.
                    Some(comma) if text[item.end..comma.start].contains('/') => out.extend([item, comma]),
                    Some(comma) => out.push(whole_line(text, item.start..comma.end)),
                    None => out.push(whole_line(text, item)),
                }
            }
            // `{one}` is `one`, where no comment stands beside it.
            if count == 1 && !text[outside.clone()].contains("/") && !keeps_self(&pairs, &stays) {
                if let Some(at) = stays.iter().position(|stays| *stays) {
                    let item = range(pairs[at].value());
                    out.retain(|gone| {
                        gone.start < outside.start
                            || gone.end > outside.end
                            || (gone.start >= item.start && gone.end <= item.end)
                    });
                    out.push(outside.start..item.start);
                    out.push(item.end..outside.end);
                }
            }
        }
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

fn keeps_self<P>(pairs: &[syn::punctuated::Pair<&UseTree, P>], stays: &[bool]) -> bool {
    pairs.iter().zip(stays).any(|(pair, stays)| {
        let ident = match pair.value() {
            UseTree::Name(name) => &name.ident,
            UseTree::Rename(rename) => &rename.ident,
            _ => return false,
        };
        *stays && ident == "self"
    })
}

fn all_go(tree: &UseTree, goes: &dyn Fn(&Range<usize>) -> bool) -> bool {
    match tree {
        UseTree::Path(path) => all_go(&path.tree, goes),
        UseTree::Group(group) => !group.items.is_empty() && group.items.iter().all(|tree| all_go(tree, goes)),
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => goes(&range(tree)),
    }
}

/// The range with its line where nothing else is on it, else with the space behind it.
pub(super) fn whole_line(text: &str, range: Range<usize>) -> Range<usize> {
    let before = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let after = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    if text[before..range.start].trim().is_empty() && text[range.end..after].trim().is_empty() {
        return before..after;
    }
    let space = text[range.end..].len() - text[range.end..].trim_start_matches([' ', '\t']).len();
    range.start..range.end + space
}

#[cfg(test)]
mod tests {
    use super::{Import, write};

    fn import(path: &str, alias: Option<&str>) -> Import {
        let path = path.split("::").map(str::to_owned).collect();
        Import { path, alias: alias.map(str::to_owned), glob: false }
    }

    #[test]
    fn imports_are_written_as_one_tree() {
        assert_eq!(write(&[import("net::TcpStream", None)], ""), "anyloop::net::TcpStream");
        let imports =
            [import("time", None), import("time::sleep", None), import("net::TcpStream", Some("T"))];
        assert_eq!(write(&imports, ""), "anyloop::{time::{self, sleep}, net::TcpStream as T}");
        assert_eq!(write(&imports[..2], ""), "anyloop::time::{self, sleep}");
    }
}
