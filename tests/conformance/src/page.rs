//! The page: docs/conformance.md.

use std::collections::BTreeMap;
use std::fmt::Write;

use loop_conformance::{BEHAVIOURS, CAPABILITIES, CASES, ELSEWHERE, STRUCK};

use crate::results::{Column, Outcome};

/// The groups, in the order of the page.
const GROUPS: &[(&str, &str)] = &[
    ("RUN", "how a loop is run, stopped and closed"),
    ("IMM", "callbacks that run as soon as they can"),
    ("TMR", "timers"),
    ("IO", "readiness of descriptors"),
    ("THR", "calls from other threads"),
    ("EXE", "blocking jobs"),
    ("FUT", "promises"),
    ("TSK", "tasks and cancellation"),
    ("ERR", "errors"),
    ("NET", "streams, servers and datagrams"),
    ("FS", "files and folders"),
    ("SIG", "signals"),
    ("PROC", "children"),
    ("BAK", "the choice of a backend"),
    ("PEER", "defects of other libraries, which no backend here may have"),
];

/// The behaviours that are neither a case, nor struck, nor shown elsewhere.
pub(crate) fn unexplained() -> Vec<&'static str> {
    let ids: Vec<String> = CASES.iter().map(|case| case.id()).collect();
    let explained = |id: &str| {
        ids.iter().any(|case| case == id) || STRUCK.iter().chain(ELSEWHERE).any(|(other, _)| *other == id)
    };
    BEHAVIOURS.iter().map(|(id, _)| *id).filter(|id| !explained(id)).collect()
}

/// The whole page.
pub(crate) fn write(columns: &[Column]) -> String {
    let mut page = String::from(HEAD);
    summary(&mut page, columns);
    let mut notes = Notes::default();
    for (group, title) in GROUPS {
        let _ = write!(page, "\n## {group}: {title}\n\n");
        cases(&mut page, group, columns, &mut notes);
        for (heading, list) in [("Shown elsewhere", ELSEWHERE), ("Struck", STRUCK)] {
            let mut rows = list.iter().filter(|(id, _)| group_of(id) == *group).peekable();
            if rows.peek().is_some() {
                let _ = write!(page, "\n{heading}:\n\n");
            }
            for (id, text) in rows {
                let _ = writeln!(page, "- {id}, {}: {text}", behaviour(id));
            }
        }
    }
    if !notes.reasons.is_empty() {
        page.push_str("\n## What happens instead\n\n");
        for (number, reason) in notes.reasons.iter().enumerate() {
            let _ = writeln!(page, "{}. {reason}", number + 1);
        }
    }
    page.push_str("\n## Capabilities\n\n");
    for (name, what) in CAPABILITIES {
        let _ = writeln!(page, "- `{name}`: {what}");
    }
    page
}

const HEAD: &str = "\
# Conformance

What each backend does, case by case. Written by `cargo run -p anyloop-conformance`, on Linux; do not edit.

Every case is a test of its backend, under the same name: `cargo test -p loop-native --test conformance`.

- **yes**: the case passes.
- **no** and a word: the backend lacks this capability, so the case is not run. The words are explained at the end.
- **1T**: promised on a single-threaded loop only, and this one has several threads.
- a number: it does something else, which the notes at the end explain.
";

fn summary(page: &mut String, columns: &[Column]) {
    page.push_str(
        "\n| backend | passed | unsupported | 1T | deviates | failed |\n|---|---|---|---|---|---|\n",
    );
    for column in columns {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            column.title,
            column.count(|outcome| *outcome == Outcome::Passed),
            column.count(|outcome| matches!(outcome, Outcome::Unsupported(_))),
            column.count(|outcome| *outcome == Outcome::OneThreadOnly),
            column.count(|outcome| matches!(outcome, Outcome::Deviates(_))),
            column.failed(),
        );
    }
}

/// The reasons of deviations, each with its number.
#[derive(Default)]
struct Notes {
    reasons: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

impl Notes {
    fn number(&mut self, reason: &str) -> usize {
        *self.numbers.entry(reason.to_owned()).or_insert_with(|| {
            self.reasons.push(reason.to_owned());
            self.reasons.len()
        })
    }
}

fn cases(page: &mut String, group: &str, columns: &[Column], notes: &mut Notes) {
    page.push_str("| case |");
    for column in columns {
        let _ = write!(page, " {} |", column.title);
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(columns.len()));
    page.push('\n');
    let mut rows: Vec<_> = CASES.iter().filter(|case| group_of(&case.id()) == group).collect();
    rows.sort_by_key(|case| case.id());
    for case in rows {
        let (_, words) = case.name.split_once('_').unwrap_or_default();
        let _ = write!(page, "| {} {} |", case.id(), words.replace('_', " "));
        for column in columns {
            let mark = match column.outcomes.get(case.name) {
                Some(Outcome::Passed) => "yes".to_owned(),
                Some(Outcome::Failed) => "**FAILED**".to_owned(),
                Some(Outcome::OneThreadOnly) => "1T".to_owned(),
                Some(Outcome::Unsupported(what)) => format!("no {what}"),
                Some(Outcome::Deviates(reason)) => format!("[{}]", notes.number(reason)),
                None => "**not run**".to_owned(),
            };
            let _ = write!(page, " {mark} |");
        }
        page.push('\n');
    }
}

fn group_of(id: &str) -> &str {
    id.trim_end_matches(|digit: char| digit.is_ascii_digit())
}

fn behaviour(id: &str) -> &'static str {
    BEHAVIOURS.iter().find(|(other, _)| *other == id).map_or("", |(_, text)| text)
}
