//! Twenty children at once: their output as it comes, each line with the child's number, and a time
//! limit, after which a child is ended. The children are this program too.
//!
//!     cargo run --example children -- --slow 2 --limit 500

use std::io;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use anyloop::io::{AsyncBufReadExt, BufReader};
use anyloop::process::Command;
use anyloop::runtime::Backend;
use anyloop::task::JoinSet;
use anyloop::time::timeout;
use clap::Parser;
use examples::Outcome;

#[derive(Parser)]
struct Args {
    /// The loop to run on: native, tokio or smol.
    #[arg(long)]
    backend: Option<Backend>,
    /// How many children.
    #[arg(long, default_value_t = 20)]
    children: usize,
    /// How many of them do not end by themselves.
    #[arg(long, default_value_t = 0)]
    slow: usize,
    /// How many milliseconds each has.
    #[arg(long, default_value_t = 10_000)]
    limit: u64,
    /// Be a child: say three words, and end, unless it is "slow".
    #[arg(long, hide = true)]
    be: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match args.be.as_deref() {
        Some(kind) => be_a_child(kind),
        None => examples::run(args.backend, || run(args)),
    }
}

async fn run(args: Args) -> Outcome {
    let limit = Duration::from_millis(args.limit);
    let mut children = JoinSet::new();
    for n in 1..=args.children {
        children.spawn(child(n, n <= args.slow, limit));
    }
    let (mut well, mut badly, mut late) = (0, 0, 0);
    while let Some(ended) = children.join_next().await {
        match ended?? {
            Some(status) if status.success() => well += 1,
            Some(_) => badly += 1,
            None => late += 1,
        }
    }
    println!("{well} ended well, {badly} badly, {late} took too long");
    Ok(())
}

/// Runs a child, and gives its status, or `None` if it was ended at the limit.
async fn child(n: usize, slow: bool, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--be", if slow { "slow" } else { "quick" }])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
    let speaks = async {
        if let Some(lines) = &mut lines {
            while let Some(line) = lines.next_line().await? {
                println!("{n}: {line}");
            }
        }
        child.wait().await
    };
    match timeout(limit, speaks).await {
        Ok(status) => status.map(Some),
        Err(_) => {
            child.kill().await?;
            Ok(None)
        }
    }
}

fn be_a_child(kind: &str) -> ExitCode {
    for word in ["one", "two", "three"] {
        println!("{word}");
        std::thread::sleep(Duration::from_millis(5));
    }
    if kind == "slow" {
        std::thread::sleep(Duration::from_secs(60));
    }
    ExitCode::SUCCESS
}
