//! tokio as part of a loop.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use loop_api::context;
use loop_api::host::{Driver, Host, RuntimeContext};
use loop_toolkit::Threads;
use tokio::runtime::{self, LocalOptions, LocalRuntime};
use tokio::task::coop;

/// tokio as part of a loop: its context is current for whatever the loop polls, calls or drops, and
/// its I/O, timers and tasks run on the loop's own thread, whenever the loop does.
///
/// Each loop gets a tokio runtime of its own, on one thread. `tokio::spawn`,
/// `tokio::task::spawn_local` (on a loop without worker threads, and in the future inside
/// `block_on`), sockets, timers, files, processes and signals work without a wrapper, and each task
/// has tokio's cooperative budget. What was spawned ends as it does when a tokio runtime is
/// dropped: tasks are dropped, jobs that have not begun do not run, and those that have are waited
/// for, for as long as the loop's shutdown may take.
///
/// ```
/// use loop_api::EventLoop;
/// # use loop_api::host::Host;
/// # fn example(mut event_loop: impl EventLoop) {
/// // `event_loop` was built with `.host(Arc::new(TokioHost::new()))`.
/// let sum = event_loop.block_on(async {
///     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
///     tokio::spawn(async { 1 + 2 }).await
/// });
/// assert_eq!(sum.unwrap(), 3);
/// # }
/// assert_eq!(loop_compat::host::TokioHost::new().name(), "tokio");
/// ```
///
/// After `fork`, the child must not use the loop: tokio's descriptors are shared with the parent.
/// Start other programs by `tokio::process`, or make the loop in the child.
#[derive(Debug, Clone, Default)]
pub struct TokioHost {
    max_blocking_threads: Option<usize>,
    thread_name: Option<String>,
}

impl TokioHost {
    /// With tokio's defaults.
    pub fn new() -> TokioHost {
        TokioHost::default()
    }

    /// How many of tokio's own blocking jobs may run at once, at least one; tokio's default is 512.
    pub fn max_blocking_threads(mut self, count: usize) -> TokioHost {
        self.max_blocking_threads = Some(count.max(1));
        self
    }

    /// The name of tokio's threads for blocking jobs.
    pub fn thread_name(mut self, name: impl Into<String>) -> TokioHost {
        self.thread_name = Some(name.into());
        self
    }
}

impl Host for TokioHost {
    fn name(&self) -> &'static str {
        "tokio"
    }

    fn open(&self) -> io::Result<Box<dyn Driver>> {
        super::driven::watch();
        let threads = Threads::default();
        let (started, stopped) = (threads.clone(), threads.clone());
        let mut builder = runtime::Builder::new_current_thread();
        builder.enable_all();
        let on_start = Arc::<OnStart>::default();
        let on_starts = on_start.clone();
        builder.on_thread_start(move || {
            started.started();
            context::mark_thread_of_loop();
            if let Some(on_start) = on_starts.get() {
                on_start();
            }
        });
        builder.on_thread_stop(move || stopped.stopped());
        if let Some(count) = self.max_blocking_threads {
            builder.max_blocking_threads(count);
        }
        if let Some(name) = &self.thread_name {
            builder.thread_name(name);
        }
        let runtime = builder.build_local(LocalOptions::default())?;
        let context = Arc::new(TokioContext(runtime.handle().clone()));
        Ok(Box::new(TokioDriver {
            runtime: RefCell::new(Some(Rc::new(runtime))),
            context,
            threads,
            on_start,
        }))
    }
}

/// What the loop does on each thread of tokio's.
type OnStart = OnceLock<Box<dyn Fn() + Send + Sync>>;

struct TokioDriver {
    /// None once it was shut down.
    runtime: RefCell<Option<Rc<LocalRuntime>>>,
    context: Arc<TokioContext>,
    threads: Threads,
    on_start: Arc<OnStart>,
}

impl Driver for TokioDriver {
    fn runtime_context(&self) -> Arc<dyn RuntimeContext> {
        self.context.clone()
    }

    fn on_thread_start(&self, on_start: Box<dyn Fn() + Send + Sync>) {
        let _once = self.on_start.set(on_start);
    }

    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        // Not borrowed meanwhile: what runs in there may do anything.
        let runtime = self.runtime.borrow().clone();
        if let Some(runtime) = runtime {
            runtime.block_on(future);
        }
    }

    #[cfg(unix)]
    fn watch(&self, fd: std::os::fd::BorrowedFd<'_>) -> io::Result<Box<dyn loop_api::host::Watch>> {
        let _entered = self.context.0.enter();
        Ok(Box::new(super::watch::TokioWatch::new(fd.try_clone_to_owned()?)?))
    }

    fn shutdown(&self, timeout: Option<Duration>) -> usize {
        if let Some(runtime) = self.runtime.take().and_then(Rc::into_inner) {
            // The tasks go first: a job may wait for one of them.
            runtime.shutdown_background();
        }
        // Where a loop runs, tokio's own included, nothing may wait.
        let timeout = if context::is_running() { Some(Duration::ZERO) } else { timeout };
        self.threads.wait(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }
}

impl fmt::Debug for TokioDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokioDriver").finish_non_exhaustive()
    }
}

/// tokio's context.
#[derive(Debug)]
pub(super) struct TokioContext(pub(super) runtime::Handle);

impl RuntimeContext for TokioContext {
    fn within(&self, f: &mut dyn FnMut()) {
        let _entered = self.0.enter();
        f();
    }

    fn enter(&self) -> Box<dyn fmt::Debug + Sync + '_> {
        Box::new(self.0.enter())
    }

    fn as_worker(&self, f: &mut dyn FnMut()) {
        // Nothing is waited for: this is how a thread becomes one that polls tasks, with a budget
        // for each.
        self.0.block_on(poll_fn(|_| {
            f();
            Poll::Ready(())
        }));
    }

    fn poll(&self, f: &mut dyn FnMut()) {
        // Given back at the end of the poll, a unit also restores the budget as it was when the
        // unit was taken.
        let unit = coop::poll_proceed(&mut Context::from_waker(Waker::noop()));
        f();
        drop(unit);
    }
}
