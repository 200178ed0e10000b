//! Packages: their manifests, what they call the runtime, and their sources.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, TableLike};

use super::error::Error;
use super::files;
use super::place::From;

/// The tables that name dependencies.
pub(super) const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// What a source is compiled into, which decides whose dependencies it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The library and the programs.
    Lib,
    /// Tests, examples and benchmarks.
    Dev,
    /// The build script.
    Build,
}

/// A package.
#[derive(Debug)]
pub(super) struct Package {
    /// Its manifest.
    pub(super) manifest: PathBuf,
    /// The manifest's text.
    pub(super) text: String,
    /// The manifest.
    pub(super) doc: DocumentMut,
    /// What it calls the runtime's crate, in code.
    pub(super) crates: Vec<String>,
    /// The version of a runtime from before its first, which is not moved from.
    pub(super) old: Option<String>,
    /// Its sources.
    pub(super) sources: Vec<(PathBuf, Kind)>,
    /// The links to sources, or to folders, among them.
    pub(super) links: Vec<PathBuf>,
    /// Whether it has a program.
    pub(super) program: bool,
    /// The packages that it depends on.
    pub(super) dependencies: Vec<String>,
}

/// What is moved.
#[derive(Debug)]
pub(super) struct Project {
    /// The workspace's manifest, if all of it is moved.
    pub(super) root: Option<(PathBuf, String, DocumentMut)>,
    /// The packages.
    pub(super) packages: Vec<Package>,
}

/// Reads a manifest.
fn manifest(path: &Path) -> Result<(String, DocumentMut), Error> {
    if !path.is_file() {
        return Err(Error::NoManifest(path.parent().unwrap_or(path).to_owned()));
    }
    let text = files::read(path)?;
    let doc = text
        .parse()
        .map_err(|error: toml_edit::TomlError| Error::Manifest(path.to_owned(), error.to_string()))?;
    Ok((text, doc))
}

/// The dependency tables of a manifest, those of targets too: the path of keys to each.
pub(super) fn tables(doc: &DocumentMut) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = TABLES.iter().map(|name| vec![(*name).to_owned()]).collect();
    if let Some(targets) = doc.get("target").and_then(Item::as_table_like) {
        for (target, _) in targets.iter() {
            found.extend(
                TABLES.iter().map(|name| vec!["target".into(), target.to_owned(), (*name).to_owned()]),
            );
        }
    }
    found.retain(|path| table(doc, path).is_some());
    found
}

/// The table at a path of keys.
pub(super) fn table<'a>(doc: &'a DocumentMut, path: &[String]) -> Option<&'a dyn TableLike> {
    let mut item = doc.as_item();
    for key in path {
        item = item.get(key)?;
    }
    item.as_table_like()
}

/// The table at a path of keys, to be changed.
pub(super) fn table_mut<'a>(doc: &'a mut DocumentMut, path: &[String]) -> Option<&'a mut dyn TableLike> {
    let mut item = doc.as_item_mut();
    for key in path {
        item = item.get_mut(key)?;
    }
    item.as_table_like_mut()
}

/// The package that a dependency is: its key, unless it is renamed there or in the workspace.
fn package_of<'a>(key: &'a str, item: &'a Item, workspace: Option<&'a DocumentMut>) -> &'a str {
    let named = |item: &'a Item| item.get("package").and_then(Item::as_str);
    if inherits(item) {
        let whole = workspace.and_then(|doc| doc.get("workspace")?.get("dependencies")?.get(key));
        return whole.and_then(named).unwrap_or(key);
    }
    named(item).unwrap_or(key)
}

/// The version that a dependency asks for, if it is before 1.
fn version_before_1(key: &str, item: &Item, workspace: Option<&DocumentMut>) -> Option<String> {
    let own = |item: &Item| item.as_str().or_else(|| item.get("version")?.as_str()).map(str::to_owned);
    let version = if inherits(item) {
        own(workspace?.get("workspace")?.get("dependencies")?.get(key)?)?
    } else {
        own(item)?
    };
    let number = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    (number.split('.').next() == Some("0")).then_some(version)
}

