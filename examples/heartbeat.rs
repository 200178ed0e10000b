//! A member of a group that watches itself by UDP: each member sends all others a beat at an
//! interval, and tells who is there, who left, and who has missed too many beats.
//!
//!     cargo run --example heartbeat -- anna --listen 127.0.0.1:9001
//!     cargo run --example heartbeat -- bert --listen 127.0.0.1:9002 --to 127.0.0.1:9001
//!
//! Who is heard gets beats too, so one address of the group is enough for it and a newcomer to know
//! each other. A beat is a line of text, such as "beat anna 17"; `nc -u` can send one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyloop::net::{UdpSocket, lookup_host};
use anyloop::time::{Instant, MissedTickBehavior, interval, sleep};
use clap::Parser;
use examples::{Options, Outcome, Stop};

/// The longest name; a longer datagram is no beat.
const NAME_LIMIT: usize = 64;

/// A member of a group that watches itself by UDP.
#[derive(Parser)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    /// This member's name: one word.
    #[arg(value_parser = name)]
    name: String,
    /// Members to send beats to from the start, as HOST:PORT.
    #[arg(long)]
    to: Vec<String>,
    /// The milliseconds between two beats.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// How many beats of a member must be missed for it to be lost.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    missed: u32,
    /// How many members are kept; beats of further ones are passed over.
    #[arg(long, default_value_t = 64)]
    members: usize,
    /// After how many milliseconds this member leaves; without it, at Ctrl-C.
    #[arg(long)]
    limit: Option<u64>,
}

fn name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > NAME_LIMIT || text.contains(char::is_whitespace) {
        return Err(format!("a name is one word of at most {NAME_LIMIT} bytes"));
    }
    Ok(text.to_owned())
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::run(args.options.backend, || beat(args))
}

pub(crate) async fn beat(args: Args) -> Outcome {
    let mut stop = Stop::listen()?;
    let socket = UdpSocket::bind(&args.options.listen).await?;
    println!("{} on {}", args.name, socket.local_addr()?);
    let mut to = Vec::new();
    for member in &args.to {
        let addr = lookup_host(member).await?.next();
        to.push(addr.ok_or_else(|| format!("{member} has no address"))?);
    }
    let every = Duration::from_millis(args.every);
    let mut group = Group {
        to,
        members: HashMap::new(),
        most: args.members,
        patience: every.saturating_mul(args.missed),
    };
    let mut beats = interval(every);
    // A member that was stopped for a while does not send what it owes all at once.
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut end = anyloop::pin!(sleep(args.limit.map_or(Duration::MAX, Duration::from_millis)));
    let mut buf = [0; NAME_LIMIT + 32];
    let mut number = 0_u64;
    loop {
        anyloop::select! {
            () = stop.asked() => break,
            () = end.as_mut() => break,
            _ = beats.tick() => {
                number += 1;
                send(&socket, &group.addresses(), &format!("beat {} {number}", args.name)).await;
                group.forget_the_lost();
            }
            received = socket.recv_from(&mut buf) => match received {
                Ok((n, from)) => group.hear(&buf[..n], from),
                // A beat that was sent where no member is comes back as an error; others arrive.
                Err(error) => eprintln!("{error}"),
            },
        }
    }
    send(&socket, &group.addresses(), &format!("leave {}", args.name)).await;
    println!("left, with {} members there", group.members.len());
    Ok(())
}

/// One that is not there is noticed by its beats.
async fn send(socket: &UdpSocket, to: &[SocketAddr], text: &str) {
    for addr in to {
        if let Err(error) = socket.send_to(text.as_bytes(), addr).await {
            eprintln!("{addr}: {error}");
        }
    }
}

struct Group {
    /// The addresses that were given.
    to: Vec<SocketAddr>,
    members: HashMap<String, Member>,
    most: usize,
    patience: Duration,
}

struct Member {
    addr: SocketAddr,
    heard: Instant,
}

impl Group {
    fn addresses(&self) -> Vec<SocketAddr> {
        let heard = self.members.values().map(|member| member.addr);
        heard
            .chain(self.to.iter().copied().filter(|to| self.members.values().all(|m| m.addr != *to)))
            .collect()
    }

    fn hear(&mut self, datagram: &[u8], from: SocketAddr) {
        let words = std::str::from_utf8(datagram).map(|text| text.split_whitespace().collect::<Vec<_>>());
        match words.as_deref() {
            Ok(["beat", name, _number]) if name.len() <= NAME_LIMIT => {
                let member = Member { addr: from, heard: Instant::now() };
                if let Some(known) = self.members.get_mut(*name) {
                    *known = member;
                } else if self.members.len() < self.most {
                    println!("{name} is there, at {from}");
                    self.members.insert((*name).to_owned(), member);
                }
            }
            Ok(["leave", name]) => {
                if self.members.remove(*name).is_some() {
                    println!("{name} left");
                }
            }
            _ => eprintln!("{from} sent what is no beat"),
        }
    }

    fn forget_the_lost(&mut self) {
        let patience = self.patience;
        self.members.retain(|name, member| {
            let there = member.heard.elapsed() <= patience;
            if !there {
                println!("{name} is lost: nothing for {patience:?}");
            }
            there
        });
    }
}
