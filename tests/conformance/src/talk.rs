//! The last column of docs/talk.md: on which loops the tests of a row passed.

use crate::results::{Column, Log, Outcome, whole};

const TITLE: &str = "passes on";

/// The loops, as the page and the tests' names have them.
const LOOPS: [&str; 4] = ["native", "tokio", "smol", "sim"];

/// The tests of outside's crates, which are made when they run.
const OWN: &str = "every_loop";

/// The page with its last column written anew, and the tests in it that did not pass.
pub(crate) fn write(page: &str, columns: &[Column], logs: &[Log]) -> (String, Vec<String>) {
    let lines: Vec<String> = logs.iter().flat_map(|log| whole(&log.text)).collect();
    let (mut written, mut bad) = (String::new(), Vec::new());
    for line in page.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let last = match &*cells {
            _ if !line.starts_with('|') => None,
            ["talk", ..] => Some(TITLE.to_owned()),
            ["---", ..] | [_] => Some("---".to_owned()),
            [_, _, _, tests, ..] => Some(passed(tests, columns, &lines, &mut bad)),
            _ => None,
        };
        match last {
            Some(last) => written += &format!("| {} | {last} |\n", cells[..4].join(" | ")),
            None => written += &format!("{line}\n"),
        }
    }
    (written, bad)
}

/// What became of the tests that a cell links to.
fn passed(cell: &str, columns: &[Column], lines: &[String], bad: &mut Vec<String>) -> String {
    let names = cell.split('[').skip(1).filter_map(|rest| rest.split_once("](")).map(|(name, _)| name);
    let told: Vec<String> = names
        .map(|name| {
            let mut on = of_case(name, columns);
            on.extend(of_test(name, lines));
            match () {
                () if on.is_empty() => bad.push(format!("{name} did not run")),
                () if on.iter().any(|(_, passed)| !passed) => bad.push(format!("{name} failed")),
                () => {}
            }
            let passed = |which: &str| on.iter().any(|(name, passed)| name == which && *passed);
            let loops: Vec<&str> = LOOPS.into_iter().filter(|name| passed(name)).collect();
            match (&*loops, passed("")) {
                ([], true) => "in one".to_owned(),
                ([], false) => "nothing".to_owned(),
                _ => loops.join(", "),
            }
        })
        .collect();
    told.join("; ")
}

/// The loops that a case of the suite ran on, and whether it passed.
fn of_case(name: &str, columns: &[Column]) -> Vec<(String, bool)> {
    let results = columns.iter().filter_map(|column| {
        let passed = match column.outcomes.get(name)? {
            Outcome::Passed => true,
            Outcome::Failed => false,
            _ => return None,
        };
        let of = LOOPS.iter().find(|of| column.title.starts_with(&format!("{of}: ")))?;
        Some(((*of).to_owned(), passed))
    });
    results.collect()
}

/// As [`of_case`], of any other test: `module::name ... ok`, or `module::name::native ... ok`. The
/// loop is empty where the name has none.
fn of_test(name: &str, lines: &[String]) -> Vec<(String, bool)> {
    let results = lines.iter().filter_map(|line| {
        let (test, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let passed = match result {
            "ok" => true,
            "FAILED" => false,
            _ => return None,
        };
        // A harness of its own, which is named by its file, says `native: what it tries`.
        if name == OWN {
            let (of, _) = test.split_once(": ")?;
            return LOOPS.contains(&of).then(|| (of.to_owned(), passed));
        }
        let mut words = test.rsplit("::");
        let last = words.next()?;
        if last == name {
            return Some((String::new(), passed));
        }
        let of = LOOPS.iter().find(|of| last == **of || last.starts_with(&format!("{of}_")))?;
        (words.next() == Some(name)).then(|| ((*of).to_owned(), passed))
    });
    results.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const PAGE: &str = "# The page\n\n| talk | shows | here | test |\n| --- | --- | --- | --- |\n\
         | S1 | a | b | [one](../x.rs) |\n| S2 | a | b | [two](../x.rs), [imm01_case](../y.rs) |\n\
         | S3 | a | b | [every_loop](../z.rs) |\n";

    fn column(title: &str, outcome: Outcome) -> Column {
        let outcomes = BTreeMap::from([("imm01_case".to_owned(), outcome)]);
        Column { title: title.to_owned(), outcomes }
    }

    #[test]
    fn the_column_is_written_once() {
        let log = Log::of_text(
            "test native: a crate ... ok\ntest one::native ... ok\ntest a::one::tokio_workers ... ok\ntest b::two ... ok\ntest one_more ... FAILED\n",
        );
        let columns = [column("smol: a", Outcome::Passed), column("sim: a", Outcome::Deviates("so".into()))];
        let logs = [log];
        let (page, bad) = write(PAGE, &columns, &logs);
        assert!(
            page.contains("| talk | shows | here | test | passes on |\n| --- | --- | --- | --- | --- |\n")
        );
        assert!(page.contains("| S1 | a | b | [one](../x.rs) | native, tokio |\n"), "{page}");
        assert!(page.contains("[imm01_case](../y.rs) | in one; smol |\n"), "{page}");
        assert!(page.contains("[every_loop](../z.rs) | native |\n"), "{page}");
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(write(&page, &columns, &logs).0, page);
    }

    #[test]
    fn what_failed_or_did_not_run_is_told() {
        let log =
            Log::of_text("test smol: a crate ... ok\ntest one::native ... FAILED\ntest two ... ignored\n");
        let (page, bad) = write(PAGE, &[column("smol: a", Outcome::Failed)], &[log]);
        assert_eq!(bad, ["one failed", "two did not run", "imm01_case failed"]);
        assert!(page.contains("| nothing; nothing |\n"), "{page}");
    }
}
