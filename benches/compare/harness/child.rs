//! The end of a child: does what the parent's lines say.
//!
//! A child writes `ready`, `listening PORT` or `left out: WHY`; then, for each `run N` that it
//! reads, `done OPS CPU WALL METRIC=VALUE...` with times in nanoseconds; and ends with its input.

use std::fmt::Write as _;
use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use clap::Args;

use crate::job::{Job, Start, Values};
use crate::results::Metric;
use crate::{contestants, counting};
use anyloop_bench::cpu;

/// How a child is run.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Conduct {
    /// The core to stay on.
    #[arg(long)]
    pub(crate) core: Option<usize>,
    /// Reads no clock, so that the same work takes the same instructions every time; and some
    /// clocks cannot be read under valgrind.
    #[arg(long)]
    pub(crate) exact: bool,
    /// Counts allocations instead of time.
    #[arg(long)]
    pub(crate) allocations: bool,
}

/// Does one job as one contestant until the parent goes.
pub(crate) fn run(contestant: &str, job: &Job, conduct: Conduct) -> io::Result<()> {
    // However the parent ends, its children end with it.
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill)?;
    cpu::raise_descriptors();
    // Before there is a second thread: those that it starts stay on the same core.
    conduct.core.map_or(Ok(()), cpu::pin)?;
    match contestants::start(contestant, job) {
        Start::LeftOut(why) => say(&format!("left out: {}", why.replace('\n', " "))),
        Start::Server(serve) => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            say(&format!("listening {}", listener.local_addr()?.port()))?;
            serve(listener);
            Ok(())
        }
        Start::Steps(work) => steps(work, conduct),
    }
}

fn steps(mut work: Box<dyn FnMut(u64) -> Values>, conduct: Conduct) -> io::Result<()> {
    say("ready")?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let times = line.strip_prefix("run ").and_then(|n| n.parse().ok());
        let times: u64 = times.ok_or_else(|| io::Error::other(format!("what is {line:?}?")))?;
        let (used, wall, values) = if conduct.allocations {
            let before = counting::allocations();
            work(times);
            let each = (counting::allocations() - before) as f64 / times as f64;
            (Duration::ZERO, Duration::ZERO, vec![(Metric::AllocationsPerOp, each)])
        } else if conduct.exact {
            (Duration::ZERO, Duration::ZERO, work(times))
        } else {
            let (wall, used) = (Instant::now(), cpu::own());
            let values = work(times);
            (cpu::own() - used, wall.elapsed(), values)
        };
        let mut answer = format!("done {times} {} {}", used.as_nanos(), wall.as_nanos());
        for (metric, value) in values {
            // Writing to a String cannot fail.
            let _ok = write!(answer, " {metric}={value}");
        }
        say(&answer)?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
