//! Manifests: anyloop comes in, and of the old runtime what is still needed stays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, TableLike, Value};

use super::package::{Kind, Package, inherits, is_runtime, table, table_mut, tables};
use super::place::From;

/// What the sources of one kind of target need.
#[derive(Debug, Default, Clone)]
pub(super) struct Needs {
    /// Whether something moved.
    pub(super) moved: bool,
    /// Whether loops are made.
    pub(super) loops: bool,
    /// The features of anyloop.
    pub(super) anyloop: BTreeSet<&'static str>,
    /// Those that a library's own tests need beside them.
    pub(super) tests: BTreeSet<&'static str>,
    /// Whether something stays on the old runtime.
    pub(super) stays: bool,
    /// Whether something of it stays that needs the runtime.
    pub(super) runs: bool,
    /// The features of tokio that what stays needs.
    pub(super) tokio: BTreeSet<&'static str>,
}

impl Needs {
    /// What both need.
    pub(super) fn join(&mut self, other: &Needs) {
        self.moved |= other.moved;
        self.loops |= other.loops;
        self.stays |= other.stays;
        self.runs |= other.runs;
        self.anyloop.extend(&other.anyloop);
        self.tests.extend(&other.tests);
        self.tokio.extend(&other.tokio);
    }
}

/// How anyloop is depended on.
#[derive(Debug)]
pub(super) struct Anyloop<'a> {
    /// A folder in place of the registry.
    pub(super) path: Option<&'a Path>,
}

/// anyloop's default features.
const DEFAULT: [&str; 6] = ["native", "macros", "sync", "io-util", "process", "signal"];
/// tokio's features that bring a runtime.
const RUNS: [&str; 13] = [
    "full",
    "rt",
    "rt-multi-thread",
    "net",
    "time",
    "fs",
    "process",
    "signal",
    "io-std",
    "test-util",
    "tracing",
    "windows-sys",
    "mio",
];

/// What became of the old runtime in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Old {
    Removed,
    /// It has these features.
    Reduced(BTreeSet<String>),
    Untouched,
}

impl Old {
    /// What became of it in two tables.
    fn and(self, other: &Old) -> Old {
        match (self, other) {
            (Old::Untouched, _) | (_, Old::Untouched) => Old::Untouched,
            (Old::Removed, other) => other.clone(),
            (Old::Reduced(mut left), Old::Reduced(more)) => {
                left.extend(more.iter().cloned());
                Old::Reduced(left)
            }
            (reduced, Old::Removed) => reduced,
        }
    }
}

