//! The server, on the loop that is looked at.

use std::io;
use std::net::SocketAddr;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::TcpListener;
use anyloop::time::sleep;

use crate::client::Load;
use crate::gauge::{self, Reading};

/// What the server counts.
#[derive(Default)]
pub(crate) struct Counts {
    requests: AtomicU64,
    open: AtomicU64,
}

pub(crate) fn serve(listener: TcpListener) -> Arc<Counts> {
    let counts = Arc::new(Counts::default());
    let server = Arc::clone(&counts);
    anyloop::spawn(async move {
        loop {
            let (mut socket, _) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => return eprintln!("accept: {error}"),
            };
            let counts = Arc::clone(&server);
            counts.open.fetch_add(1, Ordering::Relaxed);
            anyloop::spawn(async move {
                let mut buf = [0; 64];
                // A reset is how a short client ends; a lost request is the client's to tell.
                while let Ok(n @ 1..) = socket.read(&mut buf).await {
                    if socket.write_all(&buf[..n]).await.is_err() {
                        break;
                    }
                    counts.requests.fetch_add(1, Ordering::Relaxed);
                }
                counts.open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    counts
}

async fn start() -> io::Result<(SocketAddr, Arc<Counts>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    Ok((listener.local_addr()?, serve(listener)))
}

fn spawn_client(load: &Load) -> io::Result<Child> {
    Command::new(std::env::current_exe()?).args(load.to_args()).spawn()
}

/// Samples until the client has ended, and gives whether it was content.
async fn watch(client: &mut Child, counts: &Counts, mut each: impl FnMut(Reading, u64)) -> io::Result<bool> {
    let mut ticks = 0_u32;
    loop {
        if let Some(status) = client.try_wait()? {
            return Ok(status.success());
        }
        sleep(Duration::from_millis(200)).await;
        ticks += 1;
        if ticks % 25 == 0 {
            let reading = gauge::read()?;
            let requests = counts.requests.load(Ordering::Relaxed);
            println!(
                "{:>5} s  {:>6} open  {:>10} requests  cpu {:>7.2} s  {:>8} KiB  {:>6} fds  {:>2} threads",
                ticks / 5,
                counts.open.load(Ordering::Relaxed),
                requests,
                reading.cpu.as_secs_f64(),
                reading.resident_kib,
                reading.descriptors,
                reading.threads
            );
            each(reading, requests);
        }
    }
}

/// The active connections alone, then beside the idle ones, then the idle ones alone.
pub(crate) async fn idle(idle: usize, active: usize, rate: u32, time: Duration) -> io::Result<bool> {
    let (addr, counts) = start().await?;
    let mut well = true;
    let mut phases = Vec::new();
    for (idle, active, time) in [(0, active, time / 3), (idle, active, time), (idle, 0, time / 3)] {
        println!("{active} active and {idle} idle connections for {time:?}");
        let load = Load { addr, idle, active, rate, seconds: time.as_secs(), short: 0, at_once: 0 };
        let mut samples = Vec::new();
        well &= watch(&mut spawn_client(&load)?, &counts, |reading, requests| {
            // Only while all are connected: connecting costs too, and is not asked about.
            if counts.open.load(Ordering::Relaxed) as usize == active + idle {
                samples.push((reading, requests));
            }
        })
        .await?;
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
            return Err(io::Error::other("too short a time to measure: give more --seconds"));
        };
        phases.push(Phase {
            cpu: last.0.cpu - first.0.cpu,
            requests: last.1 - first.1,
            first: first.0,
            last: last.0,
        });
        // The clients are gone; their sockets here follow.
        while counts.open.load(Ordering::Relaxed) > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    }
    let [alone, beside, resting] = &phases[..] else { return Ok(false) };
    let growth = beside.last.resident_kib as f64 / beside.first.resident_kib as f64;
    println!(
        "cpu a request: {:.2} us alone, {:.2} us beside {idle} idle; memory meanwhile {} to {} KiB (ratio {growth:.3})",
        alone.per_request(),
        beside.per_request(),
        beside.first.resident_kib,
        beside.last.resident_kib
    );
    println!("cpu of {idle} idle connections alone: {:?}, this display's included", resting.cpu);
    Ok(well && growth < 1.02)
}

/// What a phase used between its first and its last sample.
struct Phase {
    cpu: Duration,
    requests: u64,
    first: Reading,
    last: Reading,
}

impl Phase {
    /// CPU time of a request, in microseconds.
    fn per_request(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests.max(1) as f64
    }
}

/// Descriptors and threads before and after.
pub(crate) async fn short(connections: usize, at_once: usize) -> io::Result<bool> {
    let (addr, counts) = start().await?;
    let load = |short| Load { addr, idle: 0, active: 0, rate: 1, seconds: 0, short, at_once };
    // A few first, so that what is made once is there.
    let mut well = watch(&mut spawn_client(&load(1000))?, &counts, |_, _| ()).await?;
    let before = gauge::read()?;
    well &= watch(&mut spawn_client(&load(connections))?, &counts, |_, _| ()).await?;
    while counts.open.load(Ordering::Relaxed) > 0 {
        sleep(Duration::from_millis(10)).await;
    }
    let after = gauge::read()?;
    println!("before: {before:?}\nafter:  {after:?}");
    println!("{} requests served", counts.requests.load(Ordering::Relaxed));
    Ok(well && before.descriptors == after.descriptors && before.threads == after.threads)
}
