//! A Raft cluster in as many worlds as are asked for: `cargo run --release -p worlds --bin raft_world --
//! --seeds 1000`, or with a fault planted in the store, `--bug no-fsync`.

use std::time::Instant;

use anyloop::sim::{self, Builder};
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
    #[arg(long, default_value_t = 30)]
    requests: u64,
    /// Nothing goes wrong.
    #[arg(long)]
    calm: bool,
    /// A fault in the store: one of ack-before-append, votes-lost, no-fsync, no-directory-sync, stale-read,
    /// doubled-request, forgets-sessions, leader-restore.
    #[arg(long, default_value = "none")]
    bug: Bug,
}

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
    let start = Instant::now();
    sim::test("raft_world", args.seeds, &Builder::new(), |world| run(world, setup.clone()));
    println!("{} worlds in {:.1?}: nothing wrong", args.seeds, start.elapsed());
}
