//! Runs the conformance suite on every backend and writes docs/conformance.md, case by backend.
//!
//! `cargo run -p anyloop-conformance` writes it; with `--check` it only says whether the file is
//! what it would write. `--log FILE` names what a run of `cargo test` has printed, whose results
//! are taken for those programs that ran in it. It fails if a case fails, or a behaviour of the list
//! is neither a case, nor struck, nor shown elsewhere.
#![forbid(unsafe_code)]

mod page;
mod results;

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
    let (mut check, mut log) = (false, None);
    let mut args = env::args().skip(1);
    while let Some(arg) = args.next() {
        match (&*arg, args.len()) {
            ("--check", _) => check = true,
            ("--log", 1..) => log = args.next(),
            _ => {
                eprintln!("{arg}: the arguments are --check and --log FILE");
                return ExitCode::FAILURE;
            }
        }
    }
    match run(check, log.as_deref()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn run(check: bool, log: Option<&str>) -> Result<bool, String> {
    let log = log.map(results::Log::read).transpose()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut columns = Vec::new();
    let mut programs = results::build(&root)?;
    // Cargo tells of them as they are built: another order every time.
    programs.sort_by(|a, b| a.path.cmp(&b.path));
    for (package, name) in PACKAGES {
        eprintln!("testing {package}");
        for program in programs.iter().filter(|program| program.package == *package) {
            let printed = results::printed(program, log.as_ref())?;
            columns.extend(results::of(program, name, &printed)?);
        }
    }
    let page = page::write(&columns);
    let missing = page::unexplained();
    for id in &missing {
        eprintln!("{id} is neither a case, nor struck, nor shown elsewhere");
    }
    let failed: usize = columns.iter().map(results::Column::failed).sum();
    let file = root.join("docs/conformance.md");
    let mut well = missing.is_empty() && failed == 0;
    if !check {
        fs::create_dir_all(root.join("docs")).map_err(|error| format!("docs: {error}"))?;
        fs::write(&file, page).map_err(|error| format!("{}: {error}", file.display()))?;
        eprintln!("wrote docs/conformance.md");
    } else if fs::read_to_string(&file).ok().as_deref() != Some(&*page) {
        eprintln!("docs/conformance.md is out of date: run `cargo run -p anyloop-conformance`");
        well = false;
    }
    if failed != 0 {
        eprintln!("{failed} cases failed");
    }
    Ok(well)
}
