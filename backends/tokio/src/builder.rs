//! How a loop is made.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use loop_toolkit::{ThreadHook, ThreadName};

use crate::config::Config;
use crate::owner::TokioLoop;

/// Makes a [`TokioLoop`]; without options, one that runs on the thread that makes it.
///
/// ```
/// use loop_api::{EventLoop, Handle};
///
/// let mut tokio = loop_tokio::Builder::new().worker_threads(2).thread_name("worker").build()?;
/// let handle = tokio.handle().clone();
/// let name = tokio.block_on(async move {
///     handle.spawn(async { std::thread::current().name().map(str::to_owned) }).await.unwrap()
/// });
/// assert_eq!(name.as_deref(), Some("worker"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
}

impl Builder {
    /// The defaults: one thread for tasks, up to 512 for blocking jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Spreads tasks over `n` threads: tokio's multi-thread runtime. With 1 that is one thread
    /// beside the one in `block_on`.
    pub fn worker_threads(mut self, n: usize) -> Self {
        self.config.worker_threads = Some(n);
        self
    }

    /// How many blocking jobs may run at once; more of them wait. 512 if it is not set.
    pub fn max_blocking_threads(mut self, n: usize) -> Self {
        // tokio adds the number of workers to it without looking.
        self.config.max_blocking_threads = Some(n.min(usize::MAX / 2));
        self
    }

    /// How long an idle thread for blocking jobs waits for the next one before it ends. Ten seconds
    /// if it is not set.
    pub fn thread_keep_alive(mut self, time: Duration) -> Self {
        self.config.thread_keep_alive = Some(time);
        self
    }

    /// The name of the threads that the loop starts. A zero byte in it is left out.
    pub fn thread_name(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.thread_name_fn(Arc::new(move || name.clone()))
    }

    /// What names each thread that the loop starts. A zero byte in a name is left out, on which std
    /// would panic.
    pub fn thread_name_fn(mut self, name: ThreadName) -> Self {
        self.config.thread_name = Some(name);
        self
    }

    /// After how many tasks tokio looks at timers and I/O, though more tasks wait; at least one.
    pub fn event_interval(mut self, tasks: u32) -> Self {
        self.config.event_interval = Some(tasks.max(1));
        self
    }

    /// After how many tasks tokio looks at those that other threads have woken; at least one.
    pub fn global_queue_interval(mut self, tasks: u32) -> Self {
        self.config.global_queue_interval = Some(tasks.max(1));
        self
    }

    /// How many events tokio takes from the system at once; at least one.
    pub fn max_io_events_per_tick(mut self, events: usize) -> Self {
        self.config.max_io_events_per_tick = Some(events.max(1));
        self
    }

    /// The same, for looks at I/O that do not wait; at least one.
    pub fn max_io_events_per_busy_tick(mut self, events: usize) -> Self {
        self.config.max_io_events_per_busy_tick = Some(events.max(1));
        self
    }

    /// The size, in bytes, of the stacks of the threads that the loop starts. std's default if it
    /// is not set.
    pub fn thread_stack_size(mut self, bytes: usize) -> Self {
        self.config.thread_stack_size = Some(bytes);
        self
    }

    /// Stops tokio's clock from the start, for tests, of a loop on one thread.
    #[cfg(feature = "test-util")]
    pub fn start_paused(mut self, paused: bool) -> Self {
        self.config.start_paused = paused;
        self
    }

    /// Has `hook` called by each thread of the loop's that starts: workers, and those for blocking jobs.
    pub fn on_thread_start(mut self, hook: ThreadHook) -> Self {
        self.config.on_thread_start = Some(hook);
        self
    }

    /// Has `hook` called by each thread of the loop's that is about to end.
    pub fn on_thread_stop(mut self, hook: ThreadHook) -> Self {
        self.config.on_thread_stop = Some(hook);
        self
    }

    /// Has `hook` called by each thread of the loop's that is about to wait for something to do. On one
    /// thread: by the one inside `block_on`.
    pub fn on_thread_park(mut self, hook: ThreadHook) -> Self {
        self.config.on_thread_park = Some(hook);
        self
    }

    /// Has `hook` called by each thread of the loop's that goes on after it has waited. On one
    /// thread: by the one inside `block_on`.
    pub fn on_thread_unpark(mut self, hook: ThreadHook) -> Self {
        self.config.on_thread_unpark = Some(hook);
        self
    }

    /// Makes the loop.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a number of threads that is zero; else any error of making tokio's
    /// poller, such as `EMFILE` when descriptors are exhausted. Where the system gives no thread
    /// at all for the workers, tokio's panic is caught: the panic hook has been called by then, and
    /// what tokio had made of the runtime (some 26 KB and its poller) is not given back.
    pub fn build(self) -> io::Result<TokioLoop> {
        TokioLoop::build(self.config)
    }
}

impl TokioLoop {
    /// How to make a loop that is not the default.
    pub fn builder() -> Builder {
        Builder::new()
    }
}
