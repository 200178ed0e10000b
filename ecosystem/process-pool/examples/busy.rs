//! How late a timer of 10 ms is while a pool of threads and a pool of processes compute.
//!
//!     cargo run --release --example busy
//!
//! As many jobs compute at once as there are processors; each loop is measured with nothing, with the
//! threads and with the processes busy. The talk's question (S44) is whether the loop goes on.

use std::error::Error;
use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use anyloop::runtime::{Backend, Builder};
use anyloop::task::{join_all, spawn_blocking};
use anyloop::time::{Instant, sleep_until};
use anyloop_process_pool::{Jobs, ProcessPool};

const PERIOD: Duration = Duration::from_millis(10);
const TICKS: u32 = 200;

/// Longer than all ticks; the jobs that are left are ended with their pool.
fn compute(milliseconds: u64) -> u64 {
    let end = std::time::Instant::now() + Duration::from_millis(milliseconds);
    let mut rounds = 0;
    while std::time::Instant::now() < end {
        rounds += 1;
    }
    rounds
}

fn main() -> Result<(), Box<dyn Error>> {
    let jobs = Jobs::new().with("compute", compute).work_if_worker();
    let workers = available_parallelism().map_or(1, NonZero::get);
    let length = u64::from(TICKS) * PERIOD.as_millis() as u64 + 200;
    let pool = ProcessPool::new(jobs, workers)?;
    println!("| loop | busy | late, p50, µs | p99, µs | most, µs |\n|---|---|--:|--:|--:|");
    for backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(*backend).build()?;
        runtime.block_on(async {
            tell(*backend, "nothing", lateness().await);
            let threads = join_all((0..workers).map(|_| spawn_blocking(move || compute(length))));
            let (late, computed) = anyloop::join!(lateness(), threads);
            tell(*backend, &format!("{} threads", computed.len()), late);
            let processes = join_all((0..workers).map(|_| pool.run::<_, u64>("compute", &length)));
            let (late, computed) = anyloop::join!(lateness(), processes);
            let computed = computed.into_iter().collect::<Result<Vec<_>, _>>()?;
            tell(*backend, &format!("{} processes", computed.len()), late);
            Ok::<_, Box<dyn Error>>(())
        })?;
    }
    Ok(())
}

/// How late each tick was, in order.
async fn lateness() -> Vec<Duration> {
    let begun = Instant::now();
    let mut late = Vec::new();
    for tick in 1..=TICKS {
        let due = begun + PERIOD * tick;
        sleep_until(due).await;
        late.push(Instant::now() - due);
    }
    late.sort();
    late
}

fn tell(backend: Backend, busy: &str, late: Vec<Duration>) {
    let at = |part: f64| late[((late.len() - 1) as f64 * part) as usize].as_micros();
    println!("| {backend} | {busy} | {} | {} | {} |", at(0.5), at(0.99), at(1.0));
}
