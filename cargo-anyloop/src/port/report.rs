//! What a port says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Write};
use std::path::PathBuf;

use super::check::Checked;
use super::work::{Change, Need, Stay};

/// What was done, or is to be done.
#[derive(Debug, Default)]
pub struct Report {
    /// The changes, by file.
    pub changes: BTreeMap<PathBuf, Vec<Change>>,
    /// The manifests that change.
    pub manifests: Vec<PathBuf>,
    /// What a person has to do, by file.
    pub needs: BTreeMap<PathBuf, Vec<Need>>,
    /// What stays where it is, and in how many files.
    pub stays: BTreeMap<Stay, usize>,
    /// Why loops are built with tokio's context, by package.
    pub context: BTreeSet<String>,
    /// The runtimes that are depended on, too.
    pub left: Vec<&'static str>,
    /// What the compiler says of it.
    pub checked: Option<Checked>,
    /// Whether code may stand behind features that the compiler was not asked for.
    pub features_off: bool,
    /// Whether nothing was written.
    pub dry: bool,
    /// Whether each change is shown.
    pub verbose: bool,
}

impl Report {
    /// Whether something is to change.
    pub fn has_work(&self) -> bool {
        !self.changes.is_empty() || !self.manifests.is_empty()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, changes) in &self.changes {
            writeln!(f, "{}: {}", path.display(), count(changes.len(), "edit"))?;
            for change in changes.iter().filter(|_| self.verbose) {
                writeln!(f, "  {:>5}  {} -> {}", change.line, shown(&change.before), shown(&change.after))?;
            }
        }
        for path in &self.manifests {
            writeln!(f, "{}: its dependencies", path.display())?;
        }
        let mut needed = String::new();
        // What has the same reason is told with it once.
        let mut told: Vec<(&Need, String)> = Vec::new();
        for (path, need) in
            self.needs.iter().flat_map(|(path, needs)| needs.iter().map(move |need| (path, need)))
        {
            let place = format!("  {}:{}: {}\n", path.display(), need.line, need.what);
            match told.iter_mut().find(|(other, _)| (&other.why, &other.write) == (&need.why, &need.write)) {
                Some((_, places)) => places.push_str(&place),
                None => told.push((need, place)),
            }
        }
        for (need, places) in told {
            writeln!(needed, "{places}      why: {}\n      write: {}", need.why, need.write)?;
        }
        section(f, "needs you", &needed)?;
        let mut stays = String::new();
        for why in &self.context {
            writeln!(stays, "  {why}")?;
        }
        for (stay, files) in &self.stays {
            let why = stay.why.map(|why| format!(": {why}")).unwrap_or_default();
            writeln!(stays, "  {} ({}){why}", stay.path, count(*files, "file"))?;
        }
        section(f, "stays where it is", &stays)?;
        if let Some(checked) = &self.checked {
            let mut said = String::new();
            for (line, what) in &checked.ported {
                writeln!(said, "  {line}\n      {what}")?;
            }
            for line in &checked.other {
                writeln!(said, "  {line}")?;
            }
            for line in checked.failed.iter().flat_map(|text| text.lines()) {
                writeln!(said, "  {line}")?;
            }
            if checked.passed() {
                said.push_str("  it compiles, with the native loop alone\n");
            }
            if self.features_off {
                said.push_str(
                    "  features that are off by default were not looked at: `cargo check --all-targets --all-features`\n",
                );
            }
            section(f, "cargo check", &said)?;
        }
        let left = self.left.iter().map(|name| format!("  {name}: `--from {name}` moves from it\n"));
        section(f, "depended on, too", &left.collect::<String>())?;
        let edits: usize = self.changes.values().map(Vec::len).sum();
        let needs: usize = self.needs.values().map(Vec::len).sum();
        writeln!(
            f,
            "{} in {} and {}{}; {needs} left to you; {} not moved",
            count(edits, "edit"),
            count(self.changes.len(), "file"),
            count(self.manifests.len(), "manifest"),
            if self.dry { ", not written" } else { "" },
            count(self.stays.len(), "item"),
        )
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, text: &str) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { write!(f, "\n{title}:\n{text}\n") }
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// A text on one line.
fn shown(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { text.split_whitespace().collect::<Vec<_>>().join(" ") }
}

#[cfg(test)]
mod tests {
    use super::{Checked, Report};

    #[test]
    fn what_was_not_looked_at_is_told() {
        let said = |features_off| {
            let checked = Some(Checked::default());
            Report { checked, features_off, ..Report::default() }.to_string()
        };
        assert!(said(true).contains("were not looked at") && said(true).contains("it compiles"));
        assert!(!said(false).contains("were not looked at"));
    }
}
