//! The names of contestants and workloads, as they stand in the CSV; what measures and what shows
//! results agree through them.

/// A contestant: its name in the CSV and in `--backends`, and what a reader is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
}

const fn contestant(name: &'static str, label: &'static str) -> Contestant {
    Contestant { name, label }
}

/// Whose turn it is, in the order in which every table and chart shows them.
pub(crate) const CONTESTANTS: &[Contestant] = &[
    contestant(NATIVE, "anyloop: native"),
    contestant(NATIVE_ALONE, "anyloop: native alone"),
    contestant(NATIVE_SPIN, "anyloop: native, spinning"),
    contestant(NATIVE_MT, "anyloop: native, 2 workers"),
    contestant(TOKIO, "anyloop: tokio"),
    contestant(TOKIO_MT, "anyloop: tokio, 2 workers"),
    contestant(SMOL, "anyloop: smol"),
    contestant(SMOL_MT, "anyloop: smol, 2 workers"),
    contestant(RAW_TOKIO, "tokio"),
    contestant(RAW_TOKIO_MT, "tokio, 2 workers"),
    contestant(RAW_SMOL, "smol"),
    contestant(RAW_SMOL_MT, "smol, 2 workers"),
    contestant(RAW_EPOLL, "raw epoll loop"),
    contestant(MONOIO, "monoio"),
    contestant(COMPIO, "compio"),
    contestant(AGNOSTIC, "agnostic"),
    contestant(ASYNC_RS, "async-rs"),
    contestant(SYNC, "one thread, one by one"),
    contestant(THREADS, "a thread per connection"),
    contestant(POOL, "a pool of 16 threads"),
];

pub(crate) const NATIVE: &str = "native";
/// The native loop where no other is compiled in: through the contract, without the facade's choice
/// between loops.
pub(crate) const NATIVE_ALONE: &str = "native-alone";
pub(crate) const NATIVE_SPIN: &str = "native-spin";
pub(crate) const NATIVE_MT: &str = "native-mt";
pub(crate) const TOKIO: &str = "tokio";
pub(crate) const TOKIO_MT: &str = "tokio-mt";
pub(crate) const SMOL: &str = "smol";
pub(crate) const SMOL_MT: &str = "smol-mt";
/// tokio's current-thread runtime, used directly: what everything is compared with.
pub(crate) const RAW_TOKIO: &str = "raw-tokio";
pub(crate) const RAW_TOKIO_MT: &str = "raw-tokio-mt";
pub(crate) const RAW_SMOL: &str = "raw-smol";
pub(crate) const RAW_SMOL_MT: &str = "raw-smol-mt";
/// Edge-triggered epoll by hand, no async: the limit.
pub(crate) const RAW_EPOLL: &str = "raw-epoll";
pub(crate) const MONOIO: &str = "monoio";
pub(crate) const COMPIO: &str = "compio";
pub(crate) const AGNOSTIC: &str = "agnostic";
pub(crate) const ASYNC_RS: &str = "async-rs";
// Server models without a loop.
pub(crate) const SYNC: &str = "sync";
pub(crate) const THREADS: &str = "threads";
pub(crate) const POOL: &str = "pool";

/// A workload: its name in the CSV and in `--only`, its heading, and what it does in a sentence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    /// The heading that the page gathers it under.
    pub(crate) group: Group,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Sockets,
    Http,
    Tasks,
    Time,
    Threads,
    Memory,
    Servers,
}

impl Group {
    pub(crate) const ALL: [Self; 7] =
        [Self::Sockets, Self::Http, Self::Tasks, Self::Time, Self::Threads, Self::Memory, Self::Servers];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Sockets => "Sockets",
            Self::Http => "HTTP through hyper",
            Self::Tasks => "Tasks and channels",
            Self::Time => "Time",
            Self::Threads => "Threads and blocking work",
            Self::Memory => "Memory",
            Self::Servers => "Server models",
        }
    }
}

const fn workload(name: &'static str, group: Group, title: &'static str, about: &'static str) -> Workload {
    Workload { name, title, about, group }
}

