//! Backends side by side: measures, and shows what it found.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

// What measures and what shows grow side by side; until both are there, some of it has no user.
#[allow(dead_code)]
mod names;
mod report;
#[allow(dead_code)]
mod results;

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the page again from the CSV of an earlier run, and measure nothing.
    Render {
        /// The CSV that a run wrote.
        csv: PathBuf,
        /// The folder that the page is written to.
        #[arg(long, default_value = "report")]
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let Command::Render { csv, out } = &args.command;
    let results = results::file::read(csv)?;
    println!("{}", report::terminal::tables(&results));
    report::write(out, &results)?;
    println!("{}", out.join("index.html").display());
    Ok(())
}
