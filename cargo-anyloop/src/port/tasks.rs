//! What smol and async-std have by the same names and otherwise: tasks, whose output is no `Result`, and
//! methods of sockets.

use std::ops::Range;

use super::place::{From, Place};
use super::work::{Hit, Source};

/// Writes what follows a spawn, at once or by the name that its task has, for a task of anyloop.
pub(super) fn port(source: &mut Source<'_>, hit: &Hit<'_>) {
    let spawns = ["spawn", "task::spawn", "task::spawn_local", "task::spawn_blocking"];
    let Place::Moves(to) = &hit.place else { return };
    if source.settings.from == From::Tokio || !spawns.contains(&to.as_str()) {
        return;
    }
    let Some(arguments) = &hit.path.arguments else { return };
    let end = arguments.span_close().byte_range().end;
    if method(source, end, None) {
        return;
    }
    let start = hit.path.range().start;
    let mut used = false;
    if let Some(name) = name_before(&source.text[..start]) {
        let scope = end..end_of_block(source.text, end);
        for at in mentions(source.text, scope, &name) {
            used |= method(source, at.end, Some(at));
        }
    }
    let statement = source.text[end..].trim_start().starts_with(';') && is_statement(&source.text[..start]);
    if source.settings.from == From::Smol && !used && !statement {
        let why = "a task of smol is cancelled when it is dropped, and its output is no Result; one of anyloop goes on, and a panic is an error";
        let write = "`.cancel().await` or `.abort()` where it is to end, `.await?` where it is waited for";
        source.need(start, "a task that is kept", why, write);
    } else if source.settings.from == From::Smol && statement {
        let why = "smol cancels a task that is dropped at once; anyloop's goes on";
        source.need(start, "a task that is dropped", why, "delete it, or keep it as it now runs");
    }
}

/// The method that follows at an offset; `name` is the task's name that stands before.
fn method(source: &mut Source<'_>, at: usize, name: Option<Range<usize>>) -> bool {
    let rest = &source.text[at..];
    let space = rest.len() - rest.trim_start().len();
    let rest = &rest[space..];
    let start = at + space;
    let awaited = |text: &str| {
        let rest = text.trim_start();
        rest.starts_with(".await").then(|| text.len() - rest.len() + ".await".len())
    };
    if let Some(length) = awaited(rest) {
        source.edits.insert(start + length, ".unwrap()");
    } else if rest.starts_with(".detach()") {
        let end = start + ".detach()".len();
        match name {
            Some(name) => {
                let text = format!("drop({})", source.slice(name.clone()));
                source.edits.replace(name.start..end, text);
            }
            None => source.edits.replace(at..end, ""),
        }
    } else if let Some(length) = rest.strip_prefix(".cancel()").and_then(awaited) {
        source.edits.insert(start + ".cancel()".len() + length, ".ok()");
    } else {
        return false;
    }
    true
}

/// The name in `let name = ` at the end of a text.
pub(super) fn name_before(text: &str) -> Option<String> {
    let text = text.trim_end().strip_suffix('=')?;
    let from = text.rfind("let ")?;
    let name = text[from + 4..].trim_start().trim_start_matches("mut ");
    let name = name.split(':').next().unwrap_or(name).trim();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain && !text[from..].contains(';')).then(|| name.to_owned())
}

fn is_statement(before: &str) -> bool {
    before.trim_end().ends_with([';', '{', '}'])
}

/// The end of the block that an offset is in, as far as braces tell.
fn end_of_block(text: &str, from: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn mentions(text: &str, scope: Range<usize>, name: &str) -> Vec<Range<usize>> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |range: &Range<usize>| {
        !text[..range.start].ends_with(|c| part(c) || c == '.') && !text[range.end..].starts_with(part)
    };
    let found = text[scope.clone()].match_indices(name);
    found.map(|(at, name)| scope.start + at..scope.start + at + name.len()).filter(whole).collect()
}

/// Methods of listeners and streams that moved.
pub(super) fn sockets(source: &mut Source<'_>, hits: &[Hit<'_>]) {
    let moved = |name: &str| {
        let to = format!("net::{name}");
        hits.iter().any(|hit| matches!(&hit.place, Place::Moves(place) if place.starts_with(&to)))
    };
    if source.settings.from == From::Tokio {
        return;
    }
    if moved("TcpListener") || moved("UnixListener") {
        for (at, found) in source.text.match_indices(".incoming()") {
            source.edits.replace(at..at + found.len(), ".into_incoming()");
        }
    }
    if moved("TcpStream") && source.settings.from == From::Smol {
        for path in ["std::net::Shutdown", "net::Shutdown", "Shutdown"] {
            let old = format!(".shutdown({path}::Write)");
            for (at, found) in source.text.match_indices(&old) {
                source.edits.replace(at..at + found.len(), ".close().await");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{mentions, name_before};

    #[test]
    fn names_are_found_before_and_after() {
        assert_eq!(name_before("let mut task: Task<()> = "), Some("task".into()));
        assert_eq!(name_before("let x = 1; push("), None);
        assert_eq!(mentions("a.b; ab; a.c", 0..12, "a"), [0..1, 9..10]);
    }
}
