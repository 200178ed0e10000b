//! What a run measures: each workload with its parameters, how it is run, and who takes part.

use crate::job::Job;
use crate::names;
use crate::results::Params;

/// How a contestant is run at a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// By itself on the first core.
    Alone,
    /// By itself, with threads of its own, on whatever cores there are.
    Threads,
    /// A server on the first core, or on all if it has threads, and the one client of all on the last.
    Served,
}

/// One workload with one set of parameters.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) job: Job,
    pub(crate) how: How,
    /// A slice does a multiple of so many operations.
    pub(crate) unit: u64,
    pub(crate) contestants: &'static [&'static str],
}

impl Cell {
    fn new(workload: &str, params: &[(&str, u64)], how: How, contestants: &'static [&'static str]) -> Self {
        let params = Params(params.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect());
        let unit = ["pairs", "connections", "sleeps"].into_iter().find_map(|name| params.get(name));
        Self { unit: unit.unwrap_or(1), job: Job { workload: workload.to_owned(), params }, how, contestants }
    }
}

/// Everybody with one thread.
const ONE_THREAD: &[&str] = &[
    names::NATIVE,
    names::TOKIO,
    names::SMOL,
    names::RAW_TOKIO,
    names::RAW_TOKIO_MT,
    names::RAW_SMOL,
    names::RAW_EPOLL,
];

/// Everybody whom hyper's server runs on.
const HYPER: &[&str] = &[names::NATIVE, names::TOKIO, names::SMOL, names::RAW_TOKIO, names::RAW_SMOL];

/// All of it, or what is quick to see.
pub(crate) fn cells(quick: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    for pairs in [1, 50, 500] {
        cells.push(Cell::new(names::UNIX_PAIRS, &[("pairs", pairs)], How::Alone, ONE_THREAD));
    }
    let echo: &[(u64, u64)] = match quick {
        true => &[(1, 64), (50, 64), (500, 64), (50, 4096)],
        false => {
            &[(1, 64), (50, 64), (500, 64), (5000, 64), (1, 4096), (50, 4096), (500, 4096), (5000, 4096)]
        }
    };
    for &(connections, bytes) in echo {
        let params = [("connections", connections), ("bytes", bytes)];
        cells.push(Cell::new(names::TCP_ECHO, &params, How::Served, ONE_THREAD));
    }
    for &connections in if quick { &[50][..] } else { &[1, 50, 500] } {
        cells.push(Cell::new(names::HYPER_HELLO, &[("connections", connections)], How::Served, HYPER));
    }
    cells
}