/// Whether a dependency is the runtime that is moved from.
pub(super) fn is_runtime(key: &str, item: &Item, workspace: Option<&DocumentMut>, from: From) -> bool {
    package_of(key, item, workspace) == from.package() && version_before_1(key, item, workspace).is_none()
}

/// Whether a dependency is the workspace's.
pub(super) fn inherits(item: &Item) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

/// Whether a package has features that are off by default.
pub(super) fn has_features_off(doc: &DocumentMut) -> bool {
    let Some(features) = doc.get("features").and_then(Item::as_table_like) else { return false };
    let mut on = vec!["default".to_owned()];
    let mut next = 0;
    while let Some(name) = on.get(next).cloned() {
        next += 1;
        let more = strings(features.get(&name)).into_iter().filter(|name| !on.contains(name));
        on.extend(more.collect::<Vec<_>>());
    }
    features.iter().any(|(name, _)| !on.iter().any(|on| on == name))
}

/// Finds what stands at a path: a folder or its `Cargo.toml`.
///
/// # Errors
///
/// No manifest there, one that cannot be read, or a folder that cannot.
pub(super) fn open(path: &Path, from: From) -> Result<Project, Error> {
    let path = if path.is_dir() { path.join("Cargo.toml") } else { path.to_owned() };
    let (text, doc) = manifest(&path)?;
    let folder = folder_of(&path);
    if let Some(workspace) = doc.get("workspace") {
        let mut manifests: Vec<PathBuf> = Vec::new();
        manifests.extend(doc.contains_key("package").then(|| path.clone()));
        manifests.extend(members(&folder, workspace)?.into_iter().filter(|member| *member != path));
        let excluded = excluded(&folder, workspace);
        let mut packages = Vec::new();
        let mut next = 0;
        while let Some(at) = manifests.get(next).cloned() {
            next += 1;
            let (text, own) = manifest(&at)?;
            // What a member depends on by a path below is a member.
            for below in paths(&own).iter().map(|path| folder_of(&at).join(path).join("Cargo.toml")) {
                let known = |other: &PathBuf| other.canonicalize().ok() == below.canonicalize().ok();
                if excluded.iter().any(|folder| below.starts_with(folder)) {
                    continue;
                }
                if below.is_file() && is_below(&below, &folder) && !manifests.iter().any(known) {
                    manifests.push(below);
                }
            }
            packages.push(package(at, text, own, Some(&doc), from)?);
        }
        return Ok(Project { root: Some((path, text, doc)), packages });
    }
    if !doc.contains_key("package") {
        let why = "it has neither [package] nor [workspace], so that it is no crate".to_owned();
        return Err(Error::Manifest(path, why));
    }
    // What it inherits stands above.
    let above = folder.canonicalize().map_err(Error::io(&folder, "find it"))?;
    let root = above.ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
    let root = root
        .filter(|path| path.is_file())
        .find_map(|path| manifest(&path).ok().filter(|(_, doc)| doc.contains_key("workspace")));
    let packages = vec![package(path, text, doc, root.as_ref().map(|(_, doc)| doc), from)?];
    Ok(Project { root: None, packages })
}

