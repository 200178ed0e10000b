//! Where a run was made, when, and with which versions.

use std::process::Command;
use std::time::SystemTime;

use super::{Machine, Results};

/// What the build resolved to; the versions come from it, so that they are those that were
/// measured.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));

/// The packages whose version a reader wants to know, where they are in the build.
const PACKAGES: &[&str] = &[
    "tokio",
    "smol",
    "async-io",
    "async-executor",
    "polling",
    "hyper",
    "monoio",
    "compio",
    "agnostic",
    "async-rs",
];

impl Results {
    /// Nothing measured yet, on this machine, now.
    pub(crate) fn here() -> Self {
        let command: Vec<_> = std::env::args().skip(1).collect();
        Self {
            machine: Machine::here(),
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            command: ["cargo run --release -p benches --bin compare --".to_owned()]
                .into_iter()
                .chain(command)
                .collect::<Vec<_>>()
                .join(" ")
                .trim_end_matches(" --")
                .to_owned(),
            versions: versions(),
            ..Self::default()
        }
    }
}

fn versions() -> Vec<(String, String)> {
    let said = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let commit = said("git", &["rev-parse", "--short=10", "HEAD"]).map(|commit| {
        let changed = said("git", &["status", "--porcelain", "--untracked-files=no"]);
        if changed.is_some_and(|files| !files.is_empty()) { format!("{commit} with changes") } else { commit }
    });
    let mut found = vec![("anyloop".to_owned(), commit.unwrap_or_else(|| "unknown".to_owned()))];
    let rustc = said("rustc", &["--version"]).unwrap_or_else(|| "unknown".to_owned());
    found.push(("rustc".to_owned(), rustc.trim_start_matches("rustc ").to_owned()));
    for package in PACKAGES {
        if let Some(version) = locked(LOCK, package) {
            found.push(((*package).to_owned(), version.to_owned()));
        }
    }
    found
}

/// The version of `package` in a Cargo.lock.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_tells_a_version() {
        let lock = "[[package]]\nname = \"tokio-util\"\nversion = \"0.7.1\"\n\n[[package]]\nname = \"tokio\"\nversion = \"1.54.0\"\n";
        assert_eq!(locked(lock, "tokio"), Some("1.54.0"));
        assert_eq!(locked(lock, "smol"), None);
    }

    #[test]
    fn a_run_knows_where_it_is() {
        let here = Results::here();
        assert!(here.machine.cores > 0 && here.date.ends_with('Z'), "{here:?}");
        assert!(here.versions.iter().any(|(name, version)| name == "tokio" && version.starts_with('1')));
    }
}
