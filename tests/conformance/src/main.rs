//! Runs the conformance suite on every backend and writes docs/conformance.md, case by backend.
//!
//! `cargo run -p anyloop-conformance` writes it; with `--check` it only says whether the file is
//! what it would write. `--log FILE` names what a run of `cargo test` has printed, whose results
//! are taken for those programs that ran in it. It fails if a case fails, or a behaviour of the list
//! is neither a case, nor struck, nor shown elsewhere.
//!
//! With `--talk` it is the last column of docs/talk.md instead, for which the logs have the tests of
//! both workspaces.
#![forbid(unsafe_code)]

mod page;
mod results;
mod talk;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

/// What is tested: the package, and the name that its columns begin with, if its modules do not tell.
const PACKAGES: &[(&str, &str)] = &[
    ("loop-native", "native"),
    ("loop-tokio", "tokio"),
    ("loop-smol", "smol"),
    ("loop-sim", "sim"),
    ("anyloop-conformance", ""),
    ("loop-conformance", "other"),
];

fn main() -> ExitCode {
    let (mut check, mut of_talk, mut logs) = (false, false, Vec::new());
    let mut args = env::args().skip(1);
    while let Some(arg) = args.next() {
        match (&*arg, args.len()) {
            ("--check", _) => check = true,
            ("--talk", _) => of_talk = true,
            ("--log", 1..) => logs.extend(args.next()),
            _ => {
                eprintln!(
                    "{arg}: the arguments are --check, --talk, and --log FILE, which may be given several times"
                );
                return ExitCode::FAILURE;
            }
        }
    }
    match run(check, of_talk, &logs) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn run(check: bool, of_talk: bool, logs: &[String]) -> Result<bool, String> {
    let logs = logs.iter().map(|log| results::Log::read(log)).collect::<Result<Vec<_>, _>>()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut columns = Vec::new();
    let mut programs = results::build(&root)?;
    // Cargo tells of them as they are built: another order every time.
    programs.sort_by(|a, b| a.path.cmp(&b.path));
    for (package, name) in PACKAGES {
        eprintln!("testing {package}");
        for program in programs.iter().filter(|program| program.package == *package) {
            let printed = results::printed(program, &logs)?;
            columns.extend(results::of(program, name, &printed)?);
        }
    }
    if of_talk {
        let file = root.join("docs/talk.md");
        let page = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let (page, bad) = talk::write(&page, &columns, &logs);
        bad.iter().for_each(|why| eprintln!("docs/talk.md: {why}"));
        return Ok(keep(&file, &page, check)? && bad.is_empty());
    }
    let page = page::write(&columns);
    let missing = page::unexplained();
    for id in &missing {
        eprintln!("{id} is neither a case, nor struck, nor shown elsewhere");
    }
    let failed: usize = columns.iter().map(results::Column::failed).sum();
    if failed != 0 {
        eprintln!("{failed} cases failed");
    }
    Ok(keep(&root.join("docs/conformance.md"), &page, check)? && missing.is_empty() && failed == 0)
}

/// Writes a page, or says whether it is written already.
fn keep(file: &Path, page: &str, check: bool) -> Result<bool, String> {
    let name = file.display();
    if !check {
        fs::write(file, page).map_err(|error| format!("{name}: {error}"))?;
        eprintln!("wrote {name}");
    } else if fs::read_to_string(file).ok().as_deref() != Some(page) {
        eprintln!("{name} is out of date: it is written by the same command without --check");
        return Ok(false);
    }
    Ok(true)
}
