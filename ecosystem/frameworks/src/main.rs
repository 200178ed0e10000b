//! The same hello over HTTP by web servers of many languages, and by anyloop's loops, in turns.
//!
//!     cargo run --release -p frameworks -- hello --write-docs
//!     cargo run --release -p frameworks -- clients --write-docs
//!     cargo run --release -p frameworks -- members --write-docs
//!
//! `hello` asks each on 50 connections, by wrk. `clients` asks ours and Debian's Apache, lighttpd and
//! nginx by more and more clients, until one breaks. `members` sends a message to a thousand web
//! sockets. What is not installed is said, with the package
//! that has it.
#![cfg(target_os = "linux")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod build;
mod clients;
mod entrants;
mod hello;
mod members;
mod picture;

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
    /// Few and short slices: a look, and no measurement
    #[arg(long, global = true)]
    quick: bool,
    /// Only those whose name has one of these words, such as `node,nginx`
    #[arg(long, global = true, value_delimiter = ',')]
    only: Vec<String>,
    /// Write the page, the picture and the raw data into docs
    #[arg(long, global = true)]
    write_docs: bool,
}

#[derive(Subcommand)]
enum What {
    /// All of them, on 50 connections
    Hello,
    /// Ours and Debian's servers, against 1 to 5,000 clients
    Clients,
    /// A message to a thousand web sockets
    Members,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.what {
        What::Hello => hello::run(&args),
        What::Clients => clients::run(&args),
        What::Members => members::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

impl Args {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| name.contains(&**word))
    }

    /// Writes a file of the docs, where that was asked for.
    fn write(&self, name: &str, text: &str) -> Outcome {
        if self.write_docs {
            std::fs::write(folder("../../docs").join(name), text)?;
        }
        Ok(())
    }

    /// How this was called.
    fn command(&self) -> String {
        let words: Vec<String> = std::env::args().skip(1).collect();
        format!("cargo run --release -p frameworks -- {}", words.join(" "))
    }
}

/// A folder of this package, by its name.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
