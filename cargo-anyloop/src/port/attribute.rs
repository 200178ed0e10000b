//! `#[main]` and `#[test]`.

use proc_macro2::{TokenStream, TokenTree};

use super::place::From;
use super::work::{Hit, Source};

/// Writes the arguments of an attribute for anyloop, so that they mean what they meant: a runtime
/// with many threads keeps them, the context of tokio is added where it is needed, and a clock that is
/// stopped where its function did it.
pub(super) fn port(source: &mut Source<'_>, hit: &mut Hit<'_>, paused: bool) {
    let [name] = &hit.full[..] else { return };
    if !hit.path.in_attribute || !["main", "test"].contains(&name.as_str()) {
        return;
    }
    let is_main = name == "main";
    source.out.attributes.insert("macros");
    let mut arguments = Vec::new();
    let mut changed = false;
    if let Some(group) = &hit.path.arguments {
        for (name, range) in arguments_of(group.stream()) {
            let text = source.slice(range.clone()).to_owned();
            let drops = match name.as_str() {
                "crate" => true,
                "flavor" => text.contains("current_thread") || text.contains("local"),
                "unhandled_panic" => {
                    let why = "it needs `tokio_unstable`";
                    source.need(
                        range.start,
                        &text,
                        why,
                        "nothing: a panic of a task is its own, and told by the exception handler",
                    );
                    true
                }
                _ => false,
            };
            changed |= drops;
            if name == "flavor" && drops {
                arguments.push((name, None));
            } else if !drops {
                if name == "start_paused" {
                    source.out.attributes.insert("test-util");
                }
                arguments.push((name, Some(text)));
            }
        }
    }
    let has = |name: &str| arguments.iter().any(|(given, _)| given == name);
    let mut written: Vec<String> = Vec::new();
    if is_main && !has("flavor") && !has("worker_threads") && source.settings.from != From::Smol {
        written.push("flavor = \"multi_thread\"".to_owned());
        changed = true;
    }
    if paused && !has("start_paused") {
        written.push("start_paused = true".to_owned());
        source.out.attributes.insert("test-util");
        changed = true;
    }
    let stopped = paused || has("start_paused");
    if source.settings.with_tokio && stopped {
        let why = "a clock cannot be stopped with tokio's context inside, so that `with_tokio` was left out";
        let write = "nothing, if the test passes; else `backends = [\"tokio\"]` beside it (feature `tokio`), where tokio's own timers stop too";
        source.need(hit.path.range().start, "start_paused", why, write);
    }
    let with_tokio = source.settings.with_tokio && !stopped && !has("with_tokio");
    written.extend(arguments.into_iter().filter_map(|(_, text)| text));
    if with_tokio {
        written.push("with_tokio".to_owned());
        source.out.attributes.insert("compat");
        changed = true;
    }
    if !changed {
        return;
    }
    let end = hit.path.range().end;
    let range = end..hit.path.arguments.as_ref().map_or(end, |group| group.span_close().byte_range().end);
    let text = if written.is_empty() { String::new() } else { format!("({})", written.join(", ")) };
    source.edits.replace(range, text);
}

/// The names of arguments, and the bytes of each.
fn arguments_of(tokens: TokenStream) -> Vec<(String, std::ops::Range<usize>)> {
    let mut found: Vec<(String, std::ops::Range<usize>)> = Vec::new();
    let mut fresh = true;
    for token in tokens {
        let range = token.span().byte_range();
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => fresh = true,
            _ if fresh => {
                found.push((token.to_string(), range));
                fresh = false;
            }
            _ => {
                if let Some((_, whole)) = found.last_mut() {
                    whole.end = range.end;
                }
            }
        }
    }
    found
}
