//! The simulated world beside turmoil and madsim, and the tables of docs/simulation.md.
//!
//!     cargo run --release -p benches --bin sim
//!
//! Builds the programs of benches/worlds, which is a workspace of its own as those two need crates that
//! nothing else here does, runs each of them several times in turn, and prints what the best run came
//! to. `--write-docs` writes that, the table of the planted bugs and the count of replayed seeds into
//! docs/simulation.md.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyloop_bench::grouped;
use clap::Parser;

mod docs;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const WORLDS: [&str; 3] = ["anyloop", "turmoil", "madsim"];

/// What one run may take.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Parser)]
struct Args {
    /// Write the tables into docs/simulation.md.
    #[arg(long)]
    write_docs: bool,
    /// How often each program runs.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// How many seeds are replayed, four times each, for the page; 0 for none.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
}

/// What a run came to.
#[derive(Clone, Copy)]
struct Run {
    seconds: f64,
    trips: f64,
    simulated: f64,
    kilobytes: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Trips,
    Simulated,
    Memory,
}

/// A row of the table: its words, the arguments of the programs, and what is looked at.
const ROWS: [(&str, &str, Unit); 5] = [
    ("100 clients on one host, 1,000 round trips each: round trips a second", "100 1000 one 0", Unit::Trips),
    ("100 clients, each a host of its own, 200 each: round trips a second", "100 200 hosts 0", Unit::Trips),
    (
        "100 clients, a second of sleep after each round trip: simulated seconds a second",
        "100 20 one 1000",
        Unit::Simulated,
    ),
    ("one such client: simulated seconds a second", "1 20000 one 1000", Unit::Simulated),
    ("1,000 hosts, each with a connection: memory of the process", "1000 1 hosts 10", Unit::Memory),
];

fn main() -> Result<()> {
    let args = Args::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("benches is in no folder")?.to_owned();
    let programs = build(&root)?;
    let mut table = String::from("| | anyloop | turmoil 0.7 | madsim 0.2 |\n| --- | --- | --- | --- |\n");
    for (words, arguments, unit) in ROWS {
        let runs = measure(&programs, arguments, args.runs)?;
        let shown: Vec<String> = runs.iter().map(|run| show(*run, unit, arguments)).collect();
        let row = format!("| {words} | {} |", shown.join(" | "));
        println!("{row}");
        writeln!(table, "{row}")?;
        if let [Some(ours), Some(one), Some(other)] = runs[..] {
            let ratio = |of: fn(&Run) -> f64| (of(&ours) / of(&one), of(&ours) / of(&other));
            let (of_one, of_other) = match unit {
                Unit::Trips => ratio(|run| run.trips),
                Unit::Simulated => ratio(|run| run.simulated),
                Unit::Memory => ratio(|run| run.kilobytes),
            };
            println!("  {of_one:.2} of turmoil, {of_other:.2} of madsim");
        }
    }
    if args.write_docs {
        docs::write(&root, &args, &table)?;
    }
    Ok(())
}

/// Builds the programs; the folder that they are in.
fn build(root: &Path) -> Result<PathBuf> {
    let folder = root.join("benches/worlds");
    let target = folder.join("target");
    let built = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--release", "--quiet", "--target-dir"])
        .arg(&target)
        .current_dir(&folder)
        // madsim's sockets are simulated only with this.
        .env("RUSTFLAGS", "--cfg madsim")
        .status()?;
    if !built.success() {
        return Err("benches/worlds does not build: see above".into());
    }
    Ok(target.join("release"))
}

/// The best of several runs of each program, which take turns; `None` for one that takes too long.
fn measure(programs: &Path, arguments: &str, runs: usize) -> Result<Vec<Option<Run>>> {
    let mut best: Vec<Option<Run>> = vec![None; WORLDS.len()];
    let mut too_long = [false; WORLDS.len()];
    for _ in 0..runs.max(1) {
        for (at, world) in WORLDS.iter().enumerate() {
            if too_long[at] {
                continue;
            }
            match run(&programs.join(world), arguments)? {
                Some(run) if best[at].is_none_or(|best| run.seconds < best.seconds) => best[at] = Some(run),
                Some(_) => {}
                None => too_long[at] = true,
            }
        }
    }
    Ok(best)
}

fn run(program: &Path, arguments: &str) -> Result<Option<Run>> {
    let mut child = Command::new(program)
        .args(arguments.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [seconds, trips, simulated, kilobytes] => Ok(Some(Run { seconds, trips, simulated, kilobytes })),
        _ => Err(format!("{} {arguments} printed {text:?}", program.display()).into()),
    }
}

fn show(run: Option<Run>, unit: Unit, arguments: &str) -> String {
    let Some(run) = run else {
        return format!("not done after {} s (`{arguments}`)", LIMIT.as_secs());
    };
    match unit {
        Unit::Trips => thousands(run.trips),
        Unit::Simulated => thousands(run.simulated),
        Unit::Memory => format!("{:.0} MB", run.kilobytes / 1024.0),
    }
}

/// Three digits that count, and commas.
fn thousands(number: f64) -> String {
    let scale = 10_f64.powi((number.max(1.0).log10() as i32 - 2).max(0));
    grouped(&format!("{:.0}", (number / scale).round() * scale), ',')
}

/// A file, with the folder that it is in told where it cannot be read.
fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
