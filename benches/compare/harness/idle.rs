//! What an idle connection holds of a server's memory.

use std::io;
use std::time::Duration;

use super::found::Found;
use super::load;
use super::process::{Child, Hello, Tally};
use crate::plan::Cell;
use crate::results::Metric;
use anyloop_bench::cpu;

/// The server's resident memory with all connections, less that with ten, on a new server in each
/// round. Each connection has sent a request and got its answer: its task is there, and waits.
pub(crate) fn measure(
    cell: &Cell,
    contestants: &[&'static str],
    rounds: usize,
    mut tell: impl FnMut(&str),
) -> Found {
    let mut found = Found::default();
    for &name in contestants {
        let mut samples = Vec::new();
        let mut failed = None;
        for _ in 0..rounds {
            tell(name);
            if failed.is_none() {
                match bytes_each(name, cell) {
                    Ok(Ok(bytes)) => samples.push(counted(bytes)),
                    Ok(Err(why)) => failed = Some(why),
                    Err(error) => failed = Some(error.to_string()),
                }
            }
        }
        match failed {
            Some(why) => found.left_out.push((name, why)),
            None => found.slices.push((name, samples)),
        }
    }
    found
}

fn counted(bytes: f64) -> Tally {
    Tally {
        operations: 1,
        cpu: Duration::ZERO,
        wall: Duration::ZERO,
        values: vec![(Metric::BytesEach, bytes)],
    }
}

fn bytes_each(name: &str, cell: &Cell) -> io::Result<Result<f64, String>> {
    const FEW: u64 = 10;
    let (server, hello) = Child::start(name, &cell.job, Some(0))?;
    let port = match hello {
        Hello::LeftOut(why) => return Ok(Err(why)),
        Hello::Ready => return Err(io::Error::other(format!("{name} is no server"))),
        Hello::Listening(port) => port,
    };
    let mut few = load::client(&cell.job.with("connections", FEW), port, false)?;
    few.run(FEW)?;
    let before = cpu::resident(server.id())?;
    let connections = cell.job.param("connections") as u64;
    let mut all = load::client(&cell.job, port, false)?;
    all.run(connections)?;
    let after = cpu::resident(server.id())?;
    Ok(Ok((after as f64 - before as f64) / connections as f64))
}
