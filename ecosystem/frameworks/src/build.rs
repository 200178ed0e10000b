//! What is compiled before it can be asked.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, folder};

/// Where what is built here lies.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder("../target"), PathBuf::from)
}

/// Builds examples of a crate of this workspace, and gives the folder they are in.
pub(crate) fn programs(package: &str, programs: &[&str]) -> Outcome<PathBuf> {
    compile(&folder(".."), package, programs)?;
    Ok(target().join("release/examples"))
}

/// Builds an example of anyloop's own workspace, and gives its path.
pub(crate) fn example(name: &str) -> Outcome<PathBuf> {
    let home = folder("../..");
    compile(&home, "examples", &[name])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| home.join("target"), PathBuf::from);
    Ok(target.join("release/examples").join(name))
}

fn compile(workspace: &Path, package: &str, programs: &[&str]) -> Outcome {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "-p", package]).current_dir(workspace);
    for program in programs {
        cargo.args(["--example", program]);
    }
    run(&mut cargo)
}

/// Runs a compiler, whose errors are shown.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    if !status.success() {
        return Err(format!("{command:?} ended ({status})").into());
    }
    Ok(())
}

/// What a program says of its version, in the first line that has a number; an error if it is not
/// there.
pub(crate) fn version(words: &[&str]) -> Result<String, String> {
    let [program, args @ ..] = words else { return Err("no program".to_owned()) };
    let output = Command::new(program).args(args).output().map_err(|_| "not installed".to_owned())?;
    if !output.status.success() {
        return Err("not installed".to_owned());
    }
    // Java tells it on standard error.
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| line.contains(|c: char| c.is_ascii_digit()));
    Ok(line.unwrap_or_default().trim().to_owned())
}
