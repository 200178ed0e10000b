//! Runs the tests of a package, and reads what libtest prints.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// Promised on a single-threaded loop only, and this is none.
    OneThreadOnly,
    /// The capability that the backend, or the platform, does not have.
    Unsupported(String),
    /// It does something else, for this reason.
    Deviates(String),
}

/// The results of one subject.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) outcomes: BTreeMap<String, Outcome>,
}

impl Column {
    pub(crate) fn failed(&self) -> usize {
        self.count(|outcome| *outcome == Outcome::Failed)
    }

    pub(crate) fn count(&self, which: impl Fn(&Outcome) -> bool) -> usize {
        self.outcomes.values().filter(|outcome| which(outcome)).count()
    }
}

/// The columns of `package`: one for each module of its `conformance*` tests.
pub(crate) fn of(root: &Path, package: &str, name: &str) -> Result<Vec<Column>, String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["test", "--package", package, "--all-features", "--test", "conformance*", "--no-fail-fast"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo test: {error}"))?;
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    for (module, case, outcome) in String::from_utf8_lossy(&output.stdout).lines().filter_map(result) {
        let title = format!("{name}: {}", module.replace('_', " "));
        let column = Column { title, outcomes: BTreeMap::new() };
        columns.entry(module.to_owned()).or_insert(column).outcomes.insert(case.to_owned(), outcome);
    }
    if columns.is_empty() {
        return Err(format!("{package}: no case ran"));
    }
    Ok(columns.into_values().collect())
}

/// The module, the case and the outcome of one line, if it is a result.
fn result(line: &str) -> Option<(&str, &str, Outcome)> {
    let (test, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (module, case) = test.split_once("::")?;
    let outcome = match result {
        "ok" => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        ignored => {
            let reason = ignored.strip_prefix("ignored, ")?;
            if reason == "promised on a single-threaded loop only" {
                Outcome::OneThreadOnly
            } else if let Some(what) = reason.strip_prefix("unsupported: ") {
                Outcome::Unsupported(what.to_owned())
            } else {
                Outcome::Deviates(reason.to_owned())
            }
        }
    };
    Some((module, case, outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_libtest_prints() {
        let outcome = |line| result(line).map(|(_, _, outcome)| outcome);
        assert_eq!(
            result("test native::run01_returns ... ok"),
            Some(("native", "run01_returns", Outcome::Passed))
        );
        assert_eq!(outcome("test native::run01_returns ... FAILED"), Some(Outcome::Failed));
        assert_eq!(
            outcome("test native::run24_turn ... ignored, unsupported: turn"),
            Some(Outcome::Unsupported("turn".into()))
        );
        assert_eq!(
            outcome("test native::run24_turn ... ignored, it spins"),
            Some(Outcome::Deviates("it spins".into()))
        );
        assert_eq!(
            outcome("test native::tmr02_ties ... ignored, promised on a single-threaded loop only"),
            Some(Outcome::OneThreadOnly)
        );
        assert_eq!(outcome("test result: ok. 1 passed; 0 failed"), None);
        assert_eq!(outcome("running 4 tests"), None);
    }
}
