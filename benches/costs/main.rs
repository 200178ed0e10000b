//! What anyloop costs: instructions, allocations and system calls, ours to the raw runtime used
//! directly.
//!
//!     cargo run --release -p benches --bin costs
//!
//! Builds the probe with each backend alone and with all, runs it under valgrind's callgrind and
//! under strace, and takes the difference between many and few operations, so that starting and
//! ending do not count. Writes docs/costs.md. `--check` exits with 1 if a limit is passed, and
//! writes nothing; it leaves out smol, whose counts are not the same from run to run.

use std::path::Path;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use indicatif::ProgressBar;

mod limits;
mod measure;
mod native;
mod report;

/// The loops, as their features and the probe name them.
const BACKENDS: [&str; 3] = ["native", "tokio", "smol"];
const WORKLOADS: [&str; 5] = ["spawn", "sleep", "echo1", "echo50", "call_soon"];

/// What is measured on a backend: each workload, and by whom it is run, as the probe names it. The echo
/// through tokio's I/O traits only where there is a raw stream that has them, and a worker thread only
/// where it does not take turns with another thread.
fn measured(backend: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut measured: Vec<_> = WORKLOADS.map(|workload| (backend, workload)).into();
    if backend == "tokio" {
        measured.push((backend, "tokio_io"));
    }
    let on_worker = match backend {
        "native" => Some("native-1"),
        "tokio" => Some("tokio-1"),
        _ => None,
    };
    measured
        .extend(on_worker.into_iter().flat_map(|worker| ["spawn", "sleep", "echo50"].map(|w| (worker, w))));
    measured
}

#[derive(Parser)]
struct Args {
    /// Compare with the limits, and write nothing.
    #[arg(long)]
    check: bool,
    /// Leave out the system calls, for machines without strace.
    #[arg(long)]
    no_strace: bool,
}

/// One line of the table: a workload on a backend, raw, with it alone compiled in, and with all. The
/// number behind a backend is that of its worker threads.
struct Row {
    backend: &'static str,
    workload: &'static str,
    raw: measure::Cost,
    one: measure::Cost,
    all: measure::Cost,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<bool, Box<dyn std::error::Error>> {
    let all = measure::build("all", &BACKENDS)?;
    let mut rows = Vec::new();
    let repeatable = |backend: &&str| !args.check || *backend != "smol";
    let backends: Vec<&str> = BACKENDS.into_iter().filter(repeatable).collect();
    let progress =
        ProgressBar::new(3 * backends.iter().map(|backend| measured(backend).len()).sum::<usize>() as u64);
    let mut yields = native::Yield { native: 0.0, tokio: 1.0 };
    for backend in backends {
        let one = measure::build(backend, &[backend])?;
        let of_yield = || measure::instructions_each(&one, &format!("raw-{backend}"), native::YIELD);
        match backend {
            "native" => yields.native = of_yield()?,
            "tokio" => yields.tokio = of_yield()?,
            _ => {}
        }
        for (contestant, workload) in measured(backend) {
            // Threads wait for one another as chance has it: their calls are not counted.
            let strace = !args.no_strace && contestant == backend;
            let cost = |(probe, contestant): (&Path, &str)| {
                let cost = measure::cost(probe, contestant, workload, strace);
                progress.inc(1);
                cost.map_err(|error| error.to_string())
            };
            let raw = format!("raw-{contestant}");
            let probes = [(&*one, &*raw), (&*one, contestant), (&*all, contestant)];
            let costs = if backend == "smol" {
                // Its threads take turns with one another, and must not with other probes.
                probes.map(cost)
            } else {
                thread::scope(|scope| {
                    let counts = probes.map(|probe| scope.spawn(move || cost(probe)));
                    counts.map(|count| count.join().expect("no panic"))
                })
            };
            let [raw, one, all] = costs;
            rows.push(Row { backend: contestant, workload, raw: raw?, one: one?, all: all? });
        }
    }
    progress.finish_and_clear();
    let table = report::table(&rows);
    let (against_tokio, mut misses) = native::against_tokio(&rows, yields);
    println!("{table}\n{against_tokio}");
    misses.extend(limits::misses(&rows));
    for miss in &misses {
        println!("over the limit: {miss}");
    }
    if !args.check {
        std::fs::create_dir_all("docs")?;
        std::fs::write("docs/costs.md", report::page(&table, &against_tokio, &misses)?)?;
    }
    Ok(misses.is_empty())
}
