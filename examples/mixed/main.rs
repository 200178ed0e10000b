//! reqwest and redis, which know only tokio, and async-net, which knows only async-io, side by side
//! on one loop and one thread.
//!
//!     cargo run --release --example mixed
//!
//! It starts nginx and redis-server itself where they are installed, or takes the addresses of
//! yours.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyloop::runtime::{Backend, Builder};
use clap::Parser;

mod http;
mod servers;
mod threads;
mod work;

/// What everything here ends with.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Debug, Parser)]
#[command(about = "reqwest, redis and async-net side by side on one loop")]
struct Options {
    /// The loop to run on: native, tokio or smol.
    #[arg(long, default_value = "native")]
    backend: Backend,
    /// A redis server's HOST:PORT. Without it one is started, if redis-server is installed.
    #[arg(long)]
    redis: Option<SocketAddr>,
    /// An HTTP server's HOST:PORT. Without it nginx is started, or if it is not installed a small
    /// one on the loop.
    #[arg(long)]
    http: Option<SocketAddr>,
    /// Starts nothing: the small HTTP server on the loop, and no redis unless its address is given.
    #[arg(long)]
    alone: bool,
    /// How many operations each of them does.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    operations: u32,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Outcome<()> {
    let (nginx, redis) = match options.alone {
        true => (None, None),
        false => (servers::nginx(options.http)?, servers::redis(options.redis)?),
    };
    let redis_addr = options.redis.or_else(|| Some(redis.as_ref()?.addr));
    let http_addr = options.http.or_else(|| Some(nginx.as_ref()?.addr));

    // The one line that makes tokio's crates at home on this loop. async-io's need none.
    let mut runtime = Builder::new().backend(options.backend).with_tokio().build()?;
    let told = runtime.block_on(async {
        let (http_addr, http) = match (http_addr, options.http) {
            (Some(addr), Some(_)) => (addr, "your HTTP server"),
            (Some(addr), None) => (addr, "nginx"),
            (None, _) => (http::serve().await?, "a small HTTP server on the same loop"),
        };
        println!("loop:    {}, one thread, with a tokio part", options.backend);
        println!(
            "servers: {http} at {http_addr}{}",
            match redis_addr {
                Some(addr) => format!(", redis at {addr}"),
                None => String::new(),
            }
        );
        work::side_by_side(http_addr, redis_addr, options.operations).await
    })?;

    print!("{}", told.table());
    if redis_addr.is_none() {
        println!(
            "redis:   skipped: redis-server is not installed, or not wanted; --redis HOST:PORT takes another"
        );
    }
    println!("{}", told.verdict());
    Ok(())
}
