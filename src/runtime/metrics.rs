//! What a loop tells of itself.

use std::fmt;
use std::num::NonZeroU64;

use loop_api::Handle as LoopHandle;

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

impl Id {
    /// One that no loop has.
    pub(crate) fn next() -> Id {
        Id(loop_api::shared::next_id())
    }
}

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

impl Handle {
    /// A number for the loop, never used twice in a process.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::{Handle, Runtime};
    ///
    /// let (mut one, other) = (Runtime::new()?, Runtime::new()?);
    /// assert_ne!(one.handle().id(), other.handle().id());
    /// assert_eq!(one.block_on(async { Handle::current().id() }), one.handle().id());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn id(&self) -> Id {
        Id(self.shared().id())
    }

    /// Whether tasks run on worker threads.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::{Builder, RuntimeFlavor};
    ///
    /// let one = Builder::new_current_thread().build()?;
    /// assert_eq!(one.handle().runtime_flavor(), RuntimeFlavor::CurrentThread);
    /// let many = Builder::new_multi_thread().worker_threads(2).build()?;
    /// assert_eq!(many.handle().runtime_flavor(), RuntimeFlavor::MultiThread);
    /// assert_eq!(many.handle().metrics().num_workers(), 2);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        match LoopHandle::metrics(self).is_multi_thread {
            true => RuntimeFlavor::MultiThread,
            false => RuntimeFlavor::CurrentThread,
        }
    }

    /// What the loop can tell of itself.
    pub fn metrics(&self) -> RuntimeMetrics {
        RuntimeMetrics { handle: self.clone() }
    }
}
