//! Builds the probe, and counts what one operation of it takes.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What one operation takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
    /// `None` if strace was left out.
    pub(crate) system_calls: Option<f64>,
}

/// How many operations the shorter run makes; the longer one makes twice as many.
const TIMES: usize = 1000;

/// The probe with these backends compiled in, under its own name.
pub(crate) fn build(name: &str, features: &[&str]) -> Result<PathBuf, Box<dyn Error>> {
    eprintln!("building the probe with: {}", features.join(", "));
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "-p", "benches", "--bin", "probe", "--no-default-features"])
        .args(["--features", &features.join(",")])
        .status()?;
    if !status.success() {
        return Err("the probe does not build".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let probe = target.join("release").join(format!("probe-{name}"));
    std::fs::copy(target.join("release/probe"), &probe)?;
    Ok(probe)
}

pub(crate) fn cost(
    probe: &Path,
    contestant: &str,
    workload: &str,
    strace: bool,
) -> Result<Cost, Box<dyn Error>> {
    let per_operation = |count: &dyn Fn(usize) -> Result<f64, Box<dyn Error>>| {
        // The reactor of async-io has a thread of its own, which takes turns with the loop's as
        // chance has it: the best of a few.
        let tries = if contestant.contains("smol") { 5 } else { 1 };
        let least = |times| {
            let mut least = f64::INFINITY;
            for _ in 0..tries {
                least = least.min(count(times)?);
            }
            Ok::<f64, Box<dyn Error>>(least)
        };
        Ok::<f64, Box<dyn Error>>((least(2 * TIMES)? - least(TIMES)?) / TIMES as f64)
    };
    let args = |times: usize| [contestant.to_owned(), workload.to_owned(), times.to_string()];
    Ok(Cost {
        instructions: per_operation(&|times| instructions(probe, &args(times)))?,
        allocations: per_operation(&|times| allocations(probe, &args(times)))?,
        system_calls: if strace {
            Some(per_operation(&|times| system_calls(probe, &args(times)))?)
        } else {
            None
        },
    })
}

/// Only the instructions of one operation.
pub(crate) fn instructions_each(
    probe: &Path,
    contestant: &str,
    workload: &str,
) -> Result<f64, Box<dyn Error>> {
    let total =
        |times: usize| instructions(probe, &[contestant.to_owned(), workload.to_owned(), times.to_string()]);
    Ok((total(2 * TIMES)? - total(TIMES)?) / TIMES as f64)
}

fn output(command: &mut Command) -> Result<(String, String), Box<dyn Error>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error} (is it installed?)"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(format!("{command:?} failed:\n{out}{err}").into());
    }
    Ok((out.into_owned(), err.into_owned()))
}

/// The number that stands behind `label` in `text`.
fn number_after(text: &str, label: &str) -> Result<f64, Box<dyn Error>> {
    let rest = text.split(label).nth(1).ok_or_else(|| format!("no {label:?} in:\n{text}"))?;
    Ok(rest.split_whitespace().next().unwrap_or_default().replace(',', "").parse()?)
}

fn instructions(probe: &Path, args: &[String]) -> Result<f64, Box<dyn Error>> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(probe).args(args);
    number_after(&output(&mut command)?.1, "Collected :")
}

fn allocations(probe: &Path, args: &[String]) -> Result<f64, Box<dyn Error>> {
    number_after(&output(Command::new(probe).args(args))?.0, "allocations")
}

fn system_calls(probe: &Path, args: &[String]) -> Result<f64, Box<dyn Error>> {
    let (_, summary) = output(Command::new("strace").args(["-f", "-c", "-qq"]).arg(probe).args(args))?;
    let total = summary.lines().rev().find(|line| line.ends_with("total")).ok_or("strace gave no total")?;
    // "100.00    0.001234           1      1234        56 total": the calls come fourth.
    Ok(total.split_whitespace().nth(3).ok_or("strace gave no count")?.parse()?)
}
