//! One loop under load for a while: many idle connections beside active ones, or very many short
//! ones.
//!
//!     cargo run --release --example soak -- idle
//!     cargo run --release --example soak -- short
//!
//! The clients run in a second process, on the loopback, bounded in number and time. Ends with exit
//! code 1 if anything was lost, grew or leaked. Linux only: it reads /proc.

use std::process::ExitCode;
use std::time::Duration;

use anyloop::runtime::{Backend, Builder};
use clap::{Parser, Subcommand};

mod client;
mod gauge;
mod server;

#[derive(Parser)]
struct Args {
    /// The loop that serves.
    #[arg(long, default_value = "native")]
    backend: Backend,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Idle connections beside active ones: no error, flat memory, and the idle ones cost no CPU.
    Idle {
        #[arg(long, default_value_t = 10_000)]
        idle: usize,
        #[arg(long, default_value_t = 1_000)]
        active: usize,
        /// Requests a second on each active connection.
        #[arg(long, default_value_t = 10)]
        rate: u32,
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Short connections, one request each: descriptors and threads end where they began.
    Short {
        #[arg(long, default_value_t = 1_000_000)]
        connections: usize,
        /// How many are open at once.
        #[arg(long, default_value_t = 50)]
        at_once: usize,
    },
    /// The second process: `soak` starts it by itself.
    #[command(hide = true)]
    Client(client::Load),
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::allow_many_descriptors();
    let mut runtime = match Builder::new().backend(args.backend).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(async {
        match args.what {
            What::Idle { idle, active, rate, seconds } => {
                server::idle(idle, active, rate, Duration::from_secs(seconds)).await
            }
            What::Short { connections, at_once } => server::short(connections, at_once).await,
            What::Client(load) => client::run(load).await,
        }
    });
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
