//! A Raft cluster in as many worlds as are asked for: `cargo run --release -p worlds --bin raft_world --
//! --seeds 1000`, with a fault planted in the store, `--bug no-fsync`, or with each of them in turn, of
//! which it prints a table, `--bugs`.

use std::time::Instant;

use anyloop::sim::{self, Builder, Order};
use clap::Parser;
use worlds::raft::{Bug, Setup, run};

#[derive(Parser)]
#[command(about)]
struct Args {
    /// How many worlds, each with a seed of its own.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// Servers.
    #[arg(long, default_value_t = 3)]
    servers: u64,
    /// Clients.
    #[arg(long, default_value_t = 3)]
    clients: u64,
    /// Requests of each client.
    #[arg(long, default_value_t = 60)]
    requests: u64,
    /// Nothing goes wrong.
    #[arg(long)]
    calm: bool,
    /// A fault in the store: one of ack-before-append, votes-lost, no-fsync, no-directory-sync, stale-read,
    /// doubled-request, forgets-sessions, lease-read, snapshots-at-once, returns-as-voter, leader-restore.
    #[arg(long, default_value = "none", conflicts_with = "bugs")]
    bug: Bug,
    /// Each fault in turn, in as many worlds as are asked for or until ten have found it.
    #[arg(long)]
    bugs: bool,
}

/// How many runs a failure is given to become small.
const SHRINK: usize = 150;

fn main() {
    let args = Args::parse();
    let setup = Setup {
        servers: args.servers,
        clients: args.clients,
        requests: args.requests,
        faults: !args.calm,
        bug: args.bug,
        ..Setup::default()
    };
    if args.bugs {
        return table(args.seeds, &setup);
    }
    let start = Instant::now();
    sim::test("raft_world", args.seeds, &Builder::new(), |world| run(world, setup.clone()));
    println!("{} worlds in {:.1?}: nothing wrong", args.seeds, start.elapsed());
}

/// How soon each fault is found, and how little of a plan it needs.
fn table(seeds: u64, setup: &Setup) {
    println!("| fault | worlds that found it | first seed | faults needed | what is seen |");
    println!("| --- | --- | --- | --- | --- |");
    for (name, bug) in Bug::NAMES.into_iter().filter(|(_, bug)| *bug != Bug::None) {
        let builder = Builder::new().order(Order::Random);
        let setup = Setup { bug, ..setup.clone() };
        let program = |sim: &mut sim::SimLoop| sim::run(sim, |world| run(world, setup.clone()));
        let report = loop_sim::seeds(0..seeds, &builder, program);
        let found = format!("| `{name}` | {} of {}", report.failures.len(), report.seeds);
        match report.first_failure().map(|first| (first, loop_sim::shrink(first, SHRINK, &builder, program)))
        {
            Some((first, Some(small))) => println!(
                "{found} | {} | {} of {} | {} |",
                first.seed,
                small.plan.len(),
                small.before.0,
                small.message.lines().next().unwrap_or_default()
            ),
            Some((first, None)) => println!("{found} | {} | it did not fail again | |", first.seed),
            None => println!("{found} | | | |"),
        }
    }
}
