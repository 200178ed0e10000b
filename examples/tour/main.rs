//! One program on every loop in turn, and a table that shows the same results everywhere.
//!
//!     cargo run -p examples --example tour
//!
//! Ends with exit code 1 if the loops differ, or if a step failed.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyloop::runtime::{Backend, Builder, Runtime};
use clap::Parser;

mod callbacks;
mod carry;
mod greet;
mod promises;
mod table;
mod tasks;
mod timers;

#[derive(Parser)]
struct Args {
    /// Only these loops (may be given several times); all that are compiled in without it.
    #[arg(long)]
    backend: Vec<Backend>,
    /// How many connections carry data at once.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    connections: u32,
    /// How much data they carry in all, in MiB.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    mebibytes: u32,
}

/// What a step gave: the text that must be the same on every loop.
type Outcome = io::Result<String>;

/// A step's outcome and how long it took.
struct Done {
    outcome: Outcome,
    took: Duration,
}

const STEPS: [&str; 6] = ["greet", "carry", "tasks", "timers", "promises", "callbacks"];

fn main() -> ExitCode {
    let args = Args::parse();
    let backends = if args.backend.is_empty() { Backend::compiled().to_vec() } else { args.backend.clone() };
    match anyloop::runtime::choose() {
        Ok(choice) => println!("unasked: {choice}"),
        Err(error) => println!("unasked: {error}"),
    }
    let mut columns = Vec::new();
    for backend in backends {
        match tour(backend, &args) {
            Ok(steps) => columns.push((backend.to_string(), steps)),
            Err(error) => {
                eprintln!("error: {backend}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    if table::print(&STEPS, &columns) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// All steps on one loop.
fn tour(backend: Backend, args: &Args) -> io::Result<Vec<Done>> {
    let needed = u64::from(args.connections) * 2 + 64;
    let allowed = examples::allow_many_descriptors();
    if allowed < needed {
        return Err(io::Error::other(format!(
            "{} connections need {needed} open descriptors and the system allows {allowed}: \
             raise the limit (ulimit -n {needed}) or pass --connections {}",
            args.connections,
            allowed.saturating_sub(64) / 2
        )));
    }
    let mut runtime = Builder::new().backend(backend).build()?;
    println!("\n{}", runtime.choice());
    Ok(vec![
        step(&mut runtime, "greet", |rt| rt.block_on(greet::run())),
        step(&mut runtime, "carry", |rt| rt.block_on(carry::run(args.connections, args.mebibytes))),
        step(&mut runtime, "tasks", |rt| rt.block_on(tasks::run())),
        step(&mut runtime, "timers", |rt| rt.block_on(timers::run())),
        step(&mut runtime, "promises", |rt| rt.block_on(promises::run())),
        step(&mut runtime, "callbacks", callbacks::run),
    ])
}

fn step(runtime: &mut Runtime, name: &str, run: impl FnOnce(&mut Runtime) -> Outcome) -> Done {
    let start = Instant::now();
    let outcome = run(runtime);
    let took = start.elapsed();
    match &outcome {
        Ok(text) => println!("  {name:<10} {text}"),
        Err(error) => println!("  {name:<10} failed: {error}"),
    }
    Done { outcome, took }
}
