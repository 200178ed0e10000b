//! Runtimes that a program builds by itself.

use std::collections::BTreeSet;

use super::place::{From, Place};
use super::tasks::name_before;
use super::tokens::Found;
use super::work::{Hit, Source};

/// Writes what builds a runtime so that it has the threads, the context and the owner that it had.
pub(super) fn port(source: &mut Source<'_>, hit: &mut Hit<'_>, found: &Found) {
    if source.settings.from != From::Tokio || !matches!(hit.place, Place::Moves(_)) {
        return;
    }
    let full: Vec<&str> = hit.full.iter().map(String::as_str).collect();
    let range = hit.path.range();
    let in_static = found
        .statics
        .iter()
        .find(|of| of.range.contains(&range.start) && of.of.iter().any(|name| name == "Runtime"));
    let end_of_static = in_static.map(|of| of.range.end);
    let shared = end_of_static.or_else(|| source.settings.shared.then_some(source.text.len()));
    let context = source.settings.with_tokio;
    match (&full[..], shared) {
        (["runtime", "Runtime"], Some(_)) => {
            source.edits.replace(range, "anyloop::runtime::SharedRuntime");
            hit.replaced = true;
        }
        (["runtime", "Runtime", "new"], shared) => {
            let context = if context { ".with_tokio()" } else { "" };
            let build = if shared.is_some() { "build_shared" } else { "build" };
            source
                .edits
                .replace(range, format!("anyloop::runtime::Builder::new_multi_thread(){context}.{build}"));
            hit.replaced = true;
        }
        (["runtime", "Builder", "new_current_thread" | "new_multi_thread"], shared) => {
            let Some(arguments) = &hit.path.arguments else { return };
            let end = arguments.span_close().byte_range().end;
            if context {
                with_tokio(source, range.start, end);
            }
            let build = shared.and_then(|until| source.text[end..until].find(".build()"));
            if let Some(at) = build {
                source.edits.replace(end + at..end + at + ".build".len(), ".build_shared");
            }
        }
        _ => return,
    }
    if context && full.len() == 3 {
        source.out.anyloop.insert("compat");
    }
}

/// Adds tokio's context to a builder that is made at `start`, as the first of its methods or by a
/// statement of its own.
fn with_tokio(source: &mut Source<'_>, start: usize, end: usize) {
    let semicolon = source.text[end..].starts_with(';').then_some(end + 1);
    match semicolon.zip(name_before(&source.text[..start])) {
        Some((at, name)) => {
            let line = source.text[..start].rfind('\n').map_or(0, |at| at + 1);
            let indent = source.text[line..start].split(|c: char| !c.is_whitespace()).next().unwrap_or("");
            source.edits.insert(at, format!("\n{indent}{name}.with_tokio();"));
        }
        None => source.edits.insert(end, ".with_tokio()"),
    }
}

/// A runtime that runs something is mutable: in a `let`, and in a `self` that has it.
pub(super) fn make_mutable(source: &mut Source<'_>, found: &Found, hits: &[Hit<'_>]) {
    let builds = |hit: &&Hit<'_>| {
        let full: Vec<&str> = hit.full.iter().map(String::as_str).collect();
        matches!(full[..], ["runtime", "Runtime", "new"] | ["runtime", "Builder", _])
            && matches!(hit.place, Place::Moves(_))
    };
    if source.settings.shared {
        return;
    }
    for of in &found.lets {
        let here = |hit: &&Hit<'_>| of.value.contains(&hit.path.range().start);
        let runs = source.text[of.value.end..].contains(&format!("{}.block_on(", of.name.text));
        let built = source.slice(of.value.clone());
        let whole = built.contains("build") || built.contains("Runtime::new");
        // It may be built of a builder that has a name.
        let by_name = built.contains(".build()");
        if runs && whole && hits.iter().any(|hit| (by_name || here(&hit)) && builds(&hit)) {
            source.edits.insert(of.name.range.start, "mut ");
        }
    }
    let owned = |hit: &Hit<'_>| hit.full == ["runtime", "Runtime"] && matches!(hit.place, Place::Moves(_));
    if source.settings.from == From::Tokio && hits.iter().any(owned) {
        let mut receivers = BTreeSet::new();
        for (at, _) in source.text.match_indices(".block_on(") {
            let before = &source.text[..at];
            let of_self = before.rsplit(|c: char| !c.is_alphanumeric() && !"._".contains(c)).next();
            let function =
                before.rfind("fn ").filter(|_| of_self.is_some_and(|path| path.starts_with("self.")));
            let Some(open) = function.and_then(|function| Some(function + before[function..].find('(')?))
            else {
                continue;
            };
            if before[open + 1..].trim_start().starts_with("self") {
                receivers
                    .insert(open + 1 + (before[open + 1..].len() - before[open + 1..].trim_start().len()));
            }
        }
        for at in receivers {
            source.edits.insert(at, "mut ");
        }
    }
}
