//! The clients, in a process of their own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::TcpStream;
use anyloop::task::JoinSet;
use anyloop::time::{Instant, interval};
use clap::Args;

/// What the clients do.
#[derive(Debug, Clone, Args)]
pub(crate) struct Load {
    #[arg(long)]
    pub(crate) addr: SocketAddr,
    #[arg(long, default_value_t = 0)]
    pub(crate) idle: usize,
    #[arg(long, default_value_t = 0)]
    pub(crate) active: usize,
    #[arg(long, default_value_t = 1)]
    pub(crate) rate: u32,
    #[arg(long, default_value_t = 0)]
    pub(crate) seconds: u64,
    /// Short connections, instead of all the above.
    #[arg(long, default_value_t = 0)]
    pub(crate) short: usize,
    #[arg(long, default_value_t = 50)]
    pub(crate) at_once: usize,
}

impl Load {
    /// The same as arguments of the command line.
    pub(crate) fn to_args(&self) -> Vec<String> {
        let numbers = [
            ("--idle", self.idle),
            ("--active", self.active),
            ("--rate", self.rate as usize),
            ("--seconds", self.seconds as usize),
            ("--short", self.short),
            ("--at-once", self.at_once),
        ];
        let mut args = vec!["client".to_owned(), format!("--addr={}", self.addr)];
        args.extend(numbers.map(|(name, number)| format!("{name}={number}")));
        args
    }
}

/// Gives whether all went well.
pub(crate) async fn run(load: Load) -> io::Result<bool> {
    if load.short > 0 { short(load).await } else { long(load).await }
}

async fn long(load: Load) -> io::Result<bool> {
    let mut idle = Vec::with_capacity(load.idle);
    for _ in 0..load.idle {
        idle.push(TcpStream::connect(load.addr).await?);
    }
    let end = Instant::now() + Duration::from_secs(load.seconds);
    let period = Duration::from_secs(1) / load.rate;
    let mut clients = JoinSet::new();
    for _ in 0..load.active {
        let addr = load.addr;
        clients.spawn(async move {
            let mut socket = TcpStream::connect(addr).await?;
            let mut ticks = interval(period);
            let mut buf = [0; 64];
            while Instant::now() < end {
                ticks.tick().await;
                socket.write_all(&[7; 64]).await?;
                socket.read_exact(&mut buf).await?;
            }
            io::Result::Ok(())
        });
    }
    let errors = failures(&mut clients).await;
    anyloop::time::sleep_until(end).await;
    // The idle ones must still be there: each answers one request.
    let mut lost = 0;
    for socket in &mut idle {
        let mut buf = [0; 64];
        let answered = async {
            socket.write_all(&[7; 64]).await?;
            socket.read_exact(&mut buf).await
        };
        lost += usize::from(answered.await.is_err());
    }
    eprintln!("client: {errors} of {} active failed, {lost} of {} idle lost", load.active, load.idle);
    Ok(errors == 0 && lost == 0)
}

async fn short(load: Load) -> io::Result<bool> {
    let left = Arc::new(AtomicUsize::new(load.short));
    let mut clients = JoinSet::new();
    for _ in 0..load.at_once {
        let left = Arc::clone(&left);
        let addr = load.addr;
        clients.spawn(async move {
            let mut buf = [0; 64];
            let one_less = |n: usize| n.checked_sub(1);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                let mut socket = TcpStream::connect(addr).await?;
                // Reset instead of FIN at the end: a million ports in TIME_WAIT are more than there
                // are.
                socket.set_zero_linger()?;
                socket.write_all(&[7; 64]).await?;
                socket.read_exact(&mut buf).await?;
            }
            io::Result::Ok(())
        });
    }
    let errors = failures(&mut clients).await;
    eprintln!("client: {errors} of {} failed", load.at_once);
    Ok(errors == 0)
}

async fn failures(clients: &mut JoinSet<io::Result<()>>) -> usize {
    let mut errors = 0;
    while let Some(ended) = clients.join_next().await {
        if let Err(error) = ended.map_err(io::Error::from).and_then(|ended| ended) {
            errors += 1;
            if errors <= 3 {
                eprintln!("client: {error}");
            }
        }
    }
    errors
}
