//! One source: what is found, what becomes of it, and the text that comes out.

use super::edit::{apply, line_ends_of, line_of};
use super::place::{From, Place};
use super::tokens::{Found, find};
use super::tree::Leaf;
use super::work::{Change, Edited, Hit, Need, Ported, Settings, Source};
use super::{attribute, docs, imports, paused, runtime, tasks, tokio};

/// Moves one source.
///
/// # Errors
///
/// A text that is not Rust: the line, and what is wrong there.
pub fn port(text: &str, settings: &Settings) -> Result<Ported, (usize, String)> {
    if !settings.crates.iter().any(|name| text.contains(name.as_str())) {
        return Ok(Ported { text: text.to_owned(), ..Ported::default() });
    }
    // A byte order mark and a first line for the system are no tokens.
    let head = head(text);
    let body = &text[head..];
    let lines_before = line_of(text, head) - 1;
    let wrong = |error: syn::Error| (lines_before + error.span().start().line, error.to_string());
    is_rust(body).map_err(wrong)?;
    let (mut edits, needs, mut out) = edit(body, settings).map_err(wrong)?;
    for edit in &mut edits {
        edit.text = line_ends_of(body, &edit.text);
    }
    let new = apply(body, &edits);
    if let Err(error) = is_rust(&new) {
        let why = format!("the port of this file would not be Rust ({error}), so that it was left as it is");
        let write = "move this file by hand, and report it".to_owned();
        let needs = vec![Need { line: 1, what: "the whole file".to_owned(), why, write }];
        return Ok(Ported { text: text.to_owned(), needs, ..Ported::default() });
    }
    // Lines are told as they are now.
    let mut moved = 0_isize;
    let mut shifts = Vec::new();
    for edit in &edits {
        let line = (line_of(text, head + edit.range.start) as isize + moved) as usize;
        let before = body[edit.range.clone()].to_owned();
        moved += lines(&edit.text) - lines(&before);
        shifts.push((edit.range.end, moved));
        out.changes.push(Change { line, before, after: edit.text.clone() });
    }
    let line_now = |at: usize| {
        let shift = shifts.iter().rev().find(|(end, _)| *end <= at).map_or(0, |(_, shift)| *shift);
        (line_of(text, head + at) as isize + shift) as usize
    };
    out.needs = needs
        .into_iter()
        .map(|(at, what, why, write)| Need { line: line_now(at), what, why, write })
        .collect();
    out.needs.sort();
    out.needs.dedup();
    out.text = format!("{}{new}", &text[..head]);
    Ok(out)
}

/// Whether a text is a source, or what `include!` takes: an expression, or statements.
fn is_rust(text: &str) -> Result<(), syn::Error> {
    let file = syn::parse_file(text).map(drop);
    file.or_else(|error| syn::parse_str::<syn::Block>(&format!("{{{text}\n}}")).map(drop).map_err(|_| error))
}

fn lines(text: &str) -> isize {
    text.matches('\n').count() as isize
}

fn head(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let rest = &text[mark..];
    if rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[') {
        return mark + rest.find('\n').unwrap_or(rest.len());
    }
    mark
}

/// The changes of a text that is tokens.
pub(super) fn edit(text: &str, settings: &Settings) -> Result<Edited, syn::Error> {
    let found = find(text.parse()?);
    let mut source = Source::new(text, settings);
    let crates = crates(settings, &found);
    let roots = imports::roots(&found, &crates);
    let leaves: Vec<Leaf> = roots.iter().flat_map(|root| root.root.leaves.iter().cloned()).collect();
    let mut hits = resolve(&source, &found, &crates, &leaves);
    let paused = paused::port(&mut source, &mut hits);
    for hit in &mut hits {
        attribute::port(&mut source, hit, paused.contains(&hit.path.range().start));
        runtime::port(&mut source, hit, &found);
        tasks::port(&mut source, hit);
    }
    runtime::make_mutable(&mut source, &found, &hits);
    tasks::sockets(&mut source, &hits);
    let fates = imports::fates(&source, &leaves, &hits, &found);
    let stays = imports::port(&mut source, &roots, &leaves, &fates, &hits);
    paths(&mut source, &mut hits, &leaves, &fates);
    let stays = stays || hits.iter().any(|hit| hit.import.is_none() && !hit.moves());
    if !stays {
        extern_crates(&mut source, &found);
    }
    docs::port(&mut source, edit);
    Ok((source.edits.sorted(), source.needs, source.out))
}

/// What the runtime's crate is called in a source: one that is renamed is known by both names.
fn crates(settings: &Settings, found: &Found) -> Vec<String> {
    let renamed = found.extern_crates.iter().filter(|(name, _)| settings.crates.contains(&name.text));
    settings.crates.iter().cloned().chain(renamed.map(|(_, called)| called.clone())).collect()
}

