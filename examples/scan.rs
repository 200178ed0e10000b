//! Finds the open TCP ports of a host: many are tried at once, but no more than a limit, and each
//! has a time limit. Only scan hosts that are yours.
//!
//!     cargo run --example scan -- 127.0.0.1 --ports 22,80,8000-8999

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::time::Duration;

use anyloop::net::{TcpStream, lookup_host};
use anyloop::runtime::Backend;
use anyloop::task::{JoinError, JoinSet};
use anyloop::time::timeout;
use clap::Parser;
use examples::Outcome;

#[derive(Parser)]
pub(crate) struct Args {
    /// The loop to run on: native, tokio or smol.
    #[arg(long)]
    backend: Option<Backend>,
    /// The host, by its name or address.
    #[arg(default_value = "127.0.0.1")]
    host: String,
    /// The ports, such as 22,80,8000-8999.
    #[arg(long, default_value = "1-1024", value_parser = ports)]
    ports: Ports,
    /// How many ports are tried at once; each takes a descriptor.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    at_once: u16,
    /// How many milliseconds a port has to answer.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

type Ports = Vec<RangeInclusive<u16>>;

fn ports(text: &str) -> Result<Ports, String> {
    let port = |text: &str| match text.trim().parse() {
        Ok(0) | Err(_) => Err(format!("{text:?} is not a port: one is a number from 1 to 65535")),
        Ok(port) => Ok(port),
    };
    let range = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (port(first)?, port(last)?);
        if first > last {
            return Err(format!("{text:?} is no range: write {last}-{first}"));
        }
        Ok(first..=last)
    };
    text.split(',').map(range).collect()
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::serve(args.backend, || async { scan(args).await.map(drop) })
}

pub(crate) async fn scan(args: Args) -> Result<Count, Box<dyn Error>> {
    let limit = Duration::from_millis(args.limit);
    let found = lookup_host((args.host.as_str(), 0)).await?.next();
    let host = found.ok_or_else(|| format!("{} has no address", args.host))?.ip();
    let mut tries = JoinSet::new();
    let mut count = Count::default();
    for port in args.ports.into_iter().flatten() {
        if tries.len() >= usize::from(args.at_once) {
            if let Some(ended) = tries.join_next().await {
                count.add(ended)?;
            }
        }
        tries.spawn(answer(SocketAddr::new(host, port), limit));
    }
    while let Some(ended) = tries.join_next().await {
        count.add(ended)?;
    }
    println!("{host}: {} open, {} closed, {} silent", count.open, count.closed, count.silent);
    Ok(count)
}

enum Answer {
    Open(SocketAddr),
    Closed,
    Silent,
}

async fn answer(addr: SocketAddr, limit: Duration) -> io::Result<Answer> {
    match timeout(limit, TcpStream::connect(addr)).await {
        Ok(Ok(_connection)) => Ok(Answer::Open(addr)),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Ok(Answer::Closed),
        // Such as no route to the host, or no descriptors left: it says nothing about the port.
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => Ok(Answer::Silent),
    }
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Count {
    pub(crate) open: usize,
    pub(crate) closed: usize,
    pub(crate) silent: usize,
}

impl Count {
    fn add(&mut self, ended: Result<io::Result<Answer>, JoinError>) -> Outcome {
        match ended?? {
            Answer::Open(addr) => {
                println!("{addr} is open");
                self.open += 1;
            }
            Answer::Closed => self.closed += 1,
            Answer::Silent => self.silent += 1,
        }
        Ok(())
    }
}