/// Changes a package's manifest; gives what the workspace's dependency on the old runtime must still
/// have, if this package inherits it: the features, or nothing if they are not known.
pub(super) fn port(
    package: &mut Package,
    workspace: Option<&DocumentMut>,
    whole: bool,
    needs: &BTreeMap<Kind, Needs>,
    from: From,
    anyloop: &Anyloop<'_>,
) -> Inherited {
    let mut inherited = Inherited::default();
    let has = |doc: &DocumentMut, at: &[String]| {
        table(doc, at)
            .into_iter()
            .flat_map(TableLike::iter)
            .any(|(key, item)| is_runtime(key, item, workspace, from))
    };
    let found: Vec<Vec<String>> =
        tables(&package.doc).into_iter().filter(|at| has(&package.doc, at)).collect();
    let kind_of = |at: &[String]| match at.last().map(String::as_str) {
        Some("dev-dependencies") => Kind::Dev,
        Some("build-dependencies") => Kind::Build,
        _ => Kind::Lib,
    };
    let of_kind = |kind: Kind| needs.get(&kind).cloned().unwrap_or_default();
    let by_workspace = whole && inherits_any(&package.doc, &found, workspace, from);
    let has_dev = found.iter().any(|at| kind_of(at) == Kind::Dev);
    let has_lib = found.iter().any(|at| kind_of(at) == Kind::Lib);
    let mut outcomes: BTreeMap<String, (bool, Old)> = BTreeMap::new();
    for at in &found {
        let kind = kind_of(at);
        let mut need = of_kind(kind);
        if kind == Kind::Lib && !has_dev {
            // What the tests of a library need goes to its dev-dependencies.
            let dev = of_kind(Kind::Dev);
            let anyloop = if package.program { dev.anyloop.clone() } else { BTreeSet::new() };
            need.join(&Needs { anyloop, ..dev });
        } else if kind == Kind::Dev && !has_lib {
            need.join(&of_kind(Kind::Lib));
        }
        if kind == Kind::Dev {
            need.anyloop.extend(of_kind(Kind::Lib).tests);
        }
        let old: Vec<(String, bool)> = table(&package.doc, at)
            .into_iter()
            .flat_map(TableLike::iter)
            .filter(|(key, item)| is_runtime(key, item, workspace, from))
            .map(|(key, item)| (key.to_owned(), inherits(item)))
            .collect();
        if !need.moved {
            inherited.note(old.iter().any(|(_, inherits)| *inherits), &Old::Untouched);
            continue;
        }
        // Tests have a loop of their own.
        let program = package.program || kind != Kind::Lib;
        // What a target adds to a dependency of all targets.
        let again = at.len() > 1 && found.iter().any(|other| other.len() == 1 && kind_of(other) == kind);
        for (key, inherits) in old {
            let optional = table(&package.doc, at)
                .and_then(|table| table.get(&key)?.get("optional")?.as_bool())
                == Some(true);
            let by_workspace = inherits && whole;
            let entry = (!again).then(|| entry(&need, program, by_workspace, optional, anyloop));
            let became = change(&mut package.doc, at, &key, &need, entry, from);
            // Features are of what is no development dependency, if there is such.
            if kind != Kind::Dev || !has_lib {
                let outcome = outcomes.entry(key).or_insert((false, Old::Removed));
                outcome.0 |= optional;
                outcome.1 = std::mem::replace(&mut outcome.1, Old::Removed).and(&became);
            }
            inherited.note(inherits, &became);
            inherited.anyloop |= by_workspace;
        }
    }
    for (key, (optional, became)) in &outcomes {
        features(&mut package.doc, key, *optional, became);
    }
    let (lib, dev) = (of_kind(Kind::Lib), of_kind(Kind::Dev));
    if !package.program && (lib.moved && lib.loops || dev.moved) {
        let anyloop_of_tests = lib.tests.union(&dev.anyloop).copied().collect();
        let need = Needs { anyloop: anyloop_of_tests, ..Needs::default() };
        give_tests_a_loop(&mut package.doc, &need, by_workspace, anyloop);
    }
    inherited
}

fn inherits_any(
    doc: &DocumentMut,
    found: &[Vec<String>],
    workspace: Option<&DocumentMut>,
    from: From,
) -> bool {
    let items = found.iter().filter_map(|at| table(doc, at)).flat_map(TableLike::iter);
    items.filter(|(key, item)| is_runtime(key, item, workspace, from)).any(|(_, item)| inherits(item))
}

/// A library leaves the loop to its users; its tests and examples need one.
fn give_tests_a_loop(doc: &mut DocumentMut, need: &Needs, by_workspace: bool, anyloop: &Anyloop<'_>) {
    let entry = entry(need, true, by_workspace, false, anyloop);
    let table =
        doc.as_table_mut().entry("dev-dependencies").or_insert_with(|| Item::Table(toml_edit::Table::new()));
    if let Some(table) = table.as_table_like_mut().filter(|table| !table.contains_key("anyloop")) {
        table.insert("anyloop", Item::Value(entry));
    }
}

/// What a package says of the workspace's dependency on the old runtime.
#[derive(Debug, Default)]
pub(super) struct Inherited {
    /// Whether it inherits anyloop now.
    pub(super) anyloop: bool,
    /// The features of tokio it needs from there, if it still inherits it.
    pub(super) needs: Option<BTreeSet<String>>,
    /// Whether it inherits it as before.
    pub(super) untouched: bool,
}

impl Inherited {
    fn note(&mut self, inherits: bool, became: &Old) {
        match became {
            Old::Reduced(features) if inherits => {
                self.needs.get_or_insert_default().extend(features.iter().cloned())
            }
            Old::Untouched if inherits => self.untouched = true,
            _ => {}
        }
    }
}

