//! What a loop tells of itself.

use std::fmt;
use std::num::NonZeroU64;

use super::Handle;

/// How a loop runs its tasks: [`Handle::runtime_flavor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuntimeFlavor {
    /// On the thread that runs the loop.
    CurrentThread,
    /// On worker threads.
    MultiThread,
}

/// A number for a loop, never used twice in a process: [`Handle::id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(pub(super) NonZeroU64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a loop can tell of itself, each time it is asked: [`Handle::metrics`].
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// let mut runtime = anyloop::runtime::Runtime::new()?;
/// let metrics = runtime.handle().metrics();
/// assert_eq!(metrics.num_workers(), 1);
/// let task = runtime.spawn(std::future::pending::<()>());
/// assert!(matches!(metrics.num_alive_tasks(), Some(1) | None)); // smol does not count
/// let _cancelled = runtime.block_on(task.cancel());
/// assert!(matches!(metrics.num_alive_tasks(), Some(0) | None));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct RuntimeMetrics {
    pub(super) handle: Handle,
}

impl RuntimeMetrics {
    /// How many threads poll tasks: one, or as many as there are worker threads.
    pub fn num_workers(&self) -> usize {
        self.handle.metrics_now().num_workers
    }

    /// How many tasks have not ended. tokio and native know; smol does not count.
    pub fn num_alive_tasks(&self) -> Option<usize> {
        self.handle.metrics_now().num_alive_tasks
    }

    /// How many tasks wait in the queue that all threads of the loop share. tokio knows.
    pub fn global_queue_depth(&self) -> Option<usize> {
        self.handle.metrics_now().global_queue_depth
    }
}

impl Handle {
    fn metrics_now(&self) -> loop_api::Metrics {
        loop_api::Handle::metrics(self)
    }
}
