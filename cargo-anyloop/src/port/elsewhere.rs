//! The texts of a package. What comes in by `include!`, `#[path]` or a link is moved if it stands in the
//! project's folder; of what does not, or cannot be read, a person is told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::edit::line_of;
use super::error::Error;
use super::files;
use super::package::{Kind, Package, folder_of};
use super::report::Report;
use super::work::Need;

/// Reads the sources of a package, and what they name as their parts that is not `known` as a source.
///
/// # Errors
///
/// A source that cannot be read.
pub(super) fn texts(
    package: &Package,
    root: &Path,
    known: &mut BTreeSet<PathBuf>,
    report: &mut Report,
) -> Result<Vec<(PathBuf, Kind, String)>, Error> {
    let mut paths = package.sources.clone();
    let mut texts = Vec::new();
    while let Some((path, kind)) = paths.get(texts.len()).cloned() {
        let text = match files::read(&path) {
            Err(Error::Io(_, _, error))
                if error.kind() == io::ErrorKind::InvalidData && !is_compiled(package, &path) =>
            {
                let why = "it is not UTF-8, as Rust is".to_owned();
                report.needs.entry(path.clone()).or_default().push(passed_over(1, why));
                String::new()
            }
            text => text?,
        };
        for (at, part) in parts(&path, &text) {
            if is_within(&part, root) {
                paths.extend(known.insert(real(&part)).then_some((part, kind)));
            } else if let Some(need) = need(&part, root, line_of(&text, at), &package.crates) {
                report.needs.entry(path.clone()).or_default().push(need);
            }
        }
        texts.push((path, kind, text));
    }
    for link in &package.links {
        if let Some(need) = need(link, root, 1, &package.crates) {
            report.needs.entry(link.clone()).or_default().push(need);
        }
    }
    Ok(texts)
}

/// All sources of the packages, without links.
pub(super) fn known(packages: &[Package]) -> BTreeSet<PathBuf> {
    packages.iter().flat_map(|package| &package.sources).map(|(path, _)| real(path)).collect()
}

/// Whether a source is compiled, as far as its folder tells: others may be the input of a test.
pub(super) fn is_compiled(package: &Package, path: &Path) -> bool {
    let path = path.strip_prefix(folder_of(&package.manifest)).unwrap_or(path);
    let mut parts = path.iter().filter_map(|part| part.to_str());
    let targets = ["tests", "examples", "benches"];
    match parts.next() {
        Some("src") => true,
        Some(first) if targets.contains(&first) => parts.count() == 1,
        first => first.is_some() && parts.next().is_none(),
    }
}

/// What is to be done about a file that was left.
pub(super) fn passed_over(line: usize, why: String) -> Need {
    let write = "nothing, if no target has it; else mend it, and run this again".to_owned();
    Need { line, what: "the whole file".to_owned(), why, write }
}

/// The files that a source names as its parts, which are there: where, and which.
fn parts(path: &Path, text: &str) -> Vec<(usize, PathBuf)> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for (word, opens) in [("include!", &["(", "[", "{"][..]), ("path", &["="][..])] {
        for (at, _) in text.match_indices(word) {
            let rest = text[at + word.len()..].trim_start();
            let Some(rest) = opens.iter().find_map(|open| rest.strip_prefix(open)) else { continue };
            let Some((name, _)) = rest.trim_start().strip_prefix('"').and_then(|name| name.split_once('"'))
            else {
                continue;
            };
            let part = folder.join(name);
            if part.is_file() {
                found.push((at, part));
            }
        }
    }
    found
}

/// Whether a path leads into a folder.
fn is_within(path: &Path, folder: &Path) -> bool {
    real(path).starts_with(real(folder))
}

/// The path without links.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// What is to be done about a part from outside, if it names one of the crates.
fn need(part: &Path, root: &Path, line: usize, crates: &[String]) -> Option<Need> {
    let texts = if part.is_dir() { files::sources(part).ok()?.0 } else { vec![part.to_owned()] };
    let names = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        crates.iter().any(|name| text.contains(&format!("{name}::")))
    };
    let told = !is_within(part, root) && texts.iter().any(names);
    told.then(|| Need {
        line,
        what: format!("what comes from {}", real(part).display()),
        why: "it stands outside of what is moved, and uses the old runtime".to_owned(),
        write: "`anyloop::` there by hand, if all that use it move".to_owned(),
    })
}