/// The dependency on anyloop.
fn entry(need: &Needs, program: bool, inherit: bool, optional: bool, anyloop: &Anyloop<'_>) -> Value {
    let mut features: Vec<&str> = need
        .anyloop
        .iter()
        .copied()
        .filter(|feature| inherit || !program || !DEFAULT.contains(feature))
        .collect();
    if inherit && program {
        features.insert(0, "native");
    }
    let mut table = InlineTable::new();
    if inherit {
        table.insert("workspace", true.into());
    } else {
        table.insert("version", version().into());
        if let Some(path) = anyloop.path {
            table.insert("path", path.to_string_lossy().into_owned().into());
        }
        if !program {
            table.insert("default-features", false.into());
        }
    }
    if !features.is_empty() {
        table.insert("features", Value::Array(features.into_iter().collect::<Array>()));
    }
    if optional {
        table.insert("optional", true.into());
    }
    if table.len() == 1 && !inherit { version().into() } else { Value::InlineTable(table) }
}

/// The version to depend on: this crate's, without its last number.
fn version() -> String {
    concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR")).to_owned()
}

/// Puts anyloop into a table, before or in place of the old runtime.
fn change(
    doc: &mut DocumentMut,
    at: &[String],
    key: &str,
    need: &Needs,
    entry: Option<Value>,
    from: From,
) -> Old {
    let Some(table) = table_mut(doc, at) else { return Old::Untouched };
    let became = if !need.stays {
        Old::Removed
    } else if need.runs || from != From::Tokio {
        Old::Untouched
    } else {
        Old::Reduced(reduce(table.get_mut(key), need))
    };
    let present = table.contains_key("anyloop");
    if present {
        add_features(table.get_mut("anyloop"), need);
    }
    // What stands above the old entry goes to what takes its place.
    let above = table.key(key).map(|old| {
        let decor =
            if table.get(key).is_some_and(Item::is_value) { old.leaf_decor() } else { old.dotted_decor() };
        decor.prefix().and_then(|raw| raw.as_str()).unwrap_or_default().to_owned()
    });
    let above = above.filter(|_| became == Old::Removed).unwrap_or_default();
    // The order is kept: all entries are taken out and put back.
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for name in keys {
        let Some((mut name_key, item)) = take(table, &name) else { continue };
        if name != key {
            if name == "anyloop" && above.contains('#') {
                name_key.leaf_decor_mut().set_prefix(above.as_str());
            }
            put(table, &name_key, item);
            continue;
        }
        if let Some(mut entry) = entry.clone().filter(|_| !present) {
            let mut new = Key::new("anyloop");
            new.leaf_decor_mut().set_prefix(above.as_str());
            if let (Old::Removed, Some(value)) = (&became, item.as_value()) {
                *entry.decor_mut() = value.decor().clone();
            }
            put(table, &new, Item::Value(entry));
        }
        if became != Old::Removed {
            put(table, &name_key, item);
        }
    }
    became
}

fn take(table: &mut dyn TableLike, name: &str) -> Option<(Key, Item)> {
    let key = table.key(name)?.clone();
    Some((key, table.remove(name)?))
}

fn put(table: &mut dyn TableLike, key: &Key, item: Item) {
    table.entry_format(key).or_insert(item);
}

/// Leaves tokio the features that what stays needs; gives them.
fn reduce(item: Option<&mut Item>, need: &Needs) -> BTreeSet<String> {
    let needed: BTreeSet<String> = need.tokio.iter().map(|name| (*name).to_owned()).collect();
    let Some(item) = item else { return needed };
    let Some(features) = item.get_mut("features").and_then(Item::as_array_mut) else { return needed };
    let full = features.iter().any(|feature| feature.as_str() == Some("full"));
    let had: BTreeSet<String> =
        features.iter().filter_map(|feature| feature.as_str().map(str::to_owned)).collect();
    features.retain(|feature| {
        feature.as_str().is_some_and(|name| need.tokio.contains(name) || !RUNS.contains(&name) && !full)
    });
    for name in needed.iter().filter(|name| full || had.contains(*name) || name.as_str() != "rt") {
        if !features.iter().any(|feature| feature.as_str() == Some(name)) {
            features.push(name.as_str());
        }
    }
    begin_without_space(features);
    needed
}

/// Takes the space away that stood before what is the first now.
fn begin_without_space(array: &mut Array) {
    let first = array.get_mut(0);
    if let Some(first) =
        first.filter(|first| first.decor().prefix().and_then(|raw| raw.as_str()) == Some(" "))
    {
        first.decor_mut().set_prefix("");
    }
}

