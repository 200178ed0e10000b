//! One task three ways: one step after the other on a thread that waits, by callbacks, and by await.
//! It asks a server who speaks, then where, then for how many; each question needs the answer before.
//!
//!     cargo run --example three_ways -- --backend smol
//!
//! docs/three-ways.md shows the three beside each other.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyloop::promise::promise;
use anyloop::runtime::Backend;
use clap::Parser;
use examples::Outcome;

mod awaiting;
mod callbacks;
mod sequential;
pub(crate) mod server;

#[derive(Parser)]
struct Args {
    /// The loop to run on: native, tokio or smol.
    #[arg(long)]
    backend: Option<Backend>,
    /// A question that the server is not to know, such as `hall of Anna`, to see how each way fails.
    #[arg(long)]
    without: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::run(args.backend, || run(args.without))
}

async fn run(without: Option<String>) -> Outcome {
    let addr = server::start(without)?;
    println!("sequential: {}", shown(sequential::programme(addr)));
    let [callbacks, awaiting] = on_the_loop(addr).await;
    println!("callbacks:  {callbacks}");
    println!("await:      {awaiting}");
    Ok(())
}

/// The two ways that leave the thread to others meanwhile: by callbacks, and by await.
pub(crate) async fn on_the_loop(addr: SocketAddr) -> [String; 2] {
    [shown(by_callbacks(addr).await), shown(awaiting::programme(addr).await)]
}

/// A future that a callback settles joins the second world to the third.
async fn by_callbacks(addr: SocketAddr) -> io::Result<String> {
    let (promise, deferred) = promise();
    callbacks::programme(addr, move |answer| drop(promise.settle(answer)));
    deferred.await.map_err(io::Error::other)?
}

fn shown(answer: io::Result<String>) -> String {
    answer.unwrap_or_else(|error| format!("failed: {error}"))
}
