//! The four ways to serve many clients: one after the other, a thread for each, a pool of threads,
//! and one thread that waits for all of them at once.
//!
//!     cargo run --example servers -- --model sync    --clients 3    # they take 3 x 200 ms
//!     cargo run --example servers -- --model threads --clients 3    # a thread each
//!     cargo run --example servers -- --model pool    --clients 6 --threads 2
//!     cargo run --example servers -- --model async   --clients 100 --backend smol
//!
//! Without `--clients` it serves until Ctrl-C, and `curl http://HOST:PORT/` is a client. A request
//! waits `--wait` milliseconds, as for a database, and computes for `--compute`; its answer tells how
//! long it queued, ran and waited, and on which thread.

use std::process::ExitCode;
use std::time::Duration;

use anyloop::net::TcpListener;
use clap::{Parser, ValueEnum};
use examples::{Options, Outcome};

mod clients;
pub(crate) mod models;
mod request;

/// The four ways to serve many clients: one after the other, a thread for each, a pool of threads,
/// and one thread that waits for all of them at once.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[arg(long, value_enum)]
    model: Model,
    /// How many milliseconds a request waits.
    #[arg(long, default_value_t = 200)]
    wait: u64,
    /// How many milliseconds a request computes.
    #[arg(long, default_value_t = 0)]
    compute: u64,
    /// How many threads there are: the most for `threads`, and all of them for `pool`.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
    /// The answer is `Ciao EuroPython`, as that of the servers which these are measured beside.
    #[arg(long)]
    hello: bool,
    /// So many clients ask at once; what they were told is shown, and the program ends.
    #[arg(long)]
    clients: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Model {
    /// One request after the other.
    Sync,
    /// A thread for each connection; past the limit a connection is refused with 503.
    Threads,
    /// A fixed pool of threads; the rest queues.
    Pool,
    /// A task for each connection, on one thread.
    Async,
}

/// What each request does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    pub(crate) wait: Duration,
    pub(crate) compute: Duration,
    /// The answer does not tell of the request.
    pub(crate) hello: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::serve(args.options.backend, || run(args))
}

async fn run(Args { options, model, wait, compute, threads, hello, clients }: Args) -> Outcome {
    let work = Work { wait: Duration::from_millis(wait), compute: Duration::from_millis(compute), hello };
    let listener = TcpListener::bind(&options.listen).await?;
    let addr = listener.local_addr()?;
    println!("servers, {model:?}, on http://{addr}");
    let Some(clients) = clients else {
        return Ok(models::serve(listener, model, work, threads.into()).await?);
    };
    // On threads of their own: the loop may be busy with a request.
    let asking = std::thread::spawn(move || clients::ask(addr, clients.into()));
    let (done, all_done) = anyloop::sync::oneshot::channel();
    std::thread::spawn(move || done.send(asking.join()));
    anyloop::select! {
        ended = models::serve(listener, model, work, threads.into()) => ended?,
        answers = all_done => match answers? {
            Ok(answers) => answers?.iter().for_each(|answer| println!("{answer}")),
            Err(panic) => std::panic::resume_unwind(panic),
        },
    }
    Ok(())
}
