//! `cargo check` after a port: which errors belong to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::work::Change;

/// What the compiler says.
#[derive(Debug, Default)]
pub struct Checked {
    /// Errors of the port: the compiler's line, and what it comes from.
    pub ported: Vec<(String, String)>,
    /// Errors elsewhere.
    pub other: Vec<String>,
    /// The end of the output, if the check failed without a word on a source.
    pub failed: Option<String>,
}

impl Checked {
    /// Whether it compiles.
    pub fn passed(&self) -> bool {
        self.ported.is_empty() && self.other.is_empty() && self.failed.is_none()
    }
}

/// Checks all targets of what stands in a folder.
pub(super) fn run(folder: &Path, changes: &BTreeMap<PathBuf, Vec<Change>>) -> Checked {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(folder).args([
        "check",
        "--workspace",
        "--all-targets",
        "--keep-going",
        "--message-format=short",
    ]);
    let output = match command.env("CARGO_TERM_COLOR", "never").output() {
        Ok(output) => output,
        Err(error) => return Checked { failed: Some(format!("cargo: {error}")), ..Checked::default() },
    };
    let text = String::from_utf8_lossy(&output.stderr);
    let mut checked = sort(&text, folder, changes);
    if !output.status.success() && checked.passed() {
        checked.failed = Some(of_failure(&text));
    }
    checked
}

/// What is told of a failure that is no error of a source: from the first error on, else the end.
fn of_failure(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("error"));
    let from = first.unwrap_or(lines.len().saturating_sub(15));
    lines[from..lines.len().min(from + 15)].join("\n")
}

fn sort(text: &str, folder: &Path, changes: &BTreeMap<PathBuf, Vec<Change>>) -> Checked {
    let mut checked = Checked::default();
    for line in text.lines() {
        let Some((place, _)) = line.split_once(": error").filter(|(place, _)| !place.contains(' ')) else {
            continue;
        };
        let mut parts = place.rsplitn(3, ':');
        let (Some(_), Some(at), Some(file)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let file = folder.join(file);
        let at: usize = at.parse().unwrap_or(0);
        let change = changes.iter().find(|(path, _)| same(path, &file)).and_then(|(_, changes)| {
            changes
                .iter()
                .find(|change| (change.line..=change.line + change.after.matches('\n').count()).contains(&at))
        });
        match change {
            _ if checked
                .other
                .iter()
                .chain(checked.ported.iter().map(|(said, _)| said))
                .any(|said| said == line) => {}
            Some(change) => {
                let what = format!("here `{}` became `{}`", change.before.trim(), change.after.trim());
                checked.ported.push((line.to_owned(), what));
            }
            None if line.contains("expected `tokio::") && line.contains("found `anyloop::") => {
                let what = "this is given to a crate that takes tokio's own type: write `tokio::` again where it \
                            comes from, and build the loop with `with_tokio` (feature `compat`)";
                checked.ported.push((line.to_owned(), what.to_owned()));
            }
            None if line.contains("`std::fs::") && line.contains("found `anyloop::fs::") => {
                let what = "tokio gives std's type there: take `anyloop::fs`'s, which has its methods, or `.as_std()`";
                checked.ported.push((line.to_owned(), what.to_owned()));
            }
            None => checked.other.push(line.to_owned()),
        }
    }
    checked
}

fn same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Change, of_failure, sort};

    #[test]
    fn errors_are_told_by_the_change_they_are_on() {
        let change = Change { line: 3, before: "tokio".into(), after: "anyloop".into() };
        let changes = [(Path::new("a/src/x.rs").to_owned(), vec![change])].into();
        let said = "src/x.rs:3:5: error[E0308]: mismatched types\nsrc/x.rs:9:1: error: other\nsrc/x.rs:8:1: error: expected `tokio::A`, found `anyloop::A`\nsrc/x.rs:7:1: error: expected `std::fs::Metadata`, found `anyloop::fs::Metadata`\nerror: could not compile `x`\n";
        let checked = sort(said, Path::new("a"), &changes);
        assert_eq!(checked.ported.len(), 3);
        assert!(checked.ported[2].1.contains("`.as_std()`"), "{checked:?}");
        assert_eq!(checked.ported[0].1, "here `tokio` became `anyloop`");
        assert_eq!(checked.other, ["src/x.rs:9:1: error: other"]);
        assert!(!checked.passed());
    }

    #[test]
    fn a_failure_is_told_from_its_first_error() {
        let more = "  Checking x\n".repeat(30);
        let said =
            of_failure(&format!("{more}error: failed to run custom build command for `a`\n  why\n{more}"));
        assert!(said.starts_with("error: failed to run") && said.lines().count() == 15, "{said}");
        assert!(of_failure(&format!("{more}killed")).ends_with("\nkilled"));
    }
}
