//! A key-value server that keeps what it was told in a file: every change is appended to a log and
//! on the disk before it is answered, and the log is read at the start. It talks to redis' clients.
//!
//!     cargo run --example kv -- --listen 127.0.0.1:6380 --log /tmp/kv.log
//!     redis-cli -p 6380 set city Prague
//!     printf 'GET city\r\n' | nc -N 127.0.0.1 6380

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use examples::{Limits, Options};

mod resp;
mod server;
mod store;

/// A key-value server for clients of Redis, which keeps what it was told in a file.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
    /// The log; it is made if it is not there.
    #[arg(long, default_value = "kv.log")]
    log: PathBuf,
    /// How many MiB keys and values may have together.
    #[arg(long, default_value_t = 64)]
    memory: usize,
}

fn main() -> ExitCode {
    let Args { options, limits, log, memory } = Args::parse();
    let memory = memory.saturating_mul(1024 * 1024);
    examples::serve(
        options.backend,
        || async move { server::serve(&options.listen, &log, memory, limits).await },
    )
}
