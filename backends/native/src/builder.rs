//! How a loop is made that differs from the default.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use loop_api::budget::Budget;
use loop_api::host::Host;
use loop_toolkit::ThreadHooks;

use crate::config::Config;
use crate::native_loop::NativeLoop;

/// Makes a [`NativeLoop`].
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_native::NativeLoop;
///
/// let mut native = NativeLoop::builder().worker_threads(2).thread_name("worker").build()?;
/// let handle = native.handle().clone();
/// let name = async { std::thread::current().name().map(str::to_owned) };
/// let name = native.block_on(handle.spawn(name));
/// assert_eq!(name.unwrap().as_deref(), Some("worker"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "call `build()` to get the loop"]
pub struct Builder {
    config: Config,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder { config: Config::default() }
    }

    /// Spreads the tasks that are `Send` over `count` threads, which also wait for I/O and timers.
    /// The thread in `block_on` then runs its future, the callbacks and the tasks that are not
    /// `Send`. Zero, the default, is a loop on one thread.
    pub fn worker_threads(mut self, count: usize) -> Self {
        self.config.worker_threads = count;
        self
    }

    /// The name of the worker threads; `anyloop-worker` by default. A zero byte in it is left out.
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.config.thread_name = name.into();
        self
    }

    /// After how many tasks I/O and timers are looked at, though more tasks wait; 61 by default, at
    /// least one.
    pub fn event_interval(mut self, tasks: u32) -> Self {
        self.config.event_interval = tasks.max(1);
        self
    }

    /// How long the loop, when it has nothing to do, looks for I/O and wakes again and again before
    /// its thread sleeps. Zero, the default, is not at all, and costs nothing.
    ///
    /// What comes within that time is answered without the thread being woken up, and a wake from
    /// another thread makes no system call: some microseconds each. The price is a processor that
    /// is busy for that time whenever the loop is idle, also while others could use it; so it pays
    /// only with a processor to spare, and for some tens of microseconds. With
    /// [`worker_threads`](Self::worker_threads) no thread does.
    ///
    /// ```
    /// use std::time::Duration;
    /// use loop_api::{EventLoop, Handle};
    /// use loop_native::NativeLoop;
    ///
    /// let mut native = NativeLoop::builder().spin(Duration::from_micros(50)).build()?;
    /// let handle = native.handle().clone();
    /// // Found without a sleep, if it comes in time.
    /// let answer = native.block_on(handle.spawn_blocking(|| 42));
    /// assert_eq!(answer.unwrap(), 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn spin(mut self, time: Duration) -> Self {
        self.config.spin = time;
        self
    }

    /// How many blocking jobs may run at once; 512 by default, at least one. The rest wait their
    /// turn.
    pub fn max_blocking_threads(mut self, count: usize) -> Self {
        self.config.pool = self.config.pool.max_threads(count);
        self
    }

    /// How long a thread for blocking jobs is kept that has none; 10 s by default.
    pub fn thread_keep_alive(mut self, duration: Duration) -> Self {
        self.config.pool = self.config.pool.keep_alive(duration);
        self
    }

    /// What the names of the threads for blocking jobs begin with; `anyloop-blocking` by default.
    pub fn blocking_thread_name(mut self, prefix: impl Into<String>) -> Self {
        self.config.pool = self.config.pool.thread_name(prefix);
        self
    }

    /// What each thread that the loop starts calls when it starts and before it ends: workers, and
    /// those for blocking jobs.
    pub fn thread_hooks(mut self, hooks: ThreadHooks) -> Self {
        self.config.pool = self.config.pool.hooks(hooks.clone());
        self.config.hooks = hooks;
        self
    }

    /// Stops the loop's clock from the start: see [`Handle::test_clock`](loop_api::Handle::test_clock).
    /// For tests, of a loop on one thread and without a [`host`](Self::host).
    #[cfg(feature = "test-util")]
    pub fn start_paused(mut self, paused: bool) -> Self {
        self.config.start_paused = paused;
        self
    }

    /// Makes a foreign runtime part of the loop: see [`loop_api::host`]. The loop's thread waits in
    /// it, and its context is found on every thread of the loop. Such a loop cannot be stepped by
    /// [`Turn`](loop_api::turn::Turn), and does not detect a deadlock.
    pub fn host(mut self, host: Arc<dyn Host>) -> Self {
        self.config.host = Some(host);
        self
    }

    /// Lends a library's count of what a task may do in one poll to every thread of the loop, as
    /// long as it runs: see [`loop_api::budget`]. Not where the loop has a [`host`](Self::host),
    /// which counts by itself, nor in a [`turn`](loop_api::turn::Turn::turn), in which the host of
    /// the turns may.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.config.budget = Some(budget);
        self
    }

    /// Makes the loop, and starts its worker threads, if it has any.
    ///
    /// # Errors
    ///
    /// Any error of making the poller (on Linux of `epoll_create1(2)` and `eventfd(2)`), such as
    /// `EMFILE` when descriptors are exhausted; with worker threads any error of starting a thread,
    /// most often `WouldBlock`; with a [`host`](Self::host) any error of opening it.
    pub fn build(self) -> io::Result<NativeLoop> {
        NativeLoop::build(self.config)
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl NativeLoop {
    /// A loop that differs from what [`new`](loop_api::EventLoop::new) makes.
    pub fn builder() -> Builder {
        Builder::new()
    }
}
