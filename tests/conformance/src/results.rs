//! Runs the tests of a package, and reads what libtest prints.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;
use std::{fs, io};

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

/// A test program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) package: String,
    pub(crate) path: String,
}

/// Builds the `conformance*` tests of the workspace: with all features, as when all tests are run,
/// so that nothing is built twice.
pub(crate) fn build(root: &Path) -> Result<Vec<Program>, String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["test", "--workspace", "--all-features", "--test", "conformance*", "--no-run"])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo test: {error}"))?;
    if !output.status.success() {
        return Err("the tests do not build".to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(program).collect())
}

/// The program of one of cargo's messages, if it tells of one.
fn program(message: &str) -> Option<Program> {
    // Not the programs that the tests are built with, of which this is one.
    if !message.contains(r#""kind":["test"]"#) {
        return None;
    }
    let value = |name: &str| {
        let (_, rest) = message.split_once(&format!("\"{name}\":\""))?;
        rest.split('"').next()
    };
    let path = value("executable")?.replace("\\\\", "\\");
    // path+file:///.../backends/native#loop-native@0.1.0, or without the name where the directory
    // has it.
    let (directory, name) = value("package_id")?.split_once('#')?;
    let name = match name.split_once('@') {
        Some((name, _)) => name,
        None => directory.rsplit('/').next()?,
    };
    Some(Program { package: name.to_owned(), path })
}

/// What a run of `cargo test` has printed.
pub(crate) struct Log {
    pub(crate) text: String,
    written: SystemTime,
}

impl Log {
    pub(crate) fn read(file: &str) -> Result<Log, String> {
        let read = || Ok(Log { text: fs::read_to_string(file)?, written: fs::metadata(file)?.modified()? });
        read().map_err(|error: io::Error| format!("{file}: {error}"))
    }

    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Log {
        Log { text: text.to_owned(), written: SystemTime::UNIX_EPOCH }
    }

    /// What a program printed, if it is the one that ran.
    fn of(&self, program: &Program) -> Option<String> {
        let built = fs::metadata(&program.path).ok()?.modified().ok()?;
        if built > self.written { None } else { printed_in(&self.text, program) }
    }
}

/// What a program prints: in one of `logs`, if it was run there, else now.
pub(crate) fn printed(program: &Program, logs: &[Log]) -> Result<String, String> {
    if let Some(printed) = logs.iter().find_map(|log| log.of(program)) {
        return Ok(printed);
    }
    let output = Command::new(&program.path)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", program.path))?;
    // 101 is libtest's, where a case failed.
    if !matches!(output.status.code(), Some(0 | 101)) {
        return Err(format!("{}: {}", program.path, output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a program printed in a run of `cargo test`, which names each before it starts:
/// `Running tests/conformance.rs (target/debug/deps/conformance-0123456789abcdef)`.
fn printed_in(log: &str, program: &Program) -> Option<String> {
    let starts = |line: &&str| line.contains("/deps/") && line.ends_with(')');
    let file = program.path.rsplit(['/', '\\']).next()?;
    let mut lines = log.lines().skip_while(|line| !(starts(line) && line.contains(&format!("/{file})"))));
    lines.next()?;
    Some(lines.take_while(|line| !starts(line)).map(|line| format!("{line}\n")).collect())
}

/// The columns of a program, from what it printed: one for each of its modules.
pub(crate) fn of(program: &Program, name: &str, printed: &str) -> Result<Vec<Column>, String> {
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    let printed = whole(printed);
    for (module, case, outcome) in printed.iter().filter_map(|line| result(line)) {
        let module_title = module.replace('_', " ");
        let title = if name.is_empty() { module_title } else { format!("{name}: {module_title}") };
        let column = Column { title, outcomes: BTreeMap::new() };
        columns.entry(module.to_owned()).or_insert(column).outcomes.insert(case.to_owned(), outcome);
    }
    if columns.is_empty() {
        return Err(format!("{}: no case ran", program.path));
    }
    Ok(columns.into_values().collect())
}

/// The lines, where a report on standard error came between a test's name and its result, or between
/// that and the end of its line.
pub(crate) fn whole(printed: &str) -> Vec<String> {
    let (mut lines, mut open) = (Vec::new(), None);
    for line in printed.lines() {
        let name = line.split_once(" ... ").filter(|(name, _)| name.starts_with("test "));
        match (name, line) {
            (Some((name, text)), _) if !text.starts_with("ignored") => {
                match ["ok", "FAILED"].into_iter().find(|result| text.starts_with(result)) {
                    Some(result) => lines.push(format!("{name} ... {result}")),
                    None => open = Some(name),
                }
            }
            (None, "ok" | "FAILED") => lines.extend(open.take().map(|name| format!("{name} ... {line}"))),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
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
    fn reads_what_cargo_prints() {
        let message = r#"{"package_id":"path+file:///a/backends/native#loop-native@0.1.0","target":{"kind":["test"]},"executable":"/a/b-1"}"#;
        let expected = Program { package: "loop-native".into(), path: "/a/b-1".into() };
        assert_eq!(program(message), Some(expected));
        assert_eq!(
            program(r#"{"reason":"compiler-artifact","package_id":"path+file:///a#b@1","executable":null}"#),
            None
        );
        assert_eq!(program(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn finds_a_program_in_a_run_of_all() {
        let log = "     Running tests/a.rs (target/debug/deps/a-1)\ntest x::y ... ok\n\
                        Running tests/b.rs (target/debug/deps/b-2)\ntest x::y ... FAILED\n";
        let printed = |path: &str| printed_in(log, &Program { package: String::new(), path: path.into() });
        assert_eq!(printed("/here/target/debug/deps/a-1").as_deref(), Some("test x::y ... ok\n"));
        assert_eq!(printed("/here/target/debug/deps/b-2").as_deref(), Some("test x::y ... FAILED\n"));
        assert_eq!(printed("/here/target/debug/deps/b-3"), None, "another build of it");
    }

    #[test]
    fn reads_a_line_that_a_report_has_parted() {
        let printed = "test a::b ... anyloop: a task panicked\nok\ntest a::c ... okanyloop: another\n\n\
                       test a::d ... a report\nanother\nFAILED\n";
        let read = whole(printed);
        let results = read.iter().filter_map(|line| result(line)).collect::<Vec<_>>();
        let expected =
            [("a", "b", Outcome::Passed), ("a", "c", Outcome::Passed), ("a", "d", Outcome::Failed)];
        assert_eq!(results, expected);
    }

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
