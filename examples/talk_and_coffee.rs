//! A talk and a coffee at the same time, on one thread: while the one waits, the other goes on.
//!
//!     cargo run --example talk_and_coffee -- --backend smol

use std::process::ExitCode;
use std::time::Duration;

use anyloop::runtime::Backend;
use anyloop::time::{Instant, sleep_until};
use clap::Parser;
use examples::Outcome;

#[derive(Parser)]
struct Args {
    /// The loop to run on: native, tokio or smol.
    #[arg(long)]
    backend: Option<Backend>,
}

/// Waits for a minute of the talk, which is a short one.
async fn minute(begun: Instant, n: u32) {
    sleep_until(begun + n * Duration::from_millis(20)).await;
}

async fn talk(begun: Instant) {
    println!("talk:   welcome");
    minute(begun, 2).await;
    println!("talk:   any questions?");
    minute(begun, 4).await;
    println!("talk:   thanks");
}

async fn coffee(begun: Instant) {
    for n in [1, 3] {
        minute(begun, n).await;
        println!("coffee: sip");
    }
    minute(begun, 5).await;
    println!("coffee: the cup is empty");
}

fn main() -> ExitCode {
    examples::run(Args::parse().backend, run)
}

async fn run() -> Outcome {
    let begun = Instant::now();
    let (talk, coffee) = (anyloop::spawn(talk(begun)), anyloop::spawn(coffee(begun)));
    talk.await?;
    Ok(coffee.await?)
}