fn add_features(item: Option<&mut Item>, need: &Needs) {
    let Some(item) = item else { return };
    let off = item.get("default-features").and_then(Item::as_bool) == Some(false) || inherits(item);
    let wanted: Vec<&str> =
        need.anyloop.iter().copied().filter(|name| off || !DEFAULT.contains(name)).collect();
    if let Some(features) = item.get_mut("features").and_then(Item::as_array_mut) {
        for name in wanted {
            if !features.iter().any(|feature| feature.as_str() == Some(name)) {
                features.push(name);
            }
        }
    } else if !wanted.is_empty() {
        let features = Value::Array(wanted.into_iter().collect());
        if let Some(version) = item.as_str().map(str::to_owned) {
            let mut table = InlineTable::new();
            table.insert("version", version.into());
            table.insert("features", features);
            *item = Item::Value(Value::InlineTable(table));
        } else if let Some(table) = item.as_table_like_mut() {
            table.insert("features", Item::Value(features));
        }
    }
}

/// Features of the package that name the old runtime; one that its optional dependency was stays.
fn features(doc: &mut DocumentMut, key: &str, optional: bool, became: &Old) {
    if *became == Old::Untouched && !optional {
        return;
    }
    let (old, new) = (format!("dep:{key}"), "dep:anyloop");
    let names = |item: &Item, name: &str| {
        item.as_array().is_some_and(|array| array.iter().any(|value| value.as_str() == Some(name)))
    };
    let table = doc.get("features").and_then(Item::as_table_like);
    let explicit = table.is_some_and(|table| table.iter().any(|(_, item)| names(item, &old)));
    let implied = optional && !explicit;
    if implied {
        let features =
            doc.as_table_mut().entry("features").or_insert_with(|| Item::Table(toml_edit::Table::new()));
        let kept = (*became != Old::Removed).then_some(old.as_str());
        let dependencies = Value::Array(kept.into_iter().chain([new]).collect());
        if let Some(features) = features.as_table_like_mut() {
            features.insert(key, Item::Value(dependencies));
        }
    }
    let Some(features) = doc.get_mut("features").and_then(Item::as_table_like_mut) else { return };
    let by_name = features.contains_key(key);
    for (feature, item) in features.iter_mut().filter(|(name, _)| !implied || *name != key) {
        // What brought the old runtime in brings anyloop in, by the feature of its name if there is one.
        let (brings, by_name) = (optional && !names(item, new), by_name && feature != key);
        let mut brings = brings && !(by_name && names(item, key));
        let Some(array) = item.as_array_mut() else { continue };
        let mut at = 0;
        while at < array.len() {
            let name = array.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (of, feature) = name.split_once('/').unwrap_or(("", ""));
            let gone = match became {
                Old::Removed => true,
                Old::Reduced(left) => RUNS.contains(&feature) && !left.contains(feature),
                Old::Untouched => false,
            };
            let named = name == old;
            let mut put = brings && (named || of == key && (gone || !by_name));
            if gone && (of.trim_end_matches('?') == key) || named && *became == Old::Removed {
                if std::mem::take(&mut put) {
                    array.replace(at, if by_name && !named { key } else { new });
                    brings = false;
                } else {
                    array.remove(at);
                    continue;
                }
            }
            at += 1;
            if put {
                array.insert(at, new);
                brings = false;
                at += 1;
            }
        }
        begin_without_space(array);
    }
}

/// Changes the workspace's own dependencies after its members.
pub(super) fn port_workspace(
    doc: &mut DocumentMut,
    members: &[Inherited],
    from: From,
    anyloop: &Anyloop<'_>,
) {
    let at = ["workspace".to_owned(), "dependencies".to_owned()];
    let keys: Vec<String> = table(doc, &at)
        .into_iter()
        .flat_map(TableLike::iter)
        .filter(|(key, item)| is_runtime(key, item, None, from))
        .map(|(key, _)| key.to_owned())
        .collect();
    if !members.iter().any(|member| member.anyloop) {
        return;
    }
    let untouched = members.iter().any(|member| member.untouched);
    let still: BTreeSet<&str> =
        members.iter().filter_map(|member| member.needs.as_ref()).flatten().map(String::as_str).collect();
    let tokio = ["io-util", "macros", "rt", "sync"].into_iter().filter(|name| still.contains(name)).collect();
    let stays = untouched || members.iter().any(|member| member.needs.is_some());
    let need = Needs { moved: true, stays, runs: untouched, tokio, ..Needs::default() };
    for key in keys {
        change(doc, &at, &key, &need, Some(entry(&need, false, false, false, anyloop)), from);
    }
}
