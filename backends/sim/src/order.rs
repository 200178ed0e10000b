//! The order in which ready tasks run.

/// Which of the tasks that are ready runs next.
///
/// [`Random`](Order::Random) is the one to begin with. [`Pct`](Order::Pct) finds bugs that need one
/// task to be far ahead of another: it is for tasks that share memory. Between hosts, latency,
/// cuts and crashes make the races, and it finds no more there than the other orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// As they became ready: what the other loops do on one thread.
    #[default]
    Fifo,
    /// Drawn by the seed; so is the order of timers that are due at the same moment.
    Random,
    /// Probabilistic concurrency testing: each task has a random priority, and the ready task with
    /// the highest one runs; at `changes` moments among the first `steps` polls the running task
    /// falls to the lowest.
    Pct {
        /// How many times a priority falls.
        changes: u32,
        /// Among how many polls, from the beginning of the world.
        steps: u64,
    },
}

impl Order {
    /// Whether timers of one moment may fire in any order.
    pub(crate) fn mixes_ties(&self) -> bool {
        *self != Order::Fifo
    }
}
