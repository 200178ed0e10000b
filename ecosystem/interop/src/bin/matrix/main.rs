//! Shows which crate works on which loop, and what it costs: writes `docs/interop.md`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use interop::{EDGES, Env, Host, Meter, Outcome};

mod cells;
mod machine;
mod page;

#[derive(Debug, Parser)]
#[command(about = "Runs every crate on every loop and writes what it costs as a page")]
struct Options {
    /// Where the page goes.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/interop.md"))]
    out: PathBuf,
    /// Only the uses whose names contain this.
    #[arg(long)]
    only: Option<String>,
    /// How long each is measured, in milliseconds, in each of the rounds.
    #[arg(long, default_value_t = 300)]
    time: u64,
    /// How often all of it is measured; the page has the medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What this program does when it is its own child.
#[derive(Debug, Subcommand)]
enum Part {
    /// Runs one use on one loop, and tells what was counted.
    #[command(hide = true)]
    Cell {
        name: String,
        #[arg(long)]
        host: Host,
        /// Milliseconds; 0 does not measure, but runs it as the main future and then in a task.
        #[arg(long, default_value_t = 0)]
        time: u64,
    },
    /// Runs one of the cases at the edges of a loop.
    #[command(hide = true)]
    Edge {
        name: String,
        #[arg(long)]
        host: Host,
    },
    /// Serves as the other end, until standard input ends.
    #[command(hide = true)]
    Peer,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let ended = match &options.part {
        Some(Part::Cell { name, host, time }) => cell(name, *host, Duration::from_millis(*time)),
        Some(Part::Edge { name, host }) => edge(name, *host),
        Some(Part::Peer) => interop::peer::serve(),
        None => write_page(&options),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_page(options: &Options) -> Outcome {
    let only = options.only.as_deref().unwrap_or_default();
    let uses: Vec<_> = interop::all().filter(|one| one.name.contains(only)).collect();
    if uses.is_empty() {
        return Err(format!("no use has {only:?} in its name").into());
    }
    // Seen before the minutes of measuring, not after.
    let csv = options.out.with_extension("csv");
    let known = options.out.parent().is_some_and(Path::is_dir);
    if !known {
        return Err(format!("{}: there is no such folder to write into", options.out.display()).into());
    }
    let matrix = cells::measure(uses, Duration::from_millis(options.time), options.rounds)?;
    std::fs::write(&options.out, page::page(&matrix, "cargo run --release -p interop --bin matrix"))?;
    std::fs::write(&csv, page::csv(&matrix))?;
    for host in Host::ALL {
        let (passed, tried) = page::score(&matrix, host);
        println!("{host:12} {passed} of {tried} work");
    }
    println!("written: {} and {}", options.out.display(), csv.display());
    match page::failures(&matrix).as_slice() {
        [] => Ok(()),
        failed => Err(failed.join("\nerror: ").into()),
    }
}

fn cell(name: &str, host: Host, time: Duration) -> Outcome {
    let one = interop::find(name).ok_or_else(|| format!("there is no use called {name:?}"))?;
    let meter = Meter::for_time(time);
    if time.is_zero() {
        for in_task in [false, true] {
            let dir = tempfile::tempdir()?;
            let work = one.run(Env::from_parent(dir.path()), meter.clone());
            if in_task { host.run_in_task(work)? } else { host.run(work)? }
        }
    } else {
        let dir = tempfile::tempdir()?;
        host.run(one.run(Env::from_parent(dir.path()), meter.clone()))?;
    }
    println!("{}", meter.counts());
    Ok(())
}

fn edge(name: &str, host: Host) -> Outcome {
    let edge = EDGES.iter().find(|edge| edge.name == name);
    let edge = edge.ok_or_else(|| format!("there is no case called {name:?}"))?;
    let dir = tempfile::tempdir()?;
    (edge.run)(Env::from_parent(dir.path()), host)
}