/// Whether a source names the type of tokio's runtimes, but for imports.
pub(super) fn names_a_runtime(text: &str, settings: &Settings) -> bool {
    let tokens = text[head(text)..].parse().ok().filter(|_| text.contains("Runtime"));
    let (From::Tokio, Some(tokens)) = (settings.from, tokens) else { return false };
    let found = find(tokens);
    let crates = crates(settings, &found);
    let roots = imports::roots(&found, &crates);
    let leaves: Vec<Leaf> = roots.iter().flat_map(|root| root.root.leaves.iter().cloned()).collect();
    let hits = resolve(&Source::new(text, settings), &found, &crates, &leaves);
    hits.iter().any(|hit| hit.full == ["runtime", "Runtime"])
}

fn resolve<'a>(source: &Source<'_>, found: &'a Found, crates: &[String], leaves: &[Leaf]) -> Vec<Hit<'a>> {
    let mut hits = Vec::new();
    for path in &found.paths {
        let first = &path.names[0].text;
        let rest = path.names[1..].iter().map(|name| name.text.clone());
        let below = path.names.len() > 1 || path.opens_group;
        let (import, full) = if crates.contains(first) && below {
            (None, rest.collect())
        } else {
            // The innermost of the imports of that name.
            let start = path.names[0].range.start;
            let named = |leaf: &Leaf| leaf.local.as_deref() == Some(first) && leaf.scope.contains(&start);
            let found = leaves.iter().enumerate().filter(|(_, leaf)| named(leaf));
            let Some((import, _)) = found.min_by_key(|(_, leaf)| leaf.scope.len()) else { continue };
            (Some(import), leaves[import].path.iter().cloned().chain(rest).collect::<Vec<_>>())
        };
        let place = source.place(&full);
        hits.push(Hit { path, full, import, place, replaced: false });
    }
    hits
}

/// The paths that begin with the crate, or with what is imported and must be written otherwise.
fn paths(source: &mut Source<'_>, hits: &mut [Hit<'_>], leaves: &[Leaf], fates: &[imports::Fate]) {
    for hit in hits {
        let written = hit.path.names.iter().map(|name| &*name.text).collect::<Vec<_>>().join("::");
        let start = hit.path.range().start;
        if hit.path.opens_group && hit.import.is_none() {
            let why = "it stands in a macro's pattern or input, and is no `use` by itself";
            source.need(start, &format!("{written}::{{...}}"), why, "`anyloop::` for what needs a runtime");
            continue;
        }
        if !hit.replaced && matches!(&hit.place, Place::Moves(to) if to == "time::pause") {
            source.need(start, &written, tokio::PAUSE, tokio::PAUSED_TEST);
        }
        let root = hit.import.is_some_and(|import| leaves[import].path.is_empty());
        match (hit.place.clone(), hit.import) {
            (Place::Moves(to), None) => {
                source.moved(&hit.full, &to);
                if hit.replaced {
                    continue;
                }
                if to == hit.full.join("::") {
                    source.edits.replace(hit.path.names[0].range.clone(), "anyloop");
                } else {
                    source.edits.replace(hit.path.range(), format!("anyloop::{to}"));
                }
            }
            (Place::Moves(to), Some(import)) => {
                source.moved(&hit.full, &to);
                let followed = fates[import].moves_to(&leaves[import]);
                let below = hit.full[leaves[import].path.len()..].join("::");
                let by_import = followed.map(|base| {
                    if base.is_empty() || below.is_empty() {
                        format!("{base}{below}")
                    } else {
                        format!("{base}::{below}")
                    }
                });
                if !hit.replaced && by_import.as_deref() != Some(&*to) {
                    source.edits.replace(hit.path.range(), format!("anyloop::{to}"));
                }
            }
            (Place::Becomes(text), _) => {
                if !hit.replaced {
                    source.edits.replace(hit.path.range(), text);
                    hit.replaced = true;
                }
                source.moved(&hit.full, text.trim_start_matches("anyloop::"));
            }
            (Place::Gone { why, write }, _) => {
                source.need(start, &written, why, write);
                source.stays(&hit.full, Some(why));
                leave(source, hit, fates, leaves);
            }
            (Place::Kept(why), _) => {
                source.stays(&hit.full, Some(why));
                leave(source, hit, fates, leaves);
            }
            (Place::Stays, import) => {
                let here = import.and_then(|import| fates[import].moves_to(&leaves[import])).is_some();
                if here && !root {
                    // Its module moves, and has it too.
                    source.moved(&hit.full, &hit.full.join("::"));
                } else {
                    source.stays(&hit.full, None);
                    if here {
                        leave(source, hit, fates, leaves);
                    }
                }
            }
            (Place::Mixed, _) => {}
        }
    }
}

/// Writes what stays by its whole path where its import moves.
fn leave(source: &mut Source<'_>, hit: &Hit<'_>, fates: &[imports::Fate], leaves: &[Leaf]) {
    let Some(import) = hit.import else { return };
    if fates[import].moves_to(&leaves[import]).is_some() {
        let path = format!("{}::{}", source.settings.crates[0], hit.full.join("::"));
        source.edits.replace(hit.path.range(), path);
    }
}

/// `extern crate tokio;`, where nothing of it stays.
fn extern_crates(source: &mut Source<'_>, found: &Found) {
    for (name, _) in &found.extern_crates {
        if source.settings.crates.contains(&name.text) && !source.edits.is_empty() {
            source.edits.replace(name.range.clone(), "anyloop");
        }
    }
}
