//! What a loop can tell of itself.

/// What a loop can tell of itself at a moment: [`Handle::metrics`](crate::Handle::metrics). `None`
/// where it does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// How many threads poll tasks.
    pub num_workers: usize,
    /// Whether tasks that are `Send` run on worker threads.
    pub is_multi_thread: bool,
    /// How many tasks have not ended, without blocking jobs.
    pub num_alive_tasks: Option<usize>,
    /// How many tasks wait in the queue that all threads share.
    pub global_queue_depth: Option<usize>,
}

impl Default for Metrics {
    /// Of a loop on one thread that counts nothing.
    fn default() -> Self {
        Metrics { num_workers: 1, is_multi_thread: false, num_alive_tasks: None, global_queue_depth: None }
    }
}

impl Metrics {
    /// Of a loop with `workers` worker threads, or on one thread; it counts nothing.
    pub fn of_workers(workers: Option<usize>) -> Metrics {
        let num_workers = workers.unwrap_or(1);
        Metrics { num_workers, is_multi_thread: workers.is_some(), ..Metrics::default() }
    }
}