/// Every workload, in the order of the page.
pub(crate) const WORKLOADS: &[Workload] = &[
    workload(
        TCP_ECHO,
        Group::Sockets,
        "TCP echo",
        "A server sends back what it reads; clients wait for each answer before they ask again.",
    ),
    workload(
        UNIX_PAIRS,
        Group::Sockets,
        "Unix socket pairs",
        "Both ends on one thread, 64 bytes there and back: no network stack, no second core, the quietest.",
    ),
    workload(
        HYPER_HELLO,
        Group::Http,
        "HTTP hello",
        "A hyper server answers 12 bytes on connections kept alive.",
    ),
    workload(SPAWN_JOIN, Group::Tasks, "Spawn and join", "Start a task that ends at once, and await it."),
    workload(YIELD, Group::Tasks, "Yield", "A task lets the others run and comes round again."),
    workload(CHANNEL, Group::Tasks, "Channel ping-pong", "Two tasks hand one message back and forth."),
    workload(
        SLEEP_DROP,
        Group::Time,
        "Sleep created and dropped",
        "What a time limit costs that is never reached: registered with the loop, then dropped.",
    ),
    workload(SLEEP_EXPIRE, Group::Time, "Sleeps expiring", "Many sleeps wait at once and all expire."),
    workload(
        SLEEP_LATE,
        Group::Time,
        "Lateness of a sleep of 1 ms",
        "How long after its deadline a sleep is heard of.",
    ),
    workload(
        WAKE,
        Group::Threads,
        "Wake from another thread",
        "Another thread wakes a task of the loop, which answers.",
    ),
    workload(
        BLOCKING,
        Group::Threads,
        "spawn_blocking there and back",
        "A job that does nothing, on a thread of the pool, awaited.",
    ),
    workload(
        SPAWN_STORM,
        Group::Threads,
        "Spawn storm, 2 workers",
        "Tasks that spawn tasks, spread over two threads.",
    ),
    workload(
        FAN_OUT,
        Group::Threads,
        "Fan-out, 2 workers",
        "Tasks that need the CPU, spread over two threads.",
    ),
    workload(
        MT_ECHO,
        Group::Threads,
        "TCP echo, 2 workers",
        "The echo server with its connections spread over two threads.",
    ),
    workload(
        IDLE_CONNECTION,
        Group::Memory,
        "An idle connection",
        "What one accepted TCP connection with a waiting task holds.",
    ),
    workload(TASK_SIZE, Group::Memory, "A task", "What one task that waits holds, beside its future."),
    workload(SLEEP_SIZE, Group::Memory, "A sleep", "What one registered sleep holds."),
    workload(
        SERVERS,
        Group::Servers,
        "Server models",
        "A short request whose handler waits a little, against ever more clients.",
    ),
];

pub(crate) const TCP_ECHO: &str = "tcp-echo";
pub(crate) const UNIX_PAIRS: &str = "unix-pairs";
pub(crate) const HYPER_HELLO: &str = "hyper-hello";
pub(crate) const SPAWN_JOIN: &str = "spawn-join";
pub(crate) const YIELD: &str = "yield";
pub(crate) const CHANNEL: &str = "channel";
pub(crate) const SLEEP_DROP: &str = "sleep-drop";
pub(crate) const SLEEP_EXPIRE: &str = "sleep-expire";
pub(crate) const SLEEP_LATE: &str = "sleep-late";
pub(crate) const WAKE: &str = "wake";
pub(crate) const BLOCKING: &str = "blocking";
pub(crate) const SPAWN_STORM: &str = "spawn-storm";
pub(crate) const FAN_OUT: &str = "fan-out";
pub(crate) const MT_ECHO: &str = "mt-echo";
pub(crate) const IDLE_CONNECTION: &str = "idle-connection";
pub(crate) const TASK_SIZE: &str = "task-size";
pub(crate) const SLEEP_SIZE: &str = "sleep-size";
pub(crate) const SERVERS: &str = "servers";

/// What a reader is told for a contestant's name; the name itself where it is not known.
pub(crate) fn label(name: &str) -> &str {
    CONTESTANTS.iter().find(|c| c.name == name).map_or(name, |c| c.label)
}

/// Where a contestant stands in tables and charts; unknown ones come last.
pub(crate) fn order(name: &str) -> usize {
    CONTESTANTS.iter().position(|c| c.name == name).unwrap_or(CONTESTANTS.len())
}
