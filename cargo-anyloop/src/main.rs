//! `cargo anyloop`.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod bench;

use std::path::PathBuf;
use std::process::ExitCode;

use cargo_anyloop::port::{self, Options, place::From};
use clap::{Args, Parser, Subcommand};

/// Moves programs to anyloop, and measures them on each loop.
#[derive(Parser)]
#[command(name = "cargo anyloop", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Port(Port),
    #[cfg(target_os = "linux")]
    Bench(bench::Bench),
}

/// Move a crate or a workspace to anyloop.
///
/// What needs a runtime moves: net, time, task, runtime, fs, process, signal, standard input and output,
/// main and test. What needs none, such as sync and the I/O traits, stays, as it is the same type. Then
/// `cargo check` is run with the native loop alone. Ends with 1 if there is work (--check) or the check
/// fails, and with 2 if nothing could be done.
#[derive(Args)]
struct Port {
    /// The folder of a crate or a workspace, or its Cargo.toml
    #[arg(default_value = ".")]
    path: PathBuf,
    /// What to move from; else the first of these that it depends on
    #[arg(long, value_enum)]
    from: Option<From>,
    /// Change nothing, and end with 1 if there is something to change
    #[arg(long)]
    check: bool,
    /// Move what needs no runtime, too
    #[arg(long)]
    all: bool,
    /// Do not run `cargo check` afterwards
    #[arg(long)]
    no_cargo_check: bool,
    /// Show each edit
    #[arg(long, short)]
    verbose: bool,
    /// Depend on the anyloop in this folder
    #[arg(long, value_name = "FOLDER")]
    anyloop: Option<PathBuf>,
}

fn main() -> ExitCode {
    // Cargo gives the name of the subcommand first.
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|first| first == "anyloop") {
        args.remove(1);
    }
    match Cli::parse_from(args).command {
        Command::Port(given) => given.run(),
        #[cfg(target_os = "linux")]
        Command::Bench(given) => given.run(),
    }
}

impl Port {
    fn run(self) -> ExitCode {
        let options = Options {
            from: self.from,
            all: self.all,
            dry: self.check,
            no_check: self.no_cargo_check,
            verbose: self.verbose,
            anyloop: self.anyloop,
        };
        match port::run(&self.path, &options) {
            Ok(report) => {
                print!("{report}");
                let failed = report.checked.as_ref().is_some_and(|checked| !checked.passed());
                ExitCode::from(u8::from(failed || self.check && report.has_work()))
            }
            Err(error) => {
                eprintln!("cargo anyloop: {error}");
                ExitCode::from(2)
            }
        }
    }
}
