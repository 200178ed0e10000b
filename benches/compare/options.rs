//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::names;

/// Backends side by side: measures all, prints tables, and writes a page with pictures and the raw
/// CSV beside it.
#[derive(Parser, Debug)]
#[command(name = "compare", args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    /// Only these workloads, by name or part of a name, as in `echo,spawn`; --list tells the names.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) only: Vec<String>,
    /// Only these contestants, by name or the beginning of a name, as in `native,raw-tokio`.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) backends: Vec<String>,
    /// Fewer and shorter rounds, fewer parameters: a look in a minute and a half, with more noise.
    #[arg(long)]
    pub(crate) quick: bool,
    /// The folder for the page and the CSV.
    #[arg(long, global = true, default_value = "report", value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Writes the repository's docs/performance.md too, with its picture and its figures.
    #[arg(long, global = true)]
    pub(crate) write_docs: bool,
    /// Tells the workloads and the contestants, and measures nothing.
    #[arg(long)]
    pub(crate) list: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Makes the page again from the CSV of an earlier run, and measures nothing.
    Render {
        /// The CSV that a run wrote.
        csv: PathBuf,
        /// Writes docs/performance.md too, as after a reason was added to reasons.md.
        #[arg(long)]
        write_docs: bool,
    },
    /// Shows that the tool sees a slowdown of 5 % that was planted, and no difference between a
    /// program and itself.
    Selftest,
    /// One contestant at one workload: what a run starts many of.
    #[command(hide = true)]
    Child {
        #[cfg(target_os = "linux")]
        #[command(flatten)]
        conduct: crate::harness::child::Conduct,
        contestant: String,
        workload: String,
        #[arg(default_value = "")]
        params: String,
    },
}

/// The workloads that were asked for; all without `--only`.
pub(crate) fn workloads(only: &[String]) -> Result<Vec<&'static str>, String> {
    let all: Vec<_> = names::WORKLOADS.iter().map(|w| w.name).collect();
    chosen("--only", "workload", only, &all, |name, part| name.contains(part))
}

/// The contestants that were asked for; all without `--backends`.
pub(crate) fn contestants(backends: &[String]) -> Result<Vec<&'static str>, String> {
    let all: Vec<_> = names::CONTESTANTS.iter().map(|c| c.name).collect();
    chosen("--backends", "contestant", backends, &all, |name, part| name.starts_with(part))
}

/// Each of `wanted` that is a name picks that one; else all that it fits.
fn chosen(
    option: &str,
    what: &str,
    wanted: &[String],
    all: &[&'static str],
    fits: fn(&str, &str) -> bool,
) -> Result<Vec<&'static str>, String> {
    let mut picked = Vec::new();
    for part in wanted.iter().map(|part| part.trim()) {
        let exact = all.iter().copied().find(|name| *name == part);
        let fitting: Vec<_> = match exact {
            Some(name) => vec![name],
            None => all.iter().copied().filter(|name| !part.is_empty() && fits(name, part)).collect(),
        };
        if fitting.is_empty() {
            return Err(format!("{option}: no {what} is called `{part}`; there are {}", all.join(", ")));
        }
        picked.extend(fitting);
    }
    Ok(all.iter().copied().filter(|name| wanted.is_empty() || picked.contains(name)).collect())
}

/// What `--list` prints.
pub(crate) fn list() -> String {
    let mut text = String::from("workloads:\n");
    for workload in names::WORKLOADS {
        text += &format!("  {:16} {}\n", workload.name, workload.about);
    }
    text += "contestants:\n";
    for contestant in names::CONTESTANTS {
        text += &format!("  {:16} {}\n", contestant.name, contestant.label);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn nothing_said_is_everything() {
        assert_eq!(workloads(&[]).map(|w| w.len()), Ok(names::WORKLOADS.len()));
        assert_eq!(contestants(&[]).map(|c| c.len()), Ok(names::CONTESTANTS.len()));
    }

    #[test]
    fn a_name_is_that_one_and_a_part_of_a_name_is_all_that_have_it() {
        assert_eq!(workloads(&strings(&["pairs"])), Ok(vec![names::UNIX_PAIRS]));
        assert_eq!(contestants(&strings(&["tokio"])), Ok(vec![names::TOKIO]));
        let some = contestants(&strings(&["raw-", "native"])).expect("there are some");
        assert!(some.contains(&names::RAW_TOKIO) && some.contains(&names::NATIVE), "{some:?}");
        assert!(some.iter().all(|name| *name == names::NATIVE || name.starts_with("raw-")), "{some:?}");
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_that_there_are() {
        let error = workloads(&strings(&["pears"])).expect_err("there is none");
        assert!(
            error.starts_with("--only: no workload is called `pears`; there are tcp-echo, unix-pairs,"),
            "{error}"
        );
        assert!(contestants(&strings(&[""])).is_err());
    }
}
