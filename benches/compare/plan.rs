//! What a run measures: each workload with its parameters, how it is run, and who takes part.

use crate::job::Job;
use crate::names::{
    AGNOSTIC, ASYNC_RS, BLOCKING, CHANNEL, COMPIO, FAN_OUT, HYPER_HELLO, IDLE_CONNECTION, MONOIO, MT_ECHO,
    NATIVE, NATIVE_ALONE, NATIVE_MT, NATIVE_SPIN, RAW_EPOLL, RAW_SMOL, RAW_SMOL_MT, RAW_TOKIO, RAW_TOKIO_MT,
    SLEEP_DROP, SLEEP_EXPIRE, SLEEP_LATE, SLEEP_SIZE, SMOL, SMOL_MT, SPAWN_JOIN, SPAWN_STORM, TASK_SIZE,
    TCP_ECHO, TOKIO, TOKIO_MT, UNIX_PAIRS, WAKE, YIELD,
};
use crate::results::Params;

/// How a contestant is run at a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// By itself on the first core.
    Alone,
    /// By itself, with threads of its own, on whatever cores there are.
    Threads,
    /// A server on the first core, and the one client of all on the second.
    Served,
    /// A server with threads of its own on whatever cores there are, and the client on the second.
    ServedByThreads,
    /// By itself; only what it counts is kept, not its time.
    Counted,
    /// A server on which connections are opened and left idle; its memory is what is measured.
    Idle,
}

/// One workload with one set of parameters.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) job: Job,
    pub(crate) how: How,
    /// A slice does a multiple of this number of operations.
    pub(crate) unit: u64,
    /// A slice takes long: few rounds have to do.
    pub(crate) long: bool,
    pub(crate) contestants: &'static [&'static str],
}

impl Cell {
    pub(crate) fn new(
        how: How,
        who: &'static [&'static str],
        workload: &str,
        params: &[(&str, u64)],
    ) -> Self {
        let params = Params(params.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect());
        let mut units =
            ["pairs", "connections", "tasks", "sleeps"].into_iter().filter_map(|name| params.get(name));
        Self {
            unit: units.next().unwrap_or(1),
            long: matches!(how, How::Counted | How::Idle)
                || workload == SLEEP_EXPIRE
                || params.get("connections") >= Some(5000),
            job: Job { workload: workload.to_owned(), params },
            how,
            contestants: who,
        }
    }

    /// How many rounds it gets, where most get `rounds`.
    pub(crate) fn rounds(&self, rounds: usize) -> usize {
        match self.how {
            // What the first round had allocated, the next would find there.
            How::Counted => 1,
            _ if self.long => (rounds / 4).clamp(2, 5),
            _ => rounds,
        }
    }
}

/// Everybody who has tasks.
const LOOPS: &[&str] =
    &[NATIVE, NATIVE_ALONE, TOKIO, SMOL, RAW_TOKIO, RAW_SMOL, MONOIO, COMPIO, AGNOSTIC, ASYNC_RS];
/// With the raw loop, the limit of socket work.
const PAIRS: &[&str] =
    &[NATIVE, NATIVE_ALONE, TOKIO, SMOL, RAW_TOKIO, RAW_SMOL, RAW_EPOLL, MONOIO, COMPIO, AGNOSTIC, ASYNC_RS];
const SERVERS: &[&str] = &[
    NATIVE,
    NATIVE_ALONE,
    NATIVE_SPIN,
    TOKIO,
    SMOL,
    RAW_TOKIO,
    RAW_SMOL,
    RAW_EPOLL,
    MONOIO,
    COMPIO,
    AGNOSTIC,
    ASYNC_RS,
];
const WAKERS: &[&str] = &[
    NATIVE,
    NATIVE_ALONE,
    NATIVE_SPIN,
    TOKIO,
    TOKIO_MT,
    SMOL,
    RAW_TOKIO,
    RAW_TOKIO_MT,
    RAW_SMOL,
    MONOIO,
    COMPIO,
    AGNOSTIC,
    ASYNC_RS,
];
const WORKERS: &[&str] = &[NATIVE_MT, TOKIO_MT, SMOL_MT, RAW_TOKIO_MT, RAW_SMOL_MT];

/// Everybody whom hyper's server runs on.
const HYPER: &[&str] = &[NATIVE, TOKIO, SMOL, RAW_TOKIO, RAW_SMOL];

/// All of it, or what is quick to see.
pub(crate) fn cells(quick: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add =
        |how, who, workload, params: &[(&str, u64)]| cells.push(Cell::new(how, who, workload, params));
    let echo: &[(u64, u64)] = match quick {
        true => &[(1, 64), (50, 64), (500, 64), (50, 4096)],
        false => {
            &[(1, 64), (50, 64), (500, 64), (5000, 64), (1, 4096), (50, 4096), (500, 4096), (5000, 4096)]
        }
    };
    for &(connections, bytes) in echo {
        add(How::Served, SERVERS, TCP_ECHO, &[("connections", connections), ("bytes", bytes)]);
    }
    for &connections in if quick { &[50][..] } else { &[1, 50, 500] } {
        add(How::Served, HYPER, HYPER_HELLO, &[("connections", connections)]);
    }
    for pairs in [1, 50, 500] {
        add(How::Alone, PAIRS, UNIX_PAIRS, &[("pairs", pairs)]);
    }
    for from_task in [1, 0] {
        add(How::Alone, LOOPS, SPAWN_JOIN, &[("from_task", from_task)]);
    }
    for tasks in [1, 100] {
        add(How::Alone, LOOPS, YIELD, &[("tasks", tasks)]);
    }
    add(How::Alone, LOOPS, CHANNEL, &[]);
    add(How::Alone, LOOPS, SLEEP_DROP, &[]);
    add(How::Alone, LOOPS, SLEEP_EXPIRE, &[("sleeps", 100_000)]);
    add(How::Alone, LOOPS, SLEEP_LATE, &[]);
    add(How::Threads, WAKERS, WAKE, &[]);
    add(How::Threads, WAKERS, BLOCKING, &[]);
    add(How::Threads, WORKERS, SPAWN_STORM, &[]);
    add(How::Threads, WORKERS, FAN_OUT, &[]);
    for connections in [50, 500] {
        add(How::ServedByThreads, WORKERS, MT_ECHO, &[("connections", connections), ("bytes", 64)]);
    }
    add(How::Idle, SERVERS, IDLE_CONNECTION, &[("connections", 2000), ("bytes", 64)]);
    add(How::Counted, LOOPS, TASK_SIZE, &[("tasks", 10_000)]);
    add(How::Counted, LOOPS, SLEEP_SIZE, &[("sleeps", 10_000)]);
    cells
}