/// The folder of a manifest.
pub(super) fn folder_of(manifest: &Path) -> PathBuf {
    let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

fn is_below(path: &Path, folder: &Path) -> bool {
    matches!((path.canonicalize(), folder.canonicalize()), (Ok(path), Ok(folder)) if path.starts_with(&folder))
}

/// The paths of a package's dependencies.
fn paths(doc: &DocumentMut) -> Vec<String> {
    let all = tables(doc);
    let items = all.iter().filter_map(|at| table(doc, at)).flat_map(TableLike::iter);
    items.filter_map(|(_, item)| item.get("path")?.as_str().map(str::to_owned)).collect()
}

fn strings(item: Option<&Item>) -> Vec<String> {
    let array = item.and_then(Item::as_array);
    array.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn excluded(root: &Path, workspace: &Item) -> Vec<PathBuf> {
    strings(workspace.get("exclude")).iter().map(|name| root.join(name)).collect()
}

/// The manifests of a workspace's members.
fn members(root: &Path, workspace: &Item) -> Result<Vec<PathBuf>, Error> {
    let excluded = excluded(root, workspace);
    let mut found = Vec::new();
    for pattern in strings(workspace.get("members")) {
        let mut folders = vec![root.to_owned()];
        for part in pattern.split('/') {
            let mut next = Vec::new();
            for folder in folders {
                if !part.contains('*') {
                    next.push(folder.join(part));
                    continue;
                }
                let (before, after) = part.split_once('*').unwrap_or((part, ""));
                for entry in
                    std::fs::read_dir(&folder).map_err(Error::io(&folder, "read the folder"))?.flatten()
                {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if name.starts_with(before) && name.ends_with(after) {
                        next.push(entry.path());
                    }
                }
            }
            folders = next;
        }
        found.extend(
            folders
                .into_iter()
                .filter(|folder| !excluded.contains(folder))
                .map(|folder| folder.join("Cargo.toml")),
        );
    }
    // What a pattern finds may be no package.
    found.retain(|path| path.is_file());
    found.sort();
    found.dedup();
    Ok(found)
}

fn package(
    path: PathBuf,
    text: String,
    doc: DocumentMut,
    workspace: Option<&DocumentMut>,
    from: From,
) -> Result<Package, Error> {
    let folder = folder_of(&path);
    let mut crates = Vec::new();
    let mut old: Option<String> = None;
    let mut dependencies = Vec::new();
    for at in tables(&doc) {
        for (key, item) in table(&doc, &at).into_iter().flat_map(TableLike::iter) {
            let package = package_of(key, item, workspace);
            dependencies.push(package.to_owned());
            let code = key.replace('-', "_");
            if is_runtime(key, item, workspace, from) && !crates.contains(&code) {
                crates.push(code);
            } else if package == from.package() {
                old = old.or_else(|| version_before_1(key, item, workspace));
            }
        }
    }
    let mut sources = Vec::new();
    let (found, links) = files::sources(&folder)?;
    for source in found {
        let first = source.strip_prefix(&folder).ok().and_then(|path| path.components().next());
        let kind = match first.and_then(|first| first.as_os_str().to_str()) {
            Some("tests" | "examples" | "benches") => Kind::Dev,
            Some("build.rs") => Kind::Build,
            _ => Kind::Lib,
        };
        sources.push((source, kind));
    }
    let mut program = folder.join("src/main.rs").exists() || folder.join("src/bin").exists();
    for (name, kind) in
        [("bin", Kind::Lib), ("example", Kind::Dev), ("test", Kind::Dev), ("bench", Kind::Dev)]
    {
        let targets = doc.get(name).and_then(Item::as_array_of_tables);
        for target in targets.into_iter().flat_map(|targets| targets.iter()) {
            program |= name == "bin";
            let Some(at) = target.get("path").and_then(Item::as_str) else { continue };
            let at = folder.join(at);
            match sources.iter_mut().find(|(source, _)| *source == at) {
                Some((_, old)) => *old = kind,
                None if at.is_file() => sources.push((at, kind)),
                None => {}
            }
        }
    }
    Ok(Package { manifest: path, text, doc, crates, old, sources, links, program, dependencies })
}

#[cfg(test)]
mod tests {
    use super::has_features_off;

    #[test]
    fn features_are_on_by_default_or_off() {
        let off =
            |features: &str| has_features_off(&format!("[features]\n{features}").parse().expect("TOML"));
        assert!(!off("") && !off("default = [\"a\"]\na = [\"b\"]\nb = [\"dep:c\", \"a\"]\n"));
        assert!(off("a = []\n") && off("default = [\"a\"]\na = []\nb = [\"a\"]\n"));
    }
}
