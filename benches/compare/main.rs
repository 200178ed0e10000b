//! Backends side by side: measures, and shows what it found.
//!
//!     cargo run --release -p benches --bin compare
//!
//! The same programs on each loop, in processes that are all alive at once and get short slices in
//! turn, so that noise is shared.
#![cfg_attr(not(target_os = "linux"), allow(unused))]

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

#[cfg(target_os = "linux")]
mod contestants;
mod counting;
#[cfg(target_os = "linux")]
mod exact;
mod gate;
#[cfg(target_os = "linux")]
mod harness;
mod job;
// What measures and what shows grow side by side; until both are there, some of it has no user.
#[allow(dead_code)]
mod names;
mod options;
mod plan;
mod report;
#[allow(dead_code)]
mod results;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod selftest;
#[cfg(target_os = "linux")]
mod servers;
#[cfg(target_os = "linux")]
mod wire;

use options::{Command, Options};

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if options.list {
        print!("{}", options::list());
        return Ok(());
    }
    let measures = matches!(options.command, None | Some(Command::Selftest));
    if measures && cfg!(debug_assertions) {
        let release = "cargo run --release -p benches --bin compare";
        return Err(
            format!("this is a debug build, which says nothing of what programs take: {release}").into()
        );
    }
    match &options.command {
        Some(Command::Render { csv, write_docs }) => {
            let results = results::file::read(csv)?;
            show(&results, options, *write_docs)
        }
        #[cfg(target_os = "linux")]
        Some(Command::Child { conduct, contestant, workload, params }) => {
            let job = job::Job { workload: workload.clone(), params: params.parse()? };
            Ok(harness::child::run(contestant, &job, *conduct)?)
        }
        #[cfg(target_os = "linux")]
        Some(Command::Selftest) => selftest::run(),
        #[cfg(target_os = "linux")]
        None => {
            let results = run::run(options)?;
            show(&results, options, options.write_docs)
        }
        #[cfg(not(target_os = "linux"))]
        _ => Err("compare measures with epoll and the scheduler's own account: it needs Linux".into()),
    }
}

fn show(results: &results::Results, options: &Options, write_docs: bool) -> Result<(), Box<dyn Error>> {
    println!("{}", report::terminal::tables(results));
    report::write(&options.out, results)?;
    println!("{}", options.out.join("index.html").display());
    if write_docs {
        report::write_docs(results)?;
    }
    Ok(())
}
